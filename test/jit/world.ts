// The world of the region torture: a user program, 64-bit or in compatibility mode, under a kernel that goes on
// after every exception. Page faults on data mend a page and spoil another one; of other faulting instructions
// the byte before them tells the length, and they are skipped; INT3 exchanges two pages of data and may set CR0.TS; INT 4
// puts another copy of a page of code in its place; single steps are
// counted down; interrupts from outside are taken. Each of them leaves a record with all registers in a log.
// What else may happen around a program is in surroundings.ts: now and then the kernel goes over to another address space,
// switches breakpoints on or off, or has alignment checked.
//
// Linear addresses of the program; the frames of its code and data lie in another order than
// its pages:
//
//   10000000 code, 16 pages, of which the last four are for code that the program writes
//   10100000 the same frames again     20000000 data, 8 pages
//   30000000 stack, 2 pages, and a page of counters that are always there
//
// Kernel, from physical 0, besides what src/engine/testing-user-program.ts has there:
//
//   15000 the handler     16000 its variables     100000 log, 64 KiB, used in a circle
import {
  buildUserSpace,
  enterUserMode,
  KERNEL,
  KERNEL_CS,
  USER_PAGES,
  USER_SS,
} from '../../src/engine/testing-user-program.ts';
import type { CpuState } from '../../src/x86/state/cpu-state.ts';
import * as L from '../../src/x86/state/layout.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { Assembler, BX, CX, DI } from '../torture/assembler.ts';
import type { TortureMachine } from '../torture/pair.ts';

export const CODE = 0x1000_0000;
export const CODE_PAGES = 16;
/** Pages that hold the program itself. */
export const PROGRAM_PAGES = 12;
export const WRITTEN_CODE = CODE + 0x1000 * PROGRAM_PAGES;
export const ALIAS = 0x1010_0000;
export const DATA = 0x2000_0000;
export const DATA_PAGES = 8;
export const STACK = 0x3000_0000;
export const STACK_TOP = STACK + 0x1f00;
export const COUNTERS = STACK + 0x2000;
/** Of FS in all programs. */
export const FS_BASE = DATA + 0x800;
export const REGION_RAM = 4 << 20;

const HANDLER = 0x1_5000;
const VARIABLES = 0x1_6000;
const LOG = 0x10_0000;
const LOG_BYTES = 0x1_0000;
const RECORD = 0x100;
/** Offsets of the variables after the place in the log: faults so far, exceptions so far, steps left. */

const FAULTS = 8;
const EXCEPTIONS = 16;
const STEPS = 24;
/** What CR3, DR7 and the program's flags are changed by (XOR), now and then. */
const OTHER_SPACE = 32;
const BREAKPOINTS = 40;
const OTHER_FLAGS = 48;
/** Exceptions after which a program is ended: enough for any that gets on. */
const MOST_EXCEPTIONS = 3000;

/** INT 2F ends a program. */
export const END_VECTOR = 0x2f;
export const FIRST_INTERRUPT = 0x20;
export const LAST_INTERRUPT = 0x2e;
const VECTORS = 0x30;
const IDT = 0x1_1000;
const ENTRIES = 0x1_2000;
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];

/** Order of the frames behind code pages. */
export const codeFrame = (page: number) => USER_PAGES + 0x1000 * ((page * 5 + 3) % CODE_PAGES);
/** Bit of a page table entry that leads to the other copy of the code. */
export const COPY_BIT = 17;
/** Physical: the frames behind the data pages, in one piece. */
export const DATA_FRAMES = USER_PAGES + 0x1000 * CODE_PAGES;
const dataFrame = (page: number) => DATA_FRAMES + 0x1000 * ((page * 3 + 5) % DATA_PAGES);
const STACK_FRAMES = DATA_FRAMES + 0x1000 * DATA_PAGES;

/** Which data pages are absent (bit) or read-only (bit + 8) at the start. */
export interface WorldStart {
  readonly code: Uint8Array;
  readonly entry: number;
  readonly bits: 32 | 64;
  readonly spoiled: number;
  readonly seed: number;
}

