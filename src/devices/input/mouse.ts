// PS/2 mouse (IBM PS/2 hardware interface technical reference, "Mouse"), with the wheel of the Microsoft IntelliMouse
// and the two side buttons of the IntelliMouse Explorer (Microsoft, "PS/2 mouse protocol").
//
//   command  E6, E7 scaling 1:1, 2:1   E8 resolution (1 argument)   E9 status   EA stream mode   EB read data
//            EC, EE wrap mode off, on   F0 remote mode   F2 read ID   F3 sample rate (1)   F4 enable   F5 disable
//            F6 defaults   FE resend   FF reset
//
//   packet   0  7 dy overflow  6 dx overflow  5 dy < 0  4 dx < 0  3 one  2 middle  1 right  0 left
//            1  dx      2  dy, upwards
//            3  with ID 3: the wheel, towards the user; with ID 4: 5 extra  4 side  3:0 the wheel
//
// Sample rates 200, 100, 80 in a row turn the mouse into one of ID 3; 200, 200, 80 turn it into one of ID 4. Motion is
// told at most as often as the sample rate says. What does not fit into a packet is told in the next. A button that is pressed
// and let go between two packets, as no hand does but programs do, is told in packets of its own. Not modelled:
// resolution (the host's steps are the mouse's counts) and overflow.
import type { PointerReceiver } from '../../backend/input/pointer.ts';
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import {
  flag,
  initialState,
  integer,
  moment,
  queue,
  resetState,
  restoreState,
  saveState,
  uint,
} from '../chip.ts';
import { PS2_ACKNOWLEDGE, PS2_RESEND, PS2_TEST_PASSED, type Ps2Device } from './ps2-device.ts';

const NAME = 'ps2-mouse';
const VERSION = 3;

const ID_PLAIN = 0;
const ID_WHEEL = 3;
const ID_FIVE_BUTTONS = 4;
const DEFAULT_RATE = 100;
const DEFAULT_RESOLUTION = 2;
/** Steps that wait to be told, at most. */
const FARTHEST = 0xffff;
/** Steps in a packet. Not -256: drivers take a zero byte for no motion, whatever the sign says (Linux's psmouse does). */
const FARTHEST_IN_PACKET = 255;

/** Changes of buttons that wait to be told, and the numbers of each: dx, dy and wheel from -FARTHEST up, buttons. */
const MOST_CHANGES = 16;
const CHANGE = 4;

const SHAPE = {
  id: integer(ID_PLAIN, ID_FIVE_BUTTONS, ID_PLAIN),
  enabled: flag(),
  remote: flag(),
  wrap: flag(),
  doubled: flag(),
  resolution: uint(8, DEFAULT_RESOLUTION),
  rate: uint(8, DEFAULT_RATE),
  /** The last two sample rates before `rate`. */
  earlierRates: queue(2),
  argumentFor: integer(-1, 0xff, -1),
  output: queue(8),
  lastSent: uint(8),
  /** Motion not told yet: to the right, upwards, and of the wheel. */
  dx: integer(-FARTHEST, FARTHEST),
  dy: integer(-FARTHEST, FARTHEST),
  wheel: integer(-FARTHEST, FARTHEST),
  buttons: uint(5),
  /** What came before the last change of the buttons and is not told yet, change by change. */
  changes: queue(CHANGE * MOST_CHANGES, 17),
  /** The buttons that the host was last told. */
  toldButtons: uint(5),
  /** A packet is due, whether anything has moved or not. */
  announcing: flag(),
  /** When the next packet may go (ns). */
  nextSample: moment(),
};

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

export interface Ps2MouseOptions {
  readonly clock: AlarmSource;
}

export class Ps2Mouse implements Chip, Ps2Device, PointerReceiver {
  readonly regions = [];
  readonly #clock: AlarmSource;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  #ready: () => void = () => {};

  constructor(options: Ps2MouseOptions) {
    this.#clock = options.clock;
    this.#alarm = options.clock.alarm(() => this.#sample());
  }

