import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuestFault, PF } from '../exceptions/fault.ts';
import * as C from '../state/control-bits.ts';
import { FLAG_AC } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { makeTestCpu, type TestCpu } from '../testing/test-cpu.ts';
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  newPageTranslation,
  PAGE_GLOBAL,
  PAGE_NO_EXECUTE,
  PAGE_USER,
  PAGE_WRITABLE,
  translate,
  VIEW_IMPLICIT,
  VIEW_SUPERVISOR,
  VIEW_USER,
} from './walk.ts';

const P = 1;
const W = 2;
const U = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const G = 0x100;
const NX = 1 << 31;

type Format = '32-bit' | 'PAE' | '4-level';

/** Tables at 1000h (root), 2000h, 3000h, 4000h; the leaf maps linear 0x40305000 to 5000h. */
const LINEAR = 0x4030_5000;

function build(format: Format, options: { leaf?: number; leafHigh?: number; upper?: number } = {}): TestCpu {
  const rig = makeTestCpu();
  const { state, ram } = rig;
  const upper = options.upper ?? P | W | U;
  const leaf = options.leaf ?? P | W | U;
  state.cr0 = C.CR0_PE | C.CR0_PG | C.CR0_WP;
  state.set64(L.CR3, 0x1000n);
  if (format === '32-bit') {
    ram.write32(0x1000 + (LINEAR >>> 22) * 4, 0x2000 | upper);
    ram.write32(0x2000 + ((LINEAR >>> 12) & 0x3ff) * 4, 0x5000 | leaf);
  } else {
    state.cr4 = C.CR4_PAE;
    state.efer = C.EFER_NXE;
    const directory = 0x3000;
    if (format === 'PAE') {
      state.set64(L.PDPTE + 8, BigInt(directory | P));
    } else {
      state.efer |= C.EFER_LME | C.EFER_LMA;
      ram.write32(0x1000, 0x2000 | upper);
      ram.write32(0x2000 + 8, directory | upper);
    }
    ram.write32(directory + ((LINEAR >>> 21) & 0x1ff) * 8, 0x4000 | upper);
    const at = 0x4000 + ((LINEAR >>> 12) & 0x1ff) * 8;
    ram.write32(at, 0x5000 | leaf);
    ram.write32(at + 4, options.leafHigh ?? 0);
  }
  updateDerivedState(state);
  return rig;
}

const leafAddress = (format: Format) =>
  format === '32-bit' ? 0x2000 + ((LINEAR >>> 12) & 0x3ff) * 4 : 0x4000 + ((LINEAR >>> 12) & 0x1ff) * 8;

/** Error code, or -1 when the access is allowed. */
function outcome(rig: TestCpu, access: number, view: number, linear = LINEAR): number {
  const result = newPageTranslation();
  return translate(rig.state, rig.ram, linear, access, view, result) ? -1 : result.errorCode;
}

const FORMATS: readonly Format[] = ['32-bit', 'PAE', '4-level'];

test('a walk finds the frame and sets accessed and dirty flags', () => {
  for (const format of FORMATS) {
    const rig = build(format);
    const result = newPageTranslation();
    assert.equal(translate(rig.state, rig.ram, LINEAR + 0x123, ACCESS_READ, VIEW_USER, result), true, format);
    assert.equal(result.frame, 0x5000);
    assert.equal(result.properties & (PAGE_USER | PAGE_WRITABLE), PAGE_USER | PAGE_WRITABLE);
    assert.equal(rig.ram.read32(leafAddress(format)), 0x5000 | P | W | U | A);
    translate(rig.state, rig.ram, LINEAR, ACCESS_WRITE, VIEW_USER, result);
    assert.equal(rig.ram.read32(leafAddress(format)), 0x5000 | P | W | U | A | D);
    if (format === '4-level') assert.equal(rig.ram.read32(0x1000), 0x2000 | P | W | U | A);
  }
});

