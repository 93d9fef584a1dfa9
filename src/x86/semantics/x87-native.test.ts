// x87 instructions, as bytes through decoder, meaning and helpers, against the host's own: the whole FXSAVE
// image (without pointers and opcode, which processors keep differently), RFLAGS, RAX and the memory operand.
//
// Transcendental results may differ from the host's in the last place: those are compared within one unit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNative, TRAP_MXCSR } from '../../../test/isa/native/native.ts';
import {
  randomBinary32,
  randomBinary64,
  randomExtended,
  randomNear,
  randomSource,
} from '../../../test/isa/native/operands.ts';
import { GuestFault, MF } from '../exceptions/fault.ts';
import * as L from '../state/layout.ts';
import { TestProcessor } from './testing.ts';

const native = openNative();
const skip = typeof native === 'string' ? native : false;
if (typeof native !== 'string') native.trap();
const COUNT = Number(process.env.DOPPEL_X87_CASES ?? 150);
const SEQUENCES = Number(process.env.DOPPEL_X87_SEQUENCES ?? 300);
const SHOW = Number(process.env.DOPPEL_SHOW ?? 3);

const IMAGE = 0;
const RESULT = 0x200;
const MEMORY = 0x400;
const MEMORY_SIZE = 112;
const FLAGS_IN = 0x500;
const FLAGS_OUT = 0x508;
const RAX_OUT = 0x510;
const RAX_IN = 0x518;

const disp32 = (value: number): number[] => [value & 255, (value >> 8) & 255, 0, 0];

function hostCode(instruction: readonly number[]): number[] {
  const before = [
    ...[0x0f, 0xae, 0x8f, ...disp32(IMAGE)], // fxrstor [rdi]
    ...[0x48, 0x8b, 0x87, ...disp32(RAX_IN)], // mov rax, [rdi + RAX_IN]
    ...[0xff, 0xb7, ...disp32(FLAGS_IN), 0x9d], // push [rdi + FLAGS_IN]; popfq
  ];
  return [
    ...[0x4c, 0x8d, 0x1d, before.length + instruction.length, 0, 0, 0], // lea r11, [rip + ...]
    ...before,
    ...instruction,
    ...[0x0f, 0xae, 0x87, ...disp32(RESULT)], // fxsave
    ...[0x9c, 0x8f, 0x87, ...disp32(FLAGS_OUT)], // pushfq; pop [rdi + FLAGS_OUT]
    ...[0x48, 0x89, 0x87, ...disp32(RAX_OUT), 0xdb, 0xe3, 0xc3], // mov [rdi + RAX_OUT], rax; fninit; ret
  ];
}

interface Case {
  name: string;
  bytes: number[];
  /** Largest difference of significands in units of the last place. */
  tolerance: bigint;
  /** FSW bits that are compared. */
  status: number;
  /** A sequence instead of `bytes`. */
  parts?: number[][];
}

/** An instruction with the memory operand at [rdi + MEMORY]. */
const memory = (name: string, opcode: number, extension: number, ...prefix: number[]): Case => ({
  name,
  bytes: [...prefix, opcode, 0x87 | (extension << 3), ...disp32(MEMORY)],
  tolerance: 0n,
  status: 0xffff,
});
const register = (name: string, ...bytes: number[]): Case => ({ name, bytes, tolerance: 0n, status: 0xffff });
/** C1 tells the direction of rounding, which may differ with the last place. */
const approximate = (name: string, ...bytes: number[]): Case => ({
  name,
  bytes,
  tolerance: 1n,
  status: 0xfdff,
});

