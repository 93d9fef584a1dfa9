// What a VGA holds: its registers, as the IBM PS/2 hardware interface technical reference ("Video subsystem") lists
// them, and the Bochs VBE extension's. The memory is apart (a PlainMemory): four planes of bytes, byte `a` of plane
// `p` at 4 * a + p, so that 32 bits are what the four planes have at one address.
import type { StateOf } from '../chip.ts';
import { bytes, flag, initialState, integer, record, uint } from '../chip.ts';

/** The Bochs VBE extension's registers (vbe.ts). */
export const VBE_SHAPE = {
  index: uint(16),
  id: uint(16, 0xb0c5),
  width: uint(16),
  height: uint(16),
  bitsPerPixel: uint(16),
  enable: uint(16),
  bank: uint(16),
  virtualWidth: uint(16),
  virtualHeight: uint(16),
  xOffset: uint(16),
  yOffset: uint(16),
};

export const SHAPE = {
  miscellaneous: uint(8),
  featureControl: uint(8),
  sequencerIndex: uint(3),
  sequencer: bytes(8),
  crtcIndex: uint(5),
  crtc: bytes(0x20),
  graphicsIndex: uint(4),
  graphics: bytes(0x10),
  /** Index of the attribute controller, with the palette address source in bit 5. */
  attributeIndex: uint(6),
  /** The next write to 3C0 is data. */
  attributeData: flag(),
  attribute: bytes(0x20),
  dacMask: uint(8, 0xff),
  dacReadIndex: uint(8),
  dacWriteIndex: uint(8),
  /** The colour component that port 3C9 means next. */
  dacComponent: integer(0, 2),
  /** The read index was the last to be written. */
  dacReading: flag(),
  /** Red and green of a colour that is being written. */
  dacPending: uint(16),
  dac: bytes(768),
  /** The four latches as a signed word, plane 0 in the low byte. */
  latches: integer(-(2 ** 31), 2 ** 31 - 1),
  vbe: record(VBE_SHAPE),
};

export type VgaState = StateOf<typeof SHAPE>;
export type VbeState = StateOf<typeof VBE_SHAPE>;

export const initialVga = (): VgaState => initialState(SHAPE);

/** Sequencer registers. */
export const SEQ_RESET = 0;
export const SEQ_CLOCKING = 1;
export const SEQ_MAP_MASK = 2;
export const SEQ_CHARACTER_MAP = 3;
export const SEQ_MEMORY_MODE = 4;

/** Graphics controller registers. */
export const GC_SET_RESET = 0;
export const GC_ENABLE_SET_RESET = 1;
export const GC_COLOUR_COMPARE = 2;
export const GC_ROTATE = 3;
export const GC_READ_MAP = 4;
export const GC_MODE = 5;
export const GC_MISCELLANEOUS = 6;
export const GC_DONT_CARE = 7;
export const GC_BIT_MASK = 8;

/** Attribute controller registers behind the 16 palette registers. */
export const AC_MODE = 0x10;
export const AC_OVERSCAN = 0x11;
export const AC_PLANE_ENABLE = 0x12;
export const AC_PANNING = 0x13;
export const AC_COLOUR_SELECT = 0x14;
/** Bit 5 of the attribute controller's index: the palette belongs to the screen, not to the processor. */
export const AC_SCREEN_ON = 0x20;

export const VBE_ENABLED = 0x0001;
export const VBE_GET_CAPABILITIES = 0x0002;
export const VBE_8_BIT_DAC = 0x0020;
export const VBE_LINEAR = 0x0040;
export const VBE_NO_CLEAR = 0x0080;

/** Whether the VBE extension decides what the screen shows. */
export const vbeEnabled = (state: VgaState): boolean => (state.vbe.enable & VBE_ENABLED) !== 0;
