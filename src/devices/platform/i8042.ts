// i8042 keyboard and mouse controller (IBM PS/2 technical reference; the command set of the AT and PS/2).
//
//   region data     port 0x60   output buffer (read), data or a command's argument (write)
//   region command  port 0x64   status (read), command (write)
//
//   status         0 OBF  1 IBF  2 SYS  3 last write was a command  4 not locked  5 OBF is the mouse's
//                  6 timeout  7 parity
//   configuration  0 IRQ 1 on  1 IRQ 12 on  2 SYS  4 keyboard off  5 mouse off  6 translate
//
// Devices plug into `keyboard` and `mouse`. A port without one answers what is sent to it with 0xFE
// and the timeout bit, as the controller does when nobody clocks the byte in: an operating system's
// probe is over at once. Translation of scan codes belongs to the keyboard, which sees the bit.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, integer, queue, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import type { A20Gate } from './system-control.ts';

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

/** Tags of bytes in the output queue beyond their 8 bits. */
const FROM_MOUSE = 0x100;
const TIMED_OUT = 0x200;

const NO_ANSWER = 0xfe;
const QUEUE_SIZE = 256;

const NAME = 'i8042';
const VERSION = 1;

const SHAPE = {
  config: uint(8, CONFIG_SYS | CONFIG_TRANSLATE | CONFIG_KEYBOARD_IRQ | CONFIG_MOUSE_IRQ),
  outputPort: uint(8, 0xcf),
  /** A command that waits for its argument on the data port, or -1. */
  argumentFor: integer(-1, 0xff, -1),
  lastWasCommand: flag(),
  /** Bytes for the guest, the first of which is in the output buffer; tagged. */
  output: queue(QUEUE_SIZE, 10),
  lastByte: uint(8),
  /** Internal RAM, commands 0x20..0x3F and 0x60..0x7F; byte 0 is `config`. */
  ram: queue(32, 8),
};

/** A keyboard or mouse on its wire. */
export interface Ps2Device {
  /** A byte from the controller. Answers go through the port's `send`. */
  write(byte: number): void;
}

export interface I8042Options {
  readonly keyboardIrq: IrqLine;
  readonly mouseIrq: IrqLine;
  readonly a20: A20Gate;
  /** The processor's reset pin, pulsed by command 0xFE. */
  readonly reset: () => void;
}

export class I8042 implements Chip {
  /** Data (1 port), command (1 port). */
  readonly regions: readonly RegisterRegion[];
  readonly #options: I8042Options;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  #keyboard: Ps2Device | undefined;
  #mouse: Ps2Device | undefined;

  constructor(options: I8042Options) {
    this.#options = options;
    this.regions = [
      registerRegion('i8042-data', 1, DATA_REGISTERS, this),
      registerRegion('i8042-command', 1, COMMAND_REGISTERS, this),
    ];
    this.#driveA20();
  }

  attachKeyboard(device: Ps2Device): void {
    this.#keyboard = device;
  }

  attachMouse(device: Ps2Device): void {
    this.#mouse = device;
  }

  /** A byte from the keyboard; false where it is switched off or the buffer is full. */
  sendFromKeyboard(byte: number): boolean {
    if ((this.#state.config & CONFIG_KEYBOARD_OFF) !== 0) return false;
    return this.#send(byte & 0xff);
  }

  /** A byte from the mouse; false where it is switched off or the buffer is full. */
  sendFromMouse(byte: number): boolean {
    if ((this.#state.config & CONFIG_MOUSE_OFF) !== 0) return false;
    return this.#send((byte & 0xff) | FROM_MOUSE);
  }

  /** Whether the guest wants scan codes translated to set 1. */
  get translates(): boolean {
    return (this.#state.config & CONFIG_TRANSLATE) !== 0;
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#driveA20();
    this.#update();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#driveA20();
  }

  // What the register tables call.

  readData(): number {
    const s = this.#state;
    const next = s.output.shift();
    if (next !== undefined) s.lastByte = next & 0xff;
    // The line falls between two bytes, so that each gives an edge.
    this.#options.keyboardIrq.set(false);
    this.#options.mouseIrq.set(false);
    this.#update();
    return s.lastByte;
  }

  readStatus(): number {
    const s = this.#state;
    const front = s.output[0];
    let status = STATUS_UNLOCKED | (s.config & STATUS_SYS);
    if (s.lastWasCommand) status |= STATUS_COMMAND;
    if (front !== undefined) {
      status |= STATUS_OBF;
      if ((front & FROM_MOUSE) !== 0) status |= STATUS_MOUSE;
      if ((front & TIMED_OUT) !== 0) status |= STATUS_TIMEOUT;
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
    else if (command === 0xd2) this.#send(value);
    else if (command === 0xd3) this.#send(value | FROM_MOUSE);
    else if (command === 0xd4) this.#toMouse(value);
  }

  writeCommand(command: number): void {
    const s = this.#state;
    s.lastWasCommand = true;
    s.argumentFor = -1;
    if (command >= 0x20 && command < 0x40) this.#send(this.#readRam(command & 0x1f));
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
        this.#send(0x00);
        break;
      case 0xaa: // self-test
        this.#setConfig(s.config | CONFIG_SYS);
        this.#send(0x55);
        break;
      case 0xad:
        this.#setConfig(s.config | CONFIG_KEYBOARD_OFF);
        break;
      case 0xae:
        this.#setConfig(s.config & ~CONFIG_KEYBOARD_OFF);
        break;
      case 0xc0: // input port: not locked
        this.#send(0x80);
        break;
      case 0xd0:
        this.#send(this.#readOutputPort());
        break;
      case 0xdd:
        this.#writeOutputPort(s.outputPort & ~OUTPUT_A20);
        break;
      case 0xdf:
        this.#writeOutputPort(s.outputPort | OUTPUT_A20);
        break;
      case 0xe0: // test inputs
        this.#send(0x00);
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
    return index === 0 ? this.#state.config : (this.#state.ram[index] ?? 0);
  }

  #writeRam(index: number, value: number): void {
    if (index === 0) {
      this.#setConfig(value);
      return;
    }
    const { ram } = this.#state;
    while (ram.length <= index) ram.push(0);
    ram[index] = value;
  }

  #setConfig(value: number): void {
    this.#state.config = value;
    this.#update();
  }

  #readOutputPort(): number {
    const front = this.#state.output[0];
    const keyboard = front !== undefined && (front & FROM_MOUSE) === 0 ? 0x10 : 0;
    const mouse = front !== undefined && (front & FROM_MOUSE) !== 0 ? 0x20 : 0;
    return (this.#state.outputPort & 0xcf) | keyboard | mouse;
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
    if (this.#keyboard !== undefined) this.#keyboard.write(byte);
    else this.#send(NO_ANSWER | TIMED_OUT);
  }

  #toMouse(byte: number): void {
    this.#state.config &= ~CONFIG_MOUSE_OFF;
    if (this.#mouse !== undefined) this.#mouse.write(byte);
    else this.#send(NO_ANSWER | TIMED_OUT | FROM_MOUSE);
  }

  #send(tagged: number): boolean {
    const { output } = this.#state;
    if (output.length >= QUEUE_SIZE) return false;
    output.push(tagged);
    this.#update();
    return true;
  }

  #update(): void {
    const { output, config } = this.#state;
    const front = output[0];
    const mouse = front !== undefined && (front & FROM_MOUSE) !== 0;
    const keyboard = front !== undefined && !mouse;
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
