// What firmware asks the machine for: the items of fw_cfg and the bytes of CMOS RAM that say what there is.
// CMOS: IBM PC AT Technical Reference, "RT/CMOS RAM I/O"; bytes 34h, 35h and 5Bh-5Dh as the platform has them.
import { SLEEP_TYPE_S3, SLEEP_TYPE_S4, SLEEP_TYPE_S5 } from '../../devices/platform/acpi-pm.ts';
import type { FirmwareItems } from '../../devices/platform/fw-cfg.ts';
import { littleEndian } from '../../firmware/tables/bytes.ts';
import { smbiosFiles } from '../../firmware/tables/low-tables.ts';
import { E820_RAM, encodeE820 } from '../../firmware/tables/memory-map.ts';
import { acpiFiles } from '../../firmware/tables/table-loader.ts';
import { type BoardParts, pcAcpiPlatform, pcSmbiosPlatform, SEABIOS_PIRQS } from '../layout/acpi.ts';
import { PCI_AHCI } from '../layout/ports.ts';
import type { BootOrder } from './own-bios.ts';
import { drivePlaces, type StorageOptions, type StoragePlace } from './storage.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the user chose and the machine has. */
export interface FirmwareMachine {
  readonly ramSize: number;
  readonly processors: number;
  /** What ACPI tables are to say of the board, asked when firmware reads them. */
  readonly parts?: () => BoardParts;
  /** OpenFirmware paths in the order in which to boot, e.g. '/pci@i0cf8/ide@1,1/drive@0/disk@0'. */
  readonly bootOrder?: readonly string[];
  /** Milliseconds that a boot menu waits for its key; no menu unless given. */
  readonly bootMenu?: number;
}

const IDE = '/pci@i0cf8/ide@1,1';
const AHCI = `/pci@i0cf8/pci8086,2922@${PCI_AHCI[0].toString(16)}`;
const FLOPPY = '/pci@i0cf8/isa@1/fdc@03f0/floppy';

/** OpenFirmware paths of the drives that `storage` puts behind the board's connectors, by kinds of media in order. */
export function bootPaths(order: BootOrder, storage: StorageOptions): readonly string[] {
  const pathOf = (place: StoragePlace): string =>
    place.bus === 'ide'
      ? `${IDE}/drive@${place.channel}/disk@${place.device}`
      : `${AHCI}/drive@${place.port}/disk@0`;
  const { disks, cdrom } = drivePlaces(storage);
  const paths = {
    floppy: (storage.floppies ?? []).map((_, i) => `${FLOPPY}@${i}`),
    cdrom: cdrom === undefined ? [] : [pathOf(cdrom)],
    disk: disks.map(({ place }) => pathOf(place)),
  };
  // HALT: nothing that is not in the list is tried.
  return [...order.flatMap((kind) => paths[kind]), 'HALT'];
}

const ITEM_RAM_SIZE = 0x03;
const ITEM_PROCESSORS = 0x05;
const ITEM_BOOT_MENU = 0x0e;
const ITEM_MOST_PROCESSORS = 0x0f;
/** Of this architecture: IRQ 0 arrives at input 2 of the I/O APIC. */
const ITEM_IRQ0_OVERRIDE = 0x8002;

/** etc/system-states: for S0 to S5 the value of SLP_TYP, with bit 7 where there is that state. */
const AVAILABLE = 0x80;
const SYSTEM_STATES = Uint8Array.of(
  ...[AVAILABLE, 0, 0, AVAILABLE | SLEEP_TYPE_S3, AVAILABLE | SLEEP_TYPE_S4, AVAILABLE | SLEEP_TYPE_S5],
);

export function firmwareItems(machine: FirmwareMachine): FirmwareItems {
  const { ramSize, processors, parts = () => ({}), bootOrder = [], bootMenu } = machine;
  const text = new TextEncoder();
  const platform = () => pcAcpiPlatform(processors, { ...parts(), pirqs: SEABIOS_PIRQS, pciWindow: ramSize });
  const files = new Map<string, Uint8Array | (() => Uint8Array)>([
    ['etc/e820', encodeE820([{ base: 0, size: ramSize, type: E820_RAM }])],
    ['etc/system-states', SYSTEM_STATES],
    ...smbiosFiles(pcSmbiosPlatform(processors, ramSize)),
    ...acpiFiles(platform),
  ]);
  // The list ends with a zero byte.
  if (bootOrder.length > 0) files.set('bootorder', text.encode(`${bootOrder.join('\n')}\0`));
  if (bootMenu !== undefined) files.set('etc/boot-menu-wait', littleEndian(bootMenu, 2));
  return {
    items: new Map([
      [ITEM_RAM_SIZE, littleEndian(ramSize, 8)],
      [ITEM_PROCESSORS, littleEndian(processors, 2)],
      [ITEM_BOOT_MENU, littleEndian(bootMenu === undefined ? 0 : 1, 2)],
      [ITEM_MOST_PROCESSORS, littleEndian(processors, 2)],
      [ITEM_IRQ0_OVERRIDE, littleEndian(1, 4)],
    ]),
    files,
  };
}

/** A floppy drive; bits 7:6 hold how many more. */
const EQUIPMENT_FLOPPY = 0x01;
const EQUIPMENT_COPROCESSOR = 0x02;
const EQUIPMENT_MOUSE = 0x04;

/**
 * Index and value of the CMOS bytes that tell of memory, equipment and processors.
 *
 * @param floppies types of the drives A and B as byte 10h has them; 0 for none
 */
export function cmosBytes(
  ramSize: number,
  processors: number,
  floppies: readonly [number, number],
): readonly (readonly [number, number])[] {
  const word = (index: number, value: number) =>
    [
      [index, value & 0xff],
      [index + 1, value >> 8],
    ] as const;
  const extended = Math.min(Math.floor((ramSize - MIB) / KIB), 0xffff);
  const above16 = Math.max(0, Math.min(Math.floor((ramSize - 16 * MIB) / (64 * KIB)), 0xffff));
  const drives = floppies.filter((type) => type !== 0).length;
  const floppyEquipment = drives === 0 ? 0 : EQUIPMENT_FLOPPY | ((drives - 1) << 6);
  return [
    [0x10, (floppies[0] << 4) | floppies[1]],
    [0x14, EQUIPMENT_COPROCESSOR | EQUIPMENT_MOUSE | floppyEquipment],
    ...word(0x15, 640),
    ...word(0x17, extended),
    ...word(0x30, extended),
    ...word(0x34, above16),
    [0x5f, processors - 1],
  ];
}
