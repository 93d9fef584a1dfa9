// What scripts and tests do with a machine's screen: wait for what it says, take a picture.
import type { TextScreen } from '../../backend/display/screen.ts';
import { DoppelError } from '../../base/errors.ts';
import type { Machine } from '../../machine/vm/machine.ts';
import { encodePng } from './png.ts';

/** Milliseconds between two looks at the screen. */
const INTERVAL = 50;

/** The lines of a text screen without the blanks at their ends. */
export const screenText = (text: TextScreen): string => text.lines.map((line) => line.trimEnd()).join('\n');

/**
 * Waits until the text screen of a machine that runs contains `wanted`; gives the screen's text. Throws DoppelError after
 * `milliseconds`, with what the screen says then.
 */
export async function waitForScreenText(
  machine: Machine,
  wanted: string | RegExp,
  milliseconds: number,
): Promise<string> {
  const { screen } = machine;
  if (screen === undefined)
    throw new DoppelError('The machine has no display adapter, so no screen to read.');
  const end = performance.now() + milliseconds;
  for (;;) {
    const text = screen.text();
    const says = text === undefined ? '' : screenText(text);
    if (typeof wanted === 'string' ? says.includes(wanted) : wanted.test(says)) return says;
    if (performance.now() >= end) {
      const now = text === undefined ? 'It shows graphics.' : `It says:\n${says.trim()}`;
      throw new DoppelError(`The screen did not show ${wanted} within ${milliseconds / 1000} s. ${now}`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}

/** The screen as a PNG file. Throws DoppelError where there is none. */
export function screenshot(machine: Machine): Uint8Array {
  if (machine.screen === undefined)
    throw new DoppelError('The machine has no display adapter, so no picture.');
  return encodePng(machine.screen.frame());
}
