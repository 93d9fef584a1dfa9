// i8042 keyboard and mouse controller (IBM PS/2 hardware interface technical reference, "Keyboard and auxiliary device
// controller").
//
//   region data     port 0x60   output buffer (read), data or a command's argument (write)
//   region command  port 0x64   status (read), command (write)
//
//   status         0 OBF  1 IBF  2 SYS  3 last write was a command  4 not locked  5 OBF is the mouse's
//                  6 timeout  7 parity
//   configuration  0 IRQ 1 on  1 IRQ 12 on  2 SYS  4 keyboard off  5 mouse off  6 translate set 2 to set 1
//
// Devices plug into `keyboard` and `mouse`. The output buffer is one byte; what a device has to say waits in the
// device until the guest has read that, and then as long as eleven bits take on the cable. (So an interrupt handler may
// read the data port twice, and gets the same byte.) Answers of the controller itself follow at once. A port without a
// device answers what is sent to it with 0xFE and the timeout bit, as the controller does when nobody clocks the byte in.
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
import type { IrqLine } from '../lines.ts';
import type { A20Gate } from '../platform/system-control.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import type { Ps2Device } from './ps2-device.ts';
import { translated } from './scan-codes.ts';

const STATUS_OBF = 0x01;
const STATUS_SYS = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_MOUSE = 0x20;
const STATUS_TIMEOUT = 0x40;

const CONFIG_KEYBOARD_IRQ = 0x01;
const CONFIG_MOUSE_IRQ = 0x02;
const CONFIG_SYS = 0x04;
const CONFIG_KEYBOARD_OFF = 0x10;
const CONFIG_MOUSE_OFF = 0x20;
const CONFIG_TRANSLATE = 0x40;

const OUTPUT_NOT_RESET = 0x01;
const OUTPUT_A20 = 0x02;

/** Tags of a byte for the guest beyond its 8 bits. */
const FROM_MOUSE = 0x100;
const TIMED_OUT = 0x200;
const EMPTY = -1;

const NO_ANSWER = 0xfe;
const BREAK_PREFIX = 0xf0;
/** Eleven bits at 14 kHz, in ns. */
const BYTE_TIME = 800_000;
const MOST_ANSWERS = 16;

const NAME = 'i8042';
const VERSION = 2;

const SHAPE = {
  config: uint(8, CONFIG_SYS | CONFIG_TRANSLATE | CONFIG_KEYBOARD_IRQ | CONFIG_MOUSE_IRQ),
  outputPort: uint(8, 0xcf),
  /** A command that waits for its argument on the data port, or -1. */
  argumentFor: integer(-1, 0xff, -1),
  lastWasCommand: flag(),
  /** The byte in the output buffer with its tags, or -1. */
  output: integer(EMPTY, 0x3ff, EMPTY),
  /** What the data port goes on showing. */
  lastByte: uint(8),
  /** The controller's own answers that wait for the output buffer; tagged. */
  answers: queue(MOST_ANSWERS, 10),
  /** When a device may send again (ns). */
  cableFreeAt: moment(),
  /** Translation: the keyboard's last byte was the break prefix. */
  released: flag(),
  /** Internal RAM, commands 0x20..0x3F and 0x60..0x7F; byte 0 is `config`. */
  ram: bytes(32),
};

export interface I8042Options {
  readonly clock: AlarmSource;
  readonly keyboardIrq: IrqLine;
  readonly mouseIrq: IrqLine;
  readonly keyboard?: Ps2Device;
  readonly mouse?: Ps2Device;
  readonly a20: A20Gate;
  /** The processor's reset pin, pulsed by command 0xFE. */
  readonly reset: () => void;
}

export class I8042 implements Chip {
  /** Data (1 port), command (1 port). */
  readonly regions: readonly RegisterRegion[];
  readonly #options: I8042Options;
  readonly #alarm: Alarm;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  #filling = false;

