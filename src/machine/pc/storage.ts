// The drives of the PC board: which medium is behind which connector.
//
//   IDE   primary channel     device 0: first disk     device 1: second disk
//         secondary channel   device 0: CD-ROM         device 1: third disk
//   AHCI  ports 0 to 5        disks, then the CD-ROM
//
// Without a CD-ROM drive on IDE a fourth disk takes its place. The AHCI adapter is there when something is plugged into it.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { DoppelError } from '../../base/errors.ts';
import type { AlarmSource } from '../../base/services.ts';
import type { Chip } from '../../devices/chip.ts';
import { MOST_PORTS } from '../../devices/storage/ahci-bits.ts';
import { AtaDisk } from '../../devices/storage/ata-disk.ts';
import type { AtaInterface } from '../../devices/storage/ata-interface.ts';
import { AtapiCdrom } from '../../devices/storage/atapi-cdrom.ts';
import type { IdeDevices } from '../../devices/storage/piix-ide.ts';

/** What drives can be plugged into. */
export const STORAGE_BUSES = ['ide', 'ahci'] as const;
export type StorageBus = (typeof STORAGE_BUSES)[number];

/** A disk and what it is plugged into. */
export interface PluggedDisk {
  readonly medium: BlockDevice;
  /** IDE unless given. */
  readonly bus?: StorageBus;
}

/** The media that a machine has from the start. */
export interface StorageOptions {
  /** Hard disks, in the order in which the firmware numbers them; on IDE unless a bus is named. */
  readonly disks?: readonly (BlockDevice | PluggedDisk)[];
  /** A CD-ROM drive with this disc; null for one whose tray is empty. Absent: no drive. */
  readonly cdrom?: BlockDevice | null;
  /** Where the CD-ROM drive is; on IDE unless given. */
  readonly cdromBus?: StorageBus;
  /** Floppy drives A and B with these disks; null for a drive without one. */
  readonly floppies?: readonly (BlockDevice | null)[];
  /** Told when the guest opens or closes the tray. */
  readonly trayMoved?: (open: boolean) => void;
}

/** A connector: an IDE channel's device, or a port of the AHCI adapter. */
export type StoragePlace =
  | { readonly bus: 'ide'; readonly channel: number; readonly device: number }
  | { readonly bus: 'ahci'; readonly port: number };

/** Where disks on IDE go, in order. */
const IDE_PLACES: readonly StoragePlace[] = [
  { bus: 'ide', channel: 0, device: 0 },
  { bus: 'ide', channel: 0, device: 1 },
  { bus: 'ide', channel: 1, device: 1 },
  { bus: 'ide', channel: 1, device: 0 },
];
const AHCI_PLACES: readonly StoragePlace[] = Array.from({ length: MOST_PORTS }, (_, port) => ({
  bus: 'ahci',
  port,
}));
const IDE_CDROM = IDE_PLACES[3]!;

/** A disk and its connector. */
export interface PlacedDisk {
  readonly medium: BlockDevice;
  readonly place: StoragePlace;
}

/** Where the drives of `storage` are. Throws DoppelError where there are more than connectors. */
export function drivePlaces(storage: StorageOptions): {
  readonly disks: readonly PlacedDisk[];
  readonly cdrom: StoragePlace | undefined;
} {
  const cdromBus = storage.cdrom === undefined ? undefined : (storage.cdromBus ?? 'ide');
  const free = {
    ide: IDE_PLACES.slice(0, cdromBus === 'ide' ? 3 : 4),
    ahci: AHCI_PLACES.slice(0, cdromBus === 'ahci' ? MOST_PORTS - 1 : MOST_PORTS),
  };
  const used = { ide: 0, ahci: 0 };
  const disks = (storage.disks ?? []).map((disk): PlacedDisk => {
    const { medium, bus = 'ide' }: PluggedDisk = 'medium' in disk ? disk : { medium: disk };
    const place = free[bus][used[bus]++];
    if (place) return { medium, place };
    const room = `there is room for ${free[bus].length}`;
    throw new DoppelError(`There are too many disks on ${bus.toUpperCase()}: ${room}.`);
  });
  const cdrom = cdromBus === 'ahci' ? AHCI_PLACES[used.ahci] : cdromBus && IDE_CDROM;
  return { disks, cdrom };
}

/** The drives on the two IDE channels and at the AHCI ports. */
export interface Drives {
  readonly ide: readonly [IdeDevices, IdeDevices];
  /** As many as have something plugged in. */
  readonly ahci: readonly (AtaInterface | undefined)[];
  /** Drives with names for snapshots. */
  readonly chips: readonly (readonly [name: string, chip: Chip])[];
  readonly cdrom: AtapiCdrom | undefined;
}

/** Makes the drives. Throws DoppelError where there are too many. */
export function buildDrives(options: StorageOptions, clock: AlarmSource): Drives {
  const places = drivePlaces(options);
  const ide: (AtaInterface | undefined)[][] = [
    [undefined, undefined],
    [undefined, undefined],
  ];
  const ahci: (AtaInterface | undefined)[] = [];
  const chips: [string, Chip][] = [];
  const plug = (place: StoragePlace, drive: AtaDisk | AtapiCdrom): void => {
    if (place.bus === 'ide') ide[place.channel]![place.device] = drive.interface;
    else ahci[place.port] = drive.interface;
    const name = place.bus === 'ide' ? `ide${place.channel}-${place.device}` : `ahci-${place.port}`;
    chips.push([name, drive]);
  };
  let cdrom: AtapiCdrom | undefined;
  if (options.cdrom !== undefined && places.cdrom) {
    const { trayMoved, cdrom: medium } = options;
    const serialAta = places.cdrom.bus === 'ahci';
    cdrom = new AtapiCdrom({ medium, clock, serialAta, ...(trayMoved && { trayMoved }) });
    plug(places.cdrom, cdrom);
  }
  places.disks.forEach(({ medium, place }, index) => {
    const identity = { serial: `DP0000${index + 1}` };
    plug(place, new AtaDisk({ medium, clock, identity, serialAta: place.bus === 'ahci' }));
  });
  const pair = (channel: number): IdeDevices => [ide[channel]![0], ide[channel]![1]];
  return { ide: [pair(0), pair(1)], ahci, chips, cdrom };
}