  connect(ready: () => void): void {
    this.#ready = ready;
  }

  move(dx: number, dy: number, wheel: number, buttons: number): void {
    const s = this.#state;
    if (this.#visible(buttons & 0x1f) !== this.#visible(s.buttons)) this.#keepChange();
    s.dx = clamp(s.dx + Math.trunc(dx), FARTHEST);
    s.dy = clamp(s.dy - Math.trunc(dy), FARTHEST);
    s.wheel = clamp(s.wheel + Math.trunc(wheel), FARTHEST);
    s.buttons = buttons & 0x1f;
    this.#sample();
  }

  /** The buttons change again: where the last change is not told yet, it is to be told by itself. */
  #keepChange(): void {
    const s = this.#state;
    const untold = s.changes.length > 0 || this.#visible(s.buttons) !== this.#visible(s.toldButtons);
    if (!this.#reports || !untold || s.changes.length >= CHANGE * MOST_CHANGES) return;
    s.changes.push(s.dx + FARTHEST, s.dy + FARTHEST, s.wheel + FARTHEST, s.buttons);
    s.dx = 0;
    s.dy = 0;
    s.wheel = 0;
  }

  /** Packets go by themselves. */
  get #reports(): boolean {
    const { enabled, remote, wrap } = this.#state;
    return enabled && !remote && !wrap;
  }

  /** Has the mouse send a packet: for another pointer that shares its interrupt. */
  announce(): void {
    this.#state.announcing = true;
    this.#sample();
  }

  read(): number {
    const s = this.#state;
    const byte = s.output.shift();
    if (byte === undefined) return -1;
    if (byte !== PS2_RESEND) s.lastSent = byte;
    if (s.output.length === 0) this.#sample();
    return byte;
  }

  write(byte: number): void {
    const s = this.#state;
    s.output = [];
    const command = s.argumentFor;
    s.argumentFor = -1;
    if (s.wrap && byte !== 0xff && byte !== 0xec) s.output = [byte];
    else if (command >= 0) this.#argument(command, byte);
    else this.#command(byte);
    this.#ready();
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#alarm.cancel();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#alarm.schedule(this.#state.nextSample);
  }

  #command(command: number): void {
    const s = this.#state;
    s.output = [PS2_ACKNOWLEDGE];
    switch (command) {
      case 0xe6:
        s.doubled = false;
        break;
      case 0xe7:
        s.doubled = true;
        break;
      case 0xe8:
      case 0xf3:
        s.argumentFor = command;
        break;
      case 0xe9:
        s.output.push(this.#status(), s.resolution, s.rate);
        break;
      case 0xea:
        s.remote = false;
        break;
      case 0xeb:
        this.#packet();
        break;
      case 0xec:
        s.wrap = false;
        break;
      case 0xee:
        s.wrap = true;
        break;
      case 0xf0:
        s.remote = true;
        break;
      case 0xf2:
        s.output.push(s.id);
        break;
      case 0xf4:
        s.enabled = true;
        this.#forgetMotion();
        break;
      case 0xf5:
        s.enabled = false;
        break;
      case 0xf6:
        this.#setDefaults();
        break;
      case 0xfe:
        s.output = [s.lastSent];
        break;
      case 0xff:
        this.#setDefaults();
        s.id = ID_PLAIN;
        s.output.push(PS2_TEST_PASSED, s.id);
        break;
      default:
        s.output = [PS2_RESEND];
    }
  }

