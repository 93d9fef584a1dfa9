// The transfer commands of the floppy controller (Intel 82077AA data sheet 290166, sections 5.1 and 5.2; the
// result phase by its table 5-9): reading, writing, verifying and formatting, sector by sector.
//
//   start --> step: is the sector there? --> medium --> buffer --> DMA or FIFO --> the next step
//               '--> end: the seven result bytes, and an interrupt
//
// What an image has no room for when a track is formatted (other sizes, other numbers) is left out.
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateOf } from '../chip.ts';
import type { DmaChannel } from '../dma/i8237.ts';
import { type FloppyOperation, floppyCommand } from './floppy-commands.ts';
import type { FloppyDrive } from './floppy-drive.ts';
import * as F from './floppy-state.ts';

/** Nanoseconds of a command. */
const COMMAND_TIME = 20_000;
/** Nanoseconds of a turn of the disk, for READ ID. */
const TURN = 200_000_000;

/** What transfers find in their controller. */
export interface FloppyTransferHost {
  readonly state: StateOf<typeof F.FLOPPY_SHAPE>;
  readonly drives: readonly (FloppyDrive | undefined)[];
  readonly clock: AlarmSource;
  readonly dma: DmaChannel;
  /** Begins the result phase. */
  finish(result: number[]): void;
  setInterrupt(level: boolean): void;
}

export class FloppyTransfer {
  readonly #host: FloppyTransferHost;
  readonly #alarm: Alarm;
  /** Changes when what the medium still answers no longer matters. */
  #operation = {};
  /** A sector has been asked for, and the medium has not answered yet. */
  #waiting = false;

  constructor(host: FloppyTransferHost) {
    this.#host = host;
    this.#alarm = host.clock.alarm(() => this.step());
  }

  /** After a reset or restore: what was under way is not, unless the state says so. */
  renew(): void {
    this.#operation = {};
    this.#waiting = false;
    const { stepAt } = this.#host.state;
    if (stepAt >= 0) this.#alarm.schedule(stepAt);
    else this.#alarm.cancel();
  }

