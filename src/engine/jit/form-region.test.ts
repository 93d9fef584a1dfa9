// Regions formed from small programs, and what must hold of those formed from any bytes at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ALL_FEATURES } from '../../x86/cpuid/feature-names.ts';
import { MODE_KEY_32, MODE_KEY_64, modeFromKey } from '../../x86/decode/mode.ts';
import { printMnemonic } from '../../x86/decode/print.ts';
import { DEFAULT_LIMITS, formRegion } from './form-region.ts';
import { pageOf } from './guest-code.ts';
import { printEnd, printRegion } from './print-region.ts';
import type { BlockEnd, Edge, Region } from './region.ts';
import { regionForm } from './region-form.ts';
import { type Program, regionOf, viewOf } from './testing-code.ts';

const LONG = modeFromKey(MODE_KEY_64);

/** A region as text: a line a block, its mnemonics and its end. */
function shape(program: Program): string[] {
  const region = regionOf(program);
  assert.ok(region, 'no region');
  checkRegion(region);
  return region.blocks.map(({ instructions, end }) => {
    const mnemonics = instructions.map(({ instruction }) => printMnemonic(instruction));
    return `${mnemonics.join(' ')} | ${printEnd(end)}`;
  });
}

/** What must hold of every region. */
function checkRegion(region: Region): void {
  const { blocks, pages, entry } = region;
  assert.equal(blocks[0]!.offset, entry);
  const held = new Set(pages.map(({ index }) => index));
  assert.equal(pages[0]!.index, 0);
  assert.equal(held.size, pages.length);
  blocks.forEach((block, index) => {
    assert.equal(block.index, index);
    if (block.instructions.length === 0) {
      assert.ok(block.end.kind === 'jump' && block.end.predicted.length > 1);
      return;
    }
    let at = block.offset;
    block.instructions.forEach(({ offset, instruction }, i) => {
      assert.equal(offset, at);
      const form = regionForm(instruction.form);
      assert.ok(form.allowed);
      assert.ok(held.has(pageOf(offset)) && held.has(pageOf(offset + instruction.length - 1)));
      if (i < block.instructions.length - 1) assert.ok(form.branch === 'none' && !form.jump && !form.ends);
      at += instruction.length;
    });
    checkEnd(region, block.end, block.instructions.at(-1)!, at);
  });
}

function checkEnd(
  { blocks }: Region,
  end: BlockEnd,
  { instruction }: Region['blocks'][number]['instructions'][number],
  next: number,
): void {
  const offsetOf = (edge: Edge) => (edge.kind === 'block' ? blocks[edge.block]!.offset : edge.offset);
  const form = regionForm(instruction.form);
  const target = next + Number(instruction.imm);
  switch (end.kind) {
    case 'goto':
      if (end.to.kind === 'block' && blocks[end.to.block]!.instructions.length === 0) {
        assert.ok(form.jump && !form.call);
        break;
      }
      assert.ok(!form.jump && form.branch !== 'conditional');
      assert.equal(offsetOf(end.to), form.branch === 'always' ? target : next);
      break;
    case 'branch':
      assert.equal(form.branch, 'conditional');
      assert.equal(offsetOf(end.taken), target);
      assert.equal(offsetOf(end.next), next);
      break;
    case 'jump': {
      assert.ok(form.jump || (form.ends && end.predicted.length === 0));
      const offsets = end.predicted.map((block) => blocks[block]!.offset);
      assert.equal(new Set(offsets).size, offsets.length);
      break;
    }
    case 'interpret':
      assert.ok(form.branch === 'none' && !form.jump);
      assert.equal(end.offset, next);
      break;
  }
}

test('a loop: its blocks, and the way out of it', () => {
  const lines = ['entry:', '48 01 c8', '48 ff c9', '75 >entry', 'c3'];
  assert.deepEqual(shape({ lines }), ['ADD DEC JNE | branch 0 else 1', 'RET | jump']);
});

