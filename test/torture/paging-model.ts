// Paging by the book (SDM 3A chapter 4), written apart from the engines and for clarity: tables are walked for
// every byte range, nothing is cached. It holds a copy of RAM and says what an access does to it, to the accessed
// and dirty flags, and which fault it raises. MAXPHYADDR is 40; addresses beyond RAM read as ones.

export type Format = '32-bit' | 'PAE' | '4-level';
export type Access = 'read' | 'write' | 'fetch';

/** A page fault or #GP(0) that the model predicts. */
export class ModelFault {
  readonly vector: number;
  readonly error: number;
  readonly cr2: number;
  constructor(vector: number, error: number, cr2: number) {
    this.vector = vector;
    this.error = error;
    this.cr2 = cr2;
  }
}

export const P = 1n;
export const RW = 2n;
export const US = 4n;
export const A = 0x20n;
export const D = 0x40n;
export const PS = 0x80n;
export const G = 0x100n;
export const NX = 1n << 63n;
/** Bits 51:40 are reserved for an address of 40 bits. */
const HIGH_RESERVED = 0xfff00_0000_0000n;
const ADDRESS_40 = 0xff_ffff_f000n;

interface Level {
  readonly shift: number;
  readonly bits: number;
}
const LEVELS: Record<Format, readonly Level[]> = {
  '32-bit': [
    { shift: 22, bits: 10 },
    { shift: 12, bits: 10 },
  ],
  PAE: [
    { shift: 21, bits: 9 },
    { shift: 12, bits: 9 },
  ],
  '4-level': [
    { shift: 39, bits: 9 },
    { shift: 30, bits: 9 },
    { shift: 21, bits: 9 },
    { shift: 12, bits: 9 },
  ],
};

/** An entry that a walk met: where it lies and what it covers. */
export interface Visit {
  readonly address: number;
  readonly shift: number;
  readonly value: bigint;
  readonly leaf: boolean;
}

export class PagingModel {
  readonly format: Format;
  readonly ram: Uint8Array;
  readonly #view: DataView;
  /** Physical address of the top table (of PAE's page directories' pointers). */
  root = 0;
  /** PAE: the pointers as they were when CR3 was loaded. */
  readonly pointers = [0n, 0n, 0n, 0n];
  wp = true;
  smep = false;
  smap = false;
  pse = true;
  nxe = true;
  /** A write went below `floor`, or a table lies at `ceiling` or above, where everybody writes: the program is no good. */
  floor = 0;
  ceiling = Number.POSITIVE_INFINITY;
  spoiled = false;
  /** EFLAGS.AC of supervisor code. */
  ac = false;

