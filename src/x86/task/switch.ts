// Hardware task switching (SDM 3A 8.3 to 8.5): JMP, CALL, interrupts through task gates, and IRET with
// NT, over 16- and 32-bit task-state segments. Not possible in long mode.
//
//   32-bit TSS   00 link  1C CR3  20 EIP  24 EFLAGS  28 EAX ECX EDX EBX ESP EBP ESI EDI
//                48 ES CS SS DS FS GS  60 LDT  64 bit 0: T   66 I/O map base
//   16-bit TSS   00 link  0E IP  10 FLAGS  12 AX CX DX BX SP BP SI DI  22 ES CS SS DS  2A LDT
//
// Everything that can fault in the old task is done first; then the new state is committed, and what
// faults from there on is delivered in the new task (GuestFault.committed).
import { loadPdptes, usesPdptes } from '../control/cr3.ts';
import { GP, GuestFault, generalProtection, NP, SS, TS } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import {
  type Descriptor,
  descriptorDpl,
  isCode,
  isNull,
  markAccessed,
  newDescriptor,
  readDescriptor,
  selectorFault,
  setNullSegment,
  setSegment,
  setVirtual8086Segment,
  systemType,
  TYPE_LDT,
  TYPE_TSS_16,
  TYPE_TSS_16_BUSY,
  TYPE_TSS_32,
  TYPE_TSS_32_BUSY,
} from '../segmentation/descriptor.ts';
import { StackCursor } from '../segmentation/stack.ts';
import * as C from '../state/control-bits.ts';
import { FLAG_NT, FLAG_VM } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isWideTss } from './tss.ts';

export type TaskSwitchSource = 'jump' | 'call' | 'interrupt' | 'return';

/** DR6.BT: the new task's TSS has its T flag set. */
const DR6_BT = 1 << 15;
const BUSY = 2;

const target = newDescriptor();
const scratch = newDescriptor();
const stack = new StackCursor();

/** A task that was read from its TSS. */
const task = {
  cr3: 0,
  ip: 0,
  flags: 0,
  registers: new Uint32Array(8),
  /** ES CS SS DS FS GS */
  selectors: new Uint32Array(6),
  ldt: 0,
  trap: false,
};

/** Through a task gate of the IDT, or of the GDT or LDT: `selector` is the gate's. */
export function switchThroughGate(cpu: Cpu, selector: number, errorCode: number, ext: number): void {
  enterTask(cpu, selector, 'interrupt', errorCode, ext);
}

