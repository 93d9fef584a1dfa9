// INT 1Ah, AH=B1h: the PCI BIOS (PCI BIOS Specification 2.1, section 4), for its real-mode callers. One bus.
//
// Interrupt routing is what the $PIR table in the ROM says, which the machine has put there (tables/pci-routing.ts). Not
// offered: special cycles; routing (0Eh, 0Fh) to 32-bit callers.
import type { BiosFrame } from './frame.ts';
import { ROM_PCI_ENTRY, ROM_SEGMENT, ROM_TABLES } from './layout.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

/** AH of all these. */
export const PCI_FUNCTIONS = 0xb1;

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x8000_0000;
const SIGNATURE = 0x20494350; // "PCI "
const SUCCESSFUL = 0x00;
const NOT_SUPPORTED = 0x81;
const BAD_VENDOR = 0x83;
const NOT_FOUND = 0x86;
const BAD_REGISTER = 0x87;
const SET_FAILED = 0x88;
const BUFFER_TOO_SMALL = 0x89;
const NO_VENDOR = 0xffff;
const SLOTS = 256;

export function readPci(ports: BiosPorts, slot: number, register: number, width: 1 | 2 | 4): number {
  ports.portWrite(CONFIG_ADDRESS, 4, (ENABLE | (slot << 8) | (register & 0xfc)) >>> 0);
  return ports.portRead(CONFIG_DATA + (register & 3), width);
}
export function writePci(
  ports: BiosPorts,
  slot: number,
  register: number,
  width: 1 | 2 | 4,
  value: number,
): void {
  ports.portWrite(CONFIG_ADDRESS, 4, (ENABLE | (slot << 8) | (register & 0xfc)) >>> 0);
  ports.portWrite(CONFIG_DATA + (register & 3), width, value);
}

/** Functions of bus 0 that are there, as device * 8 + function. */
export function* pciFunctions(ports: BiosPorts): Generator<number> {
  for (let device = 0; device < 32; device++) {
    const first = device * 8;
    if (readPci(ports, first, 0, 2) === NO_VENDOR) continue;
    const several = (readPci(ports, first, 0x0e, 1) & 0x80) !== 0;
    for (let slot = first; slot < first + (several ? 8 : 1); slot++) {
      if (readPci(ports, slot, 0, 2) !== NO_VENDOR) yield slot;
    }
  }
}

export function pciService(
  frame: BiosFrame,
  memory: BiosMemory,
  ports: BiosPorts,
  mode: 'real mode' | 'protected mode' = 'real mode',
): void {
  const answer = (code: number) => {
    frame.ah = code;
    frame.carry = code !== SUCCESSFUL;
  };
  const find = (matches: (slot: number) => boolean) => {
    let index = frame.si;
    for (const slot of pciFunctions(ports)) {
      if (!matches(slot) || index-- > 0) continue;
      frame.bx = slot;
      answer(SUCCESSFUL);
      return;
    }
    answer(NOT_FOUND);
  };
  const width = ([1, 2, 4] as const)[frame.al - 0x08] ?? 1;
  switch (frame.al) {
    case 0x01:
      frame.edx = SIGNATURE;
      frame.edi = ROM_SEGMENT * 16 + ROM_PCI_ENTRY;
      frame.bx = 0x0210;
      frame.cl = 0;
      frame.al = 0x01; // mechanism 1
      answer(SUCCESSFUL);
      return;
    case 0x02: {
      const { dx, cx } = frame;
      if (dx === NO_VENDOR) answer(BAD_VENDOR);
      else find((slot) => readPci(ports, slot, 0, 2) === dx && readPci(ports, slot, 2, 2) === cx);
      return;
    }
    case 0x03: {
      const wanted = frame.ecx & 0xff_ffff;
      find((slot) => readPci(ports, slot, 8, 4) >>> 8 === wanted);
      return;
    }
    case 0x08:
    case 0x09:
    case 0x0a: {
      if (frame.di % width !== 0 || frame.di >= SLOTS) {
        answer(BAD_REGISTER);
        return;
      }
      // Another bus has nothing on it.
      const value = frame.bh === 0 ? readPci(ports, frame.bl, frame.di, width) : 0xffff_ffff;
      if (width === 4) frame.ecx = value >>> 0;
      else if (width === 2) frame.cx = value;
      else frame.cl = value;
      answer(SUCCESSFUL);
      return;
    }
    case 0x0b:
    case 0x0c:
    case 0x0d: {
      const size = ([1, 2, 4] as const)[frame.al - 0x0b]!;
      if (frame.di % size !== 0 || frame.di >= SLOTS) {
        answer(BAD_REGISTER);
        return;
      }
      if (frame.bh === 0)
        writePci(ports, frame.bl, frame.di, size, size === 4 ? frame.ecx : frame.ecx % 2 ** (8 * size));
      answer(SUCCESSFUL);
      return;
    }
    case 0x0e:
    case 0x0f: {
      const table = mode === 'real mode' ? routingTable(memory) : null;
      if (table === null) answer(NOT_SUPPORTED);
      else if (frame.al === 0x0e) answer(routingOptions(frame, memory, table));
      else answer(setInterrupt(frame, ports, table));
      return;
    }
    default:
      answer(NOT_SUPPORTED);
  }
}

