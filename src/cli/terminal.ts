// The terminal as the guest's serial console: raw mode, Ctrl-A as the escape key (as in QEMU), and
// the terminal given back whatever happens.
import type { ReadStream } from 'node:tty';

const ESCAPE = 0x01;
const HELP = '\r\nCtrl-A X  leave Doppel\r\nCtrl-A A  send Ctrl-A to the guest\r\nCtrl-A H  this help\r\n';

/** Input that may wait for the guest, in bytes, before a pipe or file is read no further. */
const BACKLOG = 65_536;
/** How often to look whether the guest has taken it, in milliseconds. */
const BACKLOG_INTERVAL = 20;

export interface TerminalEvents {
  input(bytes: Uint8Array): void;
  /** Bytes of input that the guest has not taken. */
  backlog(): number;
  /** Ctrl-A X. */
  leave(): void;
}

/** Starts reading standard input; the returned function gives the terminal back. */
export function attachTerminal(events: TerminalEvents): () => void {
  const stdin = process.stdin as ReadStream;
  const terminal = stdin.isTTY === true;
  let escaped = false;
  let waiting: NodeJS.Timeout | undefined;
  const onData = (chunk: Uint8Array) => {
    if (!terminal) {
      events.input(chunk);
      if (events.backlog() > BACKLOG) {
        stdin.pause();
        waiting ??= setInterval(goOn, BACKLOG_INTERVAL);
      }
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
  const goOn = () => {
    if (events.backlog() > BACKLOG) return;
    clearInterval(waiting);
    waiting = undefined;
    stdin.resume();
  };
  // Input that cannot be read (a directory, a terminal that has gone) is no input.
  const onError = () => {};
  if (terminal) stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.on('error', onError);
  stdin.resume();
  return () => {
    clearInterval(waiting);
    stdin.off('data', onData);
    stdin.pause();
    if (terminal) stdin.setRawMode(false);
  };
}
