// The translator in its vCPU: exact budgets, code that changes, pages that are mapped elsewhere, devices, eviction.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import { type InterpOptions, InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, emptyBus, enterFlat32 } from '../testing.ts';
import { type JitTuning, JitVcpu } from './jit-vcpu.ts';

/** Soon hot, and every region compiled by itself. */
const SOON: JitTuning = { hotSamples: 1, sampleInterval: 200, batch: 1 };
const EAGER: JitTuning = { eager: true };

function place(code: readonly number[], at = 0x1000): GuestMemory {
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(code, at);
  return memory;
}
function start<V extends InterpVcpu>(
  make: (wires: InterpOptions) => V,
  wires: InterpOptions,
  at = 0x1000,
): V {
  const vcpu = make(wires);
  enterFlat32(vcpu.state, at);
  vcpu.stateChanged();
  return vcpu;
}
const interpreter = (wires: InterpOptions) => new InterpVcpu(wires);
const translating = (tuning: JitTuning) => (wires: InterpOptions) => new JitVcpu(wires, tuning);

function registers(vcpu: InterpVcpu): (number | bigint)[] {
  const { state } = vcpu;
  return [...Array(8).keys()].map((r) => state.gpr(r) as number | bigint).concat(state.rip, state.rflags);
}

// mov ecx, 2000; loop: add eax, ecx; mov [0x8000+ecx*4], eax; test al, 1; jz +2; inc edx; nop; dec ecx; jnz loop; jmp $
const LOOP = [
  0xb9, 0xd0, 7, 0, 0, 0x01, 0xc8, 0x89, 0x04, 0x8d, 0x00, 0x80, 0x00, 0x00, 0xa8, 1, 0x74, 2, 0x42, 0x90,
  0x49, 0x75, 0xee, 0xeb, 0xfe,
];

for (const [name, tuning] of [
  ['soon hot', SOON],
  ['eager', EAGER],
] as const) {
  test(`a budget is kept exactly, however the run is cut into pieces (${name})`, () => {
    for (const piece of [1, 7, 33, 64, 100, 1000, 5001]) {
      const whole = start(interpreter, bareWires(place(LOOP)));
      const cut = start(translating(tuning), bareWires(place(LOOP)));
      for (let done = 0; done < 15_000; done += piece) {
        whole.run(piece);
        cut.run(piece);
        assert.equal(cut.retired, done + piece);
        if (piece < 1000 && done % (10 * piece) !== 0) continue;
        assert.deepEqual(registers(cut), registers(whole));
      }
      if (piece > 100) assert.ok(cut.statistics().get('regions now')! > 0);
    }
  });
}

test('the blocks of a loop become hot together, and make one region', () => {
  // mov ecx, 2000; loop: test cl, 1; jz even; inc edx; jmp on; even: inc ebx; on: dec ecx; jnz loop; jmp $
  const code = [
    0xb9, 0xd0, 7, 0, 0, 0xf6, 0xc1, 1, 0x74, 3, 0x42, 0xeb, 1, 0x43, 0x49, 0x75, 0xf4, 0xeb, 0xfe,
  ];
  // Only the runs of blocks tell.
  const tuning: JitTuning = { hotSamples: 1e9, hotRuns: 100, batch: 8 };
  const vcpu = start(translating(tuning), bareWires(place(code)));
  vcpu.run(9_000);
  assert.equal(vcpu.statistics().get('regions formed'), 1);
});

test('a loop that patches its own immediate runs the new value each time, and its page is left alone at last', () => {
  // add eax, imm32 at 0x1000; inc dword [0x1001]; dec ecx; jnz 0x1000; jmp $
  const code = [0x05, 1, 0, 0, 0, 0xff, 0x05, 0x01, 0x10, 0, 0, 0x49, 0x75, 0xf2, 0xeb, 0xfe];
  for (const tuning of [SOON, EAGER]) {
    const vcpu = start(translating(tuning), bareWires(place(code)));
    vcpu.state.setGpr32(L.RCX, 2000);
    vcpu.run(10_000);
    assert.equal(vcpu.state.gpr32(L.RAX), (2000 * 2001) / 2);
    assert.ok(vcpu.statistics().get('regions formed')! <= 30);
  }
});

