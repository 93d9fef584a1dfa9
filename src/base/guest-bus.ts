// GuestBus: what a vCPU may ask of the machine (seam of decision D5). RAM itself is not asked for
// through here: engines index it directly. This is the way to everything that is not RAM.
import type { GuestPhysical, Port } from './addresses.ts';

/**
 * Width of a port or MMIO access in bytes. MMIO accesses that are not aligned, or of 8 bytes and more, are split by the
 * caller into the widest pieces that are (pieceWidth), the lowest first.
 */
export type AccessWidth = 1 | 2 | 4;

/** Widest naturally aligned access that fits into `bytes` bytes from an address; at least 1. */
export function pieceWidth(address: GuestPhysical, bytes: number): AccessWidth {
  if (bytes >= 4 && (address & 3) === 0) return 4;
  return bytes >= 2 && (address & 1) === 0 ? 2 : 1;
}

export interface GuestBus {
  /** Reads from a physical address that is not RAM; unmapped space reads as all ones. Never throws. */
  mmioRead(address: GuestPhysical, width: AccessWidth): number;
  /** Writes to a physical address that is not RAM (ROM and unmapped space ignore it). Never throws. */
  mmioWrite(address: GuestPhysical, width: AccessWidth, value: number): void;
  /** IN: an unclaimed port reads as all ones. Never throws. Values are unsigned. */
  portRead(port: Port, width: AccessWidth): number;
  portWrite(port: Port, width: AccessWidth, value: number): void;
}
