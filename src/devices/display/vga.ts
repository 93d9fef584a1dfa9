// VGA with the Bochs VBE extension: registers and memory (IBM PS/2 hardware interface technical reference, "Video
// subsystem"; Ferraro, "Programmer's Guide to the EGA, VGA and Super VGA Cards"; Bochs, "VBE DISPI interface").
//
//   region mono     ports 3B0-3BB   CRT controller and status at 3B4, 3B5, 3BA for a monochrome display
//   region vga      ports 3C0-3CF   attribute controller, sequencer, DAC, graphics controller
//   region colour   ports 3D0-3DF   CRT controller and status at 3D4, 3D5, 3DA
//   region vbe      ports 1CE-1D0   index; data at 1CF and 1D0
//   region window   memory A0000-BFFFF, 128 KiB
//
// What the screen shows follows from state and memory (raster.ts, vga-screen.ts); nothing is drawn here. Not modelled:
// the vertical retrace interrupt, the light pen, the sense of the monitor's kind (a colour monitor is always there).
import type { Clock } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import type { Chip } from '../chip.ts';
import { resetState, restoreState, saveState } from '../chip.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import { dacIsWide, readVbe, writeVbe } from './vbe.ts';
import { vgaWindow } from './vga-memory.ts';
import { initialVga, SHAPE, type VgaState } from './vga-state.ts';
import { inputStatus1 } from './vga-timing.ts';

const NAME = 'vga';
const VERSION = 1;

const MISC_COLOUR = 0x01;
const CRTC_PROTECT = 0x80;
const CRTC_OVERFLOW = 0x07;
const CRTC_RETRACE_END = 0x11;

/** Bits that exist in each sequencer, graphics and attribute register. */
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e];
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff];
const ATTRIBUTE_BITS = [0xef, 0xff, 0x3f, 0x0f, 0x0f];
const LAST_CRTC = 0x18;

export interface VgaOptions {
  readonly clock: Clock;
  /** Whole pages, at least 256 KiB. Its bytes are saved by whoever owns it. */
  readonly memory: PlainMemory;
}

export class Vga implements Chip {
  /** Ports from 3B0, 3C0, 3D0 and 1CE; memory from A0000. */
  readonly regions: readonly RegisterRegion[];
  readonly memory: PlainMemory;
  readonly clock: Clock;
  /** For those who show the screen: they read it and change nothing. */
  readonly state: VgaState = initialVga();

  constructor(options: VgaOptions) {
    this.clock = options.clock;
    this.memory = options.memory;
    this.regions = [
      registerRegion('vga-mono', 12, crtcRegisters(false), this),
      registerRegion('vga', 16, VGA_REGISTERS, this),
      registerRegion('vga-colour', 16, crtcRegisters(true), this),
      vbePorts(this),
      vgaWindow(this.state, options.memory),
    ];
  }

  /** The memory keeps what it holds, as after a warm start. */
  reset(): void {
    resetState(SHAPE, this.state);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.state, record);
  }

  // What the register tables call.

  isColour(): boolean {
    return (this.state.miscellaneous & MISC_COLOUR) !== 0;
  }

  readStatus1(): number {
    this.state.attributeData = false;
    return inputStatus1(this.state, this.clock.now());
  }

  readCrtc(): number {
    const { crtcIndex, crtc } = this.state;
    return crtcIndex <= LAST_CRTC ? crtc[crtcIndex]! : 0;
  }

  writeCrtc(value: number): void {
    const { crtcIndex, crtc } = this.state;
    if (crtcIndex > LAST_CRTC) return;
    if (crtcIndex <= CRTC_OVERFLOW && (crtc[CRTC_RETRACE_END]! & CRTC_PROTECT) !== 0) {
      // Of the protected registers only bit 8 of the line compare can be written.
      if (crtcIndex === CRTC_OVERFLOW) crtc[CRTC_OVERFLOW] = (crtc[CRTC_OVERFLOW]! & ~0x10) | (value & 0x10);
      return;
    }
    crtc[crtcIndex] = value;
  }

  writeAttribute(value: number): void {
    const s = this.state;
    if (s.attributeData) {
      const index = s.attributeIndex & 0x1f;
      if (index < 0x10) s.attribute[index] = value & 0x3f;
      else s.attribute[index] = value & (ATTRIBUTE_BITS[index - 0x10] ?? 0);
    } else s.attributeIndex = value & 0x3f;
    s.attributeData = !s.attributeData;
  }

  readDac(): number {
    const s = this.state;
    const value = s.dac[3 * s.dacReadIndex + s.dacComponent]!;
    s.dacComponent = (s.dacComponent + 1) % 3;
    if (s.dacComponent === 0) s.dacReadIndex = (s.dacReadIndex + 1) & 0xff;
    return value;
  }

  writeDac(value: number): void {
    const s = this.state;
    const component = value & (dacIsWide(s.vbe) ? 0xff : 0x3f);
    if (s.dacComponent < 2) {
      s.dacPending = s.dacComponent === 0 ? component : (s.dacPending & 0xff) | (component << 8);
      s.dacComponent++;
      return;
    }
    s.dac.set([s.dacPending & 0xff, s.dacPending >> 8, component], 3 * s.dacWriteIndex);
    s.dacComponent = 0;
    s.dacWriteIndex = (s.dacWriteIndex + 1) & 0xff;
  }

  readVbe(index: number): number {
    return readVbe(this.state.vbe, index, this.memory);
  }

  writeVbe(index: number, value: number): void {
    writeVbe(this.state.vbe, index, value, this.memory);
  }
}

