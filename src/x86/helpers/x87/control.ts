// FNINIT, FNCLEX, FLDCW, and the images of FNSTENV, FLDENV, FNSAVE, FRSTOR.
//
// The environment, one row a word of 16 or 32 bits (the upper half of a 32-bit row is reserved, except where
// it is named, and stored as ones):
//
//        protected mode                     real and virtual-8086 mode
//   0    control word
//   1    status word
//   2    tag word
//   3    FIP                                FIP 15..0
//   4    FCS (32-bit: opcode in 26..16)     FIP (from bit 16) in 15..12 (32-bit: 27..12), opcode in 10..0
//   5    FDP                                FDP 15..0
//   6    FDS                                FDP (from bit 16) in 15..12 (32-bit: 27..12)
//
// FNSAVE appends ST(0) to ST(7), 10 bytes each. The opcode (FOP) is not tracked: see docs/quirks.md.
//
// Sources: Intel SDM volume 1, 8.1.10 (figures 8-9 to 8-12), 8.1.7; volume 2, FNSAVE, FRSTOR, FLDENV.

import { unpackExtended } from '../../fpu/packing.ts';
import { NORMAL, unpacked, ZERO } from '../../fpu/unpacked.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import * as L from '../../state/layout.ts';
import type { Cpu } from '../cpu.ts';
import { helper } from '../helper.ts';
import { physical, updateStatus } from './stack.ts';

const number = unpacked();

/** The state after FNINIT. */
export function initialiseX87(state: CpuState): void {
  state.set32(L.FCW, 0x37f);
  state.set32(L.FSW, 0);
  state.set32(L.FTW, 0);
  state.set32(L.FOP, 0);
  state.set32(L.FCS, 0);
  state.set32(L.FDS, 0);
  state.set64(L.FIP, 0n);
  state.set64(L.FDP, 0n);
}

/** FNINIT. */
export const x87Initialise = helper('x87Initialise', [], null, (cpu) => initialiseX87(cpu.state), {
  faults: false,
});

/** The control word as it is kept: bit 6 is always set, the reserved upper bits are clear. */
function legalControlWord(value: number): number {
  return (value & 0x1f3f) | 0x40;
}

/** FLDCW: may make an exception pending that was masked. */
export const x87LoadControlWord = helper(
  'x87LoadControlWord',
  ['i32'],
  null,
  (cpu, value) => {
    cpu.state.set32(L.FCW, legalControlWord(value));
    updateStatus(cpu.state, 0, 0);
  },
  { faults: false },
);

/** The full tag word: for each register 0 valid, 1 zero, 2 special, 3 empty. */
export function fullTagWord(state: CpuState): number {
  const present = state.get32(L.FTW);
  let tags = 0;
  for (let register = 7; register >= 0; register--) {
    tags <<= 2;
    if (((present >> register) & 1) === 0) tags |= 3;
    else {
      const at = (L.FPR >> 2) + 4 * register;
      unpackExtended(state.u32[at + 2]! & 0xffff, state.u32[at + 1]!, state.u32[at]!, number);
      tags |= number.kind === NORMAL ? 0 : number.kind === ZERO ? 1 : 2;
    }
  }
  return tags;
}

/** The abridged tag word of a full one: a bit is set where the register is not empty. */
export function abridgedTagWord(tags: number): number {
  let present = 0;
  for (let register = 0; register < 8; register++) {
    if (((tags >> (2 * register)) & 3) !== 3) present |= 1 << register;
  }
  return present;
}

/** What `format` of the helpers below means: bit 0 32-bit, bit 1 protected mode. */
export const FORMAT_32 = 1;
export const FORMAT_PROTECTED = 2;

