// enterGate against x86/exceptions: from both levels, with and without an error code, through interrupt and trap gates, in
// long mode and outside it; and what it must leave alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { enterHandler } from '../../x86/exceptions/deliver.ts';
import { DATA_32 } from '../../x86/semantics/system/flat-segments.ts';
import * as C from '../../x86/state/control-bits.ts';
import { FLAG_AC, FLAG_IF, FLAG_NT, FLAG_RF, FLAG_TF } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { buildUserSpace, enterUserMode, KERNEL } from '../testing-user-program.ts';
import { InterpVcpu } from './interp-vcpu.ts';

const GDT_32 = 0x3000;
const IDT_32 = 0x4000;
const TSS_32 = 0x5000;
const STACK_32 = 0x6800;
const USER_STACK = 0x7800;

interface Machine {
  readonly vcpu: InterpVcpu;
  readonly memory: GuestMemory;
  /** Linear addresses of the tables, and of the stack of level 0. */
  readonly idt: number;
  readonly gdt: number;
  readonly tss: number;
  readonly stack: number;
}

function machine64(cpl: 0 | 3, bits: 32 | 64): Machine {
  const memory = new GuestMemory(4 << 20);
  buildUserSpace(memory, []);
  const vcpu = new InterpVcpu(bareWires(memory));
  const { state } = vcpu;
  enterUserMode(state, bits);
  if (cpl === 0) {
    state.cpl = 0;
    setFlat(vcpu, L.CS, 0x10, 0xa09b);
    setFlat(vcpu, L.SS, 0x18, DATA_32);
  }
  state.setGprNumber(L.RSP, cpl === 0 ? KERNEL + 0x1_3a48 : 0x7fff_1235);
  state.setNumber(L.RIP, cpl === 0 ? KERNEL + 0x1_2345 : 0x40_1234);
  vcpu.stateChanged();
  return {
    vcpu,
    memory,
    idt: KERNEL + 0x1_1000,
    gdt: KERNEL + 0x1_0000,
    tss: KERNEL + 0x1_0800,
    stack: KERNEL + 0x1_3f00,
  };
}

function setFlat({ state }: InterpVcpu, number: number, selector: number, attributes: number): void {
  const segment = state.segments[number]!;
  segment.selector = selector;
  segment.attributes = attributes;
  segment.base = 0;
  segment.limit = 0xffff_ffff;
}

function machine32(cpl: 0 | 3): Machine {
  const memory = new GuestMemory(1 << 20);
  const { view } = memory;
  const descriptors = [
    0n,
    0x00cf_9b00_0000_ffffn,
    0x00cf_9300_0000_ffffn,
    0x00cf_fb00_0000_ffffn,
    0x00cf_f300_0000_ffffn,
  ];
  for (const [i, descriptor] of descriptors.entries()) view.setBigUint64(GDT_32 + 8 * i, descriptor, true);
  for (let vector = 0; vector < 32; vector++) {
    const type = vector === 3 ? 0xef : 0x8e;
    view.setUint32(IDT_32 + 8 * vector, (8 << 16) | (0x9000 + 16 * vector), true);
    view.setUint32(IDT_32 + 8 * vector + 4, 0x0002_0000 | (type << 8), true);
  }
  view.setUint32(TSS_32 + 4, STACK_32, true);
  view.setUint16(TSS_32 + 8, 0x10, true);
  const vcpu = new InterpVcpu(bareWires(memory));
  const { state } = vcpu;
  enterFlat32(state, 0x1234);
  state.setNumber(L.GDTR_BASE, GDT_32);
  state.set32(L.GDTR_LIMIT, 0x27);
  state.setNumber(L.IDTR_BASE, IDT_32);
  state.set32(L.IDTR_LIMIT, 0xff);
  const tr = state.segments[L.TR]!;
  tr.selector = 0x28;
  tr.attributes = 0x8b;
  tr.base = TSS_32;
  tr.limit = 0x67;
  setFlat(vcpu, L.CS, cpl === 3 ? 0x1b : 8, cpl === 3 ? 0xc0fb : 0xc09b);
  setFlat(vcpu, L.SS, cpl === 3 ? 0x23 : 0x10, cpl === 3 ? 0xc0f3 : DATA_32);
  state.cpl = cpl;
  state.setGpr32(L.RSP, USER_STACK + 1);
  vcpu.stateChanged();
  return {
    vcpu,
    memory,
    idt: IDT_32,
    gdt: GDT_32,
    tss: TSS_32,
    stack: cpl === 3 ? STACK_32 - 8 : USER_STACK - 8,
  };
}

/** Puts the pages into the supervisor's TLB. */
function warm({ vcpu, idt, gdt, tss, stack }: Machine): void {
  const { memory } = vcpu.cpu;
  vcpu.mmu.selectTable(false);
  for (const address of [idt, gdt, tss]) memory.read8(address, 'supervisor');
  memory.probeWrite(stack, 1, 'supervisor');
  if (vcpu.state.cpl === 0) memory.probeWrite(stack, 1);
}

