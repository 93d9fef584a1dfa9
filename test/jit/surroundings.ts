// What may happen around a program of the region torture besides exceptions and interrupts: data that is not in RAM, and
// becomes something else while the program runs; a second address space; breakpoints; checks of alignment; CPL 0. Each is there or not by itself, so
// that a failing program can be cut down to what it takes (minimise.ts).
import type { AccessWidth } from '../../src/base/guest-bus.ts';
import { GDT, KERNEL_CS, KERNEL_SS, USER_CS_64 } from '../../src/engine/testing-user-program.ts';
import { CR4_SMAP } from '../../src/x86/state/control-bits.ts';
import { FLAG_AC } from '../../src/x86/state/cpu-state.ts';
import * as L from '../../src/x86/state/layout.ts';
import type { Random } from '../isa/fuzz/random.ts';
import type { TortureMachine } from '../torture/pair.ts';
import { BASE_VALUE } from './registers.ts';
import {
  ALIAS,
  CODE,
  CODE_PAGES,
  COPY_BIT,
  COUNTERS,
  codeFrame,
  DATA,
  DATA_FRAMES,
  DATA_PAGES,
  FIRST_INTERRUPT,
  LAST_INTERRUPT,
  PROGRAM_PAGES,
  STACK,
  STACK_TOP,
  setChanges,
  tableEntry,
} from './world.ts';

export interface Surroundings {
  /** Some frames of the data are devices, ROM and the like; what is written to devices changes the map, or asks for an interrupt. */
  readonly devices: boolean;
  /** Some pages of the code are ROM. */
  readonly rom: boolean;
  /** The kernel goes to and fro between two address spaces, with other code and data at the same addresses. */
  readonly spaces: boolean;
  /** DR0 to DR3, DR7 at the start, and what DR7 is changed by now and then. */
  readonly breakpoints: {
    readonly addresses: readonly number[];
    readonly first: number;
    readonly change: number;
  } | null;
  /** The kernel sets and clears AC. */
  readonly alignment: boolean;
  /** The program runs with CPL 0, like the kernel; perhaps with SMAP, so that AC decides whether it may access its data. */
  readonly supervisor: 'no' | 'yes' | 'SMAP';
}
/** A descriptor that testing-user-program.ts leaves free: 32-bit code of level 0. */
const KERNEL_CS_32 = 0x38;

export const QUIET: Surroundings = {
  devices: false,
  rom: false,
  spaces: false,
  breakpoints: null,
  alignment: false,
  supervisor: 'no',
};

/** `tame`: seldom. */
export function randomSurroundings(random: Random, tame: boolean): Surroundings {
  return {
    devices: random.chance(tame ? 10 : 35),
    rom: random.chance(tame ? 5 : 10),
    spaces: random.chance(tame ? 10 : 35),
    breakpoints: random.chance(tame ? 5 : 15) ? randomBreakpoints(random) : null,
    alignment: random.chance(tame ? 4 : 15),
    supervisor: random.chance(75) ? 'no' : random.chance(60) ? 'yes' : 'SMAP',
  };
}
function randomBreakpoints(random: Random): Surroundings['breakpoints'] {
  const places = [
    () => CODE + random.below(0x200),
    () => CODE + random.below(0x1000 * PROGRAM_PAGES),
    () => ALIAS + random.below(0x1000),
    () => BASE_VALUE + random.below(64) - 16,
    () => DATA + random.below(0x1000 * DATA_PAGES),
    () => COUNTERS + 8 * random.below(8),
    () => STACK_TOP - 8 * random.below(8),
  ];
  let control = 0;
  const addresses = Array.from({ length: 4 }, (_, i) => {
    const address = random.pick(places)();
    const isCode = address < DATA;
    if (random.chance(60)) control |= (random.chance(50) ? 1 : 2) << (2 * i);
    // Execution; writes; reads and writes. Of code too, where it may be written.
    const kind = isCode && random.chance(80) ? 0 : random.pick([1, 3]);
    const length = kind === 0 ? 0 : random.below(4);
    control |= (kind | (length << 2)) << (16 + 4 * i);
    return address;
  });
  const enables = control & 0xff;
  const first = random.chance(30) ? control | 0x400 : (control & ~0xff) | 0x400;
  return { addresses, first, change: enables };
}

