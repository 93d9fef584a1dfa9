// The media commands of an ATA disk (ATA/ATAPI-7 volume 1, clause 6; DATA SET MANAGEMENT from ACS-2): reading, writing,
// verifying, flushing and trimming, block by block; and the sector buffer, which moves in the same way.
//
//   read:   start --> step: medium --> buffer --> PIO or DMA --> blockDone --> the next step, or the end
//   write:  start --> PIO or DMA --> buffer --> blockDone --> step: medium --> the next block, flush, or the end
//
// A block is one sector by PIO, as many as SET MULTIPLE MODE said for the MULTIPLE commands, the whole buffer by DMA.
//
// Errors: an address beyond the end is IDNF before anything is moved; a host that cannot read is UNC; one
// that cannot write is a device fault (DF and ABRT), a write-protected image WP. The registers then show
// the first sector of the block that failed.
//
// With the write cache switched off, and for FUA commands, a write is flushed before it is complete.
import type { BlockDevice, BlockError } from '../../backend/block/block-device.ts';
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import {
  type AtaDiskState,
  currentGeometry,
  DMA_BLOCK,
  FLUSH,
  type MediaCommand,
  READ,
  TRIM,
  VERIFY,
  WRITE,
} from './ata-disk-state.ts';
import { addressOf, type Geometry, showAddress } from './ata-geometry.ts';
import type { AtaInterface } from './ata-interface.ts';
import type { QueuedCommand } from './ata-queue.ts';
import * as R from './ata-registers.ts';
import type { AtaSmartLog } from './ata-smart-log.ts';

/** Sectors that one stretch of a command moves before the processor gets its turn. */
const STRETCH = 4096;
/** Sectors of a read that goes to the guest's memory at once. */
const IN_PLACE = 2048;

export class AtaDiskTransfer {
  readonly #state: AtaDiskState;
  readonly #medium: BlockDevice;
  readonly #interface: AtaInterface;
  readonly #log: AtaSmartLog;

  constructor(state: AtaDiskState, medium: BlockDevice, ataInterface: AtaInterface, log: AtaSmartLog) {
    this.#state = state;
    this.#medium = medium;
    this.#interface = ataInterface;
    this.#log = log;
  }

  /** READ, WRITE and VERIFY commands: what the registers address, checked. */
  startMedia(media: MediaCommand): void {
    const s = this.#state;
    const r = s.interface;
    if (media.multiple === true && s.multiple === 0) {
      this.#interface.fail(R.ERROR_ABRT);
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
      this.#interface.fail(R.ERROR_IDNF);
      return;
    }
    s.lba = lba;
    if (s.operation === WRITE) this.#askForBlock(false);
    else this.#interface.schedule();
  }

