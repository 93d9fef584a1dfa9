// Kernels of a few bytes, written in machine code: flat 32-bit protected mode, entered by Multiboot or PVH. They need
// neither a compiler nor Debian.
import { makeElf, multibootHeader } from '../../src/firmware/boot/testing.ts';

const LOAD = 0x10_0000;
const HEADER = 32;

/** A Multiboot kernel that begins with `code`. */
export function multibootKernel(code: readonly number[]): Uint8Array {
  const size = HEADER + code.length;
  // Header, load address, end of the file's part, end of memory, entry.
  const header = multibootHeader(1 << 16, [LOAD, LOAD, LOAD + size, LOAD + size + 0x1000, LOAD + HEADER]);
  const kernel = new Uint8Array(size);
  kernel.set(header);
  kernel.set(code, HEADER);
  return kernel;
}

/** An ELF kernel like vmlinux, entered through its PVH note at `code`. */
export function pvhKernel(width: 32 | 64, code: readonly number[]): Uint8Array {
  const high = width === 64 ? 0xffff_ffff_8020_0000 : 0xc020_0000;
  return makeElf({
    width,
    physical: 0x20_0000,
    virtual: high,
    body: Uint8Array.from(code),
    pvh: 0x20_0000,
  });
}

/** A little-endian 32-bit immediate. */
export function imm32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

/** Writes a text to the serial port. */
export function say(text: string): number[] {
  return [
    ...[0xba, ...imm32(0x3f8)], // mov $0x3f8, %edx
    ...Array.from(text, (character) => [0xb0, character.charCodeAt(0), 0xee]).flat(), // mov, out %al, (%dx)
  ];
}

/** Ends the machine through isa-debug-exit at `port`. */
export function debugExit(port: number, value: number): number[] {
  return [0xba, ...imm32(port), 0xb8, ...imm32(value), 0xef, 0xf4];
}

/** hlt in a loop, interrupts on or off. */
export const WAIT_FOREVER = [0xfb, 0xf4, 0xeb, 0xfd];
export const HALT = [0xfa, 0xf4];
/** jmp to itself. */
export const SPIN = [0xeb, 0xfe];
/** UD2 with an interrupt table of no entries. */
export const TRIPLE_FAULT = [0x0f, 0x01, 0x1d, ...imm32(LOAD - 64), 0x0f, 0x0b];
/** Reset by way of the keyboard controller. */
export const RESET = [0xb0, 0xfe, 0xe6, 0x64, 0xf4];

/** Reads every port at every width. */
export const READ_ALL_PORTS = [
  ...[0x31, 0xd2], // xor %edx, %edx
  ...[0xec, 0x66, 0xed, 0xed], // 1: in (%dx), %al; %ax; %eax
  ...[0x42, 0x81, 0xfa, ...imm32(0x1_0000)], // inc %edx; cmp $0x10000, %edx
  ...[0x75, 0xf3], // jne 1b
];

/** Reads and writes at several widths and alignments, every 16 KiB from `start` to 4 GiB. */
export function touchAllAddresses(start: number): number[] {
  return [
    ...[0xbf, ...imm32(start)], // mov $start, %edi
    ...[0x8b, 0x07], // 1: mov (%edi), %eax
    ...[0x8a, 0x47, 0x05], // mov 5(%edi), %al
    ...[0x89, 0x47, 0x0d], // mov %eax, 13(%edi)
    ...[0x66, 0x89, 0x47, 0x02], // mov %ax, 2(%edi)
    ...[0x88, 0x47, 0x07], // mov %al, 7(%edi)
    ...[0x81, 0xc7, ...imm32(0x4000)], // add $0x4000, %edi
    ...[0x73, 0xe9], // jnc 1b
  ];
}
