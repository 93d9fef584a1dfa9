// High precision event timers (Intel, "IA-PC HPET Specification", revision 1.0a): a 64-bit counter of 10 ns and three
// comparators, each one-shot or periodic.
//
//   000 GCAP_ID, and 004 the period in femtoseconds      0F0 main counter
//   010 GEN_CONF  0 runs  1 legacy replacement           100 + 20 n  Tn_CONF     104 + 20 n  routes that can be chosen
//   020 GINTR_STA  one bit a timer, cleared by ones      108 + 20 n  Tn_COMPARATOR
//
//   Tn_CONF  1 level  2 interrupts on  3 periodic  4, 5 can be periodic, has 64 bits  6 next write sets the
//            accumulator  8 works with 32 bits  13:9 input of the I/O APIC
//
// With legacy replacement timer 0 takes the place of the PIT at IRQ 0 and timer 1 that of the RTC at IRQ 8. When an alarm comes
// late, on a busy host, the interrupts of the periods that have passed follow one another quickly, up to MOST_OWED of them,
// so that a guest that counts them keeps its time; the phase stays. A comparator that is written with the counter's present value matches when
// the counter comes round again. Not modelled: interrupts as messages (FSB).
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import {
  flag,
  initialState,
  integer,
  moment,
  records,
  resetState,
  restoreState,
  saveState,
  uint,
  uint64,
} from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import { merge, type Register, type RegisterRegion, registerRegion } from '../registers.ts';
import { clockRate, SHORTEST_PERIOD, ticksAt, timeOfTick } from './clock-rate.ts';

const NAME = 'hpet';
const VERSION = 2;
const TIMERS = 3;
const HERTZ = 100_000_000;
const PERIOD_FEMTOSECONDS = 10_000_000;
const RATE = clockRate(HERTZ);
/** Revision 1, three timers, 64 bits, legacy replacement; vendor 8086. */
export const HPET_CAPABILITIES = 0x8086_a201;
/** Inputs of the I/O APIC that a timer can be given: 2, 8 and 16 to 23. */
export const HPET_ROUTES = 0x00ff_0104;

const ENABLE = 1;
const LEGACY = 2;

const LEVEL = 1 << 1;
const INTERRUPTS = 1 << 2;
const PERIODIC = 1 << 3;
const CAPABLE = (1 << 4) | (1 << 5);
const SET_VALUE = 1 << 6;
const NARROW = 1 << 8;
const ROUTE_SHIFT = 9;
const STORED = LEVEL | INTERRUPTS | PERIODIC | SET_VALUE | NARROW | (0x1f << ROUTE_SHIFT);
/** Interrupts that are delivered late, and nanoseconds between two of them: time for a guest to take one. */
const MOST_OWED = 64;
const OWED_APART = 200_000;
/** Further away than any run: no alarm. */
const NEVER = 2n ** 50n;

const TIMER = {
  config: uint(16),
  comparator: uint64(0xffff_ffff_ffff_ffffn),
  /** What a periodic timer adds at each match. */
  period: uint64(),
  /** The lower half of the accumulator was set last: the upper half of the same write of 64 bits may follow. */
  upperFollows: flag(),
  /** Interrupts of periods that have passed unseen. */
  owed: integer(0, MOST_OWED),
};

const SHAPE = {
  config: uint(2),
  status: uint(TIMERS),
  /** The counter while it stands still; while it runs, what is to be added to the ticks since time 0. */
  offset: uint64(),
  timers: records(TIMERS, TIMER),
  /** The counter up to which matches have been seen. */
  seen: uint64(),
  /** Machine time before which periodic timers are not looked at again (ns). */
  notBefore: moment(),
};