  /** A queued command: what it asks for, checked; the data is moved when the time has come. */
  startQueued(command: QueuedCommand): void {
    const s = this.#state;
    s.operation = command.write ? WRITE : READ;
    s.dma = true;
    s.extended = true;
    s.forceUnit = command.forceUnit;
    s.block = 1;
    s.standby = false;
    s.pending = 0;
    s.lba = command.lba;
    s.remaining = command.count;
    s.interface.error = 0;
    s.interface.device |= R.DEVICE_LBA;
    if (command.lba + command.count <= this.#medium.sectors) this.#interface.schedule();
    else {
      showAddress(s.interface, this.#current, true, Math.max(command.lba, this.#medium.sectors));
      this.#interface.fail(R.ERROR_IDNF);
    }
  }

  /** READ LOG EXT and SMART: 512 bytes at a time. */
  offerLog(page: Uint8Array): void {
    this.#state.interface.buffer.set(page);
    this.offerBuffer();
  }

  /** FLUSH CACHE, and the end of a write that is not to stay in the cache. */
  startFlush(): void {
    this.#state.operation = FLUSH;
    this.#interface.schedule();
  }

  /** DATA SET MANAGEMENT with its TRIM bit; the list of ranges comes first. */
  startTrim(): void {
    const s = this.#state;
    const blocks = s.interface.count;
    if ((s.interface.features & 1) === 0 || blocks === 0 || blocks > 8) {
      this.#interface.fail(R.ERROR_ABRT);
      return;
    }
    s.operation = TRIM;
    s.dma = true;
    s.pending = blocks;
    this.#interface.ask(0, blocks * SECTOR_SIZE, true, false);
  }

  /** WRITE BUFFER. */
  writeBuffer(): void {
    this.#state.operation = WRITE;
    this.#state.remaining = 0;
    this.#state.pending = 0;
    this.#interface.ask(0, SECTOR_SIZE, false, false);
  }

  /** The step that the interface was asked for (CommandSet.step). */
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

  /** A block has been moved (CommandSet.blockDone). */
  blockDone(): void {
    const s = this.#state;
    if (s.operation === READ) {
      const moved = this.#advance();
      if (s.remaining > 0) this.#goOn(moved);
      else if (s.dma) this.#interface.complete();
      else this.#endOfDataIn();
    } else if (s.pending > 0) {
      this.#interface.continueNow();
    } else {
      this.#interface.complete(); // WRITE BUFFER
    }
  }

  /** Data in of one sector, which is in the buffer already. */
  offerBuffer(): void {
    this.#state.operation = READ;
    this.#state.dma = false;
    this.#state.remaining = 0;
    this.#state.pending = 0;
    this.#interface.offer(0, SECTOR_SIZE, false);
  }

  /** Data in by PIO ends without a further interrupt. */
  #endOfDataIn(): void {
    this.#interface.cancel();
    this.#state.interface.status = R.STATUS_DRDY | R.STATUS_DSC;
  }

  /** A read by DMA without a detour through the buffer, where the back end and the adapter can: whether it was done. */
  #readInPlace(): boolean {
    const s = this.#state;
    if (!s.dma || !this.#medium.readNow) return false;
    const sectors = Math.min(s.remaining, IN_PLACE);
    const pieces = this.#interface.adapter.lend?.(sectors * SECTOR_SIZE);
    if (!pieces) return false;
    const error = this.#medium.readNow(s.lba * SECTOR_SIZE, pieces);
    if (error !== null) {
      this.#failAt(error, R.ERROR_UNC);
      return true;
    }
    this.#interface.adapter.filled?.();
    s.pending = sectors;
    this.blockDone();
    return true;
  }

  #readBlock(): void {
    if (this.#readInPlace()) return;
    const s = this.#state;
    s.pending = this.#nextBlock();
    const { buffer } = s.interface;
    const bytes = s.pending * SECTOR_SIZE;
    this.#medium.read(
      s.lba * SECTOR_SIZE,
      buffer.subarray(0, bytes),
      this.#interface.whileCurrent((error) => {
        if (error === null) this.#interface.offer(0, bytes, s.dma);
        else this.#failAt(error, R.ERROR_UNC);
      }),
    );
  }

  #askForBlock(interrupt: boolean): void {
    const s = this.#state;
    s.pending = this.#nextBlock();
    this.#interface.ask(0, s.pending * SECTOR_SIZE, s.dma, interrupt);
  }

  #writeBlock(): void {
    const s = this.#state;
    const source = s.interface.buffer.subarray(0, s.pending * SECTOR_SIZE);
    this.#medium.write(
      s.lba * SECTOR_SIZE,
      source,
      this.#interface.whileCurrent((error) => {
        if (error !== null) {
          this.#failWrite(error);
          return;
        }
        const moved = this.#advance();
        s.pending = 0;
        if (s.remaining > 0) this.#goOn(moved);
        else if (s.forceUnit || !s.writeCache) this.startFlush();
        else this.#interface.complete();
      }),
    );
  }

  #verifyBlock(): void {
    const s = this.#state;
    s.pending = Math.min(DMA_BLOCK, s.remaining);
    this.#medium.read(
      s.lba * SECTOR_SIZE,
      s.interface.buffer.subarray(0, s.pending * SECTOR_SIZE),
      this.#interface.whileCurrent((error) => {
        if (error !== null) {
          this.#failAt(error, R.ERROR_UNC);
          return;
        }
        const moved = this.#advance();
        if (s.remaining > 0) this.#goOn(moved);
        else this.#interface.complete();
      }),
    );
  }

  #flush(): void {
    this.#medium.flush(
      this.#interface.whileCurrent((error) => {
        if (error === null) this.#interface.complete();
        else this.#failMedium(R.ERROR_ABRT, R.STATUS_DF);
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
        this.#interface.fail(R.ERROR_IDNF);
        return;
      }
      // Discarding is a hint: a host that cannot do it has done nothing wrong.
      this.#medium.discard(lba * SECTOR_SIZE, count * SECTOR_SIZE, () => {});
    }
    this.#interface.complete();
  }

  #nextBlock(): number {
    const s = this.#state;
    return Math.min(s.dma ? DMA_BLOCK : s.block, s.remaining);
  }

  /** The pending block is done: the registers show how far the command has come. The block's sectors. */
  #advance(): number {
    const s = this.#state;
    const done = Math.min(s.pending, s.remaining);
    if (done === 0) return 0;
    s.lba += done;
    s.remaining -= done;
    s.interface.count = s.remaining;
    showAddress(s.interface, this.#current, s.extended, s.lba - 1);
    return done;
  }

  /** The next block, at once, or after a pause where the command has taken long. */
  #goOn(moved: number): void {
    const { remaining } = this.#state;
    if (Math.floor((remaining + moved) / STRETCH) > Math.floor(remaining / STRETCH))
      this.#interface.schedule();
    else this.#interface.continueNow();
  }

  #failWrite(error: BlockError): void {
    if (error === 'read-only') this.#failAt(error, R.ERROR_WP | R.ERROR_ABRT);
    else this.#failAt(error, R.ERROR_ABRT, R.STATUS_DF);
  }

  #failAt(error: BlockError, bits: number, status = 0): void {
    const s = this.#state;
    s.interface.count = s.remaining;
    showAddress(s.interface, this.#current, s.extended, s.lba);
    if (error === 'out-of-range') this.#interface.fail(R.ERROR_IDNF, status);
    else if (error === 'read-only') this.#interface.fail(bits, status);
    else this.#failMedium(bits, status);
  }

  /** The disk itself has failed: an error that is written down. */
  #failMedium(bits: number, status: number): void {
    this.#log.failed(this.#state.interface, bits, R.STATUS_DRDY | R.STATUS_DSC | R.STATUS_ERR | status);
    this.#interface.fail(bits, status);
  }

  get #current(): Geometry {
    return currentGeometry(this.#state, this.#medium.sectors);
  }
}
