// Writes cpio archives in the "newc" format, which the Linux kernel unpacks as its initramfs
// (Documentation/driver-api/early-userspace/buffer-format.rst). Deterministic: the same entries give
// the same bytes; times are 0, inode numbers count up, everything belongs to root.
//
//   each entry: "070701" | 13 fields of 8 hexadecimal digits | name NUL, padded to 4 | data, padded to 4
import { DoppelError } from '../../base/errors.ts';

/** File types in the mode field (POSIX <sys/stat.h>). */
const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
const S_IFBLK = 0o060000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

interface EntryBase {
  /** Path from the root without a leading slash, e.g. "bin/busybox". */
  readonly path: string;
  /** Permission bits; directories default to 0o755, files to 0o644, devices to 0o600. */
  readonly mode?: number;
}

export type CpioEntry =
  | (EntryBase & { readonly kind: 'directory' })
  | (EntryBase & { readonly kind: 'file'; readonly bytes: Uint8Array })
  | (EntryBase & { readonly kind: 'symlink'; readonly target: string })
  | (EntryBase & {
      readonly kind: 'character-device' | 'block-device';
      readonly major: number;
      readonly minor: number;
    });

const TYPE_BITS: Readonly<Record<CpioEntry['kind'], number>> = {
  directory: S_IFDIR | 0o755,
  file: S_IFREG | 0o644,
  symlink: S_IFLNK | 0o777,
  'character-device': S_IFCHR | 0o600,
  'block-device': S_IFBLK | 0o600,
};

/**
 * The archive, not compressed. Parent directories that no entry names are added. Throws DoppelError for
 * an absolute path, a path with ".." and a path given twice.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const pieces = withParents(entries).map((entry, i) => encode(entry, i + 1));
  pieces.push(encodeRaw('TRAILER!!!', 0, 0, 1, 0, 0, new Uint8Array(0)));
  const archive = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  pieces.reduce((at, piece) => {
    archive.set(piece, at);
    return at + piece.length;
  }, 0);
  return archive;
}

/** The kernel makes no directories by itself, so each must stand before what is in it. */
function withParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const all: CpioEntry[] = [];
  const explicit = new Set<string>();
  const directories = new Set<string>();
  const named = new Map(entries.map((entry) => [entry.path, entry]));
  const add = (entry: CpioEntry): void => {
    all.push(entry);
    if (entry.kind === 'directory') directories.add(entry.path);
  };
  for (const entry of entries) {
    checkPath(entry.path);
    if (explicit.has(entry.path)) throw new DoppelError(`the archive contains "${entry.path}" twice`);
    explicit.add(entry.path);
    const parts = entry.path.split('/');
    for (let i = 1; i < parts.length; i++) {
      const parent = parts.slice(0, i).join('/');
      if (directories.has(parent)) continue;
      const own = named.get(parent);
      if (own !== undefined && own.kind !== 'directory') continue;
      add(own ?? { kind: 'directory', path: parent });
    }
    if (!directories.has(entry.path)) add(entry);
  }
  return all;
}

function checkPath(path: string): void {
  if (path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new DoppelError(`"${path}" is no path for an archive: it must be relative, without "." and ".."`);
  }
}

function encode(entry: CpioEntry, inode: number): Uint8Array {
  const typeBits = TYPE_BITS[entry.kind];
  const mode = entry.mode === undefined ? typeBits : (typeBits & ~0o7777) | (entry.mode & 0o7777);
  const links = entry.kind === 'directory' ? 2 : 1;
  const [major, minor] = 'major' in entry ? [entry.major, entry.minor] : [0, 0];
  const data =
    entry.kind === 'file'
      ? entry.bytes
      : entry.kind === 'symlink'
        ? new TextEncoder().encode(entry.target)
        : new Uint8Array(0);
  return encodeRaw(entry.path, inode, mode, links, major, minor, data);
}

const HEADER_SIZE = 110;

function encodeRaw(
  path: string,
  inode: number,
  mode: number,
  links: number,
  major: number,
  minor: number,
  data: Uint8Array,
): Uint8Array {
  const name = new TextEncoder().encode(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  const dataAt = pad(HEADER_SIZE + name.length);
  const bytes = new Uint8Array(pad(dataAt + data.length));
  bytes.set(new TextEncoder().encode(header));
  bytes.set(name, HEADER_SIZE);
  bytes.set(data, dataAt);
  return bytes;
}

function pad(size: number): number {
  return Math.ceil(size / 4) * 4;
}
