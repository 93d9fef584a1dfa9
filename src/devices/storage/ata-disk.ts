// An ATA disk: the general feature set with CHS, LBA28 and LBA48, PIO and DMA, power management, write
// cache, FUA and TRIM (ATA/ATAPI-7 volume 1, clause 6; CHS commands from ATA/ATAPI-5; DATA SET MANAGEMENT
// from ACS-2). It is the command set behind an AtaInterface.
//
// Errors: an address beyond the end is IDNF before anything is moved; a host that cannot read is UNC; one
// that cannot write is a device fault (DF and ABRT), a write-protected image WP. The registers then show
// the first sector of the block that failed. What is not listed in ata-disk-commands.ts is aborted: SMART, security,
// host protected area, queued, streaming and overlapped commands, AAM, APM.
//
// With the write cache switched off, and for FUA commands, a write is flushed before it is complete.
// The standby timer has no effect: a disk that does not turn wakes in no time.
import type { BlockDevice, BlockError } from '../../backend/block/block-device.ts';
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import type { AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, integer, moment, record, resetState, restoreState, saveState } from '../chip.ts';
import { DISK_COMMANDS, FLUSH, type MediaCommand, READ, TRIM, VERIFY, WRITE } from './ata-disk-commands.ts';
import { addressOf, defaultGeometry, type Geometry, geometryWith, showAddress } from './ata-geometry.ts';
import type { DiskIdentity } from './ata-identify.ts';
import { identifyDisk } from './ata-identify.ts';
import type { CommandSet } from './ata-interface.ts';
import { AtaInterface, BUFFER_SIZE, INTERFACE_SHAPE, PHASE_ASLEEP } from './ata-interface.ts';
import * as R from './ata-registers.ts';
import { parseTransferMode, TRANSFER_SHAPE, transferModes } from './transfer-mode.ts';

const NAME = 'ata-disk';
const VERSION = 1;
/** Sectors of the largest block of READ MULTIPLE. */
const MOST_MULTIPLE = 16;
/** Sectors of a DMA block: the buffer. */
const DMA_BLOCK = BUFFER_SIZE / SECTOR_SIZE;
/** Sectors that one stretch of a command moves before the processor gets its turn. */
const STRETCH = 4096;

const SHAPE = {
  interface: record(INTERFACE_SHAPE),
  ...TRANSFER_SHAPE,
  heads: integer(1, 16, 16),
  sectorsPerTrack: integer(1, 255, 63),
  /** Sectors of a block of READ MULTIPLE, 0 before SET MULTIPLE MODE. */
  multiple: integer(0, MOST_MULTIPLE),
  writeCache: flag(true),
  lookAhead: flag(true),
  standby: flag(),
  // the media command under way
  operation: integer(READ, FLUSH),
  dma: flag(),
  extended: flag(),
  forceUnit: flag(),
  /** Sectors of a block of PIO. */
  block: integer(1, MOST_MULTIPLE, 1),
  lba: moment(),
  /** Sectors that are not moved yet. */
  remaining: integer(0, 65_536),
  /** Sectors of the block that is in the buffer, or asked for. */
  pending: integer(0, DMA_BLOCK),
};

