import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoppelError } from '../../base/errors.ts';
import { loadKernel, recogniseKernel } from './load.ts';
import { makeBzImage, makeElf, multibootHeader, TEST_AREA, testRequest } from './testing.ts';

const INFO = TEST_AREA.information;
const body = new Uint8Array(64).fill(0x90);

function text(ram: Uint8Array, at: number): string {
  return new TextDecoder().decode(ram.subarray(at, ram.indexOf(0, at)));
}

/** An ELF file with a Multiboot header at the start of its segment. */
function multibootElf(width: 32 | 64, physical: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(multibootHeader(3));
  return makeElf({ width, physical, entry: physical + 16, body: bytes, memorySize: 0x2000 });
}

for (const width of [32, 64] as const) {
  test(`a ${width}-bit ELF kernel boots through PVH`, () => {
    const kernel = makeElf({ width, physical: 0x20_0000, body, memorySize: 0x1000, pvh: 0x20_0010 });
    const request = testRequest(kernel, {
      commandLine: 'hello',
      rsdp: 0xe0000,
      modules: [{ bytes: new Uint8Array([1, 2, 3]), commandLine: 'first' }],
    });
    request.ram.fill(0xff, 0x20_0000, 0x20_1000);
    const state = loadKernel(request);
    assert.equal(recogniseKernel(kernel), 'pvh');
    assert.equal(state.rip, 0x20_0010n);
    assert.equal(state.general.rbx, BigInt(INFO));
    assert.equal(state.cr0, 0x11n);
    assert.equal(state.segments.tr.limit, 0x67);
    assert.deepEqual(request.ram.subarray(0x20_0000, 0x20_0040), body);
    assert.ok(request.ram.subarray(0x20_0040, 0x20_1000).every((byte) => byte === 0));

    const view = new DataView(request.ram.buffer);
    const u64 = (at: number) => Number(view.getBigUint64(at, true));
    assert.equal(view.getUint32(INFO, true), 0x336e_c578);
    assert.equal(view.getUint32(INFO + 4, true), 1);
    assert.equal(view.getUint32(INFO + 12, true), 1);
    const list = u64(INFO + 16);
    assert.equal(u64(list), 0x20_1000);
    assert.equal(u64(list + 8), 3);
    assert.equal(text(request.ram, u64(list + 16)), 'first');
    assert.equal(text(request.ram, u64(INFO + 24)), 'hello');
    assert.equal(u64(INFO + 32), 0xe0000);
    assert.equal(view.getUint32(INFO + 48, true), 4);
    const map = u64(INFO + 40);
    assert.deepEqual(
      [u64(map + 72), u64(map + 80), view.getUint32(map + 88, true)],
      [0x10_0000, 31 * 2 ** 20, 1],
    );
  });

  test(`a ${width}-bit ELF kernel boots through Multiboot`, () => {
    const kernel = multibootElf(width, 0x20_0000);
    const request = testRequest(kernel, {
      kernelName: 'kernel.elf',
      commandLine: 'a=b',
      modules: [{ bytes: new Uint8Array(5000).fill(7), commandLine: 'm0' }, { bytes: new Uint8Array(1) }],
    });
    const state = loadKernel(request);
    assert.equal(recogniseKernel(kernel), 'multiboot');
    assert.equal(state.rip, 0x20_0010n);
    assert.equal(state.general.rax, 0x2bad_b002n);
    assert.equal(state.general.rbx, BigInt(INFO));
    const view = new DataView(request.ram.buffer);
    const u32 = (at: number) => view.getUint32(at, true);
    assert.equal(u32(INFO), 0x24d);
    assert.equal(u32(INFO + 4), 639);
    assert.equal(u32(INFO + 8), 31 * 1024);
    assert.equal(text(request.ram, u32(INFO + 16)), 'kernel.elf a=b');
    assert.equal(u32(INFO + 20), 2);
    const modules = u32(INFO + 24);
    assert.deepEqual([u32(modules), u32(modules + 4)], [0x20_2000, 0x20_2000 + 5000]);
    assert.equal(text(request.ram, u32(modules + 8)), 'm0');
    assert.equal(u32(modules + 16), 0x20_4000);
    assert.equal(request.ram[0x20_2000 + 4999], 7);
    const map = u32(INFO + 48);
    assert.deepEqual([u32(map), u32(map + 4), u32(map + 20)], [20, 0, 1]);
    assert.equal(text(request.ram, u32(INFO + 64)), 'Doppel');
  });
}

