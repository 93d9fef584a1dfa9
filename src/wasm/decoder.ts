// Reads what encoder.ts writes: LEB128 integers, floats, names, from a module's bytes.
// Source: WebAssembly Core Specification 3.0, section 5.2. Serves the printer and tests; not a validator:
// it throws RangeError where the bytes end too early or an integer is too long, and checks no more.

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #position: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    if (!(start <= end && end <= bytes.length)) throw new RangeError('the module ends too early');
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = start;
    this.#end = end;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.#end;
  }

  #advance(count: number): number {
    const start = this.#position;
    if (count > this.#end - start) throw new RangeError(`the module ends too early, at byte ${start}`);
    this.#position = start + count;
    return start;
  }

  byte(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  raw(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** A reader of the next `count` bytes, which this one skips. */
  part(count: number): ByteReader {
    const start = this.#advance(count);
    return new ByteReader(this.#bytes, start, start + count);
  }

  /** Unsigned LEB128, 0 .. 2^32-1. */
  u32(): number {
    return Number(this.#leb(32, false));
  }

  /** Unsigned LEB128, 0 .. 2^64-1. */
  u64(): bigint {
    return this.#leb(64, false);
  }

  /** Signed LEB128, -2^31 .. 2^31-1. */
  s32(): number {
    return Number(this.#leb(32, true));
  }

  /** Signed LEB128, -2^63 .. 2^63-1. */
  s64(): bigint {
    return this.#leb(64, true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** A name in UTF-8. */
  name(): string {
    const bytes = this.raw(this.u32());
    let escaped = '';
    for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, '0')}`;
    return decodeURIComponent(escaped);
  }

  #leb(width: 32 | 64, signed: boolean): bigint {
    let value = 0n;
    let shift = 0n;
    let byte: number;
    do {
      if (shift >= width) throw new RangeError(`an integer is too long at byte ${this.#position}`);
      byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte & 0x80);
    if (signed) return BigInt.asIntN(width, (byte & 0x40) === 0 ? value : value - (1n << shift));
    return BigInt.asUintN(width, value);
  }
}
