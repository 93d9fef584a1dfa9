// The 256 words that IDENTIFY DEVICE and IDENTIFY PACKET DEVICE answer with (ATA/ATAPI-7 volume 1,
// clauses 6.17 and 6.18).
import type { Geometry } from './ata-geometry.ts';

const INTEGRITY_WORD = 255;

/** Words with an integrity word at their end, as 512 bytes. */
export class IdentifyData {
  readonly bytes = new Uint8Array(512);

  word(index: number, value: number): void {
    this.bytes[2 * index] = value;
    this.bytes[2 * index + 1] = value >> 8;
  }
  /** A number in `words` words, the least significant first. */
  number(index: number, words: number, value: number): void {
    for (let i = 0; i < words; i++) this.word(index + i, Math.floor(value / 2 ** (16 * i)) & 0xffff);
  }
  /** ASCII, two characters a word with the first in the upper half, padded with spaces. */
  text(index: number, words: number, text: string): void {
    const padded = text.padEnd(2 * words).slice(0, 2 * words);
    for (let i = 0; i < words; i++) {
      this.word(index + i, (padded.charCodeAt(2 * i) << 8) | (padded.charCodeAt(2 * i + 1) & 0xff));
    }
  }
  /** Signature A5 and a checksum that makes all bytes add up to zero. */
  seal(): Uint8Array {
    this.word(INTEGRITY_WORD, 0xa5);
    const sum = this.bytes.reduce((a, b) => a + b, 0);
    this.bytes[511] = -sum;
    return this.bytes;
  }
}

/** What the words say that can change. */
export interface TransferModes {
  /** Multiword DMA mode 0 to 2 that is selected, or -1. */
  readonly multiwordDma: number;
  /** Ultra DMA mode 0 to 5 that is selected, or -1. */
  readonly ultraDma: number;
}

/** Highest modes that the drives of this folder have. */
export const MULTIWORD_MODES = 0x07;
export const ULTRA_MODES = 0x3f;

const selected = (mode: number): number => (mode < 0 ? 0 : 0x100 << mode);

/** Words 63 to 68 and 88: how data may be transferred. */
function transferModes(data: IdentifyData, modes: TransferModes): void {
  data.word(63, MULTIWORD_MODES | selected(modes.multiwordDma));
  data.word(64, 0x03); // PIO modes 3 and 4
  for (let word = 65; word <= 68; word++) data.word(word, 120); // ns a cycle
  data.word(88, ULTRA_MODES | selected(modes.ultraDma));
}

export interface DiskIdentity {
  readonly serial: string;
  readonly firmware: string;
  readonly model: string;
}

export interface DiskFacts extends DiskIdentity {
  readonly sectors: number;
  /** The geometry after power-on, and as it is now. */
  readonly geometry: Geometry;
  readonly current: Geometry;
  /** Sectors of a block of READ MULTIPLE: most, and now (0: not set). */
  readonly mostMultiple: number;
  readonly multiple: number;
  readonly modes: TransferModes;
  readonly writeCache: boolean;
  readonly lookAhead: boolean;
  /** Commands that a disk on a serial interface takes at once; 0 for one on a parallel interface. */
  readonly queueDepth: number;
  /** Whether SMART is enabled; every disk has it. */
  readonly smart: boolean;
}

const COMMANDS_82 = 0x7069; // NOP, READ BUFFER, WRITE BUFFER, look-ahead, write cache, power management, SMART
const COMMANDS_83 = 0x7400; // FLUSH CACHE (EXT), LBA48; bits 15:14 are 01
const COMMANDS_84 = 0x4043; // FUA, SMART's self-test and error logs
const GENERAL_LOG = 0x0020;
const LOOK_AHEAD = 0x40;
const WRITE_CACHE = 0x20;
const SMART = 0x01;

/** Words 75 to 79, 93 and 222: on which kind of interface a device is. */
function interfaceWords(data: IdentifyData, serial: boolean, queueDepth: number): void {
  if (!serial) {
    data.word(93, 0x600b); // an 80-conductor cable; device 0 passed its diagnostics
    return;
  }
  if (queueDepth > 0) data.word(75, queueDepth - 1);
  data.word(76, 0x0006 | (queueDepth > 0 ? 0x0100 : 0)); // 1.5 and 3 Gb/s, native command queuing
  data.word(222, 0x101f); // Serial ATA, up to 2.6
}

export function identifyDisk(f: DiskFacts): Uint8Array {
  const data = new IdentifyData();
  const capacity = f.current.cylinders * f.current.heads * f.current.sectors;
  data.word(0, 0x0040); // an ATA device that is not removable
  data.word(1, f.geometry.cylinders);
  data.word(3, f.geometry.heads);
  data.word(6, f.geometry.sectors);
  data.text(10, 10, f.serial);
  data.text(23, 4, f.firmware);
  data.text(27, 20, f.model);
  data.word(47, 0x8000 | f.mostMultiple);
  data.word(49, 0x0f00); // IORDY, LBA, DMA
  data.word(50, 0x4000);
  data.word(51, 0x0200);
  data.word(52, 0x0200);
  data.word(53, 0x0007);
  data.word(54, f.current.cylinders);
  data.word(55, f.current.heads);
  data.word(56, f.current.sectors);
  data.number(57, 2, capacity);
  data.word(59, f.multiple === 0 ? 0 : 0x0100 | f.multiple);
  data.number(60, 2, Math.min(f.sectors, 0x0fff_ffff));
  transferModes(data, f.modes);
  data.word(69, 0x0000);
  data.word(80, 0x00fe); // ATA-1 to ATA/ATAPI-7
  data.word(82, COMMANDS_82);
  data.word(83, COMMANDS_83);
  const serial = f.queueDepth > 0;
  const commands84 = COMMANDS_84 | (serial ? GENERAL_LOG : 0);
  data.word(84, commands84);
  const off = (f.lookAhead ? 0 : LOOK_AHEAD) | (f.writeCache ? 0 : WRITE_CACHE) | (f.smart ? 0 : SMART);
  data.word(85, COMMANDS_82 & ~off);
  data.word(86, COMMANDS_83 & 0x3fff);
  data.word(87, commands84);
  interfaceWords(data, serial, f.queueDepth);
  data.number(100, 4, f.sectors);
  data.word(105, 8); // blocks of ranges of one DATA SET MANAGEMENT
  data.word(169, 0x0001); // TRIM
  data.word(217, 0x0001); // nothing turns
  return data.seal();
}

/** A CD-ROM drive. */
export function identifyPacketDevice(
  identity: DiskIdentity,
  modes: TransferModes,
  serial: boolean,
): Uint8Array {
  const data = new IdentifyData();
  data.word(0, 0x85c0); // ATAPI, CD-ROM, removable, DRQ within 50 us, packets of 12 bytes
  data.text(10, 10, identity.serial);
  data.text(23, 4, identity.firmware);
  data.text(27, 20, identity.model);
  data.word(49, 0x0f00);
  data.word(50, 0x4000);
  data.word(51, 0x0200);
  data.word(53, 0x0006);
  transferModes(data, modes);
  data.word(80, 0x00fe);
  data.word(82, 0x4218); // NOP, DEVICE RESET, PACKET, power management
  data.word(83, 0x4000);
  data.word(84, 0x4000);
  data.word(85, 0x4218);
  data.word(87, 0x4000);
  interfaceWords(data, serial, 0);
  return data.seal();
}
