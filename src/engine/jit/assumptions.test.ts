// Regions that assume plain floating point, while it stops being that: between two runs, and in the region itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { CR0_TS } from '../../x86/state/control-bits.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { buildUserSpace, enterUserMode, exceptionTaken, USER_PAGES } from '../testing-user-program.ts';
import { JitVcpu } from './jit-vcpu.ts';

const CODE = 0x1000;
const CONTROLS = 0x8000;
const CR4_OSFXSR = 0x200;

// loop: addsd xmm0, xmm1; mulsd xmm0, xmm2; dec ecx; jnz loop; jmp loop
const PLAIN = [0xf2, 0x0f, 0x58, 0xc1, 0xf2, 0x0f, 0x59, 0xc2, 0x49, 0x75, 0xf5, 0xeb, 0xf3];
// loop: addsd xmm0, xmm1; ldmxcsr [8000h]; mulsd xmm0, xmm2; ldmxcsr [8004h]; dec ecx; jnz loop; jmp loop
const SWITCHING = [
  ...[0xf2, 0x0f, 0x58, 0xc1, 0x0f, 0xae, 0x15, 0, 0x80, 0, 0],
  ...[0xf2, 0x0f, 0x59, 0xc2, 0x0f, 0xae, 0x15, 4, 0x80, 0, 0],
  ...[0x49, 0x75, 0xe7, 0xeb, 0xe5],
];

function start(code: readonly number[], translated: boolean): InterpVcpu {
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(code, CODE);
  memory.view.setUint32(CONTROLS, 0x7fa0, true);
  memory.view.setUint32(CONTROLS + 4, 0x3fa0, true);
  const wires = bareWires(memory);
  const vcpu = translated ? new JitVcpu(wires, { eager: true }) : new InterpVcpu(wires);
  const { state } = vcpu;
  enterFlat32(state, CODE);
  state.cr4 = CR4_OSFXSR;
  state.set32(L.MXCSR, 0x1fa0);
  state.setGpr32(L.RCX, 1 << 30);
  for (const [register, value] of [1, 0.1, 0.999].entries())
    state.view.setFloat64(L.XMM + 16 * register, value, true);
  vcpu.stateChanged();
  return vcpu;
}

function summary({ state, retired }: InterpVcpu): unknown[] {
  const { view } = state;
  return [retired, state.rip, state.gpr32(L.RCX), state.get32(L.MXCSR), view.getBigUint64(L.XMM, true)];
}

/** Runs both engines; `change` comes between two runs. */
function compare(code: readonly number[], changes: readonly ((state: CpuState) => void)[]): void {
  const engines = [start(code, false), start(code, true)] as const;
  for (const change of [() => {}, ...changes]) {
    for (const engine of engines) {
      change(engine.state);
      engine.stateChanged();
      engine.run(10_007);
    }
    assert.deepEqual(summary(engines[1]), summary(engines[0]));
  }
  const formed = (engines[1] as JitVcpu).statistics().get('regions compiled')!;
  assert.ok(formed > 0, 'no region');
}

test('rounding, flags and masks that change between two runs', () => {
  const set = (mxcsr: number) => (state: CpuState) => state.set32(L.MXCSR, mxcsr);
  compare(PLAIN, [set(0x7fa0), set(0x1f80), set(0x9fe0), set(0x5f80), set(0x1fa0)]);
});

test('control words that are loaded in the loop', () => compare(SWITCHING, [() => {}]));

test('a unit that is switched off', () => {
  compare(PLAIN, [
    (state) => {
      state.cr0 |= CR0_TS;
    },
  ]);
});

test('what the x87 unit raises comes before the page fault of its operand', () => {
  const [code, data] = [0x40_0000, 0x50_0000];
  // loop: fld qword [rdi]; fstp st(0); jmp loop
  const loop = [0xdd, 0x07, 0xdd, 0xd8, 0xeb, 0xfa];
  const cases: [string, number, (state: CpuState) => void][] = [
    ['nothing', 14, () => {}],
    [
      'CR0.TS',
      7,
      (state) => {
        state.cr0 |= CR0_TS;
      },
    ],
    [
      'an exception that waits',
      16,
      (state) => {
        state.set32(L.FCW, 0x37e);
        state.set32(L.FSW, 0x8081);
      },
    ],
  ];
  for (const translated of [false, true]) {
    for (const [name, vector, change] of cases) {
      const memory = new GuestMemory(4 << 20);
      const rights = { writable: false, executable: true };
      buildUserSpace(memory, [
        { linear: code, physical: USER_PAGES, ...rights },
        { linear: data, physical: USER_PAGES + 0x1000, ...rights },
      ]);
      memory.u8.set(loop, USER_PAGES);
      const vcpu = translated
        ? new JitVcpu(bareWires(memory), { eager: true })
        : new InterpVcpu(bareWires(memory));
      const { state } = vcpu;
      enterUserMode(state, 64);
      state.rip = code;
      state.setGpr(L.RDI, BigInt(data));
      state.set32(L.FCW, 0x37f);
      vcpu.stateChanged();
      vcpu.run(3000);
      assert.equal(exceptionTaken(state, memory), null);
      // The next page is not there.
      state.setGpr(L.RDI, BigInt(data + 0x1000));
      change(state);
      vcpu.stateChanged();
      vcpu.run(100);
      const taken = exceptionTaken(state, memory);
      assert.deepEqual([taken?.vector, taken?.rip], [vector, BigInt(code)], `${name}, ${translated}`);
    }
  }
});
