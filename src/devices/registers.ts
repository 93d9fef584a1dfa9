// Registers as data: a chip declares a table of (name, offset, width, reset, access) with the two
// functions that give each register its meaning, and this file makes the Region from it. Dispatch,
// the register list of the documentation and the ranges of the fuzz tests all follow from the table.
//
// Accesses need not fit the registers. A wide access over narrow registers is split little-endian
// into consecutive registers, as an ISA bus does; a narrow access to a wide register reads or writes
// the bytes it covers, and the register's `write` is told which bits those are (`lanes`).
//
// Several registers may share an offset: the first in the table whose access allows the direction
// and whose `when` holds is taken (RBR/THR, or DLL behind DLAB of a UART).
import type { AccessWidth } from '../base/guest-bus.ts';
import type { Region } from '../memory/region.ts';

/** What the guest may do with a register; RW1C: writing a one clears the bit. */
export type RegisterAccess = 'RO' | 'WO' | 'RW' | 'RW1C';

/** A register as the data sheet lists it. */
export interface RegisterDeclaration {
  readonly name: string;
  /** In bytes from the region's start. */
  readonly offset: number;
  /** In bytes. */
  readonly width: AccessWidth;
  /** Value read after reset, or undefined where it depends on wires or time. */
  readonly reset?: number | undefined;
  readonly access: RegisterAccess;
}

/** A register of a chip of type `Chip`. */
export interface Register<Chip> extends RegisterDeclaration {
  /** Absent: always there. */
  readonly when?: (chip: Chip) => boolean;
  /** The whole register, unsigned. Required unless WO. */
  readonly read?: (chip: Chip) => number;
  /** `value` has zeros outside `lanes`, the mask of the bits that the access covers. Required unless RO. */
  readonly write?: (chip: Chip, value: number, lanes: number) => void;
}

/** A region made from a table. */
export interface RegisterRegion extends Region {
  /** Bytes (or ports) that the chip decodes. */
  readonly size: number;
  readonly registers: readonly RegisterDeclaration[];
}

export interface RegisterRegionOptions {
  /** What a byte without a readable register reads as; 0xFF (a bus that nobody drives) unless given. */
  readonly unclaimed?: number;
  /** Writes that do not cover the whole register are ignored (APICs). */
  readonly wholeWritesOnly?: boolean;
}

/** `old` with the bits of `lanes` taken from `value`, unsigned. */
export function merge(old: number, value: number, lanes: number): number {
  return ((old & ~lanes) | (value & lanes)) >>> 0;
}

/** Mask of the low `bytes` bytes, 1..4, unsigned. */
export function bytesMask(bytes: number): number {
  return 0xffff_ffff >>> (32 - 8 * bytes);
}

/** The Region that shows `registers` of `chip`. Offsets at or beyond `size` read as unclaimed. */
export function registerRegion<Chip>(
  name: string,
  size: number,
  registers: readonly Register<Chip>[],
  chip: Chip,
  options: RegisterRegionOptions = {},
): RegisterRegion {
  const unclaimed = options.unclaimed ?? 0xff;
  const wholeOnly = options.wholeWritesOnly ?? false;
  // As far as there are registers.
  const end = registers.reduce((last, register) => Math.max(last, register.offset + register.width), 0);
  const readers: Register<Chip>[][] = Array.from({ length: end }, () => []);
  const writers: Register<Chip>[][] = Array.from({ length: end }, () => []);
  for (const register of registers) {
    for (let byte = register.offset; byte < register.offset + register.width; byte++) {
      if (register.access !== 'WO') readers[byte]!.push(register);
      if (register.access !== 'RO') writers[byte]!.push(register);
    }
  }

  const pick = (candidates: Register<Chip>[] | undefined): Register<Chip> | undefined => {
    if (candidates === undefined) return undefined;
    for (const register of candidates) {
      if (register.when === undefined || register.when(chip)) return register;
    }
    return undefined;
  };

  return {
    name,
    size,
    registers,
    read(offset, width) {
      let result = 0;
      for (let done = 0; done < width; ) {
        const register = pick(readers[offset + done]);
        if (register === undefined) {
          result |= unclaimed << (8 * done);
          done++;
          continue;
        }
        const skip = offset + done - register.offset;
        const take = Math.min(register.width - skip, width - done);
        result |= ((register.read!(chip) >>> (8 * skip)) & bytesMask(take)) << (8 * done);
        done += take;
      }
      return result >>> 0;
    },
    write(offset, width, value) {
      for (let done = 0; done < width; ) {
        const register = pick(writers[offset + done]);
        if (register === undefined) {
          done++;
          continue;
        }
        const skip = offset + done - register.offset;
        const take = Math.min(register.width - skip, width - done);
        const lanes = (bytesMask(take) << (8 * skip)) >>> 0;
        if (!wholeOnly || take === register.width) {
          register.write!(chip, ((value >>> (8 * done)) << (8 * skip)) & lanes, lanes);
        }
        done += take;
      }
    },
  };
}
