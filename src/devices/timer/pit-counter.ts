// One counter of an 8254 (Intel 8254 data sheet, 231164, "Mode definitions"), computed from the time
// in ticks instead of counted. All times are absolute ticks of the counter's clock.
//
// A count written at tick T is loaded at T + 1. From the load on, with n the count and e the ticks
// since the load:
//
//   mode  OUT                                                counting element
//   0     low, high from e = n (terminal count) on           n - e, wraps and goes on
//   1     low from the trigger's load until e = n            n - e
//   2     low while e mod n = n - 1                          n - (e mod n)
//   3     high for the first ceil(n/2) of each n             by twos, reloaded twice a period
//   4, 5  low at e = n for one tick                          n - e
//
// GATE low stops the counting in modes 0 and 4, forces OUT high in modes 2 and 3; GATE's rise triggers
// modes 1 and 5 and reloads modes 2 and 3.
import type { StateOf } from '../chip.ts';
import { flag, integer, moment, uint } from '../chip.ts';

export const COUNTER_SHAPE = {
  mode: integer(0, 5),
  bcd: flag(),
  /** RW1:RW0 of the control word: 1 low byte, 2 high byte, 3 low then high. */
  access: integer(1, 3, 3),
  /** The count register (CR) as written, 0..FFFF. */
  countRegister: uint(16),
  writeHighNext: flag(),
  readHighNext: flag(),
  /** The latched count (OL), or -1. */
  latchedCount: integer(-1, 0xffff, -1),
  /** The latched status, or -1. */
  latchedStatus: integer(-1, 0xff, -1),
  gate: flag(true),
  /** n: the count in force, 1..65536 (10000 in BCD); 0 before the first load. */
  count: integer(0, 0x10000),
  /** Tick at which `count` was loaded (for mode 3, at which the period's high half began). */
  start: moment(),
  /** A count that waits to be loaded, 0 where none does, and the tick when it will be; -1: at a trigger. */
  nextCount: integer(0, 0x10000),
  nextAt: moment(-1),
  /** Modes 0, 2, 3, 4: ticks counted when GATE (or a half-written count) stopped the counting; else -1. */
  stoppedAt: moment(-1),
};
export type CounterState = StateOf<typeof COUNTER_SHAPE>;

/** Sets mode, access and number system from a control word, as its write does. */
export function programCounter(c: CounterState, controlWord: number): void {
  const mode = (controlWord >> 1) & 7;
  c.mode = mode > 5 ? mode - 4 : mode; // 6 and 7 are 2 and 3
  c.access = (controlWord >> 4) & 3;
  c.bcd = (controlWord & 1) !== 0;
  c.writeHighNext = false;
  c.readHighNext = false;
  c.latchedCount = -1;
  c.latchedStatus = -1;
  c.count = 0;
  c.nextCount = 0;
  c.nextAt = -1;
  c.stoppedAt = -1;
}

/** A byte written to the counter's port at `tick`. */
export function writeCount(c: CounterState, byte: number, tick: number): void {
  if (c.access === 3 && !c.writeHighNext) {
    c.countRegister = (c.countRegister & 0xff00) | byte;
    c.writeHighNext = true;
    settle(c, tick);
    // The first byte stops mode 0 and takes OUT low.
    if (c.mode === 0) {
      c.count = 0;
      c.nextCount = 0;
    }
    return;
  }
  if (c.access === 3) c.countRegister = (c.countRegister & 0xff) | (byte << 8);
  else c.countRegister = c.access === 1 ? byte : byte << 8;
  c.writeHighNext = false;
  settle(c, tick);
  load(c, countFrom(c), tick);
}

/** GATE changes to `level` at `tick`. */
export function setGate(c: CounterState, level: boolean, tick: number): void {
  if (c.gate === level) return;
  settle(c, tick);
  c.gate = level;
  switch (c.mode) {
    case 0:
    case 4:
      if (!level) c.stoppedAt = c.count === 0 ? 0 : Math.max(tick - c.start, 0);
      else {
        if (c.count !== 0) c.start = tick - Math.max(c.stoppedAt, 0);
        c.stoppedAt = -1;
      }
      break;
    case 2:
    case 3:
      if (!level) c.stoppedAt = c.count === 0 ? 0 : Math.max(tick - c.start, 0);
      else {
        c.stoppedAt = -1;
        trigger(c, tick);
      }
      break;
    default:
      if (level) trigger(c, tick);
  }
}

/** Brings a waiting count into force once its time has come. Call before looking at the counter. */
export function settle(c: CounterState, tick: number): void {
  if (c.nextCount === 0 || c.nextAt < 0 || tick < c.nextAt) return;
  const falling = c.mode === 3 && c.count !== 0 && (c.nextAt - c.start) % c.count !== 0;
  c.count = c.nextCount;
  // Loaded in the middle of a square wave: its low half begins, so the high half is in the past.
  c.start = falling ? c.nextAt - highTicks(c.count) : c.nextAt;
  c.nextCount = 0;
  c.nextAt = -1;
}

/** OUT at `tick`. */
export function output(c: CounterState, tick: number): boolean {
  settle(c, tick);
  if (c.count === 0) return c.mode !== 0;
  if (c.stoppedAt >= 0 && (c.mode === 2 || c.mode === 3)) return true;
  const elapsed = elapsedTicks(c, tick);
  if (elapsed < 0) return c.mode !== 0;
  switch (c.mode) {
    case 0:
    case 1:
      return elapsed >= c.count;
    case 2:
      return c.count === 1 || elapsed % c.count !== c.count - 1;
    case 3:
      return elapsed % c.count < highTicks(c.count);
    default:
      return elapsed !== c.count;
  }
}

