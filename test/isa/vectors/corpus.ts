// The corpus of vectors: where it lies, which files it has, which flags are defined after each opcode
// (metadata.json), and which of its tests were found wrong (revocation_list.txt).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readVectors, type Vector } from './moo.ts';

const DEFAULT_PLACE = join(import.meta.dirname, '../../../../shared/vectors');
const FOLDER = '80286-real-mode';

interface OpcodeEntry {
  readonly 'flags-mask'?: number;
  readonly reg?: Readonly<Record<string, OpcodeEntry>>;
}

export interface VectorFile {
  /** '00', '80.4'... */
  readonly opcode: string;
  /** Bits of FLAGS that are defined after the instruction. */
  readonly flagsMask: number;
  read(): Vector[];
}

/** Where the vectors should be: DOPPEL_VECTORS, or beside the checkout. */
export function corpusFolder(): string {
  return join(process.env.DOPPEL_VECTORS ?? DEFAULT_PLACE, FOLDER);
}

/** All files of the corpus in order of opcode, or null when it is not there. */
export function corpus(): VectorFile[] | null {
  const folder = corpusFolder();
  if (!existsSync(join(folder, 'metadata.json'))) return null;
  const { opcodes } = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8')) as {
    opcodes: Record<string, OpcodeEntry>;
  };
  const revoked = new Set(
    readFileSync(join(folder, 'revocation_list.txt'), 'utf8')
      .toLowerCase()
      .match(/[0-9a-f]{40}/g),
  );
  return readdirSync(folder)
    .filter((name) => name.endsWith('.MOO.gz'))
    .sort()
    .map((name) => {
      const opcode = name.slice(0, -'.MOO.gz'.length);
      const [byte, group] = opcode.split('.') as [string, string?];
      const entry = group === undefined ? opcodes[byte] : opcodes[byte]?.reg?.[group];
      return {
        opcode,
        flagsMask: entry?.['flags-mask'] ?? 0xffff,
        read: () => readVectors(join(folder, name)).filter((vector) => !revoked.has(vector.hash)),
      };
    });
}
