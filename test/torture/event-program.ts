// Random programs full of events: faults, traps, software interrupts, REP strings (some of which run into a page
// that is not there), ports whose device raises an interrupt line or an NMI, single steps, interrupt shadows, HLT.
// Handlers write vector, error code, EIP, EFLAGS and time stamp (which counts retired instructions here) into a
// log, so that an event taken one instruction early or late is seen.
//
//   01000 page directory   02000 page table   03000 IDT   04000 GDT   05000 variables   06000 handlers
//   0F000 stack   10000 program   100000 data   1FF000 a page that is not present   300000 log (64 KiB, a ring)
import { enterFlat32 } from '../../src/engine/testing.ts';
import { FLAG_IF } from '../../src/x86/state/cpu-state.ts';
import * as L from '../../src/x86/state/layout.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { Assembler, AX, BP, CX, DI, SI, SP } from './assembler.ts';
import type { TortureMachine } from './pair.ts';

export const EVENT_RAM = 0x40_0000;
const DIRECTORY = 0x1000;
const TABLE = 0x2000;
const IDT = 0x3000;
const GDT = 0x4000;
const LOG_POINTER = 0x5000;
const STEPS_LEFT = 0x5004;
const HANDLERS = 0x6000;
const STACK = 0xf000;
const PROGRAM = 0x1_0000;
const DATA = 0x10_0000;
const ABSENT = 0x1f_f000;
const LOG = 0x30_0000;
/** Ports: the value written is an interrupt vector, or nothing matters; a kick without an interrupt. */
const PORT_RAISE = 0x60;
const PORT_NMI = 0x61;
const PORT_KICK = 0x62;
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];
const TRAPS = [1, 2, 3, 4];
/** What wakes a halted processor in these tests. */
export const WAKE_VECTOR = 0x50;

/** Vector n's entry; faults go on at EBP, everything else where it was. */
function handlers(): { code: Assembler; entries: number[] } {
  const code = new Assembler(HANDLERS, 32);
  const entries: number[] = [];
  for (let vector = 0; vector < 256; vector++) {
    entries.push(code.here);
    const fault = vector < 20 && !TRAPS.includes(vector);
    if (!WITH_ERROR_CODE.includes(vector)) code.push(0);
    code.push(vector).jmp(fault ? 'fault' : vector === 1 ? 'debug' : 'log');
  }
  const absolute = (...bytes: number[]) =>
    code.raw(...bytes.slice(0, -1)).number(bytes[bytes.length - 1]!, 4);
  // Frames: PUSHAD's 32 bytes, vector, error code, EIP, CS, EFLAGS.
  code.label('fault').hex('89 6c 24 08').jmp('log');
  code.label('debug');
  absolute(0xff, 0x0d, STEPS_LEFT);
  code.jcc(5, 'log').hex('81 64 24 10').number(~0x100, 4);
  code.label('log').raw(0x60);
  absolute(0x8b, 0x1d, LOG_POINTER);
  code.hex('8b442420 8903 8b442424 894304 8b442428 894308 8b442430 89430c 0f31 894310 83c314');
  code.hex('81e3').number(LOG | 0xffff, 4);
  absolute(0x89, 0x1d, LOG_POINTER);
  code.hex('61 83c408 cf');
  return { code, entries };
}

