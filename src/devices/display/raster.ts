// How a VGA's registers say that memory becomes a picture: the raster (IBM PS/2 hardware interface technical reference,
// "CRT controller"; Ferraro, chapters on display addressing). Everything here follows from the registers alone.
//
//   line of the picture --repeat--> scan line --rows of `rowLines`--> address counter, row scan
//   address counter + character clock --byte, word or doubleword mode, row scan bits--> address in the planes
//
// A picture has one line for each different scan line, and one pixel for each different dot: scan lines that are drawn
// twice (double scan, or a row of several lines that all show the same) and dots that are (half dot clock, 256 colours)
// come once. So mode 13h gives 320 by 200, as programs think of it.
import { vbePitch } from './vbe.ts';
import {
  AC_MODE,
  AC_PANNING,
  AC_SCREEN_ON,
  GC_MISCELLANEOUS,
  GC_MODE,
  SEQ_CLOCKING,
  SEQ_RESET,
  type VgaState,
  vbeEnabled,
} from './vga-state.ts';
import { displayedLines } from './vga-timing.ts';

/**
 * text: characters; planar: 16 colours from four planes; cga: 4 colours, two bits a pixel; packed: 256 colours, four
 * pixels an address; linear: a VBE mode of 8 to 32 bits a pixel; blank: nothing.
 */
export type RasterKind = 'blank' | 'text' | 'planar' | 'cga' | 'packed' | 'linear';

export interface Raster {
  readonly kind: RasterKind;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Scan lines to a line of the picture. */
  readonly repeat: number;
  /** Character clocks to a line; pixels of a character. */
  readonly columns: number;
  readonly cellWidth: number;
  /** Scan lines to a row of characters. */
  readonly rowLines: number;
  /** The address counter at the top, and what a row adds to it. Linear: bytes, and bytes to a line. */
  readonly start: number;
  readonly pitch: number;
  /** Character clocks to a step of the address counter, as a shift. */
  readonly countShift: number;
  readonly addressing: 'byte' | 'word' | 'doubleword';
  /** Bit of the address counter that word mode puts into bit 0. */
  readonly wrapBit: number;
  /** Bits of the row scan counter that replace bits 13 and 14 of the address. */
  readonly rowBits: number;
  /** Addresses of a plane that the counter reaches. */
  readonly addressMask: number;
  readonly rowScanStart: number;
  /** First scan line that begins again at address 0. */
  readonly splitLine: number;
  /** Pixels that the picture is moved to the left, above and below the split. */
  readonly pan: number;
  readonly panBelow: number;
  /** Linear: 8, 15, 16, 24 or 32. */
  readonly bitsPerPixel: number;
}

const EMPTY: Raster = {
  kind: 'blank',
  width: 640,
  height: 480,
  repeat: 1,
  columns: 80,
  cellWidth: 8,
  rowLines: 1,
  start: 0,
  pitch: 0,
  countShift: 0,
  addressing: 'byte',
  wrapBit: 15,
  rowBits: 0,
  addressMask: 0xffff,
  rowScanStart: 0,
  splitLine: Number.POSITIVE_INFINITY,
  pan: 0,
  panBelow: 0,
  bitsPerPixel: 0,
};

const LARGEST = 4096;

/** The raster as the registers stand; `memoryBytes` is the size of video memory. */
export function rasterOf(state: VgaState, memoryBytes: number): Raster {
  return vbeEnabled(state) ? vbeRaster(state, memoryBytes) : vgaRaster(state);
}

function vbeRaster(state: VgaState, memoryBytes: number): Raster {
  const { vbe } = state;
  const { width, height, bitsPerPixel } = vbe;
  const pitch = vbePitch(vbe);
  if (width < 1 || height < 1 || width > LARGEST || height > LARGEST) return EMPTY;
  const common = { ...EMPTY, width, height, pitch, bitsPerPixel };
  if (bitsPerPixel === 4) {
    const start = vbe.yOffset * pitch + (vbe.xOffset >> 3);
    const pan = vbe.xOffset & 7;
    const addressMask = (memoryBytes >> 2) - 1;
    return {
      ...common,
      kind: 'planar',
      columns: Math.ceil(width / 8),
      start,
      pan,
      panBelow: pan,
      addressMask,
    };
  }
  const bytes = (bitsPerPixel + 7) >> 3;
  const start = vbe.yOffset * pitch + vbe.xOffset * bytes;
  const fits = bytes >= 1 && bytes <= 4 && start + (height - 1) * pitch + width * bytes <= memoryBytes;
  return { ...common, kind: fits ? 'linear' : 'blank', start };
}

