// Intel 82077AA floppy controller in AT mode (data sheet 290166), with up to two drives.
//
//   region FIFO block, 6 ports (0x3F0)            region DIR, 1 port (0x3F7)
//     2  DOR   7:4 motors  3 DMA and IRQ on          0  DIR  7 disk change
//              2 not reset  1:0 drive                   CCR  1:0 data rate
//     3  TDR   tape drive, stored
//     4  MSR   7 RQM 6 DIO 5 non-DMA 4 busy 3:0 seeking; written: DSR 7 reset, 1:0 data rate
//     5  FIFO
//
//   command (RQM) --parameters--> execution --> result (RQM, DIO), interrupt
//                                    '-- seeks: no result; SENSE INTERRUPT tells how they ended
//
// Sectors of 512 bytes in MFM, as images hold them. A transfer goes sector by sector through DMA channel 2,
// or through the FIFO in non-DMA mode, and ends by terminal count or at the last sector of the track, which
// without terminal count is an error (EN), as on silicon. Timing: seeks and commands take SOME_TIME, nothing
// else takes any. Not modelled: FM, the scan commands, deleted data marks, tape. A drive without a medium
// ends a transfer at once (missing address mark), where silicon would wait for an index pulse for ever.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, resetState, restoreState, saveState } from '../chip.ts';
import type { DmaChannel } from '../dma/i8237.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import { type FloppyOperation, floppyCommand } from './floppy-commands.ts';
import { FLOPPY_TYPE_NONE, FloppyDrive } from './floppy-drive.ts';
import * as F from './floppy-state.ts';
import { FloppyTransfer } from './floppy-transfer.ts';

const NAME = 'i82077aa';
const VERSION = 2;
/** Nanoseconds of a seek or reset. */
const SEEK_TIME = 20_000;

export interface FloppyControllerOptions {
  readonly clock: AlarmSource;
  readonly irq: IrqLine;
  readonly dma: DmaChannel;
  /** Drives A and B with their media; null for a drive without one, undefined for no drive. */
  readonly media: readonly (BlockDevice | null | undefined)[];
}

export class FloppyController implements Chip {
  readonly regions: readonly RegisterRegion[];
  /** Drives A and B, where they are. */
  readonly drives: readonly (FloppyDrive | undefined)[];
  readonly #options: FloppyControllerOptions;
  readonly #transfer: FloppyTransfer;
  readonly #seekAlarm: Alarm;
  readonly #state: StateOf<typeof F.FLOPPY_SHAPE> = initialState(F.FLOPPY_SHAPE);