/** The handler, in 64-bit code. The stack: 15 registers (R15 lowest), vector, error code, RIP, CS, RFLAGS, RSP, SS. */
function handler(dataTable: number, codeTable: number): Uint8Array {
  const code = new Assembler(HANDLER, 64);
  const order = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  for (const r of order) code.raw(...(r >= 8 ? [0x41] : []), 0x50 | (r & 7));
  const variables = BigInt(KERNEL + VARIABLES);
  const VECTOR = 15 * 8;
  const RIP = VECTOR + 16;
  const FLAGS = RIP + 16;
  code.hex('fc').mov(BX, variables);
  // The record.
  code.mov(DI, BigInt(KERNEL + LOG)).hex('48 03 3b'); // add rdi, [rbx]
  code.hex('48 89 e6 b9').number(22, 4).hex('f3 48 a5 0f 20 d0 48 ab'); // rep movsq; mov rax, cr2; stosq
  code
    .hex('48 8b 03 48 05')
    .number(RECORD, 4)
    .hex('48 25')
    .number(LOG_BYTES - 1, 4)
    .hex('48 89 03');
  code.hex('48 ff 43').raw(EXCEPTIONS); // inc qword [rbx+16]
  code.hex('48 81 7b').raw(EXCEPTIONS).number(MOST_EXCEPTIONS, 4).jcc(7, 'end'); // ja end
  code.hex('8b 84 24').number(VECTOR, 4); // mov eax, [rsp+vector]
  code.hex('83 f8 0e').jcc(4, 'page fault');
  code.hex('83 f8 01').jcc(4, 'step');
  code.hex('83 f8 03').jcc(4, 'exchange');
  code.hex('83 f8 04').jcc(4, 'copy');
  code.hex('83 f8 07').jcc(4, 'unit');
  code.hex('83 f8 11').jcc(4, 'alignment');
  code.hex('83 f8').raw(FIRST_INTERRUPT).jcc(3, 'back'); // jae back

  code.label('skip');
  code.hex('48 8b 8c 24').number(RIP, 4); // mov rcx, [rsp+rip]
  code.hex('48 89 ca 48 81 ea').number(CODE, 4); // mov rdx, rcx; sub rdx, CODE
  code
    .hex('48 81 fa')
    .number(CODE_PAGES * 4096, 4)
    .jcc(2, 'inside'); // cmp rdx, size; jb
  code.hex('48 89 ca 48 81 ea').number(ALIAS, 4); // mov rdx, rcx; sub rdx, ALIAS
  code
    .hex('48 81 fa')
    .number(CODE_PAGES * 4096, 4)
    .jcc(3, 'end');
  code.label('inside');
  code.hex('0f b6 51 ff 83 e2 0f 48 01 94 24').number(RIP, 4); // movzx edx, byte [rcx-1]; and edx, 15; add [rsp+rip], rdx
  code.jmp('back');

  // A single step, or a breakpoint: RF, so that one on an instruction lets it pass.
  code.label('step');
  code.hex('81 8c 24').number(FLAGS, 4).number(0x1_0000, 4); // or dword [rsp+flags], RF
  code.hex('48 ff 4b').raw(STEPS).jcc(5, 'back'); // dec [steps]; jnz back
  code.hex('81 a4 24').number(FLAGS, 4).number(0xffff_feff, 4); // and dword [rsp+flags], ~TF
  code.hex('48 8b 53').raw(EXCEPTIONS).hex('83 e2 0f ff c2 48 89 53').raw(STEPS).jmp('back'); // steps = exceptions % 16 + 1

  // The floating-point unit was not there: CLTS, and once more.
  code.label('unit').hex('0f 06').jmp('back');

  // Alignment is checked no more.
  code.label('alignment').hex('81 a4 24').number(FLAGS, 4).number(~0x4_0000, 4).jmp('back');

  code.label('page fault');
  code
    .hex('f6 84 24')
    .number(VECTOR + 8, 4)
    .raw(0x10)
    .jcc(5, 'skip'); // test byte [error], 10h: a fetch
  code.hex('0f 20 d0 89 c2 48 2d').number(DATA, 4); // mov rax, cr2; mov edx, eax; sub rax, DATA
  code
    .hex('48 3d')
    .number(DATA_PAGES * 4096, 4)
    .jcc(3, 'skip');
  code.hex('48 c1 e8 0c').mov(CX, BigInt(KERNEL + dataTable)); // shr rax, 12
  code.hex('48 83 0c c1 07 0f 01 3a'); // or qword [rcx+8*rax], 7; invlpg [rdx]
  code.hex('48 ff 43').raw(FAULTS).hex('48 8b 53').raw(FAULTS); // inc [faults]; mov rdx, [faults]
  code
    .hex('48 8d 14 92 83 e2')
    .raw(DATA_PAGES - 1)
    .hex('39 c2')
    .jcc(4, 'back'); // lea rdx, [5*rdx]; and edx, 7
  code.hex('f6 43').raw(FAULTS, 4).hex('75 07 48 83 24 d1 fe eb 05 48 83 24 d1 fd'); // test [faults], 4; and [rcx+8*rdx], ~1 or ~2
  code.hex('c1 e2 0c 81 c2').number(DATA, 4).hex('0f 01 3a'); // shl edx, 12; add edx, DATA; invlpg [rdx]

  code.jmp('back');

  code.label('exchange');
  code
    .hex('48 8b 53')
    .raw(EXCEPTIONS)
    .hex('83 e2 06')
    .mov(CX, BigInt(KERNEL + dataTable)); // edx = exceptions & 6
  code.hex('48 8b 04 d1 48 8b 74 d1 08 48 89 34 d1 48 89 44 d1 08'); // entries edx and edx + 1 change places
  // The TLB hears of it by INVLPG, or by MOV CR3.
  code.hex('f6 43').raw(EXCEPTIONS, 8).jcc(5, 'reload');
  code.hex('c1 e2 0c 81 c2').number(DATA, 4).hex('0f 01 3a 81 c2').number(0x1000, 4).hex('0f 01 3a');
  code.jmp('unit goes').label('reload').hex('0f 20 d8 0f 22 d8');

  code.jmp('unit goes');

  code.label('copy');
  code
    .hex('48 8b 53')
    .raw(EXCEPTIONS)
    .hex('83 e2')
    .raw(CODE_PAGES - 1)
    .mov(CX, BigInt(KERNEL + codeTable));
  code.hex('48 0f ba 3c d1').raw(COPY_BIT).hex('c1 e2 0c 81 c2').number(CODE, 4).hex('0f 01 3a'); // btc [rcx+8*rdx], bit

  // Now and then the floating-point unit goes: CR0.TS.
  code.label('unit goes');
  code.hex('f6 43').raw(EXCEPTIONS, 3).hex('75 08 0f 20 c0 0c 08 0f 22 c0');

  code.label('back');
  // Now and then everything is forgotten, perhaps for another address space: MOV CR3. Or AC changes, or DR7.
  code.hex('f6 43').raw(EXCEPTIONS, 7).hex('75 0a 0f 20 d8 48 33 43').raw(OTHER_SPACE).hex('0f 22 d8');
  code.hex('f6 43').raw(EXCEPTIONS, 1).hex('75 0a 8b 43').raw(OTHER_FLAGS).hex('31 84 24').number(FLAGS, 4);
  code.hex('f6 43').raw(EXCEPTIONS, 15).hex('75 0a 0f 21 f8 48 33 43').raw(BREAKPOINTS).hex('0f 23 f8');
  for (const r of [...order].reverse()) code.raw(...(r >= 8 ? [0x41] : []), 0x58 | (r & 7));
  code.hex('48 83 c4 10 48 cf'); // add rsp, 16; iretq
  code.label('end').hex('f4');
  return code.assemble();
}

