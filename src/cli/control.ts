// The control socket of a machine that `doppel run` runs: its name, and what happens to it told to whoever listens.
import { basename } from 'node:path';
import { DoppelError } from '../base/errors.ts';
import type { SerialLog } from '../control/serial-log.ts';
import { controlMachine } from '../host/node/automation.ts';
import { ControlServer } from '../host/node/control/server.ts';
import { socketNames } from '../host/node/control/socket-path.ts';
import type { Machine } from '../machine/vm/machine.ts';
import type { RunOptions } from './options.ts';
import { version } from './version.ts';

/**
 * Opens it. Throws DoppelError where the user has chosen a name that cannot be had; a machine whose name nobody chose runs
 * without one then.
 */
export async function openControl(
  machine: Machine,
  options: RunOptions,
  serial: readonly SerialLog[],
): Promise<ControlServer | undefined> {
  const report = (message: string) => process.stderr.write(`doppel: ${message}\n`);
  const listen = (name: string) =>
    ControlServer.listen(controlMachine(machine, { name, serial, report }), version());
  let server: ControlServer;
  let { name } = options;
  if (name !== undefined) server = await listen(name);
  else {
    try {
      name = freeName(options);
      server = await listen(name);
      if (process.stderr.isTTY) report(`the machine is called ${name} (doppel ctl ${name})`);
    } catch (error) {
      if (error instanceof DoppelError) return undefined;
      throw error;
    }
  }
  machine.onEvent = (event) => {
    server.tell(event.event === 'ended' ? { event: 'ended', reason: event.end.reason } : event);
    // On the text display a key wakes it, as on a PC.
    if (event.event === 'suspended' && options.display.kind !== 'text') {
      report(`the guest has suspended the machine; a key or 'doppel ctl ${name} power' wakes it`);
    }
  };
  return server;
}

/** After what is booted, with a number where that name is taken. */
function freeName({ disks, cdrom, floppies, kernel, bios }: RunOptions): string {
  const file = basename(kernel ?? disks[0]?.path ?? cdrom?.path ?? floppies[0] ?? bios ?? 'doppel');
  const word = file
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9_]+/, '')
    .slice(0, 32);
  const name = word === '' ? 'doppel' : word;
  const taken = new Set(socketNames());
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) if (!taken.has(`${name}-${number}`)) return `${name}-${number}`;
}