  constructor(options: FloppyControllerOptions) {
    this.#options = options;
    this.#seekAlarm = options.clock.alarm(() => this.#arrive());
    this.drives = Array.from({ length: F.DRIVES }, (_, i) => {
      const medium = options.media[i];
      return medium === undefined ? undefined : new FloppyDrive(medium, this.#state.drives[i]!);
    });
    this.#transfer = this.#makeTransfer();
    this.regions = [
      registerRegion('floppy', 6, REGISTERS, this),
      registerRegion('floppy-dir', 1, DIR_REGISTERS, this),
    ];
    options.dma.ready = () => {
      if (this.#state.phase === F.PHASE_DMA) this.#transfer.moveByDma();
    };
  }

  /** Types of the drives as CMOS byte 10h has them, 0 for none. */
  get driveTypes(): readonly [number, number] {
    return [this.drives[0]?.type ?? FLOPPY_TYPE_NONE, this.drives[1]?.type ?? FLOPPY_TYPE_NONE];
  }

  /** Puts a medium into drive 0 or 1, or (null) takes it out. */
  changeMedium(drive: number, medium: BlockDevice | null): void {
    this.drives[drive]?.change(medium);
  }

  reset(): void {
    resetState(F.FLOPPY_SHAPE, this.#state);
    this.#attachDrives();
    this.#transfer.renew();
    this.#seekAlarm.cancel();
    this.#options.irq.set(false);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, F.FLOPPY_SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, F.FLOPPY_SHAPE, this.#state, record);
    this.#attachDrives();
    this.#transfer.renew();
    const { seekAt } = this.#state;
    if (seekAt >= 0) this.#seekAlarm.schedule(seekAt);
    else this.#seekAlarm.cancel();
  }

  #makeTransfer(): FloppyTransfer {
    const { clock, dma } = this.#options;
    return new FloppyTransfer({
      state: this.#state,
      drives: this.drives,
      clock,
      dma,
      finish: (result) => this.#finish(result),
      setInterrupt: (level) => this.#setInterrupt(level),
    });
  }

  #attachDrives(): void {
    this.drives.forEach((drive, i) => {
      if (drive !== undefined) drive.state = this.#state.drives[i]!;
    });
  }

  // ---- registers ----

  readDor(): number {
    return this.#state.dor;
  }

  writeDor(value: number): void {
    const s = this.#state;
    const before = s.dor;
    s.dor = value;
    if ((value & F.DOR_NOT_RESET) === 0) this.#softwareReset();
    else if ((before & F.DOR_NOT_RESET) === 0) this.#leaveReset();
    this.#driveInterrupt();
    if (s.phase === F.PHASE_DMA && (value & F.DOR_GATE) !== 0) this.#transfer.moveByDma();
  }

  readTdr(): number {
    return this.#state.tdr;
  }
  writeTdr(value: number): void {
    this.#state.tdr = value & 3;
  }

  readStatus(): number {
    const s = this.#state;
    const now = this.#options.clock.now();
    if (s.stepAt >= 0 && now >= s.stepAt) this.#transfer.step();
    if (s.seekAt >= 0 && now >= s.seekAt) this.#arrive();
    if ((s.dor & F.DOR_NOT_RESET) === 0 || s.resetting) return 0;
    switch (s.phase) {
      case F.PHASE_COMMAND:
        return F.MSR_READY | (s.command.length > 0 ? F.MSR_BUSY : 0) | s.seeking;
      case F.PHASE_RESULT:
        return F.MSR_READY | F.MSR_TO_HOST | F.MSR_BUSY;
      case F.PHASE_FIFO:
        return F.MSR_READY | F.MSR_NON_DMA | F.MSR_BUSY | (this.#transfer.writes ? 0 : F.MSR_TO_HOST);
      default:
        return F.MSR_BUSY;
    }
  }

  writeRateSelect(value: number): void {
    this.#state.rate = value & 3;
    if ((value & F.DSR_RESET) !== 0 && (this.#state.dor & F.DOR_NOT_RESET) !== 0) {
      this.#softwareReset();
      this.#leaveReset();
    }
  }

  writeConfigurationControl(value: number): void {
    this.#state.rate = value & 3;
  }

  readDigitalInput(): number {
    const unit = this.#state.dor & 3;
    const motor = (this.#state.dor & (0x10 << unit)) !== 0;
    return motor && this.drives[unit]?.state.changed === true ? 0x80 : 0;
  }

  readFifo(): number {
    const s = this.#state;
    if (s.phase === F.PHASE_FIFO && !this.#transfer.writes) {
      const byte = s.buffer[s.position] ?? 0;
      s.position = Math.min(SECTOR_SIZE, s.position + 1);
      this.#setInterrupt(false);
      if (s.position >= SECTOR_SIZE) this.#transfer.sectorMoved();
      else this.#setInterrupt(true);
      return byte;
    }
    if (s.phase !== F.PHASE_RESULT) return 0;
    if (this.#transfer.transfers) this.#setInterrupt(false);
    const byte = s.result.shift() ?? 0;
    if (s.result.length === 0) this.#awaitCommand();
    return byte;
  }

  writeFifo(value: number): void {
    const s = this.#state;
    if ((s.dor & F.DOR_NOT_RESET) === 0 || s.resetting) return;
    if (s.phase === F.PHASE_FIFO && this.#transfer.writes) {
      s.buffer[s.position] = value;
      s.position = Math.min(SECTOR_SIZE, s.position + 1);
      this.#setInterrupt(false);
      if (s.position >= SECTOR_SIZE) this.#transfer.writeSector();
      else this.#setInterrupt(true);
      return;
    }
    if (s.phase !== F.PHASE_COMMAND) return;
    s.command.push(value);
    const command = floppyCommand(s.command[0]!);
    if (command === undefined) this.#finish([F.ST0_INVALID]);
    else if (s.command.length > command.parameters) this.#execute(command.operation);
  }

  // ---- reset ----

  #softwareReset(): void {
    const s = this.#state;
    const configuration = s.configuration & 0x2f;
    const { precompensation } = s;
    resetState(F.FLOPPY_SHAPE, s, F.KEPT_OVER_RESET);
    // GAP and WGATE do not outlive a software reset.
    s.perpendicular &= 0x3c;
    // LOCK keeps EFIFO, FIFOTHR and PRETRK.
    if (s.locked) {
      s.configuration = configuration;
      s.precompensation = precompensation;
    }
    this.#transfer.renew();
    this.#seekAlarm.cancel();
    this.#options.irq.set(false);
  }

  /** After a reset the controller polls the drives, and interrupts. */
  #leaveReset(): void {
    this.#state.resetting = true;
    this.#scheduleSeek();
  }

  #scheduleSeek(): void {
    this.#state.seekAt = this.#options.clock.now() + SEEK_TIME;
    this.#seekAlarm.schedule(this.#state.seekAt);
  }

  /** Drives have arrived, or the reset is over. */
  #arrive(): void {
    const s = this.#state;
    s.seekAt = -1;
    this.#seekAlarm.cancel();
    if (s.resetting) {
      s.resetting = false;
      s.sense = Array.from({ length: F.UNITS }, (_, unit) => this.#senseOf(F.ST0_READY_CHANGED | unit));
    }
    for (let unit = 0; unit < F.UNITS; unit++) {
      if ((s.seeking & (1 << unit)) === 0) continue;
      // Nobody there never says that it is at track 0.
      const lost = this.drives[unit] === undefined && (s.recalibrating & (1 << unit)) !== 0;
      const status = lost ? F.ST0_ABNORMAL | F.ST0_SEEK_END | F.ST0_EQUIPMENT : F.ST0_SEEK_END;
      s.sense = s.sense.filter((entry) => (entry & 3) !== unit);
      s.sense.push(this.#senseOf(status | unit));
    }
    s.seeking = 0;
    s.recalibrating = 0;
    this.#setInterrupt(true);
  }

  // ---- commands ----

  #execute(operation: FloppyOperation): void {
    const s = this.#state;
    const [, first = 0, second = 0, third = 0] = s.command;
    const unit = first & 3;
    switch (operation) {
      case 'specify':
        s.specify = [first, second];
        this.#awaitCommand();
        break;
      case 'sense-drive':
        this.#finish([this.#driveStatus(unit, first)]);
        break;
      case 'sense-interrupt':
        this.#senseInterrupt();
        break;
      case 'recalibrate':
        s.recalibrating |= 1 << unit;
        this.#seek(unit, 0);
        break;
      case 'seek':
        this.#seek(unit, second);
        break;
      case 'relative-seek': {
        const inward = (s.command[0]! & 0x40) !== 0;
        const track = this.drives[unit]?.state.track ?? 0;
        this.#seek(unit, inward ? track + second : track - second);
        break;
      }
      case 'configure':
        s.configuration = second;
        s.precompensation = third;
        this.#awaitCommand();
        break;
      case 'dump-registers':
        this.#finish(this.#registerDump());
        break;
      case 'version':
        this.#finish([0x90]);
        break;
      case 'perpendicular':
        // D3 to D0 are written with OW only; GAP and WGATE always.
        s.perpendicular = (first & 0x80) !== 0 ? first & 0x3f : (s.perpendicular & 0x3c) | (first & 0x03);
        this.#awaitCommand();
        break;
      case 'lock':
        s.locked = (s.command[0]! & 0x80) !== 0;
        this.#finish([s.locked ? 0x10 : 0]);
        break;
      default:
        this.#transfer.start(operation);
    }
  }

  #driveStatus(unit: number, parameter: number): number {
    const drive = this.drives[unit];
    if (drive === undefined) return 0x20 | (parameter & 7);
    const protect = drive.writeProtected ? 0x40 : 0;
    const track0 = drive.state.track === 0 ? 0x10 : 0;
    return protect | 0x20 | track0 | 0x08 | (parameter & 7);
  }

  #senseInterrupt(): void {
    const s = this.#state;
    const entry = s.sense.shift();
    this.#setInterrupt(false);
    if (entry === undefined) {
      this.#finish([F.ST0_INVALID]);
      return;
    }
    this.#finish([entry & 0xff, entry >> 8]);
    // What was told of a reset is told four times for one interrupt; every seek has its own.
    const next = s.sense[0];
    if (next !== undefined && (next & F.ST0_READY_CHANGED) !== F.ST0_READY_CHANGED) this.#setInterrupt(true);
  }

