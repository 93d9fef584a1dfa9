// The queue alone: which of the regions that wait are compiled, when, and what becomes of what comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../../x86/cpuid/feature-names.ts';
import { CodePages } from './code-pages.ts';
import { CompileQueue } from './compile-queue.ts';
import { heldCode } from './held-code.ts';
import type { FormedRegion, RegionBatch } from './region-batch.ts';
import type { CompiledRegions, CompileRequest } from './region-service.ts';
import { regionOf } from './testing-code.ts';
import type { TranslatorOptions } from './translator-options.ts';
import { noCounts } from './translator-statistics.ts';

const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** Of the pages that regions lie in (testing-code.ts). */
const FRAME = 0x100;

function world(options: TranslatorOptions = {}) {
  const pages = new CodePages();
  const counts = noCounts();
  const installed: number[][] = [];
  const placed: number[][] = [];
  let joined = 0;
  const descriptors = ({ formed }: RegionBatch) => formed.map(({ descriptor }) => descriptor);
  const installer = {
    place: (formed: readonly FormedRegion[]): RegionBatch => {
      const jobs = formed.map(({ region, linear }, i) => ({
        region,
        linear,
        slot: i,
        plain: 0,
        id: 1,
        cells: 0,
      }));
      placed.push(descriptors({ formed, jobs }));
      return { formed, jobs };
    },
    joinCells: () => {
      joined++;
    },
    install: (batch: RegionBatch) => {
      installed.push(descriptors(batch));
    },
  };
  const compiler = { linkCellCount: () => 0, compileRegions: () => EMPTY_MODULE };
  const host = {
    features: ALL_FEATURES,
    memory: { u8: new Uint8Array(0x110 * 4096) },
    handlers: { statePages: 1, ramPages: 1 },
  };
  const queue = new CompileQueue(host, compiler, pages, installer, counts, options);
  /** A region of one page whose entry is at an offset in it; its descriptor says which. */
  const add = (descriptor: number, heat: number, page = 0) => {
    const start = 4096 * page + 16 * descriptor;
    const lines = ['entry:', '48 01 c8', '75 >entry', 'c3'];
    // Its page is the entry's, so index 0.
    const region = {
      ...regionOf({ lines, start: 16 * descriptor })!,
      pages: [{ index: 0, frame: FRAME + page }],
    };
    const candidate = { heat, state: 'queued' as const, covered: false };
    const generations = pages.generations(region.pages);
    queue.add({ region, descriptor, linear: start, candidate, generations, ...heldCode(region) });
  };
  return { queue, pages, counts, add, placed, installed, joined: () => joined };
}

/** A thread that answers when it is told to. */
function lateThread() {
  const requests: CompileRequest[] = [];
  const results: CompiledRegions[] = [];
  const service = {
    submit: (request: CompileRequest) => {
      requests.push(request);
    },
    poll: () => results.shift() ?? null,
    close: () => {},
  };
  const finish = ({ ticket }: CompileRequest) => {
    results.push({ ticket, module: new WebAssembly.Module(EMPTY_MODULE), bytes: 8, time: 5 });
  };
  return { requests, finish, factory: () => service };
}

test('regions wait until they are a batch', () => {
  const { queue, add, installed, joined } = world({ batch: 3 });
  add(1, 5);
  add(2, 9);
  queue.compileIfDue();
  assert.deepEqual(installed, []);
  assert.ok(queue.awaits(FRAME, 16) && queue.awaits(FRAME, 32));
  assert.ok(!queue.awaits(FRAME, 48) && !queue.awaits(FRAME + 1, 16));
  add(3, 1);
  queue.compileIfDue();
  assert.deepEqual(installed, [[1, 2, 3]]);
  assert.equal(joined(), 1);
  assert.ok(!queue.awaits(FRAME, 16));
});

