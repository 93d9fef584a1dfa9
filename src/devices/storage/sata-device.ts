// The device's end of a Serial ATA link (Serial ATA 2.6, clauses 9 and 11: the device's command layer): turns the frames
// of the host into what an AtaInterface's registers are written, and what they say into frames. It moves the data too.
//
//   host --registers--> command set --block ready--> [PIO setup] data --> ... --> registers, or set device bits
//
// Not modelled: hot plugging, BIST, asynchronous notification, power states of the link, and vendor's frames.
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import type { StateOf } from '../chip.ts';
import { initialState, uint } from '../chip.ts';
import {
  type AtaInterface,
  PHASE_ASLEEP,
  PHASE_DMA_OUT,
  PHASE_IDLE,
  PHASE_PIO_IN,
  PHASE_PIO_OUT,
} from './ata-interface.ts';
import { AtaQueue } from './ata-queue.ts';
import * as R from './ata-registers.ts';
import * as F from './sata-fis.ts';

const EXECUTE_DEVICE_DIAGNOSTIC = 0x90;
const DEVICE_RESET = 0x08;
const READ_LOG_EXT = 0x2f;
const READY = R.STATUS_DRDY | R.STATUS_DSC;
/** The status at the end of a block after which the device goes on by itself. */
const GOES_ON = R.STATUS_BSY | READY;

/** What a link remembers of its device: part of the adapter's state. */
export const SATA_DEVICE_SHAPE = {
  /** Device Control as it was last sent. */
  control: uint(8),
};

/** The host adapter's end of a link. */
export interface SataHost {
  /** A frame has come. */
  receive(fis: Uint8Array): void;
  /**
   * Moves data between `block` and the memory of the command under way. The number of bytes moved: all of them to the
   * host, what does not fit there being lost; from the host as many as it has.
   */
  move(block: Uint8Array, toHost: boolean): number;
  /** AdapterEnd.lend and filled, for the command under way. */
  lend(bytes: number): readonly Uint8Array[] | undefined;
  filled(): void;
}

export class SataDevice {
  state: StateOf<typeof SATA_DEVICE_SHAPE> = initialState(SATA_DEVICE_SHAPE);
  readonly #ata: AtaInterface;
  readonly #host: SataHost;
  #pumping = false;

  constructor(ata: AtaInterface, host: SataHost) {
    this.#ata = ata;
    this.#host = host;
    const pump = (): void => this.#pump();
    ata.adapter = {
      interruptChanged: pump,
      dmaReady: pump,
      pioReady: pump,
      lend: (bytes) => {
        this.#announce(true);
        return host.lend(bytes);
      },
      filled: () => host.filled(),
    };
  }

  /** COMRESET: back to the signature, which the device sends. */
  comreset(): void {
    this.state.control = 0;
    this.#ata.softReset();
    this.#tellRegisters(false);
  }
  /** Lets happen what is due. */
  catchUp(): void {
    this.#ata.catchUp();
  }

  /** A frame from the host; other than register frames are not understood. */
  receive(fis: Uint8Array): void {
    if (fis[0] !== F.FIS_REGISTERS_TO_DEVICE) return;
    if ((fis[F.FIS_FLAGS]! & F.FLAG_COMMAND) === 0) this.#control(fis[F.FIS_CONTROL]!);
    else if ((this.state.control & R.CONTROL_SRST) === 0) this.#command(fis);
  }

