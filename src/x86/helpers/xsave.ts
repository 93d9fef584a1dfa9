// FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XRSTOR: the x87, SSE and header parts of the save area.
//
//     0 FCW   2 FSW   4 abridged FTW   6 FOP   8 FIP (32 bits, then FCS; or 64 bits with REX.W)
//    16 FDP (as FIP, with FDS)   24 MXCSR   28 MXCSR_MASK
//    32 ST(0)..ST(7), 16 bytes each     160 XMM0..XMM15 (XMM0..7 outside 64-bit mode)
//   512 XSTATE_BV   520 XCOMP_BV   528..575 reserved                       (XSAVE only)
//
// Only the components x87 and SSE exist; there is no compacted form (CPUID says so), and every component
// counts as in use (XINUSE), which the manual allows.
//
// Sources: Intel SDM volume 1, 10.5 (FXSAVE), 13.4 to 13.9 (XSAVE); volume 2, FXSAVE, FXRSTOR, XSAVE, XRSTOR.

import { generalProtection } from '../exceptions/fault.ts';
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { helper } from './helper.ts';
import { initialiseX87 } from './x87/control.ts';
import { physical, updateStatus } from './x87/stack.ts';

/** MXCSR bits that exist (DAZ included): the MXCSR_MASK that FXSAVE stores. */
export const MXCSR_MASK = 0xffff;
const COMPONENT_X87 = 1;
const COMPONENT_SSE = 2;
const COMPONENTS = COMPONENT_X87 | COMPONENT_SSE;
const LEGACY_SIZE = 512;
/** Bytes of the legacy area that software may use and FXSAVE leaves alone start here. */
const LEGACY_WRITTEN = 416;
const HEADER_SIZE = 64;

/** Bits of the helpers' `format`. */
export const FORMAT_REX_W = 1;
export const FORMAT_64_BIT_MODE = 2;

const buffer = new Uint8Array(LEGACY_SIZE + HEADER_SIZE);
const view = new DataView(buffer.buffer);
const words = new Uint32Array(buffer.buffer);
/** Areas as they are read and written whole: with eight XMM registers and with sixteen. */
const legacy = buffer.subarray(0, LEGACY_SIZE);
const narrowArea = buffer.subarray(0, 288);
const wideArea = buffer.subarray(0, LEGACY_WRITTEN);

function writtenArea(format: number): Uint8Array {
  return format & FORMAT_64_BIT_MODE ? wideArea : narrowArea;
}

function xmmCount(format: number): number {
  return format & FORMAT_64_BIT_MODE ? 16 : 8;
}

function putX87(state: CpuState, format: number): void {
  view.setUint16(0, state.get32(L.FCW), true);
  view.setUint16(2, state.get32(L.FSW), true);
  view.setUint16(4, state.get32(L.FTW) & 0xff, true);
  view.setUint16(6, state.get32(L.FOP) & 0x7ff, true);
  if (format & FORMAT_REX_W) {
    for (let i = 0; i < 2; i++) {
      words[2 + i] = state.u32[(L.FIP >> 2) + i]!;
      words[4 + i] = state.u32[(L.FDP >> 2) + i]!;
    }
  } else {
    view.setUint32(8, state.get32(L.FIP), true);
    view.setUint32(12, state.get32(L.FCS) & 0xffff, true);
    view.setUint32(16, state.get32(L.FDP), true);
    view.setUint32(20, state.get32(L.FDS) & 0xffff, true);
  }
  for (let index = 0; index < 8; index++) {
    const register = L.FPR + L.FPR_SIZE * physical(state, index);
    const at = 8 + 4 * index;
    words[at] = state.u32[register >> 2]!;
    words[at + 1] = state.u32[(register >> 2) + 1]!;
    words[at + 2] = state.u32[(register >> 2) + 2]! & 0xffff;
    words[at + 3] = 0;
  }
}

function takeX87(state: CpuState, format: number): void {
  state.set32(L.FCW, (view.getUint16(0, true) & 0x1f3f) | 0x40);
  state.set32(L.FSW, view.getUint16(2, true));
  state.set32(L.FTW, view.getUint8(4));
  state.set32(L.FOP, view.getUint16(6, true) & 0x7ff);
  if (format & FORMAT_REX_W) {
    for (let i = 0; i < 2; i++) {
      state.u32[(L.FIP >> 2) + i] = words[2 + i]!;
      state.u32[(L.FDP >> 2) + i] = words[4 + i]!;
    }
    state.set32(L.FCS, 0);
    state.set32(L.FDS, 0);
  } else {
    state.set64(L.FIP, BigInt(view.getUint32(8, true)));
    state.set32(L.FCS, view.getUint16(12, true));
    state.set64(L.FDP, BigInt(view.getUint32(16, true)));
    state.set32(L.FDS, view.getUint16(20, true));
  }
  updateStatus(state, 0, 0);
  for (let index = 0; index < 8; index++) {
    const register = L.FPR + L.FPR_SIZE * physical(state, index);
    const at = 8 + 4 * index;
    state.u32[register >> 2] = words[at]!;
    state.u32[(register >> 2) + 1] = words[at + 1]!;
    state.u16[(register >> 1) + 4] = words[at + 2]!;
  }
}

