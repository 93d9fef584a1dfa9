// Registers of the 82540EM that are stored and read back (the manual's chapter 13). Some matter: VET, the delays, RXCSUM. Others
// are about the wire, flow control or power, of which there is none.
//
// SWSM is a register of later cards (the manual of the 82571 to 82574, "Software Semaphore"): drivers for the whole family (U-Boot's)
// take it before they read the EEPROM of any, and go without the card's address where it does not keep what they write.

/** Name, offset, bits that can be written, value after reset. */
export const STORED_REGISTERS: readonly (readonly [
  name: string,
  offset: number,
  writable: number,
  reset: number,
])[] = [
  ['FLA', 0x001c, 0x3f, 0],
  ['FCAL', 0x0028, 0xffff_ffff, 0x00c2_8001],
  ['FCAH', 0x002c, 0xffff, 0x0100],
  ['FCT', 0x0030, 0xffff, 0x8808],
  ['VET', 0x0038, 0xffff, 0x8100],
  ['FCTTV', 0x0170, 0xffff, 0],
  ['TXCW', 0x0178, 0xffff_ffff, 0],
  ['TIPG', 0x0410, 0x3fff_ffff, 0],
  ['AIT', 0x0458, 0xffff, 0],
  ['LEDCTL', 0x0e00, 0xffff_ffff, 0x0706_8302],
  ['PBA', 0x1000, 0x007f_007f, 0x0010_0030],
  ['FCRTL', 0x2160, 0x8000_fff8, 0],
  ['FCRTH', 0x2168, 0x8000_fff8, 0],
  ['RDTR', 0x2820, 0xffff, 0],
  ['RXDCTL', 0x2828, 0x013f_3f3f, 0x0001_0000],
  ['RADV', 0x282c, 0xffff, 0],
  ['RSRPD', 0x2c00, 0x0fff, 0],
  ['TXDMAC', 0x3000, 1, 0],
  ['TIDV', 0x3820, 0xffff, 0],
  ['TXDCTL', 0x3828, 0xfe3f_3f3f, 0],
  ['TADV', 0x382c, 0xffff, 0],
  ['TSPMT', 0x3830, 0xffff_ffff, 0x0100_0400],
  ['RXCSUM', 0x5000, 0x07ff, 0],
  ['WUC', 0x5800, 0x0f, 0],
  ['WUFC', 0x5808, 0x000f_00ff, 0],
  ['IPAV', 0x5838, 0x0001_000f, 0],
  ['MANC', 0x5820, 0xffff_ffff, 0],
  ['SWSM', 0x5b50, 3, 0],
];

export const storedReset = (): Uint32Array => Uint32Array.from(STORED_REGISTERS, ([, , , reset]) => reset);

const place = (name: string): number => STORED_REGISTERS.findIndex((row) => row[0] === name);

/** Places of those that matter. */
export const STORED_VET = place('VET');
export const STORED_RDTR = place('RDTR');
export const STORED_RADV = place('RADV');
export const STORED_TIDV = place('TIDV');
export const STORED_TADV = place('TADV');
export const STORED_RXCSUM = place('RXCSUM');