test('or for 16 samples, of blocks or of regions', () => {
  const { queue, add, installed } = world();
  add(1, 5);
  for (let i = 0; i < 15; i++) queue.foundBlock();
  queue.compileIfDue();
  assert.deepEqual(installed, []);
  queue.foundRegion();
  assert.deepEqual(installed, [[1]]);
  add(2, 5);
  queue.compileIfDue();
  assert.equal(installed.length, 1, 'the patience is that of the first that waits');
});

test('a region is dropped when code of its page changes while it waits', () => {
  const { queue, pages, counts, add, installed } = world({ batch: 3 });
  add(1, 5);
  add(2, 5, 1);
  pages.changed(FRAME + 1, 0, true);
  add(3, 5, 1);
  queue.compileIfDue();
  assert.deepEqual(installed, [[1, 3]]);
  assert.equal(counts.outdated, 1);
});

test('with another thread, the hottest go first, and two batches at a time', () => {
  const { requests, finish, factory } = lateThread();
  const { queue, add, placed, installed, joined, counts } = world({ batch: 2, service: factory });
  [3, 8, 1, 9, 4, 7].forEach((heat) => {
    add(heat, heat);
  });
  for (let i = 0; i < 4; i++) queue.compileIfDue();
  assert.deepEqual(placed, [
    [9, 8],
    [7, 4],
  ]);
  assert.equal(joined(), 1, 'only where nothing is under way');
  assert.ok(queue.awaits(FRAME, 16 * 9) && queue.awaits(FRAME, 16 * 1), 'on its way, and waiting');
  queue.collect();
  assert.deepEqual(installed, []);
  finish(requests[0]!);
  queue.collect();
  assert.deepEqual(installed, [[9, 8]]);
  assert.equal(counts.compilingElsewhere, 5);
  queue.compileIfDue();
  assert.deepEqual(placed[2], [3, 1]);
  assert.deepEqual(
    requests.map(({ jobs }) => jobs.length),
    [2, 2, 2],
  );
});

test('a thread that has nothing to do gets four, or what has waited for six samples', () => {
  const { requests, finish, factory } = lateThread();
  const { queue, add, placed } = world({ service: factory });
  for (let one = 1; one <= 3; one++) add(one, 5);
  queue.compileIfDue();
  assert.deepEqual(placed, []);
  add(4, 5);
  queue.compileIfDue();
  assert.deepEqual(placed, [[1, 2, 3, 4]]);
  // While it works, the others gather.
  for (let one = 5; one <= 8; one++) add(one, 5);
  queue.compileIfDue();
  assert.equal(placed.length, 1);
  finish(requests[0]!);
  queue.collect();
  queue.compileIfDue();
  assert.deepEqual(placed[1], [5, 6, 7, 8]);
  finish(requests[1]!);
  queue.collect();
  add(9, 5);
  for (let i = 0; i < 5; i++) queue.foundRegion();
  assert.equal(placed.length, 2);
  queue.foundRegion();
  assert.deepEqual(placed[2], [9]);
});

test('after a flush nothing waits, and what comes back is not installed', () => {
  const { requests, finish, factory } = lateThread();
  const { queue, add, installed } = world({ batch: 1, service: factory });
  add(1, 5);
  queue.compileIfDue();
  add(2, 5);
  const [underWay, ...others] = queue.flushed();
  assert.deepEqual(
    underWay!.formed.map(({ descriptor }) => descriptor),
    [1],
  );
  assert.deepEqual(others, []);
  assert.ok(!queue.awaits(FRAME, 16) && !queue.awaits(FRAME, 32));
  add(3, 5);
  queue.compileIfDue();
  for (const request of requests) finish(request);
  queue.collect();
  assert.deepEqual(installed, [[3]]);
});

test('after close() nothing is compiled', () => {
  const { queue, add, installed } = world({ batch: 1 });
  queue.close();
  add(1, 5);
  queue.compileIfDue();
  assert.deepEqual(installed, []);
});