function putXmm(state: CpuState, format: number): void {
  const count = 4 * xmmCount(format);
  for (let word = 0; word < count; word++) words[40 + word] = state.u32[(L.XMM >> 2) + word]!;
}

function takeXmm(state: CpuState, format: number): void {
  const count = 4 * xmmCount(format);
  for (let word = 0; word < count; word++) state.u32[(L.XMM >> 2) + word] = words[40 + word]!;
}

function putMxcsr(state: CpuState): void {
  view.setUint32(24, state.get32(L.MXCSR), true);
  view.setUint32(28, MXCSR_MASK, true);
}

/** MXCSR of the area; #GP(0) for reserved bits. */
function checkedMxcsr(): number {
  const mxcsr = view.getUint32(24, true);
  if (mxcsr & ~MXCSR_MASK) generalProtection();
  return mxcsr;
}

/** FXSAVE to a linear address, which the meaning has found aligned. */
export const fxsave = helper('fxsave', ['f64', 'i32'], null, (cpu, linear, format) => {
  putX87(cpu.state, format);
  view.setUint8(5, 0);
  putMxcsr(cpu.state);
  putXmm(cpu.state, format);
  cpu.memory.probeWrite(linear, LEGACY_SIZE);
  cpu.memory.writeBytes(linear, writtenArea(format));
});

/** FXRSTOR from a linear address. */
export const fxrstor = helper('fxrstor', ['f64', 'i32'], null, (cpu, linear, format) => {
  cpu.memory.readBytes(linear, legacy);
  const mxcsr = checkedMxcsr();
  takeX87(cpu.state, format);
  cpu.state.set32(L.MXCSR, mxcsr);
  takeXmm(cpu.state, format);
});

/** XSAVE and XSAVEOPT: `requested` is EAX; no bit of EDX names a component. */
export const xsave = helper('xsave', ['f64', 'i32', 'i32'], null, (cpu, at, requested, format) => {
  const { state, memory } = cpu;
  const components = requested & state.u32[L.XCR0 >> 2]! & COMPONENTS;
  memory.probeWrite(at, LEGACY_SIZE + HEADER_SIZE);
  const header = memory.readPair(at + LEGACY_SIZE);
  const headerHigh = memory.pairHigh;
  const end = 160 + 16 * xmmCount(format);
  if (components & COMPONENT_X87) putX87(state, format);
  if (components & COMPONENT_SSE) {
    putMxcsr(state);
    putXmm(state, format);
  }
  if (components === COMPONENTS) memory.writeBytes(at, writtenArea(format));
  else if (components & COMPONENT_X87) {
    memory.writeBytes(at, buffer.subarray(0, 24));
    memory.writeBytes(at + 32, buffer.subarray(32, 160));
  } else if (components & COMPONENT_SSE) {
    memory.writeBytes(at + 24, buffer.subarray(24, 32));
    memory.writeBytes(at + 160, buffer.subarray(160, end));
  }
  memory.writePair(at + LEGACY_SIZE, (header | components) >>> 0, headerHigh);
});

/** XRSTOR, standard form: `requested` is EAX. */
export const xrstor = helper('xrstor', ['f64', 'i32', 'i32'], null, (cpu, linear, requested, format) => {
  const { state, memory } = cpu;
  // Of XCR0 no more bits than those of the two components can be set.
  const xcr0 = state.u32[L.XCR0 >> 2]!;
  const components = requested & xcr0 & COMPONENTS;
  memory.readBytes(linear, buffer);
  const saved = words[LEGACY_SIZE >> 2]!;
  if ((saved & ~xcr0) !== 0 || words[(LEGACY_SIZE >> 2) + 1] !== 0) generalProtection();
  for (let word = (LEGACY_SIZE >> 2) + 2; word < (LEGACY_SIZE >> 2) + 6; word++)
    if (words[word] !== 0) generalProtection();
  const mxcsr = components & COMPONENT_SSE ? checkedMxcsr() : state.get32(L.MXCSR);
  if (components & COMPONENT_X87) {
    if (saved & COMPONENT_X87) takeX87(state, format);
    else resetX87(state);
  }
  if (components & COMPONENT_SSE) {
    state.set32(L.MXCSR, mxcsr);
    if (saved & COMPONENT_SSE) takeXmm(state, format);
    else state.u8.fill(0, L.XMM, L.XMM + 16 * xmmCount(format));
  }
});

/** The initial configuration of the x87 component: as FNINIT, and the registers zero. */
function resetX87(state: CpuState): void {
  initialiseX87(state);
  state.u8.fill(0, L.FPR, L.FPR + 8 * L.FPR_SIZE);
}