  constructor(format: Format, ram: Uint8Array) {
    this.format = format;
    this.ram = ram;
    this.#view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  }

  get entryBytes(): 4 | 8 {
    return this.format === '32-bit' ? 4 : 8;
  }
  readEntry(at: number): bigint {
    const ones = (1n << BigInt(8 * this.entryBytes)) - 1n;
    if (at >= this.ram.length) return ones;
    const whole =
      at + 8 <= this.ram.length ? this.#view.getBigUint64(at, true) : BigInt(this.#view.getUint32(at, true));
    return whole & ones;
  }
  writeEntry(at: number, value: bigint): void {
    if (at >= this.ram.length) return;
    if (this.format === '32-bit') this.#view.setUint32(at, Number(value), true);
    else this.#view.setBigUint64(at, value, true);
  }
  /** What MOV CR3 does: PAE reads its four pointers. */
  loadRoot(root: number): void {
    this.root = root;
    if (this.format === 'PAE') for (let i = 0; i < 4; i++) this.pointers[i] = this.readEntry(root + 8 * i);
  }

  /** The entries on the way to a linear address, as far as they are present; nothing is checked but P and PS. */
  visits(linear: number): Visit[] {
    const list: Visit[] = [];
    const page = BigInt.asUintN(64, BigInt(linear));
    let table = BigInt(this.root);
    if (this.format === 'PAE') {
      const pointer = this.pointers[Number(page >> 30n) & 3]!;
      if ((pointer & P) === 0n) return list;
      table = pointer & ADDRESS_40;
    }
    for (const { shift, bits } of LEVELS[this.format]) {
      const index = Number((page >> BigInt(shift)) & BigInt((1 << bits) - 1));
      const address = Number(table) + index * this.entryBytes;
      const value = this.readEntry(address);
      const leaf = shift === 12 || this.#isLarge(value, shift);
      list.push({ address, shift, value, leaf });
      if ((value & P) === 0n || leaf) break;
      table = value & (this.format === '32-bit' ? 0xffff_f000n : ADDRESS_40);
    }
    return list;
  }
  #isLarge(value: bigint, shift: number): boolean {
    if ((value & PS) === 0n || shift === 39) return false;
    return this.format !== '32-bit' || this.pse;
  }
  #reserved({ value, shift, leaf }: Visit): boolean {
    const large = leaf && shift > 12;
    if (this.format === '32-bit') return large && (value & (1n << 21n)) !== 0n;
    let mask = HIGH_RESERVED;
    if (this.format === 'PAE') mask |= 0x7ff0_0000_0000_0000n;
    if (!this.nxe) mask |= NX;
    if (large) mask |= ((1n << BigInt(shift)) - 1n) & ~0x1fffn;
    if (shift === 39) mask |= PS;
    return (value & mask) !== 0n;
  }
  #base({ value, shift }: Visit): bigint {
    const offset = (1n << BigInt(shift)) - 1n;
    if (this.format === '32-bit') {
      if (shift === 12) return value & 0xffff_f000n;
      return (value & 0xffc0_0000n) | (((value >> 13n) & 0xffn) << 32n);
    }
    return value & ADDRESS_40 & ~offset;
  }

  /** Physical address, with accessed and dirty flags set unless it is only a look; throws ModelFault. */
  translate(linear: number, access: Access, user: boolean, effect: 'access' | 'look' = 'access'): number {
    const visits = this.visits(linear);
    let error = (access === 'write' ? 2 : 0) | (user ? 4 : 0);
    if (access === 'fetch' && ((this.format !== '32-bit' && this.nxe) || this.smep)) error |= 0x10;
    let rights = RW | US;
    let noExecute = false;
    const leaf = visits[visits.length - 1];
    for (const visit of visits) {
      if (visit.address >= this.ceiling) this.spoiled = true;
      if ((visit.value & P) === 0n) throw new ModelFault(14, error, linear);
      if (this.#reserved(visit)) throw new ModelFault(14, error | 9, linear);
      rights &= visit.value;
      if (this.format !== '32-bit' && (visit.value & NX) !== 0n) noExecute = true;
    }
    if (!leaf) throw new ModelFault(14, error, linear);
    if (!this.#allowed(rights, noExecute, access, user)) throw new ModelFault(14, error | 1, linear);
    if (effect === 'access') {
      for (const visit of visits) {
        this.writeEntry(visit.address, visit.value | A | (visit.leaf && access === 'write' ? D : 0n));
      }
    }
    const offset = BigInt.asUintN(64, BigInt(linear)) & ((1n << BigInt(leaf.shift)) - 1n);
    return Number(this.#base(leaf) | offset);
  }
  #allowed(rights: bigint, noExecute: boolean, access: Access, user: boolean): boolean {
    const userPage = (rights & US) !== 0n;
    const writable = (rights & RW) !== 0n;
    if (user) return userPage && (access !== 'write' || writable) && (access !== 'fetch' || !noExecute);
    if (access === 'fetch') return !noExecute && !(userPage && this.smep);
    if (userPage && this.smap && !this.ac) return false;
    return access === 'read' || writable || !this.wp;
  }

  /** Physical addresses of the bytes of an access, page by page; #GP(0) for a non-canonical address. */
  resolve(linear: number, bytes: number, access: Access, user: boolean): number[] {
    if (this.format === '4-level') {
      for (const end of [linear, linear + bytes - 1]) {
        if (end >= 2 ** 47 || end < -(2 ** 47)) throw new ModelFault(13, 0, 0);
      }
    }
    const list: number[] = [];
    for (let done = 0; done < bytes; ) {
      const at = linear + done;
      const physical = this.translate(at, access, user);
      const inPage = Math.min(bytes - done, 4096 - (physical % 4096));
      for (let i = 0; i < inPage; i++) list.push(physical + i);
      done += inPage;
    }
    return list;
  }
  get(places: readonly number[]): bigint {
    let value = 0n;
    places.forEach((at, i) => {
      value |= BigInt(at < this.ram.length ? this.ram[at]! : 0xff) << BigInt(8 * i);
    });
    return value;
  }
  set(places: readonly number[], value: bigint): void {
    places.forEach((at, i) => {
      if (at < this.floor) this.spoiled = true;
      if (at < this.ram.length) this.ram[at] = Number((value >> BigInt(8 * i)) & 0xffn);
    });
  }
}
