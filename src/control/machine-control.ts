// A machine with somebody at its switches: does what an Action says and answers with a record that JSON can hold (but for the
// bytes of a picture, which whoever sends it encodes).
//
// Waiting looks again every so often, by the host's clock. Media are opened by the host; one that is ejected is closed.
import type { BlockDevice } from '../backend/block/block-device.ts';
import type { Frame } from '../backend/display/screen.ts';
import type { KeyCode } from '../backend/input/keys.ts';
import { BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT, FARTHEST_PLACE } from '../backend/input/pointer.ts';
import { DoppelError } from '../base/errors.ts';
import type { Machine } from '../machine/vm/machine.ts';
import { type Action, type ButtonName, ControlError, DRIVE_NAMES, type DriveName } from './actions.ts';
import { heldKeys, keyCombination } from './key-names.ts';
import { driveOf, type RemovableDrive } from './removable-drive.ts';
import { screenText } from './screen-text.ts';
import type { SerialLog } from './serial-log.ts';

/** What a MachineControl needs of its host. */
export interface ControlHost {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  encodePng(frame: Frame): Uint8Array;
  /** Opens an image as a medium for a drive; throws DoppelError. */
  openMedium(drive: DriveName, file: string, readOnly: boolean): BlockDevice & { close?(): void };
}

export interface DriveStatus {
  readonly drive: DriveName;
  /** The medium's name; null where there is none. */
  readonly medium: string | null;
  readonly readOnly: boolean;
  /** The tray is open: the guest has ejected what lies on it. */
  readonly trayOpen: boolean;
}

export interface MachineStatus {
  readonly name: string;
  readonly state: 'running' | 'paused' | 'suspended';
  /** Seconds since the machine was made. */
  readonly uptime: number;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly instructions: number;
  /** Pixels; null without a display adapter. */
  readonly screen: {
    readonly width: number;
    readonly height: number;
    readonly mode: 'text' | 'graphics';
  } | null;
  readonly serialLines: number;
  readonly drives: readonly DriveStatus[];
}

export type ActionResult = object;

export interface MachineControlOptions {
  readonly machine: Machine;
  readonly host: ControlHost;
  /** What the machine is called. */
  readonly name?: string;
  /** Of each serial line, where `wait` shall look at it. */
  readonly serial?: readonly SerialLog[];
}

/** Milliseconds between two looks at what is waited for. */
const INTERVAL = 50;
/** Milliseconds for which a click holds a button, and between two clicks. */
const CLICK = 60;

const BUTTONS: Readonly<Record<ButtonName, number>> = {
  left: BUTTON_LEFT,
  right: BUTTON_RIGHT,
  middle: BUTTON_MIDDLE,
};

export class MachineControl {
  readonly machine: Machine;
  readonly name: string;
  readonly #host: ControlHost;
  readonly #serial: readonly SerialLog[];
  readonly #started: number;
  #buttons = 0;
  #keys: readonly KeyCode[] = [];
  /** Where an absolute pointer was put last. */
  #place: { readonly x: number; readonly y: number } | undefined;

  constructor({ machine, host, name = 'doppel', serial = [] }: MachineControlOptions) {
    this.machine = machine;
    this.name = name;
    this.#host = host;
    this.#serial = serial;
    this.#started = host.now();
  }