const PIR_HEADER = 32;
const PIR_ENTRY = 16;
const PIR_ROUTER = 9;
const EDGE_LEVEL = 0x4d0;
const INTERRUPT_LINE = 0x3c;
const FIRST_PIN = 0x0a;

/** The $PIR table; null where the machine has none. */
function routingTable(memory: BiosMemory): Uint8Array | null {
  const at = ROM_SEGMENT * 16 + ROM_TABLES;
  if (memory.read32(at) !== 0x5249_5024) return null;
  const table = new Uint8Array(memory.read16(at + 6));
  memory.read(at, table);
  return table;
}

/** ES:DI: a word with the room in bytes, and a far pointer to it; the word becomes the size of all entries. */
function routingOptions(frame: BiosFrame, memory: BiosMemory, table: Uint8Array): number {
  const buffer = frame.es(frame.di);
  const entries = table.subarray(PIR_HEADER);
  const room = memory.read16(buffer);
  memory.write16(buffer, entries.length);
  if (room < entries.length) return BUFFER_TOO_SMALL;
  memory.write(memory.read16(buffer + 4) * 16 + memory.read16(buffer + 2), entries);
  frame.bx = 0; // no interrupt belongs to PCI alone
  return SUCCESSFUL;
}

/** BX is a function, CL its pin (0Ah to 0Dh), CH the interrupt that it shall have: the link is routed for all its slots. */
function setInterrupt(frame: BiosFrame, ports: BiosPorts, table: Uint8Array): number {
  const pin = frame.cl - FIRST_PIN;
  const irq = frame.ch;
  const slot = frame.bl & 0xf8;
  for (let at = PIR_HEADER; at < table.length; at += PIR_ENTRY) {
    const entry = table.subarray(at, at + PIR_ENTRY);
    if (frame.bh !== 0 || entry[1] !== slot || pin < 0 || pin > 3 || irq > 15) continue;
    const [link, low, high] = entry.subarray(2 + 3 * pin);
    if ((((high! << 8) | low!) & (1 << irq)) === 0) return SET_FAILED;
    writePci(ports, table[PIR_ROUTER]!, link!, 1, irq);
    const port = EDGE_LEVEL + (irq >> 3);
    ports.portWrite(port, 1, ports.portRead(port, 1) | (1 << (irq & 7)));
    writePci(ports, frame.bl, INTERRUPT_LINE, 1, irq);
    return SUCCESSFUL;
  }
  return SET_FAILED;
}
