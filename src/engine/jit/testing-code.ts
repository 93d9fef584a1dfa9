// For tests of the translator: machine code from hexadecimal bytes with labels, and the view of it that
// regions are formed from.
//
//   'loop:'          a label            '75 >loop'      displacement of 8 bits to a label
//   '48 01 c8'       bytes              'e8 >>f'        displacement of 32 bits
import { ALL_FEATURES } from '../../x86/cpuid/feature-names.ts';
import { MODE_KEY_64, type Mode, modeFromKey } from '../../x86/decode/mode.ts';
import { type FormLimits, formRegion } from './form-region.ts';
import type { CodeView } from './guest-code.ts';
import type { Region } from './region.ts';

export interface Code {
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, number>;
}

/** The bytes of the lines, the first at `start`. Displacements end their instruction. */
export function assemble(lines: readonly string[], start = 0): Code {
  const labels = new Map<string, number>();
  const bytes: number[] = [];
  const references: { readonly at: number; readonly size: number; readonly label: string }[] = [];
  for (const line of lines) {
    if (line.endsWith(':')) {
      labels.set(line.slice(0, -1), start + bytes.length);
      continue;
    }
    for (const word of line.split(' ')) {
      if (!word.startsWith('>')) {
        bytes.push(Number.parseInt(word, 16));
        continue;
      }
      const size = word.startsWith('>>') ? 4 : 1;
      references.push({ at: bytes.length, size, label: word.replace(/^>+/, '') });
      for (let i = 0; i < size; i++) bytes.push(0);
    }
  }
  for (const { at, size, label } of references) {
    const target = labels.get(label);
    if (target === undefined) throw new Error(`no label ${label}`);
    const displacement = target - (start + at + size);
    for (let i = 0; i < size; i++) bytes[at + i] = (displacement >> (8 * i)) & 0xff;
  }
  return { bytes: Uint8Array.from(bytes), labels };
}

/** A view of bytes that lie at an offset, over as many pages as they touch (others are not there); frames are 0x100 + index. */
export function viewOf(
  bytes: Uint8Array,
  start: number,
  ran: ReadonlySet<number>,
  runs: ReadonlyMap<number, number> = new Map(),
): CodeView {
  const first = Math.floor(start / 4096);
  const last = Math.floor((start + bytes.length - 1) / 4096);
  const all = new Uint8Array(4096 * (last - first + 1)).fill(0xcc);
  all.set(bytes, start - 4096 * first);
  return {
    page: (index) => {
      if (index < first || index > last) return null;
      return {
        frame: 0x100 + index,
        bytes: all.subarray(4096 * (index - first), 4096 * (index - first + 1)),
      };
    },
    runs: (offset) => runs.get(offset) ?? (ran.has(offset) ? 1 : 0),
    leaders: (index) =>
      [...ran].filter((offset) => Math.floor(offset / 4096) === index).sort((a, b) => a - b),
  };
}

export interface Program {
  readonly lines: readonly string[];
  /** Labels at which control has arrived; all of them if not given. */
  readonly ran?: readonly string[];
  /** How often control arrived at labels, where it is not once. */
  readonly runs?: Readonly<Record<string, number>>;
  /** Where the region begins; 'entry' if not given. */
  readonly entry?: string;
  /** Offset of the first line. */
  readonly start?: number;
  readonly mode?: Mode;
  readonly limits?: Partial<FormLimits>;
}

/** The region of a program; null when there is none. */
export function regionOf(program: Program): Region | null {
  const { lines, start = 0, entry = 'entry', mode = modeFromKey(MODE_KEY_64), limits } = program;
  const { bytes, labels } = assemble(lines, start);
  const ran = new Set((program.ran ?? [...labels.keys()]).map((label) => labels.get(label)!));
  const runs = new Map(Object.entries(program.runs ?? {}).map(([label, n]) => [labels.get(label)!, n]));
  return formRegion(labels.get(entry)!, mode, viewOf(bytes, start, ran, runs), ALL_FEATURES, limits);
}
