// A tour of the processor's modes in one program, some rounds of it: real, unreal, 32-bit protected with a hardware
// task switch, virtual-8086 (VME: INT through the interrupt vector table), compatibility, 64-bit, and back to real
// mode. Each stage counts that it was there.
//
// One table at address 0 is interrupt vector table and IDT of all modes: vector 1 is at 4 in real mode, at 8 in
// protected mode and at 16 in long mode, so that a single step finds its handler at any moment. For the same
// reason real-mode code runs with a CS that is a selector too, REAL_CS, of the same base in both worlds.
import { CR4_VME } from '../../src/x86/state/control-bits.ts';
import * as L from '../../src/x86/state/layout.ts';
import { Assembler, SP } from './assembler.ts';
import type { TortureMachine } from './pair.ts';

export const TOUR_RAM = 0x40_0000;
const GDT = 0x600;
const GDTR = 0x700;
const TSS = 0x1000;
const TSS_OF_TASK = 0x2000;
/** Counters: stage n at COUNTERS + 4 n. */
const COUNTERS = 0x3000;
const ROUNDS = COUNTERS + 0x80;
const FLAGS = COUNTERS + 0x84;
const STEPS = COUNTERS + 0x88;
const REAL_CS = 0x38;
const REAL_BASE = REAL_CS << 4;
const REAL = 0x7000;
const PROTECTED = 0x8000;
const TASK = 0x8800;
const V86 = 0x9000;
const LONG = 0xa000;
const COMPATIBILITY = 0xa800;
const PROTECTED_16 = 0xb000;
const HANDLERS = 0xc000;
const TABLES = 0x2_0000;
const FAR_DATA = 0x18_0000;
export const STAGES = [
  'real',
  'unreal',
  'protected',
  'task',
  'v86',
  'int in v86',
  'compatibility',
  'long',
  'left',
];

/** INC of a stage's counter. */
function count(code: Assembler, stage: number): Assembler {
  const at = COUNTERS + 4 * stage;
  if (code.bits === 64) return code.hex('ff0425').number(at, 4);
  if (code.bits === 32) return code.hex('ff05').number(at, 4);
  return code.hex('66ff06').number(at, 2);
}
function setCr0(code: Assembler, change: string): Assembler {
  return code.hex('0f20c0').hex(change).hex('0f22c0');
}

function realCode(): Uint8Array {
  const code = new Assembler(REAL - REAL_BASE, 16);
  code.hex('fa 31c0 8ed8 8ec0 b840008ed0 bc0060');
  count(code, 0).hex('0f0116').number(GDTR, 2);
  // Unreal: DS gets a limit of 4 GiB in protected mode and keeps it.
  setCr0(code, '0c01').hex('bb1000 8edb');
  setCr0(code, '24fe').hex('31db 8edb 67 66a3').number(FAR_DATA, 4);
  code.hex('67 66 8b1d').number(FAR_DATA, 4).hex('6601d8');
  count(code, 1);
  setCr0(code, '0c01').hex('66ea').number(PROTECTED, 4).number(8, 2);
  return code.assemble();
}

function protectedCode(): Uint8Array {
  const code = new Assembler(PROTECTED, 32);
  code.hex('66b81000 8ed8 8ec0 8ee0 8ee8 8ed0').mov(SP, 0xe000);
  count(code, 2);
  // The TSS is busy from the round before, the task's is not.
  code
    .hex('8025')
    .number(GDT + 0x28 + 5, 4)
    .raw(0xfd);
  code.hex('66b82800 0f00d8').hex('9a 00000000 3000');
  // Virtual-8086 mode with the flags of now.
  code.push(0).push(0).push(0x900).push(0x900).push(0xf00).push(0x800);
  code
    .hex('9c 58 0d 00000200 25 ff4fffff 50')
    .push(V86 >> 4)
    .push(0)
    .hex('cf');
  // #GP of the HLT there: begins again with a fresh stack.
  code.label('monitor').hex('66b81000 8ed8 8ec0').mov(SP, 0xe000);
  code.hex('ff35').number(FLAGS, 4).hex('9d');
  // Long mode: CR4.PAE, CR3, EFER.LME, CR0.PG.
  code.hex('0f20e0 83c820 0f22e0 b8').number(TABLES, 4).hex('0f22d8 b9800000c0 0f32 0d00010000 0f30');
  setCr0(code, '0d00000080');
  count(code, 6).hex('9090 ea').number(LONG, 4).number(0x18, 2);
  monitor = code.at('monitor');
  return code.assemble();
}
let monitor = 0;