test('a branch that was never taken is a cold exit', () => {
  const lines = ['entry:', '85 c0', '74 >error', '01 c8', 'eb >entry', 'error:', '31 c0', 'c3'];
  assert.deepEqual(shape({ lines, ran: ['entry'] }), [
    'TEST JE | branch exit +0x8 (cold) else 1',
    'ADD JMP | goto 0',
  ]);
});

test('the way past a branch is left out where it leads to what never ran', () => {
  const lines = [
    'entry:',
    '85 c0',
    '75 >on',
    '90',
    'e8 >>abort',
    'on:',
    '01 c8',
    'eb >entry',
    'abort:',
    'c3',
  ];
  assert.deepEqual(shape({ lines, ran: ['entry', 'on'] }), [
    'TEST JNE | branch 1 else exit +0x4 (cold)',
    'ADD JMP | goto 0',
  ]);
});

test('the way past a branch is left out where UD2 follows', () => {
  const lines = ['entry:', '85 c0', '75 >entry', '0f 0b'];
  assert.deepEqual(shape({ lines }), ['TEST JNE | branch 0 else exit +0x4 (cold)']);
});

test('what ran far less often than the entry is left out', () => {
  const lines = ['entry:', '85 c0', '74 >seldom', '01 c8', 'eb >entry', 'seldom:', '31 c0', 'c3'];
  const runs = (seldom: number) => shape({ lines, runs: { entry: 3200, seldom } }).length;
  assert.equal(runs(100), 3);
  assert.deepEqual(shape({ lines, runs: { entry: 3200, seldom: 99 } }), [
    'TEST JE | branch exit +0x8 (cold) else 1',
    'ADD JMP | goto 0',
  ]);
});

test('the way past a branch is left out where it leads to a call that hardly ever returned', () => {
  const lines = [
    'entry:',
    '85 c0',
    '75 >on',
    'e8 >>f',
    'back:',
    '90',
    'on:',
    '01 c8',
    'eb >entry',
    'f:',
    'c3',
  ];
  assert.deepEqual(shape({ lines, runs: { entry: 3200, on: 3200, f: 3200, back: 2 } }), [
    'TEST JNE | branch 1 else exit +0x4 (cold)',
    'ADD JMP | goto 0',
  ]);
});

test('in the copy of a callee is what this call of it runs', () => {
  const lines = [
    'entry:',
    'e8 >>f',
    'back:',
    'eb >entry',
    'f:',
    '85 c0',
    '74 >other',
    'c3',
    'other:',
    '31 c0',
    'c3',
  ];
  // Others call it ten times as often, and go the other way a little more often than this one runs in all.
  const runs = { entry: 1000, back: 1000, f: 10_000 };
  const blocks = (other: number) => shape({ lines, runs: { ...runs, other } });
  assert.equal(blocks(400).length, 5);
  assert.deepEqual(blocks(300), [
    'CALL | goto 1',
    'TEST JE | branch exit +0xc (cold) else 2',
    'RET | jump, likely 3',
    'JMP | goto 0',
  ]);
});

test('an instruction of a helper ends a block', () => {
  const lines = ['entry:', '01 c8', '0f a2', '01 c8', 'eb >entry'];
  assert.deepEqual(shape({ lines }), ['ADD | interpret +0x2']);
  assert.equal(regionOf({ lines: ['entry:', '0f a2'] }), null);
});

test('REP CMPS ends a block', () => {
  assert.deepEqual(shape({ lines: ['entry:', '90', 'f3 a6'] }), ['NOP | interpret +0x1']);
});

test('REP MOVS and REP STOS are instructions like others', () => {
  assert.deepEqual(shape({ lines: ['entry:', 'f3 a4', 'f3 ab', 'c3'] }), ['MOVS STOS RET | jump']);
});

test('SYSRET and the like end a block', () => {
  assert.deepEqual(shape({ lines: ['entry:', 'fb', '48 0f 07', '90'] }), ['STI SYSRET | jump']);
});

