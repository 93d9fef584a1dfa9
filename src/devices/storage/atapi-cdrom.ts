// An ATAPI CD-ROM drive: the PACKET command feature set (ATA/ATAPI-7 volume 1, clauses 6.7 and 6.24; volume
// 2, clauses 11.8 and 11.9 for the protocol; SFF-8020i) around the commands of mmc-commands.ts. It is the
// command set behind an AtaInterface.
//
//   PACKET --> 12 bytes by PIO --> command --> data in blocks --> status
//              reason: C/D         BSY         reason: I/O        reason: C/D, I/O
//
// By PIO the drive sends at most as many bytes at once as the host's byte count limit says, whole blocks of
// 2,048 where they fit. A command fails with CHK, the sense key in the Error register, and sense data.
//
// The medium: `insert` and `eject` are the user's hands, `moveTray` the guest's. A guest that has locked the
// drive is told of a press of the button instead (an eject request), unless it is forced. A medium that comes
// in is told by a unit attention and an event, one that the guest itself pulls in by an event. The tray stays
// where it is over a reset.
// Not modelled: audio, raw sectors and subchannels, several sessions, writing.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import type { AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import {
  bytes,
  flag,
  initialState,
  integer,
  queue,
  record,
  resetState,
  restoreState,
  saveState,
  uint,
} from '../chip.ts';
import type { DiskIdentity } from './ata-identify.ts';
import { identifyPacketDevice } from './ata-identify.ts';
import type { CommandSet } from './ata-interface.ts';
import { AtaInterface, BUFFER_SIZE, INTERFACE_SHAPE, PHASE_ASLEEP } from './ata-interface.ts';
import * as R from './ata-registers.ts';
import type { DriveCondition } from './mmc-answers.ts';
import type { MmcUnit } from './mmc-commands.ts';
import { MMC_COMMANDS } from './mmc-commands.ts';
import * as S from './scsi-sense.ts';
import { parseTransferMode, TRANSFER_SHAPE, transferModes } from './transfer-mode.ts';

const NAME = 'atapi-cdrom';
const VERSION = 1;
const CD_BLOCK = 2048;
const SECTORS = CD_BLOCK / SECTOR_SIZE;
const BUFFER_BLOCKS = BUFFER_SIZE / CD_BLOCK;
const PACKET_SIZE = 12;
/** Blocks that one stretch of a command moves before the processor gets its turn. */
const STRETCH = 1024;
const MOST_ATTENTIONS = 4;
const REQUEST_SENSE = 0x03;

const FEATURE_DMA = 0x01;
const FEATURE_OVERLAP = 0x02;
const FEATURE_TRANSFER_MODE = 0x03;

/** What the interface's data phase is about. */
const STAGE_NONE = 0;
const STAGE_PACKET = 1;
const STAGE_EXECUTE = 2;
/** Bytes of the buffer go to the host; blocks that are still on the medium follow. */
const STAGE_IN = 3;
const STAGE_OUT = 4;
/** IDENTIFY PACKET DEVICE: not a packet command. */
const STAGE_IDENTIFY = 5;

const EVENT_NONE = 0;
const EVENT_EJECT_REQUEST = 1;
const EVENT_NEW_MEDIUM = 2;
const EVENT_REMOVAL = 3;

const SHAPE = {
  interface: record(INTERFACE_SHAPE),
  ...TRANSFER_SHAPE,
  stage: integer(STAGE_NONE, STAGE_IDENTIFY),
  dma: flag(),
  packet: bytes(PACKET_SIZE),
  /** Bytes that the host takes at once by PIO. */
  limit: integer(2, 0xfffe, 0xfffe),
  /** Bytes in the buffer, and how many of them have been offered. */
  filled: integer(0, BUFFER_SIZE),
  offered: integer(0, BUFFER_SIZE),
  /** The next block on the medium, and how many are to be sent. */
  lba: uint(32),
  blocks: uint(32),
  senseKey: uint(4),
  asc: uint(8),
  ascq: uint(8),
  /** Unit attentions that are pending: ASC and ASCQ. */
  attentions: queue(MOST_ATTENTIONS, 16),
  event: integer(EVENT_NONE, EVENT_REMOVAL),
  locked: flag(),
  trayOpen: flag(),
};

