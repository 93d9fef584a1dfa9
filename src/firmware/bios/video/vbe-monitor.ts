// The monitor's part of VBE: what it is (VBE/DDC 1.0, AX=4F15h), and its power (VBE/PM 1.0, AX=4F10h).
import type { BiosFrame } from '../frame.ts';
import { pciFunctions, readPci } from '../pci-services.ts';
import type { BiosMemory, BiosPorts } from '../wires.ts';
import { FAILED, OK } from './vbe-status.ts';

const DISPLAY_CLASS = 0x03;
/** The display's base address registers. */
export const FRAMEBUFFER_BAR = 0x10;
const REGISTER_BAR = 0x18;
const EDID_SIZE = 128;

const SEQUENCER = 0x3c4;
const CLOCKING_MODE = 1;
const SCREEN_OFF = 0x20;

/** What a base address register of the display holds; 0 where there is no display. */
export function displayAddress(ports: BiosPorts, register: number): number {
  for (const slot of pciFunctions(ports)) {
    if (readPci(ports, slot, 0x0b, 1) === DISPLAY_CLASS)
      return (readPci(ports, slot, register, 4) & ~0xf) >>> 0;
  }
  return 0;
}

/** VBE/PM 1.0: BL=0 what there is, 1 set, 2 get the state in BH: 0 on, otherwise off. */
export function powerService(frame: BiosFrame, ports: BiosPorts): number {
  const clocking = () => {
    ports.portWrite(SEQUENCER, 1, CLOCKING_MODE);
    return ports.portRead(SEQUENCER + 1, 1);
  };
  switch (frame.bl) {
    case 0:
      frame.bx = 0x0f10; // standby, suspend, off, reduced; version 1.0
      return OK;
    case 1: {
      const now = clocking();
      ports.portWrite(SEQUENCER + 1, 1, frame.bh === 0 ? now & ~SCREEN_OFF : now | SCREEN_OFF);
      return OK;
    }
    case 2:
      frame.bh = (clocking() & SCREEN_OFF) === 0 ? 0 : 4;
      return OK;
    default:
      return FAILED;
  }
}

/** VBE/DDC: the EDID block, which the display has at the start of its register BAR. */
export function identityService(frame: BiosFrame, memory: BiosMemory, ports: BiosPorts): number {
  if (frame.bl === 0) {
    frame.bx = 0x0103; // a second to transfer; DDC1 and DDC2
    return OK;
  }
  if (frame.bl !== 1 || frame.dx !== 0) return FAILED;
  const registers = displayAddress(ports, REGISTER_BAR);
  if (registers === 0) return FAILED;
  const block = new Uint8Array(EDID_SIZE);
  memory.readPhysical(registers, block);
  memory.write(frame.es(0) + frame.di, block);
  return OK;
}
