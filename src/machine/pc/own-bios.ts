// Doppel's own BIOS (firmware/bios) in a machine: its ROM below 1 MiB, the port by which its stubs call it, and the
// media as its drives.
import type { BlockDevice, BlockError } from '../../backend/block/block-device.ts';
import type { Saveable, StateRecord } from '../../base/state-record.ts';
import { Bios } from '../../firmware/bios/bios.ts';
import {
  PCI_SERVICE_PORT,
  ROM_SEGMENT,
  ROM_SIZE,
  ROM_TABLES,
  ROM_TABLES_SIZE,
  SERVICE_PORT,
} from '../../firmware/bios/layout.ts';
import type { FarAddress } from '../../firmware/bios/shutdown.ts';
import type { BiosDrive, BiosTray, DriveError, DrivePlace } from '../../firmware/bios/wires.ts';
import type { MemoryMap } from '../../firmware/tables/memory-map.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { LPT1, PCI_AHCI, PCI_IDE } from '../layout/ports.ts';
import { biosCpu, biosMemory } from './bios-access.ts';
import type { Board } from './board.ts';
import { PendingDisks } from './pending-disks.ts';
import { drivePlaces, type StorageOptions, type StoragePlace } from './storage.ts';

const ROM = ROM_SEGMENT * 16;
const RESET_OFFSET = 0xfff0;

/** Kinds of media in the order in which they are tried. */
export type BootOrder = readonly BiosDrive['kind'][];

export interface OwnBiosOptions {
  readonly board: Board;
  readonly state: CpuState;
  readonly storage: StorageOptions;
  readonly memoryMap: MemoryMap;
  readonly bootOrder: BootOrder;
  /** Milliseconds to wait for the key of the boot menu; no menu unless given. */
  readonly bootMenu?: number | undefined;
  /** A program polls in vain. */
  readonly polled: () => void;
  /** It has been given a key; something else has been done for it. */
  readonly answered: () => void;
  readonly worked: () => void;
  /** A medium has something to tell: a machine that sleeps shall look. */
  readonly wake: () => void;
  /** What the BIOS says, line by line. */
  readonly log: (line: string) => void;
}

export class OwnBios implements Saveable {
  readonly #board: Board;
  readonly #state: CpuState;
  readonly #bios: Bios;
  readonly #pending: PendingDisks;

  constructor(options: OwnBiosOptions) {
    const { board, state, storage, memoryMap, bootOrder, log } = options;
    this.#board = board;
    this.#state = state;
    this.#pending = new PendingDisks(board.diskIrq, options.wake);
    this.#bios = new Bios({
      cpu: biosCpu(state),
      memory: biosMemory(state, board.memory),
      ports: board,
      memoryMap,
      ramSize: board.memory.size,
      drives: drivesOf(this.#pending, board, storage),
      bootOrder,
      bootMenu: options.bootMenu,
      serialPorts: board.parts.serialPorts ?? [],
      parallelPorts: board.parts.printer ? [LPT1] : [],
      hasDisplay: board.vga !== undefined,
      polled: options.polled,
      answered: options.answered,
      served: () => this.#pending.forget(),
      worked: options.worked,
      log,
    });
    board.ports.map(SERVICE_PORT, 1, {
      name: 'bios',
      read: () => 0xff,
      write: () => this.#bios.trap(),
    });
    board.ports.map(PCI_SERVICE_PORT, 1, {
      name: 'pci-bios',
      read: () => 0xff,
      write: () => this.#bios.trapPci(),
    });
  }

  /** What the BIOS keeps besides the guest's memory and the chips; to be restored after those. */
  save(): StateRecord {
    return this.#bios.save();
  }
  restore(record: StateRecord): void {
    this.#pending.forget();
    this.#bios.restore(record);
  }

  /** Puts the ROM in its place and sends a processor that was reset there. The board has acted as firmware. */
  start(): void {
    const { memory } = this.#board;
    // The board has put tables into the room that the ROM leaves for them.
    const { bytes } = this.#bios.rom;
    memory.write(ROM, bytes.subarray(0, ROM_TABLES));
    const behind = ROM_TABLES + ROM_TABLES_SIZE;
    memory.write(ROM + behind, bytes.subarray(behind));
    memory.protect(ROM, ROM_SIZE);
    this.#pending.forget();
    this.#bios.afterReset();
    this.#goTo({ segment: ROM_SEGMENT, offset: RESET_OFFSET });
  }

  /** The processor has had an INIT: it goes on where the program wants, or begins in the ROM. */
  initialise(): void {
    this.#pending.forget();
    this.#goTo(this.#bios.afterInit() ?? { segment: ROM_SEGMENT, offset: RESET_OFFSET });
  }

  #goTo({ segment, offset }: FarAddress): void {
    const code = this.#state.segments[L.CS]!;
    code.selector = segment;
    code.base = segment * 16;
    this.#state.rip = offset;
  }
}