  #control(value: number): void {
    const before = this.state.control;
    this.state.control = value;
    if ((~before & value & R.CONTROL_SRST) !== 0) this.#ata.softReset();
    if ((before & ~value & R.CONTROL_SRST) !== 0) this.#tellRegisters(false);
  }

  #command(fis: Uint8Array): void {
    const command = fis[F.FIS_COMMAND]!;
    const { commands } = this.#ata;
    const { queue } = commands;
    if (this.#ata.state.phase === PHASE_ASLEEP) return;
    const registers = F.registersOf(fis);
    if (queue?.failed === true && command !== READ_LOG_EXT) this.#abort();
    else if (queue && AtaQueue.takes(command)) {
      if (!queue.accept(command, registers)) this.#abort();
      else {
        this.#host.receive(F.registersToHost({ ...registers, status: READY, error: 0 }, false));
        queue.start();
        this.#pump();
      }
    } else if (queue?.busy === true) this.#abort();
    else if (this.#ata.writable || (command === DEVICE_RESET && commands.packet)) {
      this.#pumping = true; // until the registers are as the command leaves them
      this.#ata.loadRegisters(registers);
      if (command === EXECUTE_DEVICE_DIAGNOSTIC) this.#ata.diagnose(true);
      else this.#ata.writeCommand(command);
      this.#pumping = false;
      // DEVICE RESET is over without an interrupt.
      const { phase, interrupt } = this.#ata.state;
      if (phase === PHASE_IDLE && !interrupt) this.#tellRegisters(false);
      else this.#pump();
    }
  }

  /** Neither this command nor those that wait. */
  #abort(): void {
    this.#ata.cancel();
    const { queue } = this.#ata.commands;
    const failed = queue?.failed === true;
    queue?.clear();
    if (queue && failed) queue.state.failed = true;
    this.#ata.state.status = R.STATUS_ERR | READY;
    this.#ata.state.error = R.ERROR_ABRT;
    this.#ata.takeInterrupt();
    this.#tellRegisters(true);
  }

  /** Does what there is to do; what comes up meanwhile as well. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#advance());
    this.#pumping = false;
  }

  #advance(): boolean {
    const { state } = this.#ata;
    if (state.position < state.end) {
      if (this.#ata.dmaDirection !== null) return this.#moveByDma();
      if (state.phase === PHASE_PIO_IN || state.phase === PHASE_PIO_OUT) return this.#moveByPio();
    }
    if (!state.interrupt) return false;
    this.#ata.takeInterrupt();
    this.#completed();
    return true;
  }

  #moveByDma(): boolean {
    const { block, state } = this.#ata;
    const toHost = state.phase !== PHASE_DMA_OUT;
    this.#announce(toHost);
    const moved = this.#host.move(block, toHost);
    if (moved > 0) this.#ata.moved(moved);
    return moved === block.length;
  }

  /** Of a queued command: whose data comes. */
  #announce(toHost: boolean): void {
    const { queue } = this.#ata.commands;
    const tag = queue?.active ?? -1;
    if (tag < 0 || !queue!.announce()) return;
    this.#host.receive(F.dmaSetup(tag, toHost, queue!.state.commands[tag]!.count * SECTOR_SIZE));
  }

  #moveByPio(): boolean {
    const { block, state } = this.#ata;
    const toHost = state.phase === PHASE_PIO_IN;
    const setup = F.pioSetup(state, { toHost, interrupt: state.interrupt, bytes: block.length });
    this.#ata.takeInterrupt();
    if (this.#host.move(block, toHost) < block.length) return false;
    this.#ata.moved(block.length);
    // The last block to the host ends the command.
    const { phase, interrupt, status } = this.#ata.state;
    setup[F.FIS_ENDING_STATUS] = phase === PHASE_IDLE && !interrupt ? status : GOES_ON;
    this.#host.receive(setup);
    return true;
  }

  /** INTRQ has risen: a command is over. */
  #completed(): void {
    const { queue } = this.#ata.commands;
    if (queue === undefined || queue.active < 0) {
      this.#tellRegisters(true);
      return;
    }
    const { status, error } = this.#ata.state;
    const tag = queue.end();
    this.#host.receive(F.setDeviceBits(queue.failed ? 0 : 2 ** tag, status, error));
    if (!queue.failed) queue.start();
  }

  #tellRegisters(interrupt: boolean): void {
    this.#host.receive(F.registersToHost(this.#ata.state, interrupt));
  }
}
