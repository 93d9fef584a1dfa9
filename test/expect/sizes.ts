// The size of generated code: bytes of wasm for every golden case, and for the instructions that kernels use
// (interp/common-encodings.ts), those that regions may hold, sixteen at a time. Code size is speed: what grows
// by more than the tolerance fails, what shrinks by more wants to be accepted (sizes.json).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMON_FORMS } from '../../src/engine/interp/common-forms.ts';
import { formRegion } from '../../src/engine/jit/form-region.ts';
import { regionForm } from '../../src/engine/jit/region-form.ts';
import { viewOf } from '../../src/engine/jit/testing-code.ts';
import { ALL_FEATURES } from '../../src/x86/cpuid/feature-names.ts';
import { decode } from '../../src/x86/decode/decode.ts';
import { MODE_KEY_32, MODE_KEY_64, modeFromKey } from '../../src/x86/decode/mode.ts';
import { caseNames, compileAlone, generateCase } from './golden.ts';

export const SIZES = join(import.meta.dirname, 'sizes.json');
/** Share by which a size may differ from what was accepted. */
export const TOLERANCE = 0.03;

export interface Size {
  /** Guest instructions, and bytes of wasm that they became. */
  readonly instructions: number;
  readonly bytes: number;
}
export type Sizes = Readonly<Record<string, Size>>;

export function readSizes(): Sizes {
  return existsSync(SIZES) ? (JSON.parse(readFileSync(SIZES, 'utf8')) as Sizes) : {};
}

/** Of the named cases and of the common instructions. */
export function measureAll(names: readonly string[] = caseNames()): Sizes {
  const sizes: Record<string, Size> = {};
  for (const name of names) {
    const { instructions, bytes } = generateCase(name);
    sizes[name] = { instructions, bytes };
  }
  sizes['common instructions, 32-bit'] = measureCommon(MODE_KEY_32);
  sizes['common instructions, 64-bit'] = measureCommon(MODE_KEY_64);
  return sizes;
}

/** Pieces of sixteen common instructions, each a region that ends with RET. */
function measureCommon(modeKey: number): Size {
  const mode = modeFromKey(modeKey);
  let piece: number[] = [];
  let pieceCount = 0;
  let [instructions, bytes] = [0, 0];
  const measure = () => {
    const code = Uint8Array.from([...piece, 0xc3]);
    const region = formRegion(0, mode, viewOf(code, 0, new Set([0])), ALL_FEATURES);
    if (!region) throw new Error('no region of common instructions');
    instructions += region.blocks.reduce((sum, block) => sum + block.instructions.length, 0);
    bytes += compileAlone({ ...region, plainFloats: true }).bytes;
    [piece, pieceCount] = [[], 0];
  };
  for (const text of COMMON_FORMS.get(modeKey)!.trim().split(/\s+/)) {
    const encoding = text.match(/../g)!.map((digits) => Number.parseInt(digits, 16));
    const instruction = decode(Uint8Array.from(encoding), encoding.length, mode, ALL_FEATURES);
    if (!instruction) continue;
    const { allowed, branch, jump } = regionForm(instruction.form);
    if (!allowed || branch !== 'none' || jump) continue;
    piece.push(...encoding);
    if (++pieceCount === 16) measure();
  }
  if (pieceCount > 0) measure();
  return { instructions, bytes };
}

/** What is wrong with a size; null where it is near what was accepted. */
export function judge(name: string, size: Size, accepted: Size | undefined): string | null {
  if (!accepted) return `${name} has no accepted size: npm run accept`;
  const growth = size.bytes / accepted.bytes - 1;
  if (Math.abs(growth) <= TOLERANCE && size.instructions === accepted.instructions) return null;
  const change = `${name}: ${accepted.bytes} -> ${size.bytes} bytes (${(100 * growth).toFixed(1)} %) of ${size.instructions} instructions`;
  return growth > 0 ? `${change}: code has grown` : `${change}: smaller, npm run accept`;
}

export function sizesText(sizes: Sizes): string {
  const lines = Object.entries(sizes).map(
    ([name, { instructions, bytes }]) =>
      `  ${JSON.stringify(name)}: { "instructions": ${instructions}, "bytes": ${bytes} }`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}
