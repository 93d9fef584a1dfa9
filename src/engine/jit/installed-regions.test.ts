// The books of installed regions, without a vCPU: modules are empty, descriptors are words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HANDLER_NONE } from '../interp/core-module.ts';
import { TABLE_SIZE } from '../interp/handlers.ts';
import * as E from '../soft/engine-state.ts';
import { CodePages } from './code-pages.ts';
import { heldCode } from './held-code.ts';
import { InstalledRegions } from './installed-regions.ts';
import { regionOf } from './testing-code.ts';
import { warm } from './translated-region.ts';
import { noCounts } from './translator-statistics.ts';

const EMPTY = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
/** Of the page that regions lie in (testing-code.ts), and what is in a descriptor without a region. */
const FRAME = 0x100;
const PLAIN = HANDLER_NONE + 50;

function world({ codeBytes = 1000, cells = 0 } = {}) {
  const u32 = new Uint32Array((E.MISS_COUNTS >> 2) + (1 << E.MISS_COUNT_BITS)).fill(PLAIN, 0, 1024);
  const host = {
    state: { u32, i32: new Int32Array(u32.buffer) },
    code: {
      blockHandlers: {
        plainHandler: () => PLAIN,
        install: (descriptor: number, slot: number) => {
          u32[descriptor >> 2] = slot;
        },
        uninstall: (descriptor: number) => {
          u32[descriptor >> 2] = PLAIN;
        },
      },
    },
    handlers: { table: new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE }), environment: {} },
    retired: 0,
  };
  const pages = new CodePages();
  const counts = noCounts();
  const installed = new InstalledRegions(host, { linkCellCount: () => cells }, pages, counts, codeBytes);
  const formed = (descriptor: number, heat = 0) => {
    const region = regionOf({ lines: ['entry:', '48 01 c8', '75 >entry', 'c3'], start: 4 * descriptor })!;
    const candidate = { heat, state: 'queued' as const, covered: false };
    const generations = pages.generations(region.pages);
    return { region, descriptor, linear: 0, candidate, generations, ...heldCode(region) };
  };
  /** A module of one region. */
  const install = (descriptor: number, heat: number, bytes: number) =>
    installed.install(installed.place([formed(descriptor, heat)]), EMPTY, bytes);
  const there = () => [4, 8, 12, 16, 20].filter((descriptor) => installed.ofBlock(descriptor));
  return { host, u32, pages, counts, installed, formed, install, there };
}

test('a region is found by what it was installed under, until it is dropped', () => {
  const { u32, pages, installed, formed, there } = world();
  const batch = installed.place([formed(4), formed(8)]);
  const [job] = batch.jobs;
  assert.deepEqual(there(), [], 'placed only');
  installed.install(batch, EMPTY, 100);
  const region = installed.ofBlock(4)!;
  assert.equal(u32[1], job!.slot);
  assert.equal(installed.bySlot(job!.slot), region);
  assert.equal(installed.byId(job!.id), region);
  assert.equal(installed.holding(FRAME, 16), region);
  assert.equal(installed.holding(FRAME, 17), undefined);
  assert.ok(pages.of(FRAME).regions.has(region));
  assert.deepEqual([installed.size, installed.instructions, installed.bytes], [2, 6, 100]);
  assert.equal(batch.formed[0]!.candidate.state, 'cold');

  installed.drop(region);
  assert.equal(u32[1], PLAIN);
  assert.equal(installed.byId(job!.id), undefined);
  assert.equal(installed.holding(FRAME, 16), undefined);
  assert.deepEqual([installed.size, installed.bytes], [1, 100], 'its module is still needed');
  assert.equal(installed.place([formed(12)]).jobs[0]!.slot, job!.slot, 'slots are used again');
  installed.drop(installed.ofBlock(8)!);
  assert.equal(installed.bytes, 0);
});

test('beyond the bound the coldest modules go, until a tenth is free; the newest stays', () => {
  const { counts, installed, install, there } = world({ codeBytes: 1000 });
  install(4, 30, 300);
  install(8, 10, 300);
  install(12, 20, 300);
  assert.deepEqual(there(), [4, 8, 12]);
  install(16, 0, 300);
  assert.deepEqual(there(), [4, 12, 16]);
  assert.equal(installed.bytes, 900);
  assert.equal(counts.evicted, 1);
  install(20, 0, 700);
  assert.deepEqual(there(), [20], 'more of them where one is not enough');
  assert.equal(counts.evicted, 4);
});

