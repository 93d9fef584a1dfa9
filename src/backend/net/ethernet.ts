// Ethernet as cards and networks share it (IEEE 802.3, clause 3): addresses, the shortest frame, the frame check
// sequence; and the checksum of the Internet protocols (RFC 1071).

/** Bytes of a frame without its frame check sequence, at least. */
export const SHORTEST_FRAME = 60;
export const FCS_SIZE = 4;
export const ETHERNET_HEADER = 14;

/** Six bytes. */
export type MacAddress = readonly number[];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc >>> 0;
});

/** The cyclic redundancy check of some bytes, before it is inverted; unsigned. */
function remainder(bytes: Uint8Array, length: number): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return crc >>> 0;
}

/** The frame check sequence as it follows on the wire, little-endian. */
export function frameCheckSequence(frame: Uint8Array): number {
  return ~remainder(frame, frame.length) >>> 0;
}

/** The upper six bits of the check of a destination address, most significant first on the wire: cards' hash filters. */
export function multicastHash(frame: Uint8Array): number {
  const crc = remainder(frame, 6);
  let hash = 0;
  for (let bit = 0; bit < 6; bit++) hash = (hash << 1) | ((crc >>> bit) & 1);
  return hash;
}

export function isBroadcast(frame: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== 0xff) return false;
  return true;
}
export function isMulticast(frame: Uint8Array): boolean {
  return (frame[0]! & 1) !== 0;
}

/** The frame at the length that Ethernet wants at least, with zeros behind it. */
export function padded(frame: Uint8Array): Uint8Array {
  if (frame.length >= SHORTEST_FRAME) return frame;
  const long = new Uint8Array(SHORTEST_FRAME);
  long.set(frame);
  return long;
}

/** The sum of 16-bit words, most significant byte first, folded to 16 bits; an odd byte is the upper half of a word. */
export function onesComplementSum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  let sum = initial;
  for (let at = start; at < end; at += 2) sum += (bytes[at]! << 8) | (at + 1 < end ? bytes[at + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return sum;
}
