// Typed views of a vCPU's state in memory 0, for helpers, debuggers and tests. Offsets come from
// layout.ts; nothing is copied, so generated code and TypeScript always see the same registers.
import * as L from './layout.ts';

/** Values of the ACTIVITY field. */
export const ACTIVITY_RUNNING = 0;
/** HLT: waits for an interrupt. */
export const ACTIVITY_HALTED = 1;
/** Triple fault. */
export const ACTIVITY_SHUTDOWN = 2;
/** Waits for a start-up IPI. */
export const ACTIVITY_WAIT_FOR_SIPI = 3;

/** RFLAGS bits outside the status flags. */
export const FLAG_TF = 1 << 8;
export const FLAG_IF = 1 << 9;
export const FLAG_DF = 1 << 10;
export const FLAG_IOPL = 3 << 12;
export const FLAG_NT = 1 << 14;
export const FLAG_RF = 1 << 16;
export const FLAG_VM = 1 << 17;
export const FLAG_AC = 1 << 18;
export const FLAG_VIF = 1 << 19;
export const FLAG_VIP = 1 << 20;
export const FLAG_ID = 1 << 21;

/** CF PF AF ZF SF OF. */
export const FLAGS_STATUS = 0x8d5;
const TWO32 = 0x1_0000_0000;

/** One segment register: selector, hidden descriptor. */
export class SegmentView {
  readonly number: number;
  readonly #u32: Uint32Array;
  readonly #i32: Int32Array;
  readonly #at: number;
  constructor(number: number, u32: Uint32Array, i32: Int32Array) {
    this.number = number;
    this.#u32 = u32;
    this.#i32 = i32;
    this.#at = (L.SEGMENT + number * L.SEGMENT_SIZE) >> 2;
  }
  get selector(): number {
    return this.#u32[this.#at + (L.SEGMENT_SELECTOR >> 2)]!;
  }
  set selector(value: number) {
    this.#u32[this.#at + (L.SEGMENT_SELECTOR >> 2)] = value & 0xffff;
  }
  /** Access rights in the format of layout.ts. */
  get attributes(): number {
    return this.#u32[this.#at + (L.SEGMENT_ATTRIBUTES >> 2)]!;
  }
  set attributes(value: number) {
    this.#u32[this.#at + (L.SEGMENT_ATTRIBUTES >> 2)] = value;
  }
  /** Limit in bytes, granularity applied. */
  get limit(): number {
    return this.#u32[this.#at + (L.SEGMENT_LIMIT >> 2)]!;
  }
  set limit(value: number) {
    this.#u32[this.#at + (L.SEGMENT_LIMIT >> 2)] = value;
  }
  /** Base, as a Linear (signed 64 bits; exact while canonical). */
  get base(): number {
    const at = this.#at + (L.SEGMENT_BASE >> 2);
    return this.#i32[at + 1]! * TWO32 + this.#u32[at]!;
  }
  set base(value: number) {
    const at = this.#at + (L.SEGMENT_BASE >> 2);
    // A store into an array takes the value modulo 2^32.
    this.#u32[at] = value;
    this.#i32[at + 1] = Math.floor(value * (1 / TWO32));
  }
  get fast(): number {
    return this.#u32[this.#at + (L.SEGMENT_FAST >> 2)]!;
  }
  set fast(value: number) {
    this.#u32[this.#at + (L.SEGMENT_FAST >> 2)] = value;
  }
}

export class CpuState {
  readonly buffer: ArrayBufferLike;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;
  /** ES CS SS DS FS GS LDTR TR, by the numbers of layout.ts. */
  readonly segments: readonly SegmentView[];