test('heat fades: what was hot long ago goes before what is warm now', () => {
  const { host, installed, install, there } = world({ codeBytes: 1000 });
  install(4, 100, 400);
  install(8, 1, 400);
  host.retired = 20e9;
  warm(installed.ofBlock(8)!.module, host.retired, 1);
  install(12, 0, 400);
  assert.deepEqual(there(), [8, 12]);
});

test('cells that are used up are those of the coldest', () => {
  // A third of all cells takes half of them: sizes are powers of two.
  const { installed, formed, install, there } = world({ cells: Math.floor(E.LINK_CELL_COUNT / 3) });
  install(4, 20, 10);
  install(8, 10, 10);
  install(12, 30, 10);
  assert.deepEqual(there(), [4, 12]);
  const batch = installed.place([formed(16), formed(20), formed(8)]);
  assert.deepEqual(there(), []);
  assert.deepEqual(
    batch.formed.map(({ descriptor }) => descriptor),
    [16, 20],
    'nobody is left to make room for the third',
  );
});

test('what is out of date when it comes back loses its slot again', () => {
  const { u32, pages, counts, installed, formed, there } = world();
  const batch = installed.place([formed(4)]);
  pages.changed(FRAME, 0, true);
  installed.install(batch, EMPTY, 100);
  assert.deepEqual(there(), []);
  assert.deepEqual([counts.outdated, counts.compiled, counts.modules, installed.bytes], [1, 0, 0, 0]);
  assert.equal(u32[1], PLAIN);
  assert.equal(installed.place([formed(8)]).jobs[0]!.slot, batch.jobs[0]!.slot);
});

test('a region that was formed anew takes the place of the one before', () => {
  const { installed, install, there } = world();
  install(4, 0, 100);
  const before = installed.ofBlock(4)!;
  before.renewals = 1;
  install(4, 0, 120);
  const after = installed.ofBlock(4)!;
  assert.notEqual(after, before);
  assert.equal(after.renewals, 1);
  assert.deepEqual(there(), [4]);
  assert.deepEqual([installed.size, installed.bytes], [1, 120]);
});

test('after a flush all slots are free, also those of what was being compiled', () => {
  const { installed, formed, install, there } = world();
  install(4, 0, 100);
  const underWay = installed.place([formed(8)]);
  installed.flushed([underWay]);
  assert.deepEqual([installed.size, installed.bytes], [0, 0]);
  assert.deepEqual(there(), []);
  const again = installed.place([formed(4), formed(8)]).jobs.map(({ slot }) => slot);
  assert.deepEqual(again.sort(), [TABLE_SIZE, TABLE_SIZE + 1]);
});

test('a region of a whole loop takes the place of those that are parts of it, but for loops within', () => {
  const { installed, formed, install, there, counts } = world();
  const lines = [
    'entry:', '48 01 c8', '75 >inner', 'c3 90 90',
    'inner:', '0f 1f 00', '48 01 c8', '75 >inner',
    'part:', '48 01 c8', '75 >entry', 'c3',
  ]; // biome-ignore format: a program
  const region = regionOf({ lines, start: 16 })!;
  const starts = region.blocks.map(({ offset }) => offset);
  assert.ok(
    [16, 24, 32].every((offset) => starts.includes(offset)),
    starts.join(),
  );
  const placed = (descriptor: number) => ({ ...formed(descriptor), linear: 4 * descriptor });
  for (const descriptor of [6, 8, 20]) installed.install(installed.place([placed(descriptor)]), EMPTY, 10);
  const whole = { ...placed(4), ...heldCode(region), region, linear: 16, whole: true };
  installed.install(installed.place([whole]), EMPTY, 10);
  assert.ok(installed.holding(FRAME, 24));
  assert.equal(counts.swallowed, 1);
  assert.ok(there().includes(4) && there().includes(20));
  install(12, 0, 10);
  assert.ok(there().includes(12));
});
