// What scripts and tests do with a machine: the actions of src/control with Node behind them, and short forms of the commonest.
import { DoppelError } from '../../base/errors.ts';
import { type ControlHost, MachineControl } from '../../control/machine-control.ts';
import { screenText } from '../../control/screen-text.ts';
import type { SerialLog } from '../../control/serial-log.ts';
import type { Machine } from '../../machine/vm/machine.ts';
import { openMediaFile } from './media-file.ts';
import { encodePng } from './png.ts';

/** Milliseconds between two looks at the screen. */
const INTERVAL = 50;

export interface ControlMachineOptions {
  readonly name?: string;
  /** Of each serial line, where `wait` shall look at it: what the machine was given as its sink. */
  readonly serial?: readonly SerialLog[];
  /** Sentences for the user about media: bytes left out, a host that has failed. */
  readonly report?: (message: string) => void;
}

/** The switches of a machine: `perform` an action, or call `click`, `insert`, `eject`, `wait` by themselves. */
export function controlMachine(
  machine: Machine,
  { name, serial, report }: ControlMachineOptions = {},
): MachineControl {
  const host: ControlHost = {
    now: () => performance.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    encodePng,
    openMedium: (drive, file, readOnly) =>
      openMediaFile(drive === 'cdrom' ? 'cdrom' : 'floppy', file, { readOnly, ...(report && { report }) }),
  };
  return new MachineControl({
    machine,
    host,
    ...(name !== undefined && { name }),
    ...(serial && { serial }),
  });
}

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
