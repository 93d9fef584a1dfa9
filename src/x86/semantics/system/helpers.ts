// The helpers that system meanings call: thin wrappers that give the functions of segmentation/,
// exceptions/, task/, control/, msr/ and cpuid/ the signature of a Helper. Addresses and far offsets
// travel as f64 (exact while canonical), other 64-bit values as two i32 halves: no bigint on the way.

import {
  loadMachineStatus,
  writeCr0,
  writeCr3,
  writeCr4,
  writeCr8,
  writeXcr,
} from '../../control/control-registers.ts';
import { readDebugRegister, recordDebugEvent, writeDebugRegister } from '../../control/debug-registers.ts';
import { systemCall, systemEnter, systemExit, systemReturn } from '../../control/syscall.ts';
import { cpuid } from '../../cpuid/leaves.ts';
import { generalProtection } from '../../exceptions/fault.ts';
import { clearVirtualInterrupt, popFlags, pushedFlags, setVirtualInterrupt } from '../../exceptions/flags.ts';
import { interruptReturn } from '../../exceptions/iret.ts';
import { breakpointTrap, debugTrap, overflowTrap, softwareInterrupt } from '../../exceptions/software.ts';
import { helper } from '../../helpers/helper.ts';
import { msrHigh, readMsr, writeMsr } from '../../msr/msr.ts';
import { farCall, farJump, farReturn } from '../../segmentation/far.ts';
import { accessRights, segmentLimit, verifySegment } from '../../segmentation/inspect.ts';
import { loadLocalTable, loadSegment, loadTaskRegister } from '../../segmentation/load.ts';
import * as C from '../../state/control-bits.ts';
import * as L from '../../state/layout.ts';
import { isCanonical } from '../../state/predicates.ts';

type Bits = 16 | 32 | 64;

// ---- segments and far transfers ----

export const loadSegmentHelper = helper('loadSegment', ['i32', 'i32'], null, (cpu, number, selector) =>
  loadSegment(cpu, number, selector),
);
export const farJumpHelper = helper('farJump', ['i32', 'f64'], null, (cpu, selector, offset) =>
  farJump(cpu, selector & 0xffff, offset),
);
export const farCallHelper = helper('farCall', ['i32', 'f64', 'i32'], null, (cpu, selector, offset, bits) =>
  farCall(cpu, selector & 0xffff, offset, bits as Bits),
);
export const farReturnHelper = helper('farReturn', ['i32', 'i32'], null, (cpu, bits, release) =>
  farReturn(cpu, bits as Bits, release & 0xffff),
);
export const loadLocalTableHelper = helper('loadLocalTable', ['i32'], null, (cpu, selector) =>
  loadLocalTable(cpu, selector & 0xffff),
);
export const loadTaskRegisterHelper = helper('loadTaskRegister', ['i32'], null, (cpu, selector) =>
  loadTaskRegister(cpu, selector & 0xffff),
);
/** The result is -1 where ZF is to be clear; rights never are. */
export const accessRightsHelper = helper('accessRights', ['i32'], 'i32', (cpu, selector) =>
  accessRights(cpu, selector & 0xffff),
);
/** The limit as i64, or -1. */
export const segmentLimitHelper = helper('segmentLimit', ['i32'], 'i64', (cpu, selector) =>
  BigInt(segmentLimit(cpu, selector & 0xffff)),
);
export const verifySegmentHelper = helper('verifySegment', ['i32', 'i32'], 'i32', (cpu, selector, write) =>
  verifySegment(cpu, selector & 0xffff, write !== 0 ? 'write' : 'read') ? 1 : 0,
);

// ---- interrupts and flags ----

export const softwareInterruptHelper = helper('softwareInterrupt', ['i32'], null, (cpu, vector) =>
  softwareInterrupt(cpu, vector & 0xff),
);
export const breakpointTrapHelper = helper('breakpointTrap', [], null, breakpointTrap);
export const overflowTrapHelper = helper('overflowTrap', [], null, overflowTrap);
export const debugTrapHelper = helper('debugTrap', [], null, (cpu) => {
  recordDebugEvent(cpu.state, 0);
  debugTrap(cpu);
});
export const interruptReturnHelper = helper('interruptReturn', ['i32'], null, (cpu, bits) =>
  interruptReturn(cpu, bits as Bits),
);
export const pushedFlagsHelper = helper('pushedFlags', ['i32'], 'i32', pushedFlags);
export const popFlagsHelper = helper('popFlags', ['i32', 'i32'], null, popFlags);
export const clearVirtualInterruptHelper = helper('clearVirtualInterrupt', [], null, clearVirtualInterrupt);
export const setVirtualInterruptHelper = helper('setVirtualInterrupt', [], null, setVirtualInterrupt);