  /**
   * Does it; resolved when it is done. Throws DoppelError, in general a ControlError. A wait ends early, and fails, once
   * `givenUp` says so.
   */
  async perform(action: Action, givenUp: () => boolean = () => false): Promise<ActionResult> {
    const { machine } = this;
    switch (action.action) {
      case 'status':
        return this.status();
      case 'text':
        return { text: this.text() };
      case 'screenshot': {
        const frame = this.#screen().frame();
        return { width: frame.width, height: frame.height, png: this.#host.encodePng(frame) };
      }
      case 'type':
        await machine.type(action.text);
        return {};
      case 'key':
        await machine.pressKeys(action.keys.flatMap(keyCombination));
        return {};
      case 'key-hold':
        await this.holdKeys(action.keys);
        return {};
      case 'pointer-move':
        machine.pointer.move(action.dx, action.dy, 0, this.#buttons);
        return {};
      case 'pointer-to':
        this.#goTo(action.x, action.y);
        return {};
      case 'pointer-click':
        await this.click(action.button, action.count);
        return {};
      case 'pointer-hold':
        this.#hold(action.buttons.reduce((all, button) => all | BUTTONS[button], 0));
        return {};
      case 'pointer-wheel':
        this.#point(action.notches);
        return {};
      case 'wait':
        return { text: await this.wait(action, givenUp) };
      case 'serial':
        this.#log(action.line);
        machine.serialInput(new TextEncoder().encode(action.text), action.line);
        return {};
      case 'eject':
        this.eject(action.drive, action.force);
        return {};
      case 'insert':
        this.insert(action.drive, action.file, action);
        return {};
      case 'reset':
        machine.reset();
        return {};
      case 'power':
        machine.pressPowerButton();
        return {};
      case 'pause':
        machine.pause();
        return {};
      case 'resume':
        machine.resume();
        return {};
      case 'stop':
        machine.stop('control');
        return {};
    }
  }

  status(): MachineStatus {
    const { machine, name } = this;
    const frame = machine.screen?.frame();
    return {
      name,
      state: machine.paused ? 'paused' : machine.suspended ? 'suspended' : 'running',
      uptime: Math.round(this.#host.now() - this.#started) / 1000,
      memory: machine.memory.size,
      instructions: machine.vcpu.retired,
      screen: frame
        ? { width: frame.width, height: frame.height, mode: machine.screen?.text() ? 'text' : 'graphics' }
        : null,
      serialLines: machine.board.uarts.length,
      drives: DRIVE_NAMES.flatMap((name) => {
        const drive = driveOf(machine.board, name);
        const { medium, trayOpen } = drive ?? {};
        return drive
          ? [
              {
                drive: name,
                medium: medium?.name ?? null,
                readOnly: medium?.readOnly ?? false,
                trayOpen: trayOpen ?? false,
              },
            ]
          : [];
      }),
    };
  }

  /** What the text screen says. Throws ControlError where it shows graphics. */
  text(): string {
    const text = this.#screen().text();
    if (text === undefined)
      throw new ControlError('graphics', 'The screen shows graphics: take a screenshot.');
    return screenText(text);
  }

  #screen() {
    const { screen } = this.machine;
    if (screen === undefined) {
      throw new ControlError(
        'no-display',
        'The machine has no display adapter, so nothing to look at (see --display).',
      );
    }
    return screen;
  }

  #log(line: number): SerialLog | undefined {
    if (line >= this.machine.board.uarts.length) {
      throw new ControlError('no-serial-line', `The machine has no serial line ${line}.`);
    }
    return this.#serial[line];
  }

  /** Holds these keys, and none of those that were held in this way before. Throws ControlError. */
  async holdKeys(keys: readonly string[]): Promise<void> {
    const before = this.#keys;
    const wanted = heldKeys(keys);
    this.#keys = wanted;
    await this.machine.pressKeys([
      ...before.filter((code) => !wanted.includes(code)).map((code) => ({ code, pressed: false })),
      ...wanted.filter((code) => !before.includes(code)).map((code) => ({ code, pressed: true })),
    ]);
  }

  async click(button: ButtonName = 'left', count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (i > 0) await this.#host.sleep(CLICK);
      this.#hold(this.#buttons | BUTTONS[button]);
      await this.#host.sleep(CLICK);
      this.#hold(this.#buttons & ~BUTTONS[button]);
    }
  }
  #hold(buttons: number): void {
    this.#buttons = buttons;
    this.#point(0);
  }

  /** To a pixel. Throws ControlError where the guest has no driver for an absolute pointer. */
  #goTo(x: number, y: number): void {
    const { width, height } = this.#screen().frame();
    if (!this.machine.pointer.absolute) {
      throw new ControlError('no-absolute-pointer', 'The guest takes no places from its pointer: use moves.');
    }
    const scaled = (at: number, size: number) =>
      Math.min(FARTHEST_PLACE, Math.round((at * FARTHEST_PLACE) / Math.max(1, size - 1)));
    this.#place = { x: scaled(x, width), y: scaled(y, height) };
    this.#point(0);
  }

  /** Turns the wheel and tells the buttons, where the pointer is. */
  #point(wheel: number): void {
    const { pointer } = this.machine;
    if (this.#place && pointer.absolute) pointer.moveTo(this.#place.x, this.#place.y, wheel, this.#buttons);
    else pointer.move(0, 0, wheel, this.#buttons);
  }

  /** Waits for a text on the screen or a serial line: gives what it says, up to the end of the text on a serial line. */
  async wait(
    { text, regex, on, line, seconds }: Omit<Action & { action: 'wait' }, 'action'>,
    givenUp: () => boolean = () => false,
  ): Promise<string> {
    const wanted = regex ? expression(text) : text;
    const look = on === 'serial' ? this.#serialWatch(wanted, line) : this.#screenWatch(wanted);
    const end = this.#host.now() + seconds * 1000;
    for (;;) {
      const found = look.find();
      if (found !== undefined) return found;
      if (givenUp()) throw new ControlError('ended', 'The wait was given up.');
      const left = end - this.#host.now();
      if (left <= 0) {
        throw new ControlError('timeout', `'${text}' did not come within ${seconds} seconds. ${look.now()}`);
      }
      await this.#host.sleep(Math.min(INTERVAL, left));
    }
  }

  #screenWatch(wanted: string | RegExp) {
    const screen = this.#screen();
    const says = () => {
      const text = screen.text();
      return text && screenText(text);
    };
    return {
      find: () => {
        const text = says();
        if (text === undefined) return undefined;
        return (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) ? text : undefined;
      },
      now: () => {
        const text = says();
        return text === undefined ? 'The screen shows graphics.' : `The screen says:\n${text.trim()}`;
      },
    };
  }

  #serialWatch(wanted: string | RegExp, line: number) {
    const log = this.#log(line);
    if (log === undefined) throw new ControlError('no-serial-line', `Nobody listens to serial line ${line}.`);
    return {
      find: () => log.take(wanted),
      now: () => `The serial line said last:\n${log.text.slice(-500).trim()}`,
    };
  }

  // ---- media ----

  #drive(name: DriveName): RemovableDrive {
    const drive = driveOf(this.machine.board, name);
    if (drive) return drive;
    throw new ControlError(
      'no-drive',
      `The machine has no drive '${name}': give it one from the start, without a medium if need be (--${name === 'cdrom' ? name : 'floppy'} none).`,
    );
  }

  /** Takes the medium out and closes its file. Throws ControlError where the guest has locked it, which is asked then. */
  eject(name: DriveName, force = false): void {
    const drive = this.#drive(name);
    if (drive.medium === null) throw new ControlError('no-medium', `There is no medium in ${name}.`);
    this.#empty(name, drive, force);
    this.machine.wake();
  }

  /** Puts a file into a drive, in place of what may be there. Throws DoppelError. */
  insert(name: DriveName, file: string, { readOnly = false, force = false } = {}): void {
    const drive = this.#drive(name);
    const medium = openOrExplain(() => this.#host.openMedium(name, file, readOnly));
    try {
      if (drive.medium !== null) this.#empty(name, drive, force);
    } catch (error) {
      medium.close?.();
      throw error;
    }
    drive.insert(medium);
    this.machine.wake();
  }

  #empty(name: DriveName, drive: RemovableDrive, force: boolean): void {
    const medium = drive.medium as (BlockDevice & { close?(): void }) | null;
    if (!drive.eject(force)) {
      throw new ControlError(
        'locked',
        `The guest has locked ${name} and was asked to let go of it: unmount it there, or use force.`,
      );
    }
    medium?.close?.();
  }

  /** Closes the media that are in the drives. For when the machine has ended. */
  closeMedia(): void {
    for (const name of DRIVE_NAMES) {
      (driveOf(this.machine.board, name)?.medium as { close?(): void } | null | undefined)?.close?.();
    }
  }
}

function expression(source: string): RegExp {
  try {
    return new RegExp(source, 'm');
  } catch (error) {
    throw new ControlError(
      'bad-request',
      `'${source}' is no regular expression: ${(error as Error).message}.`,
    );
  }
}

function openOrExplain<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof DoppelError)) throw error;
    throw new ControlError('bad-medium', error.message, { cause: error });
  }
}