/** Checks that the selector names an available TSS, and switches to it. Raises #GP or #NP if not. */
export function enterTask(
  cpu: Cpu,
  selector: number,
  source: TaskSwitchSource,
  errorCode = -1,
  ext = 0,
): void {
  if ((selector & 4) !== 0 || isNull(selector) || !readDescriptor(cpu, selector, target)) {
    selectorFault(GP, selector, ext);
  }
  const type = systemType(target.attributes);
  if (type !== TYPE_TSS_16 && type !== TYPE_TSS_32) selectorFault(GP, selector, ext);
  if ((target.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector, ext);
  switchTask(cpu, source, errorCode, ext);
}

/** IRET with NT set: back to the task that the current TSS links to. */
export function returnToPreviousTask(cpu: Cpu): void {
  const selector = cpu.memory.read16(cpu.state.segments[L.TR]!.base, 'supervisor');
  if ((selector & 4) !== 0 || !readDescriptor(cpu, selector, target)) selectorFault(TS, selector);
  const type = systemType(target.attributes);
  if (type !== TYPE_TSS_16_BUSY && type !== TYPE_TSS_32_BUSY) selectorFault(TS, selector);
  if ((target.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
  switchTask(cpu, 'return', -1, 0);
}

function switchTask(cpu: Cpu, source: TaskSwitchSource, errorCode: number, ext: number): void {
  const { state, memory } = cpu;
  const wide = isWideTss(target.attributes);
  if (target.limit < (wide ? 0x67 : 0x2b)) selectorFault(TS, target.selector, ext);
  const old = state.segments[L.TR]!;
  const oldWide = isWideTss(old.attributes);
  const oldSelector = old.selector;
  const oldDescriptor = state.getNumber(L.GDTR_BASE) + (oldSelector & 0xfff8);
  memory.probeRead(target.base, wide ? 0x68 : 0x2c, 'supervisor');
  memory.probeWrite(old.base + (oldWide ? 0x20 : 0x0e), oldWide ? 0x40 : 0x1c, 'supervisor');
  memory.probeWrite(target.address, 8, 'supervisor');
  if (source === 'call' || source === 'interrupt') memory.probeWrite(target.base, 2, 'supervisor');

  if (source === 'jump' || source === 'return') {
    const rights = memory.read8(oldDescriptor + 5, 'supervisor');
    memory.write8(oldDescriptor + 5, rights & ~BUSY, 'supervisor');
  }
  saveTask(cpu, old.base, oldWide, source === 'return' ? state.rflags & ~FLAG_NT : state.rflags);
  readTask(cpu, target.base, wide);
  if (source === 'call' || source === 'interrupt') {
    memory.write16(target.base, oldSelector, 'supervisor');
    task.flags |= FLAG_NT;
  }
  target.attributes |= BUSY;
  if (source !== 'return') memory.write8(target.address + 5, target.attributes & 0xff, 'supervisor');
  commitTask(cpu, wide);
  try {
    loadTaskSegments(cpu, ext);
    finish(cpu, wide, errorCode);
  } catch (error) {
    updateDerivedState(state);
    if (error instanceof GuestFault && !error.committed)
      throw new GuestFault(error.vector, error.errorCode, true);
    throw error;
  }
}

function saveTask(cpu: Cpu, base: number, wide: boolean, flags: number): void {
  const { state, memory } = cpu;
  if (wide) {
    memory.write32(base + 0x20, state.u32[L.RIP >> 2]!, 'supervisor');
    memory.write32(base + 0x24, flags, 'supervisor');
    for (let n = 0; n < 8; n++) memory.write32(base + 0x28 + 4 * n, state.gpr32(n), 'supervisor');
    for (let n = L.ES; n <= L.GS; n++)
      memory.write16(base + 0x48 + 4 * n, state.segments[n]!.selector, 'supervisor');
    return;
  }
  memory.write16(base + 0x0e, state.rip, 'supervisor');
  memory.write16(base + 0x10, flags, 'supervisor');
  for (let n = 0; n < 8; n++) memory.write16(base + 0x12 + 2 * n, state.gpr16(n), 'supervisor');
  for (let n = L.ES; n <= L.DS; n++)
    memory.write16(base + 0x22 + 2 * n, state.segments[n]!.selector, 'supervisor');
}

function readTask(cpu: Cpu, base: number, wide: boolean): void {
  const memory = cpu.memory;
  const { registers, selectors } = task;
  if (wide) {
    task.cr3 = memory.read32(base + 0x1c, 'supervisor');
    task.ip = memory.read32(base + 0x20, 'supervisor');
    task.flags = memory.read32(base + 0x24, 'supervisor');
    for (let n = 0; n < 8; n++) registers[n] = memory.read32(base + 0x28 + 4 * n, 'supervisor');
    for (let n = 0; n < 6; n++) selectors[n] = memory.read16(base + 0x48 + 4 * n, 'supervisor');
    task.ldt = memory.read16(base + 0x60, 'supervisor');
    task.trap = (memory.read8(base + 0x64, 'supervisor') & 1) !== 0;
    return;
  }
  task.ip = memory.read16(base + 0x0e, 'supervisor');
  task.flags = memory.read16(base + 0x10, 'supervisor');
  // A 16-bit task leaves ones in the upper halves, as the processors do.
  for (let n = 0; n < 8; n++) registers[n] = memory.read16(base + 0x12 + 2 * n, 'supervisor') | 0xffff_0000;
  for (let n = 0; n < 4; n++) selectors[n] = memory.read16(base + 0x22 + 2 * n, 'supervisor');
  selectors[L.FS] = 0;
  selectors[L.GS] = 0;
  task.ldt = memory.read16(base + 0x2a, 'supervisor');
  task.trap = false;
}

/** The new task's registers; its segments are unusable until they have been checked. */
function commitTask(cpu: Cpu, wide: boolean): void {
  const state = cpu.state;
  setSegment(state, L.TR, target.selector, target);
  state.cr0 |= C.CR0_TS;
  if (wide && (state.cr0 & C.CR0_PG) !== 0 && task.cr3 !== state.get32(L.CR3)) {
    if (usesPdptes(state.cr0, state.cr4, state.efer)) loadPdptes(cpu, task.cr3);
    state.set64(L.CR3, BigInt(task.cr3));
    cpu.translations.flushAll('keepGlobal');
  }
  state.rip = task.ip;
  state.rflags = task.flags;
  for (let n = 0; n < 8; n++) state.setGpr32(n, task.registers[n]!);
  const v86 = (task.flags & FLAG_VM) !== 0;
  state.cpl = v86 ? 3 : task.selectors[L.CS]! & 3;
  for (let n = L.ES; n <= L.GS; n++) {
    if (v86) setVirtual8086Segment(state, n, task.selectors[n]!);
    else setNullSegment(state, n, task.selectors[n]!, n === L.SS ? state.cpl : 0);
  }
  setNullSegment(state, L.LDTR, task.ldt);
  // Local breakpoints belong to the old task.
  state.u32[(L.DR + 7 * 8) >> 2]! &= ~0x155;
  updateDerivedState(state);
}

function loadTaskSegments(cpu: Cpu, ext: number): void {
  const state = cpu.state;
  if (!isNull(task.ldt)) {
    if ((task.ldt & 4) !== 0 || !readDescriptor(cpu, task.ldt, scratch)) selectorFault(TS, task.ldt, ext);
    if (systemType(scratch.attributes) !== TYPE_LDT) selectorFault(TS, task.ldt, ext);
    if ((scratch.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(TS, task.ldt, ext);
    setSegment(state, L.LDTR, task.ldt, scratch);
  }
  if ((task.flags & FLAG_VM) !== 0) return;
  // SS first (SDM 3A table 8-1), so that a fault of CS finds a stack to be delivered on.
  loadTaskStack(cpu, task.selectors[L.SS]!, ext);
  loadTaskCode(cpu, task.selectors[L.CS]!, ext);
  for (const n of DATA) loadTaskData(cpu, n, task.selectors[n]!, ext);
  updateDerivedState(state);
}

const DATA = [L.DS, L.ES, L.FS, L.GS] as const;

function require(cpu: Cpu, selector: number, ext: number): Descriptor {
  if (isNull(selector) || !readDescriptor(cpu, selector, scratch)) selectorFault(TS, selector, ext);
  return scratch;
}

function loadTaskCode(cpu: Cpu, selector: number, ext: number): void {
  const { attributes } = require(cpu, selector, ext);
  const dpl = descriptorDpl(attributes);
  const rpl = selector & 3;
  if (!isCode(attributes)) selectorFault(TS, selector, ext);
  if ((attributes & C.SEGMENT_CONFORMING) !== 0 ? dpl > rpl : dpl !== rpl) selectorFault(TS, selector, ext);
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector, ext);
  markAccessed(cpu, scratch);
  setSegment(cpu.state, L.CS, selector, scratch);
}

function loadTaskStack(cpu: Cpu, selector: number, ext: number): void {
  const { attributes } = require(cpu, selector, ext);
  const cpl = cpu.state.cpl;
  const writable = C.SEGMENT_S | C.SEGMENT_WRITABLE;
  if (
    (attributes & (writable | C.SEGMENT_CODE)) !== writable ||
    descriptorDpl(attributes) !== cpl ||
    (selector & 3) !== cpl
  ) {
    selectorFault(TS, selector, ext);
  }
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(SS, selector, ext);
  markAccessed(cpu, scratch);
  setSegment(cpu.state, L.SS, selector, scratch);
}

function loadTaskData(cpu: Cpu, number: number, selector: number, ext: number): void {
  if (isNull(selector)) return;
  const { attributes } = require(cpu, selector, ext);
  const code = isCode(attributes);
  if ((attributes & C.SEGMENT_S) === 0 || (code && (attributes & C.SEGMENT_READABLE) === 0)) {
    selectorFault(TS, selector, ext);
  }
  const dpl = descriptorDpl(attributes);
  const conforming = code && (attributes & C.SEGMENT_CONFORMING) !== 0;
  if (!conforming && (dpl < cpu.state.cpl || dpl < (selector & 3))) selectorFault(TS, selector, ext);
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector, ext);
  markAccessed(cpu, scratch);
  setSegment(cpu.state, number, selector, scratch);
}

function finish(cpu: Cpu, wide: boolean, errorCode: number): void {
  const state = cpu.state;
  if (task.trap) state.u32[L.DEBUG_PENDING >> 2]! |= DR6_BT;
  if (errorCode >= 0) {
    stack.beginCurrent(cpu);
    stack.push(wide ? 32 : 16, errorCode);
    stack.commit(state);
  }
  if (task.ip > state.segments[L.CS]!.limit) generalProtection();
}
