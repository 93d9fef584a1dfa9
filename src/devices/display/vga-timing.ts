// Where the beam is: computed from the clock and the CRT controller's registers, for the status bits that programs
// wait for (IBM PS/2 hardware interface technical reference, "CRT controller" and "Input status register 1").
import type { VgaState } from './vga-state.ts';
import { SEQ_CLOCKING } from './vga-state.ts';

/** The two crystals, in MHz. */
const DOT_CLOCKS = [25.175, 28.322];

/** 640 by 480 at 60 Hz, for a CRT controller that nobody has programmed. */
const DEFAULT = { total: 525, displayed: 480, retrace: 490, retraceEnd: 492 };

/** Scan lines of a field that are displayed, 1 to 1024. */
export function displayedLines(state: VgaState): number {
  const { crtc } = state;
  return (crtc[0x12]! | ((crtc[0x07]! & 0x02) << 7) | ((crtc[0x07]! & 0x40) << 3)) + 1;
}

/** Input status register 1: 0 not displaying, 3 vertical retrace. */
export function inputStatus1(state: VgaState, now: number): number {
  const { crtc, sequencer } = state;
  const overflow = crtc[0x07]!;
  const clocking = sequencer[SEQ_CLOCKING]!;
  const dots = (clocking & 1) !== 0 ? 8 : 9;
  const clock = DOT_CLOCKS[(state.miscellaneous >> 2) & 1]! / ((clocking & 8) !== 0 ? 2 : 1);
  let vertical = {
    total: (crtc[0x06]! | ((overflow & 0x01) << 8) | ((overflow & 0x20) << 4)) + 2,
    displayed: displayedLines(state),
    retrace: crtc[0x10]! | ((overflow & 0x04) << 6) | ((overflow & 0x80) << 2),
    retraceEnd: 0,
  };
  vertical.retraceEnd = vertical.retrace + (((crtc[0x11]! & 15) - vertical.retrace) & 15 || 16);
  if (vertical.displayed > vertical.retrace || vertical.retrace >= vertical.total) vertical = DEFAULT;
  const characters = Math.max(crtc[0]! + 5, 20);
  const lineTime = (characters * dots * 1000) / clock;
  const inFrame = now % (lineTime * vertical.total);
  const line = inFrame / lineTime;
  const character = (line % 1) * characters;
  const displaying = line < vertical.displayed && character <= Math.min(crtc[1]! + 1, characters - 5);
  const retrace = line >= vertical.retrace && line < vertical.retraceEnd;
  return (displaying ? 0 : 0x01) | (retrace ? 0x08 : 0);
}