  #argument(command: number, value: number): void {
    const s = this.#state;
    s.output = [PS2_ACKNOWLEDGE];
    if (command === 0xe8) {
      s.resolution = value;
      return;
    }
    const [first, second] = s.earlierRates;
    if (value === 80 && first === 200 && second === 100) s.id = ID_WHEEL;
    if (value === 80 && first === 200 && second === 200) s.id = ID_FIVE_BUTTONS;
    s.earlierRates = second === undefined ? [...s.earlierRates, value] : [second, value];
    s.rate = value;
  }

  #setDefaults(): void {
    const s = this.#state;
    s.enabled = false;
    s.remote = false;
    s.wrap = false;
    s.doubled = false;
    s.resolution = DEFAULT_RESOLUTION;
    s.rate = DEFAULT_RATE;
    s.earlierRates = [];
    this.#forgetMotion();
  }

  #forgetMotion(): void {
    const s = this.#state;
    s.dx = 0;
    s.dy = 0;
    s.wheel = 0;
    s.changes = [];
    s.toldButtons = s.buttons;
    s.announcing = false;
  }

  #status(): number {
    const s = this.#state;
    const { buttons } = s;
    return (
      (s.remote ? 0x40 : 0) |
      (s.enabled ? 0x20 : 0) |
      (s.doubled ? 0x10 : 0) |
      ((buttons & 1) << 2) |
      ((buttons & 4) >> 1) |
      ((buttons & 2) >> 1)
    );
  }

  /** Tells what has changed, if it is time to, or looks again when it is. */
  #sample(): void {
    const s = this.#state;
    if (!this.#reports || s.output.length > 0) return;
    const moved =
      s.announcing ||
      s.changes.length > 0 ||
      s.dx !== 0 ||
      s.dy !== 0 ||
      (s.wheel !== 0 && s.id !== ID_PLAIN);
    if (!moved && this.#visible(s.buttons) === this.#visible(s.toldButtons)) return;
    const now = this.#clock.now();
    if (now < s.nextSample) {
      this.#alarm.schedule(s.nextSample);
      return;
    }
    s.nextSample = now + Math.floor(1e9 / Math.max(s.rate, 10));
    this.#packet();
    this.#ready();
  }

  #visible(buttons: number): number {
    return this.#state.id === ID_FIVE_BUTTONS ? buttons : buttons & 7;
  }

  #packet(): void {
    const s = this.#state;
    if (s.changes.length === 0) {
      this.#tell(s);
      if (s.id === ID_PLAIN) s.wheel = 0;
      return;
    }
    const [dx = 0, dy = 0, wheel = 0, buttons = 0] = s.changes.splice(0, CHANGE);
    const change = { dx: dx - FARTHEST, dy: dy - FARTHEST, wheel: wheel - FARTHEST, buttons };
    this.#tell(change);
    const rest = [change.dx, change.dy, s.id === ID_PLAIN ? 0 : change.wheel];
    if (rest.some((steps) => steps !== 0)) s.changes.unshift(...rest.map((n) => n + FARTHEST), buttons);
  }

  /** A packet of motion and buttons; what does not fit into it stays there. */
  #tell(what: { dx: number; dy: number; wheel: number; readonly buttons: number }): void {
    const s = this.#state;
    const { buttons } = what;
    const dx = clamp(what.dx, FARTHEST_IN_PACKET);
    const dy = clamp(what.dy, FARTHEST_IN_PACKET);
    what.dx -= dx;
    what.dy -= dy;
    const x = s.doubled && !s.remote ? doubled(dx) : dx;
    const y = s.doubled && !s.remote ? doubled(dy) : dy;
    s.output.push((y < 0 ? 0x20 : 0) | (x < 0 ? 0x10 : 0) | 0x08 | (buttons & 7), x & 0xff, y & 0xff);
    if (s.id !== ID_PLAIN) {
      const wheel = Math.max(-8, Math.min(7, what.wheel));
      what.wheel -= wheel;
      s.output.push(s.id === ID_WHEEL ? wheel & 0xff : (wheel & 0x0f) | ((buttons & 0x18) << 1));
    }
    s.toldButtons = buttons;
    s.announcing = false;
  }
}

/** Scaling 2:1 (the reference's table): small steps stay small. */
function doubled(steps: number): number {
  const size = Math.abs(steps);
  const result = [0, 1, 1, 3, 6, 9][size] ?? 2 * size;
  return clamp(steps < 0 ? -result : result, FARTHEST_IN_PACKET);
}
