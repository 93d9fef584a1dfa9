// Flags in regions: whatever sets them, whoever asks for them, and where a loop is left in its first instruction, on the
// way in or after going round; against the interpreter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { type InterpOptions, InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, emptyBus, enterFlat32 } from '../testing.ts';
import { JitVcpu } from './jit-vcpu.ts';

const DEVICE = 0xfee0_0000;
const PAGE_TABLES = 0x10_0000;
/** Addresses that a loop reads, one a time round, as dwords. */
const POINTERS = 0x20_0000;
const RESULTS = 0x30_0000;
const CODE = 0x1000;

/** Of EAX by EDX or a constant; `wide` may have REX.W before it. */
const SETTERS: readonly { readonly name: string; readonly bytes: readonly number[] }[] = [
  { name: 'add eax, edx', bytes: [0x01, 0xd0] },
  { name: 'sub eax, edx', bytes: [0x29, 0xd0] },
  { name: 'sub edx, 5', bytes: [0x83, 0xea, 5] },
  { name: 'cmp eax, edx', bytes: [0x39, 0xd0] },
  { name: 'cmp eax, -3', bytes: [0x83, 0xf8, 0xfd] },
  { name: 'test eax, edx', bytes: [0x85, 0xd0] },
  { name: 'xor eax, edx', bytes: [0x31, 0xd0] },
  { name: 'neg eax', bytes: [0xf7, 0xd8] },
  { name: 'adc eax, edx', bytes: [0x11, 0xd0] },
  { name: 'sbb eax, edx', bytes: [0x19, 0xd0] },
  { name: 'shl eax, 3', bytes: [0xc1, 0xe0, 3] },
  { name: 'shl eax, 1', bytes: [0xd1, 0xe0] },
  { name: 'shr eax, 3', bytes: [0xc1, 0xe8, 3] },
  { name: 'shr eax, 1', bytes: [0xd1, 0xe8] },
  { name: 'sar eax, 7', bytes: [0xc1, 0xf8, 7] },
  { name: 'shl eax, cl', bytes: [0xd3, 0xe0] },
  { name: 'sar eax, cl', bytes: [0xd3, 0xf8] },
  { name: 'rol eax, 5', bytes: [0xc1, 0xc0, 5] },
  { name: 'ror eax, 5', bytes: [0xc1, 0xc8, 5] },
  { name: 'ror eax, cl', bytes: [0xd3, 0xc8] },
  { name: 'rcl eax, 3', bytes: [0xc1, 0xd0, 3] },
  { name: 'imul eax, edx', bytes: [0x0f, 0xaf, 0xc2] },
  { name: 'imul eax, edx, 1000', bytes: [0x69, 0xc2, 0xe8, 3, 0, 0] },
  { name: 'mul edx', bytes: [0xf7, 0xe2] },
  { name: 'imul edx', bytes: [0xf7, 0xea] },
  { name: 'bt eax, edx', bytes: [0x0f, 0xa3, 0xd0] },
  { name: 'btc eax, 9', bytes: [0x0f, 0xba, 0xf8, 9] },
  { name: 'shld eax, edx, 4', bytes: [0x0f, 0xa4, 0xd0, 4] },
  { name: 'bsf eax, edx', bytes: [0x0f, 0xbc, 0xc2] },
  { name: 'popcnt eax, edx', bytes: [0xf3, 0x0f, 0xb8, 0xc2] },
];
const OTHERS: readonly { readonly name: string; readonly bytes: readonly number[] }[] = [
  { name: 'inc', bytes: [0xfe, 0xc0] },
  { name: 'dec', bytes: [0xff, 0xc8] },
  { name: 'stc', bytes: [0xf9] },
  { name: 'cmc', bytes: [0xf5] },
  { name: 'add al, dl', bytes: [0x00, 0xd0] },
  { name: 'sub ax, dx', bytes: [0x66, 0x29, 0xd0] },
  { name: 'cmp ah, dl', bytes: [0x38, 0xd4] },
  { name: 'shl al, 3', bytes: [0xc0, 0xe0, 3] },
  { name: 'sar ax, 3', bytes: [0x66, 0xc1, 0xf8, 3] },
  { name: 'shr ah, 1', bytes: [0xd0, 0xec] },
  { name: 'mul dl', bytes: [0xf6, 0xe2] },
  { name: 'imul dx', bytes: [0x66, 0xf7, 0xea] },
  { name: 'rol al, 3', bytes: [0xc0, 0xc0, 3] },
  { name: 'ror ax, 3', bytes: [0x66, 0xc1, 0xc8, 3] },
];
type Setter = (typeof SETTERS)[number];
/** REX.W comes before the opcode, after a repeat prefix. */
function wideForm({ name, bytes }: Setter): Setter {
  const at = bytes[0] === 0xf3 ? 1 : 0;
  return { name: `${name} (64 bits)`, bytes: [...bytes.slice(0, at), 0x48, ...bytes.slice(at)] };
}
const settersFor = (bits: 32 | 64) => [...SETTERS, ...OTHERS, ...(bits === 64 ? SETTERS.map(wideForm) : [])];

