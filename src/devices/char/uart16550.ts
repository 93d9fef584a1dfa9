// 16550A UART (National Semiconductor PC16550D data sheet, sections 6 to 8; the register names are its own).
//
// The registers are in uart16550-registers.ts; their bits:
//
//   offset  read  write  DLAB=1     bits
//   0       RBR   THR    DLL
//   1       IER   IER    DLM        0 ERBFI  1 ETBEI  2 ELSI  3 EDSSI
//   2       IIR   FCR               IIR: 0 none pending  3:1 identification  7:6 FIFOs enabled
//   3       LCR   LCR               1:0 word length  2 stop  5:3 parity  6 break  7 DLAB
//   4       MCR   MCR               0 DTR  1 RTS  2 OUT1  3 OUT2 (gates the PC's interrupt line)  4 loop
//   5       LSR   -                 0 DR  1 OE  2 PE  3 FE  4 BI  5 THRE  6 TEMT  7 error in FIFO
//   6       MSR   -                 3:0 changes  4 CTS  5 DSR  6 RI  7 DCD
//   7       SCR   SCR
//
// A byte written to THR is sent at once: THRE and TEMT are set whenever the guest looks, and the
// transmitter interrupt follows as the chip's rules say (cleared by reading IIR or writing THR).
// Received bytes come as fast as the FIFO has room; the character timeout takes four characters' time
// at the programmed rate. Not modelled: parity and framing errors, DMA mode, the time a byte takes.

import type { ByteReceiver, ByteStream } from '../../backend/char.ts';
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, moment, queue, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import { UART_REGISTERS } from './uart16550-registers.ts';

const IER_RECEIVED_DATA = 0x01;
const IER_TRANSMITTER_EMPTY = 0x02;
const IER_LINE_STATUS = 0x04;
const IER_MODEM_STATUS = 0x08;

const IIR_NONE = 0x01;
const IIR_MODEM_STATUS = 0x00;
const IIR_TRANSMITTER_EMPTY = 0x02;
const IIR_RECEIVED_DATA = 0x04;
const IIR_LINE_STATUS = 0x06;
const IIR_CHARACTER_TIMEOUT = 0x0c;
const IIR_FIFOS_ENABLED = 0xc0;

const FCR_ENABLE = 0x01;
const FCR_RESET_RECEIVER = 0x02;

const LCR_DLAB = 0x80;

const MCR_DTR = 0x01;
const MCR_RTS = 0x02;
const MCR_OUT1 = 0x04;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;

const LSR_DATA_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_BREAK = 0x10;
const LSR_TRANSMITTER_EMPTY = 0x60;
const LSR_FIFO_ERROR = 0x80;

const MSR_CTS = 0x10;
const MSR_DSR = 0x20;
const MSR_RI = 0x40;
const MSR_DCD = 0x80;

const FIFO_SIZE = 16;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
/** The PC's 1.8432 MHz crystal divided by the chip's 16. */
const BIT_CLOCK = 115_200;

/** Marks a queued character as a break: it is read as zero and sets BI when it reaches the front. */
const BREAK_CHARACTER = 0x100;

const NAME = 'uart16550';
const VERSION = 1;

const SHAPE = {
  ier: uint(4),
  fcr: uint(8),
  lcr: uint(8),
  mcr: uint(5),
  scratch: uint(8),
  /** DLM:DLL. */
  divisor: uint(16, 1),
  /** OE and BI, the bits of LSR that are latched. */
  lineErrors: uint(8),
  /** MSR[3:0]. */
  modemChanges: uint(4),
  /** MSR[7:4] as driven by the host's end. */
  modemLines: uint(8, MSR_CTS | MSR_DSR | MSR_DCD),
  received: queue(FIFO_SIZE, 9),
  transmitterPending: flag(),
  timeoutPending: flag(),
  /** When the character timeout falls due (ns), or -1. */
  timeoutAt: moment(-1),
};

export interface Uart16550Options {
  readonly irq: IrqLine;
  readonly clock: AlarmSource;
  readonly stream: ByteStream;
}

