// The keyboard: INT 09h takes scan codes from the controller into the buffer in the BIOS data area, INT 16h gives
// them out. IBM PS/2 and PC BIOS Interface Technical Reference, INT 09h and 16h.
//
// Some keys call: Ctrl-Break INT 1Bh, Print Screen INT 05h (which does nothing unless a program has taken it), Alt-SysRq INT
// 15h, AH=85h. Pause holds everything but interrupts until the next key.
import type { BiosFrame } from './frame.ts';
import { keyWord } from './keyboard-map.ts';
import * as B from './layout.ts';
import type { BiosMemory, BiosPorts } from './wires.ts';

// Keyboard flags at 0:417h.
const RIGHT_SHIFT = 0x01;
const LEFT_SHIFT = 0x02;
const CONTROL = 0x04;
const ALT = 0x08;
const SCROLL_LOCK = 0x10;
const NUM_LOCK = 0x20;
const CAPS_LOCK = 0x40;
const INSERT = 0x80;
// And at 0:418h: which Ctrl and Alt, and the lock keys that are held.
const LEFT_CONTROL = 0x01;
const LEFT_ALT = 0x02;
const SYSTEM_REQUEST = 0x04;
const HOLD = 0x08;
const SCROLL_HELD = 0x10;
const NUM_HELD = 0x20;
const CAPS_HELD = 0x40;
const INSERT_HELD = 0x80;
// At 0:496h.
const RIGHT_CONTROL = 0x04;
const RIGHT_ALT = 0x08;
const ENHANCED = 0x10;
const E0_CAME = 0x02;
const E1_CAME = 0x01;

const BREAK = 0x80;
const DATA_PORT = 0x60;
const COMMAND_PORT = 0x64;
const OUTPUT_FULL = 0x01;
const INPUT_FULL = 0x02;
const SET_LEDS = 0xed;
const SET_RATE = 0xf3;
/** Half a second, then 10.9 a second. */
const DEFAULT_RATE = 0x2b;
const EXTENDED_MARK = 0xe0;
const RESTART = 0x1234;

/** What a key calls, in AX for the stub of INT 09h (rom.ts): interrupts in AL; INT 15h has its own AX. */
export const CALL_BREAK = 0x001b;
export const CALL_PRINT_SCREEN = 0x0005;
/** No interrupt, but a wait for the next key. */
export const CALL_PAUSE = 0x0000;
/** AL=0 the key is pressed, 1 released. */
export const CALL_SYSTEM_REQUEST = 0x8500;

export class BiosKeyboard {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;
  readonly #restart: () => void;

  /** `restart`: Ctrl-Alt-Del. */
  constructor(memory: BiosMemory, ports: BiosPorts, restart: () => void) {
    this.#memory = memory;
    this.#ports = ports;
    this.#restart = restart;
  }

  /** An empty buffer, an enhanced keyboard with Num Lock on, IRQ 1 and translation on in the controller. */
  start(): void {
    const m = this.#memory;
    m.write16(B.BDA_KEYBOARD_START, B.BDA_KEYBOARD_BUFFER - 0x400);
    m.write16(B.BDA_KEYBOARD_END, B.BDA_KEYBOARD_BUFFER_END - 0x400);
    m.write16(B.BDA_KEYBOARD_HEAD, B.BDA_KEYBOARD_BUFFER - 0x400);
    m.write16(B.BDA_KEYBOARD_TAIL, B.BDA_KEYBOARD_BUFFER - 0x400);
    m.write8(B.BDA_KEYBOARD_MODE, ENHANCED);
    this.#drain();
    this.#ports.portWrite(COMMAND_PORT, 1, 0x60);
    // IRQ 1 on, system flag, mouse off, translation to set 1.
    this.#ports.portWrite(DATA_PORT, 1, 0x65);
    this.#ports.portWrite(COMMAND_PORT, 1, 0xae);
    // Enable scanning; the answer is thrown away.
    this.#ports.portWrite(DATA_PORT, 1, 0xf4);
    this.#drain();
  }
  #drain(): void {
    for (let i = 0; i < 32 && (this.#ports.portRead(COMMAND_PORT, 1) & OUTPUT_FULL) !== 0; i++) {
      this.#ports.portRead(DATA_PORT, 1);
    }
  }