  /** `buffer` is memory 0, at least ENGINE_STATE bytes. */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.view = new DataView(buffer);
    this.segments = Array.from({ length: 8 }, (_, n) => new SegmentView(n, this.u32, this.i32));
  }

  // ---- fields by offset, for code that has one from layout.ts ----
  get32(offset: number): number {
    return this.u32[offset >> 2]!;
  }
  set32(offset: number, value: number): void {
    this.u32[offset >> 2] = value;
  }
  /** Unsigned. */
  get64(offset: number): bigint {
    return this.u64[offset >> 3]!;
  }
  set64(offset: number, value: bigint): void {
    this.u64[offset >> 3] = value;
  }
  /** A 64-bit field as a signed number: exact below 2^53 in magnitude (addresses). */
  getNumber(offset: number): number {
    return this.i32[(offset >> 2) + 1]! * TWO32 + this.u32[offset >> 2]!;
  }
  setNumber(offset: number, value: number): void {
    this.u32[offset >> 2] = value;
    this.i32[(offset >> 2) + 1] = Math.floor(value * (1 / TWO32));
  }

  // ---- registers ----
  /** General register, unsigned 64 bits. */
  gpr(register: number): bigint {
    return this.u64[(L.GPR >> 3) + register]!;
  }
  setGpr(register: number, value: bigint): void {
    this.u64[(L.GPR >> 3) + register] = value;
  }
  /** Low 32 bits of a general register, unsigned. */
  gpr32(register: number): number {
    return this.u32[(L.GPR >> 2) + 2 * register]!;
  }
  /** Writes 32 bits and clears the upper half. */
  setGpr32(register: number, value: number): void {
    this.u32[(L.GPR >> 2) + 2 * register] = value;
    this.u32[(L.GPR >> 2) + 2 * register + 1] = 0;
  }
  setGpr16(register: number, value: number): void {
    this.u16[(L.GPR >> 1) + 4 * register] = value;
  }
  gpr16(register: number): number {
    return this.u16[(L.GPR >> 1) + 4 * register]!;
  }
  get rip(): number {
    return this.getNumber(L.RIP);
  }
  set rip(value: number) {
    this.setNumber(L.RIP, value);
  }
  /** General register as an address (signed number, exact while canonical). */
  gprNumber(register: number): number {
    return this.getNumber(L.GPR + 8 * register);
  }
  setGprNumber(register: number, value: number): void {
    this.setNumber(L.GPR + 8 * register, value);
  }

  get cpl(): number {
    return this.u32[L.CPL >> 2]!;
  }
  set cpl(value: number) {
    this.u32[L.CPL >> 2] = value;
  }
  /** Low 32 bits of a control register; the upper ones are reserved but in CR3. */
  get cr0(): number {
    return this.u32[L.CR0 >> 2]!;
  }
  set cr0(value: number) {
    this.u32[L.CR0 >> 2] = value;
  }
  get cr4(): number {
    return this.u32[L.CR4 >> 2]!;
  }
  set cr4(value: number) {
    this.u32[L.CR4 >> 2] = value;
  }
  get cr2(): number {
    return this.getNumber(L.CR2);
  }
  set cr2(value: number) {
    this.setNumber(L.CR2, value);
  }
  get efer(): number {
    return this.u32[L.EFER >> 2]!;
  }
  set efer(value: number) {
    this.u32[L.EFER >> 2] = value;
  }

  /** The status flags CF PF AF ZF SF OF, computed from FLAG_RESULT and FLAG_AUX (see layout.ts). */
  get statusFlags(): number {
    const low = this.u32[L.FLAG_RESULT >> 2]!;
    const high = this.i32[(L.FLAG_RESULT >> 2) + 1]!;
    const aux = this.u32[L.FLAG_AUX >> 2]!;
    let parity = (low ^ (aux >>> 8)) & 0xff;
    parity ^= parity >> 4;
    return (
      (aux >>> 31) |
      (((0x9669 >> (parity & 15)) & 1) << 2) |
      (((aux >>> 3) & 1) << 4) |
      ((low | high) === 0 ? 0x40 : 0) |
      (((high >>> 31) ^ (aux & 1)) << 7) |
      (((aux >>> 31) ^ ((aux >>> 30) & 1)) << 11)
    );
  }
  set statusFlags(value: number) {
    const zero = (value >>> 6) & 1;
    const sign = (value >>> 7) & 1;
    const parity = (value >>> 2) & 1;
    const carry = value & 1;
    const overflow = (value >>> 11) & 1;
    // Result 0 has even parity and no sign, result 1 odd parity and no sign; the deltas mend the rest.
    const result = 1 - zero;
    const delta = (result === 0 ? 1 : 0) === parity ? 0 : 1;
    this.u32[L.FLAG_RESULT >> 2] = result;
    this.u32[(L.FLAG_RESULT >> 2) + 1] = 0;
    this.u32[L.FLAG_AUX >> 2] =
      (carry << 31) | ((carry ^ overflow) << 30) | (delta << 8) | (((value >>> 4) & 1) << 3) | sign;
  }
  /** RFLAGS, 22 bits. */
  get rflags(): number {
    return (this.u32[L.FLAGS >> 2]! & ~FLAGS_STATUS) | 2 | this.statusFlags;
  }
  set rflags(value: number) {
    this.u32[L.FLAGS >> 2] = (value & 0x3f7700 & ~FLAGS_STATUS) | 2;
    this.statusFlags = value & FLAGS_STATUS;
  }
}
