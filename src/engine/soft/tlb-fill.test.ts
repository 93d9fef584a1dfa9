// The TLB refill of generated code against the page walk in TypeScript: the same entries of page tables, changed at random.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import {
  ACCESS_READ,
  ACCESS_WRITE,
  newPageTranslation,
  PAGE_GLOBAL,
  translate,
  VIEW_SUPERVISOR,
  VIEW_USER,
} from '../../x86/paging/walk.ts';
import * as C from '../../x86/state/control-bits.ts';
import { CpuState, FLAG_AC } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { KIND_WRITE } from './core-functions.ts';
import * as E from './engine-state.ts';
import { TlbEntries } from './tlb-entries.ts';
import { emitFillTlb } from './tlb-fill.ts';

type FillTlb = (address: bigint, kind: number, table: number) => number;
const SIZE = 1 << 20;
const TABLES = 0x1_0000;

function build(): { state: CpuState; memory: GuestMemory; fillTlb: FillTlb } {
  const stateMemory = new WebAssembly.Memory({ initial: 64, maximum: 64 });
  const memory = new GuestMemory(SIZE);
  const module = new ModuleBuilder();
  module.importMemory('env', 'state', { min: 64 });
  module.importMemory('env', 'ram', { min: 1 });
  const f = module.defineFunction('fillTlb', ['i64', 'i32', 'i32'], ['i32']);
  emitFillTlb(f, memory.marks);
  module.exportFunction('fillTlb', f.index);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(module.build() as Uint8Array<ArrayBuffer>),
    { env: { state: stateMemory, ram: memory.memory } },
  );
  return { state: new CpuState(stateMemory.buffer), memory, fillTlb: exports.fillTlb as FillTlb };
}

/** A small generator of numbers below 2^32, the same every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PAGINGS = {
  'of 4 levels': { cr4: C.CR4_PAE | C.CR4_PGE, efer: C.EFER_LMA | C.EFER_NXE, wide: true },
  'of PAE': { cr4: C.CR4_PAE | C.CR4_PGE, efer: C.EFER_NXE, wide: true },
  'of 32 bits': { cr4: C.CR4_PSE | C.CR4_PGE, efer: 0, wide: false },
} as const;

for (const [name, { cr4, efer, wide }] of Object.entries(PAGINGS)) {
  test(`refills agree with the page walk: paging ${name}`, () => {
    const { state, memory, fillTlb } = build();
    new TlbEntries(state);
    const random = generator(name.length);
    const t = newPageTranslation();
    const outcomes = new Map<string, number>();
    let flagsSet = 0;
    state.set32(L.EFER, efer);
    state.setNumber(L.CR3, TABLES);
    const chance = (one: number) => random(one) === 0;
    /** An entry that leads to a page of the tables or, of the last level, anywhere. */
    const entry = (next: number, last: boolean): number => {
      let low = next | 0x27 | (last || chance(8) ? 0x40 : 0);
      for (const bit of [1, 2, 4, 0x20, 0x40, 0x100]) if (chance(bit === 0x100 ? 2 : 12)) low ^= bit;
      if (!last && chance(10)) low = (low & (wide ? 0x8000_0fff : 0xfff)) | 0x80 | (chance(8) ? 0x2000 : 0);
      return low >>> 0;
    };
    const put = (at: number, low: number, high = 0): void => {
      memory.view.setUint32(at, low, true);
      if (wide) memory.view.setUint32(at + 4, high, true);
    };
    for (let round = 0; round < 8_000; round++) {
      const high = () => (chance(20) ? 0x8000_0000 : 0) + (chance(60) ? 0x10_0000 : 0) + (chance(60) ? 1 : 0);
      const frame = chance(10) ? 0xff_f000 : random(SIZE / 4096) * 4096;
      const linear = chance(30) ? 0x40_0000_0123 : 0x123;
      if (wide && efer & C.EFER_LMA) {
        put(TABLES, entry(TABLES + 0x1000, false), high());
        put(TABLES + 0x1000, entry(TABLES + 0x2000, false), high());
      }
      state.set32(L.PDPTE, (TABLES + 0x2000) | (chance(20) ? 0 : 1));
      if (wide) put(TABLES + 0x2000, entry(TABLES + 0x3000, false), high());
      else put(TABLES, entry(TABLES + 0x3000, false));
      put(TABLES + 0x3000, entry(frame, true), high());
      state.set32(L.CR0, (C.CR0_PG | C.CR0_PE | (chance(4) ? 0 : C.CR0_WP)) >>> 0);
      state.set32(L.CR4, cr4 | (chance(2) ? C.CR4_SMAP : 0));
      // Most large pages have been noted.
      const noted = E.LARGE_NOTED + 8 * ((linear >>> 21) & (E.LARGE_NOTED_COUNT - 1));
      state.setNumber(noted, linear - (linear & 0x1f_ffff) + (chance(6) ? 0 : wide ? 21 : 22));
      const user = chance(2);
      const ac = chance(2);
      state.cpl = user ? 3 : 0;
      state.set32(L.FLAGS, ac ? FLAG_AC : 0);
      const open = ac || (state.cr4 & C.CR4_SMAP) === 0;
      const table = user ? E.TLB_USER : open ? E.TLB_SUPERVISOR_AC : E.TLB_SUPERVISOR;
      const write = chance(2);
      memory.codePages.fill(0);
      if (chance(10)) memory.codePages[frame / 4096] = 1;
      memory.dirtyPages.fill(0);
      state.set32(E.PAGE_FAULT, 0);
      const before = memory.u8.slice(TABLES, TABLES + 0x4000);
      const at = fillTlb(BigInt(linear), 4 | (write ? KIND_WRITE : 0), table);
      const after = memory.u8.slice(TABLES, TABLES + 0x4000);
      const tablesMarked = memory.dirtyPages.subarray(TABLES >> 12, (TABLES >> 12) + 4).includes(1);
      if (at === 0) assert.deepEqual(after, before);
      memory.u8.set(before, TABLES);
      const fault = state.u32[E.PAGE_FAULT >> 2]!;
      const allowed = translate(
        state,
        memory,
        (efer & C.EFER_LMA) === 0 ? linear >>> 0 : linear,
        write ? ACCESS_WRITE : ACCESS_READ,
        user ? VIEW_USER : VIEW_SUPERVISOR,
        t,
      );
      const outcome = at !== 0 ? 'filled' : fault !== 0 ? 'faulted' : 'refused';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (outcome === 'filled') {
        assert.ok(allowed, `round ${round}`);
        assert.deepEqual(memory.u8.subarray(TABLES, TABLES + 0x4000), after);
        const changed = !after.every((byte, i) => byte === before[i]);
        if (changed) flagsSet++;
        assert.ok(tablesMarked || !changed);
        assert.equal((state.u32[at >> 2]! + state.u32[(at + E.TLB_ADDEND) >> 2]!) >>> 0, t.frame);
        assert.equal(
          (state.u32[(at + E.TLB_NOTES) >> 2]! & E.TLB_GLOBAL) !== 0,
          (t.properties & PAGE_GLOBAL) !== 0,
        );
        if (write)
          assert.deepEqual([memory.dirtyPages[t.frame / 4096], memory.codePages[t.frame / 4096]], [1, 0]);
      } else if (outcome === 'faulted') {
        assert.equal(allowed, false, `round ${round}`);
        assert.equal((fault ^ E.PAGE_FAULT_FOUND) >>> 0, t.errorCode);
      }
    }
    assert.ok(flagsSet > 100);
    for (const outcome of ['filled', 'faulted', 'refused']) assert.ok(outcomes.get(outcome)! > 400, outcome);
  });
}
