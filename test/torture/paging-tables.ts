// The page tables of the paging programs: random entries for the tables that are changed, and which linear pages
// they lead to. Only a few indices of each table are in use, so that everything is met again soon.
import type { Random } from '../isa/fuzz/random.ts';
import * as Y from './paging-layout.ts';
import { A, D, type Format, G, NX, P, type PagingModel, PS, RW, US } from './paging-model.ts';

/** Indices in use of each table of a format, top first, and where the first page of each area lies. */
const TABLE_INDICES = {
  '32-bit': [[0, 1, 2, 3, 1022, 1023]],
  PAE: [
    [0, 1, 2, 511],
    [0, 1, 2, 3, 510, 511],
  ],
  '4-level': [
    [0, 1, 2],
    [0, 1, 511],
    [0, 1, 2, 510, 511],
  ],
} as const;
const TOP_INDICES = {
  '32-bit': [0x100, 0x101, 0x102, 0x103],
  PAE: [1, 2],
  '4-level': [0xaa, 0xab, 384],
} as const;
const SHIFTS = { '32-bit': [22, 12], PAE: [30, 21, 12], '4-level': [39, 30, 21, 12] } as const;
/** The last six tables are the lowest level's. */
const TABLE_COUNT = { '32-bit': 6, PAE: 9, '4-level': 12 } as const;

export class RandomTables {
  readonly #random: Random;
  readonly #format: Format;
  readonly #model: PagingModel;
  readonly #globals: boolean;

  /** @param globals whether entries may be global. */
  constructor(random: Random, model: PagingModel, globals: boolean) {
    this.#random = random;
    this.#format = model.format;
    this.#model = model;
    this.#globals = globals;
  }

  /** The level of the table that an entry of this shift is in; the root is 0. */
  levelOf(shift: number): number {
    return SHIFTS[this.#format].indexOf(shift as never);
  }
  #tableAt(level: number): number {
    // Level 0 is the root; the tables of each level come one after the other.
    const levels = SHIFTS[this.#format].length;
    const [first, count] = level === levels - 1 ? [TABLE_COUNT[this.#format] - 6, 6] : [3 * (level - 1), 3];
    return Y.TABLES + 0x1000 * (first + this.#random.below(count));
  }
  fill(): void {
    const levels = SHIFTS[this.#format].length;
    for (const root of Y.ROOTS) {
      for (const index of TOP_INDICES[this.#format]) {
        this.#model.writeEntry(root + index * this.#model.entryBytes, this.entry(0));
      }
    }
    for (let level = 1; level < levels; level++) {
      const count = level === levels - 1 ? 6 : 3;
      const first = level === levels - 1 ? TABLE_COUNT[this.#format] - 6 : 3 * (level - 1);
      for (let t = 0; t < count; t++) {
        for (const index of TABLE_INDICES[this.#format][level - 1]!) {
          const at = Y.TABLES + 0x1000 * (first + t) + index * this.#model.entryBytes;
          this.#model.writeEntry(at, this.entry(level));
        }
      }
    }
  }
  /** A random entry of a level's table. */
  entry(level: number): bigint {
    const random = this.#random;
    const shift = SHIFTS[this.#format][level]!;
    const wide = this.#format !== '32-bit';
    if (this.#format === 'PAE' && level === 0) return random.chance(95) ? BigInt(this.#tableAt(1)) | P : 0n;
    let entry = 0n;
    const maybe = (bit: bigint, percent: number) => {
      if (random.chance(percent)) entry |= bit;
    };
    const upper = shift > 12;
    maybe(P, upper ? 99 : 93);
    maybe(RW, upper ? 96 : 80);
    maybe(US, upper ? 96 : 75);
    maybe(A, 50);
    maybe(D, 50);
    maybe(0x18n, 10);
    maybe(BigInt(random.below(8)) << 9n, 30);
    if (wide) {
      maybe(NX, upper ? 3 : 20);
      if (this.#format === '4-level') maybe(BigInt(random.below(2048)) << 52n, 20);
      maybe(1n << BigInt(40 + random.below(this.#format === 'PAE' ? 23 : 12)), 2);
    }
    if (this.#globals) maybe(G, 40);
    if (upper && shift < 39 && random.chance(shift === 30 ? 6 : 18))
      return entry | PS | this.#largeFrame(shift);
    if (upper) {
      if (shift === 39 && random.chance(2)) entry |= PS;
      return entry | BigInt(this.#tableAt(level + 1));
    }
    // Sixteen frames, some of them used a lot; now and then one beyond RAM.
    const frame = random.chance(2)
      ? 0x3000_0000
      : Y.FRAMES + 0x1000 * random.below(random.chance(50) ? 4 : 16);
    maybe(PS, 10);
    return entry | BigInt(frame);
  }
  #largeFrame(shift: number): bigint {
    const random = this.#random;
    const reserved = random.chance(4) ? 1n << BigInt(shift === 22 ? 21 : 13 + random.below(shift - 13)) : 0n;
    if (shift === 30) return reserved | (random.chance(50) ? 0x4000_0000n : 0xc000_0000n);
    if (shift === 22)
      return reserved | BigInt(random.chance(8) ? 0x3001_2000 : 0x40_0000 * (1 + random.below(2)));
    return reserved | BigInt(random.chance(5) ? 0x3000_0000 : 0x20_0000 * (2 + random.below(4)));
  }
  /** A page (linear) that random entries lead to. */
  page(): number {
    const [top, ...rest] = SHIFTS[this.#format];
    let page = this.#random.pick(TOP_INDICES[this.#format]) * 2 ** top!;
    rest.forEach((shift, i) => {
      page += this.#random.pick(TABLE_INDICES[this.#format][i]!) * 2 ** shift;
    });
    return page >= 2 ** 47 ? page - 2 ** 48 : page;
  }
  #allPages(): number[] {
    const [top, ...rest] = SHIFTS[this.#format];
    let pages = TOP_INDICES[this.#format].map((index) => index * 2 ** top!);
    rest.forEach((shift, i) => {
      pages = pages.flatMap((page) =>
        TABLE_INDICES[this.#format][i]!.map((index) => page + index * 2 ** shift),
      );
    });
    return pages.map((page) => (page >= 2 ** 47 ? page - 2 ** 48 : page));
  }

  altered(old: bigint, shift: number, leaf: boolean): bigint {
    const random = this.#random;
    const bits = [P, RW, US, A, D, A | D];
    if (this.#format !== '32-bit') bits.push(NX);
    if (leaf && this.#globals) bits.push(G);
    let value = old ^ random.pick(bits);
    if (leaf && shift === 12 && random.chance(40)) {
      value = (value & ~0xff_ffff_f000n) | BigInt(Y.FRAMES + 0x1000 * random.below(16));
    }
    return value;
  }
  /** One linear address of each page (of the entry's size) that an entry, a leaf, translates. */
  regionsOf(entry: number, shift: number): number[] {
    const regions = new Map<number, number>();
    for (const page of this.#allPages()) {
      if (this.#model.visits(page).some(({ address }) => address === entry))
        regions.set(Math.floor(page / 2 ** shift), page);
    }
    return [...regions.values()];
  }
}
