// ACPI fixed hardware: PM1a event and control registers and the PM timer (ACPI specification 6.5,
// section 4.8.3). The register blocks are separate regions; the FADT says where they are.
//
//   pm1-event    0  PM1_STS   0 TMR  5 GBL  8 PWRBTN  9 SLPBTN  10 RTC  15 WAK; write 1 to clear
//                2  PM1_EN    the same bits but WAK
//   pm1-control  0  PM1_CNT   0 SCI_EN  1 BM_RLD  2 GBL_RLS (w)  12:10 SLP_TYP  13 SLP_EN (w)
//   pm-timer     0  PM_TMR    3,579,545 Hz, 32 bits (TMR_VAL_EXT), or 24
//
// The machine is always in ACPI mode: SCI_EN reads as one and there is no SMI command port.
// With SLP_EN, SLP_TYP 0 is S5 (soft off), 1 is S3 (suspend to RAM), as in the PIIX4, and 2 is S4 (the system has saved itself; the
// machine turns off), as the platform has it; other types are ignored, since the tables offer no other. The chip sleeps until an
// enabled status bit is set or the power button is pressed; that sets WAK_STS.
// SCI is level-sensitive: it is high while an enabled status bit is set. RTC_STS is set when the real-time clock asserts its
// interrupt (82371AB data sheet, PMSTS), whether or not that leads to IRQ 8: where the HPET has taken IRQ 8, systems have the
// alarm from here (Linux with firmware from 2021 on).
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, moment, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { merge, registerRegion } from '../registers.ts';
import { clockRate, PM_TIMER_HZ, ticksAt, timeOfTick } from '../timer/clock-rate.ts';

/** The value of SLP_TYPa for S5, for the _S5 object of the DSDT. */
export const SLEEP_TYPE_S5 = 0;
/** The same for _S3, suspend to RAM, and for _S4. */
export const SLEEP_TYPE_S3 = 1;
export const SLEEP_TYPE_S4 = 2;

export const PM1_TMR = 1 << 0;
export const PM1_GBL = 1 << 5;
export const PM1_PWRBTN = 1 << 8;
export const PM1_SLPBTN = 1 << 9;
export const PM1_RTC = 1 << 10;
export const PM1_WAK = 1 << 15;

// What the status register can hold.
const STATUS_BITS = PM1_TMR | PM1_GBL | PM1_PWRBTN | PM1_SLPBTN | PM1_RTC | PM1_WAK;
const ENABLE_BITS = STATUS_BITS & ~PM1_WAK;
const CNT_SCI_EN = 1 << 0;
const CNT_SLP_TYP = 7 << 10;
const CNT_SLP_EN = 1 << 13;
/** BM_RLD, SLP_TYP: what PM1_CNT remembers. */
const CNT_STORED = (1 << 1) | CNT_SLP_TYP;

const NAME = 'acpi-pm';
const VERSION = 3;
const RATE = clockRate(PM_TIMER_HZ);

const SHAPE = {
  status: uint(16),
  enable: uint(16),
  control: uint(16),
  /** The real-time clock asserts its interrupt. */
  rtcInterrupt: flag(),
  /** S3, until something wakes the machine. */
  sleeping: flag(),
  /** How often the timer's highest bit had changed when TMR_STS was last considered. */
  halves: moment(),
};

export interface AcpiPmOptions {
  readonly clock: AlarmSource;
  /** System control interrupt, IRQ 9 on a PC. */
  readonly sci: IrqLine;
  /** The guest has turned the machine off (S5, S4). */
  readonly powerOff: () => void;
  /** The guest has suspended the machine to RAM (S3). Whether it sleeps still is to be asked for. */
  readonly suspend?: () => void;
  /** 32 unless the FADT leaves TMR_VAL_EXT clear. */
  readonly timerBits?: 24 | 32;
}

