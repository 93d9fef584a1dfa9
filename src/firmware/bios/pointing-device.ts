// INT 15h, AH=C2h: the PS/2 mouse, and its interrupt, INT 74h, which calls the routine that a program has given. IBM PS/2 and
// PC BIOS Interface Technical Reference, "Pointing device interface".
//
// State is where PS/2 machines keep it, in the extended BIOS data area:
//
//   22h  far address of the program's routine
//   26h  7 a command is in progress  2:0 bytes that have come, of an answer or of a package
//   27h  7 there is a routine  2:0 bytes of a package, less one
//   28h  the package, or the answer; 2Eh: the tick (low word) at which the command began
//
// A byte takes its time on the mouse's cable, so a command lets its stub wait for IRQ 12 (or a tick) and looks again.
// Packages of the wheel's protocols can be had by programs that set the sample rates themselves and ask for four bytes.
import type { BiosFrame } from './frame.ts';
import { BDA_EBDA_SEGMENT, BDA_TICKS } from './layout.ts';
import { endOfInterrupt } from './post.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

const ROUTINE = 0x22;
const FLAGS_1 = 0x26;
const FLAGS_2 = 0x27;
const PACKAGE = 0x28;
const STARTED = 0x2e;
const PACKAGE_ROOM = 6;
const IN_PROGRESS = 0x80;
const INSTALLED = 0x80;
const COUNT = 0x07;

const DATA_PORT = 0x60;
const COMMAND_PORT = 0x64;
const OUTPUT_FULL = 0x01;
const FROM_MOUSE = 0x20;
const WRITE_CONFIGURATION = 0x60;
/** Both interrupts, system flag, translation. */
const CONFIGURATION = 0x47;
const TO_MOUSE = 0xd4;

const SET_SCALING_1 = 0xe6;
const SET_SCALING_2 = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS = 0xe9;
const READ_ID = 0xf2;
const SET_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const RESET = 0xff;
const ACKNOWLEDGE = 0xfa;
const RESEND = 0xfe;
/** Of the first byte of a package, always one. */
const PACKAGE_MARK = 0x08;

// Statuses in AH.
const INVALID_FUNCTION = 0x01;
const INVALID_INPUT = 0x02;
const INTERFACE_ERROR = 0x03;
const RESEND_WANTED = 0x04;
const NO_ROUTINE = 0x05;

const RATES = [10, 20, 40, 60, 80, 100, 200];
const RESOLUTIONS = 4;
/** Ticks that a command may take. */
const PATIENCE = 10;

/** What comes of a step of a command. */
type Exchange =
  | { readonly waits: true }
  | { readonly error: number }
  | { readonly answer: readonly number[] };

export class PointingDevice {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;

  constructor(memory: BiosMemory, ports: BiosPorts) {
    this.#memory = memory;
    this.#ports = ports;
  }

