// The transfer mode that SET FEATURES subcommand 03h selects (ATA/ATAPI-7 volume 1, clause 6.49.6). It
// changes nothing but what IDENTIFY tells: data moves as fast as the host.
//
//   Sector Count   00 default PIO   01 PIO without IORDY   08..0C PIO   20..22 multiword DMA   40..45 Ultra DMA
import { integer } from '../chip.ts';
import type { TransferModes } from './ata-identify.ts';

/** Part of a device's shape: the last DMA mode that was selected. */
export const TRANSFER_SHAPE = { transferMode: integer(0x20, 0x45, 0x22) };

/** The value for `transferMode`, or undefined where the device has no such mode. PIO leaves the DMA mode alone. */
export function parseTransferMode(count: number, old: number): number | undefined {
  if (count <= 1 || (count >= 0x08 && count <= 0x0c)) return old;
  const dma = (count >= 0x20 && count <= 0x22) || (count >= 0x40 && count <= 0x45);
  return dma ? count : undefined;
}

export function transferModes(mode: number): TransferModes {
  return mode >= 0x40
    ? { multiwordDma: -1, ultraDma: mode - 0x40 }
    : { multiwordDma: Math.min(2, mode - 0x20), ultraDma: -1 };
}
