// For the tests of SIMD meanings: random encodings of every row of the opcode maps that has MMX or XMM
// operands, and one run of such an instruction on the host and on the reference evaluator, with the
// whole of the SIMD, x87 and general register state compared.

import { OPCODE_ROWS } from '../../../src/x86/opcodes/index.ts';
import type { Row } from '../../../src/x86/opcodes/notation.ts';
import { TestProcessor } from '../../../src/x86/semantics/testing.ts';
import type { CpuState } from '../../../src/x86/state/cpu-state.ts';
import * as S from '../../../src/x86/state/layout.ts';
import { type Native, openNative, TRAP_MXCSR } from '../native/native.ts';
import { randomBinary32, randomBinary64 } from '../native/operands.ts';

export type Random = () => number;
export const native = openNative();
if (typeof native !== 'string') native.trap();

// The state area: RDI points to it, RSI to its memory operands.
const IMAGE_IN = 0x200;
const IMAGE_OUT = 0x400;
const GPR_AT = 0x600;
const FLAGS_AT = 0x680;
const MEMORY_AT = 0x1000;
const MEMORY_BYTES = 0x80;
/** MASKMOVQ and MASKMOVDQU store at RDI. */
const MASKED_AT = 0;
const MASKED_BYTES = 16;

const RSI = 6;
const RDI = 7;
/** Registers that instructions may name; RSP and R11 are the harness's, RSI and RDI point to memory. */
const FREE = [0, 1, 2, 3, 8, 9, 10, 12, 13, 14];
const SAVED = [3, 5, 12, 13, 14, 15];

const CR4_OSXMMEXCPT = 1 << 10;
const STATUS_FLAGS = 0x8d5;

export function simdRows(): Row[] {
  return OPCODE_ROWS.filter((row) => row.operands.some((o) => o.registers === 'mm' || o.registers === 'xmm'));
}

const disp32 = (value: number) => [value & 0xff, (value >> 8) & 0xff, 0, 0];

/** The instruction with everything around it: loads the state, runs, stores it; a trap goes on behind it. */
function wrap(instruction: readonly number[]): number[] {
  const before: number[] = [];
  const pushes = SAVED.flatMap((r) => (r >= 8 ? [0x41, 0x50 | (r & 7)] : [0x50 | r]));
  const pops = [...SAVED].reverse().flatMap((r) => (r >= 8 ? [0x41, 0x58 | (r & 7)] : [0x58 | r]));
  const move = (opcode: number, r: number) => [
    r >= 8 ? 0x4c : 0x48,
    opcode,
    0x87 | ((r & 7) << 3),
    ...disp32(GPR_AT + 8 * r),
  ];
  before.push(...[0xff, 0xb7, ...disp32(FLAGS_AT), 0x9d]);
  before.push(...[0x0f, 0xae, 0x8f, ...disp32(IMAGE_IN)]); // fxrstor
  for (const r of [...FREE, RSI]) before.push(...move(0x8b, r));
  const after = [...FREE].flatMap((r) => move(0x89, r));
  after.push(...[0x9c, 0x8f, 0x87, ...disp32(FLAGS_AT)]);
  after.push(...[0x0f, 0xae, 0x87, ...disp32(IMAGE_OUT)]); // fxsave
  after.push(...[0xdb, 0xe3]); // fninit
  after.push(...[0x0f, 0xae, 0x97, ...disp32(FLAGS_AT + 8)]); // ldmxcsr
  const distance = before.length + instruction.length;
  return [
    ...pushes,
    0x4c,
    0x8d,
    0x1d,
    ...disp32(distance),
    ...before,
    ...instruction,
    ...after,
    ...pops,
    0xc3,
  ];
}

const pick = <T>(random: Random, items: readonly T[]): T => items[random() % items.length]!;