function dword(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff];
}

function enterFlat64(state: CpuState, memory: GuestMemory): void {
  enterFlat32(state, CODE);
  state.segments[L.CS]!.attributes = 0xa09b;
  const { view } = memory;
  const [directories, low, high] = [1, 2, 3].map((page) => PAGE_TABLES + 4096 * page) as [
    number,
    number,
    number,
  ];
  view.setUint32(PAGE_TABLES, directories | 3, true);
  view.setUint32(directories, low | 3, true);
  view.setUint32(directories + 8 * (DEVICE >>> 30), high | 3, true);
  for (let page = 0; page < 2; page++) view.setUint32(low + 8 * page, (page << 21) | 0x83, true);
  view.setUint32(high + 8 * ((DEVICE >>> 21) & 511), ((DEVICE & ~0x1f_ffff) | 0x83) >>> 0, true);
  state.set64(L.CR3, BigInt(PAGE_TABLES));
  state.cr4 = 0x20;
  state.efer = 0x500;
  state.cr0 = 0x8000_0011 | 0;
}

interface Outcome {
  /** Flags and instructions executed, at each access to the device. */
  readonly seen: readonly (readonly [number, number])[];
  readonly results: Uint8Array;
  readonly registers: readonly (number | bigint)[];
  readonly regions: number;
}

function run(code: readonly number[], bits: 32 | 64, translated: boolean, instructions: number): Outcome {
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(code, CODE);
  let random = 12345;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return random >>> 8;
  };
  for (let i = 0; i < 1024; i++) {
    const address = next() % 37 === 0 ? DEVICE : RESULTS + 0x1000 + 4 * (next() & 255);
    memory.view.setUint32(POINTERS + 4 * i, address, true);
  }
  for (let i = 0; i < 256; i++) memory.view.setUint32(RESULTS + 0x1000 + 4 * i, (next() << 8) ^ next(), true);
  memory.map(DEVICE, 0x1000, { name: 'witness', read: () => 0, write: () => {} });
  const seen: [number, number][] = [];
  const bus = {
    ...emptyBus,
    mmioRead: () => {
      seen.push([vcpu.state.rflags, vcpu.retired]);
      return 0x8000_0001 | 0;
    },
  };
  const wires: InterpOptions = bareWires(memory, bus);
  const vcpu: InterpVcpu = translated
    ? new JitVcpu(wires, { hotSamples: 1, sampleInterval: 200, batch: 1 })
    : new InterpVcpu(wires);
  if (bits === 64) enterFlat64(vcpu.state, memory);
  else enterFlat32(vcpu.state, CODE);
  vcpu.state.setGpr32(L.RDX, 0x9876_5432);
  vcpu.stateChanged();
  for (let done = 0; done < instructions; done += 997) vcpu.run(997);
  const { state } = vcpu;
  return {
    seen,
    results: memory.u8.slice(RESULTS, RESULTS + 0x1000),
    registers: [...Array(8).keys()]
      .map((r) => state.gpr(r) as number | bigint)
      .concat(state.rip, state.rflags),
    regions: vcpu.statistics().get('regions formed') ?? 0,
  };
}

function compare(code: readonly number[], bits: 32 | 64, what: string, instructions: number): Outcome {
  const expected = run(code, bits, false, instructions);
  const actual = run(code, bits, true, instructions);
  assert.ok(actual.regions > 0, `${what}: nothing was translated`);
  assert.deepEqual(actual.seen, expected.seen, `${what}: flags at the device`);
  assert.deepEqual(actual.registers, expected.registers, `${what}: registers`);
  assert.deepEqual(actual.results, expected.results, `${what}: results`);
  return actual;
}