function smallParts(): [number, Uint8Array][] {
  const task = new Assembler(TASK, 32).label('task');
  count(task, 3).hex('89c3 01d8 cf').jmp('task');
  const v86 = new Assembler(0, 16);
  // The counter is reached through a DS of 0.
  v86.hex('b83412 31c9 8ed9 66ff06').number(COUNTERS + 16, 2);
  v86.hex('b90500 40 e2fd');
  // With VME an IRET or POPF of TF is #GP, so that a single-stepped tour leaves at the end of INT.
  v86.hex('cd21 9c 5b fb fa 9c 9d 8cc8 f4');
  const long = new Assembler(LONG, 64);
  count(long, 7).hex('48b8 8877665544332211 50 5b 4801c3 4889d9 e800000000 58');
  long.push(8).push(COMPATIBILITY).hex('48cb');
  const compatibility = new Assembler(COMPATIBILITY, 32);
  compatibility.hex('66b81000 8ed8 8ed0 89e3 83c001');
  setCr0(compatibility, '25ffffff7f').hex('b9800000c0 0f32 25fffeffff 0f30 0f20e0 83e0df 0f22e0');
  compatibility
    .hex('ea')
    .number(PROTECTED_16 - REAL_BASE, 4)
    .number(REAL_CS, 2);
  const back = new Assembler(PROTECTED_16 - REAL_BASE, 16);
  // Limits of 64 KiB again; SS as real mode has it.
  back.hex('b84000 8ed8 8ec0 8ed0 bc0060');
  setCr0(back, '24fe').hex('ea').ref('real', 2, false).number(REAL_CS, 2).label('real');
  back.hex('31c0 8ed8');
  count(back, 8).hex('66ff0e').number(ROUNDS, 2).hex('7403 e9');
  back.number(REAL - REAL_BASE - (back.here + 2), 2);
  // A single step would wake the processor from HLT.
  const bytes = back.hex('9c 58 80e4fe 50 9d f4').assemble();
  return [
    [TASK, task.assemble()],
    [V86, v86.assemble()],
    [LONG, long.assemble()],
    [COMPATIBILITY, compatibility.assemble()],
    [PROTECTED_16, bytes],
  ];
}

function descriptor(
  machine: TortureMachine,
  selector: number,
  base: number,
  limit: number,
  rights: number,
): void {
  const { view } = machine.memory;
  view.setUint16(GDT + selector, limit & 0xffff, true);
  view.setUint32(GDT + selector + 2, (base & 0xff_ffff) | ((rights & 0xff) << 24), true);
  view.setUint8(GDT + selector + 6, ((rights >> 8) & 0xf0) | (limit >> 16));
}