export interface AtapiCdromOptions {
  /** What is in the drive at first; null for an empty tray. */
  readonly medium: BlockDevice | null;
  readonly clock: AlarmSource;
  readonly serial?: string;
  /** On a Serial ATA link. */
  readonly serialAta?: boolean;
  /** Told when the guest opens or closes the tray. */
  readonly trayMoved?: (open: boolean) => void;
}

export class AtapiCdrom implements Chip, CommandSet, MmcUnit {
  readonly regions = [];
  readonly packet = true;
  readonly signature = [1, 0x14, 0xeb] as const;
  readonly names = { vendor: 'DOPPEL', product: 'CD-ROM', revision: '1.0' };
  readonly interface: AtaInterface;
  #medium: BlockDevice | null;
  readonly #identity: DiskIdentity;
  readonly #serialAta: boolean;
  readonly #trayMoved: ((open: boolean) => void) | undefined;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: AtapiCdromOptions) {
    this.#medium = options.medium;
    this.#trayMoved = options.trayMoved;
    this.#serialAta = options.serialAta ?? false;
    this.#identity = { serial: options.serial ?? 'DP00003', firmware: '1.0', model: 'Doppel CD-ROM' };
    this.interface = new AtaInterface(this, options.clock);
    this.reset();
  }

  reset(): void {
    this.interface.cancel();
    resetState(SHAPE, this.#state, ['trayOpen']);
    this.interface.restored(this.#state.interface);
    this.interface.softReset();
    this.#attend(S.POWER_ON);
  }

  softReset(): void {
    this.#state.stage = STAGE_NONE;
    this.#state.locked = false;
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(saved: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, saved);
    this.interface.restored(this.#state.interface);
  }

  // ---- the user's hands ----

  /** What is in the drive, or on its open tray. */
  get medium(): BlockDevice | null {
    return this.#medium;
  }
  get trayOpen(): boolean {
    return this.#state.trayOpen;
  }

  /** The guest keeps the medium in. */
  get locked(): boolean {
    return this.#state.locked;
  }

  /** Puts a medium in, in place of the one that may be there, and closes the tray. */
  insert(medium: BlockDevice): void {
    this.#medium = medium;
    this.#state.trayOpen = false;
    this.#mediumArrived();
  }

  /** Takes the medium out; false where the guest has locked the drive: it is asked then, unless `force`. */
  eject(force = false): boolean {
    const s = this.#state;
    if (s.locked && !force) {
      s.event = EVENT_EJECT_REQUEST;
      return false;
    }
    if (this.#medium !== null) s.event = EVENT_REMOVAL;
    this.#medium = null;
    s.trayOpen = false;
    return true;
  }

  // ---- ATA commands ----

  execute(command: number): void {
    const s = this.#state;
    switch (command) {
      case 0x08: // DEVICE RESET: no interrupt
        this.interface.softReset();
        break;
      case 0xa0:
        this.#startPacket();
        break;
      case 0xa1: // IDENTIFY PACKET DEVICE
        s.interface.buffer.set(
          identifyPacketDevice(this.#identity, transferModes(s.transferMode), this.#serialAta),
        );
        s.stage = STAGE_IDENTIFY;
        this.interface.offer(0, 512, false);
        break;
      case 0xe0: // STANDBY IMMEDIATE
      case 0xe1: // IDLE IMMEDIATE
        this.interface.complete();
        break;
      case 0xe5: // CHECK POWER MODE
        s.interface.count = 0xff;
        this.interface.complete();
        break;
      case 0xe6: // SLEEP
        this.interface.complete();
        s.interface.phase = PHASE_ASLEEP;
        break;
      case 0xef:
        this.#setFeatures();
        break;
      case 0x20: // READ SECTOR(S) and IDENTIFY DEVICE: says what it is instead
      case 0xec:
        this.interface.showSignature();
        this.interface.fail(R.ERROR_ABRT);
        break;
      default:
        this.interface.fail(R.ERROR_ABRT);
    }
  }

  #setFeatures(): void {
    const s = this.#state;
    const feature = s.interface.features & 0xff;
    const mode = parseTransferMode(s.interface.count & 0xff, s.transferMode);
    if (feature === FEATURE_TRANSFER_MODE && mode !== undefined) {
      s.transferMode = mode;
      this.interface.complete();
    } else if (feature === 0x66 || feature === 0xcc) this.interface.complete();
    else this.interface.fail(R.ERROR_ABRT);
  }

  #startPacket(): void {
    const s = this.#state;
    const r = s.interface;
    if ((r.features & FEATURE_OVERLAP) !== 0) {
      this.interface.fail(R.ERROR_ABRT);
      return;
    }
    const limit = (((r.high & 0xff) << 8) | (r.mid & 0xff)) & 0xfffe;
    s.limit = limit === 0 ? 0xfffe : limit;
    s.dma = (r.features & FEATURE_DMA) !== 0;
    s.stage = STAGE_PACKET;
    r.count = R.REASON_COMMAND;
    this.interface.ask(0, PACKET_SIZE, false, false);
  }

  blockDone(): void {
    const s = this.#state;
    switch (s.stage) {
      case STAGE_PACKET:
        s.packet.set(s.interface.buffer.subarray(0, PACKET_SIZE));
        s.stage = STAGE_EXECUTE;
        this.interface.schedule();
        break;
      case STAGE_IN:
        if (s.offered < s.filled) this.#offerSlice();
        else if (s.blocks > 0) this.#nextBlocks();
        else this.good();
        break;
      case STAGE_OUT:
        this.good();
        break;
      default:
        this.interface.cancel();
        s.interface.status = R.STATUS_DRDY | R.STATUS_DSC;
    }
  }

  step(): void {
    if (this.#state.stage === STAGE_IN) this.#fill();
    else this.#runPacket();
  }

  #runPacket(): void {
    const s = this.#state;
    if (s.packet[0] !== REQUEST_SENSE) s.senseKey = s.asc = s.ascq = 0;
    const command = MMC_COMMANDS.get(s.packet[0]!);
    if (command === undefined) {
      this.fail(S.INVALID_COMMAND);
      return;
    }
    if (command.ignoresAttention !== true) {
      const attention = s.attentions.shift();
      if (attention !== undefined) {
        this.fail({ key: S.KEY_UNIT_ATTENTION, asc: attention >> 8, ascq: attention & 0xff });
        return;
      }
    }
    if (command.needsMedium === true && !this.condition.medium) {
      this.fail(s.trayOpen ? S.NO_MEDIUM_TRAY_OPEN : S.NO_MEDIUM_TRAY_CLOSED);
      return;
    }
    command.run(this, s.packet);
  }

  // ---- MmcUnit ----

  get condition(): DriveCondition {
    const { trayOpen, locked } = this.#state;
    const medium = trayOpen ? null : this.#medium;
    const blocks = medium === null ? 0 : Math.floor(medium.sectors / SECTORS);
    return { medium: medium !== null && blocks > 0, trayOpen, locked, blocks };
  }

  get position(): number {
    return this.#state.lba;
  }

  reply(data: Uint8Array, allocation: number): void {
    const s = this.#state;
    const length = Math.min(data.length, allocation);
    if (length === 0) {
      this.good();
      return;
    }
    s.interface.buffer.set(data.subarray(0, length));
    s.filled = length;
    s.offered = 0;
    s.blocks = 0;
    s.stage = STAGE_IN;
    this.#offerSlice();
  }

  read(lba: number, count: number): void {
    const s = this.#state;
    s.lba = lba;
    s.blocks = count;
    s.stage = STAGE_IN;
    this.#fill();
  }

  receive(length: number): void {
    const s = this.#state;
    if (length === 0) {
      this.good();
      return;
    }
    s.stage = STAGE_OUT;
    const bytes = s.dma ? length : Math.min(length, s.limit);
    s.interface.count = 0;
    this.#showByteCount(bytes);
    this.interface.ask(0, Math.min(bytes, BUFFER_SIZE), s.dma, true);
  }

  good(): void {
    const s = this.#state;
    s.stage = STAGE_NONE;
    s.interface.count = R.REASON_COMMAND | R.REASON_TO_HOST;
    this.interface.complete();
  }

  fail(sense: S.Sense): void {
    const s = this.#state;
    s.stage = STAGE_NONE;
    s.senseKey = sense.key;
    s.asc = sense.asc;
    s.ascq = sense.ascq;
    s.interface.count = R.REASON_COMMAND | R.REASON_TO_HOST;
    this.interface.fail((sense.key << 4) | R.ERROR_ABRT);
  }

  takeSense(): S.Sense {
    const s = this.#state;
    const attention = s.senseKey === 0 ? s.attentions.shift() : undefined;
    if (attention !== undefined) {
      return { key: S.KEY_UNIT_ATTENTION, asc: attention >> 8, ascq: attention & 0xff };
    }
    const sense = { key: s.senseKey, asc: s.asc, ascq: s.ascq };
    s.senseKey = 0;
    s.asc = 0;
    s.ascq = 0;
    return sense;
  }

  takeEvent(): number {
    const { event } = this.#state;
    this.#state.event = EVENT_NONE;
    return event;
  }

  setLock(locked: boolean): void {
    this.#state.locked = locked;
  }

  moveTray(open: boolean): void {
    const s = this.#state;
    if (s.trayOpen === open) return;
    s.trayOpen = open;
    // The guest knows of what it loads itself; Linux would refuse to read after a unit attention.
    if (this.#medium !== null) s.event = open ? EVENT_REMOVAL : EVENT_NEW_MEDIUM;
    this.#trayMoved?.(open);
  }

  // ---- data to the host ----

  /** Reads the next blocks into the buffer, and offers them. */
  #fill(): void {
    const s = this.#state;
    const medium = s.trayOpen ? null : this.#medium;
    if (medium === null) {
      this.fail(s.trayOpen ? S.NO_MEDIUM_TRAY_OPEN : S.NO_MEDIUM_TRAY_CLOSED);
      return;
    }
    const count = Math.min(BUFFER_BLOCKS, s.blocks);
    const bytes = count * CD_BLOCK;
    medium.read(
      s.lba * CD_BLOCK,
      s.interface.buffer.subarray(0, bytes),
      this.interface.whileCurrent((error) => {
        if (error !== null) {
          this.fail(error === 'out-of-range' ? S.ADDRESS_OUT_OF_RANGE : S.UNRECOVERED_READ_ERROR);
          return;
        }
        s.lba = (s.lba + count) >>> 0;
        s.blocks -= count;
        s.filled = bytes;
        s.offered = 0;
        this.#offerSlice();
      }),
    );
  }

  #nextBlocks(): void {
    const { blocks } = this.#state;
    const pauses = blocks >= BUFFER_BLOCKS && blocks % STRETCH < BUFFER_BLOCKS;
    if (pauses) this.interface.schedule();
    else this.interface.continueNow();
  }

  #offerSlice(): void {
    const s = this.#state;
    const start = s.offered;
    const rest = s.filled - start;
    let count = s.dma ? rest : Math.min(rest, s.limit);
    if (count < rest && count >= CD_BLOCK) count -= count % CD_BLOCK;
    s.offered = start + count;
    s.interface.count = R.REASON_TO_HOST;
    this.#showByteCount(count);
    this.interface.offer(start, start + count, s.dma);
  }

  #showByteCount(count: number): void {
    this.#state.interface.mid = count & 0xff;
    this.#state.interface.high = (count >> 8) & 0xff;
  }

  #mediumArrived(): void {
    this.#state.event = EVENT_NEW_MEDIUM;
    this.#attend(S.MEDIUM_CHANGED);
  }

  #attend(sense: S.Sense): void {
    const { attentions } = this.#state;
    const code = (sense.asc << 8) | sense.ascq;
    if (!attentions.includes(code) && attentions.length < MOST_ATTENTIONS) attentions.push(code);
  }
}