  constructor(options: I8042Options) {
    this.#options = options;
    this.#alarm = options.clock.alarm(() => this.#fill());
    this.regions = [
      registerRegion('i8042-data', 1, DATA_REGISTERS, this),
      registerRegion('i8042-command', 1, COMMAND_REGISTERS, this),
    ];
    options.keyboard?.connect(() => this.#fill());
    options.mouse?.connect(() => this.#fill());
    this.#driveA20();
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#alarm.cancel();
    this.#driveA20();
    this.#driveInterrupts();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#alarm.schedule(this.#state.cableFreeAt);
    this.#driveA20();
  }

  // What the register tables call.

  readData(): number {
    const s = this.#state;
    if (s.output !== EMPTY) {
      s.lastByte = s.output & 0xff;
      s.output = EMPTY;
      // The line falls between two bytes, so that each gives an edge.
      this.#driveInterrupts();
      this.#fill();
    }
    return s.lastByte;
  }

  readStatus(): number {
    const s = this.#state;
    let status = STATUS_UNLOCKED | (s.config & STATUS_SYS);
    if (s.lastWasCommand) status |= STATUS_COMMAND;
    if (s.output !== EMPTY) {
      status |= STATUS_OBF;
      if ((s.output & FROM_MOUSE) !== 0) status |= STATUS_MOUSE;
      if ((s.output & TIMED_OUT) !== 0) status |= STATUS_TIMEOUT;
    }
    return status;
  }

  writeData(value: number): void {
    const s = this.#state;
    s.lastWasCommand = false;
    const command = s.argumentFor;
    s.argumentFor = -1;
    if (command < 0) this.#toKeyboard(value);
    else if (command >= 0x60 && command < 0x80) this.#writeRam(command & 0x1f, value);
    else if (command === 0xd1) this.#writeOutputPort(value);
    else if (command === 0xd2) this.#answer(value);
    else if (command === 0xd3) this.#answer(value | FROM_MOUSE);
    else if (command === 0xd4) this.#toMouse(value);
  }

  writeCommand(command: number): void {
    const s = this.#state;
    s.lastWasCommand = true;
    s.argumentFor = -1;
    if (command >= 0x20 && command < 0x40) this.#answer(this.#readRam(command & 0x1f));
    else if (command >= 0x60 && command < 0x80) s.argumentFor = command;
    else if (command >= 0xf0) this.#pulse(command);
    else this.#execute(command);
  }

  #execute(command: number): void {
    const s = this.#state;
    switch (command) {
      case 0xa7:
        this.#setConfig(s.config | CONFIG_MOUSE_OFF);
        break;
      case 0xa8:
        this.#setConfig(s.config & ~CONFIG_MOUSE_OFF);
        break;
      case 0xa9: // test the mouse's and the keyboard's wires: no fault
      case 0xab:
        this.#answer(0x00);
        break;
      case 0xaa: // self-test
        this.#setConfig(s.config | CONFIG_SYS);
        this.#answer(0x55);
        break;
      case 0xad:
        this.#setConfig(s.config | CONFIG_KEYBOARD_OFF);
        break;
      case 0xae:
        this.#setConfig(s.config & ~CONFIG_KEYBOARD_OFF);
        break;
      case 0xc0: // input port: not locked
        this.#answer(0x80);
        break;
      case 0xd0:
        this.#answer(this.#readOutputPort());
        break;
      case 0xdd:
        this.#writeOutputPort(s.outputPort & ~OUTPUT_A20);
        break;
      case 0xdf:
        this.#writeOutputPort(s.outputPort | OUTPUT_A20);
        break;
      case 0xe0: // test inputs
        this.#answer(0x00);
        break;
      case 0xd1:
      case 0xd2:
      case 0xd3:
      case 0xd4:
        s.argumentFor = command;
        break;
      default: // unknown commands are swallowed
    }
  }

  #readRam(index: number): number {
    return index === 0 ? this.#state.config : this.#state.ram[index]!;
  }

