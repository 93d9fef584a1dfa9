// Message-signalled interrupts of many vectors (PCI Local Bus 3.0, section 6.8.2): the messages stand in a table in
// memory, and so do the bits of those that are pending. Both are in a BAR of their own.
//
//   capability  +2 Message Control  10:0 entries less one  14 all masked  15 enable
//               +4 Table: 2:0 BAR  31:3 offset    +8 pending bits, likewise
//   entry (16)  +0 address  +4 upper address  +8 data  +C vector control: 0 masked
//
// A vector that is masked stays pending, and is sent when neither mask is left, unless the function withdraws it before.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateOf } from '../chip.ts';
import { initialState, resetState, words } from '../chip.ts';
import type { MsiTarget } from '../lines.ts';
import type { RegisterDeclaration, RegisterRegion } from '../registers.ts';
import { bytesMask, merge } from '../registers.ts';
import { CapabilityPlace, type PciCapability } from './capabilities.ts';

const MSIX_ID = 0x11;
const MOST_VECTORS = 2048;
const CAPABILITY_SIZE = 12;
const CONTROL = 0x02;
const CONTROL_MASK_ALL = 0x4000;
const CONTROL_ENABLE = 0x8000;

const ENTRY_SIZE = 16;
const ENTRY_WORDS = 4;
const ENTRY_UPPER = 1;
const ENTRY_DATA = 2;
const ENTRY_CONTROL = 3;
const ENTRY_MASKED = 1;
const PAGE = 4096;

export interface MsixOptions {
  /** 1 to 2,048. */
  readonly vectors: number;
  /** The memory BAR that shows table and pending bits, and nothing else. */
  readonly bar: number;
  /** Where the capability stands in configuration space. */
  readonly at?: number;
}

/** What a function with `vectors` saves of them. */
export const msixShape = (vectors: number) => ({
  table: words(ENTRY_WORDS * vectors),
  pending: words(2 * Math.ceil(vectors / 64)),
});
type MsixShape = ReturnType<typeof msixShape>;

export class Msix {
  readonly capability: PciCapability;
  readonly place = new CapabilityPlace();
  readonly shape: MsixShape;
  state: StateOf<MsixShape>;
  /** For the BAR: the table in its first half, pending bits in the second. */
  readonly region: RegisterRegion;
  readonly #vectors: number;
  readonly #pendingAt: number;
  readonly #target: MsiTarget;
  /** Message Control as it was last seen. */
  #before = 0;

  constructor({ vectors, bar, at }: MsixOptions, target: MsiTarget) {
    if (!(vectors >= 1 && vectors <= MOST_VECTORS)) throw new RangeError('1 to 2,048 vectors');
    this.#vectors = vectors;
    this.#target = target;
    this.shape = msixShape(vectors);
    this.state = initialState(this.shape);
    const half = Math.max(PAGE / 2, 2 ** Math.ceil(Math.log2(vectors * ENTRY_SIZE)));
    this.#pendingAt = half;
    this.region = this.#makeRegion(2 * half);
    this.capability = {
      name: 'MSI-X',
      id: MSIX_ID,
      size: CAPABILITY_SIZE,
      at,
      registers: [
        {
          name: 'MSI-X Message Control',
          offset: CONTROL,
          width: 2,
          reset: vectors - 1,
          writable: CONTROL_ENABLE | CONTROL_MASK_ALL,
        },
        { name: 'MSI-X Table', offset: 4, width: 4, reset: bar },
        { name: 'MSI-X Pending Bits', offset: 8, width: 4, reset: half | bar },
      ],
    };
    this.reset();
  }