test('every combination of rights, view and access gives the right to pass or the right code', () => {
  for (const format of FORMATS) {
    for (let bits = 0; bits < 512; bits++) {
      const upper = P | ((bits & 1) * W) | (((bits >> 1) & 1) * U);
      const leaf = P | (((bits >> 2) & 1) * W) | (((bits >> 3) & 1) * U);
      const noExecute = format !== '32-bit' && (bits & 16) !== 0;
      const wp = (bits & 32) !== 0;
      const smep = (bits & 64) !== 0;
      const smap = (bits & 128) !== 0;
      const ac = (bits & 256) !== 0;
      const rig = build(format, { upper, leaf, leafHigh: noExecute ? NX : 0 });
      const { state } = rig;
      state.cr0 = C.CR0_PE | C.CR0_PG | (wp ? C.CR0_WP : 0);
      state.cr4 |= (smep ? C.CR4_SMEP : 0) | (smap ? C.CR4_SMAP : 0);
      if (ac) state.rflags = FLAG_AC | 2;
      // PAE's PDPTEs have no rights; 32-bit and 4-level have them at each level.
      const user = (upper & leaf & U) !== 0;
      const writable = (upper & leaf & W) !== 0;
      const fetchBit = format !== '32-bit' || smep ? 16 : 0;
      for (const view of [VIEW_SUPERVISOR, VIEW_USER, VIEW_IMPLICIT]) {
        const asUser = view === VIEW_USER;
        const smapCloses = !asUser && user && smap && (!ac || view === VIEW_IMPLICIT);
        const expected = [
          asUser ? user : !smapCloses,
          asUser ? user && writable : !smapCloses && (writable || !wp),
          asUser ? user && !noExecute : !noExecute && !(smep && user),
        ];
        for (const access of [ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE]) {
          const code =
            1 |
            (access === ACCESS_WRITE ? 2 : 0) |
            (asUser ? 4 : 0) |
            (access === ACCESS_EXECUTE ? fetchBit : 0);
          const message = `${format} bits ${bits.toString(2)} view ${view} access ${access}`;
          assert.equal(outcome(rig, access, view), expected[access] ? -1 : code, message);
        }
      }
    }
  }
});

test('a walk that faults leaves the tables alone', () => {
  const rig = build('4-level', { leaf: P });
  assert.equal(outcome(rig, ACCESS_WRITE, VIEW_USER), 7);
  assert.equal(rig.ram.read32(0x1000) & A, 0);
  assert.equal(rig.ram.read32(leafAddress('4-level')), 0x5000 | P);
});

test('not present at each level is an error code without P', () => {
  for (const format of FORMATS) {
    assert.equal(outcome(build(format, { leaf: W | U }), ACCESS_WRITE, VIEW_USER), 6);
    assert.equal(outcome(build(format, { upper: W | U }), ACCESS_READ, VIEW_SUPERVISOR), 0);
  }
  const rig = build('PAE');
  rig.state.set64(L.PDPTE + 8, 0x3000n);
  assert.equal(outcome(rig, ACCESS_READ, VIEW_SUPERVISOR), 0);
});

test('reserved bits fault with RSVD', () => {
  assert.equal(outcome(build('4-level', { leafHigh: 1 << 8 }), ACCESS_READ, VIEW_USER), 1 | 4 | 8);
  assert.equal(
    outcome(build('4-level', { leafHigh: 1 << 20 }), ACCESS_READ, VIEW_USER),
    -1,
    'bits 62:52 are ignored',
  );
  assert.equal(
    outcome(build('PAE', { leafHigh: 1 << 20 }), ACCESS_READ, VIEW_USER),
    1 | 4 | 8,
    'but not in PAE',
  );
  const nx = build('4-level', { leafHigh: NX });
  nx.state.efer &= ~C.EFER_NXE;
  assert.equal(outcome(nx, ACCESS_READ, VIEW_USER), 1 | 4 | 8);
  assert.equal(outcome(nx, ACCESS_EXECUTE, VIEW_USER), 1 | 4 | 8, 'I/D only with NXE or SMEP');
  const pml4 = build('4-level');
  pml4.ram.write32(0x1000, 0x2000 | P | W | U | PS);
  assert.equal(outcome(pml4, ACCESS_READ, VIEW_SUPERVISOR), 9);
});

test('large pages: 4 MiB with PSE-36, 2 MiB, 1 GiB', () => {
  const pse = build('32-bit');
  const result = newPageTranslation();
  // Frame 1_0040_0000h: bit 32 in bit 13 of the entry.
  pse.ram.write32(0x1000 + (LINEAR >>> 22) * 4, 0x0040_0000 | (1 << 13) | PS | P | W | U);
  pse.state.cr4 |= C.CR4_PSE;
  assert.equal(translate(pse.state, pse.ram, LINEAR, ACCESS_WRITE, VIEW_USER, result), true);
  assert.equal(result.frame, 0x1_0040_0000 + (LINEAR & 0x3f_f000));
  assert.equal(result.pageShift, 22);
  pse.ram.write32(0x1000 + (LINEAR >>> 22) * 4, 0x0040_0000 | (1 << 21) | PS | P | W | U);
  assert.equal(outcome(pse, ACCESS_READ, VIEW_USER), 13);

  for (const format of ['PAE', '4-level'] as const) {
    const rig = build(format);
    const at = 0x3000 + ((LINEAR >>> 21) & 0x1ff) * 8;
    rig.ram.write32(at, 0x0060_0000 | PS | P | W | U | G);
    rig.ram.write32(at + 4, NX);
    rig.state.cr4 |= C.CR4_PGE;
    assert.equal(translate(rig.state, rig.ram, LINEAR, ACCESS_WRITE, VIEW_USER, result), true);
    assert.equal(result.frame, 0x0060_0000 + (LINEAR & 0x1f_f000));
    assert.equal(result.pageShift, 21);
    assert.equal(result.properties & (PAGE_GLOBAL | PAGE_NO_EXECUTE), PAGE_GLOBAL | PAGE_NO_EXECUTE);
    assert.equal(rig.ram.read32(at) & (A | D), A | D);
    rig.ram.write32(at, 0x0060_0000 | (1 << 13) | PS | P | W | U);
    assert.equal(outcome(rig, ACCESS_READ, VIEW_USER), 13);
  }
  const giant = build('4-level');
  giant.ram.write32(0x2008, 0x8000_0000 | PS | P | W | U);
  assert.equal(translate(giant.state, giant.ram, LINEAR, ACCESS_READ, VIEW_USER, result), true);
  assert.equal(result.frame, 0x8000_0000 + (LINEAR & 0x3fff_f000));
  assert.equal(result.pageShift, 30);
});

