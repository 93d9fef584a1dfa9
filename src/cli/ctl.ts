// `doppel ctl`: the switches of a machine that runs in another process, by its control socket.
import { writeFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DoppelError } from '../base/errors.ts';
import { type Action, BUTTON_NAMES, ControlError, DRIVE_NAMES } from '../control/actions.ts';
import type { MachineStatus } from '../control/machine-control.ts';
import { ControlClient, isListening } from '../host/node/control/client.ts';
import { removeSocket } from '../host/node/control/server.ts';
import { checkMachineName, socketNames, socketPath } from '../host/node/control/socket-path.ts';
import { whyNotMade } from '../host/node/file-reasons.ts';
import { describeStatus, listLine } from './ctl-status.ts';

export const CTL_HELP = `Usage: doppel ctl                    lists the machines that run
       doppel ctl NAME COMMAND ...

Does something to a machine that runs. Its name is given by \`doppel run --name NAME\`, or told when it starts.

  status [--json]               what it is and does
  screenshot FILE.png           the picture (- is the standard output)
  text                          what the text screen says
  type TEXT [--enter]           types a text, and Enter after it (US layout)
  key KEY...                    presses keys one after the other: a, enter, f12, ctrl-alt-delete
  hold [KEY...]                 holds these keys down, and no others
  pointer move DX DY            moves the mouse, to the right and downwards
  pointer to X Y                puts it at a pixel, where the guest has a driver for that
  pointer click [BUTTON] [N]    left (unless given), right or middle; N times
  pointer hold [BUTTON...]      holds these buttons, and no others
  pointer wheel N               turns the wheel by N notches; positive is towards the user
  wait TEXT [--timeout S]       waits until the text screen contains TEXT (60 seconds unless given)
  wait TEXT --serial [--line N] waits for TEXT on a serial line; what was waited for before is not found again
                                (--regex: TEXT is a regular expression)
  serial TEXT [--enter] [--line N]
                                input for a serial line (COM1 is 0)
  eject DRIVE [--force]         takes the medium out of cdrom, floppy (or floppy0), floppy1
  insert DRIVE FILE [--read-only] [--force]
                                puts a file in, in place of what is there
  reset                         the reset button
  power                         the ACPI power button
  pause, resume                 holds the machine with its time, and lets it go on
  stop                          ends it at once (quit is the same)
  events                        prints what happens, a JSON object a line, until it ends

Status: 0 when it is done, 1 for an error, 124 when what was waited for did not come.
`;

const STATUS_TIMEOUT = 124;

