// The integer loops of bench/interpreter.ts. Each is a subroutine that is entered with a repeat count
// in EDX and may use every register but ESP; DATA is 1 MiB of zeroed memory below 4 MiB.
import type { Assembler } from './assembler.ts';
import {
  AL,
  at,
  CL,
  Code,
  copy,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ESI,
  m,
  mi,
  move,
  mr,
  plain,
  r,
  ri,
  rm,
  rr,
  rri,
  table,
  zero,
} from './instructions.ts';

export const DATA = 0x20_0000;

export interface Loop {
  readonly name: string;
  /** For the reader of the table. */
  readonly what: string;
  /** EDX: chosen for some 20 million instructions. */
  readonly repeats: number;
  /** A loop of bulk string instructions, which the goal for integer loops does not cover. */
  readonly bulk?: true;
  /** Emits the subroutine, without its label. */
  emit(a: Assembler): void;
}

/** Twelve register instructions and a branch. */
const registers: Loop = {
  name: 'registers',
  what: 'add, xor, shifts, imul, lea on registers',
  repeats: 1_600_000,
  emit: (a) =>
    a
      .add(move(EAX, 1), move(EBX, 0x1234567), move(ECX, 3), move(ESI, 5), zero(EDI))
      .label('registers.again')
      .add(
        rr(Code.Add_rm32_r32, EAX, EBX),
        rr(Code.Xor_rm32_r32, ECX, EAX),
        ri(Code.Shl_rm32_imm8, EBX, 3),
        ri(Code.Ror_rm32_imm8, EAX, 7),
        rm(Code.Lea_r32_m, ESI, at(ESI, 17, ECX, 4)),
        rr(Code.Sub_rm32_r32, EDI, ESI),
        rr(Code.Imul_r32_rm32, EBX, ECX),
        ri(Code.And_rm32_imm32, EBX, 0x0fffffff),
        rr(Code.Or_rm32_r32, EBX, EDX),
        copy(EBP, EAX),
        rr(Code.Adc_rm32_r32, EBP, EDI),
        r(Code.Dec_r32, EDX),
      )
      .branch(Code.Jne_rel32_32, 'registers.again')
      .add(plain(Code.Retnd)),
};

/** Dot-product-like walk over 64 KiB, words and bytes. */
const memory: Loop = {
  name: 'memory',
  what: 'loads, stores, read-modify-write over 64 KiB',
  repeats: 1_800_000,
  emit: (a) =>
    a
      .add(zero(ECX), move(ESI, DATA), move(EDI, DATA + 0x1_0000))
      .label('memory.again')
      .add(
        rm(Code.Mov_r32_rm32, EAX, at(ESI, 0, ECX, 4)),
        rm(Code.Add_r32_rm32, EAX, at(ESI, 4, ECX, 4)),
        mr(Code.Mov_rm32_r32, at(EDI, 0, ECX, 4), EAX),
        rm(Code.Movzx_r32_rm8, EBX, at(ESI, 3, ECX, 4)),
        mr(Code.Add_rm32_r32, at(EDI, 8), EBX),
        r(Code.Push_r32, EAX),
        m(Code.Inc_rm32, at(ESI, 0, ECX, 4)),
        r(Code.Pop_r32, EBP),
        r(Code.Inc_r32, ECX),
        ri(Code.And_rm32_imm32, ECX, 0x3fff),
        r(Code.Dec_r32, EDX),
      )
      .branch(Code.Jne_rel32_32, 'memory.again')
      .add(plain(Code.Retnd)),
};

