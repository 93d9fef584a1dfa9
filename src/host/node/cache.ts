// Where Doppel keeps what it downloads: ${XDG_CACHE_HOME:-~/.cache}/doppel (XDG Base Directory
// Specification). Everything in it may be deleted at any time.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The cache directory, or a directory in it, created if it is missing. */
export function cacheDirectory(...parts: string[]): string {
  const xdg = process.env.XDG_CACHE_HOME;
  const base = xdg?.startsWith('/') === true ? xdg : join(homedir(), '.cache');
  const directory = join(base, 'doppel', ...parts);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Writes a file so that nobody ever sees half of it. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}