  get #area(): number {
    return this.#memory.read16(BDA_EBDA_SEGMENT) * 16;
  }
  get #flags1(): number {
    return this.#memory.read8(this.#area + FLAGS_1);
  }
  set #flags1(value: number) {
    this.#memory.write8(this.#area + FLAGS_1, value);
  }
  get #flags2(): number {
    return this.#memory.read8(this.#area + FLAGS_2);
  }
  set #flags2(value: number) {
    this.#memory.write8(this.#area + FLAGS_2, value);
  }

  /** At power-on: no routine. */
  start(): void {
    this.#memory.write(this.#area + ROUTINE, new Uint8Array(PACKAGE + 8 - ROUTINE));
  }

  /** False when the stub has to wait. */
  service(frame: BiosFrame): boolean {
    switch (frame.al) {
      case 0x00:
        if (frame.bh > 1) return refuse(frame, INVALID_INPUT);
        if (frame.bh === 1 && (this.#flags2 & INSTALLED) === 0) return refuse(frame, NO_ROUTINE);
        return this.#command(frame, [frame.bh === 1 ? ENABLE : DISABLE], 0);
      case 0x01:
        return this.#command(frame, [RESET], 2, ([passed, id]) => {
          frame.bx = (id! << 8) | passed!;
        });
      case 0x02: {
        const rate = RATES[frame.bh];
        if (rate === undefined) return refuse(frame, INVALID_INPUT);
        return this.#command(frame, [SET_RATE, rate], 0);
      }
      case 0x03:
        if (frame.bh >= RESOLUTIONS) return refuse(frame, INVALID_INPUT);
        return this.#command(frame, [SET_RESOLUTION, frame.bh], 0);
      case 0x04:
        return this.#command(frame, [READ_ID], 1, ([id]) => {
          frame.bh = id!;
        });
      case 0x05:
        if (frame.bh < 1 || frame.bh > 8) return refuse(frame, INVALID_INPUT);
        return this.#command(frame, [RESET], 2, ([passed, id]) => {
          this.#flags2 = (this.#flags2 & INSTALLED) | (frame.bh - 1);
          frame.bx = (id! << 8) | passed!;
        });
      case 0x06:
        return this.#extended(frame);
      case 0x07:
        this.#install(frame);
        return true;
      case 0x08:
        this.#send(frame.bl);
        frame.succeed();
        return true;
      case 0x09:
        this.#read(frame);
        return true;
      default:
        return refuse(frame, INVALID_FUNCTION);
    }
  }

  #extended(frame: BiosFrame): boolean {
    switch (frame.bh) {
      case 0:
        return this.#command(frame, [STATUS], 3, ([status, resolution, rate]) => {
          frame.bl = status!;
          frame.cl = resolution!;
          frame.dl = rate!;
        });
      case 1:
        return this.#command(frame, [SET_SCALING_1], 0);
      case 2:
        return this.#command(frame, [SET_SCALING_2], 0);
      default:
        return refuse(frame, INVALID_FUNCTION);
    }
  }

  /** The routine at ES:BX; 0:0 takes it away. */
  #install(frame: BiosFrame): void {
    const segment = Math.floor(frame.es(0) / 16);
    this.#memory.write16(this.#area + ROUTINE, frame.bx);
    this.#memory.write16(this.#area + ROUTINE + 2, segment);
    const size = this.#flags2 & COUNT;
    this.#flags2 = segment === 0 && frame.bx === 0 ? size : INSTALLED | size;
    frame.succeed();
  }

  /** AL=09h: up to three bytes that the mouse has said. */
  #read(frame: BiosFrame): void {
    const next = () => (this.#fromMouse ? this.#ports.portRead(DATA_PORT, 1) : 0);
    frame.bl = next();
    frame.cl = next();
    frame.dl = next();
    frame.succeed();
  }

  // ---- commands ----

  /** Runs a command, a step a call; `take` gets its answer. False while it goes on. */
  #command(
    frame: BiosFrame,
    bytes: readonly number[],
    answers: number,
    take: (answer: readonly number[]) => void = () => {},
  ): boolean {
    const outcome = this.#exchange(bytes, answers);
    if ('waits' in outcome) return false;
    this.#flags1 = 0;
    if ('error' in outcome) return refuse(frame, outcome.error);
    take(outcome.answer);
    frame.succeed();
    return true;
  }

  /** Sends the first of `bytes` at the start, each further one when the one before was acknowledged; then answers come. */
  #exchange(bytes: readonly number[], answers: number): Exchange {
    const m = this.#memory;
    const area = this.#area;
    if ((this.#flags1 & IN_PROGRESS) === 0) {
      this.#ports.portWrite(COMMAND_PORT, 1, WRITE_CONFIGURATION);
      this.#ports.portWrite(DATA_PORT, 1, CONFIGURATION);
      if (this.#fromMouse) this.#ports.portRead(DATA_PORT, 1);
      m.write16(area + STARTED, m.read16(BDA_TICKS));
      this.#flags1 = IN_PROGRESS;
      this.#send(bytes[0]!);
    }
    while (this.#fromMouse) {
      const byte = this.#ports.portRead(DATA_PORT, 1);
      const came = this.#flags1 & COUNT;
      if (came < bytes.length && byte !== ACKNOWLEDGE)
        return { error: byte === RESEND ? RESEND_WANTED : INTERFACE_ERROR };
      m.write8(area + PACKAGE + Math.min(came, PACKAGE_ROOM - 1), byte);
      this.#flags1 = IN_PROGRESS | (came + 1);
      const following = bytes[came + 1];
      if (following !== undefined) this.#send(following);
      else if (came + 1 >= bytes.length + answers) {
        const answer = Array.from({ length: answers }, (_, i) => m.read8(area + PACKAGE + bytes.length + i));
        return { answer };
      }
    }
    const waited = (m.read16(BDA_TICKS) - m.read16(area + STARTED)) & 0xffff;
    return waited > PATIENCE ? { error: INTERFACE_ERROR } : { waits: true };
  }

  /** The output buffer holds a byte of the mouse's. */
  get #fromMouse(): boolean {
    const wanted = OUTPUT_FULL | FROM_MOUSE;
    return (this.#ports.portRead(COMMAND_PORT, 1) & wanted) === wanted;
  }
  #send(byte: number): void {
    this.#ports.portWrite(COMMAND_PORT, 1, TO_MOUSE);
    this.#ports.portWrite(DATA_PORT, 1, byte);
  }

  // ---- INT 74h ----

  /** A byte has come, and the interrupt is over. True when a package is whole: the stub calls the program's routine. */
  interrupt(): boolean {
    const whole = this.#byte();
    endOfInterrupt(this.#ports);
    return whole;
  }
  #byte(): boolean {
    const flags = this.#flags1;
    // The byte is the waiting command's.
    if (!this.#fromMouse || (flags & IN_PROGRESS) !== 0) return false;
    const byte = this.#ports.portRead(DATA_PORT, 1);
    const size = (this.#flags2 & COUNT) + 1;
    if ((this.#flags2 & INSTALLED) === 0) return false;
    const index = flags & COUNT;
    if (index === 0) {
      if (size >= 3 && (byte & PACKAGE_MARK) === 0) return false;
      this.#memory.write(this.#area + PACKAGE, new Uint8Array(PACKAGE_ROOM));
    }
    if (index < PACKAGE_ROOM) this.#memory.write8(this.#area + PACKAGE + index, byte);
    const whole = index + 1 >= size;
    this.#flags1 = whole ? 0 : index + 1;
    return whole;
  }
}

/** AH and CF of a call that failed; the service is over. */
function refuse(frame: BiosFrame, status: number): true {
  frame.fail(status);
  return true;
}
