/** A photo made small enough to send: a JPEG of some hundred kilobytes, without the place where it was taken. */
const MOST_PIXELS = 1_600;
const MOST_BYTES = 480 * 1024;
const QUALITIES = [0.8, 0.6, 0.4];

/** @returns base64; null where the file is no picture that the browser reads */
export async function shrink(file: Blob): Promise<string | null> {
  try {
    const canvas = await draw(file);
    for (const quality of QUALITIES) {
      const jpeg = await toJpeg(canvas, quality);
      if (jpeg !== null && jpeg.size <= MOST_BYTES) return await toBase64(jpeg);
    }
  } catch {
    // no picture
  }
  return null;
}

async function draw(file: Blob): Promise<HTMLCanvasElement> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, MOST_PIXELS / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas;
}

function toJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}

async function toBase64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
