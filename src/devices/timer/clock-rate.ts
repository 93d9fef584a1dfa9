// A chip's clock, derived from the machine's nanoseconds by exact integer arithmetic: nothing ticks,
// nothing drifts, and the nanosecond at which a tick begins maps back to that very tick.

/** num/den ticks a nanosecond, in lowest terms. */
export interface ClockRate {
  readonly num: number;
  readonly den: number;
}

/** The PC's 8254 clock, 14.31818 MHz / 12, in Hz. */
export const PIT_HZ = 1_193_182;
/** The ACPI PM timer's clock, 14.31818 MHz / 4, in Hz. */
export const PM_TIMER_HZ = 3_579_545;
/** The RTC's crystal in Hz. */
export const RTC_HZ = 32_768;

/**
 * The rate of a clock of `hertz` behind a divider. Both are positive integers, and the reduced
 * fraction's product must stay below 2^53 (any divider of a rate below 9 MHz, or of a round one).
 */
export function clockRate(hertz: number, divider = 1): ClockRate {
  const divisor = greatestCommonDivisor(hertz, 1e9 * divider);
  return { num: hertz / divisor, den: (1e9 * divider) / divisor };
}

/** Whole ticks since time 0 at `nanoseconds` (not negative, below 2^53). */
export function ticksAt(rate: ClockRate, nanoseconds: number): number {
  const whole = Math.floor(nanoseconds);
  const cycles = Math.floor(whole / rate.den);
  return cycles * rate.num + Math.floor(((whole % rate.den) * rate.num) / rate.den);
}

/** The first nanosecond at which `ticksAt` gives `tick` or more; at most 2^53 - 1. */
export function timeOfTick(rate: ClockRate, tick: number): number {
  const cycles = Math.floor(tick / rate.num);
  const time = cycles * rate.den + Math.ceil(((tick % rate.num) * rate.den) / rate.num);
  return Math.min(time, Number.MAX_SAFE_INTEGER);
}

/**
 * A periodic interrupt is not raised more often than this (ns), whatever the guest programs, so that
 * a guest cannot keep the host busy with nothing but alarms. Counters that are read stay exact.
 */
export const SHORTEST_PERIOD = 20_000;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
