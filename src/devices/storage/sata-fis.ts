// Frame information structures: what goes over a Serial ATA link (Serial ATA 2.6, clause 10.3). Bytes of those that
// registers are sent in:
//
//   0 type   1 flags: 7 C a command, 6 I interrupt, 5 D to the host   2 status or command   3 error or features
//   4 5 6 LBA 23:0   7 device   8 9 10 LBA 47:24   11 features 15:8   12 13 count   15 control, or E_Status
import type { TaskFileRegisters } from './ata-interface.ts';

export const FIS_REGISTERS_TO_DEVICE = 0x27;
export const FIS_REGISTERS_TO_HOST = 0x34;
export const FIS_DMA_SETUP = 0x41;
export const FIS_PIO_SETUP = 0x5f;
export const FIS_SET_DEVICE_BITS = 0xa1;

export const FLAG_COMMAND = 0x80;
export const FLAG_INTERRUPT = 0x40;
export const FLAG_TO_HOST = 0x20;

/** Offsets. */
export const FIS_FLAGS = 1;
export const FIS_COMMAND = 2;
export const FIS_STATUS = 2;
export const FIS_ERROR = 3;
export const FIS_ACTIVE = 4;
export const FIS_TAG = 4;
export const FIS_CONTROL = 15;
export const FIS_ENDING_STATUS = 15;

/** Of SET DEVICE BITS: the bits of the status that it sets. */
export const DEVICE_BITS = 0x77;

interface ShownRegisters extends TaskFileRegisters {
  readonly status: number;
  readonly error: number;
}

/** The registers that a host sends. */
export function registersOf(fis: Uint8Array): TaskFileRegisters {
  const pair = (low: number, high: number): number => fis[low]! | (fis[high]! << 8);
  return {
    features: pair(3, 11),
    count: pair(12, 13),
    low: pair(4, 8),
    mid: pair(5, 9),
    high: pair(6, 10),
    device: fis[7]!,
  };
}

/** The host's way round, for tests and firmware. */
export function commandFis(command: number, r: Partial<TaskFileRegisters> = {}): Uint8Array {
  const { features = 0, count = 0, low = 0, mid = 0, high = 0, device = 0 } = r;
  const fis = Uint8Array.of(FIS_REGISTERS_TO_DEVICE, FLAG_COMMAND, command, features, low, mid, high, device);
  const bytes = new Uint8Array(20);
  bytes.set(fis);
  bytes.set([low >> 8, mid >> 8, high >> 8, features >> 8, count, count >> 8], 8);
  return bytes;
}

function shown(type: number, flags: number, r: ShownRegisters): Uint8Array {
  const fis = new Uint8Array(20);
  fis.set([type, flags, r.status, r.error, r.low, r.mid, r.high, r.device]);
  fis.set([r.low >> 8, r.mid >> 8, r.high >> 8, 0, r.count, r.count >> 8], 8);
  return fis;
}

export function registersToHost(r: ShownRegisters, interrupt: boolean): Uint8Array {
  return shown(FIS_REGISTERS_TO_HOST, interrupt ? FLAG_INTERRUPT : 0, r);
}

/** A block of `bytes` is moved by PIO; the status at its end is put in later. */
export function pioSetup(
  r: ShownRegisters,
  block: { readonly toHost: boolean; readonly interrupt: boolean; readonly bytes: number },
): Uint8Array {
  const flags = (block.interrupt ? FLAG_INTERRUPT : 0) | (block.toHost ? FLAG_TO_HOST : 0);
  const fis = shown(FIS_PIO_SETUP, flags, r);
  fis[16] = block.bytes;
  fis[17] = block.bytes >> 8;
  return fis;
}

/** The data of a queued command comes. */
export function dmaSetup(tag: number, toHost: boolean, bytes: number): Uint8Array {
  const fis = new Uint8Array(28);
  fis.set([FIS_DMA_SETUP, toHost ? FLAG_TO_HOST : 0]);
  fis[FIS_TAG] = tag;
  new DataView(fis.buffer).setUint32(20, bytes, true);
  return fis;
}

/** Queued commands (a bit for each tag) are over; none of them where one has failed. */
export function setDeviceBits(tags: number, status: number, error: number): Uint8Array {
  const fis = new Uint8Array(8);
  fis.set([FIS_SET_DEVICE_BITS, FLAG_INTERRUPT, status & DEVICE_BITS, error]);
  new DataView(fis.buffer).setUint32(FIS_ACTIVE, tags, true);
  return fis;
}
