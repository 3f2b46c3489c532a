/**
 * Zlib streams that are the same on every machine: a real compressor's output changes with its version, and the
 * vectors must not. @see RFC 1950, RFC 1951
 */

/** Bytes in stored blocks. */
export function storedStream(bytes: Uint8Array): Uint8Array {
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 0xffff) {
    const block = bytes.subarray(at, at + 0xffff);
    const header = Buffer.alloc(5);
    header[0] = at + 0xffff >= bytes.length ? 1 : 0;
    header.writeUInt16LE(block.length, 1);
    header.writeUInt16LE(0xffff ^ block.length, 3);
    blocks.push(header, Buffer.from(block));
  }
  return wrap(blocks, bytes);
}

/** A run of zeros, compressed about 150 times: a literal, then matches of 258 and at the end of 3 to 258. */
export function zerosStream(length: number): Uint8Array {
  const bits = new BitWriter();
  bits.code(0b011, 3); // last block, fixed Huffman codes
  bits.huffman(0x30, 8); // literal 0
  let left = length - 1;
  for (; left >= 258; left -= 258) {
    bits.huffman(0b11000101, 8); // length 258
    bits.huffman(0, 5); // distance 1
  }
  for (; left > 0; left--) bits.huffman(0x30, 8);
  bits.huffman(0, 7); // end of block
  return wrap([bits.bytes()], new Uint8Array(length));
}

function wrap(blocks: readonly Buffer[], content: Uint8Array): Uint8Array {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(adler32(content));
  return Buffer.concat([Buffer.from([0x78, 0x01]), ...blocks, checksum]);
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** Bits from the least significant of each byte; Huffman codes with their greatest bit first. */
class BitWriter {
  readonly #bits: number[] = [];

  code(value: number, length: number): void {
    for (let bit = 0; bit < length; bit++) this.#bits.push((value >> bit) & 1);
  }

  huffman(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) this.#bits.push((value >> bit) & 1);
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, at) => {
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << (at & 7));
    });
    return bytes;
  }
}
