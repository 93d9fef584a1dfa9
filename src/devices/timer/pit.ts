// 8254 programmable interval timer of the PC (Intel 8254 data sheet, 231164): three counters at
// 1,193,182 Hz. Counter 0 drives IRQ 0, counter 1 once refreshed memory, counter 2 is gated by port
// 0x61 and drives the speaker.
//
//   offset 0..2  counters        offset 3  control word (write only)
//
//   control word: 7:6 counter (3: read-back)  5:4 access (0: latch count)  3:1 mode  0 BCD
//
// Counters are computed from the clock (see pit-counter.ts). The line of counter 0 gets every rising
// edge of OUT; in modes 2 and 3 it falls right before it rises, which no edge-triggered controller can
// tell from the chip's own timing.
//
// An alarm that comes late (the host was busy) has missed edges that the guest counts its time by. They are
// made up for, as QEMU does too: one every half period, so that the guest can take each of them, up to a second's
// worth; what is older is dropped. Edges keep to the original phase. Writing the counter drops what is owed.
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, moment, records, resetState, restoreState, saveState } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import { clockRate, PIT_HZ, SHORTEST_PERIOD, ticksAt, timeOfTick } from './clock-rate.ts';
import type { CounterState } from './pit-counter.ts';
import * as counter from './pit-counter.ts';

const NAME = 'i8254';
const VERSION = 1;

const SHAPE = {
  counters: records(3, counter.COUNTER_SHAPE),
  /** Tick of the next rising edge of counter 0, -1 for none. */
  riseAt: moment(-1),
};

const RATE = clockRate(PIT_HZ);

export interface PitOptions {
  readonly clock: AlarmSource;
  /** IRQ 0. */
  readonly irq: IrqLine;
}

export class Pit implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #clock: AlarmSource;
  readonly #irq: IrqLine;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: PitOptions) {
    this.#clock = options.clock;
    this.#irq = options.irq;
    this.#alarm = options.clock.alarm(() => this.#onAlarm());
    this.regions = [registerRegion('pit', 4, REGISTERS, this)];
  }

  /** OUT of a counter 0..2 now. */
  output(index: 0 | 1 | 2): boolean {
    return counter.output(this.#state.counters[index]!, this.#tick());
  }

  /** GATE of a counter 0..2; those of 0 and 1 are tied high on a PC. */
  setGate(index: 0 | 1 | 2, level: boolean): void {
    const tick = this.#tick();
    this.#drive(tick);
    counter.setGate(this.#state.counters[index]!, level, tick);
    this.#schedule(tick);
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#alarm.cancel();
    this.#irq.set(this.output(0));
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#setAlarm();
  }

  // What the register table calls.

  readCounter(index: number): number {
    return counter.readCount(this.#state.counters[index]!, this.#tick());
  }

  writeCounter(index: number, value: number): void {
    const tick = this.#tick();
    this.#drive(tick);
    counter.writeCount(this.#state.counters[index]!, value, tick);
    this.#schedule(tick);
  }

  writeControl(value: number): void {
    const tick = this.#tick();
    const select = value >> 6;
    if (select === 3) this.#readBack(value, tick);
    else if ((value & 0x30) === 0) counter.latchCount(this.#state.counters[select]!, tick);
    else {
      this.#drive(tick);
      counter.programCounter(this.#state.counters[select]!, value);
      this.#schedule(tick);
    }
  }

  #readBack(value: number, tick: number): void {
    this.#state.counters.forEach((c, index) => {
      if ((value & (2 << index)) === 0) return;
      if ((value & 0x20) === 0) counter.latchCount(c, tick);
      if ((value & 0x10) === 0) counter.latchStatus(c, tick);
    });
  }

  #tick(): number {
    return ticksAt(RATE, this.#clock.now());
  }

  #onAlarm(): void {
    const tick = this.#tick();
    const due = this.#state.riseAt;
    this.#drive(tick);
    this.#schedule(tick);
    if (due >= 0 && due <= tick) this.#makeUp(due, tick);
  }

  /** The edge after the one that was due and has been given has been missed as well: it comes next. */
  #makeUp(due: number, tick: number): void {
    const s = this.#state;
    const c = s.counters[0]!;
    if (this.#period(c) < 2 * SHORTEST_PERIOD) return;
    const missed = counter.nextRise(c, Math.max(due, tick - PIT_HZ));
    if (missed < 0 || missed > tick) return;
    s.riseAt = missed;
    this.#setAlarm();
  }

  /** Of counter 0 in ns, where it is periodic. */
  #period(c: CounterState): number {
    return (c.mode === 2 || c.mode === 3) && c.count > 0 ? timeOfTick(RATE, c.count) : SHORTEST_PERIOD;
  }

  /** Gives IRQ 0 the edge that has come due, and OUT's level. */
  #drive(tick: number): void {
    const s = this.#state;
    if (s.riseAt >= 0 && tick >= s.riseAt) {
      s.riseAt = -1;
      this.#irq.set(false);
      this.#irq.set(true);
    }
    this.#irq.set(counter.output(s.counters[0]!, tick));
  }

  /** After a change of counter 0: its level, and the alarm for its next edge. */
  #schedule(tick: number): void {
    const s = this.#state;
    this.#irq.set(counter.output(s.counters[0]!, tick));
    s.riseAt = counter.nextRise(s.counters[0]!, tick);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const c: CounterState = this.#state.counters[0]!;
    // A new count may be loaded, and give an earlier edge, before the one that is foreseen.
    const load = c.nextCount !== 0 ? c.nextAt : -1;
    const rise = this.#state.riseAt;
    const tick = load >= 0 && (rise < 0 || load < rise) ? load : rise;
    if (tick < 0) {
      this.#alarm.cancel();
      return;
    }
    let deadline = timeOfTick(RATE, tick);
    const period = this.#period(c);
    const now = this.#clock.now();
    if (period < SHORTEST_PERIOD) deadline = Math.max(deadline, now + SHORTEST_PERIOD);
    else if (deadline <= now && period >= 2 * SHORTEST_PERIOD) deadline = now + period / 2;
    this.#alarm.schedule(deadline);
  }
}

const counterRegister = (index: 0 | 1 | 2): Register<Pit> => ({
  name: `COUNTER${index}`,
  offset: index,
  width: 1,
  reset: 0,
  access: 'RW',
  read: (pit) => pit.readCounter(index),
  write: (pit, value) => pit.writeCounter(index, value),
});

const REGISTERS: readonly Register<Pit>[] = [
  counterRegister(0),
  counterRegister(1),
  counterRegister(2),
  { name: 'CONTROL', offset: 3, width: 1, access: 'WO', write: (pit, value) => pit.writeControl(value) },
];