export class AcpiPm implements Chip {
  /** PM1a event block (4 ports), PM1a control block (2), PM timer (4). */
  readonly regions: readonly RegisterRegion[];
  /** The real-time clock's interrupt. */
  readonly rtcInterrupt: IrqLine = {
    set: (level) => {
      const before = this.#state.rtcInterrupt;
      this.#state.rtcInterrupt = level;
      if (level && !before) this.#raise(PM1_RTC);
    },
  };
  readonly #clock: AlarmSource;
  readonly #sci: IrqLine;
  readonly #powerOff: () => void;
  readonly #suspend: () => void;
  readonly #timerBits: number;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: AcpiPmOptions) {
    this.#clock = options.clock;
    this.#sci = options.sci;
    this.#powerOff = options.powerOff;
    this.#suspend = options.suspend ?? (() => {});
    this.#timerBits = options.timerBits ?? 32;
    this.#alarm = options.clock.alarm(() => this.#update());
    this.#state.halves = this.#halves();
    this.regions = [
      registerRegion('pm1-event', 4, EVENT_REGISTERS, this),
      registerRegion('pm1-control', 2, CONTROL_REGISTERS, this),
      registerRegion('pm-timer', 4, TIMER_REGISTERS, this),
    ];
  }

  /** The user presses the power button: the guest's operating system is asked to turn off, or woken. */
  pressPowerButton(): void {
    if (this.#state.sleeping) this.#wake();
    this.#raise(PM1_PWRBTN);
  }

  /** The machine is suspended to RAM. */
  get sleeping(): boolean {
    return this.#state.sleeping;
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#state.halves = this.#halves();
    this.#update();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#schedule();
  }

  // What the register tables call.

  readStatus(): number {
    this.#noteTimer();
    return this.#state.status;
  }

  writeStatus(value: number): void {
    this.#noteTimer();
    this.#state.status &= ~value;
    this.#update();
  }

  readEnable(): number {
    return this.#state.enable;
  }

  writeEnable(value: number, lanes: number): void {
    this.#state.enable = merge(this.#state.enable, value, lanes) & ENABLE_BITS;
    this.#update();
  }

  readControl(): number {
    return this.#state.control | CNT_SCI_EN;
  }

  writeControl(value: number, lanes: number): void {
    this.#state.control = merge(this.#state.control, value, lanes) & CNT_STORED;
    if ((value & CNT_SLP_EN) === 0) return;
    const type = (this.#state.control & CNT_SLP_TYP) >> 10;
    if (type === SLEEP_TYPE_S5 || type === SLEEP_TYPE_S4) this.#powerOff();
    if (type === SLEEP_TYPE_S3) {
      this.#state.sleeping = true;
      this.#suspend();
      this.#update();
    }
  }

  readTimer(): number {
    return this.#ticks() % 2 ** this.#timerBits;
  }

  #ticks(): number {
    return ticksAt(RATE, this.#clock.now());
  }

  #halves(): number {
    return Math.floor(this.#ticks() / 2 ** (this.#timerBits - 1));
  }

  /** TMR_STS is set whenever the timer's highest bit changes. */
  #noteTimer(): void {
    const halves = this.#halves();
    if (halves !== this.#state.halves) this.#state.status |= PM1_TMR;
    this.#state.halves = halves;
  }

  #raise(bit: number): void {
    this.#state.status |= bit;
    this.#update();
  }

  #update(): void {
    this.#noteTimer();
    const wanted = (this.#state.status & this.#state.enable) !== 0;
    if (wanted && this.#state.sleeping) this.#wake();
    this.#sci.set(wanted);
    this.#schedule();
  }

  #wake(): void {
    this.#state.sleeping = false;
    this.#state.status |= PM1_WAK;
  }

  #schedule(): void {
    const { status, enable, halves } = this.#state;
    if ((enable & ~status & PM1_TMR) === 0) this.#alarm.cancel();
    else this.#alarm.schedule(timeOfTick(RATE, (halves + 1) * 2 ** (this.#timerBits - 1)));
  }
}

const EVENT_REGISTERS: readonly Register<AcpiPm>[] = [
  {
    name: 'PM1_STS',
    offset: 0,
    width: 2,
    reset: 0,
    access: 'RW1C',
    read: (pm) => pm.readStatus(),
    write: (pm, value) => pm.writeStatus(value),
  },
  {
    name: 'PM1_EN',
    offset: 2,
    width: 2,
    reset: 0,
    access: 'RW',
    read: (pm) => pm.readEnable(),
    write: (pm, value, lanes) => pm.writeEnable(value, lanes),
  },
];

const CONTROL_REGISTERS: readonly Register<AcpiPm>[] = [
  {
    name: 'PM1_CNT',
    offset: 0,
    width: 2,
    reset: CNT_SCI_EN,
    access: 'RW',
    read: (pm) => pm.readControl(),
    write: (pm, value, lanes) => pm.writeControl(value, lanes),
  },
];

const TIMER_REGISTERS: readonly Register<AcpiPm>[] = [
  { name: 'PM_TMR', offset: 0, width: 4, access: 'RO', read: (pm) => pm.readTimer() },
];
