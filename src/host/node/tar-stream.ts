// Reads tar archives (POSIX.1-1988 ustar and GNU long names) from a stream of chunks, as `dpkg-deb
// --fsys-tarfile` writes them. One pass, nothing kept but the member at hand.
import { DoppelError } from '../../base/errors.ts';

const BLOCK = 512;
/** Packages hold no larger member; a damaged header may claim anything. */
const LARGEST_MEMBER = 2 ** 31;

export interface TarMember {
  /** Without a leading "./" or "/". */
  readonly path: string;
  readonly mode: number;
  /** 'file', 'directory', 'symlink' or the type flag of something else. */
  readonly kind: string;
  /** Of a symlink. */
  readonly target: string;
  readonly bytes: Uint8Array;
}

const KINDS: Readonly<Record<string, string>> = {
  '0': 'file',
  '\0': 'file',
  '5': 'directory',
  '2': 'symlink',
};

/**
 * Yields the members whose path `wanted` accepts, in the archive's order; a caller who stops early stops
 * the source too. Throws DoppelError where the archive is damaged.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  wanted: (path: string) => boolean,
): AsyncGenerator<TarMember> {
  const input = chunkReader(source);
  let longName: string | undefined;
  let longTarget: string | undefined;
  try {
    for (;;) {
      const header = await input.take(BLOCK, true);
      if (header === undefined || header.every((byte) => byte === 0)) return;
      checkSum(header);
      const size = octal(header, 124, 12);
      if (size > LARGEST_MEMBER) throw new DoppelError('the package is damaged');
      const flag = String.fromCharCode(header[156]!);
      const path = (longName ?? name(header)).replace(/^(\.?\/)+/, '');
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const keep = flag === 'L' || flag === 'K' || wanted(path);
      const bytes = keep ? (await input.take(padded, false))!.subarray(0, size) : undefined;
      if (bytes === undefined) await input.skip(padded);
      else if (flag === 'L') longName = text(bytes, 0, size);
      else if (flag === 'K') longTarget = text(bytes, 0, size);
      else {
        const target = longTarget ?? text(header, 157, 100);
        yield { path, mode: octal(header, 100, 8), kind: KINDS[flag] ?? flag, target, bytes };
      }
      if (flag !== 'L' && flag !== 'K') longName = longTarget = undefined;
    }
  } finally {
    await input.close();
  }
}

function name(header: Uint8Array): string {
  const prefix = text(header, 257, 5) === 'ustar' && header[262] === 0 ? text(header, 345, 155) : '';
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function text(bytes: Uint8Array, offset: number, size: number): string {
  const field = bytes.subarray(offset, offset + size);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, offset: number, size: number): number {
  const digits = text(header, offset, size).trim();
  if (!/^[0-7]*$/.test(digits)) throw new DoppelError('the package is damaged');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** The sum of the header's bytes, its own field counted as spaces. */
function checkSum(header: Uint8Array): void {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== octal(header, 148, 8)) throw new DoppelError('the package is damaged');
}

interface ChunkReader {
  /** `size` bytes; undefined at the end of the source if `endAllowed`, otherwise DoppelError. */
  take(size: number, endAllowed: boolean): Promise<Uint8Array | undefined>;
  skip(size: number): Promise<void>;
  close(): Promise<void>;
}

function chunkReader(source: AsyncIterable<Uint8Array>): ChunkReader {
  const iterator = source[Symbol.asyncIterator]();
  let pending: Uint8Array = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const next = await iterator.next();
    if (next.done !== true) pending = next.value;
    return next.done !== true;
  };
  return {
    async take(size, endAllowed) {
      const pieces: Uint8Array[] = [];
      let missing = size;
      while (missing > 0) {
        if (pending.length === 0 && !(await more())) {
          if (endAllowed && missing === size) return undefined;
          throw new DoppelError('the package is truncated');
        }
        const piece = pending.subarray(0, missing);
        pieces.push(piece);
        pending = pending.subarray(piece.length);
        missing -= piece.length;
      }
      return pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces));
    },
    async skip(size) {
      let missing = size;
      while (missing > 0) {
        if (pending.length === 0 && !(await more())) throw new DoppelError('the package is truncated');
        const skipped = Math.min(missing, pending.length);
        pending = pending.subarray(skipped);
        missing -= skipped;
      }
    },
    async close() {
      await iterator.return?.();
    },
  };
}
