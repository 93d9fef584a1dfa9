// What an AHCI port finds in memory (Serial ATA AHCI 1.3.1, section 4.2): its command list, the command tables with their
// descriptors, and the area for received FISes.
//
//   command header (32)  0: 4:0 length of the FIS in dwords  5 ATAPI  6 write  8 reset  10 clear BSY  31:16 descriptors
//                        4: bytes moved   8: address of the command table (128-byte boundary), 64 bits
//   command table        00h FIS  40h ATAPI command  80h descriptors
//   descriptor (16)      0: address, 64 bits   12: 21:0 bytes less one (even)  31 interrupt
import type { DmaView } from '../lines.ts';

const HEADER_SIZE = 32;
const PACKET = 0x40;
const DESCRIPTORS = 0x80;
const DESCRIPTOR_SIZE = 16;
/** A FIS in a command table: at most 16 dwords. */
const MOST_FIS = 64;

export interface CommandHeader {
  /** Dwords of the FIS. */
  readonly fisLength: number;
  readonly atapi: boolean;
  /** BSY is cleared when the FIS has been sent, and the command is over. */
  readonly clearBusy: boolean;
  readonly descriptors: number;
  /** Address of the command table. */
  readonly table: number;
  /** Its own address. */
  readonly at: number;
}

export interface Descriptor {
  readonly address: number;
  /** Even, 2 to 4 MiB. */
  readonly bytes: number;
  readonly interrupt: boolean;
}

export class CommandMemory {
  readonly #memory: DmaView;
  readonly #bytes = new Uint8Array(MOST_FIS);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(memory: DmaView) {
    this.#memory = memory;
  }

  header(list: number, slot: number): CommandHeader {
    const at = list + HEADER_SIZE * slot;
    this.#memory.read(at, this.#bytes.subarray(0, HEADER_SIZE));
    const flags = this.#view.getUint32(0, true);
    return {
      fisLength: flags & 0x1f,
      atapi: (flags & 0x20) !== 0,
      clearBusy: (flags & 0x400) !== 0,
      descriptors: flags >>> 16,
      table: this.#address(8, ~0x7f),
      at,
    };
  }
  /** The FIS of a command: as long as its header says. */
  fis(header: CommandHeader): Uint8Array {
    const fis = new Uint8Array(MOST_FIS);
    this.#memory.read(header.table, fis.subarray(0, Math.min(MOST_FIS, 4 * header.fisLength)));
    return fis;
  }
  packet(header: CommandHeader, target: Uint8Array): void {
    this.#memory.read(header.table + PACKET, target);
  }
  descriptor(header: CommandHeader, index: number): Descriptor {
    this.#memory.read(
      header.table + DESCRIPTORS + DESCRIPTOR_SIZE * index,
      this.#bytes.subarray(0, DESCRIPTOR_SIZE),
    );
    const last = this.#view.getUint32(12, true);
    return {
      address: this.#address(0, ~1),
      bytes: ((last & 0x3f_ffff) | 1) + 1,
      interrupt: last >>> 31 !== 0,
    };
  }
  /** Moves bytes to memory, or from there. */
  move(address: number, bytes: Uint8Array, toMemory: boolean): void {
    if (toMemory) this.#memory.write(address, bytes);
    else this.#memory.read(address, bytes);
  }
  /** Memory itself, to be filled; undefined where it is not RAM throughout. */
  lend(address: number, bytes: number): Uint8Array | undefined {
    return this.#memory.lend?.(address, bytes, 'write');
  }
  /** How many bytes a command has moved. */
  setMoved(header: CommandHeader, count: number): void {
    this.#view.setUint32(0, count, true);
    this.#memory.write(header.at + 4, this.#bytes.subarray(0, 4));
  }
  /** Puts a FIS into the area for received ones. */
  receive(area: number, offset: number, fis: Uint8Array): void {
    this.#memory.write(area + offset, fis);
  }

  #address(at: number, mask: number): number {
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + ((this.#view.getUint32(at, true) & mask) >>> 0);
  }
}
