// An ATA disk: the general feature set with CHS, LBA28 and LBA48, PIO and DMA, power management, write
// cache, FUA and TRIM (ATA/ATAPI-7 volume 1, clause 6; CHS commands from ATA/ATAPI-5; DATA SET MANAGEMENT
// from ACS-2). It is the command set behind an AtaInterface.
//
// Commands that move data, and their errors, are ata-disk-transfer.ts. What is not listed in ata-disk-commands.ts is
// aborted: security, host protected area, streaming and overlapped commands, AAM, APM. SMART is ata-smart.ts; a disk on a
// serial interface takes queued commands (ata-queue.ts).
//
// The standby timer has no effect: a disk that does not turn wakes in no time.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import type { AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip } from '../chip.ts';
import { initialState, resetState, restoreState, saveState } from '../chip.ts';
import { DISK_COMMANDS } from './ata-disk-commands.ts';
import { ATA_DISK_SHAPE, type AtaDiskState, currentGeometry, MOST_MULTIPLE } from './ata-disk-state.ts';
import { AtaDiskTransfer } from './ata-disk-transfer.ts';
import { addressOf, defaultGeometry, type Geometry, geometryWith, showAddress } from './ata-geometry.ts';
import type { DiskIdentity } from './ata-identify.ts';
import { identifyDisk } from './ata-identify.ts';
import type { CommandSet } from './ata-interface.ts';
import { AtaInterface, PHASE_ASLEEP } from './ata-interface.ts';
import { AtaQueue, QUEUE_DEPTH } from './ata-queue.ts';
import * as R from './ata-registers.ts';
import { AtaSmart } from './ata-smart.ts';
import { AtaSmartLog } from './ata-smart-log.ts';
import { parseTransferMode, transferModes } from './transfer-mode.ts';

const NAME = 'ata-disk';
const VERSION = 3;

export interface AtaDiskOptions {
  readonly medium: BlockDevice;
  readonly clock: AlarmSource;
  /** What IDENTIFY DEVICE tells: up to 20, 8 and 40 characters. */
  readonly identity?: Partial<DiskIdentity>;
  /** On a Serial ATA link, with native command queuing. */
  readonly serialAta?: boolean;
}

const IDENTITY: DiskIdentity = { serial: 'DP00001', firmware: '1.0', model: 'Doppel disk' };

/** Constants of SET FEATURES. */
const FEATURE_WRITE_CACHE_ON = 0x02;
const FEATURE_TRANSFER_MODE = 0x03;
const FEATURE_LOOK_AHEAD_OFF = 0x55;
const FEATURE_KEEP_SETTINGS = 0x66;
const FEATURE_WRITE_CACHE_OFF = 0x82;
const FEATURE_LOOK_AHEAD_ON = 0xaa;
const FEATURE_DEFAULT_SETTINGS = 0xcc;

export class AtaDisk implements Chip, CommandSet {
  readonly regions = [];
  readonly packet = false;
  readonly signature = [1, 0, 0] as const;
  readonly interface: AtaInterface;
  /** For the commands that move data. */
  readonly transfer: AtaDiskTransfer;
  readonly queue: AtaQueue | undefined;
  readonly smart: AtaSmart;
  readonly #log: AtaSmartLog;
  readonly #medium: BlockDevice;
  readonly #identity: DiskIdentity;
  readonly #geometry: Geometry;
  readonly #state: AtaDiskState = initialState(ATA_DISK_SHAPE);

