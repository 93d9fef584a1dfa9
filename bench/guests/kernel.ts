// The Multiboot kernel that holds the loops: it turns on paging (4 MiB pages, identity), then waits for
// a byte on COM1 and runs the loop of that number, saying MARK_BEGIN before and MARK_END after it.
//
//   0x100000  Multiboot header, code     0x1F0000  stack, downwards     0x1FF000  page directory
//   0x200000  DATA of the loops
import { Register } from 'iced-x86';
import { Assembler } from './assembler.ts';
import {
  AL,
  at,
  Code,
  copy,
  DX,
  EAX,
  EBX,
  ECX,
  EDX,
  ESP,
  m,
  move,
  mr,
  r,
  ri,
  rm,
  rr,
  table,
} from './instructions.ts';
import { LOOPS } from './loops.ts';

const LOAD = 0x10_0000;
const STACK = 0x1f_0000;
const PAGE_DIRECTORY = 0x1f_f000;
const HEADER_SIZE = 32;
const COM1 = 0x3f8;
const LINE_STATUS = 0x3fd;

export const MARK_READY = 0x52;
export const MARK_BEGIN = 0x3c;
export const MARK_END = 0x3e;

/** The kernel file. The byte 'a' + i makes it run LOOPS[i]. */
export function benchmarkKernel(): Uint8Array {
  const a = new Assembler(LOAD);
  const magic = 0x1bad_b002;
  const flags = 0x1_0000;
  a.u32(magic, flags, -(magic + flags))
    .u32(LOAD, LOAD, 0, 0)
    .address('start');
  a.address(...LOOPS.map(({ name }) => `loop.${name}`));
  a.u32(...LOOPS.map(({ repeats }) => repeats));
  enablePaging(a.label('start'));
  say(a, MARK_READY);
  a.label('wait')
    .add(ri(Code.Mov_r32_imm32, EDX, LINE_STATUS), rr(Code.In_AL_DX, AL, DX), ri(Code.Test_rm8_imm8, AL, 1))
    .branch(Code.Je_rel32_32, 'wait')
    .add(move(EDX, COM1), rr(Code.In_AL_DX, AL, DX), rr(Code.Movzx_r32_rm8, EBX, AL))
    .add(ri(Code.Sub_rm32_imm32, EBX, 0x61), ri(Code.Shl_rm32_imm8, EBX, 2));
  say(a, MARK_BEGIN);
  a.branch(Code.Call_rel32_32, 'run');
  say(a, MARK_END);
  a.branch(Code.Jmp_rel32_32, 'wait');
  // EBX: 4 * number of the loop
  const loops = LOAD + HEADER_SIZE;
  const repeats = loops + 4 * LOOPS.length;
  a.label('run').add(rm(Code.Mov_r32_rm32, EDX, at(EBX, repeats)), m(Code.Jmp_rm32, at(EBX, loops)));
  for (const loop of LOOPS) {
    a.align(16).label(`loop.${loop.name}`);
    loop.emit(a);
  }
  return a.assemble().bytes;
}

function enablePaging(a: Assembler): void {
  const PRESENT_WRITABLE_LARGE = 0x83;
  const PSE = 1 << 4;
  const PG = 1 << 31;
  a.add(move(ESP, STACK), move(ECX, 1024))
    .label('page')
    .add(
      copy(EAX, ECX),
      r(Code.Dec_r32, EAX),
      ri(Code.Shl_rm32_imm8, EAX, 22),
      ri(Code.Or_rm32_imm32, EAX, PRESENT_WRITABLE_LARGE),
      mr(Code.Mov_rm32_r32, table(PAGE_DIRECTORY - 4, ECX, 4), EAX),
      r(Code.Dec_r32, ECX),
    )
    .branch(Code.Jne_rel32_32, 'page')
    .add(
      move(EAX, PAGE_DIRECTORY),
      rr(Code.Mov_cr_r32, Register.CR3, EAX),
      rr(Code.Mov_r32_cr, EAX, Register.CR4),
      ri(Code.Or_rm32_imm32, EAX, PSE),
      rr(Code.Mov_cr_r32, Register.CR4, EAX),
      rr(Code.Mov_r32_cr, EAX, Register.CR0),
      ri(Code.Or_rm32_imm32, EAX, PG),
      rr(Code.Mov_cr_r32, Register.CR0, EAX),
    );
}

function say(a: Assembler, byte: number): void {
  a.add(move(EDX, COM1), ri(Code.Mov_r8_imm8, AL, byte), rr(Code.Out_DX_AL, DX, AL));
}
