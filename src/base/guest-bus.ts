// GuestBus: what a vCPU may ask of the machine (seam of decision D5). RAM itself is not asked for
// through here: engines index it directly. This is the way to everything that is not RAM.
import type { GuestPhysical, Port } from './addresses.ts';

/** Width of a port or MMIO access in bytes. 8-byte MMIO is split into two of 4 by the caller, low half first. */
export type AccessWidth = 1 | 2 | 4;

export interface GuestBus {
  /** Reads from a physical address that is not RAM; unmapped space reads as all ones. Never throws. */
  mmioRead(address: GuestPhysical, width: AccessWidth): number;
  /** Writes to a physical address that is not RAM (ROM and unmapped space ignore it). Never throws. */
  mmioWrite(address: GuestPhysical, width: AccessWidth, value: number): void;
  /** IN: an unclaimed port reads as all ones. Never throws. Values are unsigned. */
  portRead(port: Port, width: AccessWidth): number;
  portWrite(port: Port, width: AccessWidth, value: number): void;
}
