// The BIOS data area at 0x400 and the first byte of the extended one: what operating systems still read
// from it without calling a BIOS (the end of conventional memory, the serial ports).
// IBM PC AT Technical Reference, "ROM BIOS Data Areas".
import type { GuestPhysical, Port } from '../../base/addresses.ts';

const COM_PORTS = 0x00;
const EBDA_SEGMENT = 0x0e;
const EQUIPMENT = 0x10;
const MEMORY_KIB = 0x13;
export const BIOS_DATA_AREA_SIZE = 0x100;

const MATH_COPROCESSOR = 1 << 1;
const SERIAL_COUNT_SHIFT = 9;

/** The 256 bytes at 0x400. `serialPorts` are COM1 to COM4 at most; `ebda` ends conventional memory. */
export function biosDataArea(serialPorts: readonly Port[], ebda: GuestPhysical): Uint8Array {
  const bytes = new Uint8Array(BIOS_DATA_AREA_SIZE);
  const view = new DataView(bytes.buffer);
  const ports = serialPorts.slice(0, 4);
  ports.forEach((port, i) => {
    view.setUint16(COM_PORTS + i * 2, port, true);
  });
  view.setUint16(EBDA_SEGMENT, ebda >>> 4, true);
  view.setUint16(EQUIPMENT, MATH_COPROCESSOR | (ports.length << SERIAL_COUNT_SHIFT), true);
  view.setUint16(MEMORY_KIB, ebda / 1024, true);
  return bytes;
}