/** The lengths of the Collatz sequences of EDX, EDX - 1, ... 1. */
const collatz: Loop = {
  name: 'collatz',
  what: 'short unpredictable branches',
  repeats: 30_000,
  emit: (a) =>
    a
      .add(zero(ESI))
      .label('collatz.next')
      .add(copy(EAX, EDX))
      .label('collatz.again')
      .add(ri(Code.Cmp_rm32_imm8, EAX, 1))
      .branch(Code.Jbe_rel32_32, 'collatz.done')
      .add(r(Code.Inc_r32, ESI), ri(Code.Test_rm32_imm32, EAX, 1))
      .branch(Code.Jne_rel32_32, 'collatz.odd')
      .add(ri(Code.Shr_rm32_1, EAX, 1))
      .branch(Code.Jmp_rel32_32, 'collatz.again')
      .label('collatz.odd')
      .add(rm(Code.Lea_r32_m, EAX, at(EAX, 1, EAX, 2)))
      .branch(Code.Jmp_rel32_32, 'collatz.again')
      .label('collatz.done')
      .add(r(Code.Dec_r32, EDX))
      .branch(Code.Jne_rel32_32, 'collatz.next')
      .add(plain(Code.Retnd)),
};

const SIEVE_SIZE = 0x1_0000;
/** Eratosthenes up to 65536, a byte a number, EDX times. */
const sieve: Loop = {
  name: 'sieve',
  what: 'byte stores and compares in nested loops',
  repeats: 25,
  emit: (a) =>
    a
      .label('sieve.again')
      .add(move(ECX, SIEVE_SIZE / 4), zero(EAX))
      .label('sieve.clear')
      .add(mr(Code.Mov_rm32_r32, table(DATA - 4, ECX, 4), EAX), r(Code.Dec_r32, ECX))
      .branch(Code.Jne_rel32_32, 'sieve.clear')
      .add(move(EBX, 2))
      .label('sieve.number')
      .add(mi(Code.Cmp_rm8_imm8, at(EBX, DATA), 0))
      .branch(Code.Jne_rel32_32, 'sieve.skip')
      .add(rm(Code.Lea_r32_m, ECX, at(EBX, 0, EBX, 1)))
      .branch(Code.Jmp_rel32_32, 'sieve.test')
      .label('sieve.mark')
      .add(mi(Code.Mov_rm8_imm8, at(ECX, DATA), 1), rr(Code.Add_rm32_r32, ECX, EBX))
      .label('sieve.test')
      .add(ri(Code.Cmp_rm32_imm32, ECX, SIEVE_SIZE))
      .branch(Code.Jb_rel32_32, 'sieve.mark')
      .label('sieve.skip')
      .add(r(Code.Inc_r32, EBX), ri(Code.Cmp_rm32_imm32, EBX, SIEVE_SIZE))
      .branch(Code.Jb_rel32_32, 'sieve.number')
      .add(r(Code.Dec_r32, EDX))
      .branch(Code.Jne_rel32_32, 'sieve.again')
      .add(plain(Code.Retnd)),
};

/** Fibonacci by recursion: fib(20), EDX times. */
const calls: Loop = {
  name: 'calls',
  what: 'recursion: call, ret, push, pop',
  repeats: 85,
  emit: (a) =>
    a
      .label('calls.again')
      .add(move(EAX, 20))
      .branch(Code.Call_rel32_32, 'calls.fib')
      .add(r(Code.Dec_r32, EDX))
      .branch(Code.Jne_rel32_32, 'calls.again')
      .add(plain(Code.Retnd))
      .label('calls.fib')
      .add(ri(Code.Cmp_rm32_imm8, EAX, 2))
      .branch(Code.Jb_rel32_32, 'calls.leaf')
      .add(r(Code.Push_r32, EBX), r(Code.Push_r32, EAX), r(Code.Dec_r32, EAX))
      .branch(Code.Call_rel32_32, 'calls.fib')
      .add(copy(EBX, EAX), r(Code.Pop_r32, EAX), ri(Code.Sub_rm32_imm8, EAX, 2))
      .branch(Code.Call_rel32_32, 'calls.fib')
      .add(rr(Code.Add_rm32_r32, EAX, EBX), r(Code.Pop_r32, EBX))
      .label('calls.leaf')
      .add(plain(Code.Retnd)),
};