const ARITHMETIC = ['FADD', 'FMUL', 'FCOM', 'FCOMP', 'FSUB', 'FSUBR', 'FDIV', 'FDIVR'];
const cases: Case[] = [
  ...ARITHMETIC.flatMap((name, n) => [
    memory(`${name} m32`, 0xd8, n),
    memory(`${name} m64`, 0xdc, n),
    memory(`FI${name.slice(1)} m32`, 0xda, n),
    memory(`FI${name.slice(1)} m16`, 0xde, n),
    register(`${name} st0,st2`, 0xd8, 0xc2 + 8 * n),
    ...(n === 2 || n === 3
      ? []
      : [register(`${name} st3,st0`, 0xdc, 0xc3 + 8 * n), register(`${name}P`, 0xde, 0xc1 + 8 * n)]),
  ]),
  memory('FLD m32', 0xd9, 0),
  memory('FLD m64', 0xdd, 0),
  memory('FLD m80', 0xdb, 5),
  register('FLD st1', 0xd9, 0xc1),
  register('FLD st7', 0xd9, 0xc7),
  memory('FST m32', 0xd9, 2),
  memory('FSTP m32', 0xd9, 3),
  memory('FST m64', 0xdd, 2),
  memory('FSTP m64', 0xdd, 3),
  memory('FSTP m80', 0xdb, 7),
  register('FST st3', 0xdd, 0xd3),
  register('FSTP st3', 0xdd, 0xdb),
  register('FSTP st0', 0xdd, 0xd8),
  memory('FILD m16', 0xdf, 0),
  memory('FILD m32', 0xdb, 0),
  memory('FILD m64', 0xdf, 5),
  memory('FIST m16', 0xdf, 2),
  memory('FISTP m16', 0xdf, 3),
  memory('FIST m32', 0xdb, 2),
  memory('FISTP m32', 0xdb, 3),
  memory('FISTP m64', 0xdf, 7),
  memory('FISTTP m16', 0xdf, 1),
  memory('FISTTP m32', 0xdb, 1),
  memory('FISTTP m64', 0xdd, 1),
  memory('FBLD', 0xdf, 4),
  memory('FBSTP', 0xdf, 6),
  register('FXCH st0', 0xd9, 0xc8),
  register('FXCH st4', 0xd9, 0xcc),
  register('FFREE', 0xdd, 0xc2),
  register('FFREEP', 0xdf, 0xc2),
  register('FUCOM', 0xdd, 0xe1),
  register('FUCOMP', 0xdd, 0xe9),
  register('FUCOMPP', 0xda, 0xe9),
  register('FCOMPP', 0xde, 0xd9),
  register('FCOMI', 0xdb, 0xf1),
  register('FCOMIP', 0xdf, 0xf1),
  register('FUCOMI', 0xdb, 0xe9),
  register('FUCOMIP', 0xdf, 0xe9),
  ...[0, 1, 2, 3].flatMap((n) => [
    register(`FCMOV ${n}`, 0xda, 0xc1 + 8 * n),
    register(`FCMOV ${n + 4}`, 0xdb, 0xc1 + 8 * n),
  ]),
  ...['FLD1', 'FLDL2T', 'FLDL2E', 'FLDPI', 'FLDLG2', 'FLDLN2', 'FLDZ'].map((name, n) =>
    register(name, 0xd9, 0xe8 + n),
  ),
  register('FNOP', 0xd9, 0xd0),
  register('FWAIT', 0x9b),
  register('FCHS', 0xd9, 0xe0),
  register('FABS', 0xd9, 0xe1),
  register('FTST', 0xd9, 0xe4),
  register('FXAM', 0xd9, 0xe5),
  register('FXTRACT', 0xd9, 0xf4),
  register('FPREM1', 0xd9, 0xf5),
  register('FDECSTP', 0xd9, 0xf6),
  register('FINCSTP', 0xd9, 0xf7),
  register('FPREM', 0xd9, 0xf8),
  register('FSQRT', 0xd9, 0xfa),
  register('FRNDINT', 0xd9, 0xfc),
  register('FSCALE', 0xd9, 0xfd),
  register('FNINIT', 0xdb, 0xe3),
  register('FNCLEX', 0xdb, 0xe2),
  register('FNSTSW AX', 0xdf, 0xe0),
  memory('FNSTSW m16', 0xdd, 7),
  memory('FNSTCW', 0xd9, 7),
  memory('FLDCW', 0xd9, 5),
  memory('FNSTENV', 0xd9, 6),
  memory('FNSTENV 16', 0xd9, 6, 0x66),
  memory('FLDENV', 0xd9, 4),
  memory('FLDENV 16', 0xd9, 4, 0x66),
  memory('FNSAVE', 0xdd, 6),
  memory('FNSAVE 16', 0xdd, 6, 0x66),
  memory('FRSTOR', 0xdd, 4),
  memory('FRSTOR 16', 0xdd, 4, 0x66),
  approximate('F2XM1', 0xd9, 0xf0),
  approximate('FYL2X', 0xd9, 0xf1),
  approximate('FPTAN', 0xd9, 0xf2),
  approximate('FPATAN', 0xd9, 0xf3),
  approximate('FYL2XP1', 0xd9, 0xf9),
  approximate('FSINCOS', 0xd9, 0xfb),
  approximate('FSIN', 0xd9, 0xfe),
  approximate('FCOS', 0xd9, 0xff),
];