export interface AtaDiskOptions {
  readonly medium: BlockDevice;
  readonly clock: AlarmSource;
  /** What IDENTIFY DEVICE tells: up to 20, 8 and 40 characters. */
  readonly identity?: Partial<DiskIdentity>;
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
  readonly #medium: BlockDevice;
  readonly #identity: DiskIdentity;
  readonly #geometry: Geometry;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: AtaDiskOptions) {
    this.#medium = options.medium;
    this.#identity = { ...IDENTITY, ...options.identity };
    this.#geometry = defaultGeometry(options.medium.sectors);
    this.interface = new AtaInterface(this, options.clock);
    this.reset();
  }

  reset(): void {
    this.interface.cancel();
    resetState(SHAPE, this.#state);
    this.interface.restored(this.#state.interface);
    this.interface.softReset();
  }

  softReset(): void {
    this.#state.standby = false;
    this.#state.multiple = 0;
    this.#setGeometry(this.#geometry);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(saved: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, saved);
    this.interface.restored(this.#state.interface);
  }

  // ---- commands ----

  execute(command: number): void {
    const row = DISK_COMMANDS.get(command);
    if (row === undefined) this.interface.fail(R.ERROR_ABRT);
    else row(this);
  }

  /** READ, WRITE and VERIFY commands: what the registers address, checked. */
  startMedia(media: MediaCommand): void {
    const s = this.#state;
    const r = s.interface;
    if (media.multiple === true && s.multiple === 0) {
      this.interface.fail(R.ERROR_ABRT);
      return;
    }
    s.operation = media.operation;
    s.dma = media.dma ?? false;
    s.extended = media.extended ?? false;
    s.forceUnit = media.forceUnit ?? false;
    s.block = media.multiple === true ? s.multiple : 1;
    s.standby = false;
    const count = s.extended ? r.count : r.count & 0xff;
    s.remaining = count === 0 ? (s.extended ? 65_536 : 256) : count;
    const lba = addressOf(r, this.#current, s.extended);
    if (lba === undefined || lba + s.remaining > this.#medium.sectors) {
      const first = lba === undefined ? undefined : Math.max(lba, this.#medium.sectors);
      if (first !== undefined) showAddress(r, this.#current, s.extended, first);
      this.interface.fail(R.ERROR_IDNF);
      return;
    }
    s.lba = lba;
    if (s.operation === WRITE) this.#askForBlock(false);
    else this.interface.schedule();
  }

  startFlush(): void {
    this.#state.operation = FLUSH;
    this.interface.schedule();
  }

  startTrim(): void {
    const s = this.#state;
    const blocks = s.interface.count;
    if ((s.interface.features & 1) === 0 || blocks === 0 || blocks > 8) {
      this.interface.fail(R.ERROR_ABRT);
      return;
    }
    s.operation = TRIM;
    s.dma = true;
    s.pending = blocks;
    this.interface.ask(0, blocks * SECTOR_SIZE, true, false);
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
      }),
    );
    this.#offerBuffer();
  }

  readBuffer(): void {
    this.#offerBuffer();
  }

  writeBuffer(): void {
    this.#state.operation = WRITE;
    this.#state.remaining = 0;
    this.#state.pending = 0;
    this.interface.ask(0, SECTOR_SIZE, false, false);
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
        this.startFlush();
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

  // ---- the medium ----

  step(): void {
    const s = this.#state;
    switch (s.operation) {
      case READ:
        this.#readBlock();
        break;
      case WRITE:
        if (s.pending > 0) this.#writeBlock();
        else this.#askForBlock(true);
        break;
      case VERIFY:
        this.#verifyBlock();
        break;
      case TRIM:
        this.#trim();
        break;
      default:
        this.#flush();
    }
  }

  blockDone(): void {
    const s = this.#state;
    if (s.operation === READ) {
      this.#advance();
      if (s.remaining > 0) this.#goOn();
      else if (s.dma) this.interface.complete();
      else this.#endOfDataIn();
    } else if (s.pending > 0) {
      this.interface.continueNow();
    } else {
      this.interface.complete(); // WRITE BUFFER
    }
  }

  #offerBuffer(): void {
    this.#state.operation = READ;
    this.#state.dma = false;
    this.#state.remaining = 0;
    this.#state.pending = 0;
    this.interface.offer(0, SECTOR_SIZE, false);
  }

  /** Data in by PIO ends without a further interrupt. */
  #endOfDataIn(): void {
    this.interface.cancel();
    this.#state.interface.status = R.STATUS_DRDY | R.STATUS_DSC;
  }

  #readBlock(): void {
    const s = this.#state;
    s.pending = this.#nextBlock();
    const { buffer } = s.interface;
    const bytes = s.pending * SECTOR_SIZE;
    this.#medium.read(
      s.lba * SECTOR_SIZE,
      buffer.subarray(0, bytes),
      this.interface.whileCurrent((error) => {
        if (error === null) this.interface.offer(0, bytes, s.dma);
        else this.#failAt(error, R.ERROR_UNC);
      }),
    );
  }

  #askForBlock(interrupt: boolean): void {
    const s = this.#state;
    s.pending = this.#nextBlock();
    this.interface.ask(0, s.pending * SECTOR_SIZE, s.dma, interrupt);
  }

  #writeBlock(): void {
    const s = this.#state;
    const source = s.interface.buffer.subarray(0, s.pending * SECTOR_SIZE);
    this.#medium.write(
      s.lba * SECTOR_SIZE,
      source,
      this.interface.whileCurrent((error) => {
        if (error !== null) {
          this.#failWrite(error);
          return;
        }
        this.#advance();
        s.pending = 0;
        if (s.remaining > 0) this.#goOn();
        else if (s.forceUnit || !s.writeCache) this.startFlush();
        else this.interface.complete();
      }),
    );
  }

  #verifyBlock(): void {
    const s = this.#state;
    s.pending = Math.min(DMA_BLOCK, s.remaining);
    this.#medium.read(
      s.lba * SECTOR_SIZE,
      s.interface.buffer.subarray(0, s.pending * SECTOR_SIZE),
      this.interface.whileCurrent((error) => {
        if (error !== null) {
          this.#failAt(error, R.ERROR_UNC);
          return;
        }
        this.#advance();
        if (s.remaining > 0) this.#goOn();
        else this.interface.complete();
      }),
    );
  }

  #flush(): void {
    this.#medium.flush(
      this.interface.whileCurrent((error) => {
        if (error === null) this.interface.complete();
        else this.interface.fail(R.ERROR_ABRT, R.STATUS_DF);
      }),
    );
  }

  /** A list of ranges: 48 bits of LBA, 16 bits of count (0: no range). */
  #trim(): void {
    const { buffer } = this.#state.interface;
    const entries = (this.#state.pending * SECTOR_SIZE) / 8;
    const view = new DataView(buffer.buffer, buffer.byteOffset);
    for (let entry = 0; entry < entries; entry++) {
      const lba = view.getUint32(8 * entry, true) + view.getUint16(8 * entry + 4, true) * 2 ** 32;
      const count = view.getUint16(8 * entry + 6, true);
      if (count === 0) continue;
      if (lba + count > this.#medium.sectors) {
        this.interface.fail(R.ERROR_IDNF);
        return;
      }
      // Discarding is a hint: a host that cannot do it has done nothing wrong.
      this.#medium.discard(lba * SECTOR_SIZE, count * SECTOR_SIZE, () => {});
    }
    this.interface.complete();
  }

  #nextBlock(): number {
    const s = this.#state;
    return Math.min(s.dma ? DMA_BLOCK : s.block, s.remaining);
  }

  /** The pending block is done: the registers show how far the command has come. */
  #advance(): void {
    const s = this.#state;
    const done = Math.min(s.pending, s.remaining);
    if (done === 0) return;
    s.lba += done;
    s.remaining -= done;
    s.interface.count = s.remaining;
    showAddress(s.interface, this.#current, s.extended, s.lba - 1);
  }

  /** The next block, at once, or after a pause where the command has taken long. */
  #goOn(): void {
    if (this.#state.remaining % STRETCH === 0) this.interface.schedule();
    else this.interface.continueNow();
  }

  #failWrite(error: BlockError): void {
    if (error === 'read-only') this.#failAt(error, R.ERROR_WP | R.ERROR_ABRT);
    else this.#failAt(error, R.ERROR_ABRT, R.STATUS_DF);
  }

  #failAt(error: BlockError, bits: number, status = 0): void {
    const s = this.#state;
    s.interface.count = s.remaining;
    showAddress(s.interface, this.#current, s.extended, s.lba);
    this.interface.fail(error === 'out-of-range' ? R.ERROR_IDNF : bits, status);
  }

  #end(well: boolean): void {
    if (well) this.interface.complete();
    else this.interface.fail(R.ERROR_ABRT);
  }

  get #current(): Geometry {
    return geometryWith(this.#medium.sectors, this.#state.heads, this.#state.sectorsPerTrack);
  }

  #setGeometry(geometry: Geometry): void {
    this.#state.heads = geometry.heads;
    this.#state.sectorsPerTrack = geometry.sectors;
  }
}
