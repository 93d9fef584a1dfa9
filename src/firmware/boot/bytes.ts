// Little-endian reading of files that nobody vouches for, and writing into guest RAM. Both check
// every access: a reader answers a wrong offset with a DoppelError that says what was being read.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';

/** Reads a file's numbers; offsets are in bytes and may be any number. */
export interface FileReader {
  readonly size: number;
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  /** Exact below 2^53; larger values lose low bits, and no check of a range ever lets them pass. */
  u64(offset: number): number;
  /** A view of `size` bytes, not a copy. */
  slice(offset: number, size: number): Uint8Array;
}

/** Opens `file` for reading; `name` is what messages call it, e.g. "the kernel". */
export function fileReader(file: Uint8Array, name: string): FileReader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const check = (offset: number, size: number): number => {
    if (!(offset >= 0 && size >= 0 && offset + size <= file.length)) {
      throw new DoppelError(
        `${name} is truncated: it has ${file.length} bytes, and ${size} more are expected at offset ${offset}`,
      );
    }
    return offset;
  };
  return {
    size: file.length,
    u8: (offset) => view.getUint8(check(offset, 1)),
    u16: (offset) => view.getUint16(check(offset, 2), true),
    u32: (offset) => view.getUint32(check(offset, 4), true),
    u64: (offset) => Number(view.getBigUint64(check(offset, 8), true)),
    slice: (offset, size) => file.subarray(check(offset, size), offset + size),
  };
}

/** Writes structures into guest RAM; addresses are guest-physical. */
export interface RamWriter {
  u8(address: GuestPhysical, value: number): void;
  u16(address: GuestPhysical, value: number): void;
  u32(address: GuestPhysical, value: number): void;
  /** `value` is an exact integer below 2^53. */
  u64(address: GuestPhysical, value: number): void;
  bytes(address: GuestPhysical, source: Uint8Array): void;
  zero(address: GuestPhysical, size: number): void;
}

/** `ram` is the guest's RAM from physical address 0. Throws DoppelError where a write would leave it. */
export function ramWriter(ram: Uint8Array): RamWriter {
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  const check = (address: number, size: number): number => {
    if (!(address >= 0 && address + size <= ram.length)) {
      throw new DoppelError(
        `the guest's memory of ${ram.length} bytes ends before address 0x${(address + size).toString(16)}`,
      );
    }
    return address;
  };
  return {
    u8: (address, value) => view.setUint8(check(address, 1), value),
    u16: (address, value) => view.setUint16(check(address, 2), value, true),
    u32: (address, value) => view.setUint32(check(address, 4), value, true),
    u64: (address, value) => view.setBigUint64(check(address, 8), BigInt(value), true),
    bytes: (address, source) => ram.set(source, check(address, source.length)),
    zero: (address, size) => {
      ram.fill(0, check(address, size), address + size);
    },
  };
}

/** The characters of a command line or a name, one byte each for ASCII, with a NUL at the end. */
export function cString(text: string): Uint8Array {
  const characters = new TextEncoder().encode(text);
  const bytes = new Uint8Array(characters.length + 1);
  bytes.set(characters);
  return bytes;
}
