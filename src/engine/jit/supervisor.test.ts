// Instructions of systems within regions, against the interpreter: user pages opened by STAC and closed by CLAC, STI with
// and without an interrupt that waits, the time in the midst of a block.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { CR4_SMAP } from '../../x86/state/control-bits.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires } from '../testing.ts';
import { buildUserSpace, enterUserMode, KERNEL, USER_PAGES } from '../testing-user-program.ts';
import { JitVcpu } from './jit-vcpu.ts';

const CODE = 0x1_8000;
const USER = 0x40_0000;
const KERNEL_DATA = KERNEL + 0x1_9000;

interface Machine {
  readonly vcpu: InterpVcpu;
  /** Whether an interrupt is pending; vector 33. */
  waits: boolean;
}

/** Code at level 0 in long mode, with SMAP; RSI is an address of a user page, RBP one of the kernel's data. */
function start(code: readonly number[], translated: boolean): Machine {
  const memory = new GuestMemory(4 << 20);
  buildUserSpace(memory, [{ linear: USER, physical: USER_PAGES, writable: true, executable: false }]);
  memory.u8.set(code, CODE);
  memory.view.setUint32(USER_PAGES, 3, true);
  const wires = bareWires(memory);
  const machine: Machine = { waits: false } as Machine;
  const interrupts = {
    pending: () => machine.waits,
    acknowledge: () => {
      machine.waits = false;
      return 30;
    },
  };
  let vcpu: InterpVcpu;
  const options = { ...wires, interrupts, timeStamp: () => vcpu.retired };
  vcpu = translated ? new JitVcpu(options, { eager: true }) : new InterpVcpu(options);
  const { state } = vcpu;
  enterUserMode(state, 64);
  state.cpl = 0;
  for (const [number, selector, attributes] of [
    [L.CS, 0x10, 0xa09b],
    [L.SS, 0x18, 0xc093],
  ] as const) {
    const segment = state.segments[number]!;
    segment.selector = selector;
    segment.attributes = attributes;
    segment.base = 0;
    segment.limit = 0xffff_ffff;
  }
  state.cr4 |= CR4_SMAP;
  state.rflags = 2;
  state.setNumber(L.RIP, KERNEL + CODE);
  state.setGprNumber(L.RSP, KERNEL + 0x1_4000);
  state.setGprNumber(L.RSI, USER);
  state.setGprNumber(L.RBP, KERNEL_DATA);
  state.setGprNumber(L.RCX, 30_000);
  vcpu.stateChanged();
  return Object.assign(machine, { vcpu });
}

function summary({ vcpu: { state, retired } }: Machine): unknown {
  const registers = Array.from({ length: 16 }, (_, i) => state.gpr(i));
  return [
    retired,
    state.rip,
    registers,
    state.rflags,
    state.cr2,
    state.get32(L.SHADOW),
    state.get32(L.ACTIVITY),
  ];
}

/** Runs both engines in pieces; `between` comes before each. */
function compare(
  code: readonly number[],
  between: (machine: Machine, piece: number) => void = () => {},
): Machine {
  const machines = [start(code, false), start(code, true)] as const;
  for (let piece = 0; piece < 40; piece++) {
    for (const machine of machines) {
      between(machine, piece);
      machine.vcpu.run(9973);
    }
    assert.deepEqual(summary(machines[1]), summary(machines[0]), `piece ${piece}`);
  }
  const counts = machines[1].vcpu.statistics();
  assert.ok(counts.get('regions compiled')! > 0, 'no region');
  return machines[1];
}

const STAC = [0x0f, 0x01, 0xcb];
const CLAC = [0x0f, 0x01, 0xca];
const LOAD_USER = [0x8b, 0x06]; // mov eax, [rsi]
const ADD_USER = [0x03, 0x1e]; // add ebx, [rsi]
const FIFTH_LAST = [0x83, 0xf9, 5]; // cmp ecx, 5
/** dec ecx; jnz to the first byte; hlt */
const loop = (body: readonly number[]) => [...body, 0xff, 0xc9, 0x75, -(body.length + 4) & 0xff, 0xf4];

test('a user page is closed again after CLAC, to the register that has just read it too', () => {
  const { vcpu } = compare(loop([...STAC, ...LOAD_USER, ...CLAC, ...FIFTH_LAST, 0x75, 2, ...ADD_USER]));
  assert.equal(vcpu.state.gpr32(L.RCX), 5);
  assert.equal(vcpu.state.cr2, USER);
});

test('and to another register', () => {
  // mov rdi, rbp; cmp ecx, 5; cmove rdi, rsi; add ebx, [rdi]
  const tail = [0x48, 0x89, 0xef, ...FIFTH_LAST, 0x48, 0x0f, 0x44, 0xfe, 0x03, 0x1f];
  const { vcpu } = compare(loop([...STAC, ...LOAD_USER, ...CLAC, ...tail]));
  assert.equal(vcpu.state.gpr32(L.RCX), 5);
});

test('the kernel can be left open', () => {
  const { vcpu } = compare(loop([...STAC, ...LOAD_USER, ...ADD_USER, 0x03, 0x5d, 0x00]));
  assert.equal(vcpu.state.gpr32(L.RCX), 0);
});

test('STI, NOP, CLI with interrupts that come between two pieces', () => {
  // sti; inc edx; cli; an interrupt is taken after the INC
  const code = loop([0xfb, 0xff, 0xc2, 0xfa]);
  compare(code, (machine, piece) => {
    if (piece === 20) machine.waits = true;
  });
});

test('the time is exact within a block', () => {
  // rdtsc; add rbx, rax; inc edx; rdtsc; add rbx, rax
  compare(loop([0x0f, 0x31, 0x48, 0x01, 0xc3, 0xff, 0xc2, 0x0f, 0x31, 0x48, 0x01, 0xc3]));
});

test('bases of segments are written by WRMSR; an address that is not canonical faults', () => {
  const lines: number[] = [];
  for (const [index, high] of [
    [0x00, 0],
    [0x01, 0xffff_8000],
    [0x02, 0x7fff],
  ] as const) {
    // mov ecx, C000_0100h + index; mov eax, esi; mov edx, high; wrmsr; rdmsr; add rbx, rax; add rbx, rdx
    lines.push(
      0xb9,
      index,
      1,
      0,
      0xc0,
      0x89,
      0xf0,
      0xba,
      high & 255,
      (high >> 8) & 255,
      (high >> 16) & 255,
      high >>> 24,
    );
    lines.push(0x0f, 0x30, 0x0f, 0x32, 0x48, 0x01, 0xc3, 0x48, 0x01, 0xd3);
  }
  const { vcpu } = compare(loop([0x51, ...lines, 0x59]));
  assert.equal(vcpu.state.get64(L.KERNEL_GS_BASE), 0x7fff_0040_0000n);
  // The last turns: mov edx, 8000h with ECX naming the base of FS.
  const bad = [0x51, 0x83, 0xf9, 5, 0xba, 0, 0x80, 0, 0, 0xb8, 0, 0, 0, 0, 0x0f, 0x45, 0xd0];
  const faulted = compare(loop([...bad, 0xb9, 0, 1, 0, 0xc0, 0x0f, 0x30, 0x59])).vcpu;
  assert.equal(faulted.state.gpr32(L.RDX), 0x8000);
});
