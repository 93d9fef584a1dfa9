// A growing buffer of bytes with the integer formats of WebAssembly.
// Source: WebAssembly Core Specification 3.0, section 5.2 (Binary Format: Values): LEB128, little-endian
// floats, vectors of bytes, names in UTF-8.
//
// Values are written in their shortest form. The buffer doubles when it is full; `take` copies what was
// written. One writer serves one function body or one section.

const INITIAL_CAPACITY = 256;
const TWO_TO_32 = 0x1_0000_0000;

/** Scratch for the bits of a float. WebAssembly and every host that runs it are little-endian. */
const floatBytes = new Uint8Array(8);
const floatView = new DataView(floatBytes.buffer);

export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, as a view that is valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.view());
    this.#bytes = larger;
  }

  /** One byte, the low 8 bits of `value`. */
  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: Uint8Array | readonly number[]): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Unsigned LEB128 of an integer in 0 .. 2^32-1. The caller guarantees the range. */
  u32(value: number): void {
    if (this.#length + 5 > this.#bytes.length) this.#reserve(5);
    const bytes = this.#bytes;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.#length++] = rest;
  }

  /** Unsigned LEB128 of an integer in 0 .. 2^53-1: offsets and limits of 64-bit memories. */
  u64(value: number): void {
    let rest = value;
    while (rest >= TWO_TO_32) {
      this.byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.u32(rest);
  }

  /** Signed LEB128 of an integer in -2^31 .. 2^31-1. The caller guarantees the range. */
  s32(value: number): void {
    if (this.#length + 5 > this.#bytes.length) this.#reserve(5);
    const bytes = this.#bytes;
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    bytes[this.#length++] = rest & 0x7f;
  }

  /** Signed LEB128 of the 64-bit integer whose low and high 32 bits are given (signedness of either ignored). */
  s64(low: number, high: number): void {
    let low32 = low | 0;
    let high32 = high | 0;
    while (high32 !== low32 >> 31) {
      this.byte((low32 & 0x7f) | 0x80);
      low32 = (low32 >>> 7) | (high32 << 25);
      high32 >>= 7;
    }
    this.s32(low32);
  }

  f32(value: number): void {
    floatView.setFloat32(0, value, true);
    this.raw(floatBytes.subarray(0, 4));
  }

  f64(value: number): void {
    floatView.setFloat64(0, value, true);
    this.raw(floatBytes);
  }

  /** A name: the length in bytes of its UTF-8 form, then that form. Lone surrogates become U+FFFD. */
  name(text: string): void {
    const bytes = utf8(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A section: its id, its length in bytes, its content. */
  section(id: number, content: ByteWriter): void {
    this.byte(id);
    this.u32(content.length);
    this.raw(content.view());
  }
}

/** How many bytes `ByteWriter.u32` writes for a value in 0 .. 2^32-1. */
export function u32Length(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** UTF-8 without TextEncoder, which is neither ECMAScript nor WebAssembly but the host's. */
function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    let code = character.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x1_0000)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      );
  }
  return bytes;
}