/** A random encoding of a row. */
export function encode(row: Row, random: Random): number[] {
  const code: number[] = [];
  const prefix = pick(random, row.prefixes.length ? row.prefixes : [0]);
  if (prefix) code.push([0, 0x66, 0xf3, 0xf2][prefix]!);
  const gpr = row.operands.some((o) => o.registers === 'gpr');
  const wide = row.flags.has('W1') || (gpr && !row.flags.has('W0') && random() % 2 === 0);
  const memory = row.mod === 'memory' || (row.mod === 'any' && random() % 3 === 0);
  const isGpr = (source: 'reg' | 'rm') =>
    row.operands.some((o) => o.source === source && o.registers === 'gpr');
  const number = (source: 'reg' | 'rm') => (isGpr(source) ? pick(random, FREE) : random() & 15);
  const reg = row.extension >= 0 ? row.extension : number('reg');
  const rm = memory ? RSI : number('rm');
  const rex = (wide ? 8 : 0) | ((reg >> 3) << 2) | (rm >> 3);
  if (rex || random() % 4 === 0) code.push(0x40 | rex);
  code.push(0x0f);
  if (row.map === '0F38') code.push(0x38);
  if (row.map === '0F3A') code.push(0x3a);
  code.push(row.opcode);
  const modrm = ((reg & 7) << 3) | (rm & 7);
  if (memory) {
    const bits = Math.max(...row.operands.filter((o) => o.source === 'rm').map((o) => o.memoryWidth.bits[2]));
    const step = bits === 128 ? 16 : 1;
    code.push(0x40 | modrm, (random() % (64 / step)) * step);
  } else code.push(0xc0 | modrm);
  if (row.operands.some((o) => o.source === 'immediate')) {
    code.push(pick(random, [random() & 0xff, random() & 0xff, random() & 31, random() & 7]));
  }
  return code;
}

const random64 = (random: Random) => (BigInt(random()) << 32n) | BigInt(random());

/** A small number whose sums and products are often exact. */
function round(random: Random): number {
  const value = ((random() % 64) - 20) * 2 ** (random() % 3 ? 0 : (random() % 60) - 30);
  return random() % 8 ? value : value * (1 + (random() % 4096) / 4096);
}

/** Sixteen bytes of one of several kinds: singles, doubles, small integers, edges, text, noise. */
function fill(view: DataView, at: number, random: Random, kind: number, size = 16): void {
  for (let i = 0; i < size; i += 8) {
    if (kind === 0) {
      view.setUint32(at + i, randomBinary32(random), true);
      view.setUint32(at + i + 4, randomBinary32(random), true);
    } else if (kind === 1) view.setBigUint64(at + i, randomBinary64(random), true);
    else if (kind === 2)
      view.setBigUint64(
        at + i,
        BigInt.asUintN(64, BigInt.asIntN(64, random64(random)) >> BigInt(random() % 64)),
        true,
      );
    else if (kind === 6) {
      view.setFloat32(at + i, round(random), true);
      view.setFloat32(at + i + 4, round(random), true);
    } else if (kind === 7) view.setFloat64(at + i, round(random), true);
    else {
      for (let j = 0; j < 8; j++) {
        const text = pick(random, [0, 1, 2, 3, 0x41, 0x42]);
        const edge = pick(random, [0, 0xff, 0x7f, 0x80, 1]);
        view.setUint8(at + i + j, kind === 3 ? text : kind === 4 ? edge : random() & 0xff);
      }
    }
  }
}

function randomMxcsr(random: Random): number {
  const masks = random() % 4 === 0 ? random() & 63 : 63;
  const flush = random() % 3 === 0 ? random() & 0x8040 : 0;
  const flags = random() % 3 === 0 ? random() & 63 : random() % 2 ? 32 : 0;
  return flush | (masks << 7) | ((random() % 3 ? 0 : random() & 3) << 13) | (flags & masks);
}

export interface Outcome {
  readonly what: string;
  readonly text: string;
}

/** The registers' contents: what kind a row's operands are mostly of. */
function favourite(row: Row): number[] {
  const name = row.mnemonic;
  if (name.startsWith('PCMP') && name.includes('STR')) return [3, 3, 3, 5, 4];
  if (/S[SD]$|PS$|PD$|^CVT|SUBP|2P/.test(name))
    return /D$|PD2|SD2/.test(name) ? [1, 1, 1, 7, 7, 0, 2, 5] : [0, 0, 0, 6, 6, 1, 2, 5];
  return [2, 3, 4, 5, 5];
}

/** An engine of ours: its state, its memory from the state area's address on, and a way to run one instruction. */
export interface Subject {
  readonly state: CpuState;
  /** Bytes of memory that lie where the host's state area does. */
  readonly bytes: Uint8Array;
  /** Runs the instruction at an address of the engine's choice: the vector that it raises, or -1. */
  run(code: readonly number[]): number;
}

/** The reference evaluator. */
export function evaluatorSubject(host: Native): Subject {
  const processor = new TestProcessor(64, Number(host.stateAddress));
  processor.state.cr4 = CR4_OSXMMEXCPT;
  return {
    state: processor.state,
    bytes: processor.memory.bytes,
    run: (code) => {
      processor.state.rip = 0x1000;
      return processor.faultOf(...code);
    },
  };
}

export class SimdCases {
  readonly #host: Native;
  readonly #ours: Subject;

  constructor(host: Native, ours: Subject = evaluatorSubject(host)) {
    this.#host = host;
    this.#ours = ours;
  }