  #writeRam(index: number, value: number): void {
    if (index === 0) this.#setConfig(value);
    else this.#state.ram[index] = value;
  }

  #setConfig(value: number): void {
    this.#state.config = value;
    this.#driveInterrupts();
    this.#fill();
  }

  #readOutputPort(): number {
    const { output, outputPort } = this.#state;
    const full = output === EMPTY ? 0 : (output & FROM_MOUSE) === 0 ? 0x10 : 0x20;
    return (outputPort & 0xcf) | full;
  }

  #writeOutputPort(value: number): void {
    this.#state.outputPort = value | OUTPUT_NOT_RESET;
    this.#driveA20();
    if ((value & OUTPUT_NOT_RESET) === 0) this.#options.reset();
  }

  /** Commands F0..FF pull the low four output lines down for 6 us where their bit is 0. */
  #pulse(command: number): void {
    if ((command & OUTPUT_NOT_RESET) === 0) this.#options.reset();
  }

  #toKeyboard(byte: number): void {
    // What is sent to the keyboard switches its wire on.
    this.#state.config &= ~CONFIG_KEYBOARD_OFF;
    this.#state.released = false;
    if (this.#options.keyboard === undefined) this.#answer(NO_ANSWER | TIMED_OUT);
    else this.#options.keyboard.write(byte);
  }

  #toMouse(byte: number): void {
    this.#state.config &= ~CONFIG_MOUSE_OFF;
    if (this.#options.mouse === undefined) this.#answer(NO_ANSWER | TIMED_OUT | FROM_MOUSE);
    else this.#options.mouse.write(byte);
  }

  /** A byte of the controller itself. A guest that asks and never reads loses answers. */
  #answer(tagged: number): void {
    const { answers } = this.#state;
    if (answers.length < MOST_ANSWERS) answers.push(tagged);
    this.#fill();
  }

  /** Puts what comes next into the output buffer, if that is empty. A device that is being read may call this: nothing happens. */
  #fill(): void {
    if (this.#filling || this.#state.output !== EMPTY) return;
    this.#filling = true;
    this.#fillEmpty();
    this.#filling = false;
  }

  #fillEmpty(): void {
    const s = this.#state;
    const answer = s.answers.shift();
    if (answer !== undefined) s.output = answer;
    else if (this.#options.clock.now() < s.cableFreeAt) {
      this.#alarm.schedule(s.cableFreeAt);
      return;
    } else s.output = this.#fromDevices();
    if (s.output === EMPTY) return;
    s.cableFreeAt = this.#options.clock.now() + BYTE_TIME;
    this.#driveInterrupts();
  }

  #fromDevices(): number {
    const { config } = this.#state;
    const { keyboard, mouse } = this.#options;
    while (keyboard !== undefined && (config & CONFIG_KEYBOARD_OFF) === 0) {
      const byte = keyboard.read();
      if (byte < 0) break;
      const shown = this.#translate(byte);
      if (shown >= 0) return shown;
    }
    if (mouse !== undefined && (config & CONFIG_MOUSE_OFF) === 0) {
      const byte = mouse.read();
      if (byte >= 0) return byte | FROM_MOUSE;
    }
    return EMPTY;
  }

  /** The byte as the guest wants it; -1 for a break prefix, which goes into the next. */
  #translate(byte: number): number {
    const s = this.#state;
    if ((s.config & CONFIG_TRANSLATE) === 0) return byte;
    if (byte === BREAK_PREFIX) {
      s.released = true;
      return -1;
    }
    const released = s.released ? 0x80 : 0;
    s.released = false;
    return translated(byte) | released;
  }

  #driveInterrupts(): void {
    const { output, config } = this.#state;
    const mouse = output !== EMPTY && (output & FROM_MOUSE) !== 0;
    const keyboard = output !== EMPTY && !mouse;
    this.#options.keyboardIrq.set(keyboard && (config & CONFIG_KEYBOARD_IRQ) !== 0);
    this.#options.mouseIrq.set(mouse && (config & CONFIG_MOUSE_IRQ) !== 0);
  }

  #driveA20(): void {
    this.#options.a20.drive('i8042', (this.#state.outputPort & OUTPUT_A20) !== 0);
  }
}

const DATA_REGISTERS: readonly Register<I8042>[] = [
  {
    name: 'DATA',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readData(),
    write: (chip, value) => chip.writeData(value),
  },
];

const COMMAND_REGISTERS: readonly Register<I8042>[] = [
  {
    name: 'STATUS/COMMAND',
    offset: 0,
    width: 1,
    reset: 0x14,
    access: 'RW',
    read: (chip) => chip.readStatus(),
    write: (chip, value) => chip.writeCommand(value),
  },
];