export class Uart16550 implements Chip, ByteReceiver {
  readonly regions: readonly RegisterRegion[];
  readonly #irq: IrqLine;
  readonly #stream: ByteStream;
  readonly #clock: AlarmSource;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: Uart16550Options) {
    this.#irq = options.irq;
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.#alarm = options.clock.alarm(() => this.#onTimeout());
    this.regions = [registerRegion('uart', 8, UART_REGISTERS, this)];
  }

  reset(): void {
    resetState(SHAPE, this.#state, ['modemLines']);
    this.#alarm.cancel();
    this.#update();
    this.#stream.onRoom();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    if (this.#state.timeoutAt >= 0) this.#alarm.schedule(this.#state.timeoutAt);
    else this.#alarm.cancel();
  }

  /** Input from the host; takes what fits in the FIFO (one byte where FIFOs are off). */
  receive(data: Uint8Array): number {
    if ((this.#state.mcr & MCR_LOOP) !== 0) return 0;
    const taken = Math.min(data.length, this.#capacity() - this.#state.received.length);
    for (let index = 0; index < taken; index++) this.#state.received.push(data[index]!);
    if (taken > 0) this.#onReceived();
    return Math.max(taken, 0);
  }

  /** A break on the line (SysRq on a Linux console). Lost where the FIFO is full. */
  receiveBreak(): void {
    if (this.#state.received.length >= this.#capacity()) return;
    this.#state.received.push(BREAK_CHARACTER);
    this.#onReceived();
  }

  /** The modem lines as the host's end drives them: any of 0x10 CTS, 0x20 DSR, 0x40 RI, 0x80 DCD. */
  setModemLines(lines: number): void {
    const before = this.modemStatus();
    this.#state.modemLines = lines & 0xf0;
    this.#noteModemChange(before, this.modemStatus());
    this.#update();
  }

  // What the register table calls.

  get dlab(): boolean {
    return (this.#state.lcr & LCR_DLAB) !== 0;
  }

  get state(): Readonly<StateOf<typeof SHAPE>> {
    return this.#state;
  }

  readData(): number {
    const s = this.#state;
    const byte = s.received.shift() ?? 0;
    s.timeoutPending = false;
    this.#startTimeout();
    this.#exposeFront();
    this.#update();
    if ((s.mcr & MCR_LOOP) === 0) this.#stream.onRoom();
    return byte & 0xff;
  }

  writeData(byte: number): void {
    const s = this.#state;
    if (s.transmitterPending && (s.ier & IER_TRANSMITTER_EMPTY) !== 0) {
      // The interrupt ends with the write and comes again: an edge, for handlers that do not read IIR.
      s.transmitterPending = false;
      this.#update();
    }
    s.transmitterPending = true;
    if ((s.mcr & MCR_LOOP) === 0) this.#stream.write(byte);
    else if (s.received.length < this.#capacity()) {
      s.received.push(byte);
      this.#onReceived();
    } else {
      s.lineErrors |= LSR_OVERRUN;
      if ((s.fcr & FCR_ENABLE) === 0) s.received[0] = byte;
    }
    this.#update();
  }

  writeInterruptEnable(value: number): void {
    const s = this.#state;
    const rising = value & ~s.ier;
    s.ier = value & 0x0f;
    if ((rising & IER_TRANSMITTER_EMPTY) !== 0) s.transmitterPending = true;
    this.#update();
  }

  readInterruptIdentification(): number {
    const identification = this.#pending();
    if (identification === IIR_TRANSMITTER_EMPTY) {
      this.#state.transmitterPending = false;
      this.#update();
    }
    return identification | ((this.#state.fcr & FCR_ENABLE) !== 0 ? IIR_FIFOS_ENABLED : 0);
  }

  writeFifoControl(value: number): void {
    const s = this.#state;
    const toggled = ((value ^ s.fcr) & FCR_ENABLE) !== 0;
    const clear =
      toggled || (value & (FCR_ENABLE | FCR_RESET_RECEIVER)) === (FCR_ENABLE | FCR_RESET_RECEIVER);
    s.fcr = (value & FCR_ENABLE) !== 0 ? value & 0xc9 : 0;
    if (clear) {
      s.received.length = 0;
      s.timeoutPending = false;
      this.#startTimeout();
    }
    this.#update();
    if (clear) this.#stream.onRoom();
  }

  writeLineControl(value: number): void {
    this.#state.lcr = value;
  }

  writeModemControl(value: number): void {
    const s = this.#state;
    const before = this.modemStatus();
    const leavesLoop = (s.mcr & MCR_LOOP) !== 0 && (value & MCR_LOOP) === 0;
    s.mcr = value & 0x1f;
    this.#noteModemChange(before, this.modemStatus());
    this.#update();
    if (leavesLoop) this.#stream.onRoom();
  }

  lineStatus(): number {
    const s = this.#state;
    let status = LSR_TRANSMITTER_EMPTY | s.lineErrors;
    if (s.received.length > 0) status |= LSR_DATA_READY;
    if ((s.fcr & FCR_ENABLE) !== 0 && s.received.some((byte) => byte >= BREAK_CHARACTER)) {
      status |= LSR_FIFO_ERROR;
    }
    return status;
  }

  readLineStatus(): number {
    const status = this.lineStatus();
    this.#state.lineErrors = 0;
    this.#update();
    return status;
  }

  modemStatus(): number {
    const s = this.#state;
    if ((s.mcr & MCR_LOOP) === 0) return s.modemLines;
    return (
      ((s.mcr & MCR_RTS) !== 0 ? MSR_CTS : 0) |
      ((s.mcr & MCR_DTR) !== 0 ? MSR_DSR : 0) |
      ((s.mcr & MCR_OUT1) !== 0 ? MSR_RI : 0) |
      ((s.mcr & MCR_OUT2) !== 0 ? MSR_DCD : 0)
    );
  }

  readModemStatus(): number {
    const status = this.modemStatus() | this.#state.modemChanges;
    this.#state.modemChanges = 0;
    this.#update();
    return status;
  }

  writeScratch(value: number): void {
    this.#state.scratch = value;
  }

  writeDivisor(divisor: number): void {
    this.#state.divisor = divisor;
  }

  #capacity(): number {
    return (this.#state.fcr & FCR_ENABLE) !== 0 ? FIFO_SIZE : 1;
  }

  #triggerLevel(): number {
    return (this.#state.fcr & FCR_ENABLE) !== 0 ? TRIGGER_LEVELS[this.#state.fcr >> 6]! : 1;
  }

  /** Identification of the interrupt of the highest priority. */
  #pending(): number {
    const s = this.#state;
    if ((s.ier & IER_LINE_STATUS) !== 0 && s.lineErrors !== 0) return IIR_LINE_STATUS;
    if ((s.ier & IER_RECEIVED_DATA) !== 0) {
      if (s.received.length >= this.#triggerLevel()) return IIR_RECEIVED_DATA;
      if (s.timeoutPending) return IIR_CHARACTER_TIMEOUT;
    }
    if ((s.ier & IER_TRANSMITTER_EMPTY) !== 0 && s.transmitterPending) return IIR_TRANSMITTER_EMPTY;
    if ((s.ier & IER_MODEM_STATUS) !== 0 && s.modemChanges !== 0) return IIR_MODEM_STATUS;
    return IIR_NONE;
  }

  #update(): void {
    // OUT2 opens the PC's interrupt buffer; in loop mode the pin itself is inactive.
    const open = (this.#state.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2;
    this.#irq.set(open && this.#pending() !== IIR_NONE);
  }

  #onReceived(): void {
    this.#exposeFront();
    this.#startTimeout();
    this.#update();
  }

  /** A break shows in LSR once it is the next character to be read. */
  #exposeFront(): void {
    if ((this.#state.received[0] ?? 0) >= BREAK_CHARACTER) this.#state.lineErrors |= LSR_BREAK;
  }

  #startTimeout(): void {
    const s = this.#state;
    if ((s.fcr & FCR_ENABLE) === 0 || s.received.length === 0) {
      s.timeoutAt = -1;
      this.#alarm.cancel();
      return;
    }
    s.timeoutAt = Math.floor(this.#clock.now()) + 4 * this.#characterTime();
    this.#alarm.schedule(s.timeoutAt);
  }

  #onTimeout(): void {
    this.#state.timeoutAt = -1;
    this.#state.timeoutPending = true;
    this.#update();
  }

  /** Nanoseconds that a character takes at the programmed rate and format. */
  #characterTime(): number {
    const { lcr, divisor } = this.#state;
    const bits = 1 + 5 + (lcr & 3) + ((lcr & 8) !== 0 ? 1 : 0) + ((lcr & 4) !== 0 ? 2 : 1);
    return Math.ceil((bits * Math.max(divisor, 1) * 1e9) / BIT_CLOCK);
  }

  #noteModemChange(before: number, after: number): void {
    const changed = (before ^ after) >> 4;
    // The ring indicator counts at its trailing edge only (TERI).
    const trailingRing = (before & MSR_RI) !== 0 && (after & MSR_RI) === 0 ? 0x04 : 0;
    this.#state.modemChanges |= (changed & 0x0b) | trailingRing;
  }
}