test('a branch into the middle of a block cuts it', () => {
  const lines = ['entry:', '90', 'middle:', '90', 'ff c9', '75 >middle', 'eb >entry'];
  assert.deepEqual(shape({ lines }), ['NOP | goto 1', 'NOP DEC JNE | branch 1 else 2', 'JMP | goto 0']);
});

test('a jump to itself', () => {
  assert.deepEqual(shape({ lines: ['entry:', 'eb >entry'] }), ['JMP | goto 0']);
});

test('a short callee is followed, and its RET knows where it returns to', () => {
  const lines = ['entry:', 'e8 >>f', 'back:', 'ff c9', '75 >entry', 'c3', 'f:', '01 c8', 'c3'];
  assert.deepEqual(shape({ lines }), [
    'CALL | goto 1',
    'ADD RET | jump, likely 2',
    'DEC JNE | branch 0 else 3',
    'RET | jump',
  ]);
});

test('two calls of a function: a copy for each, and the loop around them stays', () => {
  const lines = [
    'entry:',
    'e8 >>f',
    'one:',
    '90',
    'e8 >>f',
    'two:',
    'ff c9',
    '75 >one',
    'f4',
    'f:',
    '01 c8',
    'c3',
  ];
  assert.deepEqual(shape({ lines }), [
    'CALL | goto 1',
    'ADD RET | jump, likely 2',
    'NOP CALL | goto 3',
    'ADD RET | jump, likely 4',
    'DEC JNE | branch 2 else exit +0xf (cold)',
  ]);
});

test('a call that never returned has no return site', () => {
  const lines = ['entry:', 'e8 >>f', 'back:', 'eb >entry', 'f:', '01 c8', 'c3'];
  assert.deepEqual(shape({ lines, ran: ['entry', 'f'] }), ['CALL | goto 1', 'ADD RET | jump']);
});

test('a long callee is not followed', () => {
  const body = Array.from({ length: 200 }, () => '01 c8');
  const lines = ['entry:', 'e8 >>f', 'back:', 'eb >entry', 'f:', ...body, 'c3'];
  assert.deepEqual(shape({ lines }), ['CALL | goto exit +0x7']);
});

test('recursion leads to the blocks that are there', () => {
  const lines = ['entry:', 'ff c9', '74 >out', 'e8 >>entry', 'back:', '01 c8', 'out:', 'c3'];
  assert.deepEqual(shape({ lines }), [
    'DEC JE | branch 2 else 1',
    'CALL | goto 0',
    'RET | jump, likely 3',
    'ADD | goto 2',
  ]);
});

test('a call of the next instruction', () => {
  const lines = ['entry:', 'e8 00 00 00 00', '58', 'eb >entry'];
  assert.deepEqual(shape({ lines }), ['CALL | goto 1', 'POP JMP | goto 0']);
});

test('a switch: targets that nothing else explains', () => {
  // jmp [rdx + rax * 8]; three cases, of which the last goes on into a branch of its own.
  const lines = [
    'entry:', 'ff c0', 'ff 24 c2', 'a:', '90', 'eb >entry', 'b:', '01 c8', 'eb >entry', 'c:', '85 c0', '74 >d',
    '90', 'd:', 'eb >entry',
  ]; // biome-ignore format: a program
  assert.deepEqual(shape({ lines }), [
    'INC JMP | jump, likely 0 1 2 3',
    'NOP JMP | goto 0',
    'ADD JMP | goto 0',
    'TEST JE | branch 5 else 4',
    'NOP | goto 5',
    'JMP | goto 0',
  ]);
});

test('a switch through a table of distances', () => {
  // movsxd rax, dword [rdx + rax * 4]; add rax, rdx; jmp rax
  const lines = [
    'entry:',
    '48 63 04 82',
    '48 01 d0',
    'ff e0',
    'a:',
    '90',
    'eb >entry',
    'b:',
    '01 c8',
    'eb >entry',
  ];
  assert.deepEqual(shape({ lines })[0], 'MOVSXD ADD JMP | jump, likely 1 2 0');
});

