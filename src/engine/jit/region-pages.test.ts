// Which accesses of small programs share a page, and which pages are worth locals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Uop } from '../../x86/uops/ir.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import { analyseRegion } from './region-analysis.ts';
import { type Page, RegionPages } from './region-pages.ts';
import { analyse } from './structure.ts';
import { type Program, regionOf } from './testing-code.ts';

function analysed(program: Program, scattered: readonly number[] = [], found: readonly number[] = []) {
  const region = { ...regionOf(program)!, scattered, apart: found };
  const flow = analyse(region.blocks);
  // Every access by itself.
  const apart = region.blocks.flatMap(({ instructions }) => instructions.map(({ offset }) => offset));
  const facts = analyseRegion({ ...region, apart }, flow);
  const pages = new RegionPages(region, flow, facts, region.mode.bits === 64);
  return { pages, flow, facts };
}

/** The pages of a program's accesses in the order of the code, numbered as they appear; `*`: kept in locals. */
function pagesOf(program: Program, scattered: readonly number[] = [], found: readonly number[] = []): string {
  const { pages, facts } = analysed(program, scattered, found);
  const seen: Page[] = [];
  const texts: string[] = [];
  for (const block of facts.blocks) {
    const visit = (instruction: InstructionFacts, uop: Uop): void => {
      if (uop.op !== 'load' && uop.op !== 'store') return;
      const page = pages.of(instruction, uop);
      if (!seen.includes(page)) seen.push(page);
      const local = pages.locals.includes(page) ? '*' : '';
      texts.push(`${uop.op} ${seen.indexOf(page)}${local}${page.scattered ? ' in the TLB' : ''}`);
    };
    for (const one of block.instructions) for (const uop of one.uops) visit(one, uop);
  }
  return texts.join(', ');
}

test('accesses by one register share a page, loads and stores each one', () => {
  // mov eax, [rsi]; mov ecx, [rsi+8]; mov [rsi], eax; mov [rdi], eax
  const lines = ['entry:', '8b 06', '8b 4e 08', '89 06', '89 07', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0, load 0, store 1, store 2');
});

test('a register that is loaded anew stands for another page', () => {
  // mov eax, [rsi]; mov rsi, [rdi]; mov ecx, [rsi]
  const lines = ['entry:', '8b 06', '48 8b 37', '8b 0e', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0, load 1, load 2');
});

test('a register that has moved on, or has been copied, stands for the same page', () => {
  // mov eax, [rsi]; add rsi, 4; mov ecx, [rsi]; lea rdx, [rsi+rax*4+8]; mov ecx, [rdx]
  const lines = ['entry:', '8b 06', '48 83 c6 04', '8b 0e', '48 8d 54 86 08', '8b 0a', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0*, load 0*, load 0*');
});

test('pushes and pops are by RSP, and a frame pointer is its copy', () => {
  // push rbp; mov rbp, rsp; mov eax, [rbp-8]; pop rbp; mov eax, [rbp-8]
  const lines = ['entry:', '55', '48 89 e5', '8b 45 f8', '5d', '8b 45 f8', 'f4'];
  assert.equal(pagesOf({ lines }), 'store 0, load 1, load 1, load 2');
});

test('displacements tell pages apart, with and without a register', () => {
  // mov eax, [rsi+0x404000]; mov ecx, [rsi+0x414000]; mov eax, [0x404000]; mov eax, [0x404008]; mov eax, [0x405000]
  const lines = [
    'entry:',
    '8b 86 00 40 40 00',
    '8b 8e 00 40 41 00',
    '8b 04 25 00 40 40 00',
    '8b 04 25 08 40 40 00',
    '8b 04 25 00 50 40 00',
    'f4',
  ];
  assert.equal(pagesOf({ lines }), 'load 0, load 1, load 2, load 2, load 3');
});

test('a page that is accessed in a loop is kept in locals', () => {
  // mov ecx, [rdi]; entry: add eax, [rsi]; dec ecx; jnz entry; mov eax, [rdx]
  const lines = ['entry:', '8b 0f', 'loop:', '03 06', 'ff c9', '75 >loop', 'done:', '8b 02', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0, load 1*, load 2');
});

test('where ways meet, registers stand for what they do in general', () => {
  // mov rsi, [rdi]; mov eax, [rsi]; jz join; inc ecx; join: mov eax, [rsi]
  const lines = ['entry:', '48 8b 37', '8b 06', '74 >join', 'more:', 'ff c1', 'join:', '8b 06', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0, load 1, load 2');
});

test('a page that one access found to be another one each time is in no locals', () => {
  // entry: add eax, [rsi]; add ecx, [rsi+8]; add eax, [rdi]; dec ecx; jnz entry
  const lines = ['entry:', '03 06', '03 4e 08', '03 07', 'ff c9', '75 >entry', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0*, load 0*, load 1*');
  assert.equal(pagesOf({ lines }, [0]), 'load 0 in the TLB, load 0 in the TLB, load 1*');
});

test('a loop loads the pages that it accesses, of cells of their own', () => {
  // mov ecx, [rdi]; loop: add eax, [rsi]; add eax, [rdx]; dec ecx; jnz loop; add eax, [rdi]; add eax, [rdi]; hlt
  const lines = [
    'entry:',
    '8b 0f',
    'loop:',
    '03 06',
    '03 02',
    'ff c9',
    '75 >loop',
    'done:',
    '03 07',
    '03 07',
    'f4',
  ];
  const { pages, flow } = analysed({ lines });
  const header = flow.isLoopHeader.indexOf(1);
  assert.equal(pages.ofLoop.get(header)!.length, 2);
  assert.ok(pages.changesInLoops);
  const cells = pages.locals.map(({ cell }) => cell);
  assert.equal(new Set(cells).size, cells.length);
  assert.ok(!analysed({ lines: ['entry:', '03 07', '03 07', '03 07', 'f4'] }).pages.changesInLoops);
});

test('where windows were found in two pages, pieces of 32 bytes have pages of their own', () => {
  // mov eax, [rsi]; mov ecx, [rsi+4]; mov edx, [rsi+0x20]; mov edx, [rsi+0x24]; mov edx, [rsi-4]
  const lines = ['entry:', '8b 06', '8b 4e 04', '8b 56 20', '8b 56 24', '8b 56 fc', 'f4'];
  assert.equal(pagesOf({ lines }), 'load 0*, load 0*, load 0*, load 0*, load 0*');
  assert.equal(pagesOf({ lines }, [], [0]), 'load 0, load 0, load 1, load 1, load 2');
});