/** After the world is there. */
export function surround(machine: TortureMachine, surroundings: Surroundings, random: Random): void {
  new DataDevices(machine).restore();
  machine.plain.bytes.fill(0);
  if (surroundings.devices) new DataDevices(machine).install(random);
  if (surroundings.rom) copyCodeToRom(machine, random);
  if (surroundings.supervisor !== 'no') becomeSupervisor(machine, surroundings.supervisor === 'SMAP');
  const space = surroundings.spaces ? makeSecondSpace(machine, random) ^ FIRST_SPACE : 0;
  const { state } = machine.vcpu;
  const { breakpoints } = surroundings;
  breakpoints?.addresses.forEach((address, i) => {
    state.setNumber(L.DR + 8 * i, address);
  });
  state.set32(L.DR + 7 * 8, breakpoints?.first ?? 0x400);
  const flags = surroundings.alignment || surroundings.supervisor === 'SMAP' ? FLAG_AC : 0;
  setChanges(machine, { space, breakpoints: breakpoints?.change ?? 0, flags });
}

// ---- data that is not in RAM ----

type FrameKind = 'ram' | 'rom of ram' | 'nothing' | 'plain' | 'rom' | 'shadowed' | 'flash' | 'device';
const KINDS: readonly FrameKind[] = [
  'device',
  'ram',
  'rom',
  'plain',
  'shadowed',
  'rom of ram',
  'flash',
  'nothing',
];

/** The frames behind the data, each of which is one of the kinds; a device in all of those that are devices. */
class DataDevices {
  readonly #machine: TortureMachine;
  #reads = 0;
  #acts = 0;

