// The Bochs VBE extension ("VBE DISPI interface", Bochs documentation): registers behind an index and a data port that
// set modes without any of the VGA's timing, and a framebuffer in one piece.
//
//   0 ID   1 XRES   2 YRES   3 BPP   4 ENABLE   5 BANK   6 VIRT_WIDTH   7 VIRT_HEIGHT   8 X_OFFSET   9 Y_OFFSET
//   A video memory in units of 64 KiB
//
//   ENABLE   0 mode on   1 XRES, YRES and BPP read as the largest possible   5 DAC of 8 bits   6 linear framebuffer
//            7 leave the memory as it is when the mode is set
//
// XRES, YRES and BPP are taken while no mode is on. A mode that does not fit into the memory is not set. 4 bits a pixel
// are planes, in the window only. Writing ID chooses an older version of the interface, B0C0 to B0C5.
import type { PlainMemory } from '../../memory/plain-memory.ts';
import {
  VBE_8_BIT_DAC,
  VBE_ENABLED,
  VBE_GET_CAPABILITIES,
  VBE_NO_CLEAR,
  type VbeState,
} from './vga-state.ts';

const OLDEST_ID = 0xb0c0;
const NEWEST_ID = 0xb0c5;
const MOST_WIDTH = 2560;
const MOST_HEIGHT = 1600;
const MOST_BITS = 32;
const DEPTHS = [4, 8, 15, 16, 24, 32];
const UNIT = 0x1_0000;

/** Bytes of a line of `width` pixels, or addresses of a plane. */
function pitchOf(bitsPerPixel: number, width: number): number {
  return bitsPerPixel === 4 ? width >> 3 : width * ((bitsPerPixel + 7) >> 3);
}

/** Bytes (addresses in the planes) from a line to the next. */
export function vbePitch(vbe: VbeState): number {
  return pitchOf(vbe.bitsPerPixel, vbe.virtualWidth);
}

/** Lines of `width` pixels that the memory holds. */
function linesOf(memory: PlainMemory, bitsPerPixel: number, width: number): number {
  const size = bitsPerPixel === 4 ? memory.bytes.length >> 2 : memory.bytes.length;
  const pitch = pitchOf(bitsPerPixel, width);
  return pitch === 0 ? 0 : Math.min(Math.floor(size / pitch), 0xffff);
}

/** A register as the guest sees it; 0 for one that is not there. */
export function readVbe(vbe: VbeState, index: number, memory: PlainMemory): number {
  const capabilities = (vbe.enable & VBE_GET_CAPABILITIES) !== 0;
  switch (index) {
    case 0:
      return vbe.id;
    case 1:
      return capabilities ? MOST_WIDTH : vbe.width;
    case 2:
      return capabilities ? MOST_HEIGHT : vbe.height;
    case 3:
      return capabilities ? MOST_BITS : vbe.bitsPerPixel;
    case 4:
      return vbe.enable;
    case 5:
      return vbe.bank;
    case 6:
      return vbe.virtualWidth;
    case 7:
      return vbe.virtualHeight;
    case 8:
      return vbe.xOffset;
    case 9:
      return vbe.yOffset;
    case 10:
      return Math.floor(memory.bytes.length / UNIT);
    default:
      return 0;
  }
}

export function writeVbe(vbe: VbeState, index: number, value: number, memory: PlainMemory): void {
  const on = (vbe.enable & VBE_ENABLED) !== 0;
  switch (index) {
    case 0:
      if (value >= OLDEST_ID && value <= NEWEST_ID) vbe.id = value;
      break;
    case 1:
      if (!on && value <= MOST_WIDTH) vbe.width = value;
      break;
    case 2:
      if (!on && value <= MOST_HEIGHT) vbe.height = value;
      break;
    case 3:
      // Versions before B0C2 took 0 for 8.
      if (!on && (value === 0 || DEPTHS.includes(value))) vbe.bitsPerPixel = value === 0 ? 8 : value;
      break;
    case 4:
      writeEnable(vbe, value, memory);
      break;
    case 5:
      if (on && value < memory.bytes.length / UNIT) vbe.bank = value;
      break;
    case 6:
      if (on) setVirtualWidth(vbe, value, memory);
      break;
    case 8:
      if (on && value + vbe.width <= vbe.virtualWidth) vbe.xOffset = value;
      break;
    case 9:
      if (on && value + vbe.height <= vbe.virtualHeight) vbe.yOffset = value;
      break;
    default: // read-only, or not there
  }
}

function writeEnable(vbe: VbeState, value: number, memory: PlainMemory): void {
  const was = (vbe.enable & VBE_ENABLED) !== 0;
  const wanted = (value & VBE_ENABLED) !== 0;
  const possible =
    linesOf(memory, vbe.bitsPerPixel, vbe.width) >= vbe.height && vbe.height > 0 && vbe.width >= 8;
  vbe.enable = value & (wanted && !was && !possible ? ~VBE_ENABLED : ~0) & 0xff;
  if (wanted && was) return;
  vbe.bank = 0;
  vbe.xOffset = 0;
  vbe.yOffset = 0;
  if (!wanted || !possible) return;
  vbe.virtualWidth = vbe.width;
  vbe.virtualHeight = linesOf(memory, vbe.bitsPerPixel, vbe.width);
  if ((value & VBE_NO_CLEAR) === 0) {
    const size = pitchOf(vbe.bitsPerPixel, vbe.width) * vbe.height * (vbe.bitsPerPixel === 4 ? 4 : 1);
    memory.written(0, size);
    memory.bytes.fill(0, 0, size);
  }
}

function setVirtualWidth(vbe: VbeState, width: number, memory: PlainMemory): void {
  const lines = linesOf(memory, vbe.bitsPerPixel, width);
  if (width < vbe.width + vbe.xOffset || lines < vbe.height + vbe.yOffset) return;
  vbe.virtualWidth = width;
  vbe.virtualHeight = lines;
}

/** Whether the DAC has 8 bits a component instead of 6. */
export const dacIsWide = (vbe: VbeState): boolean => (vbe.enable & VBE_8_BIT_DAC) !== 0;
