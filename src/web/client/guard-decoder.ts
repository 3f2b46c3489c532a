/**
 * Reads QR codes for browsers that cannot do it themselves, off the page's thread. The page sends where the WASM is,
 * then pictures; each picture is answered with the text in it, or null.
 */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { DecoderAnswer, DecoderQuestion } from './guard/decoder-messages.ts';

const answer = (message: DecoderAnswer) => postMessage(message);

addEventListener('message', ({ data }: MessageEvent<DecoderQuestion>) => {
  if (data.kind === 'start') void start(data.wasmUrl);
  else void read(data.picture);
});

async function start(wasmUrl: string): Promise<void> {
  try {
    await prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
    answer({ kind: 'ready' });
  } catch {
    answer({ kind: 'failed' });
  }
}

async function read(picture: ImageData): Promise<void> {
  const found = await readBarcodes(picture, {
    formats: ['QRCode'],
    tryHarder: true,
    maxNumberOfSymbols: 1,
  });
  answer({ kind: 'text', text: found[0]?.text ?? null });
}
