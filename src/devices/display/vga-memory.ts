// The processor's way into video memory through the window at A0000 to BFFFF (IBM PS/2 hardware interface technical
// reference, "Graphics controller"; Ferraro, "Programmer's Guide to the EGA, VGA and Super VGA Cards").
//
//   memory map select   0  A0000, 128 KiB   1  A0000, 64 KiB   2  B0000, 32 KiB   3  B8000, 32 KiB
//
//   write  byte -> rotate -> set/reset -> AND, OR, XOR with the latches -> bit mask (else latch) -> planes of the map mask
//   read   latches := the four planes; the plane of the read map, or the comparison with a colour
//
// Addresses: chained, A1 and A0 choose the plane, and A15 and A14 take their places in the address; odd/even, A0 chooses
// between planes 0 and 1 (2 and 3), and is 0 in the address. In a VBE mode of 8 bits and more a pixel the window at A0000 shows a bank
// of 64 KiB of memory as it lies. Not modelled: the page select of odd/even in a window of 128 KiB.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import type { RegisterRegion } from '../registers.ts';
import {
  GC_BIT_MASK,
  GC_COLOUR_COMPARE,
  GC_DONT_CARE,
  GC_ENABLE_SET_RESET,
  GC_MISCELLANEOUS,
  GC_MODE,
  GC_READ_MAP,
  GC_ROTATE,
  GC_SET_RESET,
  SEQ_MAP_MASK,
  SEQ_MEMORY_MODE,
  type VgaState,
  vbeEnabled,
} from './vga-state.ts';

export const WINDOW_SIZE = 0x2_0000;
const BANK = 0x1_0000;

const MISC_MEMORY_ON = 0x02;
const MEMORY_SEQUENTIAL = 0x04;
const MEMORY_CHAINED = 0x08;
const MODE_READ_COMPARES = 0x08;
const MODE_ODD_EVEN_READS = 0x10;

/** Four bits as four bytes of ones. */
const PLANES = Int32Array.from({ length: 16 }, (_, bits) => {
  let mask = 0;
  for (let plane = 0; plane < 4; plane++) if ((bits & (1 << plane)) !== 0) mask |= 0xff << (8 * plane);
  return mask;
});

/** Where each memory map begins in the window, and its size. */
const MAP_START = [0, 0, 0x1_0000, 0x1_8000];
const MAP_SIZE = [0x2_0000, 0x1_0000, 0x8000, 0x8000];

const NOT_MAPPED = -1;

/** Chained: bits 15 and 14 take the places of those that choose the plane, as the CRT controller's doubleword mode does. */
const chained = (address: number): number => (address & ~3) | ((address >> 14) & 3);

/** The window as a region of `WINDOW_SIZE` bytes. */
export function vgaWindow(state: VgaState, memory: PlainMemory): RegisterRegion {
  const { bytes } = memory;
  // Signed: such numbers need no allocation, wherever they are kept.
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);

  /** Offset in memory of a byte of the window in a VBE mode that is not planar. */
  function linear(offset: number): number {
    const at = state.vbe.bank * BANK + offset;
    return offset < BANK && at < bytes.length ? at : NOT_MAPPED;
  }
  const isLinear = (): boolean => vbeEnabled(state) && state.vbe.bitsPerPixel >= 8;

  /** Address in the planes before chaining. */
  function address(offset: number): number {
    const map = (state.graphics[GC_MISCELLANEOUS]! >> 2) & 3;
    const inside = offset - MAP_START[map]!;
    if (inside < 0 || inside >= MAP_SIZE[map]! || (state.miscellaneous & MISC_MEMORY_ON) === 0)
      return NOT_MAPPED;
    if (!vbeEnabled(state)) return inside & (BANK - 1);
    const at = state.vbe.bank * BANK + (inside & (BANK - 1));
    return at < words.length ? at : NOT_MAPPED;
  }

  function readByte(offset: number): number {
    if (isLinear()) {
      const at = linear(offset);
      return at < 0 ? 0xff : bytes[at]!;
    }
    let at = address(offset);
    if (at < 0) return 0xff;
    const { graphics } = state;
    const mode = graphics[GC_MODE]!;
    let plane = graphics[GC_READ_MAP]! & 3;
    if ((state.sequencer[SEQ_MEMORY_MODE]! & MEMORY_CHAINED) !== 0) {
      plane = at & 3;
      at = chained(at);
    } else if ((mode & MODE_ODD_EVEN_READS) !== 0) {
      plane = (plane & 2) | (at & 1);
      at &= ~1;
    }
    const latches = words[at]!;
    state.latches = latches;
    if ((mode & MODE_READ_COMPARES) === 0) return (latches >>> (8 * plane)) & 0xff;
    let differs =
      (latches ^ PLANES[graphics[GC_COLOUR_COMPARE]! & 15]!) & PLANES[graphics[GC_DONT_CARE]! & 15]!;
    differs |= differs >>> 16;
    differs |= differs >>> 8;
    return ~differs & 0xff;
  }

  function writeByte(offset: number, value: number): void {
    if (isLinear()) {
      const place = linear(offset);
      if (place < 0) return;
      memory.written(place, 1);
      bytes[place] = value;
      return;
    }
    let at = address(offset);
    if (at < 0) return;
    const memoryMode = state.sequencer[SEQ_MEMORY_MODE]!;
    let mask = state.sequencer[SEQ_MAP_MASK]! & 15;
    if ((memoryMode & MEMORY_CHAINED) !== 0) {
      mask &= 1 << (at & 3);
      at = chained(at);
    } else if ((memoryMode & MEMORY_SEQUENTIAL) === 0) {
      mask &= (at & 1) === 0 ? 0b0101 : 0b1010;
      at &= ~1;
    }
    const planes = PLANES[mask]!;
    if (planes === 0) return;
    memory.written(4 * at, 4);
    words[at] = (words[at]! & ~planes) | (planeData(value) & planes);
  }

  /** What the graphics controller makes of a byte, for all four planes. */
  function planeData(value: number): number {
    const { graphics, latches } = state;
    const mode = graphics[GC_MODE]! & 3;
    if (mode === 1) return latches;
    const rotate = graphics[GC_ROTATE]!;
    let bitMask = graphics[GC_BIT_MASK]!;
    let data: number;
    if (mode === 2) data = PLANES[value & 15]!;
    else {
      const count = rotate & 7;
      const rotated = ((value >> count) | (value << (8 - count))) & 0xff;
      if (mode === 3) {
        bitMask &= rotated;
        data = PLANES[graphics[GC_SET_RESET]! & 15]!;
      } else {
        const enabled = PLANES[graphics[GC_ENABLE_SET_RESET]! & 15]!;
        data =
          (Math.imul(rotated, 0x0101_0101) & ~enabled) | (PLANES[graphics[GC_SET_RESET]! & 15]! & enabled);
      }
    }
    switch ((rotate >> 3) & 3) {
      case 1:
        data &= latches;
        break;
      case 2:
        data |= latches;
        break;
      case 3:
        data ^= latches;
        break;
      default:
    }
    const bits = Math.imul(bitMask, 0x0101_0101);
    return (data & bits) | (latches & ~bits);
  }

  return {
    name: 'vga-window',
    size: WINDOW_SIZE,
    registers: [],
    read(offset: number, width: AccessWidth): number {
      let value = readByte(offset);
      for (let i = 1; i < width; i++) value |= readByte(offset + i) << (8 * i);
      return value >>> 0;
    },
    write(offset: number, width: AccessWidth, value: number): void {
      for (let i = 0; i < width; i++) writeByte(offset + i, (value >>> (8 * i)) & 0xff);
    },
  };
}
