// Waits that a program asks for in microseconds, and the real-time clock's alarm: INT 15h, AH=83h and 86h, INT 70h. IBM PC AT
// Technical Reference, "Event wait", "Real-time clock interrupt".
//
// The clock interrupts 1,024 times a second while somebody waits. Where a program has taken IRQ 8 over, or masked it, the
// ticks of INT 08h end a wait. What is waited for is in the BIOS data area:
//
//   498h  far address of a byte whose bit 7 is set at the end   49Ch  microseconds that are left
//   4A0h  0 somebody waits  1 it is AH=86h  7 its end (the byte of AH=86h)
//   and in the extended one, at 30h: the tick at which it is over at the latest
import type { BiosFrame } from './frame.ts';
import { BDA_EBDA_SEGMENT, BDA_TICKS, BDA_WAIT_COUNT, BDA_WAIT_FLAG, BDA_WAIT_USER } from './layout.ts';
import { endOfInterrupt } from './post.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

const DEADLINE = 0x30;
const WAITING = 0x01;
const BY_86 = 0x02;
const OVER = 0x80;
const BUSY = 0x83;
/** Microseconds between two interrupts, and in a tick of 18.2 Hz. */
const PERIOD_US = 1_000_000 / 1024;
const TICK_US = 54_925.4;
const LONGEST_TICKS = Math.ceil(2 ** 32 / TICK_US) + 1;

const RTC_INDEX = 0x70;
const RTC_DATA = 0x71;
const STATUS_A = 0x0a;
/** 32,768 Hz, and an interrupt every 32 of that. */
const RATE_1024 = 0x26;
const STATUS_B = 0x0b;
const STATUS_C = 0x0c;
const PERIODIC = 0x40;
/** Of STATUS_B. */
export const ALARM = 0x20;
const PIC_2_MASK = 0xa1;
const IRQ_8 = 0x01;

export class EventWait {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;

  constructor(memory: BiosMemory, ports: BiosPorts) {
    this.#memory = memory;
    this.#ports = ports;
  }

  get #deadline(): number {
    return this.#memory.read16(BDA_EBDA_SEGMENT) * 16 + DEADLINE;
  }
  #rtc(index: number): number {
    this.#ports.portWrite(RTC_INDEX, 1, index);
    return this.#ports.portRead(RTC_DATA, 1);
  }
  #write(index: number, value: number): void {
    this.#ports.portWrite(RTC_INDEX, 1, index);
    this.#ports.portWrite(RTC_DATA, 1, value);
  }
  /** Switches an interrupt of the clock on or off. */
  switchInterrupt(bit: number, on: boolean): void {
    const control = this.#rtc(STATUS_B);
    this.#write(STATUS_B, on ? control | bit : control & ~bit);
    if (!on) return;
    this.#rtc(STATUS_C);
    this.#ports.portWrite(PIC_2_MASK, 1, this.#ports.portRead(PIC_2_MASK, 1) & ~IRQ_8);
  }

  #begin(segment: number, offset: number, microseconds: number, flags: number): void {
    const m = this.#memory;
    m.write16(BDA_WAIT_USER, offset);
    m.write16(BDA_WAIT_USER + 2, segment);
    m.write32(BDA_WAIT_COUNT, microseconds);
    m.write8(BDA_WAIT_FLAG, flags);
    m.write32(this.#deadline, m.read32(BDA_TICKS) + Math.ceil(microseconds / TICK_US) + 1);
    this.#write(STATUS_A, RATE_1024);
    this.switchInterrupt(PERIODIC, true);
  }
  #end(): void {
    const m = this.#memory;
    m.write8(BDA_WAIT_FLAG, 0);
    this.switchInterrupt(PERIODIC, false);
    const byte = m.read16(BDA_WAIT_USER + 2) * 16 + m.read16(BDA_WAIT_USER);
    m.write8(byte, m.read8(byte) | OVER);
  }

  /** AH=83h: AL=0 sets the byte at ES:BX after CX:DX microseconds, AL=1 gives it up. */
  event(frame: BiosFrame): void {
    const waits = (this.#memory.read8(BDA_WAIT_FLAG) & WAITING) !== 0;
    if (frame.al === 1) {
      if (waits) {
        this.#memory.write8(BDA_WAIT_FLAG, 0);
        this.switchInterrupt(PERIODIC, false);
      }
      frame.succeed();
    } else if (waits) frame.fail(BUSY);
    else {
      this.#begin(Math.floor(frame.es(0) / 16), frame.bx, frame.cx * 0x1_0000 + frame.dx, WAITING);
      frame.carry = false;
    }
  }

  /** AH=86h: CX:DX microseconds. False while they last. */
  wait(frame: BiosFrame): boolean {
    const m = this.#memory;
    const flags = m.read8(BDA_WAIT_FLAG);
    if ((flags & (WAITING | BY_86)) === WAITING) {
      frame.fail(BUSY);
      return true;
    }
    if ((flags & WAITING) === 0 && (flags & OVER) === 0) {
      const microseconds = frame.cx * 0x1_0000 + frame.dx;
      if (microseconds > 0) {
        this.#begin(BDA_WAIT_FLAG >> 4, BDA_WAIT_FLAG & 0xf, microseconds, WAITING | BY_86);
        return false;
      }
    }
    this.#lookAtTicks();
    if ((m.read8(BDA_WAIT_FLAG) & OVER) === 0 && (flags & WAITING) !== 0) return false;
    m.write8(BDA_WAIT_FLAG, 0);
    frame.succeed();
    return true;
  }

  /** INT 08h: where the clock's interrupt does not come, the ticks end a wait. */
  tick(): void {
    if ((this.#memory.read8(BDA_WAIT_FLAG) & WAITING) !== 0) this.#lookAtTicks();
  }
  #lookAtTicks(): void {
    const m = this.#memory;
    if ((m.read8(BDA_WAIT_FLAG) & WAITING) === 0) return;
    // The count begins anew at midnight: there the ticks' patience ends.
    const left = m.read32(this.#deadline) - m.read32(BDA_TICKS);
    if (left <= 0 || left > LONGEST_TICKS) this.#end();
  }

  /** INT 70h. True when the alarm has come: the stub calls INT 4Ah. */
  interrupt(): boolean {
    const m = this.#memory;
    const causes = this.#rtc(STATUS_C) & this.#rtc(STATUS_B);
    if ((causes & PERIODIC) !== 0) {
      if ((m.read8(BDA_WAIT_FLAG) & WAITING) === 0) this.switchInterrupt(PERIODIC, false);
      else {
        const left = m.read32(BDA_WAIT_COUNT) - PERIOD_US;
        m.write32(BDA_WAIT_COUNT, Math.max(0, Math.ceil(left)));
        if (left <= 0) this.#end();
      }
    }
    endOfInterrupt(this.#ports);
    return (causes & ALARM) !== 0;
  }
}
