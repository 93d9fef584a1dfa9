// The x87 state that MMX instructions share (SDM 1, 9.5 and 9.6): each of them sets TOP to 0 and,
// EMMS excepted, tags all registers valid; a write to MMn sets sign and exponent of Rn to ones.

import type { RegisterField } from '../decode/instruction.ts';
import { MF } from '../exceptions/fault.ts';
import * as L from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';

const FSW_ES = 0x80;
const FSW_TOP = 0x3800;

/** #UD or #NM by CR0, then #MF for a pending x87 exception: every MMX instruction begins so. */
export function requireMmx(b: Builder): void {
  b.requireUnit('mmx');
  b.faultIf(b.and(b.get(32, L.FSW), FSW_ES), MF);
}

/** TOP = 0, all tags valid. Place it after everything that can fault. */
export function enterMmx(b: Builder): void {
  b.set(32, L.FSW, b.and(b.get(32, L.FSW), ~FSW_TOP));
  b.set(32, L.FTW, b.i32(0xff));
}

/** Sign and exponent of the register behind an `mm` operand: all ones, as every write to it leaves them. */
export function markMmxWritten(b: Builder, field: RegisterField): void {
  b.setAt(16, { kind: 'field', field, displacement: 8 }, b.i32(0xffff));
}

/** EMMS: all registers empty, and TOP 0 as AMD processors leave it. */
export function leaveMmx(b: Builder): void {
  b.set(32, L.FSW, b.and(b.get(32, L.FSW), ~FSW_TOP));
  b.set(32, L.FTW, b.i32(0));
}