/** Random register contents, control and status word, memory operand and flags. */
function prepare(random: () => number, state: DataView, item: Case): void {
  for (let offset = 0; offset < 0x520; offset += 8) state.setBigUint64(offset, 0n, true);
  state.setUint32(TRAP_MXCSR, 0, true);
  const masks = random() % 4 === 0 ? random() & 63 : 63;
  const control = masks | ([0, 2, 3, 3][random() & 3]! << 8) | ((random() & 3) << 10);
  // Half the time as FNINIT leaves it, which routines are made for.
  state.setUint16(0, 0x40 | (random() & 1 ? 0x33f : control), true);
  const pending = random() % 8 === 0 ? random() & 0x7f : 0;
  state.setUint16(2, ((random() & 7) << 11) | (random() & 0x4700) | pending, true);
  state.setUint8(4, random() % 3 === 0 ? random() & 0xff : 0xff);
  state.setUint32(24, 0x1f80, true);
  let previous = randomExtended(random);
  for (let index = 0; index < 8; index++) {
    const bits = random() & 1 ? randomNear(random, previous) : operandFor(random, item);
    previous = bits;
    state.setBigUint64(32 + 16 * index, BigInt.asUintN(64, bits), true);
    state.setUint16(40 + 16 * index, Number(bits >> 64n), true);
  }
  prepareMemory(random, state, item, previous);
  state.setUint32(FLAGS_IN, 2 | (random() & 0x8d5), true);
  state.setUint32(RAX_IN, random(), true);
}

/** Mostly in range for the transcendentals, anything for the others. */
function operandFor(random: () => number, item: Case): bigint {
  const bits = randomExtended(random);
  if (item.tolerance === 0n || random() % 8 === 0) return bits;
  const exponent = 0x3fff - 40 + (random() % (item.name.startsWith('F2XM1') ? 40 : 60));
  return (BigInt(((random() & 1) << 15) | exponent) << 64n) | BigInt.asUintN(64, bits) | (1n << 63n);
}