test('code written by a device is forgotten, also where only a region holds it', () => {
  const memory = place(LOOP);
  const vcpu = start(translating(SOON), bareWires(memory));
  vcpu.run(3000);
  assert.ok(vcpu.statistics().get('regions now')! > 0);
  // dec ecx becomes inc eax, then jnz is taken for ever.
  memory.write(0x1014, Uint8Array.of(0x40));
  assert.equal(vcpu.statistics().get('regions now'), 0);
  const before = vcpu.state.gpr32(L.RCX);
  vcpu.run(3000);
  assert.equal(vcpu.state.gpr32(L.RCX), before);
});

test('device memory in a hot loop: every access arrives, in order and once', () => {
  const device = 0xfee0_0000;
  // mov ecx, 300; loop: add [device], ecx; mov [0x8000], ecx; dec ecx; jnz loop; jmp $
  const code = [
    0xb9, 0x2c, 1, 0, 0, 0x01, 0x0d, 0, 0, 0xe0, 0xfe, 0x89, 0x0d, 0, 0x80, 0, 0, 0x49, 0x75, 0xf1, 0xeb,
    0xfe,
  ];
  const runs = [interpreter, translating(SOON), translating(EAGER)].map((make) => {
    const memory = place(code);
    let value = 0;
    const log: number[] = [];
    memory.map(device, 0x1000, { name: 'sum', read: () => value, write: () => {} });
    const bus = {
      ...emptyBus,
      mmioRead: () => value,
      mmioWrite: (_: number, __: number, written: number) => {
        value = written;
        log.push(vcpu.retired, written);
      },
    };
    const vcpu: InterpVcpu = start<InterpVcpu>(make, bareWires(memory, bus));
    vcpu.run(5000);
    return {
      log,
      registers: registers(vcpu),
      bails: vcpu.statistics().get('exits from regions for the interpreter'),
    };
  });
  assert.equal(runs[0]!.log.length, 600);
  for (const { log, registers } of runs.slice(1)) {
    assert.deepEqual(log, runs[0]!.log);
    assert.deepEqual(registers, runs[0]!.registers);
  }
  assert.ok(runs[2]!.bails! > 10);
  assert.ok(runs[2]!.bails! < 100, 'the access is left to the interpreter at last');
});

test('a region of two pages is not entered where the second is mapped elsewhere', () => {
  // 0x1ff0: inc eax; jmp 0x2000;  0x2000: inc ebx; jmp 0x1ff0;  frame 0x5000: inc esi; jmp 0x1ff0
  const memory = place([0x40, 0xeb, 0x0d], 0x1ff0);
  memory.u8.set([0x43, 0xeb, 0xed], 0x2000);
  memory.u8.set([0x46, 0xeb, 0xed], 0x5000);
  for (let page = 0; page < 16; page++) memory.view.setUint32(0x9000 + 4 * page, (page << 12) | 0x63, true);
  memory.view.setUint32(0x8000, 0x9063, true);
  const vcpu = start(translating(SOON), bareWires(memory), 0x1ff0);
  const { state } = vcpu;
  state.set64(L.CR3, 0x8000n);
  state.cr0 = 0x8000_0011 | 0;
  vcpu.stateChanged();
  vcpu.run(4000);
  assert.ok(vcpu.statistics().get('regions now')! > 0);
  assert.deepEqual(
    [L.RAX, L.RBX, L.RSI].map((r) => state.gpr32(r)),
    [1000, 1000, 0],
  );
  memory.view.setUint32(0x9008, 0x5063, true);
  vcpu.stateChanged();
  vcpu.run(4000);
  assert.deepEqual(
    [L.RAX, L.RBX, L.RSI].map((r) => state.gpr32(r)),
    [2000, 1000, 1000],
  );
  memory.view.setUint32(0x9008, 0x2063, true);
  vcpu.stateChanged();
  vcpu.run(4000);
  assert.deepEqual(
    [L.RAX, L.RBX, L.RSI].map((r) => state.gpr32(r)),
    [3000, 2000, 1000],
  );
  // Where it stays like that, the code becomes a region again.
  memory.view.setUint32(0x9008, 0x5063, true);
  vcpu.stateChanged();
  for (let i = 0; i < 20; i++) vcpu.run(4000);
  assert.deepEqual(
    [L.RAX, L.RBX, L.RSI].map((r) => state.gpr32(r)),
    [23_000, 2000, 21_000],
  );
});