test('return sites of other calls are no targets of a switch', () => {
  const lines = [
    'entry:',
    'ff 24 c2',
    'a:',
    'ff d0',
    'back:',
    '90',
    'eb >entry',
    'b:',
    'e8 >>f',
    'site:',
    'f:',
    'f4',
  ];
  assert.deepEqual(shape({ lines })[0], 'JMP | jump, likely 0 1 2');
});

test('a switch reaches as far as its function', () => {
  const lines = ['entry:', 'ff 24 c2', 'a:', '90', 'eb >entry', ...Array.from({ length: 10 }, () => '90')];
  const next = ['next:', '53', 'inside:', 'f3 a4'];
  assert.equal(shape({ lines: [...lines, ...next] })[0], 'JMP | jump, likely 0 1');
  assert.equal(
    shape({ lines: [...lines, 'next:', '90', 'inside:', '90', 'f4'] })[0],
    'JMP | jump, likely 0 1 2',
  );
});

test('a call through a table leads to the short functions near it', () => {
  const pad = (bytes: number) => Array.from({ length: bytes }, () => 'cc');
  // call [rdx + rax * 8]; the loop in g lies on a boundary too, but belongs to g.
  const lines = [
    'entry:', 'ff 14 c2', 'back:', 'eb >entry', ...pad(11), 'f:', 'ff c1', 'c3', ...pad(13),
    'g:', '85 c0', ...Array.from({ length: 14 }, () => '90'), 'loop:', 'ff c9', '75 >loop', 'c3',
  ]; // biome-ignore format: a program
  const nops = ' NOP'.repeat(14);
  assert.deepEqual(shape({ lines }), [
    'CALL | jump, likely 1 2',
    'INC RET | jump, likely 5',
    `TEST${nops} | goto 3`,
    'DEC JNE | branch 3 else 4',
    'RET | jump, likely 5',
    'JMP | goto 0',
  ]);
  assert.deepEqual(shape({ lines, ran: ['entry', 'f'] }), ['CALL | jump']);
});

/** An interpreter whose handlers each jump to the next: jmp [rdx + rax * 8]. */
const THREADED = ['entry:', 'ff c0', 'ff 24 c2', 'a:', 'ff c1', 'ff 24 c2', 'b:', 'ff c3', 'ff 24 c2'];

test('jumps of a threaded interpreter share their targets', () => {
  assert.deepEqual(shape({ lines: THREADED, limits: { dispatches: true } }), [
    'INC JMP | goto 1',
    ' | jump, likely 0 2 3',
    'INC JMP | goto 1',
    'INC JMP | goto 1',
  ]);
});

test('recursion from the middle of a function, with returns that share their sites', () => {
  const lines = [
    'f:',
    'ff c9',
    '74 >out',
    'entry:',
    'e8 >>f',
    'one:',
    'e8 >>f',
    'two:',
    '90',
    'c3',
    'out:',
    'c3',
  ];
  assert.deepEqual(shape({ lines, limits: { dispatches: true } }), [
    'CALL | goto 1',
    'DEC JE | branch 2 else 0',
    'RET | goto 3',
    ' | jump, likely 4 5',
    'CALL | goto 1',
    'NOP RET | goto 3',
  ]);
});

test('a jump through a pointer is not predicted', () => {
  assert.deepEqual(shape({ lines: ['entry:', 'ff 20', 'a:', '90', 'c3'] }), ['JMP | jump']);
});

test('a branch of 16 bits goes to the interpreter', () => {
  const mode = modeFromKey(MODE_KEY_32);
  const lines = ['entry:', '01 c8', '66 75 00', 'c3'];
  assert.deepEqual(shape({ lines, mode }), ['ADD | interpret +0x2']);
});