  // ---- INT 09h ----

  /** A byte from the keyboard, set 1. What the key calls, or null. */
  scanCode(byte: number): number | null {
    const m = this.#memory;
    const mode = m.read8(B.BDA_KEYBOARD_MODE);
    if (byte === 0xe0 || byte === 0xe1) {
      m.write8(B.BDA_KEYBOARD_MODE, mode | (byte === 0xe0 ? E0_CAME : E1_CAME));
      return null;
    }
    // Answers to commands.
    if (byte === 0xfa || byte === 0xfe || byte === 0xee || byte === 0x00 || byte === 0xff) return null;
    const extended = (mode & E0_CAME) !== 0;
    // Pause: E1 1D 45 and the same with the upper bit. Its second byte leaves the mark for the third.
    const pause = (mode & E1_CAME) !== 0;
    const more = pause && (byte & 0x7f) === 0x1d ? E1_CAME : 0;
    m.write8(B.BDA_KEYBOARD_MODE, (mode & ~(E0_CAME | E1_CAME)) | more);
    if (pause) return byte === 0x45 ? this.#pause() : null;
    const released = (byte & BREAK) !== 0;
    const scan = byte & 0x7f;
    const call = this.#calls(scan, extended, released);
    if (call !== undefined) return call;
    if (this.#modifier(scan, extended, released)) return null;
    if (released) {
      if (scan === 0x52) this.#flag1(INSERT_HELD, false);
    } else if (this.#held(B.BDA_KEYBOARD_FLAGS_1, HOLD)) this.#flag1(HOLD, false);
    else this.#pressed(scan, extended);
    return null;
  }

  /** What a key calls; undefined for those that call nothing. */
  #calls(scan: number, extended: boolean, released: boolean): number | null | undefined {
    const control = this.#held(B.BDA_KEYBOARD_FLAGS_0, CONTROL);
    if (scan === 0x54) {
      this.#flag1(SYSTEM_REQUEST, !released);
      return CALL_SYSTEM_REQUEST | (released ? 1 : 0);
    }
    if (scan === 0x46 && (extended || control)) {
      if (released) return null;
      this.#break();
      return CALL_BREAK;
    }
    if (scan === 0x45 && control && !extended) return released ? null : this.#pause();
    const prints = scan === 0x37 && extended && !control && !this.#held(B.BDA_KEYBOARD_FLAGS_0, ALT);
    if (!prints) return undefined;
    return released ? null : CALL_PRINT_SCREEN;
  }
  #pause(): number | null {
    if (this.#held(B.BDA_KEYBOARD_FLAGS_1, HOLD)) return null;
    this.#flag1(HOLD, true);
    return CALL_PAUSE;
  }

  #flag0(bit: number, on: boolean): void {
    this.#setBit(B.BDA_KEYBOARD_FLAGS_0, bit, on);
  }
  #flag1(bit: number, on: boolean): void {
    this.#setBit(B.BDA_KEYBOARD_FLAGS_1, bit, on);
  }
  #setBit(address: number, bit: number, on: boolean): void {
    const value = this.#memory.read8(address);
    this.#memory.write8(address, on ? value | bit : value & ~bit);
  }

  /** Shift, Ctrl, Alt and the locks; false for other keys. */
  #modifier(scan: number, extended: boolean, released: boolean): boolean {
    const on = !released;
    switch (scan) {
      case 0x2a:
      case 0x36:
        // E0 2A and E0 36 are shifts that the keyboard makes up around gray keys.
        if (!extended) this.#flag0(scan === 0x2a ? LEFT_SHIFT : RIGHT_SHIFT, on);
        return true;
      case 0x1d:
        if (extended) this.#setBit(B.BDA_KEYBOARD_MODE, RIGHT_CONTROL, on);
        else this.#flag1(LEFT_CONTROL, on);
        this.#flag0(
          CONTROL,
          this.#held(B.BDA_KEYBOARD_FLAGS_1, LEFT_CONTROL) || this.#held(B.BDA_KEYBOARD_MODE, RIGHT_CONTROL),
        );
        return true;
      case 0x38:
        if (extended) this.#setBit(B.BDA_KEYBOARD_MODE, RIGHT_ALT, on);
        else this.#flag1(LEFT_ALT, on);
        this.#flag0(
          ALT,
          this.#held(B.BDA_KEYBOARD_FLAGS_1, LEFT_ALT) || this.#held(B.BDA_KEYBOARD_MODE, RIGHT_ALT),
        );
        if (released) this.#altReleased();
        return true;
      case 0x3a:
        return this.#lock(CAPS_LOCK, CAPS_HELD, on);
      case 0x45:
        return this.#lock(NUM_LOCK, NUM_HELD, on);
      case 0x46:
        return this.#lock(SCROLL_LOCK, SCROLL_HELD, on);
      default:
        return false;
    }
  }
  #held(address: number, bit: number): boolean {
    return (this.#memory.read8(address) & bit) !== 0;
  }
  /** Pressing a lock key toggles it, once until it is released. */
  #lock(lock: number, held: number, on: boolean): true {
    if (on && !this.#held(B.BDA_KEYBOARD_FLAGS_1, held)) {
      this.#flag0(lock, !this.#held(B.BDA_KEYBOARD_FLAGS_0, lock));
      this.#showLocks();
    }
    this.#flag1(held, on);
    return true;
  }
  /** The keyboard's lights follow the locks. */
  #showLocks(): void {
    const flags = this.#memory.read8(B.BDA_KEYBOARD_FLAGS_0);
    const lights = (flags >> 4) & 7;
    this.#setBit(B.BDA_KEYBOARD_LEDS, 7, false);
    this.#setBit(B.BDA_KEYBOARD_LEDS, lights, true);
    this.#send(SET_LEDS, lights);
  }
  /** A command with its argument; the acknowledgements come by IRQ 1 and are ignored there. */
  #send(command: number, argument: number): void {
    this.#ports.portWrite(DATA_PORT, 1, command);
    this.#awaitInput();
    this.#ports.portWrite(DATA_PORT, 1, argument);
  }
  #awaitInput(): void {
    for (let i = 0; i < 1000 && (this.#ports.portRead(COMMAND_PORT, 1) & INPUT_FULL) !== 0; i++);
  }
  /** Ctrl-Break: the buffer is emptied, a zero word put into it. */
  #break(): void {
    const m = this.#memory;
    m.write8(B.BDA_BREAK, 0x80);
    m.write16(B.BDA_KEYBOARD_HEAD, m.read16(B.BDA_KEYBOARD_START));
    m.write16(B.BDA_KEYBOARD_TAIL, m.read16(B.BDA_KEYBOARD_START));
    this.push(0);
  }
  /** The end of Alt with digits of the keypad: the character of that number. */
  #altReleased(): void {
    const typed = this.#memory.read8(B.BDA_ALT_KEYPAD);
    this.#memory.write8(B.BDA_ALT_KEYPAD, 0);
    if (typed !== 0) this.push(typed);
  }

  #pressed(scan: number, extended: boolean): void {
    const m = this.#memory;
    const flags = m.read8(B.BDA_KEYBOARD_FLAGS_0);
    const alt = (flags & ALT) !== 0;
    const control = (flags & CONTROL) !== 0;
    if (alt && control && scan === 0x53) {
      m.write16(B.BDA_RESET_FLAG, RESTART);
      this.#restart();
      return;
    }
    if (scan === 0x52 && !alt && !control) {
      if (!this.#held(B.BDA_KEYBOARD_FLAGS_1, INSERT_HELD)) this.#flag0(INSERT, (flags & INSERT) === 0);
      this.#flag1(INSERT_HELD, true);
    }
    const digit = KEYPAD_DIGITS[scan];
    if (alt && !extended && digit !== undefined) {
      m.write8(B.BDA_ALT_KEYPAD, (m.read8(B.BDA_ALT_KEYPAD) * 10 + digit) & 0xff);
      return;
    }
    const word = keyWord(scan, extended, {
      shift: (flags & (LEFT_SHIFT | RIGHT_SHIFT)) !== 0,
      control,
      alt,
      capsLock: (flags & CAPS_LOCK) !== 0,
      numLock: (flags & NUM_LOCK) !== 0,
    });
    if (word !== null) this.push(word);
  }

  // ---- the buffer ----

  /** Puts a word into the buffer; false when it is full. */
  push(word: number): boolean {
    const m = this.#memory;
    const tail = m.read16(B.BDA_KEYBOARD_TAIL);
    const next = this.#after(tail);
    if (next === m.read16(B.BDA_KEYBOARD_HEAD)) return false;
    m.write16(0x400 + tail, word);
    m.write16(B.BDA_KEYBOARD_TAIL, next);
    return true;
  }
  #after(place: number): number {
    const next = place + 2;
    return next >= this.#memory.read16(B.BDA_KEYBOARD_END) ? this.#memory.read16(B.BDA_KEYBOARD_START) : next;
  }
  /** The first word, or null. */
  #front(): number | null {
    const head = this.#memory.read16(B.BDA_KEYBOARD_HEAD);
    return head === this.#memory.read16(B.BDA_KEYBOARD_TAIL) ? null : this.#memory.read16(0x400 + head);
  }
  #drop(): void {
    const m = this.#memory;
    m.write16(B.BDA_KEYBOARD_HEAD, this.#after(m.read16(B.BDA_KEYBOARD_HEAD)));
  }

  /** Takes the first key out; null without one. */
  take(): number | null {
    const word = this.#front();
    if (word !== null) this.#drop();
    return word;
  }

  // ---- INT 16h ----

  /** Answers a call; false when it must wait for a key. */
  service(frame: BiosFrame): boolean {
    switch (frame.ah) {
      case 0x00:
      case 0x10: {
        const word = this.#next(frame.ah === 0x10);
        if (word === null) return false;
        this.#drop();
        frame.ax = word;
        return true;
      }
      case 0x01:
      case 0x11: {
        const word = this.#next(frame.ah === 0x11);
        frame.zero = word === null;
        if (word !== null) frame.ax = word;
        return true;
      }
      case 0x02:
        frame.al = this.#memory.read8(B.BDA_KEYBOARD_FLAGS_0);
        return true;
      case 0x12:
        frame.al = this.#memory.read8(B.BDA_KEYBOARD_FLAGS_0);
        frame.ah = this.#enhancedFlags();
        return true;
      case 0x03:
        this.#typematic(frame);
        return true;
      case 0x05:
        frame.al = this.push(frame.cx) ? 0 : 1;
        return true;
      case 0x09: // what this BIOS can do: 03h (0, 5), 0Ah, 10h to 12h
        frame.al = 0x35;
        return true;
      case 0x0a:
        frame.bx = 0x41ab;
        return true;
      case 0x92: // no function: AH=80h or less tells DOS's KEYB that there are 10h to 12h
        frame.ah = 0x80;
        return true;
      default:
        return true;
    }
  }
  /** AL=05h: BH the delay (0 to 3), BL the rate (0 to 1Fh, 0 the fastest); AL=00h those of power-on. */
  #typematic(frame: BiosFrame): void {
    if (frame.al !== 0x05 && frame.al !== 0x00) return;
    const value = frame.al === 0x00 ? DEFAULT_RATE : ((frame.bh & 3) << 5) | (frame.bl & 0x1f);
    this.#send(SET_RATE, value);
  }
  /** The first key, as the old functions see it (gray keys like those of the keypad, new keys not at all) or as it is. */
  #next(enhanced: boolean): number | null {
    for (;;) {
      const word = this.#front();
      if (word === null || enhanced) return word;
      const low = word & 0xff;
      const high = word >>> 8;
      if (high === 0xe0) return low === 0x2f ? 0x352f : 0x1c00 | low;
      if (high > 0x84) {
        this.#drop();
        continue;
      }
      return low === EXTENDED_MARK && high !== 0 ? word & 0xff00 : word;
    }
  }
  #enhancedFlags(): number {
    const flags = this.#memory.read8(B.BDA_KEYBOARD_FLAGS_1);
    const mode = this.#memory.read8(B.BDA_KEYBOARD_MODE);
    return (flags & 0x73) | ((flags & SYSTEM_REQUEST) << 5) | (mode & (RIGHT_CONTROL | RIGHT_ALT));
  }
}

/** Scan code -> digit of the keypad. */
const KEYPAD_DIGITS: Readonly<Record<number, number>> = {
  71: 7,
  72: 8,
  73: 9,
  75: 4,
  76: 5,
  77: 6,
  79: 1,
  80: 2,
  81: 3,
  82: 0,
};
