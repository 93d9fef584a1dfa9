// Random bytes as code in every mode, on two engines in lockstep: the reference engine says what is right,
// and after every few instructions all architectural state must be equal, and memory at the end. Most of the
// bytes are no sensible program: faults, privileged instructions, loads of segments, changes of mode.
import { bareWires } from '../../../src/engine/testing.ts';
import { KERNEL, USER_PAGES } from '../../../src/engine/testing-user-program.ts';
import type { Exit, Vcpu } from '../../../src/engine/vcpu.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import * as C from '../../../src/x86/state/control-bits.ts';
import type { CpuState } from '../../../src/x86/state/cpu-state.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { type EngineName, makeEngine } from '../../engines.ts';
import {
  baseRam,
  CODE,
  CODE_BYTES,
  DATA,
  enterLegacy,
  enterLong,
  type GarbageMode,
  HANDLER_SIZE,
  HANDLERS,
  IVT_HANDLERS,
  isLong,
  LONG_HANDLERS,
  RAM_SIZE,
  tableRanges,
} from './garbage-worlds.ts';
import { interesting } from './initial.ts';
import type { Random } from './random.ts';

/** Bytes that are more often instructions than chance would have them. */
export function garbageCode(random: Random): Uint8Array {
  const code = new Uint8Array(CODE_BYTES);
  for (let at = 0; at < CODE_BYTES - 16; ) {
    while (random.chance(25))
      code[at++] = random.pick([0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x64, 0x65, 0x48, 0x41, 0x4c]);
    const map = random.below(10);
    if (map >= 5) code[at++] = 0x0f;
    if (map === 8) code[at++] = 0x38;
    if (map === 9) code[at++] = 0x3a;
    code[at++] = map === 4 ? 0xd8 + random.below(8) : random.below(256);
    // ModRM, mostly of registers or with a base register alone, and whatever comes then.
    code[at++] = random.chance(50)
      ? 0xc0 | random.below(64)
      : random.below(256) & (random.chance(50) ? 0x3f : 0xff);
    for (let rest = random.below(5); rest > 0; rest--) code[at++] = random.chance(40) ? 0 : random.below(256);
  }
  return code;
}

/** A machine that programs are loaded into; what they overwrite is put back first. */
export class GarbageMachine {
  readonly memory = new GuestMemory(RAM_SIZE);
  readonly vcpu: Vcpu;
  constructor(engine: EngineName) {
    const wires = bareWires(this.memory);
    this.vcpu = makeEngine(engine, wires);
  }
}

const RANDOM_CR4 =
  C.CR4_TSD | C.CR4_DE | C.CR4_PCE | C.CR4_UMIP | C.CR4_SMEP | C.CR4_SMAP | C.CR4_FSGSBASE | C.CR4_OSXSAVE;

/** A start state and RAM, to be loaded into both machines. */
export interface GarbageCase {
  readonly mode: GarbageMode;
  readonly ram: Uint8Array;
  readonly enter: (state: CpuState) => void;
}

export function makeGarbage(random: Random, mode: GarbageMode): GarbageCase {
  const ram = baseRam(mode).slice();
  const at = isLong(mode) ? USER_PAGES : CODE;
  ram.set(garbageCode(random), at);
  if (random.chance(60)) {
    // Exceptions lead on to more of the kind.
    const handlers = isLong(mode) ? LONG_HANDLERS : mode === 'real' ? IVT_HANDLERS : HANDLERS;
    ram.set(garbageCode(random).subarray(0, 32 * HANDLER_SIZE), handlers);
  }
  for (let i = 0; i < 0x800; i++) ram[at + DATA - CODE + i] = random.u32();
  const registers = Array.from({ length: 16 }, () =>
    random.chance(45) ? BigInt(DATA + random.below(0x800)) : interesting(random),
  );
  if (mode === 'real' || mode === 'v86' || mode === 'protected16') {
    for (let r = 0; r < 8; r++) if (random.chance(60)) registers[r] = BigInt(random.below(0x900));
  }
  registers[4] = BigInt(mode === 'real' || mode === 'v86' || mode === 'protected16' ? 0x700 : DATA + 0x700);
  const flags =
    2 |
    (random.u32() & 0x8d5) |
    (random.chance(10) ? 0x100 : 0) |
    (random.chance(20) ? random.u32() & 0x4_7400 : 0);
  const vme = random.chance(50);
  const iopl = random.chance(70) ? 0x3000 : 0;
  // Features in other settings than usual, and now and then no x87 and SSE.
  const cr4 = random.chance(50) ? random.u32() & RANDOM_CR4 : 0;
  const cr0 = random.chance(10) ? random.u32() & (C.CR0_TS | C.CR0_EM | C.CR0_MP) : 0;
  const cr0Off = random.chance(20) ? C.CR0_WP | C.CR0_AM : 0;
  const floats = Array.from({ length: 48 }, () => random.u64());
  return {
    mode,
    ram,
    enter(state) {
      if (isLong(mode)) enterLong(state, mode);
      else enterLegacy(state, mode, vme);
      state.cr4 |= isLong(mode) ? cr4 : cr4 & ~(C.CR4_FSGSBASE | C.CR4_OSXSAVE);
      state.cr0 = ((state.cr0 & ~cr0Off) | cr0) >>> 0;
      for (let r = 0; r < 16; r++) {
        const value = registers[r]!;
        state.setGpr(r, mode === 'long' || mode === 'longUser' ? value : value & 0xffff_ffffn);
      }
      if (mode === 'long' && registers[15]! & 1n)
        state.setGpr(4, BigInt.asUintN(64, BigInt(KERNEL + 0x13800)));
      state.rflags = mode === 'v86' ? (flags & ~0x4000) | 0x2_0000 | iopl : flags;
      state.rip = isLong(mode) || mode.endsWith('32') ? CODE : 0;
      for (let i = 0; i < 16; i++) state.set64(L.FPR + 8 * i, i & 1 ? floats[i]! & 0xffffn : floats[i]!);
      for (let i = 0; i < 32; i++) state.set64(L.XMM + 8 * i, floats[16 + i]!);
      state.set32(L.FCW, 0x37f);
      state.set32(L.FTW, Number(floats[0]! & 0xffn));
      state.set32(L.FSW, Number(floats[1]! & 0x3800n));
      state.set32(L.MXCSR, 0x1f80);
    },
  };
}

