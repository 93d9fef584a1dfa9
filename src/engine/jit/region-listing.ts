// A region as it was compiled, for people: its WebAssembly as a tree in which blocks have the numbers of the
// region's and every guest instruction stands before its code. For --trace jit and golden files; regions
// that nobody wants to see are compiled without it.
import { ByteReader } from '../../wasm/decoder.ts';
import { type Expression, fold } from '../../wasm/folded.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { generalRegisterName, printInstruction } from '../../x86/decode/print.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import { placeText } from './print-region.ts';
import type { Region, RegionBlock } from './region.ts';
import type { RegionJob } from './region-compiler.ts';
import { RegionLowering } from './region-lowering.ts';
import type { RegionModule } from './region-places.ts';
import { registerOffset } from './registers.ts';
import type { Ways } from './structure.ts';

export interface RegionListing {
  readonly job: RegionJob;
  /** Instructions of the function. */
  readonly wasm: readonly Expression[];
  /** Their bytes. */
  readonly bytes: number;
  /** What some of its locals hold. */
  readonly locals: ReadonlyMap<number, string>;
}

/** The lowering, which notes where the code of what begins. */
export class ListedLowering extends RegionLowering {
  readonly #region: Region;
  readonly #notes = new Map<number, string[]>();
  readonly #labels = new Map<number, string>();
  #block: RegionBlock | null = null;
  #instruction = 0;

  constructor(f: FunctionBuilder, module: RegionModule, job: RegionJob) {
    super(f, module, job.region, job);
    this.#region = job.region;
  }

  override openBlock(target: number): void {
    this.#labels.set(this.f.size, `block${target}`);
    super.openBlock(target);
  }
  override openLoop(header: number): void {
    this.#labels.set(this.f.size, `loop${header}`);
    super.openLoop(header);
  }
  override block(index: number, ways: Ways): void {
    this.#block = this.#region.blocks[index]!;
    this.#instruction = 0;
    this.#note(`${index}: ${placeText(this.#block.offset)}`);
    super.block(index, ways);
  }
  protected override beginInstruction(facts: InstructionFacts): void {
    const place = this.#block?.instructions[this.#instruction++];
    if (place) this.#note(`${placeText(place.offset)}  ${printInstruction(place.instruction)}`);
    super.beginInstruction(facts);
  }
  #note(text: string): void {
    const at = this.f.size;
    const notes = this.#notes.get(at);
    if (notes) notes.push(text);
    else this.#notes.set(at, [text]);
  }

  /** What lowerRegion() has written. */
  listing(module: ModuleBuilder, job: RegionJob): RegionListing {
    const functionName = (index: number) => module.functionName(index);
    const indices = new Map<string, number>();
    const hints = new Map(this.f.branchHints.map(({ offset, hint }) => [offset, hint]));
    const wasm = fold(new ByteReader(this.f.code), {
      functionName: (index) => {
        const name = functionName(index) ?? `${index}`;
        indices.set(`$${name}`, index);
        return name;
      },
      typeAt: (index) => module.typeAt(index),
      calleeType: (text) => module.functionType(indices.get(text)!)!,
      notes: (position) => this.#notes.get(position) ?? [],
      hint: (position) => hints.get(position),
      label: (position) => this.#labels.get(position) ?? (position < this.#firstBlock ? 'tail' : undefined),
    });
    const locals = new Map([
      [0, 'descriptor'],
      [this.operandA, 'flags_a'],
      [this.operandB, 'flags_b'],
      [this.operandR, 'flags_r'],
      [this.override_, 'flags_cf_of'],
      [this.step, 'flags_step'],
      [this.kind, 'flags_kind'],
    ]);
    const general = this.wide ? 64 : 32;
    for (const [register, local] of this.registerLocals) {
      const name =
        register < 16 ? generalRegisterName(registerOffset(register), general) : `XMM${register - 16}`;
      locals.set(local, name.toLowerCase());
    }
    this.pages.locals.forEach(({ tag, addend }, i) => {
      locals.set(tag, `page${i}_tag`);
      locals.set(addend, `page${i}_addend`);
    });
    return { job, wasm, bytes: this.f.size, locals };
  }
  /** Where the code of the entry's block begins: the block around all of them begins before it. */
  get #firstBlock(): number {
    for (const [position] of this.#notes) return position;
    return 0;
  }
}