test('an instruction across two pages', () => {
  const lines = ['entry:', '90', '48 01 c8', 'eb >entry'];
  const region = regionOf({ lines, start: 4094 })!;
  checkRegion(region);
  assert.deepEqual(region.pages, [{ index: 0, frame: 0x100 }, { index: 1, frame: 0x101 }]); // biome-ignore format: short
  const alone = regionOf({ lines, start: 4094, limits: { pages: 1 } })!;
  assert.deepEqual(alone.blocks[0]!.end, { kind: 'goto', to: { kind: 'exit', offset: 4095, cold: false } });
});

test('an instruction whose second page is not there goes to the interpreter', () => {
  const region = regionOf({ lines: ['entry:', '90', '48 01'], start: 4093 })!;
  assert.deepEqual(region.blocks[0]!.end, { kind: 'interpret', offset: 4094 });
});

test('code runs on into a page that is not there', () => {
  const region = regionOf({ lines: ['entry:', '90', '90'], start: 4094 })!;
  assert.deepEqual(region.blocks[0]!.end, { kind: 'goto', to: { kind: 'exit', offset: 4096, cold: false } });
});

test('a callee in the page before', () => {
  const lines = ['f:', '01 c8', 'c3', 'entry:', 'e8 >>f', 'back:', 'eb >entry'];
  const region = regionOf({ lines, start: -3 })!;
  checkRegion(region);
  assert.deepEqual(
    region.blocks.map(({ offset }) => offset),
    [0, -3, 5],
  );
  assert.deepEqual(region.pages, [{ index: 0, frame: 0x100 }, { index: -1, frame: 0xff }]); // biome-ignore format: short
});

test('the printer', () => {
  const region = regionOf({ lines: ['entry:', '48 01 c8', '75 >entry', 'e9 >>far', 'far:', 'f4'] })!;
  assert.equal(
    printRegion(region),
    `region +0x0 (64-bit): 2 blocks, 3 instructions, pages 0=0x100
0: +0x0             loop, longest 3
   +0x0      ADD RAX, RCX
   +0x3      JNE $-0x3
   branch 0 else 1
1: +0x5
   +0x5      JMP $+0x5
   goto exit +0xa
`,
  );
});

// ---- any bytes ----

/** Instructions that random programs are made of; ?? is a random byte. */
const PIECES = [
  '90', '01 c8', '48 8b 04 24', '85 c0', '75 ??', '74 ??', '7c ??', 'eb ??', 'e8 ?? 00 00 00', 'e8 ?? ff ff ff', 'c3',
  'e2 ??', 'ff e0', 'ff 24 c2', '0f a2', '??', '?? ??', '66 75 ??', '50', '58', 'c2 08 00', 'ff d0', '0f 0b',
]; // biome-ignore format: a list

const programs = fc
  .array(fc.tuple(fc.constantFrom(...PIECES), fc.nat(255), fc.nat(255)), { minLength: 1, maxLength: 120 })
  .map((pieces) =>
    pieces.flatMap(([text, first, second]) => {
      const random = [first, second];
      return text.split(' ').map((byte) => (byte === '??' ? random.pop()! : Number.parseInt(byte, 16)));
    }),
  );
const modes = fc.constantFrom(LONG, modeFromKey(MODE_KEY_32));

test('any bytes: what is formed is a region of that code, within its limits', () => {
  fc.assert(
    fc.property(
      programs,
      modes,
      fc.integer({ min: 3950, max: 4095 }),
      fc.array(fc.nat(250), { maxLength: 80 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      (bytes, mode, entry, ran, instructions, dispatches) => {
        const start = entry - Math.min(entry % 70, bytes.length - 1);
        const view = viewOf(
          Uint8Array.from(bytes),
          start,
          new Set([entry, ...ran.map((offset) => start + offset)]),
        );
        const region = formRegion(entry, mode, view, ALL_FEATURES, { instructions, dispatches });
        if (!region) return;
        checkRegion(region);
        const count = region.blocks.reduce((sum, block) => sum + block.instructions.length, 0);
        assert.ok(count <= instructions);
        assert.ok(region.pages.length <= DEFAULT_LIMITS.pages);
        printRegion(region);
      },
    ),
    { numRuns: 1000 },
  );
});