  constructor(machine: TortureMachine) {
    this.#machine = machine;
  }
  /** All of it is RAM, and the code too. */
  restore(): void {
    const { memory } = this.#machine;
    for (let page = 0; page < DATA_PAGES; page++) memory.mapRam(frameOf(page), 0x1000, 'memory');
    for (let page = 0; page < CODE_PAGES; page++) memory.mapRam(codeFrame(page), 0x1000, 'memory');
  }
  install(random: Random): void {
    const { plain } = this.#machine;
    for (let i = 0; i < DATA_PAGES * 0x1000; i += 4) {
      const value = random.u32();
      for (let byte = 0; byte < 4; byte++) plain.bytes[i + byte] = value >>> (8 * byte);
    }
    for (let page = 0; page < DATA_PAGES; page++) {
      if (random.chance(30)) continue;
      this.#become(page, random.chance(35) ? KINDS.indexOf('device') : random.below(KINDS.length));
    }
  }
  #become(page: number, number: number): void {
    const { memory, plain } = this.#machine;
    const at = frameOf(page);
    const kind = KINDS[number % KINDS.length]!;
    // One device in its frame at a time.
    memory.mapRam(at, 0x1000, kind === 'rom of ram' ? 'nowhere' : 'memory');
    // Plain memory is seen in two places at a time, perhaps.
    const offset = 0x1000 * ((page * 3 + (number >> 3)) & 7);
    if (kind === 'nothing') memory.unmap(at, 0x1000);
    else if (kind === 'plain') memory.mapPlain(at, 0x1000, plain, offset, 'memory');
    else if (kind === 'rom') memory.mapPlain(at, 0x1000, plain, offset, 'nowhere');
    else if (kind === 'shadowed') memory.mapPlain(at, 0x1000, plain, offset, 'ram');
    else if (kind === 'device' || kind === 'flash') memory.map(at, 0x1000, this.#device(page));
  }
  /** It hears of bytes: in how wide pieces an access comes is each engine's affair. */
  #device(page: number) {
    const { writes } = this.#machine;
    return {
      name: `device ${page}`,
      read: (offset: number, width: AccessWidth) => {
        let value = 0;
        for (let i = 0; i < width; i++) {
          // Another value each time, so that none may be asked for twice.
          const byte = Math.imul(++this.#reads, 0x9e37_79b1) >>> 24;
          writes.push([-1 - offset - i, byte, this.#machine.retired]);
          value |= byte << (8 * i);
        }
        return value >>> 0;
      },
      write: (offset: number, width: AccessWidth, value: number) => {
        for (let i = 0; i < width; i++) {
          const byte = (value >>> (8 * i)) & 0xff;
          writes.push([frameOf(page) + offset + i, byte, this.#machine.retired]);
          if (((offset + i) & 3) === 0) this.#act(page, byte);
        }
      },
    };
  }
  #act(page: number, value: number): void {
    const { vcpu, vectors, memory } = this.#machine;
    const other = Math.imul(++this.#acts + value, 0x9e37_79b1) >>> 16;
    switch (value & 31) {
      case 0:
      case 1:
      case 2:
        // Its own frame stays what it is, or what becomes of the rest of a wide store would be each engine's affair.
        if ((other & 7) !== page) this.#become(other & 7, other >> 3);
        break;
      case 3:
      case 4:
        vectors.push(FIRST_INTERRUPT + (other % (LAST_INTERRUPT + 1 - FIRST_INTERRUPT)));
        vcpu.kick();
        break;
      case 5:
        vcpu.kick();
        break;
      case 6: {
        // A device writes to the code, which stays what it is.
        const at = codeFrame(other & (CODE_PAGES - 1)) + ((other >> 4) & 0xff8);
        memory.write(at, memory.u8.slice(at, at + 8));
      }
    }
  }
}
const frameOf = (page: number): number => DATA_FRAMES + 0x1000 * page;

/** Some pages of the program are in ROM: what is written there stays what it was. */
function copyCodeToRom({ memory, plain }: TortureMachine, random: Random): void {
  for (let page = 0; page < PROGRAM_PAGES; page++) {
    if (random.chance(60) || page >= 8) continue;
    const offset = 0x8000 + 0x1000 * page;
    const at = codeFrame(page);
    plain.bytes.set(memory.u8.subarray(at, at + 0x1000), offset);
    memory.mapPlain(at, 0x1000, plain, offset, 'nowhere');
  }
}

/** CPL 0, with a stack that is the kernel's. In 32-bit programs this is compatibility mode. */
function becomeSupervisor(machine: TortureMachine, smap: boolean): void {
  const { memory, vcpu } = machine;
  const { state } = vcpu;
  for (let page = 0; page < 3; page++) {
    const at = tableEntry(machine, STACK + 0x1000 * page);
    memory.u8[at]! &= ~4;
  }
  const cs = state.segments[L.CS]!;
  const ss = state.segments[L.SS]!;
  const long = cs.selector === USER_CS_64;
  if (!long) memory.view.setBigUint64(GDT + KERNEL_CS_32, 0x00cf_9b00_0000_ffffn, true);
  cs.selector = long ? KERNEL_CS : KERNEL_CS_32;
  cs.attributes = long ? 0xa09b : 0xc09b;
  ss.selector = KERNEL_SS;
  ss.attributes = 0xc093;
  state.cpl = 0;
  if (!smap) return;
  state.cr4 |= CR4_SMAP;
  state.rflags |= FLAG_AC;
}

// ---- the second address space ----

const FIRST_SPACE = 0x1000;
/** Physical: four levels of tables, behind those of testing-user-program.ts. */
const SECOND_SPACE = 0x3_0000;
const ACCESSED = 0x20n;
const DIRTY = 0x40n;
const GLOBAL = 0x100n;

/** Makes the tables of a second address space; physical address of its root. Its data is all there, and may be written. */
function makeSecondSpace(machine: TortureMachine, random: Random): number {
  const { view, u8 } = machine.memory;
  const entry = (at: number) => view.getBigUint64(at, true);
  const set = (at: number, value: bigint) => view.setBigUint64(at, value, true);
  const tableOf = (at: number) => Number(entry(at) & 0xf_ffff_f000n);
  // The stack is the same in both. Whether it is looked up again in the other is each engine's affair.
  for (let page = 0; page < 3; page++) {
    const at = tableEntry(machine, STACK + 0x1000 * page);
    set(at, entry(at) | GLOBAL | ACCESSED | DIRTY);
  }
  let next = SECOND_SPACE;
  /** A copy of a table, down to the page tables, but for the kernel's. */
  const copy = (table: number, level: number): number => {
    const at = next;
    next += 0x1000;
    u8.copyWithin(at, table, table + 0x1000);
    for (let i = 0; level > 1 && i < (level === 4 ? 256 : 512); i++) {
      const one = at + 8 * i;
      if (entry(one) === 0n) continue;
      set(one, entry(one) | ACCESSED);
      set(one, (entry(one) & 0xfffn) | BigInt(copy(tableOf(one), level - 1)));
    }
    return at;
  };
  const root = copy(FIRST_SPACE, 4);
  const second = (linear: number): number => {
    let table = root;
    for (const shift of [39, 30, 21]) table = tableOf(table + 8 * (Math.floor(linear / 2 ** shift) & 511));
    return table + 8 * ((linear >>> 12) & 511);
  };
  for (let page = 0; page < CODE_PAGES; page++) {
    const at = second(CODE + 0x1000 * page);
    if (random.chance(50)) set(at, entry(at) ^ (1n << BigInt(COPY_BIT)));
  }
  const data = second(DATA);
  const rights = entry(data) | 3n;
  const turn = random.below(DATA_PAGES);
  for (let page = 0; page < DATA_PAGES; page++) {
    const frame = DATA_FRAMES + 0x1000 * ((page + turn) % DATA_PAGES);
    set(data + 8 * page, (rights & ~0xf_ffff_f000n) | BigInt(frame));
  }
  return root;
}
