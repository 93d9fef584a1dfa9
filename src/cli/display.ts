// Shows a machine's screen where `--display` says: on a VNC server, or as text on this terminal.
import { readFileSync } from 'node:fs';
import { TerminalKeys } from '../backend/input/terminal-keys.ts';
import type { KeyEvent } from '../backend/input/type-text.ts';
import { DoppelError } from '../base/errors.ts';
import { whyNot } from '../host/node/file-reasons.ts';
import { TextDisplay } from '../host/node/text-display.ts';
import { VncServer } from '../host/node/vnc/server.ts';
import type { Machine } from '../machine/vm/machine.ts';
import type { RunOptions } from './options.ts';
import { attachTerminal } from './terminal.ts';

/** Milliseconds of silence after which an ESC was the Escape key. */
const ESCAPE_SILENCE = 50;
/** A press or release that waits for the guest counts as so many bytes of input that wait. */
const BYTES_AN_EVENT = 4;

/** Starts to show the screen; the function that this gives ends it. Throws DoppelError where it cannot be shown. */
export async function openDisplay(machine: Machine, options: RunOptions): Promise<() => void> {
  const { screen } = machine;
  if (screen === undefined) return () => {};
  switch (options.display.kind) {
    case 'none':
      return () => {};
    case 'text':
      return openTextDisplay(machine, screen);
    case 'vnc': {
      const { host, port } = options.display;
      const server = await VncServer.listen({
        host,
        port,
        name: 'Doppel',
        password: options.vncPasswordFile === undefined ? undefined : readPassword(options.vncPasswordFile),
        screen,
        keys: machine,
        pointer: machine.pointer,
      });
      process.stderr.write(`doppel: the screen is at VNC ${host}:${server.port}\n`);
      return () => server.close();
    }
  }
}

function openTextDisplay(machine: Machine, screen: NonNullable<Machine['screen']>): () => void {
  const output = process.stdout;
  const display = new TextDisplay(screen, {
    write: (text) => void output.write(text),
    get columns() {
      return output.isTTY ? output.columns : undefined;
    },
    get rows() {
      return output.isTTY ? output.rows : undefined;
    },
  });
  const keys = new TerminalKeys();
  let silence: NodeJS.Timeout | undefined;
  const press = (events: readonly KeyEvent[]) => void machine.pressKeys(events);
  const detach = attachTerminal({
    input: (bytes) => {
      clearTimeout(silence);
      press(keys.decode(bytes));
      if (keys.waiting) silence = setTimeout(() => press(keys.flush()), ESCAPE_SILENCE);
    },
    backlog: () => machine.board.keys.length * BYTES_AN_EVENT,
    leave: () => machine.stop('left'),
  });
  return () => {
    clearTimeout(silence);
    detach();
    display.close();
  };
}

function readPassword(path: string): string {
  try {
    const password = readFileSync(path, 'utf8').split(/\r?\n/, 1)[0]!;
    if (password === '') throw new DoppelError(`--vnc-password-file ${path} begins with an empty line.`);
    if (!/^[ -~]*$/.test(password)) {
      throw new DoppelError(
        `--vnc-password-file ${path} begins with something else than ASCII, which viewers send in different ways.`,
      );
    }
    return password;
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    throw new DoppelError(`--vnc-password-file ${path} cannot be read: ${whyNot(error)}.`, { cause: error });
  }
}