function vgaRaster(state: VgaState): Raster {
  const { crtc, sequencer, graphics, attribute } = state;
  const clocking = sequencer[SEQ_CLOCKING]!;
  const modeControl = crtc[0x17]!;
  const maximumScan = crtc[0x09]!;
  const mode = attribute[AC_MODE]!;
  const isText = (graphics[GC_MISCELLANEOUS]! & 1) === 0;
  const shift = (graphics[GC_MODE]! >> 5) & 3;
  const kind = isText ? 'text' : shift === 0 ? 'planar' : shift === 1 ? 'cga' : 'packed';
  const columns = crtc[0x01]! + 1;
  const rowScans = (maximumScan & 0x1f) + 1;
  const rowBits = ((modeControl & 1) ^ 1) | ((modeControl & 2) ^ 2);
  // Rows whose scan lines all show the same are one line of the picture, in graphics.
  const merged = !isText && rowBits === 0;
  const doubled = (maximumScan & 0x80) !== 0 ? 2 : 1;
  const repeat = doubled * (merged ? rowScans : 1);
  const lines = displayedLines(state) * ((modeControl & 4) !== 0 ? 2 : 1);
  const cellWidth = kind === 'packed' ? 4 : isText && (clocking & 1) === 0 ? 9 : 8;
  const split = crtc[0x18]! | ((crtc[0x07]! & 0x10) << 4) | ((maximumScan & 0x40) << 3);
  const pan = panning(attribute[AC_PANNING]!, kind, cellWidth);
  const on =
    (clocking & 0x20) === 0 &&
    (state.attributeIndex & AC_SCREEN_ON) !== 0 &&
    (modeControl & 0x80) !== 0 &&
    (sequencer[SEQ_RESET]! & 3) === 3 &&
    lines / repeat >= 8 &&
    columns >= 8;
  const width = columns * cellWidth;
  const height = Math.floor(lines / repeat);
  return {
    ...EMPTY,
    kind: on ? kind : 'blank',
    ...(height >= 8 && columns >= 8 ? { width, height } : {}),
    repeat,
    columns,
    cellWidth,
    rowLines: merged ? 1 : rowScans,
    start: ((crtc[0x0c]! << 8) | crtc[0x0d]!) + ((crtc[0x08]! >> 5) & 3),
    pitch: crtc[0x13]! * 2,
    countShift: (crtc[0x14]! & 0x20) !== 0 ? 2 : (modeControl & 8) !== 0 ? 1 : 0,
    addressing: (crtc[0x14]! & 0x40) !== 0 ? 'doubleword' : (modeControl & 0x40) !== 0 ? 'byte' : 'word',
    wrapBit: (modeControl & 0x20) !== 0 ? 15 : 13,
    rowBits,
    rowScanStart: merged ? 0 : crtc[0x08]! & 0x1f,
    splitLine: split + 1,
    pan,
    panBelow: (mode & 0x20) !== 0 ? 0 : pan,
  };
}

/** Pixels of horizontal panning. With characters of nine dots 8 is none, and 0 to 7 are one to eight. */
function panning(value: number, kind: RasterKind, cellWidth: number): number {
  if (cellWidth === 9) return value >= 8 ? 0 : value + 1;
  return kind === 'packed' ? (value & 7) >> 1 : value & 7;
}

/** Where a line of the picture begins: the address counter, and the line within its row of characters. */
export interface LinePlace {
  address: number;
  rowScan: number;
  /** It lies below the split. */
  below: boolean;
}

/** Finds the place of line `y`; `place` takes the answer. */
export function placeOfLine(raster: Raster, y: number, place: LinePlace): void {
  const scan = y * raster.repeat;
  place.below = scan >= raster.splitLine;
  const since = place.below ? Math.floor((scan - raster.splitLine) / raster.repeat) : y + raster.rowScanStart;
  const row = Math.floor(since / raster.rowLines);
  place.rowScan = since - row * raster.rowLines;
  place.address = (place.below ? 0 : raster.start) + row * raster.pitch;
}

/** The address in the planes of a character clock of a line. */
export function addressOf(raster: Raster, place: LinePlace, column: number): number {
  const counter = (place.address + (column >> raster.countShift)) & raster.addressMask;
  let address = counter;
  if (raster.addressing === 'word') address = (counter << 1) | ((counter >> raster.wrapBit) & 1);
  else if (raster.addressing === 'doubleword') address = (counter << 2) | ((counter >> 12) & 3);
  if ((raster.rowBits & 1) !== 0) address = (address & ~0x2000) | ((place.rowScan & 1) << 13);
  if ((raster.rowBits & 2) !== 0) address = (address & ~0x4000) | ((place.rowScan & 2) << 13);
  return address & raster.addressMask;
}