function prepareMemory(random: () => number, state: DataView, item: Case, near: bigint): void {
  const { name } = item;
  if (name.includes('ENV') || name.includes('RSTOR')) {
    for (let offset = 0; offset < MEMORY_SIZE; offset++) state.setUint8(MEMORY + offset, random() & 0xff);
  } else if (/m16|FLDCW/.test(name)) state.setUint16(MEMORY, random() & 0xffff, true);
  else if (/FI.*m32/.test(name)) state.setInt32(MEMORY, random() >> (random() & 31), true);
  else if (name.includes('m32')) state.setUint32(MEMORY, randomBinary32(random), true);
  else if (name === 'FILD m64') {
    state.setBigInt64(MEMORY, BigInt.asIntN(64, (BigInt(random()) << 32n) | BigInt(random())), true);
  } else if (name.includes('m64')) state.setBigUint64(MEMORY, randomBinary64(random), true);
  else if (name === 'FBLD') {
    for (let digit = 0; digit < 9; digit++) {
      state.setUint8(MEMORY + digit, (random() % 10) | ((random() % 10) << 4));
    }
    state.setUint8(MEMORY + 9, (random() & 1) << 7);
  } else {
    state.setBigUint64(MEMORY, BigInt.asUintN(64, near), true);
    state.setUint16(MEMORY + 8, Number(near >> 64n), true);
  }
}

/** What is compared, as text by name. */
interface Outcome {
  [name: string]: string;
}

function outcome(
  view: DataView,
  base: number,
  item: Case,
  flags: number,
  rax: number,
  fault: boolean,
): Outcome {
  const result: Outcome = { fault: String(fault) };
  const hex = (value: number): string => value.toString(16);
  result.fcw = hex(view.getUint16(base, true));
  result.fsw = hex(view.getUint16(base + 2, true) & item.status);
  result.ftw = hex(view.getUint8(base + 4));
  for (let index = 0; index < 8; index++) {
    const at = base + 32 + 16 * index;
    const significand = view.getBigUint64(at, true).toString(16).padStart(16, '0');
    result[`st${index}`] = `${hex(view.getUint16(at + 8, true)).padStart(4, '0')}:${significand}`;
  }
  result.flags = hex(flags & 0x8d5);
  result.rax = hex(rax);
  return result;
}

const MEMORY_BASE = 0x100000;
const AT = 0x4000;

function ours(processor: TestProcessor, state: DataView, item: Case): [Outcome, Uint8Array] {
  const guest = processor.memory.view;
  for (let offset = 0; offset < 0x520; offset += 8) {
    guest.setBigUint64(AT + offset, state.getBigUint64(offset, true), true);
  }
  const cpu = processor.state;
  cpu.setGpr(L.RDI, BigInt(MEMORY_BASE + AT));
  processor.run(0x0f, 0xae, 0x8f, ...disp32(IMAGE));
  cpu.setGpr(L.RAX, state.getBigUint64(RAX_IN, true));
  cpu.rflags = state.getUint32(FLAGS_IN, true);
  let fault = false;
  try {
    for (const bytes of item.parts ?? [item.bytes]) processor.run(...bytes);
  } catch (error) {
    if (!(error instanceof GuestFault) || error.vector !== MF) throw error;
    fault = true;
  }
  processor.run(0x0f, 0xae, 0x87, ...disp32(RESULT));
  const result = outcome(guest, AT + RESULT, item, cpu.rflags, cpu.gpr32(L.RAX), fault);
  return [result, processor.memory.bytes.slice(AT + MEMORY, AT + MEMORY + MEMORY_SIZE)];
}

function near(a: string, b: string, tolerance: bigint): boolean {
  if (tolerance === 0n) return false;
  const value = (text: string): bigint =>
    BigInt(`0x${text.slice(0, 4)}`) * (1n << 63n) + (BigInt(`0x${text.slice(5)}`) & ~(1n << 63n));
  const difference = value(a) - value(b);
  return difference <= tolerance && difference >= -tolerance;
}

/** FNSTENV and FNSAVE: pointers and opcode of the environment are not compared. */
function maskPointers(item: Case, bytes: Uint8Array): void {
  if (!/FNSTENV|FNSAVE/.test(item.name)) return;
  if (item.bytes[0] === 0x66) bytes.fill(0, 6, 14);
  else bytes.fill(0, 12, 26);
}