test('the upper half of the canonical space', () => {
  const rig = build('4-level');
  const linear = -0x1000;
  rig.ram.write32(0x1000 + 511 * 8, 0x2000 | P | W);
  rig.ram.write32(0x2000 + 511 * 8, 0x3000 | P | W);
  rig.ram.write32(0x3000 + 511 * 8, 0x4000 | P | W);
  rig.ram.write32(0x4000 + 511 * 8, 0x6000 | P | W | G);
  rig.memory.write32(linear + 8, 0xdead_beef);
  assert.equal(rig.ram.read32(0x6008), 0xdead_beef);
  assert.equal(rig.memory.read64(-0x1000 + 4), 0xdead_beef_0000_0000n);
  assert.throws(() => rig.memory.read8(0x8000_0000_0000), { vector: 13, errorCode: 0 });
});

test('accesses over a page boundary check both pages first', () => {
  const rig = build('32-bit');
  rig.memory.write32(LINEAR + 0xffc, 0x1122_3344);
  assert.throws(
    () => rig.memory.write32(LINEAR + 0xffe, 0),
    (fault: GuestFault) => fault.vector === PF && fault.errorCode === 2,
  );
  assert.equal(rig.state.cr2, LINEAR + 0x1000);
  assert.equal(rig.ram.read32(0x5ffc), 0x1122_3344);
  rig.ram.write32(leafAddress('32-bit') + 4, 0x8000 | P | W);
  rig.memory.write32(LINEAR + 0xffe, 0xaabb_ccdd);
  assert.equal(rig.ram.read16(0x5ffe), 0xccdd);
  assert.equal(rig.ram.read16(0x8000), 0xaabb);
  assert.equal(rig.memory.read32(LINEAR + 0xffe), 0xaabb_ccdd);
  rig.memory.write64(LINEAR + 0xffd, 0x0102_0304_0506_0708n);
  assert.equal(rig.memory.read64(LINEAR + 0xffd), 0x0102_0304_0506_0708n);
});

test('stale translations stay until they are flushed, and global ones longer', () => {
  const rig = build('32-bit');
  rig.state.cr4 |= C.CR4_PGE;
  rig.ram.write8(0x5000, 1);
  rig.ram.write8(0x6000, 2);
  assert.equal(rig.memory.read8(LINEAR), 1);
  rig.ram.write32(leafAddress('32-bit'), 0x6000 | P | W | U | G);
  assert.equal(rig.memory.read8(LINEAR), 1);
  rig.memory.flushPage(LINEAR);
  assert.equal(rig.memory.read8(LINEAR), 2);
  rig.ram.write32(leafAddress('32-bit'), 0x5000 | P | W | U);
  rig.memory.flushAll('keepGlobal');
  assert.equal(rig.memory.read8(LINEAR), 2);
  rig.memory.flushAll('dropGlobal');
  assert.equal(rig.memory.read8(LINEAR), 1);
});

test('fetches stop before a page that cannot be executed', () => {
  const rig = build('4-level');
  const code = new Uint8Array(15);
  assert.equal(rig.memory.fetch(LINEAR + 0xffa, code), 6);
  assert.equal(rig.memory.fetch(LINEAR + 0x1000, code), 0);
  assert.throws(() => rig.memory.probeFetch(LINEAR + 0x1000), { vector: PF, errorCode: 16 });
});

test('alignment is checked for user code only, with AM and AC', () => {
  const rig = build('32-bit');
  rig.state.cr0 |= C.CR0_AM;
  rig.state.rflags = FLAG_AC | 2;
  assert.equal(rig.memory.read16(LINEAR + 1), 0);
  rig.state.cpl = 3;
  assert.throws(() => rig.memory.read16(LINEAR + 1), { vector: 17, errorCode: 0 });
  assert.equal(rig.memory.read16(LINEAR + 1, 'supervisor'), 0);
});
