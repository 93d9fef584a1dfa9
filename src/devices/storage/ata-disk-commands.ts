// The commands of an ATA disk by opcode, in the order of the standard's table (ATA/ATAPI-7 volume 1, annex C;
// the power commands and retries of ATA-1 to ATA-3; DATA SET MANAGEMENT from ACS-2).
import type { AtaDisk } from './ata-disk.ts';
import { type MediaCommand, READ, VERIFY, WRITE } from './ata-disk-state.ts';

type Execute = (disk: AtaDisk) => void;

const media =
  (command: MediaCommand): Execute =>
  (disk) =>
    disk.transfer.startMedia(command);

const done: Execute = (disk) => disk.interface.complete();
const standby: Execute = (disk) => disk.setStandby(true);
const idle: Execute = (disk) => disk.setStandby(false);
const sleep: Execute = (disk) => disk.sleep();
const checkPowerMode: Execute = (disk) => disk.checkPowerMode();
const extended = true;
const dma = true;
const multiple = true;
const forceUnit = true;

/** What is not listed is aborted. */
export const DISK_COMMANDS: ReadonlyMap<number, Execute> = new Map<number, Execute>([
  [0x06, (disk) => disk.transfer.startTrim()], // DATA SET MANAGEMENT
  ...Array.from({ length: 16 }, (_, i): [number, Execute] => [0x10 + i, done]), // RECALIBRATE
  [0x20, media({ operation: READ })], // READ SECTOR(S), with and without retries
  [0x21, media({ operation: READ })],
  [0x24, media({ operation: READ, extended })], // READ SECTOR(S) EXT
  [0x25, media({ operation: READ, extended, dma })], // READ DMA EXT
  [0x27, (disk) => disk.readNativeMax(true)],
  [0x29, media({ operation: READ, extended, multiple })], // READ MULTIPLE EXT
  [0x2f, (disk) => disk.readLog()], // READ LOG EXT
  [0x30, media({ operation: WRITE })], // WRITE SECTOR(S)
  [0x31, media({ operation: WRITE })],
  [0x34, media({ operation: WRITE, extended })], // WRITE SECTOR(S) EXT
  [0x35, media({ operation: WRITE, extended, dma })], // WRITE DMA EXT
  [0x39, media({ operation: WRITE, extended, multiple })], // WRITE MULTIPLE EXT
  [0x3c, media({ operation: WRITE })], // WRITE VERIFY
  [0x3d, media({ operation: WRITE, extended, dma, forceUnit })], // WRITE DMA FUA EXT
  [0x40, media({ operation: VERIFY })], // READ VERIFY SECTOR(S)
  [0x41, media({ operation: VERIFY })],
  [0x42, media({ operation: VERIFY, extended })], // READ VERIFY SECTOR(S) EXT
  ...Array.from({ length: 16 }, (_, i): [number, Execute] => [0x70 + i, (disk) => disk.seek()]), // SEEK
  [0x91, (disk) => disk.initializeParameters()], // INITIALIZE DEVICE PARAMETERS
  [0x94, standby], // the power commands of ATA-1 to ATA-3
  [0x95, idle],
  [0x96, standby],
  [0x97, idle],
  [0x98, checkPowerMode],
  [0x99, sleep],
  [0xb0, (disk) => disk.smart.execute()], // SMART
  [0xc4, media({ operation: READ, multiple })], // READ MULTIPLE
  [0xc5, media({ operation: WRITE, multiple })], // WRITE MULTIPLE
  [0xc6, (disk) => disk.setMultiple()], // SET MULTIPLE MODE
  [0xc8, media({ operation: READ, dma })], // READ DMA
  [0xc9, media({ operation: READ, dma })],
  [0xca, media({ operation: WRITE, dma })], // WRITE DMA
  [0xcb, media({ operation: WRITE, dma })],
  [0xce, media({ operation: WRITE, extended, multiple, forceUnit })], // WRITE MULTIPLE FUA EXT
  [0xe0, standby], // STANDBY IMMEDIATE
  [0xe1, idle], // IDLE IMMEDIATE
  [0xe2, standby], // STANDBY
  [0xe3, idle], // IDLE
  [0xe4, (disk) => disk.readBuffer()],
  [0xe5, checkPowerMode],
  [0xe6, sleep],
  [0xe7, (disk) => disk.transfer.startFlush()], // FLUSH CACHE
  [0xe8, (disk) => disk.transfer.writeBuffer()],
  [0xea, (disk) => disk.transfer.startFlush()], // FLUSH CACHE EXT
  [0xec, (disk) => disk.identify()], // IDENTIFY DEVICE
  [0xef, (disk) => disk.setFeatures()], // SET FEATURES
  [0xf8, (disk) => disk.readNativeMax(false)],
]);
