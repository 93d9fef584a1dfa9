// The time of day: INT 08h counts 18.2 ticks a second, INT 1Ah reads and sets the count and the real-time clock.
// IBM PS/2 and PC BIOS Interface Technical Reference, INT 08h and 1Ah; MC146818 data sheet.
import { ALARM, type EventWait } from './event-wait.ts';
import type { BiosFrame } from './frame.ts';
import { BDA_DISKETTE_MOTOR, BDA_DISKETTE_MOTOR_TIME, BDA_MIDNIGHT, BDA_TICKS } from './layout.ts';
import { PCI_FUNCTIONS, pciService } from './pci-services.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

const TICKS_A_DAY = 0x1800b0;
const TICKS_A_SECOND = TICKS_A_DAY / 86_400;
const RTC_INDEX = 0x70;
const RTC_DATA = 0x71;
const SECONDS = 0x00;
const SECONDS_ALARM = 0x01;
const MINUTES = 0x02;
const MINUTES_ALARM = 0x03;
const HOURS = 0x04;
const HOURS_ALARM = 0x05;
const DAY = 0x07;
const MONTH = 0x08;
const YEAR = 0x09;
const STATUS_A = 0x0a;
const STATUS_B = 0x0b;
const CENTURY = 0x32;
/** 32,768 Hz, 1024 interrupts a second; BCD, 24 hours, no interrupts. */
const POWER_ON_A = 0x26;
const POWER_ON_B = 0x02;
const UPDATE_IN_PROGRESS = 0x80;
const DAYLIGHT = 0x01;
const SET = 0x80;
const PIT_CHANNEL_0 = 0x40;
const PIT_CONTROL = 0x43;

export class BiosClock {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;
  readonly #wait: EventWait;

  constructor(memory: BiosMemory, ports: BiosPorts, wait: EventWait) {
    this.#memory = memory;
    this.#ports = ports;
    this.#wait = wait;
  }

  /** Channel 0 at 18.2 Hz, the count from the real-time clock, which may be as the last system has left it. */
  start(): void {
    this.#write(STATUS_A, POWER_ON_A);
    this.#write(STATUS_B, POWER_ON_B);
    // Channel 0, both bytes, mode 2, count 65,536.
    this.#ports.portWrite(PIT_CONTROL, 1, 0x34);
    this.#ports.portWrite(PIT_CHANNEL_0, 1, 0);
    this.#ports.portWrite(PIT_CHANNEL_0, 1, 0);
    const seconds =
      3600 * decimal(this.#rtc(HOURS)) + 60 * decimal(this.#rtc(MINUTES)) + decimal(this.#rtc(SECONDS));
    this.#memory.write32(BDA_TICKS, Math.floor(seconds * TICKS_A_SECOND));
    this.#memory.write8(BDA_MIDNIGHT, 0);
  }

  /** INT 08h. */
  tick(): void {
    const m = this.#memory;
    const ticks = m.read32(BDA_TICKS) + 1;
    if (ticks >= TICKS_A_DAY) {
      m.write32(BDA_TICKS, 0);
      m.write8(BDA_MIDNIGHT, m.read8(BDA_MIDNIGHT) + 1);
    } else m.write32(BDA_TICKS, ticks);
    const motor = m.read8(BDA_DISKETTE_MOTOR_TIME);
    if (motor > 0) {
      m.write8(BDA_DISKETTE_MOTOR_TIME, motor - 1);
      if (motor === 1) m.write8(BDA_DISKETTE_MOTOR, m.read8(BDA_DISKETTE_MOTOR) & 0xf0);
    }
  }

  /** INT 1Ah. */
  service(frame: BiosFrame): void {
    const m = this.#memory;
    switch (frame.ah) {
      case 0x00: {
        const ticks = m.read32(BDA_TICKS);
        frame.cx = ticks >>> 16;
        frame.dx = ticks & 0xffff;
        frame.al = m.read8(BDA_MIDNIGHT);
        m.write8(BDA_MIDNIGHT, 0);
        frame.ah = 0;
        frame.carry = false;
        return;
      }
      case 0x01:
        m.write32(BDA_TICKS, frame.cx * 0x1_0000 + frame.dx);
        m.write8(BDA_MIDNIGHT, 0);
        frame.succeed();
        return;
      case 0x02:
        this.#awaitUpdate();
        frame.ch = this.#rtc(HOURS);
        frame.cl = this.#rtc(MINUTES);
        frame.dh = this.#rtc(SECONDS);
        frame.dl = this.#rtc(STATUS_B) & DAYLIGHT;
        frame.succeed();
        return;
      case 0x03:
        this.#setRtc([
          [HOURS, frame.ch],
          [MINUTES, frame.cl],
          [SECONDS, frame.dh],
        ]);
        frame.succeed();
        return;
      case 0x04:
        this.#awaitUpdate();
        frame.ch = this.#rtc(CENTURY);
        frame.cl = this.#rtc(YEAR);
        frame.dh = this.#rtc(MONTH);
        frame.dl = this.#rtc(DAY);
        frame.succeed();
        return;
      case 0x05:
        this.#setRtc([
          [CENTURY, frame.ch],
          [YEAR, frame.cl],
          [MONTH, frame.dh],
          [DAY, frame.dl],
        ]);
        frame.succeed();
        return;
      case 0x06:
        // One alarm at a time.
        if ((this.#rtc(STATUS_B) & ALARM) !== 0) frame.fail(0);
        else {
          this.#write(HOURS_ALARM, frame.ch);
          this.#write(MINUTES_ALARM, frame.cl);
          this.#write(SECONDS_ALARM, frame.dh);
          this.#wait.switchInterrupt(ALARM, true);
          frame.succeed();
        }
        return;
      case 0x07:
        this.#wait.switchInterrupt(ALARM, false);
        frame.succeed();
        return;
      case 0x09:
        frame.ch = this.#rtc(HOURS_ALARM);
        frame.cl = this.#rtc(MINUTES_ALARM);
        frame.dh = this.#rtc(SECONDS_ALARM);
        frame.dl = (this.#rtc(STATUS_B) & ALARM) !== 0 ? 1 : 0;
        frame.succeed();
        return;
      case PCI_FUNCTIONS:
        pciService(frame, m, this.#ports);
        return;
      default:
        frame.carry = true;
    }
  }

  #rtc(index: number): number {
    this.#ports.portWrite(RTC_INDEX, 1, index);
    return this.#ports.portRead(RTC_DATA, 1);
  }
  #write(index: number, value: number): void {
    this.#ports.portWrite(RTC_INDEX, 1, index);
    this.#ports.portWrite(RTC_DATA, 1, value);
  }
  #awaitUpdate(): void {
    for (let i = 0; i < 1000 && (this.#rtc(STATUS_A) & UPDATE_IN_PROGRESS) !== 0; i++);
  }
  #setRtc(values: readonly (readonly [index: number, value: number])[]): void {
    const control = this.#rtc(STATUS_B);
    this.#write(STATUS_B, control | SET);
    for (const [index, value] of values) this.#write(index, value);
    this.#write(STATUS_B, control & ~SET);
  }
}

/** A packed BCD byte as a number. */
const decimal = (bcd: number): number => 10 * (bcd >>> 4) + (bcd & 0xf);