/** The CRT controller and the registers beside it, which answer at 3Bx or 3Dx as the miscellaneous output says. */
function crtcRegisters(colour: boolean): readonly Register<Vga>[] {
  const when = (vga: Vga) => vga.isColour() === colour;
  const reset = colour ? undefined : 0;
  return [
    {
      name: 'CRTC INDEX',
      offset: 4,
      width: 1,
      access: 'RW',
      when,
      reset,
      read: (vga) => vga.state.crtcIndex,
      write: (vga, value) => {
        vga.state.crtcIndex = value & 0x1f;
      },
    },
    {
      name: 'CRTC DATA',
      offset: 5,
      width: 1,
      access: 'RW',
      when,
      reset,
      read: (vga) => vga.readCrtc(),
      write: (vga, value) => vga.writeCrtc(value),
    },
    {
      name: 'INPUT STATUS 1/FEATURE CONTROL',
      offset: 10,
      width: 1,
      access: 'RW',
      when,
      read: (vga) => vga.readStatus1(),
      write: (vga, value) => {
        vga.state.featureControl = value & 0x03;
      },
    },
  ];
}

const VGA_REGISTERS: readonly Register<Vga>[] = [
  {
    name: 'ATTRIBUTE INDEX/DATA',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.state.attributeIndex,
    write: (vga, value) => vga.writeAttribute(value),
  },
  {
    name: 'ATTRIBUTE DATA',
    offset: 1,
    width: 1,
    reset: 0,
    access: 'RO',
    read: (vga) => vga.state.attribute[vga.state.attributeIndex & 0x1f]!,
  },
  {
    name: 'INPUT STATUS 0/MISCELLANEOUS OUTPUT',
    offset: 2,
    width: 1,
    reset: 0x10,
    access: 'RW',
    read: () => 0x10,
    write: (vga, value) => {
      vga.state.miscellaneous = value;
    },
  },
  {
    name: 'SEQUENCER INDEX',
    offset: 4,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.state.sequencerIndex,
    write: (vga, value) => {
      vga.state.sequencerIndex = value & 0x07;
    },
  },
  {
    name: 'SEQUENCER DATA',
    offset: 5,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.state.sequencer[vga.state.sequencerIndex]!,
    write: (vga, value) => {
      const { sequencer, sequencerIndex } = vga.state;
      sequencer[sequencerIndex] = value & (SEQUENCER_BITS[sequencerIndex] ?? 0);
    },
  },
  {
    name: 'DAC MASK',
    offset: 6,
    width: 1,
    reset: 0xff,
    access: 'RW',
    read: (vga) => vga.state.dacMask,
    write: (vga, value) => {
      vga.state.dacMask = value;
    },
  },
  {
    name: 'DAC STATE/READ INDEX',
    offset: 7,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => (vga.state.dacReading ? 0x03 : 0x00),
    write: (vga, value) => {
      const s = vga.state;
      s.dacReadIndex = value;
      s.dacComponent = 0;
      s.dacReading = true;
    },
  },
  {
    name: 'DAC WRITE INDEX',
    offset: 8,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.state.dacWriteIndex,
    write: (vga, value) => {
      const s = vga.state;
      s.dacWriteIndex = value;
      s.dacComponent = 0;
      s.dacReading = false;
    },
  },
  {
    name: 'DAC DATA',
    offset: 9,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.readDac(),
    write: (vga, value) => vga.writeDac(value),
  },
  {
    name: 'FEATURE CONTROL',
    offset: 10,
    width: 1,
    reset: 0,
    access: 'RO',
    read: (vga) => vga.state.featureControl,
  },
  {
    name: 'MISCELLANEOUS OUTPUT',
    offset: 12,
    width: 1,
    reset: 0,
    access: 'RO',
    read: (vga) => vga.state.miscellaneous,
  },
  {
    name: 'GRAPHICS INDEX',
    offset: 14,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.state.graphicsIndex,
    write: (vga, value) => {
      vga.state.graphicsIndex = value & 0x0f;
    },
  },
  {
    name: 'GRAPHICS DATA',
    offset: 15,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (vga) => vga.state.graphics[vga.state.graphicsIndex]!,
    write: (vga, value) => {
      const { graphics, graphicsIndex } = vga.state;
      graphics[graphicsIndex] = value & (GRAPHICS_BITS[graphicsIndex] ?? 0);
    },
  },
];

/** Two registers of 16 bits at odd distance: words at 1CE (index) and 1CF (data), and data again at 1D0. */
function vbePorts(vga: Vga): RegisterRegion {
  const { state } = vga;
  return {
    name: 'vbe',
    size: 3,
    registers: [
      { name: 'VBE INDEX', offset: 0, width: 2, reset: 0, access: 'RW' },
      { name: 'VBE DATA', offset: 1, width: 2, access: 'RW' },
    ],
    read(offset, width) {
      const value = offset === 0 ? state.vbe.index : vga.readVbe(state.vbe.index);
      return width === 1 ? value & 0xff : value;
    },
    write(offset, width, value) {
      if (width === 1) return;
      if (offset === 0) state.vbe.index = value & 0xffff;
      else vga.writeVbe(state.vbe.index, value & 0xffff);
    },
  };
}
