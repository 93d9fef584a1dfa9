// Debug registers, breakpoints and the causes in DR6 (SDM 3B 17.2 and 17.3).
//
//   DR7  31..30 29..28  LEN3 R/W3 ... 19..18 17..16  LEN0 R/W0   13 GD   9 GE 8 LE   7..0 G3 L3 .. G0 L0
//        R/W: 0 execution, 1 write, 2 I/O (with CR4.DE), 3 read or write   LEN: 0 1, 1 2, 2 8, 3 4 bytes
//   DR6  15 BT  14 BS  13 BD   3..0 B3 B2 B1 B0
//
// An engine asks breakpointsArmed when DR7 has changed, and only if something is armed, before each
// instruction and at each access. Data breakpoints are traps: it ORs their bits into DEBUG_PENDING.
import { DB, GuestFault, generalProtection, undefinedOpcode } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';

export const DR6_BD = 1 << 13;
/** Single step. */
export const DR6_BS = 1 << 14;
export const DR6_BT = 1 << 15;
const DR7_GD = 1 << 13;
const DR6_ONES = 0xffff_0ff0;
const DR6_WRITABLE = 0xe00f;
const DR7_ONES = 0x400;
const DR7_WRITABLE = 0xffff_23ff;

const DR6 = (L.DR + 6 * 8) >> 2;
const DR7 = (L.DR + 7 * 8) >> 2;

export const ARMED_EXECUTE = 1;
/** Data writes, or reads and writes. */
export const ARMED_DATA = 2;
export const ARMED_IO = 4;

/** ARMED_ bits: which kinds of breakpoint DR7 enables. 0 is the common case. */
export function breakpointsArmed(state: CpuState): number {
  const dr7 = state.u32[DR7]!;
  if ((dr7 & 0xff) === 0) return 0;
  let armed = 0;
  for (let n = 0; n < 4; n++) {
    if ((dr7 & (3 << (2 * n))) === 0) continue;
    const kind = (dr7 >>> (16 + 4 * n)) & 3;
    if (kind === 0) armed |= ARMED_EXECUTE;
    else if (kind === 2) armed |= (state.cr4 & C.CR4_DE) !== 0 ? ARMED_IO : 0;
    else armed |= ARMED_DATA;
  }
  return armed;
}

/** Length of breakpoint n in bytes. */
function lengthOf(dr7: number, n: number): number {
  const code = (dr7 >>> (18 + 4 * n)) & 3;
  return code === 2 ? 8 : code + 1;
}

function hits(state: CpuState, address: number, bytes: number, matches: (kind: number) => boolean): number {
  const dr7 = state.u32[DR7]!;
  let bits = 0;
  for (let n = 0; n < 4; n++) {
    if ((dr7 & (3 << (2 * n))) === 0 || !matches((dr7 >>> (16 + 4 * n)) & 3)) continue;
    const length = lengthOf(dr7, n);
    const at = state.getNumber(L.DR + 8 * n);
    const start = at - (((at % length) + length) % length);
    if (address < start + length && start < address + bytes) bits |= 1 << n;
  }
  return bits;
}

const EXECUTES = (kind: number) => kind === 0;
const WRITES = (kind: number) => kind === 1 || kind === 3;
const READS = (kind: number) => kind === 3;
const PORTS = (kind: number) => kind === 2;

/** DR6 bits of breakpoints on the instruction at a linear address; a fault, before it runs, unless RF is set. */
export function instructionBreakpoints(state: CpuState, linear: number): number {
  return hits(state, linear, 1, EXECUTES);
}

/** DR6 bits of breakpoints that a data access meets; due after the instruction. */
export function dataBreakpoints(
  state: CpuState,
  linear: number,
  bytes: number,
  access: 'read' | 'write',
): number {
  return hits(state, linear, bytes, access === 'write' ? WRITES : READS);
}

/** DR6 bits of I/O breakpoints; due after the instruction. */
export function portBreakpoints(state: CpuState, port: number, bytes: number): number {
  return (state.cr4 & C.CR4_DE) === 0 ? 0 : hits(state, port, bytes, PORTS);
}

/**
 * Notes the causes of a debug exception in DR6, before #DB is delivered. B3..B0 are replaced, BS, BT and BD
 * only ever set by the processor.
 */
export function recordDebugEvent(state: CpuState, causes: number): void {
  state.u32[DR6] = ((state.u32[DR6]! & ~15) | causes | DR6_ONES) >>> 0;
}

/** DR4 and DR5 are other names of DR6 and DR7, unless CR4.DE makes them undefined. */
function resolve(cpu: Cpu, number: number): number {
  const state = cpu.state;
  if (number === 4 || number === 5) {
    if ((state.cr4 & C.CR4_DE) !== 0) undefinedOpcode();
    return resolveGuarded(cpu, number + 2);
  }
  return resolveGuarded(cpu, number);
}

function resolveGuarded(cpu: Cpu, number: number): number {
  const state = cpu.state;
  if (state.cpl !== 0) generalProtection();
  if ((state.u32[DR7]! & DR7_GD) !== 0) {
    recordDebugEvent(state, DR6_BD);
    throw new GuestFault(DB);
  }
  return number;
}

/** MOV from a debug register: checks, and gives the offset of the register in the state. */
export function readDebugRegister(cpu: Cpu, number: number): number {
  return L.DR + 8 * resolve(cpu, number);
}

/** MOV to a debug register, as halves. */
export function writeDebugRegister(cpu: Cpu, number: number, low: number, high: number): void {
  const state = cpu.state;
  const target = resolve(cpu, number);
  const at = (L.DR + 8 * target) >> 2;
  if (target < 4) {
    state.u32[at] = low;
    state.u32[at + 1] = high;
    return;
  }
  if (high !== 0) generalProtection();
  // Whatever runs without looking at breakpoints has to stop and look.
  state.u32[L.EVENT_WAITS >> 2]! |= 1;
  state.u32[at] = target === 6 ? (low & DR6_WRITABLE) | DR6_ONES : (low & DR7_WRITABLE) | DR7_ONES;
  state.u32[at + 1] = 0;
}
