/** The camera: on while it is looked at, and what it sees, read several times a second. */
import { type CodeReader, openReader } from './reader.ts';
import { change, read as readState } from './state.ts';

/** Rest between two pictures: a cheap phone stays cool, a code is found at once. */
const REST_MS = 90;
const WISH = {
  audio: false,
  video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } },
} as const;

let reader: CodeReader | null = null;
let stream: MediaStream | null = null;
/** Grows with each start and stop: what belongs to an earlier one ends. */
let turn = 0;

/** Shows the camera in the element and tells what it reads, until it is stopped. */
export async function startCamera(
  video: HTMLVideoElement,
  onText: (text: string) => void,
): Promise<void> {
  stopCamera();
  const mine = ++turn;
  change({ camera: 'starting', light: 'none' });
  try {
    const given = await navigator.mediaDevices.getUserMedia(WISH);
    if (mine !== turn) return endStream(given);
    stream = given;
    video.srcObject = given;
    await video.play();
  } catch (error) {
    if (mine === turn) change({ camera: isRefusal(error) ? 'refused' : 'missing' });
    return;
  }
  try {
    reader ??= await openReader(decoderUrls());
  } catch {
    if (mine === turn) change({ camera: 'no-decoder' });
    return;
  }
  if (mine !== turn) return;
  change({ camera: 'on', light: canLight() ? 'off' : 'none' });
  await readOn(video, reader, onText, mine);
}

async function readOn(
  video: HTMLVideoElement,
  from: CodeReader,
  onText: (text: string) => void,
  mine: number,
): Promise<void> {
  while (mine === turn) {
    const text = await from.read(video).catch(() => null);
    if (mine !== turn) return;
    if (text !== null) onText(text);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}

export function stopCamera(): void {
  turn += 1;
  if (stream !== null) endStream(stream);
  stream = null;
  if (readState().camera !== 'off') change({ camera: 'off', light: 'none' });
}

function endStream(ended: MediaStream): void {
  for (const track of ended.getTracks()) track.stop();
}

const isRefusal = (error: unknown): boolean =>
  error instanceof DOMException &&
  (error.name === 'NotAllowedError' || error.name === 'SecurityError');

/** Where the page says that the decoder and its WASM are. */
function decoderUrls(): { readonly decoder: string; readonly wasm: string } {
  const { decoder = '', wasm = '' } = document.getElementById('app')?.dataset ?? {};
  return { decoder, wasm };
}

// ── the lamp beside the camera ────────────────────────────────────────────────────────────────────────────

function canLight(): boolean {
  const track = stream?.getVideoTracks()[0];
  return track?.getCapabilities !== undefined && 'torch' in track.getCapabilities();
}

export async function switchLight(): Promise<void> {
  const on = readState().light !== 'on';
  const wish: object = { advanced: [{ torch: on }] };
  try {
    await stream?.getVideoTracks()[0]?.applyConstraints(wish);
    change({ light: on ? 'on' : 'off' });
  } catch {
    change({ light: 'none' });
  }
}