/** Physical address of the page table entry of a user page. */
export function tableEntry(machine: TortureMachine, linear: number): number {
  const { view } = machine.memory;
  let table = 0x1000;
  for (const shift of [39, 30, 21]) {
    const index = Math.floor(linear / 2 ** shift) & 511;
    table = Number(view.getBigUint64(table + 8 * index, true) & 0xf_ffff_f000n);
  }
  return table + 8 * ((linear >>> 12) & 511);
}

/** Brings a machine to the start of a program. Afterwards the caller calls changed(). */
export function loadWorld(machine: TortureMachine, start: WorldStart, random: Random): void {
  const { memory, vcpu } = machine;
  const page = (linear: number, physical: number, executable: boolean) => ({
    linear,
    physical,
    writable: true,
    executable,
  });
  const pages = [];
  for (let i = 0; i < CODE_PAGES; i++) {
    pages.push(page(CODE + 0x1000 * i, codeFrame(i), true), page(ALIAS + 0x1000 * i, codeFrame(i), true));
  }
  for (let i = 0; i < DATA_PAGES; i++) pages.push(page(DATA + 0x1000 * i, dataFrame(i), false));
  for (let i = 0; i < 3; i++) pages.push(page(STACK + 0x1000 * i, STACK_FRAMES + 0x1000 * i, false));
  buildUserSpace(memory, pages);
  const dataTable = tableEntry(machine, DATA);
  for (let i = 0; i < DATA_PAGES; i++) {
    const entry = dataTable + 8 * i;
    if (start.spoiled & (1 << i)) memory.u8[entry]! &= ~1;
    else if (start.spoiled & (0x100 << i)) memory.u8[entry]! &= ~2;
  }
  memory.u8.set(handler(dataTable, tableEntry(machine, CODE)), HANDLER);
  memory.u8[VARIABLES + STEPS] = 10;
  buildEntries(machine);
  start.code.forEach((byte, offset) => {
    const at = codeFrame(offset >> 12) + (offset & 0xfff);
    memory.u8[at] = byte;
    memory.u8[at ^ (1 << COPY_BIT)] = byte;
  });
  for (let i = 0; i < DATA_PAGES * 4096; i += 4) memory.view.setUint32(DATA_FRAMES + i, random.u32(), true);
  enterUserMode(vcpu.state, start.bits);
  vcpu.state.set32(L.IDTR_LIMIT, VECTORS * 16 - 1);
  vcpu.state.rip = start.entry;
  setSegments(vcpu.state, start.bits);
}

