// Which accesses of small programs are looked up together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE_KEY_32, modeFromKey } from '../../x86/decode/mode.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import { analyseRegion } from './region-analysis.ts';
import type { Window } from './region-windows.ts';
import { analyse } from './structure.ts';
import { type Program, regionOf } from './testing-code.ts';

/**
 * Of every access of a program, in the order of the code: a letter for its window and the distance from the window's first
 * byte, and for the first access of a window what is looked at, as low+length; '-' where there is none.
 */
function windowsOf(program: Program, apart: readonly number[] = []): string {
  const region = { ...regionOf(program)!, apart };
  const flow = analyse(region.blocks);
  const facts = analyseRegion(region, flow);
  const seen: Window[] = [];
  const texts: string[] = [];
  const visit = (instruction: InstructionFacts, uop: Uop): void => {
    if (uop.op !== 'load' && uop.op !== 'store') return;
    const access = instruction.inWindows?.get(uop);
    if (!access) {
      texts.push('-');
      return;
    }
    const { window, first, offset } = access;
    if (first) seen.push(window);
    const letter = 'ABCDEF'[seen.indexOf(window)]!;
    texts.push(`${letter}${offset}${first ? `(${window.low}+${window.length})` : ''}`);
  };
  for (const block of facts.blocks) {
    for (const one of block.instructions) for (const uop of one.uops) visit(one, uop);
  }
  return texts.join(' ');
}

test('loads by one register that has not changed', () => {
  // mov eax, [rsi+8]; mov ecx, [rsi]; mov rdx, [rsi+0x10]; mov eax, [rdi]
  const lines = ['entry:', '8b 46 08', '8b 0e', '48 8b 56 10', '8b 07', 'f4'];
  assert.equal(windowsOf({ lines }), 'A8(-8+24) A0 A16 -');
});

test('pushes and pops, and what is read behind a write', () => {
  // push rbx; push rbp; mov eax, [rsp]; pop rbp
  const lines = ['entry:', '53', '55', '8b 04 24', '5d', 'f4'];
  assert.equal(windowsOf({ lines }), 'A8(-8+16) A0 A0 A0');
});

test('a write after reads is looked up by itself, since the page may be for reading only', () => {
  // mov eax, [rsi]; mov ecx, [rsi+4]; mov [rsi+8], eax; mov edx, [rsi+12]
  const lines = ['entry:', '8b 06', '8b 4e 04', '89 46 08', '8b 56 0c', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+8) A4 B0(0+8) B4');
});

test('copies, sums and scaled indices', () => {
  // mov rdx, rsi; add rdx, 8; mov eax, [rsi+rcx*4]; mov ebx, [rdx+rcx*4]; mov eax, [rsi+rax*4]
  const lines = ['entry:', '48 89 f2', '48 83 c2 08', '8b 04 8e', '8b 1c 8a', '8b 04 86', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+12) A8 -');
});

test('an index of 32 bits: what is added before it is extended may carry', () => {
  // mov eax, [rsi+rcx]; inc ecx; mov eax, [rsi+rcx]; mov ecx, ecx; mov eax, [rsi+rcx]
  const lines = ['entry:', '8b 04 0e', 'ff c1', '8b 04 0e', '89 c9', '8b 04 0e', 'f4'];
  assert.equal(windowsOf({ lines }), '- - -');
});

test('in 32-bit code all of it is modulo 2^32', () => {
  // mov eax, [esi+ecx]; inc ecx; mov eax, [esi+ecx-1]; mov eax, [ecx+esi+4]
  const lines = ['entry:', '8b 04 0e', '41', '8b 44 0e ff', '8b 44 31 04', 'f4'];
  assert.equal(windowsOf({ lines, mode: modeFromKey(MODE_KEY_32) }), 'A0(0+9) A0 A5');
});

test('a register that is loaded, or written in part, is another one', () => {
  // mov eax, [rsi]; mov rsi, [rsi]; mov eax, [rsi]; mov si, ax; mov eax, [rsi]
  const lines = ['entry:', '8b 06', '48 8b 36', '8b 06', '66 89 c6', '8b 06', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+8) A0 - -');
});

test('too far apart', () => {
  // mov eax, [rsi]; mov ecx, [rsi+0x7c]; mov ecx, [rsi+0x80]; mov ecx, [rsi+0x84]
  const lines = ['entry:', '8b 06', '8b 4e 7c', '8b 8e 80 00 00 00', '8b 8e 84 00 00 00', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+128) A124 B0(0+8) B4');
});

test('into blocks that only this one leads to, not where ways meet', () => {
  // mov eax, [rsi]; jz other; mov ecx, [rsi+4]; jmp join; other: mov ecx, [rsi-4]; join: mov eax, [rsi]
  const lines = [
    ...['entry:', '8b 06', '74 >other', 'one:', '8b 4e 04', 'eb >join'],
    ...['other:', '8b 4e fc', 'join:', '8b 06', 'f4'],
  ];
  assert.equal(windowsOf({ lines }), 'A4(-4+12) A8 A0 -');
});

test('not round a loop', () => {
  // entry: mov eax, [rsi]; dec ecx; jnz entry; mov eax, [rsi+4]
  const lines = ['entry:', '8b 06', 'ff c9', '75 >entry', 'done:', '8b 46 04', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+8) A4');
});

test('not where STAC or CLAC puts another TLB table in force', () => {
  // mov eax, [rsi]; stac; mov eax, [rsi]
  const lines = ['entry:', '8b 06', '0f 01 cb', '8b 06', 'f4'];
  assert.equal(windowsOf({ lines }), '- -');
});

test('read, modify and write: one look for both, and for those next to it', () => {
  // add [rsi], eax; add [rsi+4], eax
  const lines = ['entry:', '01 06', '01 46 04', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+8) - A4 -');
});

test('what was found in two pages often', () => {
  // mov eax, [rsi]; mov ecx, [rsi+4]; mov [rdi], eax; mov [rdi+4], ecx
  const lines = ['entry:', '8b 06', '8b 4e 04', '89 07', '89 4f 04', 'f4'];
  assert.equal(windowsOf({ lines }), 'A0(0+8) A4 B0(0+8) B4');
  assert.equal(windowsOf({ lines }, [0]), '- - A0(0+8) A4');
  assert.equal(windowsOf({ lines }, [2]), 'A0(0+8) A4 B0(0+8) B4');
});

test('flags are not kept for an access whose place is known, but for one that may be left to the interpreter', () => {
  // mov [rsi], eax; add eax, ecx; mov [rsi+4], eax; add eax, edx; add [rsi+8], eax; sub ecx, edx; mov [rsi], ecx
  const lines = [
    'entry:',
    '89 06',
    '01 c8',
    '89 46 04',
    '01 d0',
    '01 46 08',
    '29 d1',
    '89 0e',
    '01 c8',
    'f4',
  ];
  const flagsLive = (program: Program, apart: readonly number[] = []): readonly boolean[] => {
    const region = { ...regionOf(program)!, apart };
    return analyseRegion(region, analyse(region.blocks)).blocks[0]!.flagsLive.slice(0, 7);
  };
  assert.equal(windowsOf({ lines }), 'A0(0+12) A4 A8 - A0');
  assert.deepEqual(flagsLive({ lines }), [false, false, false, false, false, false, false]);
  // Each access by itself.
  assert.deepEqual(flagsLive({ lines }, [0]), [false, true, false, true, false, true, false]);
});