test('a virtual entry point is translated to the physical one', () => {
  const bytes = new Uint8Array(64);
  bytes.set(multibootHeader(0));
  const kernel = makeElf({
    width: 32,
    physical: 0x10_0000,
    virtual: 0xc010_0000,
    entry: 0xc010_0020,
    body: bytes,
  });
  assert.equal(loadKernel(testRequest(kernel)).rip, 0x10_0020n);
});

test('a Multiboot kernel may say itself where it goes', () => {
  const load = 0x10_0000;
  const file = new Uint8Array(4096).fill(0xaa);
  file.set(multibootHeader(0x1_0000, [load + 64, load, 0, load + 0x3000, load + 128]), 64);
  const request = testRequest(file);
  request.ram.fill(0xff, load, load + 0x3000);
  assert.equal(loadKernel(request).rip, BigInt(load + 128));
  assert.deepEqual(request.ram.subarray(load, load + 4096), file);
  assert.equal(request.ram[load + 0x2fff], 0);
});

test('what is no kernel is named', () => {
  const load = (kernel: Uint8Array) => () => loadKernel(testRequest(kernel));
  assert.throws(load(new Uint8Array(0)), /is empty/);
  assert.throws(load(new Uint8Array(100_000)), /is not a kernel/);
  assert.throws(load(new Uint8Array([0x1f, 0x8b, 8, 0])), /compressed with gzip/);
  assert.throws(load(new TextEncoder().encode('#!/bin/sh\n')), /script/);
  assert.throws(load(makeElf({ width: 64, physical: 0x10_0000, body })), /neither a PVH entry point nor/);
  const arm = makeElf({ width: 64, physical: 0x10_0000, body });
  arm[18] = 183;
  assert.throws(load(arm), /another processor/);
  assert.throws(load(multibootElf(32, 0x20_0000).subarray(0, 0x120)), /truncated/);
  assert.throws(load(multibootElf(32, 0x200_0000)), /too big for the machine/);
  assert.throws(load(multibootElf(32, 0x2000)), /keeps its own structures/);
});

test('damaged kernels raise nothing but DoppelError', () => {
  let seed = 1;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  const addresses = [0x10_0040, 0x10_0000, 0, 0, 0x10_0080];
  const kludge = new Uint8Array(512);
  kludge.set(multibootHeader(0x1_0000, addresses), 64);
  const kernels = [
    makeBzImage({ code: new Uint8Array(64) }),
    makeElf({ width: 32, physical: 0x20_0000, body, pvh: 0x20_0000 }),
    makeElf({ width: 64, physical: 0x20_0000, body, pvh: 0x20_0000 }),
    multibootElf(32, 0x20_0000),
    kludge,
  ];
  // Where each kind has its headers, so that the damage is worth something.
  const ranges = [
    [0x1f0, 0x270],
    [0, 0x1c0],
    [0, 0x1c0],
    [0, 0x120],
    [64, 96],
  ] as const;
  const request = testRequest(kludge);
  let loaded = 0;
  for (let round = 0; round < 20_000; round++) {
    const kind = round % kernels.length;
    const kernel = kernels[kind]!.slice(0, random(8) === 0 ? random(kernels[kind]!.length) : undefined);
    const [from, to] = ranges[kind]!;
    for (let n = random(4); n > 0; n--) {
      const at = from + random(to - from);
      if (at < kernel.length) kernel[at] = [0, 1, 0x7f, 0x80, 0xff, random(256)][random(6)]!;
    }
    try {
      loadKernel({ ...request, kernel, modules: [{ bytes: body }] });
      loaded++;
    } catch (error) {
      assert.ok(error instanceof DoppelError, `round ${round}: ${String(error)}`);
    }
  }
  assert.ok(loaded > 1000);
});
