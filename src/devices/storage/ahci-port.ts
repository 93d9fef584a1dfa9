// A port of an AHCI host bus adapter (Serial ATA AHCI 1.3.1, sections 3.3 and 5.3: the port's state machine).
//
//   PxCI --> header --> FIS --> device --> data by descriptors --> received FIS --> PxCI or PxSACT cleared, PxIS
//
// One command that is not queued is under way at a time: the device is busy. Queued ones are over for PxCI when the
// device has taken them, and for PxSACT when they are done. After an error nothing is sent until the guest has stopped
// the port. What the guest reads of it lets happen first what is due.
//
// Registers of addresses are 64 bits wide in two halves. A device that lacks memory for what it is to write waits until
// it is reset; data that nobody has described memory for is lost (PxIS.OFS).
import type { Alarm, AlarmSource } from '../../base/services.ts';
import { initialState, resetState } from '../chip.ts';
import { merge } from '../registers.ts';
import * as A from './ahci-bits.ts';
import type { CommandMemory } from './ahci-command.ts';
import { AhciData } from './ahci-data.ts';
import { listOf, NONE, PORT_SHAPE, type PortState } from './ahci-port-state.ts';
import type { AtaInterface } from './ata-interface.ts';
import { AtaQueue } from './ata-queue.ts';
import { SataDevice, type SataHost } from './sata-device.ts';
import * as F from './sata-fis.ts';

/** Nanoseconds between a command that was over at once, and the next one. */
const NEXT_COMMAND = 1_000;
const SMALLEST_FIS = 2;
const LARGEST_FIS = 16;

/** Offsets in the area of received FISes, by type. */
const RECEIVED: ReadonlyMap<number, number> = new Map([
  [F.FIS_DMA_SETUP, 0x00],
  [F.FIS_PIO_SETUP, 0x20],
  [F.FIS_REGISTERS_TO_HOST, 0x40],
  [F.FIS_SET_DEVICE_BITS, 0x58],
]);
const INTERRUPT_BITS: ReadonlyMap<number, number> = new Map([
  [F.FIS_DMA_SETUP, A.PORT_DSS],
  [F.FIS_PIO_SETUP, A.PORT_PSS],
  [F.FIS_REGISTERS_TO_HOST, A.PORT_DHRS],
  [F.FIS_SET_DEVICE_BITS, A.PORT_SDBS],
]);

export interface AhciPortOptions {
  readonly device: AtaInterface | undefined;
  readonly memory: CommandMemory;
  readonly clock: AlarmSource;
  /** The guest says when a device may start: PxCMD.SUD. */
  readonly staggered: boolean;
  /** PxIS or PxIE has changed; `isNew` where an interrupt has come. */
  readonly changed: (isNew: boolean) => void;
}

export class AhciPort implements SataHost {
  state: PortState = initialState(PORT_SHAPE);
  readonly #options: AhciPortOptions;
  readonly #device: SataDevice | undefined;
  readonly #data: AhciData;
  readonly #alarm: Alarm;
  #issuing = false;