  #seek(unit: number, track: number): void {
    this.drives[unit]?.seek(track);
    this.#state.seeking |= 1 << unit;
    this.#scheduleSeek();
    this.#awaitCommand();
  }

  #senseOf(status: number): number {
    return status | ((this.drives[status & 3]?.state.track ?? 0) << 8);
  }

  #registerDump(): number[] {
    const s = this.#state;
    const tracks = Array.from({ length: F.UNITS }, (_, unit) => this.drives[unit]?.state.track ?? 0);
    const lock = s.locked ? 0x80 : 0;
    const [first = 0, second = 0] = s.specify;
    return [
      ...tracks,
      first,
      second,
      s.lastSector,
      lock | s.perpendicular,
      s.configuration,
      s.precompensation,
    ];
  }

  #finish(result: number[]): void {
    this.#state.phase = F.PHASE_RESULT;
    this.#state.result = result;
  }

  #awaitCommand(): void {
    this.#state.phase = F.PHASE_COMMAND;
    this.#state.command = [];
    this.#state.result = [];
  }

  #setInterrupt(level: boolean): void {
    this.#state.interrupt = level;
    this.#driveInterrupt();
  }

  #driveInterrupt(): void {
    this.#options.irq.set(this.#state.interrupt && (this.#state.dor & F.DOR_GATE) !== 0);
  }
}

const REGISTERS: readonly Register<FloppyController>[] = [
  {
    name: 'DOR',
    offset: 2,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readDor(),
    write: (chip, value) => chip.writeDor(value),
  },
  {
    name: 'TDR',
    offset: 3,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readTdr(),
    write: (chip, value) => chip.writeTdr(value),
  },
  { name: 'MSR', offset: 4, width: 1, reset: 0, access: 'RO', read: (chip) => chip.readStatus() },
  { name: 'DSR', offset: 4, width: 1, access: 'WO', write: (chip, value) => chip.writeRateSelect(value) },
  {
    name: 'FIFO',
    offset: 5,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readFifo(),
    write: (chip, value) => chip.writeFifo(value),
  },
];

const DIR_REGISTERS: readonly Register<FloppyController>[] = [
  {
    name: 'DIR',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RO',
    read: (chip) => chip.readDigitalInput(),
  },
  {
    name: 'CCR',
    offset: 0,
    width: 1,
    access: 'WO',
    write: (chip, value) => chip.writeConfigurationControl(value),
  },
];