/** The first tick after `tick` at which OUT rises, with count and GATE as they are; -1 for never. */
export function nextRise(c: CounterState, tick: number): number {
  settle(c, tick);
  if (c.count === 0 || c.stoppedAt >= 0) return -1;
  let rise: number;
  if (c.mode === 2 || c.mode === 3) {
    const elapsed = Math.max(tick - c.start, 0);
    rise = c.start + (Math.floor(elapsed / c.count) + 1) * c.count;
  } else rise = c.start + c.count + (c.mode >= 4 ? 1 : 0);
  return rise > tick ? rise : -1;
}

/** The counting element as a read shows it (BCD where programmed), 0..FFFF. */
export function currentCount(c: CounterState, tick: number): number {
  settle(c, tick);
  if (c.count === 0) return c.countRegister;
  const elapsed = Math.max(elapsedTicks(c, tick), 0);
  const wrap = c.bcd ? 10_000 : 0x10000;
  let value: number;
  if (c.mode === 2) value = c.count - (elapsed % c.count);
  else if (c.mode === 3) {
    const position = elapsed % c.count;
    const high = highTicks(c.count);
    value = (c.count & ~1) - 2 * (position < high ? position : position - high);
  } else value = (((c.count - elapsed) % wrap) + wrap) % wrap;
  return c.bcd ? toBcd(value % wrap) : value & 0xffff;
}

/** The status byte: OUT, NULL COUNT, access, mode, BCD. */
export function status(c: CounterState, tick: number): number {
  const out = output(c, tick) ? 0x80 : 0;
  const nullCount = c.count === 0 || c.nextCount !== 0 || c.writeHighNext ? 0x40 : 0;
  return out | nullCount | (c.access << 4) | (c.mode << 1) | (c.bcd ? 1 : 0);
}

/** A read of the counter's port. */
export function readCount(c: CounterState, tick: number): number {
  if (c.latchedStatus >= 0) {
    const value = c.latchedStatus;
    c.latchedStatus = -1;
    return value;
  }
  const value = c.latchedCount >= 0 ? c.latchedCount : currentCount(c, tick);
  if (c.access === 3) {
    const high = c.readHighNext;
    c.readHighNext = !high;
    if (high) c.latchedCount = -1;
    return high ? value >> 8 : value & 0xff;
  }
  c.latchedCount = -1;
  return c.access === 1 ? value & 0xff : value >> 8;
}

/** Latches the count; a second latch before the read is ignored. */
export function latchCount(c: CounterState, tick: number): void {
  if (c.latchedCount < 0) c.latchedCount = currentCount(c, tick);
}

export function latchStatus(c: CounterState, tick: number): void {
  if (c.latchedStatus < 0) c.latchedStatus = status(c, tick);
}

/** A complete count was written at `tick`. */
function load(c: CounterState, count: number, tick: number): void {
  switch (c.mode) {
    case 0:
    case 4:
      c.count = count;
      c.start = tick + 1;
      c.nextCount = 0;
      c.nextAt = -1;
      if (!c.gate) c.stoppedAt = 0;
      return;
    case 1:
    case 5:
      c.nextCount = count;
      c.nextAt = -1;
      return;
    default:
      if (c.count === 0) {
        c.count = count;
        c.start = tick + 1;
        if (!c.gate) c.stoppedAt = 0;
        return;
      }
      c.nextCount = count;
      c.nextAt = c.stoppedAt >= 0 ? -1 : nextReload(c, tick);
  }
}

/** GATE rose: modes 1 and 5 start, modes 2 and 3 start again. */
function trigger(c: CounterState, tick: number): void {
  const count = c.nextCount !== 0 ? c.nextCount : c.count;
  if (count === 0) return;
  c.count = count;
  c.start = tick + 1;
  c.nextCount = 0;
  c.nextAt = -1;
}

/** When a running mode 2 or 3 takes its next count: the end of the period, or of the half in mode 3. */
function nextReload(c: CounterState, tick: number): number {
  const elapsed = Math.max(tick - c.start, 0);
  const position = elapsed % c.count;
  const begin = Math.max(tick, c.start) - position;
  const high = highTicks(c.count);
  return c.mode === 3 && position < high && high < c.count ? begin + high : begin + c.count;
}

function elapsedTicks(c: CounterState, tick: number): number {
  return c.stoppedAt >= 0 ? c.stoppedAt : tick - c.start;
}

function highTicks(count: number): number {
  return (count + 1) >> 1;
}

/** The number that the count register means: 0 is the largest. */
function countFrom(c: CounterState): number {
  if (!c.bcd) return c.countRegister || 0x10000;
  let value = 0;
  for (let digit = 3; digit >= 0; digit--) value = value * 10 + ((c.countRegister >> (4 * digit)) & 15);
  return value || 10_000;
}

function toBcd(value: number): number {
  let bcd = 0;
  for (let digit = 0, rest = value; digit < 4; digit++, rest = Math.floor(rest / 10))
    bcd |= (rest % 10) << (4 * digit);
  return bcd;
}