  get transfers(): boolean {
    const command = floppyCommand(this.#host.state.command[0] ?? 0);
    return command !== undefined && F.OPERATIONS_WITH_SECTORS.has(command.operation);
  }

  get #operationUnderWay(): FloppyOperation | undefined {
    return floppyCommand(this.#host.state.command[0] ?? 0)?.operation;
  }

  /** Data goes to the medium. */
  get writes(): boolean {
    const operation = this.#operationUnderWay;
    return operation === 'write' || operation === 'format';
  }

  get #unit(): number {
    return (this.#host.state.command[1] ?? 0) & 3;
  }

  /** Parameters of the transfer commands after the drive: C, H, R, N, EOT. */
  start(operation: FloppyOperation): void {
    const s = this.#host.state;
    const [, drive = 0, cylinder = 0, head = 0, sector = 0, , last = 0] = s.command;
    s.terminalCount = false;
    s.position = 0;
    const counts = operation === 'verify' && (drive & F.VERIFY_ENABLE_COUNT) !== 0;
    s.toVerify = counts ? s.command[8] || 256 : 0;
    if (operation === 'format' || operation === 'read-id') {
      s.cylinder = this.#host.drives[drive & 3]?.cylinder ?? 0;
      s.head = (drive >> 2) & 1;
      s.sector = 1;
    } else {
      s.cylinder = cylinder;
      s.head = head & 1;
      s.sector = operation === 'read-track' ? 1 : sector;
      s.lastSector = last;
      if ((s.configuration & F.CONFIGURE_IMPLIED_SEEK) !== 0) this.#host.drives[drive & 3]?.seek(cylinder);
    }
    s.phase = F.PHASE_EXECUTE;
    s.stepAt = this.#host.clock.now() + COMMAND_TIME;
    this.#alarm.schedule(s.stepAt);
  }

  /** The next sector, or the end. */
  step(): void {
    if (this.#waiting) return;
    const s = this.#host.state;
    this.#alarm.cancel();
    s.phase = F.PHASE_EXECUTE;
    const operation = this.#operationUnderWay;
    const drive = this.#host.drives[this.#unit];
    const format = drive?.format;
    if (drive === undefined || format === undefined || !drive.readableAt(s.rate)) {
      this.#end(F.ST1_MISSING_MARK);
    } else if (operation === 'read-id') {
      const passed = (this.#host.clock.now() % TURN) / TURN;
      s.sector = 1 + Math.floor(passed * format.sectorsPerTrack);
      if (s.head >= format.heads || drive.cylinder >= format.cylinders) this.#end(F.ST1_MISSING_MARK);
      else this.#end(0);
    } else if (this.writes && drive.writeProtected) {
      this.#end(F.ST1_NOT_WRITABLE);
    } else if (operation === 'format') {
      if (s.head >= format.heads || drive.cylinder >= format.cylinders) this.#end(F.ST1_MISSING_MARK);
      else this.#moveSector();
    } else if (this.#sectorOffset() === undefined) {
      const wrong = s.cylinder !== drive.cylinder;
      this.#end(F.ST1_NO_DATA, wrong ? F.ST2_WRONG_CYLINDER : 0);
    } else if (operation === 'read-deleted' && (s.command[0]! & F.COMMAND_SKIP) !== 0) {
      this.#end(F.ST1_NO_DATA); // every sector was skipped
    } else if (operation === 'write') {
      this.#moveSector();
    } else this.#readSector();
  }

  /** Where the sector under way lies in the image, or undefined where the track has no such sector. */
  #sectorOffset(): number | undefined {
    const s = this.#host.state;
    const drive = this.#host.drives[this.#unit];
    const format = drive?.format;
    if (drive === undefined || format === undefined || s.command[5] !== 2) return undefined;
    const inTrack = s.sector >= 1 && s.sector <= format.sectorsPerTrack && s.head < format.heads;
    if (!inTrack || s.cylinder !== drive.cylinder || s.cylinder >= format.cylinders) return undefined;
    const track = s.cylinder * format.heads + s.head;
    return (track * format.sectorsPerTrack + s.sector - 1) * SECTOR_SIZE;
  }

  #readSector(): void {
    const s = this.#host.state;
    const { medium } = this.#host.drives[this.#unit]!;
    const current = this.#operation;
    const offset = this.#sectorOffset()!;
    this.#waiting = true;
    medium!.read(offset, s.buffer, (answer) => {
      // An image may end before its disk does: the rest is empty.
      const error = answer === 'out-of-range' ? null : answer;
      if (answer === 'out-of-range') s.buffer.fill(0);
      if (current !== this.#operation) return;
      this.#waiting = false;
      if (error !== null) this.#end(F.ST1_DATA_ERROR, F.ST2_DATA_ERROR);
      else if (this.#operationUnderWay === 'verify') {
        s.stepAt = -1;
        this.sectorMoved();
      } else this.#moveSector();
    });
  }

  /** The buffer is to be moved to or from the host; for FORMAT the four bytes of a sector's address mark. */
  #moveSector(): void {
    const s = this.#host.state;
    s.stepAt = -1;
    s.position = 0;
    if (((s.specify[1] ?? 0) & F.SPECIFY_NON_DMA) !== 0) {
      s.phase = F.PHASE_FIFO;
      if (this.#operationUnderWay === 'format') s.position = SECTOR_SIZE - F.FORMAT_BYTES;
      this.#host.setInterrupt(true);
    } else {
      s.phase = F.PHASE_DMA;
      if ((s.dor & F.DOR_GATE) !== 0) this.moveByDma();
    }
  }

  moveByDma(): void {
    const s = this.#host.state;
    const { dma } = this.#host;
    const length = this.#operationUnderWay === 'format' ? F.FORMAT_BYTES : SECTOR_SIZE;
    const rest = s.buffer.subarray(s.position, length);
    const moved = dma.transfer(rest, !this.writes);
    s.position += moved;
    s.terminalCount = moved > 0 && dma.terminalCount;
    if (s.position < length && !s.terminalCount) return; // the channel will call
    if (this.writes) {
      s.buffer.fill(0, s.position, length);
      this.writeSector();
    } else this.sectorMoved();
  }

  writeSector(): void {
    if (this.#operationUnderWay === 'format') {
      this.#formatSector();
      return;
    }
    this.#store(this.#sectorOffset());
  }

  /** The address mark C, H, R, N that the host gave for the next sector, which is filled. */
  #formatSector(): void {
    const s = this.#host.state;
    const at = s.phase === F.PHASE_FIFO ? SECTOR_SIZE - F.FORMAT_BYTES : 0;
    const [cylinder = 0, head = 0, sector = 0] = s.buffer.subarray(at, at + F.FORMAT_BYTES);
    const drive = this.#host.drives[this.#unit];
    const format = drive?.format;
    const standard =
      cylinder === drive?.cylinder && head === ((s.command[1]! >> 2) & 1) && s.command[2] === 2;
    if (!standard || format === undefined || sector < 1 || sector > format.sectorsPerTrack) {
      this.sectorMoved(); // an image has no room for it
      return;
    }
    s.buffer.fill(s.command[5]!);
    const track = cylinder * format.heads + head;
    this.#store((track * format.sectorsPerTrack + sector - 1) * SECTOR_SIZE);
  }

  #store(offset: number | undefined): void {
    const s = this.#host.state;
    s.phase = F.PHASE_EXECUTE;
    const current = this.#operation;
    const medium = this.#host.drives[this.#unit]?.medium;
    if (!medium || offset === undefined) {
      this.#end(F.ST1_MISSING_MARK); // it was taken out
      return;
    }
    this.#waiting = true;
    medium.write(offset, s.buffer, (error) => {
      if (current !== this.#operation) return;
      this.#waiting = false;
      if (error === 'read-only') this.#end(F.ST1_NOT_WRITABLE);
      else if (error !== null) this.#end(F.ST1_DATA_ERROR, F.ST2_DATA_ERROR);
      else this.sectorMoved();
    });
  }

  /** The sector is over: the next one, the other side, or the end. */
  sectorMoved(): void {
    const s = this.#host.state;
    const operation = this.#operationUnderWay;
    if (operation === 'format') {
      s.sector++;
      if (s.terminalCount || s.sector > s.command[3]!) this.#end(0);
      else this.step();
      return;
    }
    const side = s.head;
    const atLast = s.sector === s.lastSector;
    const otherSide = (s.command[0]! & F.COMMAND_MULTI_TRACK) !== 0 && s.head === 0;
    s.sector = atLast ? 1 : (s.sector + 1) & 0xff;
    if (atLast && otherSide) s.head = 1;
    else if (atLast) {
      s.cylinder = (s.cylinder + 1) & 0xff;
      if ((s.command[0]! & F.COMMAND_MULTI_TRACK) !== 0) s.head = 0;
    }
    const verified = s.toVerify === 1;
    s.toVerify = Math.max(0, s.toVerify - 1);
    if (s.terminalCount || verified) this.#end(0, 0, side);
    else if (operation === 'read-deleted') this.#end(0, F.ST2_CONTROL_MARK, side);
    else if (atLast && !otherSide)
      this.#end(operation === 'verify' && s.toVerify === 0 ? 0 : F.ST1_END_OF_CYLINDER, 0, side);
    else this.step();
  }

  /** The result phase of a transfer that has ended on this side. */
  #end(st1: number, st2 = 0, side = this.#host.state.head): void {
    const s = this.#host.state;
    const status = (st1 === 0 ? 0 : F.ST0_ABNORMAL) | (side << 2) | this.#unit;
    s.stepAt = -1;
    this.#alarm.cancel();
    const size = s.command.length > 5 && this.#operationUnderWay !== 'format' ? s.command[5]! : 2;
    this.#host.finish([status, st1, st2, s.cylinder, s.head, s.sector, size]);
    this.#host.setInterrupt(true);
  }
}
