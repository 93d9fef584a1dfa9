// Golden triples: an assembly text (cases/NAME.asm), the micro-operations of its region (NAME.uops) and the
// WebAssembly that becomes of them (NAME.wat). What is generated is compared with what was accepted, so that
// a change of generated code is a difference to review.
//
// In a case, ".bits 32" (64 if not given), ".start OFFSET" of the first line, ".cold LABEL..." for labels
// where control has never arrived, ".checked" where SSE floating point is not known to be plain.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { regionCompiler } from '../../src/engine/jit/compile.ts';
import { formRegion } from '../../src/engine/jit/form-region.ts';
import { printMicroOperations, printWasm } from '../../src/engine/jit/print-listing.ts';
import type { Region } from '../../src/engine/jit/region.ts';
import type { RegionListing } from '../../src/engine/jit/region-listing.ts';
import { viewOf } from '../../src/engine/jit/testing-code.ts';
import { LINK_CELLS } from '../../src/engine/soft/engine-state.ts';
import { ALL_FEATURES } from '../../src/x86/cpuid/feature-names.ts';
import { MODE_KEY_32, MODE_KEY_64, modeFromKey } from '../../src/x86/decode/mode.ts';
import { assemble } from './assembler.ts';

export const CASES = join(import.meta.dirname, 'cases');

/** Names of all cases. */
export function caseNames(): string[] {
  return readdirSync(CASES)
    .filter((file) => file.endsWith('.asm'))
    .map((file) => file.slice(0, -4))
    .sort();
}

/** What is generated for a case. */
export interface Generated {
  readonly uops: string;
  readonly wat: string;
  /** Guest instructions of the region, and bytes of wasm of its function. */
  readonly instructions: number;
  readonly bytes: number;
}

interface Directives {
  readonly bits: 32 | 64;
  readonly start: number;
  readonly cold: ReadonlySet<string>;
  readonly plainFloats: boolean;
  readonly lines: readonly string[];
}

function readDirectives(text: string): Directives {
  let [bits, start, plainFloats]: [32 | 64, number, boolean] = [64, 0x100, true];
  const cold = new Set<string>();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const [word, ...values] = line.replace(/;.*/, '').trim().split(/\s+/);
    if (word === '.bits') bits = values[0] === '32' ? 32 : 64;
    else if (word === '.start') start = Number(values[0]);
    else if (word === '.cold') for (const label of values) cold.add(label);
    else if (word === '.checked') plainFloats = false;
    else lines.push(line);
  }
  return { bits, start, cold, plainFloats, lines };
}

/** The region of an assembly text; its entry is the label `entry`. */
export function regionOfText(text: string): Region {
  const { bits, start, cold, plainFloats, lines } = readDirectives(text);
  const { bytes, labels } = assemble(lines, bits, start);
  const ran = new Set([...labels].filter(([label]) => !cold.has(label)).map(([, offset]) => offset));
  const mode = modeFromKey(bits === 64 ? MODE_KEY_64 : MODE_KEY_32);
  const region = formRegion(labels.get('entry')!, mode, viewOf(bytes, start, ran), ALL_FEATURES);
  if (!region) throw new Error('no region can be formed');
  return { ...region, plainFloats };
}

/** A region alone in its module, with fixed numbers for everything around it. */
export function compileAlone(region: Region): RegionListing {
  let result: RegionListing | undefined;
  const job = { region, slot: 100, plain: 99, id: 1, cells: LINK_CELLS, linear: 0 };
  const bytes = regionCompiler.compileRegions([job], {
    statePages: 1,
    ramPages: 1,
    tableSize: 1000,
    countsInstructions: false,
    onListing: (listing) => {
      result = listing;
    },
  });
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw new Error('the module is not valid');
  return result!;
}

function generate(text: string): Generated {
  const region = regionOfText(text);
  const listing = compileAlone(region);
  return {
    uops: printMicroOperations(region),
    wat: printWasm(listing),
    instructions: region.blocks.reduce((sum, block) => sum + block.instructions.length, 0),
    bytes: listing.bytes,
  };
}

/** The page that shows a case in full, between the comments "case NAME" and "end". */
export const PAGE = join(import.meta.dirname, '../../docs/translator.md');

/** The page with its case as it is generated now. */
export function pageWithCase(page: string): string {
  return page.replace(/(<!-- case (\S+) -->\n).*?(?=<!-- end -->)/s, (_, head: string, name: string) => {
    const source = sourceOf(name).replace(/^[;.].*\n/gm, '');
    const { uops, wat } = generateCase(name);
    return `${head}\n${[source, uops, wat].map((text) => `\`\`\`\n${text}\`\`\`\n`).join('\n')}\n`;
  });
}

/** A case's assembly text. */
export const sourceOf = (name: string): string => readFileSync(join(CASES, `${name}.asm`), 'utf8');

const generated = new Map<string, Generated>();
/** The same for a case, once. */
export function generateCase(name: string): Generated {
  let result = generated.get(name);
  if (!result) {
    result = generate(sourceOf(name));
    generated.set(name, result);
  }
  return result;
}

/** What was accepted for a case; null where it is new. */
export function readGolden(name: string): Pick<Generated, 'uops' | 'wat'> | null {
  const [uops, wat] = [join(CASES, `${name}.uops`), join(CASES, `${name}.wat`)];
  if (!existsSync(uops) || !existsSync(wat)) return null;
  return { uops: readFileSync(uops, 'utf8'), wat: readFileSync(wat, 'utf8') };
}

/** Golden files without a case, relative to CASES. */
export function orphans(): string[] {
  const names = new Set(caseNames());
  return readdirSync(CASES).filter((file) => !names.has(file.replace(/\.(asm|uops|wat)$/, '')));
}