  constructor(options: AhciPortOptions) {
    this.#options = options;
    this.#device = options.device && new SataDevice(options.device, this);
    this.#data = new AhciData({
      memory: options.memory,
      state: () => this.state,
      interrupt: (bit) => this.#interrupt(bit),
    });
    this.#alarm = options.clock.alarm(() => this.#next());
  }

  /** Power-on, or a reset of the adapter, which leaves the addresses alone. */
  reset(keep: readonly (keyof PortState)[] = []): void {
    this.#alarm.cancel();
    resetState(PORT_SHAPE, this.state, keep);
    if (this.#device) this.#device.state = this.state.device;
    this.state.command = A.CMD_POD | (this.#options.staggered ? 0 : A.CMD_SUD);
    if (!this.#options.staggered) this.#linkUp();
    this.#options.changed(false);
  }
  /** After restore. */
  restored(state: PortState): void {
    this.state = state;
    if (this.#device) this.#device.state = state.device;
    if (state.nextAt >= 0) this.#alarm.schedule(state.nextAt);
    else this.#alarm.cancel();
  }
  /** Lets happen what is due. */
  catchUp(): void {
    this.#device?.catchUp();
    if (this.state.nextAt >= 0 && this.#options.clock.now() >= this.state.nextAt) this.#next();
  }

  // ---- registers ----

  /** PxIS, with what it shows of PxSERR. */
  get interrupts(): number {
    const { status, error } = this.state;
    const exchanged = (error & A.SERR_DIAG_X) !== 0 ? A.PORT_PCS : 0;
    const ready = (error & A.SERR_DIAG_N) !== 0 ? A.PORT_PRCS : 0;
    return (status | exchanged | ready) >>> 0;
  }
  /** Whether any of them is enabled. */
  get interrupting(): boolean {
    return (this.interrupts & this.state.enabled) !== 0;
  }
  clearInterrupts(value: number): void {
    this.state.status = (this.state.status & ~value) >>> 0;
    this.#options.changed(false);
  }
  setEnabled(value: number, lanes: number): void {
    this.state.enabled = merge(this.state.enabled, value & A.PORT_INTERRUPTS, lanes);
    this.#options.changed(true);
  }
  clearErrors(value: number): void {
    this.state.error = (this.state.error & ~value) >>> 0;
    this.#options.changed(false);
  }

  /** PxCMD. */
  get command(): number {
    const s = this.state;
    const running = (s.command & A.CMD_ST) !== 0 ? A.CMD_CR : 0;
    const receiving = (s.command & A.CMD_FRE) !== 0 ? A.CMD_FR : 0;
    return (s.command | running | receiving | (s.current << A.CMD_CCS_SHIFT)) >>> 0;
  }
  writeCommand(value: number, lanes: number): void {
    const s = this.state;
    const writable =
      A.CMD_ST | A.CMD_FRE | A.CMD_ATAPI | A.CMD_DLAE | (this.#options.staggered ? A.CMD_SUD : 0);
    const before = s.command;
    s.command = merge(s.command, value, lanes & writable);
    const fell = before & ~s.command;
    const rose = s.command & ~before;
    if ((fell & A.CMD_ST) !== 0) this.#stop();
    if ((rose & A.CMD_SUD) !== 0) this.#linkUp();
    if ((rose & A.CMD_FRE) !== 0 && s.holding) {
      s.holding = false;
      this.#post(s.held);
    }
    if ((value & lanes & A.CMD_CLO) !== 0) s.taskFile &= ~(A.TFD_BSY | A.TFD_DRQ);
    this.#next();
  }

  /** PxSSTS. */
  get linkStatus(): number {
    const s = this.state;
    if ((s.control & A.SCTL_DET) === A.DET_OFFLINE) return A.SSTS_OFFLINE;
    if (!s.linked) return 0;
    const limit = (s.control >> A.SPEED_SHIFT) & 15;
    const speed = limit === 0 ? A.SPEED_3G : Math.min(limit, A.SPEED_3G);
    return A.SSTS_PRESENT | (speed << A.SPEED_SHIFT);
  }
  /** PxSCTL: DET 1 and then 0 is a COMRESET. */
  writeControl(value: number, lanes: number): void {
    const s = this.state;
    const before = s.control & A.SCTL_DET;
    s.control = merge(s.control, value & A.SCTL_WRITABLE, lanes);
    const now = s.control & A.SCTL_DET;
    if (now === before) return;
    if (now !== 0) this.#linkDown();
    else this.#linkUp();
  }

  /** PxCI and PxSACT take bits while the port runs. */
  issue(value: number): void {
    if (!this.#running) return;
    this.state.issued = (this.state.issued | value) >>> 0;
    this.#next();
  }
  activate(value: number): void {
    if (this.#running) this.state.active = (this.state.active | value) >>> 0;
  }

  // ---- the link ----

  #linkDown(): void {
    const s = this.state;
    s.linked = false;
    s.taskFile = A.TFD_NOBODY;
    s.holding = false;
  }
  /** The device answers a COMRESET with its signature. */
  #linkUp(): void {
    const s = this.state;
    const spunUp = (s.command & A.CMD_SUD) !== 0 && (s.control & A.SCTL_DET) === 0;
    if (!this.#device || !spunUp) return;
    s.linked = true;
    s.taskFile = A.TFD_NOBODY | A.TFD_BSY;
    s.signature = 0xffff_ffff;
    s.error = (s.error | A.SERR_DIAG_X | A.SERR_DIAG_N) >>> 0;
    s.awaiting = true;
    this.#device.comreset();
    this.#options.changed(true);
  }

  // ---- commands ----

  get #running(): boolean {
    return (this.state.command & A.CMD_ST) !== 0;
  }
  #stop(): void {
    const s = this.state;
    s.issued = 0;
    s.active = 0;
    s.current = 0;
    s.slot = NONE;
    s.halted = false;
    s.nextAt = -1;
    this.#alarm.cancel();
  }

  get #ready(): boolean {
    const s = this.state;
    const free = s.slot === NONE && (s.taskFile & (A.TFD_BSY | A.TFD_DRQ)) === 0;
    return this.#running && s.linked && !s.halted && s.issued !== 0 && free;
  }

  /** Sends commands as far as the device takes them; after one that is not queued there is a pause. */
  #next(): void {
    const s = this.state;
    s.nextAt = -1;
    this.#alarm.cancel();
    if (this.#issuing) return;
    this.#issuing = true;
    for (let count = 0; count < A.COMMAND_SLOTS && this.#ready; count++) if (!this.#send()) break;
    this.#issuing = false;
    if (!this.#ready) return;
    s.nextAt = this.#options.clock.now() + NEXT_COMMAND;
    this.#alarm.schedule(s.nextAt);
  }

  /** Sends the next command's FIS. Whether it was a queued command. */
  #send(): boolean {
    const s = this.state;
    const { memory } = this.#options;
    const slot = this.#nextSlot();
    const header = memory.header(listOf(s), slot);
    const fis = memory.fis(header);
    s.current = slot;
    const fits = header.fisLength >= SMALLEST_FIS && header.fisLength <= LARGEST_FIS;
    if (!fits || fis[0] !== F.FIS_REGISTERS_TO_DEVICE) {
      s.halted = true;
      this.#interrupt(A.PORT_IFS);
      return false;
    }
    const isCommand = (fis[F.FIS_FLAGS]! & F.FLAG_COMMAND) !== 0;
    if (isCommand) s.taskFile |= A.TFD_BSY;
    s.slot = slot;
    this.#data.begin(slot);
    this.#device!.receive(fis);
    if (!isCommand && header.clearBusy) {
      s.taskFile &= ~(A.TFD_BSY | A.TFD_DRQ);
      this.#finish();
    }
    return isCommand && AtaQueue.takes(fis[F.FIS_COMMAND]!);
  }
  /** The first one behind the last, as far as the slots go round. */
  #nextSlot(): number {
    const { issued, current } = this.state;
    for (let step = 1; step <= A.COMMAND_SLOTS; step++) {
      const slot = (current + step) % A.COMMAND_SLOTS;
      if (((issued >>> slot) & 1) !== 0) return slot;
    }
    return 0;
  }
  /** The command under way is over. */
  #finish(): void {
    const s = this.state;
    if (s.slot === NONE) return;
    s.issued = (s.issued & ~(1 << s.slot)) >>> 0;
    s.slot = NONE;
  }

  // ---- SataHost ----

  receive(fis: Uint8Array): void {
    const s = this.state;
    if (!s.linked) return;
    const type = fis[0]!;
    const isRegisters = type === F.FIS_REGISTERS_TO_HOST;
    if (type === F.FIS_SET_DEVICE_BITS) {
      s.active = (s.active & ~new DataView(fis.buffer, fis.byteOffset).getUint32(F.FIS_ACTIVE, true)) >>> 0;
      const status = (s.taskFile & ~F.DEVICE_BITS & 0xff) | (fis[F.FIS_STATUS]! & F.DEVICE_BITS);
      s.taskFile = status | (fis[F.FIS_ERROR]! << 8);
    } else if (type === F.FIS_DMA_SETUP) this.#data.begin(fis[F.FIS_TAG]! % A.COMMAND_SLOTS);
    else s.taskFile = fis[isRegisters ? F.FIS_STATUS : F.FIS_ENDING_STATUS]! | (fis[F.FIS_ERROR]! << 8);
    if (isRegisters && s.awaiting) {
      s.awaiting = false;
      s.signature = ((fis[6]! << 24) | (fis[5]! << 16) | (fis[4]! << 8) | fis[12]!) >>> 0;
    }
    if ((s.command & A.CMD_FRE) !== 0) this.#post(fis);
    else if (isRegisters) {
      s.held.set(fis);
      s.holding = true;
    }
    if (type !== F.FIS_DMA_SETUP) this.#afterStatus();
  }

  /** PxTFD has a new status. */
  #afterStatus(): void {
    const s = this.state;
    if ((s.taskFile & A.TFD_ERR) !== 0 && this.#running) {
      s.halted = true;
      this.#interrupt(A.PORT_TFES);
    } else if (s.slot !== NONE && (s.taskFile & (A.TFD_BSY | A.TFD_DRQ)) === 0) this.#finish();
    this.#next();
  }

  move(block: Uint8Array, toHost: boolean): number {
    return this.#running && this.state.linked ? this.#data.move(block, toHost) : 0;
  }

  lend(bytes: number): readonly Uint8Array[] | undefined {
    return this.#running && this.state.linked ? this.#data.lend(bytes) : undefined;
  }
  filled(): void {
    this.#data.filled();
  }

  #post(fis: Uint8Array): void {
    const s = this.state;
    const type = fis[0]!;
    const area = s.areaUpper * 2 ** 32 + s.area;
    this.#options.memory.receive(area, RECEIVED.get(type) ?? 0, fis);
    if ((fis[F.FIS_FLAGS]! & F.FLAG_INTERRUPT) !== 0) this.#interrupt(INTERRUPT_BITS.get(type) ?? 0);
  }

  #interrupt(bit: number): void {
    this.state.status = (this.state.status | bit) >>> 0;
    this.#options.changed(true);
  }
}
