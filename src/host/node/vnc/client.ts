// One client of the VNC server: the protocol's states, from its version to its messages (RFC 6143, sections 7.1 to 7.6).
//
// Nothing that a client sends makes the server wait, hold much memory or fail: what is not the protocol ends the
// connection. A client gets an update when it has asked for one, something has changed, and the last one has left.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Frame, Rectangle, ScreenHub } from '../../../backend/display/screen.ts';
import type { KeyCode } from '../../../backend/input/keys.ts';
import {
  BUTTON_LEFT,
  BUTTON_MIDDLE,
  BUTTON_RIGHT,
  FARTHEST_PLACE,
  type Pointer,
} from '../../../backend/input/pointer.ts';
import { CHALLENGE_BYTES, isRightResponse } from './authentication.ts';
import { ByteQueue } from './byte-queue.ts';
import { DamageMap } from './damage-map.ts';
import { keyOfKeysym, keyOfScanCode } from './keysyms.ts';
import * as R from './messages.ts';
import { colourMapMessage, NATIVE_FORMAT, readPixelFormat, writePixelFormat } from './pixel-format.ts';
import { UpdateEncoder } from './update-encoder.ts';

/** What a client sees and moves. */
export interface VncTarget {
  readonly screen: ScreenHub;
  readonly keys: { key(code: KeyCode, pressed: boolean): void };
  readonly pointer: Pointer;
}

export interface VncClientOptions extends VncTarget {
  readonly socket: Socket;
  /** The machine's name, for the viewer's title. */
  readonly name: string;
  /** VNC authentication with this password; none where it is undefined. */
  readonly password: string | undefined;
  /** Bytes to the client are cheap. */
  readonly local: boolean;
  /** The client has asked for an update. */
  readonly wanted: () => void;
  readonly closed: () => void;
}

/** What pseudo-rectangles say. */
type Announcement = 'extended keys' | 'pointer' | 'size' | 'extended size' | 'size refused';

type Phase = 'version' | 'security' | 'response' | 'init' | 'messages' | 'closed';

const MOST_ENCODINGS = 1024;
const MOST_RECTANGLES = 24;
/** Output that may wait for the network before a client gets no further updates. */
const BACKLOG = 4 << 20;
/** Milliseconds that a client has to introduce itself. */
const PATIENCE = 15_000;
/** The middle of relative coordinates. */
const CENTRE = 0x7fff;

export class VncClient {
  readonly #options: VncClientOptions;
  readonly #input = new ByteQueue();
  readonly #encoder: UpdateEncoder;
  readonly #held = new Set<KeyCode>();
  readonly #detach: () => void;
  readonly #timer: NodeJS.Timeout;
  #phase: Phase = 'version';
  #minor = 8;
  #challenge = Buffer.alloc(0);
  /** The picture as the client knows it. */
  #frame: Frame;
  #damage: DamageMap;
  #wants = false;
  #busy = false;
  #encodings = new Set<number>();
  /** What goes with the next update. However often a client gives cause for one, it waits once. */
  readonly #announcements = new Set<Announcement>();
  /** A colour map goes before it. */
  #colourMapDue = false;
  #capsLockSeen = false;
  /** The client sends ways, not places. */
  #relative = false;
  #pointer: { x: number; y: number; mask: number } | undefined;