export interface HpetOptions {
  readonly clock: AlarmSource;
  /** The input of the I/O APIC that a timer is routed to, one of HPET_ROUTES. */
  readonly input: (number: number) => IrqLine;
  /** IRQ 0 and IRQ 8, for legacy replacement. */
  readonly legacy: readonly [IrqLine, IrqLine];
  /** The PIT and the RTC lose their interrupts, or have them back. */
  readonly replaceLegacy: (replaced: boolean) => void;
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number(value >> 32n);
const withLow = (value: bigint, half: number): bigint => (value & ~0xffff_ffffn) | BigInt(half);
const withHigh = (value: bigint, half: number): bigint => (value & 0xffff_ffffn) | (BigInt(half) << 32n);

export class Hpet implements Chip {
  /** 1 KiB of memory. */
  readonly regions: readonly RegisterRegion[];
  readonly #options: HpetOptions;
  readonly #alarm: Alarm;
  readonly #inputs = new Map<number, IrqLine>();
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: HpetOptions) {
    this.#options = options;
    this.#alarm = options.clock.alarm(() => this.#onAlarm());
    for (let number = 0; number < 32; number++) {
      if ((HPET_ROUTES & (1 << number)) !== 0) this.#inputs.set(number, options.input(number));
    }
    this.regions = [registerRegion('hpet', 0x400, REGISTERS, this, { unclaimed: 0 })];
  }

