// fw_cfg: how firmware of a virtual machine asks for what a mainboard's firmware knows (QEMU's specification
// "docs/specs/fw_cfg"; the same device under the same ports in every machine of that family).
//
//   fw-cfg      0  selector   w  16 bits: the item to read; begins at its first byte
//               1  data       r  8 bits: the next byte of the item; 0 behind its end
//   fw-cfg-dma  0  address, high half   w  32 bits, big-endian
//               4  address, low half    w  32 bits, big-endian: starts the transfer described there
//               reads give "QEMU CFG", as a sign that there is a DMA interface
//
//   description in guest memory, big-endian:  0 control  4 length  8 address (64 bits)
//   control:  0 error (result: also where there is no memory)  1 read  2 skip  3 select (item in 31:16)  4 write (refused: items are read-only)
//
//   A selector's bit 14 (once: for writing) does not count; the data port is also read at the selector's.
//
// Items: 0 signature "QEMU", 1 interfaces, 0x19 directory of the files, 0x20 and up the files; others by number.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, integer, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { ReportingDmaView } from '../lines.ts';
import { merge, type Register, type RegisterRegion, registerRegion } from '../registers.ts';

const ITEM_SIGNATURE = 0x00;
const ITEM_INTERFACES = 0x01;
const ITEM_DIRECTORY = 0x19;
const FIRST_FILE = 0x20;
/** Traditional interface and DMA. */
const INTERFACES = 3;
const NAME_SIZE = 56;
const ENTRY_SIZE = 8 + NAME_SIZE;

const SIGNATURE = new TextEncoder().encode('QEMU');
const NOTHING = new Uint8Array();
const WRITE_CHANNEL = 0x4000;

const DMA_ERROR = 1;
const DMA_READ = 2;
const DMA_SKIP = 4;
const DMA_SELECT = 8;
const DMA_WRITE = 16;
const DMA_SIGN = new TextEncoder().encode('QEMU CFG');
/** Bytes moved at a time. */
const PIECE = 4096;
/** So that no transfer takes long; items are smaller. */
const LONGEST_TRANSFER = 2 ** 26;

const SHAPE = {
  item: uint(16),
  position: integer(0, Number.MAX_SAFE_INTEGER),
  addressHigh: uint(32),
  addressLow: uint(32),
};

/** What an item holds; one that depends on the machine's state is made when it is selected, always as long. */
export type FirmwareItem = Uint8Array | (() => Uint8Array);

/** What firmware finds: numbered items, and files by name (up to 55 characters). */
export interface FirmwareItems {
  readonly items?: ReadonlyMap<number, Uint8Array>;
  readonly files?: ReadonlyMap<string, FirmwareItem>;
}

export interface FwCfgOptions {
  readonly memory: ReportingDmaView;
  readonly contents?: FirmwareItems;
}

export class FwCfg implements Chip {
  /** fw-cfg (2 ports) and fw-cfg-dma (8 ports). */
  readonly regions: readonly RegisterRegion[];
  readonly #memory: ReportingDmaView;
  #contents: () => FirmwareItems;
  /** By number, once somebody asks for more than the signature. */
  #items: ReadonlyMap<number, FirmwareItem> | undefined;
  /** What the selected item holds. */
  #content: Uint8Array = NOTHING;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: FwCfgOptions) {
    this.#memory = options.memory;
    this.#contents = () => options.contents ?? {};
    this.#load();
    const words = registerRegion('fw-cfg', 2, SELECTOR_REGISTERS, this);
    this.regions = [
      {
        ...words,
        // The selector is 16 bits wide and nothing less; both bytes read as the data port.
        write: (offset: number, width: AccessWidth, value: number) => {
          if (offset === 0 && width > 1) this.#select(value & 0xffff);
        },
        read: (offset: number, width: AccessWidth) => (offset < 2 && width === 1 ? this.#next() : 0),
      },
      registerRegion('fw-cfg-dma', 8, DMA_REGISTERS, this),
    ];
  }

  /** Takes the place of what was there; called when the guest first asks for an item. */
  offer(contents: () => FirmwareItems): void {
    this.#contents = contents;
    this.#items = undefined;
    this.#load();
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#load();
  }

