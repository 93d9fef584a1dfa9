// The drives of the PC board: which medium is behind which connector.
//
//   primary channel     device 0: first disk     device 1: second disk
//   secondary channel   device 0: CD-ROM         device 1: third disk
//
// Without a CD-ROM drive a fourth disk takes its place.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { DoppelError } from '../../base/errors.ts';
import type { AlarmSource } from '../../base/services.ts';
import type { Chip } from '../../devices/chip.ts';
import { AtaDisk } from '../../devices/storage/ata-disk.ts';
import type { AtaInterface } from '../../devices/storage/ata-interface.ts';
import { AtapiCdrom } from '../../devices/storage/atapi-cdrom.ts';
import type { IdeDevices } from '../../devices/storage/piix-ide.ts';

/** The media that a machine has from the start. */
export interface StorageOptions {
  /** Hard disks, in the order in which the guest numbers them. */
  readonly disks?: readonly BlockDevice[];
  /** A CD-ROM drive with this disc; null for one whose tray is empty. Absent: no drive. */
  readonly cdrom?: BlockDevice | null;
  /** Floppy drives A and B with these disks; null for a drive without one. */
  readonly floppies?: readonly (BlockDevice | null)[];
  /** Told when the guest opens or closes the tray. */
  readonly trayMoved?: (open: boolean) => void;
}

/** Where the disks go, in order: channel and device. */
const DISK_PLACES = [
  [0, 0],
  [0, 1],
  [1, 1],
  [1, 0],
] as const;

const CDROM_PLACE = [1, 0] as const;

type IdePlace = readonly [channel: number, device: number];

/** Where the drives of `storage` are: channel and device of each. */
export function idePlaces(storage: StorageOptions): {
  readonly disks: readonly IdePlace[];
  readonly cdrom: IdePlace | undefined;
} {
  const cdrom = storage.cdrom === undefined ? undefined : CDROM_PLACE;
  const free = DISK_PLACES.filter(([channel, device]) => channel !== cdrom?.[0] || device !== cdrom[1]);
  return { disks: free.slice(0, storage.disks?.length ?? 0), cdrom };
}

/** The drives on the two IDE channels. */
export interface IdeDrives {
  readonly devices: readonly [IdeDevices, IdeDevices];
  /** Drives with names for snapshots. */
  readonly chips: readonly (readonly [name: string, chip: Chip])[];
  readonly cdrom: AtapiCdrom | undefined;
}

/** Makes the drives. Throws DoppelError where there are more than four. */
export function buildIdeDrives(options: StorageOptions, clock: AlarmSource): IdeDrives {
  const places: (AtaInterface | undefined)[][] = [
    [undefined, undefined],
    [undefined, undefined],
  ];
  const chips: [string, Chip][] = [];
  let cdrom: AtapiCdrom | undefined;
  if (options.cdrom !== undefined) {
    const { trayMoved } = options;
    cdrom = new AtapiCdrom({ medium: options.cdrom, clock, ...(trayMoved && { trayMoved }) });
    const [channel, device] = CDROM_PLACE;
    places[channel]![device] = cdrom.interface;
    chips.push([`ide${channel}-${device}`, cdrom]);
  }
  const free = DISK_PLACES.filter(([channel, device]) => places[channel]![device] === undefined);
  const disks = options.disks ?? [];
  if (disks.length > free.length) {
    throw new DoppelError(`There are ${disks.length} disks, and room for ${free.length}.`);
  }
  disks.forEach((medium, index) => {
    const [channel, device] = free[index]!;
    const disk = new AtaDisk({ medium, clock, identity: { serial: `DP0000${index + 1}` } });
    places[channel]![device] = disk.interface;
    chips.push([`ide${channel}-${device}`, disk]);
  });
  const pair = (channel: number): IdeDevices => [places[channel]![0], places[channel]![1]];
  return { devices: [pair(0), pair(1)], chips, cdrom };
}