  constructor(options: VncClientOptions) {
    this.#options = options;
    this.#encoder = new UpdateEncoder(options.local);
    this.#frame = options.screen.frame();
    this.#damage = new DamageMap(this.#frame.width, this.#frame.height);
    this.#detach = options.screen.attach({
      damaged: (frame, rectangles) => this.#damaged(frame, rectangles),
    });
    const { socket } = options;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
    socket.on('drain', () => this.#options.wanted());
    this.#timer = setTimeout(() => this.close(), PATIENCE);
    socket.write(R.VERSION_3_8);
  }

  /** It waits for an update, and could be sent one. */
  get wantsUpdate(): boolean {
    return this.#wants && !this.#busy && this.#options.socket.writableLength < BACKLOG;
  }

  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    this.#detach();
    this.#encoder.close();
    for (const code of this.#held) this.#options.keys.key(code, false);
    if (this.#pointer && this.#pointer.mask !== 0) this.#options.pointer.move(0, 0, 0, 0);
    this.#options.socket.destroy();
    this.#options.closed();
  }

  /** Sends what has changed, if the client waits for it. */
  update(): void {
    if (!this.wantsUpdate || (!this.#damage.any && this.#announcements.size === 0)) return;
    this.#wants = false;
    this.#busy = true;
    const rectangles = this.#damage.take(MOST_RECTANGLES);
    const colourMap = this.#colourMapDue ? [colourMapMessage()] : [];
    this.#colourMapDue = false;
    const announcements = [...this.#announcements].map((announcement) => this.#announced(announcement));
    this.#announcements.clear();
    this.#encoder.encode(this.#frame, rectangles).then(
      ({ count, bytes }) => {
        this.#busy = false;
        if (this.#phase === 'closed') return;
        const header = R.updateHeader(count + announcements.length);
        const { socket } = this.#options;
        socket.cork();
        for (const piece of [...colourMap, header, ...announcements, ...bytes]) socket.write(piece);
        socket.uncork();
        if (this.#wants) this.#options.wanted();
      },
      () => this.close(),
    );
  }

  /** An announcement as it is now true. */
  #announced(announcement: Announcement): Buffer {
    const { width, height } = this.#frame;
    switch (announcement) {
      case 'extended keys':
        return R.rectangleHeader(0, 0, 0, 0, R.ENCODING_EXTENDED_KEY_EVENT);
      case 'pointer':
        return R.rectangleHeader(this.#relative ? 0 : 1, 0, 0, 0, R.ENCODING_POINTER_MOTION_CHANGE);
      case 'size':
        return R.rectangleHeader(0, 0, width, height, R.ENCODING_DESKTOP_SIZE);
      case 'extended size':
        return R.extendedDesktopSize(R.SIZE_BY_SERVER, 0, width, height);
      case 'size refused':
        return R.extendedDesktopSize(R.SIZE_BY_CLIENT, R.SIZE_PROHIBITED, width, height);
    }
  }

  #damaged(frame: Frame, rectangles: readonly Rectangle[]): void {
    if (frame !== this.#frame) this.#resized(frame);
    for (const rectangle of rectangles) this.#damage.add(rectangle);
  }

  #resized(frame: Frame): void {
    const { width, height } = frame;
    if (this.#phase !== 'messages') {
      this.#frame = frame;
      this.#damage = new DamageMap(width, height);
      return;
    }
    if (this.#encodings.has(R.ENCODING_EXTENDED_DESKTOP_SIZE)) {
      this.#announcements.add('extended size');
    } else if (this.#encodings.has(R.ENCODING_DESKTOP_SIZE)) {
      this.#announcements.add('size');
    } else {
      // Nothing else can be said to it.
      this.close();
      return;
    }
    this.#frame = frame;
    this.#damage = new DamageMap(width, height);
    this.#damage.add({ x: 0, y: 0, width, height });
  }

  #received(chunk: Buffer): void {
    if (this.#phase === 'closed') return;
    if (!this.#input.push(chunk)) this.close();
    while (this.#step());
  }

  /** Takes one piece of the protocol; false where there are too few bytes for it, or an end. */
  #step(): boolean {
    switch (this.#phase) {
      case 'version':
        return this.#version();
      case 'security':
        return this.#security();
      case 'response':
        return this.#response();
      case 'init':
        return this.#init();
      case 'messages':
        return this.#message();
      default:
        return false;
    }
  }

  #end(): false {
    this.close();
    return false;
  }

  #version(): boolean {
    if (this.#input.length < R.VERSION_BYTES) return false;
    const match = /^RFB 003\.(\d{3})\n$/.exec(this.#input.take(R.VERSION_BYTES).toString('latin1'));
    if (!match) return this.#end();
    // What is not 3.7 or 3.8 is taken as 3.3 (section 7.1.1).
    const minor = Number(match[1]);
    this.#minor = minor >= 8 ? 8 : minor === 7 ? 7 : 3;
    const type = this.#options.password === undefined ? R.SECURITY_NONE : R.SECURITY_VNC;
    const { socket } = this.#options;
    if (this.#minor >= 7) {
      socket.write(Uint8Array.of(1, type));
      this.#phase = 'security';
    } else {
      socket.write(R.uint32(type));
      this.#begin(type);
    }
    return true;
  }

  #security(): boolean {
    if (this.#input.length < 1) return false;
    const type = this.#input.take(1)[0]!;
    const offered = this.#options.password === undefined ? R.SECURITY_NONE : R.SECURITY_VNC;
    if (type !== offered) return this.#refuse('This security type was not offered.');
    if (type === R.SECURITY_NONE && this.#minor >= 8) this.#options.socket.write(R.uint32(0));
    this.#begin(type);
    return true;
  }

  #begin(type: number): void {
    if (type === R.SECURITY_NONE) {
      this.#phase = 'init';
      return;
    }
    this.#challenge = randomBytes(CHALLENGE_BYTES);
    this.#options.socket.write(this.#challenge);
    this.#phase = 'response';
  }

  #response(): boolean {
    if (this.#input.length < CHALLENGE_BYTES) return false;
    const response = this.#input.take(CHALLENGE_BYTES);
    if (!isRightResponse(this.#challenge, response, this.#options.password ?? '')) {
      return this.#refuse('The password is not right.');
    }
    this.#options.socket.write(R.uint32(0));
    this.#phase = 'init';
    return true;
  }

  #refuse(reason: string): false {
    const { socket } = this.#options;
    socket.end(this.#minor >= 8 ? Buffer.concat([R.uint32(1), R.lengthAndText(reason)]) : R.uint32(1));
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    this.#detach();
    this.#encoder.close();
    this.#options.closed();
    return false;
  }

  /** The shared flag is taken as set: nobody is thrown out. */
  #init(): boolean {
    if (this.#input.length < 1) return false;
    this.#input.take(1);
    clearTimeout(this.#timer);
    this.#options.screen.refresh();
    const size = Buffer.alloc(4);
    size.writeUInt16BE(this.#frame.width, 0);
    size.writeUInt16BE(this.#frame.height, 2);
    const name = R.lengthAndText(this.#options.name);
    this.#options.socket.write(Buffer.concat([size, writePixelFormat(NATIVE_FORMAT), name]));
    this.#phase = 'messages';
    return true;
  }

  #message(): boolean {
    const type = this.#input.peek(1)?.[0];
    switch (type) {
      case undefined:
        return false;
      case R.SET_PIXEL_FORMAT:
        return this.#fixed(20, (message) => this.#setPixelFormat(message));
      case R.SET_ENCODINGS:
        return this.#setEncodings();
      case R.UPDATE_REQUEST:
        return this.#fixed(10, (message) => this.#updateRequest(message));
      case R.KEY_EVENT:
        return this.#fixed(8, (message) => this.#keysym(message.readUInt32BE(4), message[1] !== 0));
      case R.POINTER_EVENT:
        return this.#fixed(6, (message) => {
          this.#pointerEvent(message[1]!, message.readUInt16BE(2), message.readUInt16BE(4));
        });
      case R.CLIENT_CUT_TEXT:
        // A negative length announces the extended clipboard, which we have not.
        return this.#fixed(8, (message) => this.#input.skip(Math.abs(message.readInt32BE(4))));
      case R.SET_DESKTOP_SIZE:
        return this.#setDesktopSize();
      case R.QEMU_MESSAGE:
        return this.#qemuMessage();
      default:
        return this.#end();
    }
  }

  #fixed(bytes: number, handle: (message: Buffer) => void): boolean {
    if (this.#input.length < bytes) return false;
    handle(this.#input.take(bytes));
    return true;
  }

  #setPixelFormat(message: Buffer): void {
    const format = readPixelFormat(message.subarray(4));
    if (format === undefined) {
      this.close();
      return;
    }
    this.#encoder.format = format;
    this.#colourMapDue = !format.trueColour;
  }

  #setEncodings(): boolean {
    const count = this.#input.peek(4)?.readUInt16BE(2);
    if (count === undefined) return false;
    if (count > MOST_ENCODINGS) return this.#end();
    return this.#fixed(4 + 4 * count, (message) => {
      const encodings = Array.from({ length: count }, (_, index) => message.readInt32BE(4 + 4 * index));
      this.#encodings = new Set(encodings);
      this.#encoder.encodings = encodings;
      this.#announcements.clear();
      this.#relative = false;
      if (this.#encodings.has(R.ENCODING_EXTENDED_KEY_EVENT)) this.#announcements.add('extended keys');
      if (this.#encodings.has(R.ENCODING_POINTER_MOTION_CHANGE)) this.#announcePointer();
      if (this.#encodings.has(R.ENCODING_EXTENDED_DESKTOP_SIZE)) this.#announcements.add('extended size');
    });
  }

  #updateRequest(message: Buffer): void {
    const incremental = message[1] !== 0;
    if (!incremental) {
      const [x, y, width, height] = [2, 4, 6, 8].map((at) => message.readUInt16BE(at));
      this.#damage.add({ x: x!, y: y!, width: width!, height: height! });
    }
    this.#wants = true;
    this.#options.wanted();
  }

  /** The screen is as large as the guest says: clients are told so. */
  #setDesktopSize(): boolean {
    const screens = this.#input.peek(8)?.[6];
    if (screens === undefined) return false;
    return this.#fixed(8 + 16 * screens, () => {
      this.#announcements.add('size refused');
      this.#options.wanted();
    });
  }

  #qemuMessage(): boolean {
    const submessage = this.#input.peek(2)?.[1];
    if (submessage === undefined) return false;
    if (submessage !== R.QEMU_KEY_EVENT) return this.#end();
    return this.#fixed(12, (message) => {
      const pressed = message.readUInt16BE(2) !== 0;
      const code = keyOfScanCode(message.readUInt32BE(8));
      if (code !== undefined) this.#key(code, pressed);
      else this.#keysym(message.readUInt32BE(4), pressed);
    });
  }

  #keysym(keysym: number, pressed: boolean): void {
    const found = keyOfKeysym(keysym);
    if (found === undefined) return;
    const { code, stroke } = found;
    if (code === 'CapsLock') this.#capsLockSeen = true;
    // A client that types 'A' without shift (a script's, or one with another layout) means 'A'.
    const letter = code.startsWith('Key') && this.#capsLockSeen;
    const shifted = this.#held.has('ShiftLeft') || this.#held.has('ShiftRight');
    const addShift = pressed && stroke?.shift === true && !shifted && !letter;
    if (addShift) this.#options.keys.key('ShiftLeft', true);
    this.#key(code, pressed);
    if (addShift) this.#options.keys.key('ShiftLeft', false);
  }

  #key(code: KeyCode, pressed: boolean): void {
    if (pressed) this.#held.add(code);
    else this.#held.delete(code);
    this.#options.keys.key(code, pressed);
  }

  /** Tells a client that can do both whether its pointer's places (1) or ways (0) are wanted. */
  #announcePointer(): void {
    this.#relative = !this.#options.pointer.absolute;
    this.#announcements.add('pointer');
  }

  #pointerEvent(mask: number, x: number, y: number): void {
    const { pointer } = this.#options;
    const last = this.#pointer ?? { x, y, mask: 0 };
    const relative = this.#relative;
    if (this.#encodings.has(R.ENCODING_POINTER_MOTION_CHANGE) && relative === pointer.absolute) {
      this.#announcePointer();
      this.#options.wanted();
    }
    const pressed = mask & ~last.mask;
    const wheel = ((pressed & 0x10) >> 4) - ((pressed & 0x08) >> 3);
    const buttons =
      ((mask & 1) !== 0 ? BUTTON_LEFT : 0) |
      ((mask & 2) !== 0 ? BUTTON_MIDDLE : 0) |
      ((mask & 4) !== 0 ? BUTTON_RIGHT : 0);
    this.#pointer = { x, y, mask };
    if (relative) pointer.move(x - CENTRE, y - CENTRE, wheel, buttons);
    else if (pointer.absolute) {
      const { width, height } = this.#frame;
      pointer.moveTo(placeOf(x, width), placeOf(y, height), wheel, buttons);
    } else pointer.move(x - last.x, y - last.y, wheel, buttons);
  }
}

/** A pixel of so many as a place of the pointer. */
const placeOf = (pixel: number, pixels: number): number =>
  Math.round((Math.min(pixel, pixels - 1) * FARTHEST_PLACE) / Math.max(1, pixels - 1));
