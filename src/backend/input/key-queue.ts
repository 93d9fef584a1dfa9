// KeyQueue: holds key presses until the keyboard takes them, so that a script may type a page at once.
//
//   viewer, terminal --key(code, pressed)-->  KeyQueue --key--> the keyboard device
//   script           --type(text)---------->      ^--- onRoom() ---/
//
// Typed text comes at the pace of a fast typist, by the machine's clock: a BIOS keeps 15 keys for a program that is
// slow to read them, and drops the rest. Keys of a person are passed on at once.
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { KeyCode } from './keys.ts';
import { type KeyEvent, keyEventsOf } from './type-text.ts';

/** The keyboard's end. */
export interface KeyReceiver {
  /** A key goes down or up; false where the keyboard has no room for it now and calls `onRoom` later. */
  key(code: KeyCode, pressed: boolean): boolean;
}

/** Nanoseconds between two events of typed text. */
export const TYPING_PACE = 8_000_000;
/** Events of live input that wait at most: a viewer cannot fill the host's memory. */
const LIVE_LIMIT = 1024;

interface Waiting extends KeyEvent {
  readonly pace: number;
}

export class KeyQueue {
  readonly #clock: AlarmSource;
  readonly #alarm: Alarm;
  #waiting: Waiting[] = [];
  /** Keys that are held once everything that waits has been taken. */
  readonly #held = new Set<KeyCode>();
  #receiver: KeyReceiver | undefined;
  #notBefore = 0;
  #idle: (() => void)[] = [];

  constructor(clock: AlarmSource) {
    this.#clock = clock;
    this.#alarm = clock.alarm(() => this.#pump());
  }

  connect(receiver: KeyReceiver): void {
    this.#receiver = receiver;
    this.#pump();
  }

  /** Events that the keyboard has not taken yet. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Live input. Presses beyond a thousand that wait are dropped; so are releases of keys that nobody holds, but no others. */
  key(code: KeyCode, pressed: boolean): void {
    if (pressed ? this.#waiting.length >= LIVE_LIMIT : !this.#held.has(code)) return;
    this.#add({ code, pressed, pace: 0 });
    this.#pump();
  }

  /** Types a text with the US layout; resolved when the keyboard has taken all of it. Throws DoppelError as keyEventsOf. */
  type(text: string): Promise<void> {
    return this.press(keyEventsOf(text));
  }

  /** Plays events at the pace of typing; resolved when the keyboard has taken all of them. */
  press(events: readonly KeyEvent[]): Promise<void> {
    for (const event of events) this.#add({ ...event, pace: TYPING_PACE });
    const done = new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#pump();
    return done;
  }

  #add(event: Waiting): void {
    if (event.pressed) this.#held.add(event.code);
    else this.#held.delete(event.code);
    this.#waiting.push(event);
  }

  /** The keyboard has room again. */
  onRoom(): void {
    this.#pump();
  }

  #pump(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) break;
      const now = this.#clock.now();
      if (next.pace > 0 && now < this.#notBefore) {
        this.#alarm.schedule(this.#notBefore);
        return;
      }
      // Taken out first: the keyboard may call onRoom before it returns.
      this.#waiting.shift();
      this.#notBefore = now + next.pace;
      if (!receiver.key(next.code, next.pressed)) {
        this.#waiting.unshift(next);
        return;
      }
    }
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