function differences(item: Case, host: Outcome, own: Outcome): string[] {
  const list: string[] = [];
  for (const key of Object.keys(host)) {
    if (host[key] === own[key]) continue;
    if (key.startsWith('st') && near(host[key]!, own[key]!, item.tolerance)) continue;
    list.push(`${key}: host ${host[key]}, ours ${own[key]}`);
  }
  return list;
}

for (const item of cases) {
  test(`${item.name} agrees with the host`, { skip }, () => {
    if (typeof native === 'string') return;
    const { state } = native;
    const run = native.load(hostCode(item.bytes));
    const processor = new TestProcessor(64, MEMORY_BASE);
    const random = randomSource(item.bytes.reduce((sum, byte) => sum * 31 + byte, 77));
    const failures: string[] = [];
    let failed = 0;
    for (let index = 0; index < COUNT; index++) {
      prepare(random, state, item);
      const [own, ownMemory] = ours(processor, state, item);
      const input = describe(state);
      run();
      const trapped = state.getUint32(TRAP_MXCSR, true) !== 0;
      const host = outcome(
        state,
        RESULT,
        item,
        state.getUint32(FLAGS_OUT, true),
        state.getUint32(RAX_OUT, true),
        trapped,
      );
      const hostMemory = new Uint8Array(state.buffer.slice(MEMORY, MEMORY + MEMORY_SIZE));
      maskPointers(item, hostMemory);
      maskPointers(item, ownMemory);
      const list = differences(item, host, own);
      if (Buffer.compare(hostMemory, ownMemory) !== 0) {
        list.push(`memory: host ${hexBytes(hostMemory)}, ours ${hexBytes(ownMemory)}`);
      }
      if (list.length === 0) continue;
      failed++;
      if (failures.length < SHOW) failures.push(`${input}\n    ${list.join('\n    ')}`);
    }
    assert.equal(failed, 0, `${failed} of ${COUNT} differ\n${failures.join('\n')}`);
  });
}

/** Several instructions on one another's results; a pending exception ends a sequence early, on both sides. */
test('sequences agree with the host', { skip }, () => {
  if (typeof native === 'string') return;
  const { state } = native;
  const processor = new TestProcessor(64, MEMORY_BASE);
  const random = randomSource(20261);
  const exact = cases.filter((item) => item.tolerance === 0n && !/FNSTENV|FNSAVE/.test(item.name));
  for (let index = 0; index < SEQUENCES; index++) {
    const chosen = Array.from({ length: 2 + (random() % 8) }, () => exact[random() % exact.length]!);
    const item = { ...chosen[0]!, parts: chosen.map(({ bytes }) => bytes) };
    const run = native.load(hostCode(item.parts.flat()));
    prepare(random, state, item);
    const [own, ownMemory] = ours(processor, state, item);
    const input = describe(state);
    run();
    const trapped = state.getUint32(TRAP_MXCSR, true) !== 0;
    const flags = state.getUint32(FLAGS_OUT, true);
    const host = outcome(state, RESULT, item, flags, state.getUint32(RAX_OUT, true), trapped);
    const hostMemory = new Uint8Array(state.buffer.slice(MEMORY, MEMORY + MEMORY_SIZE));
    const names = chosen.map(({ name }) => name).join('; ');
    assert.deepEqual(differences(item, host, own), [], `${names}\n${input}`);
    assert.equal(hexBytes(ownMemory), hexBytes(hostMemory), names);
  }
});

function hexBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(00)+$/, '');
}

function describe(state: DataView): string {
  const st = [0, 1, 2].map((index) => {
    const at = 32 + 16 * index;
    return `${state.getUint16(at + 8, true).toString(16)}:${state.getBigUint64(at, true).toString(16)}`;
  });
  const word = (offset: number): string => state.getUint16(offset, true).toString(16);
  const bytes = new Uint8Array(state.buffer.slice(MEMORY, MEMORY + 28));
  return `fcw ${word(0)} fsw ${word(2)} ftw ${word(4)} st ${st.join(' ')} memory ${hexBytes(bytes)}`;
}
