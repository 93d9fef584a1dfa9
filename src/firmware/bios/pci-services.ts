// INT 1Ah, AH=B1h: the PCI BIOS (PCI BIOS Specification 2.1, section 4), for its real-mode callers. One bus.
//
// Not offered: special cycles, interrupt routing (0Eh, 0Fh), the 32-bit entry.
import type { BiosFrame } from './frame.ts';
import type { BiosPorts } from './wires.ts';

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x8000_0000;
const SIGNATURE = 0x20494350; // "PCI "
const SUCCESSFUL = 0x00;
const NOT_SUPPORTED = 0x81;
const BAD_VENDOR = 0x83;
const NOT_FOUND = 0x86;
const BAD_REGISTER = 0x87;
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

export function pciService(frame: BiosFrame, ports: BiosPorts): void {
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
    default:
      answer(NOT_SUPPORTED);
  }
}