  /** Runs one random case of the row on both; null when they agree. `exact` false leaves XMM results out. */
  run(row: Row, random: Random): Outcome | null {
    const code = encode(row, random);
    const { state } = this.#host;
    const kinds = favourite(row);
    for (let i = 0; i < 512; i++) state.setUint8(IMAGE_IN + i, 0);
    for (let r = 0; r < 16; r++) {
      fill(state, IMAGE_IN + 160 + 16 * r, random, pick(random, kinds));
      if (r && random() % 8 === 0) {
        for (let i = 0; i < 16; i += 4)
          state.setUint32(IMAGE_IN + 160 + 16 * r + i, state.getUint32(IMAGE_IN + 160 + i, true), true);
      }
      const value =
        random() % 2
          ? BigInt.asUintN(64, BigInt(random() % 40) - 20n)
          : BigInt.asUintN(64, BigInt.asIntN(64, random64(random)) >> BigInt(random() % 64));
      state.setBigUint64(GPR_AT + 8 * r, value, true);
    }
    state.setBigUint64(GPR_AT + 8 * RSI, this.#host.stateAddress + BigInt(MEMORY_AT), true);
    for (let r = 0; r < 8; r++) {
      fill(state, IMAGE_IN + 32 + 16 * r, random, pick(random, kinds), 8);
      state.setUint16(IMAGE_IN + 40 + 16 * r, random() & 0xffff, true);
    }
    const mxcsr = randomMxcsr(random);
    const flags = (random() & STATUS_FLAGS) | 2;
    state.setUint16(IMAGE_IN, 0x37f, true);
    state.setUint16(IMAGE_IN + 2, random() & 0x7f00 & ~0x80, true);
    state.setUint8(IMAGE_IN + 4, random() & 0xff);
    state.setUint32(IMAGE_IN + 24, mxcsr, true);
    state.setUint32(FLAGS_AT, flags, true);
    state.setUint32(FLAGS_AT + 4, 0, true);
    state.setUint32(FLAGS_AT + 8, 0x1f80, true);
    state.setUint32(TRAP_MXCSR, 0, true);
    for (let i = 0; i < MEMORY_BYTES; i += 16) fill(state, MEMORY_AT + i, random, pick(random, kinds));
    fill(state, MASKED_AT, random, 5);
    if (row.mnemonic === 'LDMXCSR') state.setUint32(MEMORY_AT, randomMxcsr(random), true);

    const fault = this.#runOurs(code, mxcsr, flags);
    const before = snapshotOf(state);
    this.#host.runOnce(wrap(code));
    return this.#compare(row, code, mxcsr, fault, before);
  }

  #runOurs(code: readonly number[], mxcsr: number, flags: number): number {
    const { state } = this.#host;
    const ours = this.#ours;
    for (let i = 0; i < 256; i++) ours.state.u8[S.XMM + i] = state.getUint8(IMAGE_IN + 160 + i);
    const fsw = state.getUint16(IMAGE_IN + 2, true);
    const top = (fsw >> 11) & 7;
    for (let r = 0; r < 8; r++) {
      for (let i = 0; i < 10; i++) {
        ours.state.u8[S.FPR + S.FPR_SIZE * ((top + r) & 7) + i] = state.getUint8(IMAGE_IN + 32 + 16 * r + i);
      }
    }
    ours.state.set32(S.FSW, fsw);
    ours.state.set32(S.FCW, 0x37f);
    ours.state.set32(S.FTW, state.getUint8(IMAGE_IN + 4));
    ours.state.set32(S.MXCSR, mxcsr);
    for (let r = 0; r < 16; r++) ours.state.setGpr(r, state.getBigUint64(GPR_AT + 8 * r, true));
    ours.state.setGpr(RDI, this.#host.stateAddress);
    ours.state.rflags = flags;
    const { bytes } = ours;
    for (let i = 0; i < MEMORY_BYTES; i++) bytes[MEMORY_AT + i] = state.getUint8(MEMORY_AT + i);
    for (let i = 0; i < MASKED_BYTES; i++) bytes[MASKED_AT + i] = state.getUint8(MASKED_AT + i);
    return ours.run(code);
  }

  #compare(row: Row, code: readonly number[], mxcsr: number, fault: number, before: Before): Outcome | null {
    const { state } = this.#host;
    const ours = this.#ours.state;
    const differences: string[] = [];
    let what = '';
    const differ = (kind: string, text: string) => {
      what ||= kind;
      differences.push(text);
    };
    const trap = state.getUint32(TRAP_MXCSR, true);
    if ((trap !== 0) !== fault >= 0) differ('fault', `fault ${fault}, host ${trap ? 'SIGFPE' : 'none'}`);
    const hostMxcsr = (trap || state.getUint32(IMAGE_OUT + 24, true)) & 0xffff;
    if (hostMxcsr !== ours.get32(S.MXCSR))
      differ('mxcsr', `mxcsr host ${hex(hostMxcsr)} ours ${hex(ours.get32(S.MXCSR))}`);
    for (let r = 0; r < 16; r++) {
      const host = text128(state, IMAGE_OUT + 160 + 16 * r);
      const mine = text128(ours.view, S.XMM + 16 * r);
      if (host !== mine) differ('xmm', `xmm${r} host ${host} ours ${mine} was ${before.xmm[r]}`);
    }
    const fsw = state.getUint16(IMAGE_OUT + 2, true);
    if (fsw !== ours.get32(S.FSW)) differ('fsw', `fsw host ${hex(fsw)} ours ${hex(ours.get32(S.FSW))}`);
    const ftw = state.getUint8(IMAGE_OUT + 4);
    if (ftw !== ours.get32(S.FTW)) differ('ftw', `ftw host ${hex(ftw)} ours ${hex(ours.get32(S.FTW))}`);
    for (let r = 0; r < 8; r++) {
      const host = text80(state, IMAGE_OUT + 32 + 16 * ((r - (fsw >> 11)) & 7));
      const mine = text80(ours.view, S.FPR + S.FPR_SIZE * r);
      if (host !== mine) differ('mm', `r${r} host ${host} ours ${mine}`);
    }
    for (const r of FREE) {
      const host = state.getBigUint64(GPR_AT + 8 * r, true);
      if (host !== ours.gpr(r)) differ('gpr', `gpr${r} host ${hex(host)} ours ${hex(ours.gpr(r))}`);
    }
    const flags = state.getUint32(FLAGS_AT, true);
    if ((flags ^ ours.rflags) & STATUS_FLAGS)
      differ('flags', `flags host ${hex(flags & STATUS_FLAGS)} ours ${hex(ours.rflags & STATUS_FLAGS)}`);
    for (const [at, size] of [
      [MEMORY_AT, MEMORY_BYTES],
      [MASKED_AT, MASKED_BYTES],
    ] as const) {
      for (let i = 0; i < size; i++) {
        if (state.getUint8(at + i) !== this.#ours.bytes[at + i]) {
          differ(
            'memory',
            `memory at ${hex(at + i)} host ${hex(state.getUint8(at + i))} ours ${hex(this.#ours.bytes[at + i]!)}`,
          );
          break;
        }
      }
    }
    if (!what) return null;
    const operands = operandsOf(code, before);
    const bytes = code.map((value) => value.toString(16).padStart(2, '0')).join(' ');
    return {
      what,
      text: `${bytes} (${row.mnemonic}) mxcsr ${hex(mxcsr)} ${operands}\n    ${differences.join('\n    ')}`,
    };
  }
}

