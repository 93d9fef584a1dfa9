// The interface of an ATA or ATAPI device: registers, status, interrupt, and the transfer of data in
// blocks (ATA/ATAPI-7 volume 2, clause 11: the device's state machines). What the commands do is the
// command set's (ata-disk.ts, atapi-drive.ts); who moves the data is the host adapter's.
//
//   command set --schedule--> [BUSY] --step--> command set reads or writes its medium
//        |                                          |
//        |   <-------- blockDone ------  [PIO or DMA block] <-- offer (to host), ask (from host)
//        '--complete, fail--> [IDLE], INTRQ
//
// A block is at most the buffer's 64 KiB. By PIO the host reads or writes words until it is done; by DMA
// the adapter empties or fills it in one go as soon as both sides are ready. Registers hold 16 bits: what
// was written before is in the upper half (LBA48's "previous content").
//
// A command takes COMMAND_TIME before its first effect. Whoever polls the status does not wait for the
// alarm: a read of the status lets what is due happen first.
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateOf } from '../chip.ts';
import { bytes, flag, initialState, integer, moment, uint } from '../chip.ts';
import type { AtaQueue } from './ata-queue.ts';
import * as R from './ata-registers.ts';

export const BUFFER_SIZE = 65_536;
/** Nanoseconds between a command and its first effect, and between two long stretches of one command. */
const COMMAND_TIME = 5_000;

const READY = R.STATUS_DRDY | R.STATUS_DSC;
const DEVICE_RESET = 0x08;

/** What a device is doing. */
export const PHASE_IDLE = 0;
/** The medium works; a step is due, or under way. */
export const PHASE_BUSY = 1;
export const PHASE_PIO_IN = 2;
export const PHASE_PIO_OUT = 3;
export const PHASE_DMA_IN = 4;
export const PHASE_DMA_OUT = 5;
/** In SLEEP: only a reset helps. */
export const PHASE_ASLEEP = 6;

export const INTERFACE_SHAPE = {
  features: uint(16),
  count: uint(16, 1),
  low: uint(16, 1),
  mid: uint(16),
  high: uint(16),
  device: uint(8),
  status: uint(8),
  error: uint(8, 1),
  command: uint(8),
  phase: integer(PHASE_IDLE, PHASE_ASLEEP),
  /** The block under way: bytes `position .. end` of the buffer are still to be moved. */
  position: integer(0, BUFFER_SIZE),
  end: integer(0, BUFFER_SIZE),
  buffer: bytes(BUFFER_SIZE),
  /** INTRQ, before nIEN and the selection of devices. */
  interrupt: flag(),
  /** When the next step is due, -1 for none. */
  stepAt: moment(-1),
};

/** The registers that a command is given in; 16 bits, the device register 8. */
export interface TaskFileRegisters {
  readonly features: number;
  readonly count: number;
  readonly low: number;
  readonly mid: number;
  readonly high: number;
  readonly device: number;
}

/** What is behind the interface. */
export interface CommandSet {
  /** A device of the PACKET feature set: not ready after a reset, and takes DEVICE RESET while it is busy. */
  readonly packet: boolean;
  /** The signature: Low, Mid, High after a reset. */
  readonly signature: readonly [number, number, number];
  /** A command was written; the status shows BSY. */
  execute(command: number): void;
  /** The step that `schedule` asked for. Is repeated when a snapshot is restored in the middle of it. */
  step(): void;
  /** The block that was offered or asked for has been moved. */
  blockDone(): void;
  /** Software reset: what the commands have set up and a reset does not keep. */
  softReset(): void;
  /** Commands that a serial host may queue, where the device takes such. */
  readonly queue?: AtaQueue | undefined;
}

/** The host adapter's end. */
export interface AdapterEnd {
  /** INTRQ may have changed. */
  interruptChanged(): void;
  /** A block is ready to be moved by DMA. */
  dmaReady(): void;
  /** Likewise by PIO, whether there is an interrupt for it or not: for adapters that move it themselves. */
  pioReady?(): void;
  /**
   * The guest's memory itself for the next `bytes` of the device, in pieces of whole sectors, where the adapter could move
   * them right now; undefined where it has to be done by blocks. They are filled at once, and `filled` says so.
   */
  lend?(bytes: number): readonly Uint8Array[] | undefined;
  /** What was lent last has been filled: the adapter goes on behind it. */
  filled?(): void;
}

const nobody: AdapterEnd = { interruptChanged() {}, dmaReady() {} };

export class AtaInterface {
  state: StateOf<typeof INTERFACE_SHAPE> = initialState(INTERFACE_SHAPE);
  adapter: AdapterEnd = nobody;
  /** What is behind the registers. */
  readonly commands: CommandSet;
  readonly #clock: AlarmSource;
  readonly #alarm: Alarm;
  /** Changes whenever what is under way at the back end no longer matters. */
  #operation = {};
  /** The step that is due has been begun: the medium has not answered yet. */
  #stepping = false;
  /** The back end has been asked, and may read or write the buffer until it answers. */
  #asked = false;

