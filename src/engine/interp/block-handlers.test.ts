// What stands in descriptors, alone: words of memory, and handlers that are numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Form } from '../../x86/decode/instruction.ts';
import { BlockHandlers } from './block-handlers.ts';
import { HANDLER_COUNT, HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { TABLE_SIZE } from './handlers.ts';

const BLOCK = 1024;
/** Handlers of instructions; one whose number is even may be followed by others. Groups follow. */
const FIRST = 200;
const GROUPS = 300;
const SLOT = TABLE_SIZE + 5;

function world(...handlers: number[]) {
  const u32 = new Uint32Array(1024);
  const state = { u32, i32: new Int32Array(u32.buffer) };
  const end = BLOCK + handlers.length * D.DESCRIPTOR_SIZE;
  const at = (order: number) => (BLOCK + order * D.DESCRIPTOR_SIZE) >> 2;
  handlers.forEach((handler, order) => {
    u32[at(order)] = handler;
  });
  // A form is as good as any object; these tell which handler they belong to.
  const forms = new Map(handlers.map((handler) => [handler, { handler } as unknown as Form]));
  const handlerOf = (form: Form) => [...forms].find(([, one]) => one === form)![0];
  const modules: number[][][] = [];
  const blocks = new BlockHandlers(state, {
    crowded: false,
    formOf: (handler) => forms.get(handler),
    mayBeFollowed: (form) => handlerOf(form) % 2 === 0,
    endsBlock: (form) => handlerOf(form) === handlers.at(-1),
    isGroup: (handler) => handler >= GROUPS && handler < TABLE_SIZE,
    groups: (sequences) => {
      modules.push(sequences.map((sequence) => sequence.map(handlerOf)));
      return sequences.map((_, i) => GROUPS + i);
    },
  });
  const log: string[] = [];
  blocks.onSlot = (descriptor, slot) => log.push(`slot ${descriptor} ${slot}`);
  blocks.onUninstall = (descriptor, slot, handler) => log.push(`uninstall ${descriptor} ${slot} ${handler}`);
  blocks.onStale = (start, to) => log.push(`stale ${start} ${to}`);
  return { u32, blocks, end, log, modules, handler: (order: number) => u32[at(order)] };
}

test("a region's slot takes the handler's place until it is taken back", () => {
  const { blocks, handler, log } = world(FIRST, FIRST + 1);
  blocks.install(BLOCK, SLOT);
  assert.equal(handler(0), SLOT);
  assert.equal(blocks.plainHandler(BLOCK), FIRST);
  blocks.install(BLOCK, SLOT + 1);
  blocks.uninstall(BLOCK, SLOT);
  assert.equal(handler(0), SLOT + 1, 'another region has the block by now');
  blocks.uninstall(BLOCK, SLOT + 1);
  assert.equal(handler(0), FIRST);
  assert.deepEqual(log, [`slot ${BLOCK} ${SLOT}`, `slot ${BLOCK} ${SLOT + 1}`, `slot ${BLOCK} 0`]);
});

test('where a stop is for the moment, its owner is told what to put back', () => {
  const { u32, blocks, handler, log } = world(FIRST);
  blocks.install(BLOCK, SLOT);
  u32[BLOCK >> 2] = HANDLER_STOP;
  blocks.uninstall(BLOCK, SLOT);
  assert.equal(handler(0), HANDLER_STOP);
  assert.equal(log.at(-1), `uninstall ${BLOCK} ${SLOT} ${FIRST}`);
});

test('a block that is counted says how often it has run', () => {
  const { u32, blocks, handler } = world(FIRST);
  blocks.countRuns(BLOCK, 100);
  assert.equal(handler(0), HANDLER_COUNT);
  assert.equal(blocks.plainHandler(BLOCK), FIRST);
  assert.equal(blocks.runs(BLOCK, 100), 1);
  u32[(BLOCK - D.H_RUNS_LEFT) >> 2]! -= 40;
  assert.equal(blocks.runs(BLOCK, 100), 41);
  blocks.countOn(BLOCK, 400);
  assert.equal(blocks.runs(BLOCK, 100), 400, 'reported as hot, and counted on');
  blocks.install(BLOCK, SLOT);
  blocks.countRuns(BLOCK, 100);
  assert.equal(handler(0), SLOT, 'regions count no runs');
  blocks.uninstall(BLOCK, SLOT);
  assert.equal(handler(0), FIRST);
});

test('counting ends when nobody wants to know any more', () => {
  const { blocks, handler } = world(FIRST);
  blocks.countRuns(BLOCK, 100);
  blocks.stopCounting(BLOCK);
  assert.equal(handler(0), FIRST);
});

test('a hot block becomes groups, cut after what cannot be followed', () => {
  const { blocks, handler, modules } = world(FIRST, FIRST + 1, FIRST + 2, FIRST + 3);
  for (let i = 0; i < 29; i++) blocks.sample(BLOCK);
  assert.deepEqual(modules, [], 'it waits for others');
  blocks.sample(BLOCK);
  assert.deepEqual(modules, [
    [
      [FIRST, FIRST + 1],
      [FIRST + 2, FIRST + 3],
    ],
  ]);
  assert.deepEqual([0, 1, 2, 3].map(handler), [GROUPS, FIRST + 1, GROUPS + 1, FIRST + 3]);
  assert.equal(blocks.plainHandler(BLOCK), FIRST);
});

test('code that has changed is stops, for regions and groups too', () => {
  const { blocks, end, handler, log } = world(FIRST, FIRST + 1, FIRST + 2, FIRST + 3);
  for (let i = 0; i < 30; i++) blocks.sample(BLOCK);
  blocks.install(BLOCK, SLOT);
  blocks.stop(BLOCK, end);
  assert.deepEqual(
    [0, 1, 2, 3].map(handler),
    [1, 2, 3, 4].map(() => HANDLER_STOP),
  );
  assert.deepEqual(log.slice(1), [`slot ${BLOCK} 0`, `stale ${BLOCK} ${end}`]);
  blocks.uninstall(BLOCK, SLOT);
  assert.equal(handler(0), HANDLER_STOP);
});
