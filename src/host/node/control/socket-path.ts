// Where the control sockets of this user's machines are: $XDG_RUNTIME_DIR/doppel (XDG Base Directory Specification), or
// doppel-UID in the folder for temporary files. Nobody else may look into that folder.
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoppelError } from '../../../base/errors.ts';
import { whyNotMade } from '../file-reasons.ts';

const SUFFIX = '.sock';
/** Bytes of a socket's path, without the zero at its end: sun_path of unix(7). */
const LONGEST_PATH = 107;

/** Letters, digits, and . _ - but not at the front; throws DoppelError for another name. */
export function checkMachineName(name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new DoppelError(
    `'${name}' cannot be a machine's name: take up to 64 letters, digits, dots, hyphens and underscores.`,
  );
}

function folderPath(): string {
  const runtime = process.env.XDG_RUNTIME_DIR;
  if (runtime) return join(runtime, 'doppel');
  return join(tmpdir(), `doppel-${process.getuid?.() ?? 'user'}`);
}

/** The folder, made if need be. Throws DoppelError where it cannot be had for this user alone. */
export function socketFolder(): string {
  const folder = folderPath();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const status = lstatSync(folder);
    const mine = process.getuid === undefined || status.uid === process.getuid();
    if (!status.isDirectory() || !mine) {
      throw new DoppelError(
        `${folder} is not a folder of this user's: machines cannot be controlled through it.`,
      );
    }
    if ((status.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    return folder;
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    throw new DoppelError(`${folder} cannot be made for control sockets: ${whyNotMade(error)}.`, {
      cause: error,
    });
  }
}

/** The socket of a machine. Throws DoppelError where its path would be too long. */
export function socketPath(name: string): string {
  checkMachineName(name);
  const path = join(socketFolder(), name + SUFFIX);
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new DoppelError(`${path} is too long for a socket (${LONGEST_PATH} bytes): take a shorter name.`);
  }
  return path;
}

/** Names of the sockets that are there, of machines that run and that have died. */
export function socketNames(): string[] {
  return readdirSync(socketFolder())
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}