function environmentImage(state: CpuState, format: number, image: DataView): void {
  const wide = (format & FORMAT_32) !== 0;
  const put = (row: number, value: number): void => {
    if (wide) image.setUint32(4 * row, value, true);
    else image.setUint16(2 * row, value & 0xffff, true);
  };
  const reserved = 0xffff0000;
  const fip = state.get32(L.FIP);
  const fdp = state.get32(L.FDP);
  const fop = state.get32(L.FOP) & 0x7ff;
  put(0, reserved | state.get32(L.FCW));
  put(1, reserved | state.get32(L.FSW));
  put(2, reserved | fullTagWord(state));
  if (format & FORMAT_PROTECTED) {
    put(3, fip);
    put(4, (fop << 16) | (state.get32(L.FCS) & 0xffff));
    put(5, fdp);
    put(6, reserved | state.get32(L.FDS));
  } else {
    const instruction = (state.get32(L.FCS) << 4) + fip;
    const operand = (state.get32(L.FDS) << 4) + fdp;
    const upper = wide ? 0x0ffff000 : 0xf000;
    put(3, reserved | (instruction & 0xffff));
    put(4, ((instruction >>> 4) & upper) | fop);
    put(5, reserved | (operand & 0xffff));
    put(6, (operand >>> 4) & upper);
  }
}

function loadEnvironment(state: CpuState, format: number, image: DataView): void {
  const wide = (format & FORMAT_32) !== 0;
  const take = (row: number): number =>
    wide ? image.getUint32(4 * row, true) : image.getUint16(2 * row, true);
  state.set32(L.FCW, legalControlWord(take(0)));
  state.set32(L.FSW, take(1) & 0xffff);
  state.set32(L.FTW, abridgedTagWord(take(2)));
  if (format & FORMAT_PROTECTED) {
    state.set64(L.FIP, BigInt(take(3)));
    state.set32(L.FCS, take(4) & 0xffff);
    state.set32(L.FOP, wide ? (take(4) >>> 16) & 0x7ff : 0);
    state.set64(L.FDP, BigInt(take(5)));
    state.set32(L.FDS, take(6) & 0xffff);
  } else {
    const upper = wide ? 0x0ffff000 : 0xf000;
    state.set64(L.FIP, BigInt((take(3) & 0xffff) + (((take(4) & upper) << 4) >>> 0)));
    state.set64(L.FDP, BigInt((take(5) & 0xffff) + (((take(6) & upper) << 4) >>> 0)));
    state.set32(L.FOP, take(4) & 0x7ff);
    state.set32(L.FCS, 0);
    state.set32(L.FDS, 0);
  }
  updateStatus(state, 0, 0);
}

const buffer = new Uint8Array(108);
const view = new DataView(buffer.buffer);

function environmentSize(format: number): number {
  return format & FORMAT_32 ? 28 : 14;
}

function address(linear: bigint): number {
  return Number(BigInt.asIntN(64, linear));
}

/** FNSTENV: stores, then masks all exceptions. */
export const x87StoreEnvironment = helper(
  'x87StoreEnvironment',
  ['i64', 'i32'],
  null,
  (cpu, linear, format) => {
    environmentImage(cpu.state, format, view);
    cpu.memory.writeBytes(address(linear), buffer.subarray(0, environmentSize(format)));
    cpu.state.set32(L.FCW, cpu.state.get32(L.FCW) | 63);
    updateStatus(cpu.state, 0, 0);
  },
);

/** FLDENV. */
export const x87LoadEnvironment = helper(
  'x87LoadEnvironment',
  ['i64', 'i32'],
  null,
  (cpu, linear, format) => {
    cpu.memory.readBytes(address(linear), buffer.subarray(0, environmentSize(format)));
    loadEnvironment(cpu.state, format, view);
  },
);

/** FNSAVE: stores the environment and the registers, then initialises. */
export const x87Save = helper('x87Save', ['i64', 'i32'], null, (cpu, linear, format) => {
  const { state } = cpu;
  const size = environmentSize(format);
  environmentImage(state, format, view);
  for (let index = 0; index < 8; index++) {
    const register = L.FPR + L.FPR_SIZE * physical(state, index);
    buffer.set(state.u8.subarray(register, register + 10), size + 10 * index);
  }
  cpu.memory.writeBytes(address(linear), buffer.subarray(0, size + 80));
  initialiseX87(state);
});

/** FRSTOR. */
export const x87Restore = helper('x87Restore', ['i64', 'i32'], null, (cpu: Cpu, linear, format) => {
  const { state } = cpu;
  const size = environmentSize(format);
  cpu.memory.readBytes(address(linear), buffer.subarray(0, size + 80));
  loadEnvironment(state, format, view);
  for (let index = 0; index < 8; index++) {
    const register = L.FPR + L.FPR_SIZE * physical(state, index);
    state.u8.set(buffer.subarray(size + 10 * index, size + 10 * index + 10), register);
  }
});