/** What the kernel changes by XOR now and then, each 0 where it stays as it is. */
export interface Changes {
  /** CR3. */
  readonly space: number;
  /** DR7. */
  readonly breakpoints: number;
  /** RFLAGS of the program. */
  readonly flags: number;
}
export function setChanges({ memory }: TortureMachine, { space, breakpoints, flags }: Changes): void {
  memory.view.setUint32(VARIABLES + OTHER_SPACE, space, true);
  memory.view.setUint32(VARIABLES + BREAKPOINTS, breakpoints, true);
  memory.view.setUint32(VARIABLES + OTHER_FLAGS, flags, true);
}

/** FS and GS with bases; outside 64-bit mode FS ends after a page and a half, and GS cannot be written. */
function setSegments(state: CpuState, bits: 32 | 64): void {
  for (const [number, base, limit, attributes] of [
    [L.FS, FS_BASE, 0x17ff, 0x40f3],
    [L.GS, DATA + 0x3000, 0x3fff, 0x40f1],
  ] as const) {
    const segment = state.segments[number]!;
    segment.base = base;
    if (bits === 64) continue;
    segment.selector = USER_SS;
    segment.limit = limit;
    segment.attributes = attributes;
  }
}

/** An entry for each vector: pushes what is missing of error code and vector; INT 2F stops. */
function buildEntries(machine: TortureMachine): void {
  const { u8, view } = machine.memory;
  for (let vector = 0; vector < VECTORS; vector++) {
    const at = ENTRIES + 16 * vector;
    const code = new Assembler(at, 64);
    if (vector === END_VECTOR) code.hex('f4');
    else {
      if (!WITH_ERROR_CODE.includes(vector)) code.hex('6a 00');
      code
        .hex('6a')
        .raw(vector, 0xe9)
        .number(HANDLER - (code.here + 4), 4);
    }
    u8.set(code.assemble(), at);
    const linear = BigInt.asUintN(64, BigInt(KERNEL + at));
    const dpl = vector === 3 || vector === 4 || vector === END_VECTOR ? 3n : 0n;
    const low = (linear & 0xffffn) | (BigInt(KERNEL_CS) << 16n) | ((0x8en | (dpl << 5n)) << 40n);
    view.setBigUint64(IDT + 16 * vector, low | (((linear >> 16n) & 0xffffn) << 48n), true);
    view.setBigUint64(IDT + 16 * vector + 8, linear >> 32n, true);
  }
}

/** Exceptions and interrupts that a program has taken. */
export const exceptionsTaken = (machine: TortureMachine): number =>
  machine.memory.view.getUint32(VARIABLES + EXCEPTIONS, true);
