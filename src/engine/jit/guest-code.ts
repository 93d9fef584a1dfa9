// Guest code as the formation of regions sees it: pages by their distance from the entry's, and the
// instructions in them, each decoded once.
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import { decode, MAXIMUM_LENGTH } from '../../x86/decode/decode.ts';
import type { Instruction } from '../../x86/decode/instruction.ts';
import type { Mode } from '../../x86/decode/mode.ts';
import type { RegionInstruction } from './region.ts';
import { type RegionForm, regionForm } from './region-form.ts';

/** What the engine knows of the code around a region's entry. Offsets and page indices as in region.ts. */
export interface CodeView {
  /**
   * The page of code at `index` pages from the entry's (linear), or null when it is not mapped for fetching,
   * is neither RAM nor ROM, or changes too often. Raises nothing.
   */
  page(index: number): CodePage | null;
  /** How often control arrived at this offset, about (a block was decoded there); 0: never, as far as is known. */
  runs(offset: number): number;
  /** All offsets of a page for which runs() is not 0, ascending. */
  leaders(index: number): readonly number[];
  /** Whether the instruction at this offset is better left to the interpreter: it needs help too often. */
  needsHelp?(offset: number): boolean;
  /** Whether a whole loop that begins at this offset is a region already, and better entered than taken in. */
  beginsLoop?(offset: number): boolean;
  /** Where the computed jump at an offset was seen to go, if it was. */
  observed?(offset: number): number | undefined;
}

export interface CodePage {
  /** Guest-physical page number. */
  readonly frame: number;
  /** Its 4096 bytes. */
  readonly bytes: Uint8Array;
}

/** An instruction at its place, and where it leads. */
export interface CodeInstruction extends RegionInstruction {
  readonly form: RegionForm;
  /** Offset of the instruction after it. */
  readonly next: number;
  /** Where a relative branch leads; only then meaningful. */
  readonly target: number;
}

export const pageOf = (offset: number): number => Math.floor(offset / 4096);

/** Why there is no instruction: its page is not there, or its bytes make none (or it lies on a page that is not there). */
export type NoInstruction = 'no page' | 'no instruction';

const RELATIVE = new Set<RegionForm['branch']>(['conditional', 'always']);

export class GuestCode {
  readonly view: CodeView;
  readonly #mode: Mode;
  readonly #features: DecodeFeatures;
  readonly #pages = new Map<number, CodePage | null>();
  readonly #instructions = new Map<number, CodeInstruction | NoInstruction>();

  constructor(view: CodeView, mode: Mode, features: DecodeFeatures) {
    this.view = view;
    this.#mode = mode;
    this.#features = features;
  }

  page(index: number): CodePage | null {
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = this.view.page(index);
      this.#pages.set(index, page);
    }
    return page;
  }

  /** The instruction at an offset. */
  at(offset: number): CodeInstruction | NoInstruction {
    let result = this.#instructions.get(offset);
    if (result === undefined) {
      result = this.#decode(offset);
      this.#instructions.set(offset, result);
    }
    return result;
  }

  #decode(offset: number): CodeInstruction | NoInstruction {
    const index = pageOf(offset);
    const page = this.page(index);
    if (page === null) return 'no page';
    const start = offset - 4096 * index;
    const inPage = Math.min(MAXIMUM_LENGTH, 4096 - start);
    // Copied, since a view of each instruction's bytes would cost more than its decoding.
    for (let i = 0; i < inPage; i++) sight[i] = page.bytes[start + i]!;
    let instruction = decode(sight, inPage, this.#mode, this.#features);
    if (instruction === null) {
      const second = this.page(index + 1);
      if (second === null) return 'no instruction';
      for (let i = inPage; i < MAXIMUM_LENGTH; i++) sight[i] = second.bytes[i - inPage]!;
      instruction = decode(sight, MAXIMUM_LENGTH, this.#mode, this.#features);
      if (instruction === null) return 'no instruction';
    }
    const place = placed(offset, instruction);
    if (!this.view.needsHelp?.(offset)) return place;
    return { ...place, form: { ...place.form, allowed: false } };
  }
}

/** The bytes that are being decoded. */
const sight = new Uint8Array(MAXIMUM_LENGTH);

function placed(offset: number, instruction: Instruction): CodeInstruction {
  const form = regionForm(instruction.form);
  const next = offset + instruction.length;
  const target = RELATIVE.has(form.branch) ? next + Number(instruction.imm) : next;
  return { offset, instruction, form, next, target };
}