  constructor(options: AtaDiskOptions) {
    this.#medium = options.medium;
    this.#identity = { ...IDENTITY, ...options.identity };
    this.#geometry = defaultGeometry(options.medium.sectors);
    this.interface = new AtaInterface(this, options.clock);
    this.#log = new AtaSmartLog(options.clock);
    this.transfer = new AtaDiskTransfer(this.#state, options.medium, this.interface, this.#log);
    this.queue =
      options.serialAta === true ? new AtaQueue(this.transfer, this.interface, this.#log) : undefined;
    this.smart = new AtaSmart(this.#log, this.transfer, this.interface);
    this.reset();
  }

  reset(): void {
    this.interface.cancel();
    resetState(ATA_DISK_SHAPE, this.#state, ['smart']); // what SMART knows outlives the power
    this.#connectState();
    this.interface.softReset();
  }

  softReset(): void {
    this.#state.standby = false;
    this.#state.multiple = 0;
    this.#setGeometry(this.#geometry);
    this.queue?.clear();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, ATA_DISK_SHAPE, this.#state);
  }

  restore(saved: StateRecord): void {
    restoreState(NAME, VERSION, ATA_DISK_SHAPE, this.#state, saved);
    this.#connectState();
  }

  /** Gives its parts their shares of a state that is new. */
  #connectState(): void {
    this.interface.restored(this.#state.interface);
    if (this.queue) this.queue.state = this.#state.queue;
    this.smart.state = this.#state.smart;
    this.#log.state = this.#state.smart.log;
  }

  // ---- commands ----

  execute(command: number): void {
    const row = DISK_COMMANDS.get(command);
    this.#log.note(command, this.#state.interface);
    if (row === undefined) this.interface.fail(R.ERROR_ABRT);
    else row(this);
  }

  identify(): void {
    const s = this.#state;
    s.interface.buffer.set(
      identifyDisk({
        ...this.#identity,
        sectors: this.#medium.sectors,
        geometry: this.#geometry,
        current: this.#current,
        mostMultiple: MOST_MULTIPLE,
        multiple: s.multiple,
        modes: transferModes(s.transferMode),
        writeCache: s.writeCache,
        lookAhead: s.lookAhead,
        queueDepth: this.queue ? QUEUE_DEPTH : 0,
        smart: this.smart.enabled,
      }),
    );
    this.transfer.offerBuffer();
  }

  readBuffer(): void {
    this.transfer.offerBuffer();
  }

  /** READ LOG EXT, one page of the logs that there are. */
  readLog(): void {
    const r = this.#state.interface;
    const page = this.queue?.readLog(r.low & 0xff, r.mid);
    if (page === undefined || r.count !== 1) this.interface.fail(R.ERROR_ABRT);
    else this.transfer.offerLog(page);
  }

  setMultiple(): void {
    const count = this.#state.interface.count & 0xff;
    const fits = count <= MOST_MULTIPLE && (count & (count - 1)) === 0;
    if (fits) this.#state.multiple = count;
    this.#end(fits);
  }

  initializeParameters(): void {
    const r = this.#state.interface;
    const sectors = r.count & 0xff;
    if (sectors === 0) {
      this.interface.fail(R.ERROR_ABRT);
      return;
    }
    this.#setGeometry(geometryWith(this.#medium.sectors, (r.device & 15) + 1, sectors));
    this.interface.complete();
  }

  setFeatures(): void {
    const s = this.#state;
    switch (s.interface.features & 0xff) {
      case FEATURE_WRITE_CACHE_ON:
        s.writeCache = true;
        break;
      case FEATURE_WRITE_CACHE_OFF:
        // What the cache holds has to be on the medium before it is off.
        s.writeCache = false;
        this.transfer.startFlush();
        return;
      case FEATURE_TRANSFER_MODE: {
        const mode = parseTransferMode(s.interface.count & 0xff, s.transferMode);
        if (mode === undefined) {
          this.interface.fail(R.ERROR_ABRT);
          return;
        }
        s.transferMode = mode;
        break;
      }
      case FEATURE_LOOK_AHEAD_OFF:
        s.lookAhead = false;
        break;
      case FEATURE_LOOK_AHEAD_ON:
        s.lookAhead = true;
        break;
      case FEATURE_KEEP_SETTINGS:
      case FEATURE_DEFAULT_SETTINGS:
        break;
      default:
        this.interface.fail(R.ERROR_ABRT);
        return;
    }
    this.interface.complete();
  }

  readNativeMax(extended: boolean): void {
    const s = this.#state;
    const last = this.#medium.sectors - 1;
    s.interface.device |= R.DEVICE_LBA;
    showAddress(s.interface, this.#current, extended, extended ? last : Math.min(last, 0x0fff_ffff));
    this.interface.complete();
  }

  seek(): void {
    const lba = addressOf(this.#state.interface, this.#current, false);
    if (lba !== undefined && lba < this.#medium.sectors) this.interface.complete();
    else this.interface.fail(R.ERROR_IDNF);
  }

  setStandby(standby: boolean): void {
    this.#state.standby = standby;
    this.interface.complete();
  }

  checkPowerMode(): void {
    this.#state.interface.count = this.#state.standby ? 0x00 : 0xff;
    this.interface.complete();
  }

  sleep(): void {
    this.interface.complete();
    this.#state.interface.phase = PHASE_ASLEEP;
  }

  step(): void {
    this.transfer.step();
  }

  blockDone(): void {
    this.transfer.blockDone();
  }

  #end(well: boolean): void {
    if (well) this.interface.complete();
    else this.interface.fail(R.ERROR_ABRT);
  }

  get #current(): Geometry {
    return currentGeometry(this.#state, this.#medium.sectors);
  }

  #setGeometry(geometry: Geometry): void {
    this.#state.heads = geometry.heads;
    this.#state.sectorsPerTrack = geometry.sectors;
  }
}