  save(): StateRecord {
    return saveState('fw-cfg', 1, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('fw-cfg', 1, SHAPE, this.#state, record);
    this.#load();
  }

  // What the register tables call. Registers are big-endian.

  writeAddressHigh(value: number, lanes: number): void {
    this.#state.addressHigh = merge(this.#state.addressHigh, value, lanes);
  }

  writeAddressLow(value: number, lanes: number): void {
    const state = this.#state;
    state.addressLow = merge(state.addressLow, value, lanes);
    if (lanes !== 0xffff_ffff) return;
    const address = swapped(state.addressHigh) * 2 ** 32 + swapped(state.addressLow);
    state.addressHigh = 0;
    state.addressLow = 0;
    this.#transfer(address);
  }

  #select(item: number): void {
    this.#state.item = item & ~WRITE_CHANNEL;
    this.#state.position = 0;
    this.#load();
  }

  #load(): void {
    this.#content = this.#state.item === ITEM_SIGNATURE ? SIGNATURE : this.#find(this.#state.item);
  }

  #find(number: number): Uint8Array {
    this.#items ??= numbered(this.#contents());
    const item = this.#items.get(number) ?? NOTHING;
    return typeof item === 'function' ? item() : item;
  }

  #next(): number {
    const byte = this.#content[this.#state.position];
    if (byte === undefined) return 0;
    this.#state.position++;
    return byte;
  }

  #transfer(address: number): void {
    if (!Number.isSafeInteger(address)) return;
    const bytes = new Uint8Array(16);
    const described = this.#memory.read(address, bytes);
    const view = new DataView(bytes.buffer);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const target = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
    if (described && (control & DMA_SELECT) !== 0) this.#select(control >>> 16);
    let result = 0;
    if (!described) result = DMA_ERROR;
    else if ((control & DMA_READ) !== 0) result = this.#readTo(target, length) ? 0 : DMA_ERROR;
    else if ((control & (DMA_WRITE | DMA_SKIP)) !== 0) this.#state.position += length;
    if ((control & (DMA_READ | DMA_WRITE)) === DMA_WRITE) result = DMA_ERROR;
    view.setUint32(0, result);
    this.#memory.write(address, bytes.subarray(0, 4));
  }
  /** What lies behind the item's end reads as 0. False where memory did not take all of it. */
  #readTo(target: number, length: number): boolean {
    if (length > LONGEST_TRANSFER || !Number.isSafeInteger(target + length)) return false;
    const item = this.#content;
    let written = true;
    for (let done = 0; done < length; done += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, length - done));
      const start = Math.min(this.#state.position, item.length);
      piece.set(item.subarray(start, start + piece.length));
      written = this.#memory.write(target + done, piece) && written;
      this.#state.position += piece.length;
    }
    return written;
  }
}

function swapped(value: number): number {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, value, true);
  return bytes.getUint32(0);
}

function numbered(contents: FirmwareItems): ReadonlyMap<number, FirmwareItem> {
  const files = [...(contents.files ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const directory = new Uint8Array(4 + files.length * ENTRY_SIZE);
  const view = new DataView(directory.buffer);
  view.setUint32(0, files.length);
  const items = new Map<number, FirmwareItem>([
    [ITEM_INTERFACES, Uint8Array.of(INTERFACES, 0, 0, 0)],
    ...(contents.items ?? []),
  ]);
  files.forEach(([name, bytes], i) => {
    const entry = 4 + i * ENTRY_SIZE;
    view.setUint32(entry, (typeof bytes === 'function' ? bytes() : bytes).length);
    view.setUint16(entry + 4, FIRST_FILE + i);
    const encoded = new TextEncoder().encode(name);
    if (encoded.length >= NAME_SIZE) throw new RangeError(`the name ${name} is too long for fw_cfg`);
    directory.set(encoded, entry + 8);
    items.set(FIRST_FILE + i, bytes);
  });
  items.set(ITEM_DIRECTORY, directory);
  return items;
}

const SELECTOR_REGISTERS: readonly Register<FwCfg>[] = [
  { name: 'SELECTOR', offset: 0, width: 2, access: 'WO', write: () => {} },
  { name: 'DATA', offset: 1, width: 1, access: 'RO', read: () => 0 },
];

const signWord = (offset: number): number => new DataView(DMA_SIGN.buffer).getUint32(offset, true);

const DMA_REGISTERS: readonly Register<FwCfg>[] = [
  {
    name: 'DMA_ADDRESS_HIGH',
    offset: 0,
    width: 4,
    reset: signWord(0),
    access: 'RW',
    read: () => signWord(0),
    write: (chip, value, lanes) => chip.writeAddressHigh(value, lanes),
  },
  {
    name: 'DMA_ADDRESS_LOW',
    offset: 4,
    width: 4,
    reset: signWord(4),
    access: 'RW',
    read: () => signWord(4),
    write: (chip, value, lanes) => chip.writeAddressLow(value, lanes),
  },
];
