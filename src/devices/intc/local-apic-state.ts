// The state of a local APIC, and the layout of its local vector table.
import type { StateOf } from '../chip.ts';
import { flag, integer, record, uint, words } from '../chip.ts';
import { TIMER_SHAPE } from './apic-timer.ts';

/** Indexes of the local vector table, in the order of their offsets. */
export const LVT_TIMER = 0;
export const LVT_THERMAL = 1;
export const LVT_PERFORMANCE = 2;
export const LVT_LINT0 = 3;
export const LVT_LINT1 = 4;
export const LVT_ERROR = 5;

export const LVT_REMOTE_IRR = 1 << 14;
export const LVT_LEVEL = 1 << 15;
export const LVT_MASK = 1 << 16;

export const LOCAL_APIC_SHAPE = {
  /** IA32_APIC_BASE bits 11:10: 0 disabled, 2 xAPIC, 3 x2APIC. */
  mode: integer(0, 3, 2),
  taskPriority: uint(8),
  logicalDestination: uint(32),
  destinationFormat: uint(32, 0xffff_ffff),
  spurious: uint(9, 0xff),
  inService: words(8),
  triggerMode: words(8),
  requests: words(8),
  errors: uint(8),
  pendingErrors: uint(8),
  commandLow: uint(32),
  commandHigh: uint(32),
  lvt: words(6),
  /** Levels on LINT0 and LINT1. */
  lint: uint(2),
  /** An ExtINT message has come and not been acknowledged. */
  externalLatched: flag(),
  timer: record(TIMER_SHAPE),
};
export type LocalApicState = StateOf<typeof LOCAL_APIC_SHAPE>;
