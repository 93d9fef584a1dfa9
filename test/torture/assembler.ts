// A few instructions as bytes, for programs that must know where each of their bytes lies. Encodings that are
// the same in 32-bit and 64-bit code are used wherever there are any; registers are numbers (0 is AX ... 7 is DI).

export const AX = 0;
export const CX = 1;
export const DX = 2;
export const BX = 3;
export const SP = 4;
export const BP = 5;
export const SI = 6;
export const DI = 7;

export class Assembler {
  readonly bytes: number[] = [];
  readonly origin: number;
  readonly bits: 16 | 32 | 64;
  readonly #labels = new Map<string, number>();
  readonly #fixes: { at: number; width: 1 | 2 | 4; label: string; relative: boolean }[] = [];

  /** @param origin address of the first byte, as the code sees it. */
  constructor(origin: number, bits: 16 | 32 | 64) {
    this.origin = origin;
    this.bits = bits;
  }
  get here(): number {
    return this.origin + this.bytes.length;
  }
  label(name: string): this {
    this.#labels.set(name, this.here);
    return this;
  }
  at(name: string): number {
    const found = this.#labels.get(name);
    if (found === undefined) throw new Error(`no label ${name}`);
    return found;
  }
  raw(...bytes: number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
  /** Bytes in hexadecimal, white space ignored. */
  hex(text: string): this {
    for (const byte of text.replace(/\s+/g, '').match(/../g) ?? [])
      this.bytes.push(Number.parseInt(byte, 16));
    return this;
  }
  number(value: number | bigint, bytes: number): this {
    const big = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < bytes; i++) this.bytes.push(Number((big >> BigInt(8 * i)) & 0xffn));
    return this;
  }
  /** The address of a label, absolute or relative to the end of the field. */
  ref(label: string, width: 1 | 2 | 4, relative: boolean): this {
    this.#fixes.push({ at: this.bytes.length, width, label, relative });
    return this.number(0, width);
  }
  /** MOV register, immediate of the register's full width. */
  mov(register: number, value: number | bigint): this {
    if (this.bits === 64) return this.raw(0x48, 0xb8 + register).number(value, 8);
    return this.raw(0xb8 + register).number(value, this.bits / 8);
  }
  movLabel(register: number, label: string): this {
    return this.raw(0xb8 + register).ref(label, this.bits === 16 ? 2 : 4, false);
  }
  /** PUSH of a sign-extended immediate. */
  push(value: number): this {
    return this.raw(0x68).number(value, this.bits === 16 ? 2 : 4);
  }
  jmp(label: string): this {
    return this.raw(0xe9).ref(label, this.bits === 16 ? 2 : 4, true);
  }
  /** Jcc over a near distance; `condition` is the low nibble of the opcode. */
  jcc(condition: number, label: string): this {
    return this.raw(0x0f, 0x80 | condition).ref(label, this.bits === 16 ? 2 : 4, true);
  }
  call(label: string): this {
    return this.raw(0xe8).ref(label, this.bits === 16 ? 2 : 4, true);
  }
  /** MOV dword [absolute], immediate (an absolute address, in 64-bit code through SIB). */
  storeAbsolute(address: number, value: number): this {
    if (this.bits === 64) this.raw(0xc7, 0x04, 0x25);
    else this.raw(0xc7, 0x05);
    return this.number(address, 4).number(value, 4);
  }
  assemble(): Uint8Array {
    for (const { at, width, label, relative } of this.#fixes) {
      const value = relative ? this.at(label) - (this.origin + at + width) : this.at(label);
      for (let i = 0; i < width; i++) this.bytes[at + i] = Math.floor(value / 2 ** (8 * i)) & 0xff;
    }
    return Uint8Array.from(this.bytes);
  }
}
