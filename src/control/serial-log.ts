// What a guest has said on a serial line, for those who wait for a text: on its way to where it goes, the output's last part
// is kept. Text that somebody has waited for is not found again, so that a script that types a command and waits for what it
// prints does not find the answer to the command before.
import type { ByteSink } from '../backend/char.ts';

/** Bytes that are kept. */
const KEPT = 262_144;

const latin1 = (bytes: Uint8Array): string => {
  let result = '';
  for (let at = 0; at < bytes.length; at += 8192)
    result += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return result;
};
const toLatin1 = (text: string): string => latin1(new TextEncoder().encode(text));
const fromLatin1 = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));

export class SerialLog implements ByteSink {
  readonly #next: ByteSink;
  readonly #ring = new Uint8Array(KEPT);
  #written = 0;
  #taken = 0;

  /** `next`: where the output goes. */
  constructor(next: ByteSink) {
    this.#next = next;
  }

  write(byte: number): void {
    this.#ring[this.#written++ % KEPT] = byte;
    this.#next.write(byte);
  }

  /** Bytes written so far. */
  get written(): number {
    return this.#written;
  }

  /** What was written since the last text that was waited for, as far as it is kept. */
  get text(): string {
    return fromLatin1(this.#rest());
  }

  /**
   * Looks for a text, or a regular expression's match, in what came since the last one; gives the output up to its end and
   * takes that away. A regular expression sees UTF-8 byte by byte.
   */
  take(wanted: string | RegExp): string | undefined {
    const rest = this.#rest();
    let end: number;
    if (typeof wanted === 'string') {
      const text = toLatin1(wanted);
      const at = rest.indexOf(text);
      if (at < 0) return undefined;
      end = at + text.length;
    } else {
      const match = wanted.exec(rest);
      if (match === null) return undefined;
      end = match.index + match[0].length;
    }
    this.#taken = this.#written - rest.length + end;
    return fromLatin1(rest.slice(0, end));
  }

  #rest(): string {
    const from = Math.max(this.#taken, this.#written - KEPT);
    const first = from % KEPT;
    const length = this.#written - from;
    const end = Math.min(KEPT, first + length);
    return latin1(this.#ring.subarray(first, end)) + latin1(this.#ring.subarray(0, length - (end - first)));
  }
}