/** 16 KiB of text-like bytes, hashed (FNV-1a) and translated through a table. */
const bytes: Loop = {
  name: 'bytes',
  what: 'a hash of bytes, a byte table, sub-registers',
  repeats: 1_600_000,
  emit: (a) =>
    a
      .add(move(EAX, 0x811c9dc5), zero(ECX))
      .label('bytes.again')
      .add(
        rm(Code.Movzx_r32_rm8, EBX, at(ECX, DATA)),
        rr(Code.Xor_rm8_r8, AL, CL),
        rr(Code.Xor_rm32_r32, EAX, EBX),
        rri(Code.Imul_r32_rm32_imm32, EAX, EAX, 0x01000193),
        rm(Code.Add_r8_rm8, AL, at(EBX, DATA + 0x4000)),
        mr(Code.Mov_rm8_r8, at(ECX, DATA + 0x8000), AL),
        copy(EBP, EAX),
        ri(Code.Shr_rm32_imm8, EBP, 16),
        r(Code.Inc_r32, ECX),
        ri(Code.And_rm32_imm32, ECX, 0x3fff),
        r(Code.Dec_r32, EDX),
      )
      .branch(Code.Jne_rel32_32, 'bytes.again')
      .add(plain(Code.Retnd)),
};

/** A bytecode machine: accumulator EAX, counter EDX, program at ESI; dispatch by an indirect jump. */
const bytecode: Loop = {
  name: 'bytecode',
  what: 'an interpreter in the guest: indirect jumps',
  repeats: 350_000,
  emit: (a) => {
    const dispatch = () =>
      a.add(rm(Code.Movzx_r32_rm8, ECX, at(ESI)), r(Code.Inc_r32, ESI), m(Code.Jmp_rm32, at(EDI, 0, ECX, 4)));
    a.add(move(EAX, 1), move(EBX, 7)).branch(Code.Call_rel32_32, 'bytecode.here');
    // program: add xor shift add swap xor loop
    a.bytes(Uint8Array.of(0, 1, 2, 0, 3, 1, 4, 0)).label('bytecode.table');
    a.address('bytecode.add', 'bytecode.xor', 'bytecode.shift', 'bytecode.swap', 'bytecode.loop');
    a.label('bytecode.here').add(r(Code.Pop_r32, EBP), copy(ESI, EBP), rm(Code.Lea_r32_m, EDI, at(EBP, 8)));
    dispatch();
    a.label('bytecode.add').add(rr(Code.Add_rm32_r32, EAX, EBX));
    dispatch();
    a.label('bytecode.xor').add(ri(Code.Xor_rm32_imm32, EAX, 0x5bd1e995));
    dispatch();
    a.label('bytecode.shift').add(ri(Code.Rol_rm32_imm8, EAX, 5));
    dispatch();
    a.label('bytecode.swap').add(rr(Code.Xchg_rm32_r32, EBX, EAX));
    dispatch();
    a.label('bytecode.loop')
      .add(copy(ESI, EBP), r(Code.Dec_r32, EDX))
      .branch(Code.Je_rel32_32, 'bytecode.end');
    dispatch();
    a.label('bytecode.end').add(plain(Code.Retnd));
  },
};

const COPIED = 0x4000;
/** 16 KiB by REP MOVSD and REP STOSD; instructions count iterations. */
const strings: Loop = {
  name: 'strings',
  what: 'rep movsd, rep stosd of 16 KiB (per iteration)',
  repeats: 2_500,
  bulk: true,
  emit: (a) =>
    a
      .label('strings.again')
      .add(move(ESI, DATA), move(EDI, DATA + COPIED), move(ECX, COPIED / 4))
      .bytes(Uint8Array.of(0xf3, 0xa5)) // REP MOVSD
      .add(move(EDI, DATA), move(ECX, COPIED / 4), copy(EAX, EDX))
      .bytes(Uint8Array.of(0xf3, 0xab)) // REP STOSD
      .add(r(Code.Dec_r32, EDX))
      .branch(Code.Jne_rel32_32, 'strings.again')
      .add(plain(Code.Retnd)),
};

export const LOOPS: readonly Loop[] = [registers, memory, collatz, sieve, calls, bytes, bytecode, strings];