function buildTables(machine: TortureMachine): void {
  const { view } = machine.memory;
  view.setUint16(GDTR, 0x4f, true);
  view.setUint32(GDTR + 2, GDT, true);
  descriptor(machine, 0x08, 0, 0xf_ffff, 0xc09b);
  descriptor(machine, 0x10, 0, 0xf_ffff, 0xc093);
  descriptor(machine, 0x18, 0, 0xf_ffff, 0xa09b);
  descriptor(machine, 0x28, TSS, 0x200, 0x0089);
  descriptor(machine, 0x30, TSS_OF_TASK, 0x67, 0x0089);
  descriptor(machine, REAL_CS, REAL_BASE, 0xffff, 0x009b);
  descriptor(machine, 0x40, 0x400, 0xffff, 0x0093);
  view.setUint32(TSS + 4, 0xd000, true);
  view.setUint16(TSS + 8, 0x10, true);
  // The I/O bitmap begins behind the 32 bytes of the interrupt redirection bitmap, all clear.
  view.setUint16(TSS + 0x66, 0x68 + 32, true);
  const task = (at: number, value: number) => view.setUint32(TSS_OF_TASK + at, value, true);
  task(0x1c, 0);
  task(0x20, TASK);
  task(0x24, 2);
  task(0x38, 0xd800);
  for (const at of [0x48, 0x50, 0x54]) task(at, 0x10);
  task(0x4c, 8);
  view.setUint16(TSS_OF_TASK + 0x66, 0x68, true);
  // 4-level tables: the first 4 MiB.
  view.setUint32(TABLES, (TABLES + 0x1000) | 7, true);
  view.setUint32(TABLES + 0x1000, (TABLES + 0x2000) | 7, true);
  for (let i = 0; i < 2; i++) view.setUint32(TABLES + 0x2000 + 8 * i, (i << 21) | 0x87, true);
}

function buildHandlers(machine: TortureMachine): void {
  const { view, u8 } = machine.memory;
  const real = new Assembler(HANDLERS - REAL_BASE, 16)
    .hex('2e66ff06')
    .number(STEPS - REAL_BASE, 2)
    .hex('cf');
  // SS is flat or 64 KiB from 400h; the counter lies in both.
  const flat = new Assembler(HANDLERS + 0x40, 32).hex('36ff05').number(STEPS, 4).hex('cf');
  const long = new Assembler(HANDLERS + 0x80, 64).hex('ff0425').number(STEPS, 4).hex('48cf');
  const in86 = new Assembler(0, 16)
    .hex('1e 31db 8edb 66ff06')
    .number(COUNTERS + 20, 2)
    .hex('40 1f cf');
  for (const [i, code] of [real, flat, long, in86].entries()) u8.set(code.assemble(), HANDLERS + 0x40 * i);
  view.setUint32(4, (REAL_CS << 16) | (HANDLERS - REAL_BASE), true);
  const gate = (at: number, selector: number, offset: number) => {
    view.setUint32(at, (selector << 16) | (offset & 0xffff), true);
    view.setUint32(at + 4, 0x8e00, true);
  };
  gate(8, 8, HANDLERS + 0x40);
  gate(16, 0x18, HANDLERS + 0x80);
  gate(8 * 13, 8, monitor);
  view.setUint32(4 * 0x21, ((HANDLERS + 0xc0) >> 4) << 16, true);
}

/** Loads the tour; `flags` may hold TF, to be stepped through all of it. */
export function loadTour(machine: TortureMachine, rounds: number, flags: number): void {
  const { memory, vcpu } = machine;
  memory.u8.set(realCode(), REAL);
  memory.u8.set(protectedCode(), PROTECTED);
  for (const [at, bytes] of smallParts()) memory.u8.set(bytes, at);
  buildTables(machine);
  buildHandlers(machine);
  memory.view.setUint32(ROUNDS, rounds, true);
  memory.view.setUint32(FLAGS, 2 | flags, true);
  const { state } = vcpu;
  state.cr4 = CR4_VME;
  const cs = state.segments[L.CS]!;
  cs.selector = REAL_CS;
  cs.base = REAL_BASE;
  state.rip = REAL - REAL_BASE;
  state.rflags = 2 | flags;
  state.setNumber(L.IDTR_BASE, 0);
  state.set32(L.IDTR_LIMIT, 0x3ff);
}

/** How often each stage was passed, in the order of STAGES, and how many single steps were taken. */
export function tourCounts(machine: TortureMachine): { stages: number[]; steps: number } {
  const { view } = machine.memory;
  return {
    stages: STAGES.map((_, i) => view.getUint32(COUNTERS + 4 * i, true)),
    steps: view.getUint32(STEPS, true),
  };
}