for (const bits of [32, 64] as const) {
  test(`every condition after everything that sets flags, ${bits}-bit code`, () => {
    const setters = settersFor(bits);
    setters.forEach(({ name, bytes }, i) => {
      const before = setters[(i * 7 + 3) % setters.length]!;
      // again: another setter; the setter; SETcc [ebx + cc] for all; add esi by ADC; mov edx, [...]; jmp again
      const conditions = [...Array(16).keys()].flatMap((code) => [0x0f, 0x90 | code, 0x43, code]);
      const body = [
        ...[0x8b, 0x14, 0x8d, ...dword(RESULTS + 0x1000)], // mov edx, [RESULTS + 0x1000 + 4 * ecx]
        ...before.bytes,
        ...[0x8b, 0x3b], // mov edi, [ebx]: the flags live over an access
        ...bytes,
        ...conditions,
        ...[0x83, 0xd6, 0], // adc esi, 0
        ...[0x8d, 0x49, 1, 0x0f, 0xb6, 0xc9], // lea ecx, [ecx + 1]; movzx ecx, cl
        ...[0x8d, 0x5b, 0x10, 0x81, 0xe3, ...dword(RESULTS | 0xff0)], // lea ebx, [ebx + 16]; and ebx, RESULTS | 0xff0
      ];
      const code = [
        ...[0xbb, ...dword(RESULTS), 0xb9, 0, 0, 0, 0],
        ...body,
        0xe9,
        ...dword(-body.length - 5),
      ];
      compare(code, bits, `${before.name}; ${name}`, 2500);
    });
  });

  test(`a loop that is left at its first access sees the flags from before it, ${bits}-bit code`, () => {
    const setters = settersFor(bits);
    let witnessed = 0;
    setters.forEach(({ name, bytes }, i) => {
      const entry = setters[(i * 5 + 2) % setters.length]!;
      // What follows the setter may change its operands: nothing, mov edx, esi or mov eax, edi.
      const after = [[], [0x89, 0xf2], [0x89, 0xf8]][i % 3]!;
      const loop = [
        ...[0x8b, 0x1c, 0xad, ...dword(POINTERS)], // mov ebx, [POINTERS + 4 * ebp]
        ...[0x8d, 0x6d, 1], // lea ebp, [ebp + 1]
        ...[0x8b, 0x3b], // mov edi, [ebx]
        ...[0x01, 0xfe], // add esi, edi
        ...[0x8d, 0x04, 0x38], // lea eax, [eax + edi]
        ...bytes,
        ...after,
      ];
      const round = [
        ...[0x89, 0xf0], // mov eax, esi
        ...entry.bytes,
        ...[0xb9, ...dword(7)], // mov ecx, 7
        ...loop,
        // LOOP or a condition: neither changes flags.
        ...[i % 2 ? 0xe2 : 0x70 | ((i >> 1) & 15), (-loop.length - 2) & 0xff],
      ];
      const setUp = [0xbd, 0, 0, 0, 0]; // mov ebp, 0
      const code = [...setUp, ...round, 0xe9, ...dword(-round.length - 5)];
      witnessed += compare(code, bits, `${entry.name}; loop ... ${name}`, 4000).seen.length;
    });
    assert.ok(witnessed > 3 * setters.length, `the device was read ${witnessed} times`);
  });

  test(`INC and DEC keep a carry that is not known where they stand, ${bits}-bit code`, () => {
    const setters = settersFor(bits);
    const steps = [
      [0xff, 0xc0], // inc eax
      [0xff, 0xc8], // dec eax
      [0xfe, 0xc0], // inc al
      [0x66, 0xff, 0xc8], // dec ax
      [0xfe, 0xc8, 0xff, 0xc2], // dec al; inc edx
      ...(bits === 64
        ? [
            [0x48, 0xff, 0xc0], // inc rax
            [0x48, 0xff, 0xca], // dec rdx
          ]
        : []),
    ];
    // What comes after the step and keeps some of its flags: nothing, rol eax, 5; ror eax, 3; bt eax, edx; stc
    const keepers = [[], [0xc1, 0xc0, 5], [0xc1, 0xc8, 3], [0x0f, 0xa3, 0xd0], [0xf9]];
    let witnessed = 0;
    setters.forEach(({ name, bytes }, i) => {
      const entry = setters[(i * 5 + 2) % setters.length]!;
      const step = steps[i % steps.length]!;
      const keeper = keepers[(i >> 1) % keepers.length]!;
      const loop = [
        ...step,
        ...[0x8b, 0x1c, 0xad, ...dword(POINTERS)], // mov ebx, [POINTERS + 4 * ebp]
        ...[0x8d, 0x6d, 1], // lea ebp, [ebp + 1]
        ...[0x8b, 0x3b], // mov edi, [ebx]
        ...keeper,
        ...[0x8b, 0x3b], // mov edi, [ebx]
        // adc esi, edi; or setp dl; or mov edx, esi
        ...[
          [0x11, 0xfe],
          [0x0f, 0x9a, 0xc2],
          [0x89, 0xf2],
        ][i % 3]!,
        ...[0x8d, 0x04, 0x38], // lea eax, [eax + edi]
        ...bytes,
      ];
      const round = [
        ...[0x89, 0xf0], // mov eax, esi
        ...entry.bytes,
        ...[0xb9, ...dword(7)], // mov ecx, 7
        ...loop,
        ...[i % 2 ? 0xe2 : 0x70 | ((i >> 1) & 15), (-loop.length - 2) & 0xff],
      ];
      const code = [0xbd, 0, 0, 0, 0, ...round, 0xe9, ...dword(-round.length - 5)];
      witnessed += compare(code, bits, `${entry.name}; loop ... ${name}`, 4000).seen.length;
    });
    assert.ok(witnessed > 3 * setters.length, `the device was read ${witnessed} times`);
  });
}
