// MC146818A real-time clock and CMOS RAM of the PC (Motorola MC146818A data sheet; IBM AT technical
// reference for port 0x70; the century is at index 0x32 as ACPI's FADT says).
//
//   region cmos   offset 0  index (bit 7: NMI mask), write only    offset 1  data of the register indexed
//
//   index  0 seconds   2 minutes   4 hours   6 day of week   7 date   8 month   9 year   32 century
//          1, 3, 5 the alarm: a value of C0..FF matches anything
//          A  7 UIP   6:4 divider   3:0 rate        B  7 SET  6 PIE  5 AIE  4 UIE  3 SQWE  2 DM  1 24/12  0 DSE
//          C  7 IRQF  6 PF  5 AF  4 UF, cleared by a read        D  7 VRT        others: RAM
//
// The time is the host's wall clock plus an offset that the guest's writes change; while SET (or the
// divider's reset) stops the clock, the registers are held as written. Seconds follow the wall clock,
// the periodic interrupt the machine's clock. A flag that is already set gives no further interrupt
// until register C is read, so an unread one costs the host nothing.
// Not modelled: daylight saving (DSE is a plain bit), the square-wave pin, time bases other than 32 kHz.
import type { Alarm, AlarmSource, WallClock } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { bytes, flag, initialState, integer, moment, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import { SECONDS_PER_DAY } from './calendar.ts';
import { clockRate, RTC_HZ, ticksAt, timeOfTick } from './clock-rate.ts';
import * as time from './rtc-time.ts';

const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;
export const CMOS_CENTURY = 0x32;

const A_UIP = 0x80;
const A_DIVIDER_RESET = 0x60;
const B_SET = 0x80;
const B_PIE = 0x40;
const B_AIE = 0x20;
const B_UIE = 0x10;
const B_SQWE = 0x08;
const C_IRQF = 0x80;
const C_PF = 0x40;
const C_AF = 0x20;
const C_UF = 0x10;
const D_VRT = 0x80;

/** UIP is set this long before the time changes: t_BUC and the update cycle, 244 + 1984 us. */
const UPDATE_MILLISECONDS = 2.228;

/** Where the wall clock lags behind the alarm that waited for its next second, look again after this (ns). */
const WALL_CLOCK_RETRY = 50_000;

const NAME = 'mc146818';
const VERSION = 1;
const RATE = clockRate(RTC_HZ);
const CMOS_SIZE = 128;

const SHAPE = {
  index: uint(7),
  nmiMasked: flag(),
  /** Registers and RAM; the time registers count while the clock is stopped only. */
  cmos: bytes(CMOS_SIZE),
  /** Guest time minus wall time, in whole seconds and in milliseconds (0..999) beyond them. */
  offsetSeconds: moment(),
  offsetMilliseconds: integer(0, 999),
  /** Guest's day of week minus the calendar's, 0..6. */
  weekdayShift: integer(0, 6),
  /** The clock stands: SET, or the divider in reset. */
  stopped: flag(),
  /** The last second (guest time, since 1970) and period whose flags have been considered. */
  lastSecond: moment(),
  lastPeriod: moment(),
};

export interface RtcOptions {
  readonly clock: AlarmSource;
  readonly wallClock: WallClock;
  /** IRQ 8. */
  readonly irq: IrqLine;
}

/** A wall clock that starts at `start` (milliseconds since 1970) when the machine clock is 0: for runs that repeat. */
export function fixedWallClock(clock: { now(): number }, start: number): WallClock {
  return { nowMilliseconds: () => start + clock.now() / 1e6 };
}

export class Rtc implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #clock: AlarmSource;
  readonly #wallClock: WallClock;
  readonly #irq: IrqLine;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: RtcOptions) {
    this.#clock = options.clock;
    this.#wallClock = options.wallClock;
    this.#irq = options.irq;
    this.#alarm = options.clock.alarm(() => this.#refresh());
    this.regions = [registerRegion('cmos', 2, REGISTERS, this)];
    const cmos = this.#state.cmos;
    cmos[REGISTER_A] = 0x26; // 32 kHz, 1024 Hz
    cmos[REGISTER_B] = 0x02; // BCD, 24 hours
    cmos[REGISTER_D] = D_VRT;
    this.#state.lastSecond = this.#seconds();
    this.#state.lastPeriod = this.#period();
  }

  /** CMOS RAM as the firmware sets it up (index 0x0E..0x7F but the century). */
  setRam(index: number, value: number): void {
    if (index > REGISTER_D && index < CMOS_SIZE) this.#state.cmos[index] = value;
  }

  /** Bit 7 of port 0x70 keeps NMI from the processor. */
  get nmiMasked(): boolean {
    return this.#state.nmiMasked;
  }

  /** RESET of the chip: time, RAM and register A stay (the battery is in); interrupts are off. */
  reset(): void {
    const { cmos } = this.#state;
    this.#catchUp();
    cmos[REGISTER_B]! &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    cmos[REGISTER_C] = 0;
    this.#state.index = 0;
    this.#state.nmiMasked = false;
    this.#update();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#schedule();
  }

  // What the register table calls.

  writeIndex(value: number): void {
    this.#state.index = value & 0x7f;
    this.#state.nmiMasked = (value & 0x80) !== 0;
  }

  readData(): number {
    const { index, cmos, stopped } = this.#state;
    if (time.isTimeRegister(index)) return stopped ? cmos[index]! : this.#timeRegisters()[index]!;
    if (index === REGISTER_A) return cmos[REGISTER_A]! | (this.#updateInProgress() ? A_UIP : 0);
    if (index !== REGISTER_C) return cmos[index]!;
    this.#catchUp();
    const flags = cmos[REGISTER_C]!;
    cmos[REGISTER_C] = 0;
    this.#update();
    return flags;
  }

  writeData(value: number): void {
    const { index, cmos, stopped } = this.#state;
    this.#catchUp();
    if (time.isTimeRegister(index)) {
      if (stopped) cmos[index] = value;
      else {
        const registers = this.#timeRegisters();
        registers[index] = value;
        this.#setTime(registers, this.#milliseconds() % 1000);
      }
    } else if (index === REGISTER_A) this.#writeRegisterA(value & 0x7f);
    else if (index === REGISTER_B) this.#writeRegisterB(value);
    else if (index !== REGISTER_C && index !== REGISTER_D) cmos[index] = value;
    this.#update();
  }

  #writeRegisterA(value: number): void {
    const { cmos } = this.#state;
    const wasReset = (cmos[REGISTER_A]! & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    const inReset = (value & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    this.#setStopped(inReset || (cmos[REGISTER_B]! & B_SET) !== 0, wasReset && !inReset ? 500 : 0);
    cmos[REGISTER_A] = value;
    this.#state.lastPeriod = this.#period();
  }

  #writeRegisterB(value: number): void {
    const { cmos } = this.#state;
    const inReset = (cmos[REGISTER_A]! & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    const set = (value & B_SET) !== 0;
    if (!set && !inReset) {
      // The held registers are read in the format that is chosen now.
      cmos[REGISTER_B] = value;
      this.#setStopped(false, this.#milliseconds() % 1000);
    } else {
      this.#setStopped(true, 0);
      // SET clears UIE.
      cmos[REGISTER_B] = set ? value & ~B_UIE : value;
    }
  }

  /** Stops the clock, holding its registers, or starts it from them, `milliseconds` into the second. */
  #setStopped(stop: boolean, milliseconds: number): void {
    const s = this.#state;
    if (stop === s.stopped) return;
    if (stop) {
      const registers = this.#timeRegisters();
      for (let index = 0; index < CMOS_SIZE; index++) {
        if (time.isTimeRegister(index)) s.cmos[index] = registers[index]!;
      }
      s.stopped = true;
    } else {
      s.stopped = false;
      this.#setTime(s.cmos, milliseconds);
    }
  }

  /** Makes the time registers' contents the time now. */
  #setTime(registers: Uint8Array, milliseconds: number): void {
    const s = this.#state;
    const read = time.readTime(registers, s.cmos[REGISTER_B]!);
    s.weekdayShift = read.weekdayShift;
    const offset =
      read.seconds * 1000 + Math.floor(milliseconds) - Math.floor(this.#wallClock.nowMilliseconds());
    s.offsetSeconds = Math.floor(offset / 1000);
    s.offsetMilliseconds = offset - s.offsetSeconds * 1000;
    s.lastSecond = this.#seconds();
  }

  #timeRegisters(): Uint8Array {
    const s = this.#state;
    return time.writeTime(this.#seconds(), s.weekdayShift, s.cmos[REGISTER_B]!);
  }

  /** Guest time in milliseconds since 1970. */
  #milliseconds(): number {
    const s = this.#state;
    return this.#wallClock.nowMilliseconds() + s.offsetSeconds * 1000 + s.offsetMilliseconds;
  }

  #seconds(): number {
    return Math.floor(this.#milliseconds() / 1000);
  }

  #updateInProgress(): boolean {
    if (this.#state.stopped) return false;
    return this.#milliseconds() - this.#seconds() * 1000 >= 1000 - UPDATE_MILLISECONDS;
  }

  /** Ticks of the crystal in a period of the periodic interrupt; 0 for none. */
  #periodTicks(): number {
    const a = this.#state.cmos[REGISTER_A]!;
    const select = a & 15;
    if (select === 0 || (a & A_DIVIDER_RESET) === A_DIVIDER_RESET) return 0;
    return 1 << (select <= 2 ? select + 6 : select - 1);
  }

  #period(): number {
    const ticks = this.#periodTicks();
    return ticks === 0 ? 0 : Math.floor(ticksAt(RATE, this.#clock.now()) / ticks);
  }

  /** Sets the flags of everything that has happened since the last look. */
  #catchUp(): void {
    const s = this.#state;
    const period = this.#period();
    if (period !== s.lastPeriod) {
      if (period > s.lastPeriod) s.cmos[REGISTER_C]! |= C_PF;
      s.lastPeriod = period;
    }
    const second = this.#seconds();
    if (s.stopped) {
      s.lastSecond = second;
      return;
    }
    if (second > s.lastSecond) {
      s.cmos[REGISTER_C]! |= C_UF;
      if ((s.cmos[REGISTER_C]! & C_AF) === 0 && this.#alarmBetween(s.lastSecond + 1, second)) {
        s.cmos[REGISTER_C]! |= C_AF;
      }
    }
    s.lastSecond = second;
  }

  #alarmBetween(first: number, last: number): boolean {
    const { cmos } = this.#state;
    for (let second = Math.max(first, last - SECONDS_PER_DAY + 1); second <= last; second++) {
      if (time.alarmMatches(cmos, second, cmos[REGISTER_B]!)) return true;
    }
    return false;
  }

  #refresh(): void {
    this.#catchUp();
    this.#update();
  }

  /** IRQF and the line from flags and enables, and the alarm for the next flag that would interrupt. */
  #update(): void {
    const { cmos } = this.#state;
    const pending = (cmos[REGISTER_C]! & cmos[REGISTER_B]! & (B_PIE | B_AIE | B_UIE)) !== 0;
    cmos[REGISTER_C] = pending ? cmos[REGISTER_C]! | C_IRQF : cmos[REGISTER_C]! & ~C_IRQF;
    this.#irq.set(pending);
    this.#schedule();
  }

  #schedule(): void {
    const { cmos, stopped } = this.#state;
    const wanted = cmos[REGISTER_B]! & ~cmos[REGISTER_C]!;
    let deadline = Number.POSITIVE_INFINITY;
    const ticks = this.#periodTicks();
    if ((wanted & B_PIE) !== 0 && ticks !== 0) deadline = timeOfTick(RATE, (this.#period() + 1) * ticks);
    if ((wanted & (B_UIE | B_AIE)) !== 0 && !stopped) {
      const left = (this.#seconds() + 1) * 1000 - this.#milliseconds();
      // Not before the wall clock, whose fractions are coarser than the clock's, has turned.
      const wait = Math.max(left * 1e6 + 500, WALL_CLOCK_RETRY);
      deadline = Math.min(deadline, Math.ceil(this.#clock.now() + wait));
    }
    if (deadline === Number.POSITIVE_INFINITY) this.#alarm.cancel();
    else this.#alarm.schedule(deadline);
  }
}

const REGISTERS: readonly Register<Rtc>[] = [
  { name: 'INDEX', offset: 0, width: 1, access: 'WO', write: (rtc, value) => rtc.writeIndex(value) },
  {
    name: 'DATA',
    offset: 1,
    width: 1,
    access: 'RW',
    read: (rtc) => rtc.readData(),
    write: (rtc, value) => rtc.writeData(value),
  },
];
