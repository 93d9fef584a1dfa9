// PlainMemory: bytes that a device shares with the guest (video memory, a ROM). The guest reads, writes and executes
// them as fast as RAM; the device is not asked, but can learn which pages were written.
import type { Region } from './region.ts';

export interface PlainMemory {
  /** For errors, e.g. 'video-memory'. */
  readonly name: string;
  /** Whether the guest can write to it where a BAR shows it. */
  readonly writable: boolean;
  /** All of it: whole pages of 4 KiB. Never moves, so a device may keep views. Those who write through it call `written`. */
  readonly bytes: Uint8Array;
  /** The device itself is about to write `count` bytes from `offset`: pages are marked, decoded code is forgotten. */
  written(offset: number, count: number): void;
  /**
   * Puts a 1 into `pages` for every page of 4 KiB that was written since this was last called, by the guest or
   * by `written`; leaves other elements alone. Whether there was any. Costs the guest a TLB miss for each page that
   * it goes on writing to.
   */
  takeWritten(pages: Uint8Array): boolean;
}

/** What a range of guest-physical memory can show: registers of a device, or plain memory. */
export type MemoryTarget = Region | PlainMemory;

export function isPlainMemory(target: MemoryTarget): target is PlainMemory {
  return 'bytes' in target;
}