class Generator {
  readonly #random: Random;
  readonly #code = new Assembler(PROGRAM, 32);
  #labels = 0;
  constructor(random: Random) {
    this.#random = random;
  }
  make(units: number): Uint8Array {
    const code = this.#code;
    code.mov(BP, 0).label('begin');
    code.raw(0xfb);
    for (let i = 0; i < units; i++) this.#unit();
    code.label('end').hex('fa f4').jmp('end');
    code.label('routine').hex('01d8 83f001 c3');
    return code.assemble();
  }
  #label(): string {
    return `l${this.#labels++}`;
  }
  #unit(): void {
    const { chance, below, pick } = this.#bound();
    const code = this.#code;
    const kind = below(100);
    if (kind < 22)
      code.raw(
        ...pick([[0x40], [0x42], [0x43], [0x01, 0xd8], [0x0f, 0xaf, 0xd0], [0xd1, 0xc2], [0x31, 0xd0]]),
      );
    else if (kind < 28) this.#memory();
    else if (kind < 34) this.#loop();
    else if (kind < 44) this.#string();
    else if (kind < 50) this.#fault();
    else if (kind < 54) code.raw(...pick([[0xcc], [0xcd, 0x40], [0xcd, 0x41], [0xce]]));
    else if (kind < 66) this.#port();
    else if (kind < 71) code.raw(pick([0xfa, 0xfb, 0xfb]));
    else if (kind < 75) code.hex('8cd0 8ed0');
    else if (kind < 78) this.#singleStep();
    else if (kind < 82) code.hex('9c 9d');
    else if (kind < 86) this.#changeFlags(chance(50));
    else if (kind < 90) code.hex('0f31 01c2');
    else if (kind < 94) code.call('routine');
    else if (kind < 96) code.hex('fb f4');
    else if (kind < 98) code.hex('fb 90 fa');
    else this.#skip(below(16));
  }
  #bound() {
    const random = this.#random;
    return {
      chance: (percent: number) => random.chance(percent),
      below: (limit: number) => random.below(limit),
      pick: <T>(list: readonly T[]) => random.pick(list),
    };
  }
  #memory(): void {
    const at = DATA + this.#random.below(0x2000);
    this.#code.raw(this.#random.pick([0x01, 0x03, 0x89, 0x8b, 0x31]), 0x05).number(at, 4);
  }
  #loop(): void {
    const { below, pick } = this.#bound();
    const code = this.#code;
    code.mov(CX, 1 + below(pick([5, 40, 200])));
    const body = pick([[0x40], [0x01, 0xc8], [0x42, 0x31, 0xd0, 0x43], [0xa8, 1, 0x74, 1, 0x42]]);
    if (this.#random.chance(50)) code.raw(...body, 0xe2, 256 - body.length - 2);
    else code.raw(...body, 0x49, 0x75, 256 - body.length - 3);
  }
  #string(): void {
    const { chance, below, pick } = this.#bound();
    const code = this.#code;
    const label = this.#label();
    code.movLabel(BP, label);
    const address = () => (chance(20) ? ABSENT - below(200) : DATA + below(0x1000));
    if (chance(15)) code.raw(0xfd);
    code
      .mov(SI, address())
      .mov(DI, address())
      .mov(CX, below(pick([4, 60, 300])));
    const operation = pick([0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xae, 0xa6, 0x6c, 0x6e]);
    if (operation === 0x6e) code.raw(0xba).number(PORT_KICK, 4);
    if (chance(20)) code.raw(0x66);
    code.raw(operation === 0xae || operation === 0xa6 ? pick([0xf2, 0xf3]) : 0xf3, operation);
    code.label(label).raw(0xfc);
  }
  #fault(): void {
    const label = this.#label();
    this.#code.movLabel(BP, label);
    const ways = [
      '0f0b',
      '31d2 31c9 f7f1',
      'b912345600 0f32',
      `a1 00f01f00`,
      `c605 00f01f00 01`,
      '8ed8'.replace('8ed8', 'b8f0ff0000 8ed8'),
    ];
    this.#code.hex(this.#random.pick(ways)).label(label);
  }
  #port(): void {
    const { below, pick } = this.#bound();
    const port = pick([PORT_RAISE, PORT_RAISE, PORT_RAISE, PORT_NMI, PORT_KICK]);
    this.#code.raw(0xb0, 0x30 + below(16), 0xe6, port);
  }
  #singleStep(): void {
    this.#code.storeAbsolute(STEPS_LEFT, 1 + this.#random.below(6));
    this.#code.hex('9c 810c24 00010000 9d');
  }
  #changeFlags(open: boolean): void {
    this.#code.hex(open ? '9c 810c24 00020000 9d' : '9c 812424 fffdffff 9d');
  }
  #skip(condition: number): void {
    const label = this.#label();
    this.#code.jcc(condition, label);
    this.#unit();
    this.#code.label(label);
  }
}

export interface EventCase {
  readonly program: Uint8Array;
  /** Interrupts from outside: at this count of retired instructions. */
  readonly schedule: readonly { readonly at: number; readonly vector: number }[];
}

export function makeEventCase(random: Random, units: number): EventCase {
  const program = new Generator(random).make(units);
  const schedule: { at: number; vector: number }[] = [];
  for (let at = random.below(200); schedule.length < 20; at += 1 + random.below(400)) {
    schedule.push({ at, vector: random.chance(10) ? 2 : 0x60 + random.below(16) });
  }
  return { program, schedule: random.chance(50) ? schedule : [] };
}

export function loadEventCase(machine: TortureMachine, { program }: EventCase): void {
  const { memory, vcpu } = machine;
  const { view } = memory;
  const { code, entries } = handlers();
  memory.u8.set(code.assemble(), HANDLERS);
  entries.forEach((entry, vector) => {
    view.setUint32(IDT + 8 * vector, (8 << 16) | entry, true);
    view.setUint32(IDT + 8 * vector + 4, 0x8e00, true);
  });
  view.setBigUint64(GDT + 8, 0x00cf_9b00_0000_ffffn, true);
  view.setBigUint64(GDT + 16, 0x00cf_9300_0000_ffffn, true);
  view.setUint32(DIRECTORY, TABLE | 0x63, true);
  for (let i = 0; i < 1024; i++)
    view.setUint32(TABLE + 4 * i, (i << 12) | (i === ABSENT >> 12 ? 0x62 : 0x63), true);
  view.setUint32(LOG_POINTER, LOG, true);
  for (let i = 0; i < 0x2000; i++) memory.u8[DATA + i] = (i >> 3) * 29;
  memory.u8.set(program, PROGRAM);
  const { state } = vcpu;
  enterFlat32(state, PROGRAM);
  state.setNumber(L.GDTR_BASE, GDT);
  state.set32(L.GDTR_LIMIT, 0x17);
  state.setNumber(L.IDTR_BASE, IDT);
  state.set32(L.IDTR_LIMIT, 0x7ff);
  state.setNumber(L.CR3, DIRECTORY);
  state.cr0 = 0x8001_0011;
  state.rflags = 2 | FLAG_IF;
  for (const register of [AX, CX, BP]) state.setGpr32(register, 0);
  state.setGpr32(SP, STACK);
  machine.onPortWrite = (port, value) => {
    if (port === PORT_RAISE) machine.vectors.push(value & 0xff);
    if (port === PORT_NMI) vcpu.raiseNmi();
    else vcpu.kick();
  };
}
