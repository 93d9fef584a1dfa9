// What a flash chip says of itself when it is asked by the common flash interface (JESD68.01, sections 3.1 to 3.4), with the
// extended query table of Intel's command set (28F128J3A data sheet, "Read Query Mode", tables 8 to 12).
//
//   10h  "QRY", command set 0001h, address of the extended table
//   1Bh  supply voltages and times, each as a power of two
//   27h  size, interface, write buffer, erase regions
//   31h  "PRI" 1.0: the extended table

/** Bytes of the write buffer. */
export const WRITE_BUFFER = 256;
/** Bytes of an erase block. */
export const ERASE_BLOCK = 4096;

const QUERY = 0x10;
const EXTENDED = 0x31;
const INTEL_EXTENDED_COMMANDS = 0x0001;

const word = (value: number): readonly number[] => [value & 0xff, value >> 8];
const text = (characters: string): readonly number[] => [...characters].map((c) => c.charCodeAt(0));

/** The answer from address 0 on; zeros beyond it. */
export function queryTable(size: number): Uint8Array {
  const blocks = size / ERASE_BLOCK;
  const table = new Uint8Array(EXTENDED + 15);
  table.set(
    [
      ...text('QRY'),
      ...word(INTEL_EXTENDED_COMMANDS),
      ...word(EXTENDED),
      ...word(0), // no alternate command set
      ...word(0),
      ...[0x45, 0x55, 0x00, 0x00], // 4.5 V to 5.5 V, no programming voltage
      ...[0x07, 0x07, 0x0a, 0x00], // typical: 128 us a byte or a buffer, 1 s a block; no chip erase
      ...[0x04, 0x04, 0x04, 0x00], // at most 16 times as long
      Math.ceil(Math.log2(size)),
      ...word(0), // 8 bits, asynchronous
      ...word(Math.log2(WRITE_BUFFER)),
      1, // one erase region
      ...word(blocks - 1),
      ...word(ERASE_BLOCK / 256),
    ],
    QUERY,
  );
  // No optional features, nothing allowed while an erasure is suspended, no block status register; 5 V.
  table.set([...text('PRI10'), 0, 0, 0, 0, 0, 0, 0, 0x50, 0x00, 0], EXTENDED);
  return table;
}