  get enabled(): boolean {
    return (this.#control & CONTROL_ENABLE) !== 0;
  }
  get vectors(): number {
    return this.#vectors;
  }

  /** Sends a vector, or remembers it while it is masked. Vectors that there are none of are not sent. */
  signal(vector: number): void {
    if (!this.enabled || vector >= this.#vectors) return;
    if (this.#masked(vector)) this.#setPending(vector, true);
    else this.#send(vector);
  }
  /** What was to be told has been seen to: a vector that is still masked need not be sent. */
  withdraw(vector: number): void {
    if (vector < this.#vectors) this.#setPending(vector, false);
  }

  reset(): void {
    resetState(this.shape, this.state);
    for (let vector = 0; vector < this.#vectors; vector++) {
      this.state.table[ENTRY_WORDS * vector + ENTRY_CONTROL] = ENTRY_MASKED;
    }
    this.#before = 0;
  }

  /** After restore, of the configuration space too. */
  restored(state: StateOf<MsixShape>): void {
    this.state = state;
    this.#before = this.#control;
  }

  /** Configuration space has been written: what is pending and no longer masked goes out. */
  written(): void {
    const control = this.#control;
    if (control === this.#before) return;
    this.#before = control;
    for (let vector = 0; vector < this.#vectors; vector++) this.#release(vector);
  }

  get #control(): number {
    return this.place.read(CONTROL, 2) & (CONTROL_ENABLE | CONTROL_MASK_ALL);
  }

  #masked(vector: number): boolean {
    const control = this.state.table[ENTRY_WORDS * vector + ENTRY_CONTROL]!;
    return (control & ENTRY_MASKED) !== 0 || (this.#control & CONTROL_MASK_ALL) !== 0;
  }

  #isPending(vector: number): boolean {
    return ((this.state.pending[vector >> 5]! >>> (vector & 31)) & 1) !== 0;
  }

  #setPending(vector: number, pending: boolean): void {
    const bit = 1 << (vector & 31);
    const word = this.state.pending[vector >> 5]!;
    this.state.pending[vector >> 5] = pending ? word | bit : word & ~bit;
  }

  /** Sends what is pending and no longer masked. */
  #release(vector: number): void {
    if (!this.#isPending(vector) || !this.enabled || this.#masked(vector)) return;
    this.#setPending(vector, false);
    this.#send(vector);
  }

  #send(vector: number): void {
    const { table } = this.state;
    const entry = ENTRY_WORDS * vector;
    const address = table[entry + ENTRY_UPPER]! * 2 ** 32 + ((table[entry]! & ~3) >>> 0);
    this.#target.send(address, table[entry + ENTRY_DATA]!);
  }

  // ---- the region ----

  #read(offset: number, width: AccessWidth): number {
    const { table, pending } = this.state;
    let value = 0;
    for (let done = 0; done < width; done++) {
      const at = offset + done;
      const array = at < this.#pendingAt ? table : pending;
      const byte = at < this.#pendingAt ? at : at - this.#pendingAt;
      value |= (((array[byte >> 2] ?? 0) >>> (8 * (byte & 3))) & 0xff) << (8 * done);
    }
    return value >>> 0;
  }

  #write(offset: number, width: AccessWidth, value: number): void {
    const { table } = this.state;
    for (let done = 0; done < width; ) {
      const at = offset + done;
      const shift = 8 * (at & 3);
      const take = Math.min(4 - (at & 3), width - done);
      const word = at >> 2;
      if (at < this.#pendingAt && word < table.length) {
        const writable = (word & 3) === ENTRY_CONTROL ? ENTRY_MASKED : 0xffff_ffff;
        const lanes = ((bytesMask(take) << shift) & writable) >>> 0;
        table[word] = merge(table[word]!, ((value >>> (8 * done)) << shift) >>> 0, lanes);
        if ((word & 3) === ENTRY_CONTROL) this.#release(word >> 2);
      }
      done += take;
    }
  }

  #makeRegion(size: number): RegisterRegion {
    const registers: RegisterDeclaration[] = [];
    const word = (name: string, offset: number, reset: number, access: 'RO' | 'RW'): void => {
      registers.push({ name, offset, width: 4, reset, access });
    };
    for (let vector = 0; vector < this.#vectors; vector++) {
      const at = ENTRY_SIZE * vector;
      word(`ADDRESS${vector}`, at, 0, 'RW');
      word(`UPPER_ADDRESS${vector}`, at + 4, 0, 'RW');
      word(`DATA${vector}`, at + 8, 0, 'RW');
      word(`CONTROL${vector}`, at + 12, ENTRY_MASKED, 'RW');
    }
    for (let i = 0; i < this.state.pending.length; i++) word(`PENDING${i}`, size / 2 + 4 * i, 0, 'RO');
    return {
      name: 'msi-x',
      size,
      registers,
      read: (offset, width) => this.#read(offset, width),
      write: (offset, width, value) => this.#write(offset, width, value),
    };
  }
}
