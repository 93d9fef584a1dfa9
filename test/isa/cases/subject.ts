// A bare processor with RAM, flat segments and an interrupt line, on any engine, for programs given as
// bytes. Vectors 2 (NMI) and 32 have a handler that counts its calls in memory.
//
//   1000h page tables (64-bit mode)   6000h GDT   6800h IDT   7000h top of stack   7800h handler   8000h program
import type { Vcpu } from '../../../src/engine/vcpu.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import * as C from '../../../src/x86/state/control-bits.ts';
import { FLAG_IF } from '../../../src/x86/state/cpu-state.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { wires } from '../vectors/cpu-under-test.ts';
import { CODE, type CodeBits, STACK } from './hot-program.ts';

const RAM_SIZE = 2 << 20;
const GDT = 0x6000;
const IDT = 0x6800;
const HANDLER = 0x7800;
const HANDLER_COUNT = 0x4100;
export const INTERRUPT = 0x20;
const NMI = 2;
const CODE_SELECTOR = 8;
const DATA_SELECTOR = 0x10;

type Options = ReturnType<typeof wires>;

export class Subject {
  readonly memory = new GuestMemory(RAM_SIZE);
  readonly vcpu: Vcpu;
  #interrupt = false;

  constructor(make: (options: Options) => Vcpu) {
    this.vcpu = make({
      ...wires(this.memory),
      interrupts: {
        pending: () => this.#interrupt,
        acknowledge: () => {
          this.#interrupt = false;
          return INTERRUPT;
        },
      },
    });
  }

  /** Places a program and puts the processor in front of it; interrupts are open where `interrupts` is true. */
  load(program: Uint8Array, bits: CodeBits, interrupts = false): void {
    const { vcpu, memory } = this;
    memory.ram.fill(0);
    memory.ram.set(program, CODE);
    vcpu.reset();
    this.#interrupt = false;
    enterMode(vcpu, memory, bits);
    vcpu.state.rflags = interrupts ? FLAG_IF | 2 : 2;
    vcpu.stateChanged();
    vcpu.memoryChanged();
  }
  /** How often the handler has run (modulo 2^16). */
  get handled(): number {
    return this.memory.view.getUint16(HANDLER_COUNT, true);
  }
  raiseInterrupt(): void {
    this.#interrupt = true;
  }
}

function enterMode(vcpu: Vcpu, memory: GuestMemory, bits: CodeBits): void {
  const { state } = vcpu;
  const long = bits === 64;
  for (const register of [0, 1, 2, 3, 5, 6, 7]) {
    const value = 0x0123_4567_89ab_cdefn * BigInt(register + 1);
    state.setGpr(register, BigInt.asUintN(long ? 64 : 32, value));
  }
  state.setGpr(L.RSP, BigInt(STACK));
  state.rip = CODE;
  if (bits === 16) {
    enterRealMode(vcpu, memory);
    return;
  }
  for (const segment of state.segments.slice(0, 6)) {
    const code = segment.number === L.CS;
    segment.selector = code ? CODE_SELECTOR : DATA_SELECTOR;
    segment.base = 0;
    segment.limit = 0xffff_ffff;
    segment.attributes = code ? (long ? 0xa09b : 0xc09b) : 0xc093;
  }
  writeTables(memory, long);
  state.setNumber(L.GDTR_BASE, GDT);
  state.set32(L.GDTR_LIMIT, 0x17);
  state.setNumber(L.IDTR_BASE, IDT);
  state.set32(L.IDTR_LIMIT, 0x3ff);
  state.cr0 = C.CR0_PE | 0x10;
  if (long) {
    state.set64(L.CR3, 0x1000n);
    state.cr4 = C.CR4_PAE;
    state.efer = C.EFER_LME | C.EFER_LMA;
    state.cr0 = (C.CR0_PG | C.CR0_PE | 0x10) >>> 0;
  }
}

/** All segments at 0, as after reset but for CS; vectors and handler in the first 32 KiB. */
function enterRealMode(vcpu: Vcpu, memory: GuestMemory): void {
  const cs = vcpu.state.segments[L.CS]!;
  cs.selector = 0;
  cs.base = 0;
  for (const vector of [NMI, INTERRUPT]) memory.view.setUint32(4 * vector, HANDLER, true);
  // inc word [HANDLER_COUNT]; iret
  memory.ram.set([0xff, 0x06, HANDLER_COUNT & 0xff, HANDLER_COUNT >> 8, 0xcf], HANDLER);
}

/** Descriptors, gates, the handler, and in 64-bit mode the first 2 MiB mapped to themselves. */
function writeTables(memory: GuestMemory, long: boolean): void {
  const { view } = memory;
  view.setBigUint64(GDT + CODE_SELECTOR, long ? 0x00af_9b00_0000_ffffn : 0x00cf_9b00_0000_ffffn, true);
  view.setBigUint64(GDT + DATA_SELECTOR, 0x00cf_9300_0000_ffffn, true);
  for (const vector of [NMI, INTERRUPT]) {
    const gate = IDT + vector * (long ? 16 : 8);
    view.setUint32(gate, (CODE_SELECTOR << 16) | HANDLER, true);
    view.setUint32(gate + 4, 0x8e00, true);
  }
  // inc dword [HANDLER_COUNT]; iret
  const count = [HANDLER_COUNT & 0xff, HANDLER_COUNT >> 8, 0, 0];
  memory.ram.set(long ? [0xff, 0x04, 0x25, ...count, 0x48, 0xcf] : [0xff, 0x05, ...count, 0xcf], HANDLER);
  if (!long) return;
  for (const [address, entry] of [
    [0x1000, 0x2003],
    [0x2000, 0x3003],
    [0x3000, 0x83],
  ] as const) {
    view.setUint32(address, entry, true);
  }
}