interface Contents {
  readonly state: Uint8Array;
  readonly ram: Uint8Array;
}
function contents({ vcpu, memory }: Machine): Contents {
  return { state: vcpu.state.u8.slice(0, L.SCRATCH), ram: memory.u8.slice(0, 1 << 17) };
}
function assertSame(actual: Contents, expected: Contents): void {
  assert.deepEqual(actual.state, expected.state);
  assert.equal(Buffer.compare(actual.ram, expected.ram), 0);
}

type Prepare = (machine: Machine) => void;

/** Enters the handler by both ways. */
function compare(
  make: () => Machine,
  vector: number,
  errorCode: number,
  software: boolean,
  prepare: Prepare,
): void {
  const [quick, careful] = [make(), make()] as const;
  for (const machine of [quick, careful]) {
    prepare(machine);
    warm(machine);
  }
  const entered = quick.vcpu.handlers.enterGate(vector, errorCode, software ? 1 : 0);
  assert.equal(entered, 1);
  const { enterGate: _, ...cpu } = careful.vcpu.cpu;
  enterHandler(cpu, vector, errorCode, software ? 'software' : 'exception');
  assertSame(contents(quick), contents(careful));
}

/** The quick way leaves everything as it is. */
function refuses(make: () => Machine, vector: number, software: boolean, prepare: Prepare): void {
  const machine = make();
  warm(machine);
  prepare(machine);
  const before = contents(machine);
  assert.equal(machine.vcpu.handlers.enterGate(vector, -1, software ? 1 : 0), 0);
  assertSame(contents(machine), before);
}

const flags =
  (value: number): Prepare =>
  ({ vcpu }) => {
    vcpu.state.rflags = value;
  };
const FLAGS = [0x2, 0xad7 | FLAG_IF, 0x2 | FLAG_IF | FLAG_TF | FLAG_NT | FLAG_RF, 0x246 | FLAG_AC | FLAG_IF];

const WAYS: readonly [string, () => Machine][] = [
  ['64-bit code of level 3', () => machine64(3, 64)],
  ['compatibility code of level 3', () => machine64(3, 32)],
  ['64-bit code of level 0', () => machine64(0, 64)],
  ['32-bit code of level 3', () => machine32(3)],
  ['32-bit code of level 0', () => machine32(0)],
];

for (const [name, make] of WAYS) {
  test(`events in ${name}`, () => {
    for (const value of FLAGS) {
      compare(make, 14, 6, false, flags(value));
      compare(make, 6, -1, false, flags(value));
      compare(make, 3, -1, true, flags(value));
    }
  });
  test(`unusual events in ${name}`, () => {
    const change =
      (where: 'gdt' | 'idt', offset: number, value: number): Prepare =>
      (machine) => {
        const { memory } = machine;
        memory.u8[(machine[where] & 0xf_ffff) + offset] = value;
      };
    const wide = make().gdt < 0;
    const gate = wide ? 16 * 14 : 8 * 14;
    refuses(make, 40, false, () => {});
    refuses(make, 14, false, change('idt', gate + 5, 0x0e));
    refuses(make, 14, false, change('idt', gate + 5, 0x86));
    refuses(make, 14, false, change('idt', gate + 2, 0));
    refuses(make, 14, false, change('idt', gate + 2, 0xf8));
    refuses(make, 14, false, change('gdt', (wide ? 0x10 : 8) + 5, 0x9a));
    refuses(make, 14, false, change('gdt', (wide ? 0x10 : 8) + 5, 0x9f));
    refuses(make, 14, false, ({ vcpu }) => vcpu.mmu.flushAll('dropGlobal'));
    if (make().vcpu.state.cpl === 3) refuses(make, 14, true, () => {});
  });
}

test('the interrupt stack table, and trap gates', () => {
  const make = () => machine64(3, 64);
  compare(make, 8, 0, false, ({ memory }) => {
    memory.view.setBigUint64(0x1_0800 + 0x24, BigInt.asUintN(64, BigInt(KERNEL + 0x1_3f08)), true);
    memory.u8[0x1_1000 + 16 * 8 + 4] = 1;
  });
  compare(make, 8, 0, false, ({ memory }) => {
    memory.u8[0x1_1000 + 16 * 8 + 5] = 0x8f;
  });
});

test('a frame that would lie in two pages', () => {
  refuses(
    () => machine64(0, 64),
    14,
    false,
    ({ vcpu }) => vcpu.state.setGprNumber(L.RSP, KERNEL + 0x1_3010),
  );
});

test('virtual-8086 mode is not its business', () => {
  refuses(
    () => machine32(3),
    14,
    false,
    ({ vcpu }) => {
      vcpu.state.cr4 = C.CR4_VME;
      vcpu.state.u32[L.FLAGS >> 2]! |= 1 << 17;
    },
  );
});