// ---- calls into the system ----

export const systemCallHelper = helper('systemCall', [], null, systemCall);
export const systemReturnHelper = helper('systemReturn', ['i32'], null, (cpu, bits) =>
  systemReturn(cpu, bits as Bits),
);
export const systemEnterHelper = helper('systemEnter', [], null, systemEnter);
export const systemExitHelper = helper('systemExit', [], null, systemExit);

// ---- control, debug and model-specific registers ----

export const writeControlHelper = helper(
  'writeControl',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, number, low, high) => {
    if (number === 0) writeCr0(cpu, low, high);
    else if (number === 3) writeCr3(cpu, low, high);
    else if (number === 4) writeCr4(cpu, low, high);
    else writeCr8(cpu, low, high);
  },
);
export const readTaskPriorityHelper = helper(
  'readTaskPriority',
  [],
  'i32',
  (cpu) => cpu.apic.readTaskPriority(),
  {
    faults: false,
  },
);
export const loadMachineStatusHelper = helper('loadMachineStatus', ['i32'], null, loadMachineStatus);
export const readDebugHelper = helper('readDebug', ['i32'], 'i64', (cpu, number) =>
  BigInt.asIntN(64, cpu.state.get64(readDebugRegister(cpu, number))),
);
export const writeDebugHelper = helper('writeDebug', ['i32', 'i32', 'i32'], null, writeDebugRegister);
/** Register number in ECX, value to EDX:EAX. */
export const readMsrHelper = helper('readMsr', [], null, (cpu) => {
  const state = cpu.state;
  const low = readMsr(cpu, state.gpr32(L.RCX));
  state.setGpr32(L.RAX, low);
  state.setGpr32(L.RDX, msrHigh.value);
});
export const writeMsrHelper = helper('writeMsr', [], null, (cpu) => {
  const state = cpu.state;
  writeMsr(cpu, state.gpr32(L.RCX), state.gpr32(L.RAX), state.gpr32(L.RDX));
});
/** Index in ECX, value in EDX:EAX. */
export const writeXcrHelper = helper('writeXcr', [], null, (cpu) => {
  const state = cpu.state;
  writeXcr(cpu, state.gpr32(L.RCX), state.gpr32(L.RAX), state.gpr32(L.RDX));
});

// ---- identification and time ----

export const cpuidHelper = helper(
  'cpuid',
  [],
  null,
  (cpu) => {
    const state = cpu.state;
    const [eax, ebx, ecx, edx] = cpuid(cpu, state.gpr32(L.RAX), state.gpr32(L.RCX));
    state.setGpr32(L.RAX, eax);
    state.setGpr32(L.RBX, ebx);
    state.setGpr32(L.RCX, ecx);
    state.setGpr32(L.RDX, edx);
  },
  { faults: false },
);
/** The engine's count, to which TSC_OFFSET is to be added. */
export const timeStampHelper = helper('timeStamp', [], 'f64', (cpu) => cpu.timeStamp(), { faults: false });

// ---- translations ----

export const invalidatePageHelper = helper(
  'invalidatePage',
  ['f64'],
  null,
  (cpu, linear) => {
    // A non-canonical address has no translation to forget.
    if (isCanonical(linear)) cpu.translations.flushPage(linear);
  },
  { faults: false },
);

/** INVPCID (SDM 2A): type, descriptor as PCID quadword and linear address. */
export const invalidatePcidHelper = helper(
  'invalidatePcid',
  ['f64', 'f64', 'f64'],
  null,
  (cpu, type, pcid, linear) => {
    const enabled = (cpu.state.cr4 & C.CR4_PCIDE) !== 0;
    if (type < 0 || type > 3) generalProtection();
    if (type < 2) {
      if (pcid < 0 || pcid > 0xfff || (!enabled && pcid !== 0)) generalProtection();
    } else if (pcid < 0 || pcid > 0xfff) generalProtection();
    if (type === 0) {
      if (!isCanonical(linear)) generalProtection();
      cpu.translations.flushPage(linear);
    } else {
      cpu.translations.flushAll(type === 2 ? 'dropGlobal' : 'keepGlobal');
    }
  },
);