/** Floppies, hard disks and the CD-ROM, with the media that are in them at the time. */
function drivesOf(pending: PendingDisks, board: Board, storage: StorageOptions): BiosDrive[] {
  const { floppies = [], cdrom } = storage;
  const drives: BiosDrive[] = [];
  floppies.forEach((_, i) => {
    drives.push(
      driveOf(
        pending,
        'floppy',
        `diskette drive ${'AB'[i] ?? i}`,
        () => board.floppy.drives[i]?.medium ?? null,
      ),
    );
  });
  const places = drivePlaces(storage);
  places.disks.forEach(({ medium, place: connector }, i) => {
    const place = placeOf(connector);
    drives.push(driveOf(pending, 'disk', `hard disk ${i + 1} (${medium.name})`, () => medium, { place }));
  });
  if (cdrom !== undefined) {
    const disc = () => (board.cdrom?.trayOpen === false ? board.cdrom.medium : null);
    const place = placeOf(places.cdrom!);
    drives.push(driveOf(pending, 'cdrom', 'the CD-ROM drive', disc, { place, tray: trayOf(board) }));
  }
  return drives;
}

const placeOf = (place: StoragePlace): DrivePlace => {
  const [device, func] = place.bus === 'ide' ? PCI_IDE : PCI_AHCI;
  return place.bus === 'ide'
    ? { interface: 'ATA', device, function: func, channel: place.channel, unit: place.device }
    : { interface: 'SATA', device, function: func, channel: 0, unit: place.port };
};

function trayOf(board: Board): BiosTray {
  return {
    get locked() {
      return board.cdrom?.locked ?? false;
    },
    set locked(locked) {
      board.cdrom?.setLock(locked);
    },
    open: () => board.cdrom?.moveTray(true),
  };
}

const ERRORS: Readonly<Record<BlockError, DriveError>> = {
  'out-of-range': 'not found',
  'read-only': 'write protected',
  'no-space': 'medium error',
  io: 'medium error',
};

/** The medium that is in a drive now, for the BIOS. */
function driveOf(
  pending: PendingDisks,
  kind: BiosDrive['kind'],
  label: string,
  medium: () => BlockDevice | null,
  more: Pick<BiosDrive, 'place' | 'tray'> = {},
): BiosDrive {
  const sectorBytes = kind === 'cdrom' ? 2048 : 512;
  let seen = medium();
  const ask = (operation: (device: BlockDevice) => BlockError | null): DriveError | null => {
    const device = medium();
    if (!device) return 'no medium';
    const outcome = operation(device);
    return outcome === null ? null : ERRORS[outcome];
  };
  return {
    ...more,
    kind,
    label,
    sectorBytes,
    get sectors() {
      return Math.floor(((medium()?.sectors ?? 0) * 512) / sectorBytes);
    },
    mediumChanged() {
      const now = medium();
      const changed = now !== seen;
      seen = now;
      return changed;
    },
    read: (sector, target) => ask((device) => pending.read(device, sector * sectorBytes, target)),
    write: (sector, source) => ask((device) => pending.write(device, sector * sectorBytes, source)),
  };
}
