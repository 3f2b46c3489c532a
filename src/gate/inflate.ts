/**
 * Decompresses a zlib stream (RFC 1950) into memory that is bounded: of a stream that holds more, no more than a
 * buffer's length beyond the bound is ever made.
 * @param maxBytes greatest size of the result
 * @returns null when it is not a complete zlib stream
 */
export async function inflate(
  compressed: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array | 'too_large' | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const source = new Blob([Uint8Array.from(compressed)]).stream();
    const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const chunk: Uint8Array = value;
      size += chunk.length;
      if (size > maxBytes) {
        await reader.cancel();
        return 'too_large';
      }
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return joined(chunks, size);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
