// The terminal as the guest's serial console: raw mode, Ctrl-A as the escape key (as in QEMU), and
// the terminal given back whatever happens.
import type { ReadStream } from 'node:tty';

const ESCAPE = 0x01;
const HELP = '\r\nCtrl-A X  leave Doppel\r\nCtrl-A A  send Ctrl-A to the guest\r\nCtrl-A H  this help\r\n';

export interface TerminalEvents {
  input(bytes: Uint8Array): void;
  /** Ctrl-A X. */
  leave(): void;
}

/** Starts reading standard input; the returned function gives the terminal back. */
export function attachTerminal(events: TerminalEvents): () => void {
  const stdin = process.stdin as ReadStream;
  const terminal = stdin.isTTY === true;
  let escaped = false;
  const onData = (chunk: Uint8Array) => {
    if (!terminal) {
      events.input(chunk);
      return;
    }
    const plain: number[] = [];
    for (const byte of chunk) {
      if (escaped) {
        escaped = false;
        const key = String.fromCharCode(byte).toLowerCase();
        if (key === 'x') events.leave();
        else if (key === 'h' || key === '?') process.stdout.write(HELP);
        else if (key === 'a' || byte === ESCAPE) plain.push(ESCAPE);
      } else if (byte === ESCAPE) {
        escaped = true;
      } else {
        plain.push(byte);
      }
    }
    if (plain.length > 0) events.input(Uint8Array.from(plain));
  };
  if (terminal) stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  return () => {
    stdin.off('data', onData);
    stdin.pause();
    if (terminal) stdin.setRawMode(false);
  };
}