const OPTIONS = {
  json: { type: 'boolean' },
  enter: { type: 'boolean' },
  serial: { type: 'boolean' },
  regex: { type: 'boolean' },
  line: { type: 'string' },
  timeout: { type: 'string' },
  force: { type: 'boolean' },
  'read-only': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Negative numbers are no options. */
const isNumber = (word: string): boolean => /^[-+]?\d+$/.test(word);

interface Words {
  /** After the command. */
  readonly rest: readonly string[];
  readonly flags: ReturnType<typeof parse>['flags'];
}

function parse(words: readonly string[]) {
  // parseArgs takes "-5" for flags: numbers are kept out of its sight.
  const shown = words.map((word) => (isNumber(word) && word.startsWith('-') ? `\0${word}` : word));
  const asGiven = (word: string) => word.replace(/^\0/, '');
  try {
    const { values, positionals } = parseArgs({
      args: shown,
      options: OPTIONS,
      strict: true,
      allowPositionals: true,
    });
    for (const name of ['line', 'timeout'] as const) {
      const value = values[name];
      if (value !== undefined) values[name] = asGiven(value);
    }
    return { flags: values, words: positionals.map(asGiven) };
  } catch (error) {
    const message = (error as Error).message.split(/\. |\n/, 1)[0]!;
    throw new DoppelError(
      `${message.replace(/\.$/, '')}. \`doppel ctl --help\` lists the options; write -- before a text that begins with a hyphen.`,
    );
  }
}

/** Runs the words after `ctl`; the result is the exit status. */
export async function ctl(given: readonly string[]): Promise<number> {
  const { flags, words } = parse(given);
  const [name, command, ...rest] = words;
  if (flags.help) {
    process.stdout.write(CTL_HELP);
    return 0;
  }
  if (name === undefined) return await list();
  checkMachineName(name);
  if (command === undefined)
    throw new DoppelError(`What shall be done to '${name}'? \`doppel ctl --help\` tells.`);
  const action = command === 'events' ? undefined : actionOf(command, { rest, flags });
  const client = await ControlClient.connect(name);
  try {
    if (action === undefined) return await events(client);
    const result = await client.perform(action);
    show(action, result, { rest, flags });
    return 0;
  } catch (error) {
    if (!(error instanceof ControlError) || error.code !== 'timeout') throw error;
    process.stderr.write(`doppel: ${error.message}\n`);
    return STATUS_TIMEOUT;
  } finally {
    client.close();
  }
}

/** The action that the words mean. Throws DoppelError. */
function actionOf(command: string, words: Words): Action {
  const { rest, flags } = words;
  const one = (what: string): string => {
    if (rest.length !== 1) throw new DoppelError(`Write \`doppel ctl NAME ${command} ${what}\`.`);
    return rest[0]!;
  };
  const line = flags.line === undefined ? 0 : wholeNumber('--line', flags.line);
  const force = flags.force ?? false;
  switch (command) {
    case 'status':
    case 'text':
    case 'reset':
    case 'power':
    case 'pause':
    case 'resume':
    case 'stop':
    case 'quit':
      if (rest.length > 0) throw new DoppelError(`'${command}' takes nothing more: leave '${rest[0]}' out.`);
      return { action: command === 'quit' ? 'stop' : command };
    case 'screenshot':
      one('FILE.png');
      return { action: 'screenshot' };
    case 'type':
      return { action: 'type', text: one('TEXT') + (flags.enter ? '\n' : '') };
    case 'key':
      if (rest.length === 0)
        throw new DoppelError('Write `doppel ctl NAME key KEY...`, for example ctrl-alt-delete.');
      return { action: 'key', keys: rest };
    case 'hold':
      return { action: 'key-hold', keys: rest };
    case 'pointer':
      return pointerAction(rest);
    case 'wait':
      if (one('TEXT') === '') throw new DoppelError('wait needs a text: nothing is always there.');
      return {
        action: 'wait',
        text: one('TEXT'),
        regex: flags.regex ?? false,
        on: flags.serial || flags.line !== undefined ? 'serial' : 'screen',
        line,
        seconds: flags.timeout === undefined ? 60 : seconds(flags.timeout),
      };
    case 'serial':
      return { action: 'serial', text: one('TEXT') + (flags.enter ? '\r' : ''), line };
    case 'eject':
      return { action: 'eject', drive: driveName(one('DRIVE')), force };
    case 'insert': {
      const [drive, file, ...more] = rest;
      if (drive === undefined || file === undefined || more.length > 0) {
        throw new DoppelError(
          'Write `doppel ctl NAME insert DRIVE FILE`, for example insert cdrom debian.iso.',
        );
      }
      const readOnly = flags['read-only'] ?? false;
      return { action: 'insert', drive: driveName(drive), file: resolve(file), readOnly, force };
    }
    default:
      throw new DoppelError(`There is no command '${command}'. \`doppel ctl --help\` lists them.`);
  }
}

function pointerAction([what, ...rest]: readonly string[]): Action {
  switch (what) {
    case 'move':
      if (rest.length !== 2) throw new DoppelError('Write `doppel ctl NAME pointer move DX DY`.');
      return {
        action: 'pointer-move',
        dx: wholeNumber('pointer move', rest[0]!),
        dy: wholeNumber('pointer move', rest[1]!),
      };
    case 'to':
      if (rest.length !== 2) throw new DoppelError('Write `doppel ctl NAME pointer to X Y`.');
      return {
        action: 'pointer-to',
        x: wholeNumber('pointer to', rest[0]!),
        y: wholeNumber('pointer to', rest[1]!),
      };
    case 'click':
      return {
        action: 'pointer-click',
        button: buttonName(rest[0] ?? 'left'),
        count: rest[1] === undefined ? 1 : wholeNumber('pointer click', rest[1]),
      };
    case 'hold':
      return { action: 'pointer-hold', buttons: rest.map(buttonName) };
    case 'wheel':
      if (rest.length !== 1) throw new DoppelError('Write `doppel ctl NAME pointer wheel N`.');
      return { action: 'pointer-wheel', notches: wholeNumber('pointer wheel', rest[0]!) };
    default:
      throw new DoppelError('The pointer can move, go to, click, hold and wheel: see `doppel ctl --help`.');
  }
}

function wholeNumber(what: string, text: string): number {
  if (!isNumber(text)) throw new DoppelError(`${what} ${text}: that is not a whole number.`);
  return Number(text);
}
function seconds(text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new DoppelError(`--timeout ${text} is not a number of seconds.`);
}
function buttonName(text: string) {
  const name = BUTTON_NAMES.find((button) => button === text);
  if (name) return name;
  throw new DoppelError(`The mouse has no button '${text}': choose ${BUTTON_NAMES.join(', ')}.`);
}
function driveName(text: string) {
  const name = DRIVE_NAMES.find((drive) => drive === (text === 'floppy' ? 'floppy0' : text));
  if (name) return name;
  throw new DoppelError(`There is no drive '${text}': choose ${DRIVE_NAMES.join(', ')}.`);
}

/** Prints what an action gave. */
function show(action: Action, result: object, { rest, flags }: Words): void {
  const print = (text: string) => void writeSync(1, text);
  switch (action.action) {
    case 'status':
      print(flags.json ? `${JSON.stringify(result)}\n` : describeStatus(result as MachineStatus));
      return;
    case 'text':
      print(`${(result as { text: string }).text.trimEnd()}\n`);
      return;
    case 'screenshot':
      writePicture(rest[0]!, Buffer.from((result as { png: string }).png, 'base64'));
      return;
    default:
  }
}

function writePicture(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file === '-' ? 1 : file, bytes);
  } catch (error) {
    throw new DoppelError(`${file} cannot be written: ${whyNotMade(error)}.`, {
      cause: error,
    });
  }
}

async function events(client: ControlClient): Promise<number> {
  client.onEvent = (event) => void writeSync(1, `${JSON.stringify(event)}\n`);
  await client.closed;
  return 0;
}

/** The machines that run; sockets of those that have died are removed. */
async function list(): Promise<number> {
  const lines: string[] = [];
  for (const name of socketNames()) {
    try {
      const client = await ControlClient.connect(name);
      const status = (await client.perform({ action: 'status' })) as MachineStatus;
      lines.push(listLine(status, client.hello.pid));
      client.close();
    } catch (error) {
      if (!(error instanceof DoppelError)) throw error;
      const path = socketPath(name);
      if (await isListening(path)) lines.push(`${name}  does not answer`);
      else removeSocket(path);
    }
  }
  process.stdout.write(lines.length === 0 ? 'No machine runs.\n' : `${lines.join('\n')}\n`);
  return 0;
}