test('a region is formed anew where it runs now, not where other code is mapped by now', () => {
  // 0x1000: inc eax; jmp $-1;  frame 0x5000: inc esi; inc esi; jmp $-2
  const memory = place([0x40, 0xeb, 0xfd], 0x1000);
  memory.u8.set([0x46, 0x46, 0xeb, 0xfc], 0x5000);
  for (let page = 0; page < 16; page++) memory.view.setUint32(0x9000 + 4 * page, (page << 12) | 0x63, true);
  memory.view.setUint32(0x8000, 0x9063, true);
  const vcpu = start(translating({ ...SOON, longestInterval: 400 }), bareWires(memory), 0x1000);
  const { state } = vcpu;
  state.set64(L.CR3, 0x8000n);
  state.cr0 = 0x8000_0011 | 0;
  vcpu.stateChanged();
  vcpu.run(4000);
  assert.ok(vcpu.statistics().get('regions now')! > 0);
  // Another process has the same page at 0x3000, and other code at 0x1000.
  memory.view.setUint32(0x9004, 0x5063, true);
  memory.view.setUint32(0x900c, 0x1063, true);
  state.rip = 0x3000;
  vcpu.stateChanged();
  for (let i = 0; i < 100; i++) vcpu.run(4000);
  assert.deepEqual(
    [L.RAX, L.RSI].map((r) => state.gpr32(r)),
    [202_000, 0],
  );
});

/** Loops of some instructions each, called one after the other, for ever. */
function manyLoops(count: number): number[] {
  const code: number[] = [];
  for (let i = 0; i < count; i++) {
    // mov ecx, 50; loop: lea eax, [eax+ecx+i]; xor ebx, eax; dec ecx; jnz loop
    code.push(0xb9, 50, 0, 0, 0, 0x8d, 0x44, 0x08, i & 0x7f, 0x31, 0xc3, 0x49, 0x75, 0xf7);
    // jmp over some bytes, so that the loops are in different regions
    code.push(0xeb, 2, 0xcc, 0xcc);
  }
  const back = -(code.length + 5);
  code.push(0xe9, back & 255, (back >> 8) & 255, (back >> 16) & 255, 255);
  return code;
}

test('a small bound of code evicts the coldest, and the guest goes on as if nothing had happened', () => {
  const code = manyLoops(100);
  const plain = start(interpreter, bareWires(place(code)));
  const bounded = start(translating({ ...SOON, codeBytes: 30_000 }), bareWires(place(code)));
  plain.run(200_000);
  for (let i = 0; i < 20; i++) bounded.run(10_000);
  assert.deepEqual(registers(bounded), registers(plain));
  const statistics = bounded.statistics();
  assert.ok(statistics.get('regions evicted')! > 10);
  assert.ok(statistics.get('regions now')! > 0);
  assert.ok(statistics.get('bytes of region wasm now')! <= 30_000);
});

test('blocks are forgotten all at once, and become regions again', () => {
  const vcpu = start(translating(SOON), bareWires(place(LOOP)));
  vcpu.run(2000);
  vcpu.memoryChanged();
  assert.equal(vcpu.statistics().get('regions now'), 0);
  vcpu.run(2000);
  assert.ok(vcpu.statistics().get('regions now')! > 0);
  const plain = start(interpreter, bareWires(place(LOOP)));
  plain.run(4000);
  assert.deepEqual(registers(vcpu), registers(plain));
});

test('accesses that are looked up together and lie in two pages are executed all the same, and soon one by one', () => {
  // esi = 0x8000 - 4, at the end of a page; mov ecx, 9000;
  // loop: mov [esi], ecx; mov [esi+4], ecx; add eax, [esi]; add edx, [esi+4]; dec ecx; jnz loop; jmp $
  const code = [
    ...[0xbe, 0xfc, 0x7f, 0, 0, 0xb9, 0x28, 0x23, 0, 0],
    ...[0x89, 0x0e, 0x89, 0x4e, 4, 0x03, 0x06, 0x03, 0x56, 4, 0x49, 0x75, 0xf3, 0xeb, 0xfe],
  ];
  for (const tuning of [SOON, EAGER]) {
    const vcpu = start(translating(tuning), bareWires(place(code)));
    const plain = start(interpreter, bareWires(place(code)));
    for (const one of [vcpu, plain]) one.run(40_000);
    assert.deepEqual(registers(vcpu), registers(plain));
    const statistics = vcpu.statistics();
    assert.equal(statistics.get('instructions whose accesses lie in two pages'), 1);
    const bails = statistics.get('exits from regions for the interpreter')!;
    assert.ok(bails >= 32 && bails < 100, `${bails}`);
  }
});
