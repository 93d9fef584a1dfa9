// What follows an INIT of the processor: CMOS byte 0Fh, the shutdown status, says where the program wants to go on that has asked
// for it. That is how programs of the 80286 come back from protected mode. IBM PC AT Technical Reference (BIOS listing, "Shutdown");
// the codes from 0Bh on are later BIOSes'.
//
//   05h  jump to the far address at 40:67h, after the end of an interrupt    0Ah  jump there
//   0Bh  IRET from the stack at 40:67h                                       0Ch  far return from there
import { BDA_RESUME, ROM_RESUME_IRET, ROM_RESUME_RETF, ROM_SEGMENT } from './layout.ts';
import { endOfInterrupt } from './post.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

const RTC_INDEX = 0x70;
const RTC_DATA = 0x71;
const SHUTDOWN_STATUS = 0x0f;

const JUMP_WITH_END_OF_INTERRUPT = 0x05;
const JUMP = 0x0a;
const INTERRUPT_RETURN = 0x0b;
const FAR_RETURN = 0x0c;

/** Real-mode code. */
export interface FarAddress {
  readonly segment: number;
  readonly offset: number;
}

/** Where to go on, or null where everything is to begin anew. The status is used up. */
export function resumption(memory: BiosMemory, ports: BiosPorts): FarAddress | null {
  ports.portWrite(RTC_INDEX, 1, SHUTDOWN_STATUS);
  const status = ports.portRead(RTC_DATA, 1);
  ports.portWrite(RTC_DATA, 1, 0);
  const there = { segment: memory.read16(BDA_RESUME + 2), offset: memory.read16(BDA_RESUME) };
  switch (status) {
    case JUMP_WITH_END_OF_INTERRUPT:
      endOfInterrupt(ports);
      return there;
    case JUMP:
      return there;
    case INTERRUPT_RETURN:
      return { segment: ROM_SEGMENT, offset: ROM_RESUME_IRET };
    case FAR_RETURN:
      return { segment: ROM_SEGMENT, offset: ROM_RESUME_RETF };
    default:
      return null;
  }
}
