// PS/2 keyboard of 101 keys and more (IBM PS/2 hardware interface technical reference, "101- and 102-key keyboard").
//
//   command  ED set indicators (1 argument)   EE echo         F0 scan code set (1)   F2 read ID    F3 typematic (1)
//            F4 enable   F5 disable, defaults   F6 defaults   F7-FA types of all keys (set 3)
//            FB-FD types of single keys (set 3, any number)   FE resend   FF reset
//
// Scan codes wait in a buffer of 16 bytes; a key that finds no room is refused, and whoever pressed it tries again
// when `onRoom` is called. (The device of the reference gives an overrun code instead, and the key is lost.)
//
// Not modelled: the shift codes around the cursor keys while NumLock is on (drivers ignore them), key clicks, and the
// half second that the test after a reset takes.
import type { KeyReceiver } from '../../backend/input/key-queue.ts';
import type { KeyCode } from '../../backend/input/keys.ts';
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import {
  bytes,
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
import { breakSequence, defaultKeyTypes, makeSequence, TYPE_BREAK, TYPE_TYPEMATIC } from './key-sequences.ts';
import { PS2_ACKNOWLEDGE, PS2_RESEND, PS2_TEST_PASSED, type Ps2Device } from './ps2-device.ts';
import { KEYS, keyIndex } from './scan-codes.ts';

const NAME = 'ps2-keyboard';
const VERSION = 1;

const BUFFER = 16;
/** The longest sequence that a key gives. */
const LONGEST = 8;
const NO_KEY = -1;
/** 500 ms, then 10.9 characters a second. */
const DEFAULT_TYPEMATIC = 0x2b;

const SHAPE = {
  scanning: flag(true),
  scanCodeSet: integer(1, 3, 2),
  /** 0 scroll lock, 1 num lock, 2 caps lock. */
  indicators: uint(3),
  typematic: uint(7, DEFAULT_TYPEMATIC),
  /** A command that waits for its argument, or -1. */
  argumentFor: integer(-1, 0xff, -1),
  /** Answers to commands, sent before scan codes. */
  answers: queue(4),
  scanCodes: queue(BUFFER),
  lastSent: uint(8),
  /** 1 for each key of KEYS that is held. */
  held: bytes(KEYS.length),
  /** TYPE_* of each key, for set 3. */
  types: keyTypes(),
  /** The key that repeats, or -1, and when it does so next (ns). */
  repeats: integer(NO_KEY, KEYS.length - 1, NO_KEY),
  repeatAt: moment(),
};

function keyTypes() {
  return { ...bytes(KEYS.length), initial: defaultKeyTypes };
}

export interface Ps2KeyboardOptions {
  readonly clock: AlarmSource;
  /** There is room for another key. */
  readonly onRoom?: () => void;
}

export class Ps2Keyboard implements Chip, Ps2Device, KeyReceiver {
  readonly regions = [];
  readonly #options: Ps2KeyboardOptions;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  #ready: () => void = () => {};

  constructor(options: Ps2KeyboardOptions) {
    this.#options = options;
    this.#alarm = options.clock.alarm(() => this.#repeat());
  }

  connect(ready: () => void): void {
    this.#ready = ready;
  }

  /** Lamps that are lit: 0 scroll lock, 1 num lock, 2 caps lock. */
  get indicators(): number {
    return this.#state.indicators;
  }

  /** Presses a key, or lets it go. A key that is held already, or let go already, does nothing. */
  key(code: KeyCode, pressed: boolean): boolean {
    const s = this.#state;
    const index = keyIndex(code);
    if (index < 0 || (s.held[index] === 1) === pressed) return true;
    if (s.scanCodes.length + LONGEST > BUFFER) return false;
    s.held[index] = pressed ? 1 : 0;
    if (!pressed && s.repeats === index) this.#stopRepeating();
    if (!s.scanning) return true;
    if (pressed) {
      this.#send(makeSequence(s.scanCodeSet, index, s.held));
      if ((this.#typeOf(index) & TYPE_TYPEMATIC) !== 0) this.#startRepeating(index);
    } else if ((this.#typeOf(index) & TYPE_BREAK) !== 0) {
      this.#send(breakSequence(s.scanCodeSet, index, s.held));
    }
    return true;
  }

  read(): number {
    const s = this.#state;
    const answer = s.answers.shift();
    const byte = answer ?? (this.#awaitsArgument ? undefined : s.scanCodes.shift());
    if (byte === undefined) return -1;
    if (byte !== PS2_RESEND) s.lastSent = byte;
    if (answer === undefined && s.scanCodes.length + LONGEST <= BUFFER) this.#options.onRoom?.();
    return byte;
  }

  /** Nothing is scanned between ED, F0 or F3 and its argument: the next byte is the answer to that. */
  get #awaitsArgument(): boolean {
    return [0xed, 0xf0, 0xf3].includes(this.#state.argumentFor);
  }

  write(byte: number): void {
    const s = this.#state;
    s.answers = [];
    const command = s.argumentFor;
    s.argumentFor = -1;
    if (command < 0 || !this.#argument(command, byte)) this.#command(byte);
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
    if (this.#state.repeats === NO_KEY) this.#alarm.cancel();
    else this.#alarm.schedule(this.#state.repeatAt);
  }

  #command(command: number): void {
    const s = this.#state;
    switch (command) {
      case 0xed:
      case 0xf0:
      case 0xf3:
        s.argumentFor = command;
        this.#answer(PS2_ACKNOWLEDGE);
        break;
      case 0xfb: // key types of single keys: typematic; make and break; make
      case 0xfc:
      case 0xfd:
        s.argumentFor = command;
        s.scanCodes = [];
        this.#answer(PS2_ACKNOWLEDGE);
        break;
      case 0xee:
        this.#answer(0xee);
        break;
      case 0xf2:
        this.#answer(PS2_ACKNOWLEDGE, 0xab, 0x83);
        break;
      case 0xf4:
        s.scanCodes = [];
        s.scanning = true;
        this.#answer(PS2_ACKNOWLEDGE);
        break;
      case 0xf5:
      case 0xf6:
        this.#setDefaults();
        s.scanning = command === 0xf6;
        this.#answer(PS2_ACKNOWLEDGE);
        break;
      case 0xf7:
        this.#setAllTypes(TYPE_TYPEMATIC);
        break;
      case 0xf8:
        this.#setAllTypes(TYPE_BREAK);
        break;
      case 0xf9:
        this.#setAllTypes(0);
        break;
      case 0xfa:
        this.#setAllTypes(TYPE_TYPEMATIC | TYPE_BREAK);
        break;
      case 0xfe:
        this.#answer(s.lastSent);
        break;
      case 0xff:
        this.#setDefaults();
        s.scanCodeSet = 2;
        s.indicators = 0;
        s.scanning = true;
        this.#answer(PS2_ACKNOWLEDGE, PS2_TEST_PASSED);
        break;
      default:
        this.#answer(PS2_RESEND);
    }
  }

  /** False where the byte is no argument of the command but the next command. */
  #argument(command: number, byte: number): boolean {
    const s = this.#state;
    switch (command) {
      case 0xed:
        if (byte > 7) return false;
        s.indicators = byte;
        break;
      case 0xf0:
        if (byte > 3) return false;
        if (byte === 0) {
          this.#answer(PS2_ACKNOWLEDGE, s.scanCodeSet);
          return true;
        }
        s.scanCodes = [];
        this.#stopRepeating();
        s.scanCodeSet = byte;
        break;
      case 0xf3:
        if (byte > 0x7f) return false;
        s.typematic = byte;
        break;
      default: {
        // FB, FC, FD take keys of set 3 until another command comes.
        if (byte >= 0xed) return false;
        const index = KEYS.findIndex((key) => key.set3 === byte && byte !== 0);
        if (index >= 0)
          s.types[index] = command === 0xfb ? TYPE_TYPEMATIC : command === 0xfc ? TYPE_BREAK : 0;
        s.argumentFor = command;
      }
    }
    this.#answer(PS2_ACKNOWLEDGE);
    return true;
  }

  #setDefaults(): void {
    const s = this.#state;
    s.scanCodes = [];
    s.typematic = DEFAULT_TYPEMATIC;
    s.types = defaultKeyTypes();
    this.#stopRepeating();
  }

  #setAllTypes(type: number): void {
    this.#state.scanCodes = [];
    this.#state.types.fill(type);
    this.#answer(PS2_ACKNOWLEDGE);
  }

  /** In sets 1 and 2 every key repeats and tells its release. */
  #typeOf(index: number): number {
    return this.#state.scanCodeSet === 3 ? this.#state.types[index]! : TYPE_TYPEMATIC | TYPE_BREAK;
  }

  #startRepeating(index: number): void {
    const s = this.#state;
    if (KEYS[index]!.code === 'Pause') return;
    s.repeats = index;
    s.repeatAt = this.#options.clock.now() + (1 + (s.typematic >> 5)) * 250_000_000;
    this.#alarm.schedule(s.repeatAt);
  }

  #stopRepeating(): void {
    this.#state.repeats = NO_KEY;
    this.#alarm.cancel();
  }

  /** Time for another make code. One that finds no room is left out. */
  #repeat(): void {
    const s = this.#state;
    if (s.repeats === NO_KEY) return;
    const period = (8 + (s.typematic & 7)) * 2 ** ((s.typematic >> 3) & 3) * 4_170_000;
    s.repeatAt = this.#options.clock.now() + period;
    this.#alarm.schedule(s.repeatAt);
    if (s.scanning && s.scanCodes.length + LONGEST <= BUFFER) {
      this.#send(makeSequence(s.scanCodeSet, s.repeats, s.held));
    }
  }

  #send(sequence: readonly number[]): void {
    if (sequence.length === 0) return;
    this.#state.scanCodes.push(...sequence);
    this.#ready();
  }

  #answer(...sequence: readonly number[]): void {
    this.#state.answers.push(...sequence);
  }
}
