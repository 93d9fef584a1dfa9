// Resource descriptors (ACPI Specification 6.5, section 6.4, "Resource Data Types for ACPI"): what a
// device's _CRS says about the ports, memory and interrupts it uses.
import { type Aml, buffer, concatenate } from './aml.ts';

const IO_PORT = 0x47;
const IRQ_NO_FLAGS = 0x22;
const DMA_CHANNELS = 0x2a;
const FIXED_MEMORY_32 = 0x86;
const END_TAG = 0x79;
const DWORD_ADDRESS_SPACE = 0x87;
const WORD_ADDRESS_SPACE = 0x88;

const MEMORY_RANGE = 0;
const IO_RANGE = 1;
const BUS_NUMBER_RANGE = 2;

/** Address space descriptors here are fixed at both ends and decoded by the bridge that produces them. */
const FIXED_PRODUCER = 0x0c;
const ENTIRE_IO_RANGE = 0x03;
const READ_WRITE_NON_CACHEABLE = 0x01;

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const doubleWord = (value: number): number[] => [...word(value), ...word(value >>> 16)];

/** `count` ports from `port` on, all 16 address bits decoded. */
export function ioPorts(port: number, count: number): Uint8Array {
  return Uint8Array.from([IO_PORT, 1, ...word(port), ...word(port), 1, count]);
}

/** An ISA interrupt: edge, active high, not shared. */
export function isaInterrupt(irq: number): Uint8Array {
  return Uint8Array.from([IRQ_NO_FLAGS, ...word(1 << irq)]);
}

/** A DMA channel of the ISA bus: 8 bits at a time, not a bus master, compatible timing. */
export function dmaChannel(channel: number): Uint8Array {
  return Uint8Array.from([DMA_CHANNELS, 1 << channel, 0]);
}

/** Memory below 4 GiB at a fixed place, readable and writable. */
export function fixedMemory(start: number, size: number): Uint8Array {
  return Uint8Array.from([FIXED_MEMORY_32, ...word(9), 1, ...doubleWord(start), ...doubleWord(size)]);
}

function wordSpace(type: number, flags: number, first: number, last: number): Uint8Array {
  const fields = [0, first, last, 0, last - first + 1].flatMap(word);
  return Uint8Array.from([WORD_ADDRESS_SPACE, ...word(0x0d), type, FIXED_PRODUCER, flags, ...fields]);
}

/** Bus numbers that a PCI bridge hands out, first to last. */
export function busNumbers(first: number, last: number): Uint8Array {
  return wordSpace(BUS_NUMBER_RANGE, 0, first, last);
}

/** I/O ports that a bridge hands out, first to last; the range may not be all 65,536. */
export function ioWindow(first: number, last: number): Uint8Array {
  return wordSpace(IO_RANGE, ENTIRE_IO_RANGE, first, last);
}

/** Memory below 4 GiB that a bridge hands out, first to last byte. */
export function memoryWindow(first: number, last: number): Uint8Array {
  const fields = [0, first, last, 0, last - first + 1].flatMap(doubleWord);
  return Uint8Array.from([
    DWORD_ADDRESS_SPACE,
    ...word(0x17),
    MEMORY_RANGE,
    FIXED_PRODUCER,
    READ_WRITE_NON_CACHEABLE,
    ...fields,
  ]);
}

/** ResourceTemplate: the descriptors and the end tag, as a buffer. */
export function resourceTemplate(descriptors: readonly Uint8Array[]): Aml {
  return buffer(concatenate([...descriptors, Uint8Array.from([END_TAG, 0])]));
}
