// What can be done to a machine from outside, as values: the command line's `doppel ctl`, programs that use the socket and
// programs that use the library make the same ones. docs/control.md describes them for their users.
import { DoppelError } from '../base/errors.ts';

/** Drives whose media come and go. */
export const DRIVE_NAMES = ['cdrom', 'floppy0', 'floppy1'] as const;
export type DriveName = (typeof DRIVE_NAMES)[number];

export const BUTTON_NAMES = ['left', 'right', 'middle'] as const;
export type ButtonName = (typeof BUTTON_NAMES)[number];

/** Where `wait` looks: the text screen, or a serial line. */
export const WAIT_PLACES = ['screen', 'serial'] as const;

export type Action =
  | { readonly action: 'status' }
  | { readonly action: 'text' }
  | { readonly action: 'screenshot' }
  /** Typed on a keyboard with the US layout. */
  | { readonly action: 'type'; readonly text: string }
  /** Combinations one after the other: "ctrl-alt-delete", "f12" (key-names.ts). */
  | { readonly action: 'key'; readonly keys: readonly string[] }
  /** Exactly these are held from now on; each may be a combination. */
  | { readonly action: 'key-hold'; readonly keys: readonly string[] }
  /** To the right and downwards, in steps of the mouse. */
  | { readonly action: 'pointer-move'; readonly dx: number; readonly dy: number }
  /** To a place in the picture, in pixels from its upper left corner. */
  | { readonly action: 'pointer-to'; readonly x: number; readonly y: number }
  | { readonly action: 'pointer-click'; readonly button: ButtonName; readonly count: number }
  /** Exactly these are held from now on. */
  | { readonly action: 'pointer-hold'; readonly buttons: readonly ButtonName[] }
  /** Notches; positive is towards the user. */
  | { readonly action: 'pointer-wheel'; readonly notches: number }
  | {
      readonly action: 'wait';
      readonly text: string;
      readonly regex: boolean;
      readonly on: (typeof WAIT_PLACES)[number];
      /** Serial line, 0 for COM1. */
      readonly line: number;
      readonly seconds: number;
    }
  /** Input on a serial line. */
  | { readonly action: 'serial'; readonly text: string; readonly line: number }
  | { readonly action: 'eject'; readonly drive: DriveName; readonly force: boolean }
  | {
      readonly action: 'insert';
      readonly drive: DriveName;
      readonly file: string;
      readonly readOnly: boolean;
      readonly force: boolean;
    }
  | { readonly action: 'reset' | 'power' | 'pause' | 'resume' | 'stop' };

export type ActionName = Action['action'];

/** What went wrong with an action, for programs. */
export type ControlErrorCode =
  /** No JSON object, a field that lacks or has a value that it cannot have. */
  | 'bad-request'
  /** No such action. */
  | 'unknown-action'
  /** Too many actions at once. */
  | 'busy'
  | 'no-display'
  /** The screen shows graphics, so no text. */
  | 'graphics'
  /** The guest takes no places now. */
  | 'no-absolute-pointer'
  | 'no-drive'
  | 'no-medium'
  /** The guest has locked the drive. */
  | 'locked'
  /** The file cannot be used: its sentence says why. */
  | 'bad-medium'
  | 'no-serial-line'
  | 'timeout'
  /** The machine has ended meanwhile. */
  | 'ended'
  | 'failed';

export class ControlError extends DoppelError {
  override readonly name = 'ControlError';
  readonly code: ControlErrorCode;
  constructor(code: ControlErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A field of an action: gives its value from JSON, or undefined where it is none. Without `otherwise` it must be there. */
interface Field {
  readonly wants: string;
  readonly accept: (value: unknown) => unknown;
  readonly otherwise?: unknown;
}

const LONGEST_TEXT = 65_536;
const MOST_KEYS = 256;

const isChoice =
  <T extends string>(choices: readonly T[]) =>
  (value: unknown): T | undefined =>
    choices.find((choice) => choice === value);
const text: Field = {
  wants: `a text of at most ${LONGEST_TEXT} characters`,
  accept: (value) => (typeof value === 'string' && value.length <= LONGEST_TEXT ? value : undefined),
};
/** To be waited for: an empty one would always be there. */
const wantedText: Field = {
  wants: `a text of 1 to ${LONGEST_TEXT} characters`,
  accept: (value) => (value === '' ? undefined : text.accept(value)),
};
const integer = (least: number, most: number, otherwise?: number): Field => ({
  wants: `a whole number from ${least} to ${most}`,
  accept: (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most ? value : undefined,
  ...(otherwise !== undefined && { otherwise }),
});
const flag: Field = {
  wants: 'true or false',
  accept: (value) => (typeof value === 'boolean' ? value : undefined),
  otherwise: false,
};
const choice = (choices: readonly string[], otherwise?: string): Field => ({
  wants: `one of ${choices.join(', ')}`,
  accept: isChoice(choices),
  ...(otherwise !== undefined && { otherwise }),
});
const list = (of: Field, what: string): Field => ({
  wants: `a list of ${what}`,
  accept: (value) =>
    Array.isArray(value) && value.length <= MOST_KEYS && value.every((item) => of.accept(item) !== undefined)
      ? value
      : undefined,
});
const seconds: Field = {
  wants: 'a number of seconds',
  accept: (value) => (typeof value === 'number' && value >= 0 && value <= 1e6 ? value : undefined),
  otherwise: 60,
};
const SERIAL_LINE = integer(0, 3, 0);
const drive = choice(DRIVE_NAMES);
const steps = integer(-65_535, 65_535, 0);

const FIELDS: Readonly<Record<ActionName, Readonly<Record<string, Field>>>> = {
  status: {},
  text: {},
  screenshot: {},
  type: { text },
  key: { keys: list(text, 'keys') },
  'key-hold': { keys: list(text, 'keys') },
  'pointer-move': { dx: steps, dy: steps },
  'pointer-to': { x: integer(0, 65_535), y: integer(0, 65_535) },
  'pointer-click': { button: choice(BUTTON_NAMES, 'left'), count: integer(1, 10, 1) },
  'pointer-hold': { buttons: list(choice(BUTTON_NAMES), 'buttons') },
  'pointer-wheel': { notches: integer(-100, 100) },
  wait: { text: wantedText, regex: flag, on: choice(WAIT_PLACES, 'screen'), line: SERIAL_LINE, seconds },
  serial: { text, line: SERIAL_LINE },
  eject: { drive, force: flag },
  insert: { drive, file: text, readOnly: flag, force: flag },
  reset: {},
  power: {},
  pause: {},
  resume: {},
  stop: {},
};

/** Reads an action out of a JSON value. Fields that it does not know are left alone. Throws ControlError. */
export function parseAction(value: Readonly<Record<string, unknown>>): Action {
  const name = value.action;
  if (typeof name !== 'string') throw new ControlError('bad-request', 'A request needs an "action".');
  const fields = Object.hasOwn(FIELDS, name) ? FIELDS[name as ActionName] : undefined;
  if (fields === undefined) throw new ControlError('unknown-action', `There is no action '${name}'.`);
  const action: Record<string, unknown> = { action: name };
  for (const [key, field] of Object.entries(fields)) {
    const given = value[key];
    const accepted = given === undefined ? field.otherwise : field.accept(given);
    if (accepted === undefined) {
      throw new ControlError('bad-request', `'${name}' needs "${key}": ${field.wants}.`);
    }
    action[key] = accepted;
  }
  return action as unknown as Action;
}
