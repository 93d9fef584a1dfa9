// What all tables of firmware need: checksums and texts of fixed length.

/** Makes the sum of all bytes zero (modulo 256) by the byte at `offset`. */
export function setChecksum(bytes: Uint8Array, offset: number): void {
  bytes[offset] = 0;
  bytes[offset] = -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** Writes a text of ASCII characters, without an end mark. */
export function putText(bytes: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[offset + i] = text.charCodeAt(i);
}

/** Little-endian bytes of a number of 0 to 2^53. */
export const littleEndian = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