  constructor(commands: CommandSet, clock: AlarmSource) {
    this.commands = commands;
    this.#clock = clock;
    this.#alarm = clock.alarm(() => this.#runStep());
  }

  // ---- the host's side ----

  get busy(): boolean {
    return (this.state.status & R.STATUS_BSY) !== 0;
  }
  /** Whether command block registers take writes. */
  get writable(): boolean {
    return (this.state.status & (R.STATUS_BSY | R.STATUS_DRQ)) === 0;
  }
  /** The status without taking the interrupt back. */
  alternateStatus(): number {
    this.catchUp();
    return this.state.status;
  }
  /** The status; INTRQ falls. */
  readStatus(): number {
    this.catchUp();
    this.#setInterrupt(false);
    return this.state.status;
  }
  /** INTRQ falls: the adapter has told the host in another way. */
  takeInterrupt(): void {
    this.state.interrupt = false;
  }
  /** Lets a step happen that is due. */
  catchUp(): void {
    if (this.state.stepAt >= 0 && this.#clock.now() >= this.state.stepAt) this.#runStep();
  }

  /** One of ERROR .. DEVICE; `hob` shows the previous content of the registers that have one. */
  readRegister(offset: number, hob: boolean): number {
    const s = this.state;
    const shift = hob ? 8 : 0;
    switch (offset) {
      case R.REGISTER_FEATURES:
        return s.error;
      case R.REGISTER_COUNT:
        return (s.count >> shift) & 0xff;
      case R.REGISTER_LOW:
        return (s.low >> shift) & 0xff;
      case R.REGISTER_MID:
        return (s.mid >> shift) & 0xff;
      case R.REGISTER_HIGH:
        return (s.high >> shift) & 0xff;
      default:
        return s.device;
    }
  }

  /** One of FEATURES .. DEVICE. A busy device takes nothing. */
  writeRegister(offset: number, value: number): void {
    if (!this.writable) return;
    const s = this.state;
    const push = (old: number): number => ((old & 0xff) << 8) | value;
    if (offset === R.REGISTER_FEATURES) s.features = push(s.features);
    else if (offset === R.REGISTER_COUNT) s.count = push(s.count);
    else if (offset === R.REGISTER_LOW) s.low = push(s.low);
    else if (offset === R.REGISTER_MID) s.mid = push(s.mid);
    else if (offset === R.REGISTER_HIGH) s.high = push(s.high);
    else if (offset === R.REGISTER_DEVICE) s.device = value;
  }

  /** All registers at once, each with what a serial interface sends as its previous content. A busy device takes nothing. */
  loadRegisters(registers: TaskFileRegisters): void {
    if (this.writable) Object.assign(this.state, registers);
  }

  writeCommand(command: number): void {
    const s = this.state;
    const always = command === DEVICE_RESET && this.commands.packet;
    if (!always && (!this.writable || s.phase === PHASE_ASLEEP)) return;
    this.#setInterrupt(false);
    this.cancel();
    s.command = command;
    s.error = 0;
    s.status = R.STATUS_BSY;
    s.phase = PHASE_BUSY;
    this.commands.execute(command);
  }

  /** The Data register, 2 or 4 bytes wide; undefined bits outside a transfer read as ones. */
  readData(width: number): number {
    const s = this.state;
    if (s.phase !== PHASE_PIO_IN) return width === 4 ? 0xffff_ffff : 0xffff;
    let value = 0;
    for (let byte = 0; byte < width && s.position < s.end; byte++) {
      value |= s.buffer[s.position++]! << (8 * byte);
    }
    if (s.position >= s.end) this.commands.blockDone();
    return value >>> 0;
  }

  writeData(width: number, value: number): void {
    const s = this.state;
    if (s.phase !== PHASE_PIO_OUT) return;
    for (let byte = 0; byte < width && s.position < s.end; byte++) {
      s.buffer[s.position++] = value >>> (8 * byte);
    }
    if (s.position >= s.end) this.commands.blockDone();
  }

  /** Which way the adapter has to move a block by DMA; null while there is none. */
  get dmaDirection(): 'in' | 'out' | null {
    if (this.state.phase === PHASE_DMA_IN) return 'in';
    return this.state.phase === PHASE_DMA_OUT ? 'out' : null;
  }
  /** The block to be moved, in place: by DMA, or by an adapter that does PIO on the host's behalf. */
  get block(): Uint8Array {
    const s = this.state;
    return s.buffer.subarray(s.position, s.end);
  }
  /** The adapter has moved so many bytes of the block. */
  moved(count: number): void {
    const s = this.state;
    s.position = Math.min(s.end, s.position + count);
    if (s.position >= s.end) this.commands.blockDone();
  }

  /** EXECUTE DEVICE DIAGNOSTIC: all is well. INTRQ rises for device 0. */
  diagnose(interrupt: boolean): void {
    this.softReset();
    if (interrupt) this.#setInterrupt(true);
  }

  /** SRST, or RESET#: back to the signature, whatever goes on. */
  softReset(): void {
    this.cancel();
    this.#setInterrupt(false);
    this.commands.softReset();
    this.showSignature();
    this.state.status = this.commands.packet ? 0 : READY;
  }

  // ---- the command set's side ----

  /** Nothing is under way any more; what the back end still answers is not heard. */
  cancel(): void {
    const s = this.state;
    this.#operation = {};
    this.#stepping = false;
    this.#leaveBuffer();
    this.#alarm.cancel();
    s.stepAt = -1;
    s.phase = PHASE_IDLE;
    s.position = 0;
    s.end = 0;
  }

  /** What the back end still does with the buffer shall not meet what comes next. */
  #leaveBuffer(): void {
    if (this.#asked) this.state.buffer = new Uint8Array(BUFFER_SIZE);
    this.#asked = false;
  }

  /** The registers after a reset or a diagnostic: all is well, and what kind of device this is. */
  showSignature(): void {
    const s = this.state;
    const [low, mid, high] = this.commands.signature;
    s.count = 1;
    s.low = low;
    s.mid = mid;
    s.high = high;
    s.device = s.device & R.DEVICE_DEV;
    s.error = 1;
  }

  /** BSY, and `step` after the time that a command takes. */
  schedule(): void {
    const s = this.state;
    this.#stepping = false;
    s.phase = PHASE_BUSY;
    s.status = R.STATUS_BSY;
    s.stepAt = this.#clock.now() + COMMAND_TIME;
    this.#alarm.schedule(s.stepAt);
  }

  /** BSY, and `step` at once: between two blocks of one command. */
  continueNow(): void {
    const s = this.state;
    s.phase = PHASE_BUSY;
    s.status = R.STATUS_BSY;
    s.stepAt = this.#clock.now();
    this.#stepping = false;
    this.#runStep();
  }

  /** Wraps a callback for the back end: it is not called once the operation has become moot. */
  whileCurrent<A extends unknown[]>(callback: (...values: A) => void): (...values: A) => void {
    const operation = this.#operation;
    this.#asked = true;
    return (...values) => {
      if (operation !== this.#operation) return;
      this.#asked = false;
      callback(...values);
    };
  }

  /** Bytes `start .. end` of the buffer are for the host. By PIO INTRQ rises. */
  offer(start: number, end: number, dma: boolean): void {
    this.#block(start, end, dma ? PHASE_DMA_IN : PHASE_PIO_IN);
    if (dma) this.adapter.dmaReady();
    else {
      this.#setInterrupt(true);
      this.adapter.pioReady?.();
    }
  }

  /** The host is to give bytes `start .. end` of the buffer. INTRQ rises, by PIO, where `interrupt` says so. */
  ask(start: number, end: number, dma: boolean, interrupt: boolean): void {
    this.#block(start, end, dma ? PHASE_DMA_OUT : PHASE_PIO_OUT);
    if (dma) this.adapter.dmaReady();
    else {
      if (interrupt) this.#setInterrupt(true);
      this.adapter.pioReady?.();
    }
  }

  /** The command is over, with these bits in the status besides the usual ones. */
  complete(bits = 0): void {
    this.cancel();
    this.state.status = READY | bits;
    this.#setInterrupt(true);
  }

  /** The command has failed. `bits` may hold STATUS_DF. */
  fail(error: number, bits = 0): void {
    this.state.error = error;
    this.complete(R.STATUS_ERR | bits);
  }

  /** After restore: the alarm. A step that was under way is taken again. */
  restored(state: StateOf<typeof INTERFACE_SHAPE>): void {
    this.state = state;
    this.#operation = {};
    this.#stepping = false;
    this.#asked = false;
    if (state.stepAt >= 0) this.#alarm.schedule(state.stepAt);
    else this.#alarm.cancel();
    // A damaged record may promise a block that is none.
    if (state.end < state.position) state.end = state.position;
  }

  #block(start: number, end: number, phase: number): void {
    const s = this.state;
    this.#stepping = false;
    this.#alarm.cancel();
    s.stepAt = -1;
    s.position = start;
    s.end = end;
    s.phase = phase;
    const dma = phase === PHASE_DMA_IN || phase === PHASE_DMA_OUT;
    s.status = dma ? R.STATUS_BSY : READY | R.STATUS_DRQ;
  }

  #runStep(): void {
    if (this.#stepping) return;
    this.#stepping = true;
    this.#alarm.cancel();
    this.#operation = {};
    this.commands.step();
  }

  #setInterrupt(level: boolean): void {
    if (this.state.interrupt === level) return;
    this.state.interrupt = level;
    this.adapter.interruptChanged();
  }
}
