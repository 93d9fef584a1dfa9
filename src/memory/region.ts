// A Region is what a device shows to the guest: it sees an offset in its own range, a width and a
// value, never where it is mapped (decision D8). The address spaces (memory, ports) map regions.
import type { AccessWidth } from '../base/guest-bus.ts';

export interface Region {
  /** For traces and errors, e.g. 'uart'. */
  readonly name: string;
  /** Unsigned result of `width` bytes. Unknown offsets read as all ones or zero, as the chip does. */
  read(offset: number, width: AccessWidth): number;
  write(offset: number, width: AccessWidth, value: number): void;
}

/** Takes back what was mapped; calling it again does nothing. */
export type Unmap = () => void;