/** Brings a machine to the start of a case. */
export function loadGarbage({ memory, vcpu }: GarbageMachine, { ram, enter }: GarbageCase): void {
  vcpu.reset();
  memory.u8.set(ram);
  enter(vcpu.state);
  vcpu.stateChanged();
  vcpu.memoryChanged();
}

const ARCHITECTURAL = L.STATE_FIELDS.filter(
  ({ architectural, name }) => architectural && name !== 'flagAux' && name !== 'flagResult',
);

/** What differs between two engines: names of fields with both values. */
export function stateDifferences(a: CpuState, b: CpuState): string[] {
  const list: string[] = [];
  if (a.rflags !== b.rflags) list.push(`rflags ${a.rflags.toString(16)} ${b.rflags.toString(16)}`);
  for (const { name, offset, count, stride } of ARCHITECTURAL) {
    const end = offset + count * stride;
    if (name === 'segment') list.push(...segmentDifferences(a, b));
    else if (Buffer.compare(a.u8.subarray(offset, end), b.u8.subarray(offset, end)) !== 0) {
      for (let i = 0; i < count; i++) {
        const at = offset + i * stride;
        const text = (state: CpuState) =>
          Buffer.from(state.u8.slice(at, at + stride))
            .reverse()
            .toString('hex');
        if (text(a) !== text(b)) list.push(`${name}[${i}] ${text(a)} ${text(b)}`);
      }
    }
  }
  return list;
}

function segmentDifferences(a: CpuState, b: CpuState): string[] {
  return a.segments.flatMap((one, i) => {
    const other = b.segments[i]!;
    const text = (s: typeof one) =>
      [s.selector, s.base, s.limit, s.attributes].map((v) => v.toString(16)).join('/');
    return text(one) === text(other) ? [] : [`segment ${i} ${text(one)} ${text(other)}`];
  });
}

export interface GarbageMismatch {
  readonly step: number;
  /** Where the instructions since the last comparison began. */
  readonly rip: number;
  readonly differences: readonly string[];
}

const describe = (exit: Exit) => ('message' in exit ? `InternalError ${exit.message}` : exit.reason);

/** Runs a case on both machines, `piece` instructions between comparisons; null when they agree to the end. */
/** Instructions asked for, all cases together. */
export const counts = { steps: 0 };

export function runGarbage(
  a: GarbageMachine,
  b: GarbageMachine,
  item: GarbageCase,
  steps: number,
  piece: number,
  memoryEachStep = false,
): GarbageMismatch | null {
  loadGarbage(a, item);
  loadGarbage(b, item);
  const before = [a.vcpu.retired, b.vcpu.retired] as const;
  for (let step = 0; step < steps; step += piece) {
    counts.steps += piece;
    const rip = a.vcpu.state.rip;
    const exits = [a.vcpu.run(piece), b.vcpu.run(piece)].map(describe) as [string, string];
    const found = stateDifferences(a.vcpu.state, b.vcpu.state);
    if (exits[0] !== exits[1]) found.unshift(`exit ${exits[0]}, ${exits[1]}`);
    const retired = [a.vcpu.retired - before[0], b.vcpu.retired - before[1]] as const;
    if (retired[0] !== retired[1]) found.push(`retired ${retired[0]} ${retired[1]}`);
    if (exits[0].startsWith('InternalError')) found.push(exits[0]);
    if (memoryEachStep) found.push(...memoryDifference(a, b));
    if (found.length > 0) return staleTranslations(a, item) ? null : { step, rip, differences: found };
    if (exits[0] !== 'Interrupted') break;
  }
  const differences = memoryDifference(a, b);
  return differences.length === 0 || staleTranslations(a, item) ? null : { step: steps, rip: 0, differences };
}

/** Whether the program has changed page tables: which translations are still in use then is each engine's affair. */
function staleTranslations({ memory, vcpu }: GarbageMachine, { mode, ram }: GarbageCase): boolean {
  const ranges = tableRanges(mode);
  if (ranges.length > 0 && vcpu.state.get32(L.CR3) !== ranges[0]![0]) return true;
  const accessedAndDirty = 0x60;
  return ranges.some(([start, end]) => {
    for (let at = start; at < end; at++) {
      const ignored = at % (isLong(mode) || mode === 'pae32' ? 8 : 4) === 0 ? accessedAndDirty : 0;
      if ((memory.u8[at]! & ~ignored) !== (ram[at]! & ~ignored)) return true;
    }
    return false;
  });
}

function memoryDifference(a: GarbageMachine, b: GarbageMachine): string[] {
  const memoryA = Buffer.from(a.memory.u8.buffer, 0, RAM_SIZE);
  const memoryB = Buffer.from(b.memory.u8.buffer, 0, RAM_SIZE);
  if (memoryA.equals(memoryB)) return [];
  const at = memoryA.findIndex((byte, i) => byte !== memoryB[i]);
  return [`memory at ${at.toString(16)}: ${memoryA[at]} ${memoryB[at]}`];
}
