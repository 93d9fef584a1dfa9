// INT 14h, the serial ports, and INT 17h, the printers. IBM PS/2 and PC BIOS Interface Technical Reference.
import type { BiosFrame } from './frame.ts';
import { BDA_PARALLEL_PORTS, BDA_SERIAL_PORTS } from './layout.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

// Registers of the 16550 from the port's base.
const DATA = 0;
const DIVISOR_LOW = 0;
const INTERRUPT_ENABLE = 1;
const DIVISOR_HIGH = 1;
const LINE_CONTROL = 3;
const MODEM_CONTROL = 4;
const LINE_STATUS = 5;
const MODEM_STATUS = 6;
const DIVISOR_LATCH = 0x80;
const READY = 0x03;
const DATA_READY = 0x01;
const HOLDING_EMPTY = 0x20;
const TIMED_OUT = 0x80;
/** Divisors for 110 to 9600 bits a second, by bits 7:5 of AL. */
const DIVISORS = [1047, 768, 384, 192, 96, 48, 24, 12];
/** And for AH=04h: 110 to 19,200. */
const EXTENDED_DIVISORS = [...DIVISORS, 6, 3, 2, 1];

export function serialService(frame: BiosFrame, memory: BiosMemory, ports: BiosPorts): void {
  const base = frame.dx < 4 ? memory.read16(BDA_SERIAL_PORTS + 2 * frame.dx) : 0;
  if (base === 0) return;
  const status = () => {
    frame.ah = ports.portRead(base + LINE_STATUS, 1);
    frame.al = ports.portRead(base + MODEM_STATUS, 1);
  };
  const configure = (divisor: number, control: number) => {
    ports.portWrite(base + LINE_CONTROL, 1, DIVISOR_LATCH);
    ports.portWrite(base + DIVISOR_LOW, 1, divisor & 0xff);
    ports.portWrite(base + DIVISOR_HIGH, 1, divisor >>> 8);
    ports.portWrite(base + LINE_CONTROL, 1, control);
    ports.portWrite(base + INTERRUPT_ENABLE, 1, 0);
  };
  switch (frame.ah) {
    case 0x00:
      configure(DIVISORS[frame.al >>> 5]!, frame.al & 0x1f);
      status();
      return;
    case 0x01: {
      ports.portWrite(base + MODEM_CONTROL, 1, READY);
      if ((ports.portRead(base + LINE_STATUS, 1) & HOLDING_EMPTY) !== 0) {
        ports.portWrite(base + DATA, 1, frame.al);
        frame.ah = ports.portRead(base + LINE_STATUS, 1) & ~TIMED_OUT;
      } else frame.ah = ports.portRead(base + LINE_STATUS, 1) | TIMED_OUT;
      return;
    }
    case 0x02: {
      const line = ports.portRead(base + LINE_STATUS, 1);
      if ((line & DATA_READY) !== 0) {
        frame.al = ports.portRead(base + DATA, 1);
        frame.ah = line & 0x1e;
      } else frame.ah = TIMED_OUT;
      return;
    }
    case 0x03:
      status();
      return;
    case 0x04: {
      const parity = [0x00, 0x08, 0x18, 0x28, 0x38][frame.bh] ?? 0;
      const control = (frame.ch & 3) | ((frame.bl & 1) << 2) | parity | (frame.al === 1 ? 0x40 : 0);
      configure(EXTENDED_DIVISORS[frame.cl] ?? 12, control);
      status();
      return;
    }
    case 0x05:
      if (frame.al === 1) ports.portWrite(base + MODEM_CONTROL, 1, frame.bl);
      frame.bl = ports.portRead(base + MODEM_CONTROL, 1);
      status();
      return;
    default:
  }
}

// The parallel port from its base: data, status, control.
const PRINTER_STATUS = 1;
const PRINTER_CONTROL = 2;
/** Signals that are inverted in the status register as INT 17h shows it: acknowledge and error. */
const STATUS_INVERTED = 0x48;
const STROBE = 0x01;
const NOT_INITIALIZED = 0x04;
const SELECTED = 0x08;

export function printerService(frame: BiosFrame, memory: BiosMemory, ports: BiosPorts): void {
  const base = frame.dx < 3 ? memory.read16(BDA_PARALLEL_PORTS + 2 * frame.dx) : 0;
  if (base === 0) {
    frame.ah = 0x01; // time-out
    return;
  }
  switch (frame.ah) {
    case 0x00:
      ports.portWrite(base, 1, frame.al);
      ports.portWrite(base + PRINTER_CONTROL, 1, SELECTED | NOT_INITIALIZED | STROBE);
      ports.portWrite(base + PRINTER_CONTROL, 1, SELECTED | NOT_INITIALIZED);
      break;
    case 0x01:
      ports.portWrite(base + PRINTER_CONTROL, 1, SELECTED);
      ports.portWrite(base + PRINTER_CONTROL, 1, SELECTED | NOT_INITIALIZED);
      break;
    case 0x02:
      break;
    default:
      return;
  }
  frame.ah = (ports.portRead(base + PRINTER_STATUS, 1) & 0xf8) ^ STATUS_INVERTED;
}