interface Before {
  readonly xmm: readonly string[];
  readonly memory: string;
}
function snapshotOf(state: DataView): Before {
  return {
    xmm: Array.from({ length: 16 }, (_, r) => text128(state, IMAGE_IN + 160 + 16 * r)),
    memory: Array.from({ length: MEMORY_BYTES / 16 }, (_, i) => text128(state, MEMORY_AT + 16 * i)).join(' '),
  };
}
function operandsOf(code: readonly number[], before: Before): string {
  const rex = code.find((byte) => byte >> 4 === 4) ?? 0x40;
  const at =
    code.indexOf(0x0f) +
    (code[code.indexOf(0x0f) + 1] === 0x38 || code[code.indexOf(0x0f) + 1] === 0x3a ? 3 : 2);
  const modrm = code[at]!;
  const source =
    modrm >= 0xc0
      ? before.xmm[(modrm & 7) | ((rex & 1) << 3)]
      : `memory+${hex(code[at + 1]!)} of ${before.memory}`;
  return `destination ${before.xmm[((modrm >> 3) & 7) | ((rex & 4) << 1)]} source ${source}`;
}
const hex = (value: number | bigint) => value.toString(16);
const text128 = (view: DataView, at: number) =>
  `${view
    .getBigUint64(at + 8, true)
    .toString(16)
    .padStart(16, '0')}_${view.getBigUint64(at, true).toString(16).padStart(16, '0')}`;
const text80 = (view: DataView, at: number) =>
  `${view.getUint16(at + 8, true).toString(16)}:${view.getBigUint64(at, true).toString(16).padStart(16, '0')}`;
