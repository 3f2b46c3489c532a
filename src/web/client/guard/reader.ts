/** Reads a QR code out of a picture: with the browser's own detector where it has one, else with ours. */
import type { DecoderAnswer, DecoderQuestion } from './decoder-messages.ts';

export interface CodeReader {
  /** The text of a code in the picture; null: none was found. */
  read(video: HTMLVideoElement): Promise<string | null>;
  close(): void;
}

/** @see https://wicg.github.io/shape-detection-api/#barcode-detection-api */
interface BarcodeDetector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
interface BarcodeDetectorKind {
  new (options: { readonly formats: readonly string[] }): BarcodeDetector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** @throws Error where our own decoder could not be loaded */
export async function openReader(urls: {
  readonly decoder: string;
  readonly wasm: string;
}): Promise<CodeReader> {
  return (await nativeReader()) ?? (await workerReader(urls));
}

async function nativeReader(): Promise<CodeReader | null> {
  const Detector: BarcodeDetectorKind | undefined = Reflect.get(globalThis, 'BarcodeDetector');
  if (Detector === undefined) return null;
  try {
    if (!(await Detector.getSupportedFormats()).includes('qr_code')) return null;
    const detector = new Detector({ formats: ['qr_code'] });
    return {
      read: async (video) => (await detector.detect(video))[0]?.rawValue ?? null,
      close() {},
    };
  } catch {
    return null; // there by name only, as on phones without its service
  }
}

/** Wide enough for the code at arm's length, small enough for a cheap phone. */
const MOST_PIXELS_WIDE = 720;

async function workerReader({
  decoder,
  wasm,
}: {
  readonly decoder: string;
  readonly wasm: string;
}): Promise<CodeReader> {
  const worker = new Worker(decoder, { type: 'module' });
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const started = await exchange(worker, { kind: 'start', wasmUrl: wasm });
  if (started.kind !== 'ready' || context === null) {
    worker.terminate();
    throw new Error('the decoder could not be loaded');
  }
  return {
    async read(video) {
      const side = Math.min(video.videoWidth, video.videoHeight);
      if (side === 0) return null;
      const width = Math.min(side, MOST_PIXELS_WIDE);
      canvas.width = width;
      canvas.height = width;
      const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
      context.drawImage(video, left, top, side, side, 0, 0, width, width);
      const picture = context.getImageData(0, 0, width, width);
      const answer = await exchange(worker, { kind: 'read', picture }, [picture.data.buffer]);
      return answer.kind === 'text' ? answer.text : null;
    },
    close: () => worker.terminate(),
  };
}

/** One question at a time. */
function exchange(
  worker: Worker,
  question: DecoderQuestion,
  transfer: Transferable[] = [],
): Promise<DecoderAnswer> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => resolve({ kind: 'failed' });
    worker.postMessage(question, transfer);
  });
}