  reset(): void {
    for (let timer = 0; timer < TIMERS; timer++) this.#line(timer)?.set(false);
    resetState(SHAPE, this.#state);
    this.#alarm.cancel();
    this.#options.replaceLegacy(false);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  /** Repeats which of the chips has the legacy interrupts. */
  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#options.replaceLegacy((this.#state.config & LEGACY) !== 0);
    this.#schedule();
  }

  // What the register table calls.

  get counter(): bigint {
    const { config, offset } = this.#state;
    return (config & ENABLE) === 0 ? offset : wrap(offset + this.#ticks());
  }
  set counter(value: bigint) {
    this.#look();
    this.#state.offset = (this.#state.config & ENABLE) === 0 ? value : wrap(value - this.#ticks());
    this.#state.seen = value;
    this.#schedule();
  }

  get config(): number {
    return this.#state.config;
  }
  set config(value: number) {
    this.#look();
    const state = this.#state;
    const { counter } = this;
    if (((state.config ^ value) & LEGACY) !== 0) {
      for (let timer = 0; timer < TIMERS; timer++) this.#line(timer)?.set(false);
      this.#options.replaceLegacy((value & LEGACY) !== 0);
    }
    state.config = value & (ENABLE | LEGACY);
    state.offset = (value & ENABLE) === 0 ? counter : wrap(counter - this.#ticks());
    if ((value & ENABLE) === 0) for (const timer of state.timers) timer.owed = 0;
    for (let timer = 0; timer < TIMERS; timer++) this.#driveLevel(timer);
    this.#schedule();
  }

  get status(): number {
    this.#look();
    return this.#state.status;
  }
  clearStatus(bits: number): void {
    this.#look();
    this.#state.status &= ~bits;
    for (let timer = 0; timer < TIMERS; timer++) this.#driveLevel(timer);
  }

  timerConfig(timer: number): number {
    return this.#state.timers[timer]!.config | CAPABLE;
  }
  setTimerConfig(timer: number, value: number, lanes: number): void {
    this.#look();
    const state = this.#state.timers[timer]!;
    state.upperFollows = false;
    this.#line(timer)?.set(false);
    state.config = merge(state.config, value, lanes) & STORED;
    if ((state.config & (PERIODIC | LEVEL | INTERRUPTS)) !== (PERIODIC | INTERRUPTS)) state.owed = 0;
    if ((state.config & NARROW) !== 0) {
      state.comparator = BigInt.asUintN(32, state.comparator);
      state.period = BigInt.asUintN(32, state.period);
    }
    this.#driveLevel(timer);
    this.#schedule();
  }

  comparator(timer: number): bigint {
    this.#look();
    return this.#state.timers[timer]!.comparator;
  }
  /**
   * A write to one half of the comparator. Of a periodic timer it goes to the period, and to the comparator too where
   * SET_VALUE says so: to both halves of it where they come as one write of 64 bits, which arrives as two.
   */
  setComparator(timer: number, half: 'low' | 'high', part: (value: bigint) => bigint): void {
    this.#look();
    const state = this.#state.timers[timer]!;
    const bits = (state.config & NARROW) !== 0 ? 32 : 64;
    const periodic = (state.config & PERIODIC) !== 0;
    const follows = state.upperFollows && half === 'high';
    const sets = (state.config & SET_VALUE) !== 0;
    if (!periodic || sets || follows) {
      state.comparator = BigInt.asUintN(bits, part(state.comparator));
    }
    if (periodic) state.period = BigInt.asUintN(bits, part(state.period));
    state.upperFollows = sets && half === 'low';
    state.config &= ~SET_VALUE;
    state.owed = 0;
    this.#schedule();
  }

  #ticks(): bigint {
    return BigInt(ticksAt(RATE, this.#options.clock.now()));
  }

  /** Ticks until a timer matches, counted from where matches were last looked for: 1 to 2^64. */
  #distance(timer: number): bigint {
    const { config, comparator } = this.#state.timers[timer]!;
    const bits = (config & NARROW) !== 0 ? 32 : 64;
    const distance = BigInt.asUintN(bits, comparator - this.#state.seen);
    return distance === 0n ? 1n << BigInt(bits) : distance;
  }

  /** Sees to the matches that have passed. */
  #look(): void {
    const state = this.#state;
    if ((state.config & ENABLE) === 0) return;
    const { counter } = this;
    const passed = wrap(counter - state.seen);
    for (let timer = 0; timer < TIMERS; timer++) {
      const distance = this.#distance(timer);
      if (distance <= passed) this.#match(timer, passed - distance);
    }
    state.seen = counter;
  }

  /** A timer has matched, some ticks ago. */
  #match(timer: number, ago: bigint): void {
    const state = this.#state.timers[timer]!;
    const bits = (state.config & NARROW) !== 0 ? 32 : 64;
    if ((state.config & PERIODIC) !== 0 && state.period > 0n) {
      const periods = ago / state.period + 1n;
      state.comparator = BigInt.asUintN(bits, state.comparator + periods * state.period);
      this.#state.notBefore = this.#options.clock.now() + SHORTEST_PERIOD;
      // What is too quick for alarms is not owed: those are all the host can do.
      const slow = state.period * 10n > BigInt(OWED_APART);
      if (slow) state.owed = Math.min(MOST_OWED, state.owed + Number(BigInt.asUintN(32, periods - 1n)));
    }
    if ((state.config & LEVEL) !== 0) {
      this.#state.status |= 1 << timer;
      this.#driveLevel(timer);
    } else this.#edge(timer);
  }
  #edge(timer: number): void {
    if ((this.#state.timers[timer]!.config & INTERRUPTS) === 0) return;
    const line = this.#line(timer);
    line?.set(false);
    line?.set(true);
  }

  /** Where a timer's interrupt goes, if anywhere. */
  #line(timer: number): IrqLine | undefined {
    const legacy = (this.#state.config & LEGACY) !== 0 ? this.#options.legacy[timer] : undefined;
    return legacy ?? this.#inputs.get(this.#state.timers[timer]!.config >> ROUTE_SHIFT);
  }
  #driveLevel(timer: number): void {
    const { config } = this.#state.timers[timer]!;
    if ((config & LEVEL) === 0) return;
    const on = (config & INTERRUPTS) !== 0 && (this.#state.config & ENABLE) !== 0;
    this.#line(timer)?.set(on && (this.#state.status & (1 << timer)) !== 0);
  }

  #onAlarm(): void {
    for (const [timer, state] of this.#state.timers.entries()) {
      if (state.owed === 0) continue;
      state.owed--;
      this.#edge(timer);
    }
    this.#look();
    this.#schedule();
  }
  #schedule(): void {
    const state = this.#state;
    this.#alarm.cancel();
    if ((state.config & ENABLE) === 0) return;
    let nearest = NEVER;
    for (let timer = 0; timer < TIMERS; timer++) {
      if ((state.timers[timer]!.config & INTERRUPTS) === 0) continue;
      const distance = this.#distance(timer);
      if (distance < nearest) nearest = distance;
    }
    const now = this.#options.clock.now();
    const owes = state.timers.some(({ owed }) => owed > 0);
    if (nearest >= NEVER && !owes) return;
    const tick = ticksAt(RATE, now) + Number(nearest);
    const due = Math.max(timeOfTick(RATE, tick), state.notBefore);
    this.#alarm.schedule(owes ? Math.min(due, now + OWED_APART) : due);
  }
}

const hpetWord = (
  name: string,
  offset: number,
  read: (hpet: Hpet) => number,
  write?: (hpet: Hpet, value: number, lanes: number) => void,
  reset?: number,
): Register<Hpet> => ({
  name,
  offset,
  width: 4,
  reset,
  access: write ? 'RW' : 'RO',
  read,
  ...(write && { write }),
});

const timerRegisters = (timer: number): Register<Hpet>[] => {
  const at = 0x100 + 0x20 * timer;
  return [
    hpetWord(
      `T${timer}_CONF`,
      at,
      (hpet) => hpet.timerConfig(timer),
      (hpet, value, lanes) => hpet.setTimerConfig(timer, value, lanes),
      CAPABLE,
    ),
    hpetWord(`T${timer}_ROUTES`, at + 4, () => HPET_ROUTES, undefined, HPET_ROUTES),
    hpetWord(
      `T${timer}_COMPARATOR`,
      at + 8,
      (hpet) => low(hpet.comparator(timer)),
      (hpet, value, lanes) =>
        hpet.setComparator(timer, 'low', (old) => withLow(old, merge(low(old), value, lanes))),
      0xffff_ffff,
    ),
    hpetWord(
      `T${timer}_COMPARATOR_HIGH`,
      at + 12,
      (hpet) => high(hpet.comparator(timer)),
      (hpet, value, lanes) =>
        hpet.setComparator(timer, 'high', (old) => withHigh(old, merge(high(old), value, lanes))),
      0xffff_ffff,
    ),
  ];
};

const REGISTERS: readonly Register<Hpet>[] = [
  hpetWord('GCAP_ID', 0x000, () => HPET_CAPABILITIES, undefined, HPET_CAPABILITIES),
  hpetWord('PERIOD', 0x004, () => PERIOD_FEMTOSECONDS, undefined, PERIOD_FEMTOSECONDS),
  hpetWord(
    'GEN_CONF',
    0x010,
    (hpet) => hpet.config,
    (hpet, value, lanes) => {
      hpet.config = merge(hpet.config, value, lanes);
    },
    0,
  ),
  {
    name: 'GINTR_STA',
    offset: 0x020,
    width: 4,
    reset: 0,
    access: 'RW1C',
    read: (hpet) => hpet.status,
    write: (hpet, value) => hpet.clearStatus(value),
  },
  hpetWord(
    'COUNTER',
    0x0f0,
    (hpet) => low(hpet.counter),
    (hpet, value, lanes) => {
      const old = hpet.counter;
      hpet.counter = withLow(old, merge(low(old), value, lanes));
    },
    0,
  ),
  hpetWord(
    'COUNTER_HIGH',
    0x0f4,
    (hpet) => high(hpet.counter),
    (hpet, value, lanes) => {
      const old = hpet.counter;
      hpet.counter = withHigh(old, merge(high(old), value, lanes));
    },
    0,
  ),
  ...timerRegisters(0),
  ...timerRegisters(1),
  ...timerRegisters(2),
];
