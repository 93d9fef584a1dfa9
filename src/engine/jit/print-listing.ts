// A compiled region as text, for --trace jit and golden files: its micro-operations under each instruction,
// and its WebAssembly in the folded form, with the names of registers, variables and blocks where the
// module has numbers. It is meant for reading; what a wat parser takes is printModule's (wasm/printer.ts).
//
//   ;; +0x100  ADD RAX, RCX
//   (local.set $rax (i64.add (local.get $rax) (local.get $rcx)))
import { type Expression, type ExpressionNames, printExpressions } from '../../wasm/folded.ts';
import { generalRegisterName, printInstruction } from '../../x86/decode/print.ts';
import * as S from '../../x86/state/layout.ts';
import { print } from '../../x86/uops/print.ts';
import { D_LINK } from '../interp/descriptor.ts';
import { BUDGET, RIP_BASE, TLB_TABLE, WHERE } from '../soft/engine-state.ts';
import { bitsOf, FLAGS_BASE, FLAGS_DYNAMIC, FLAGS_IN_STATE, operationOf } from '../soft/flag-kinds.ts';
import { placeText, printEnd } from './print-region.ts';
import type { Region } from './region.ts';
import { analyseRegion } from './region-analysis.ts';
import type { RegionJob } from './region-compiler.ts';
import type { RegionListing } from './region-listing.ts';
import {
  FAR,
  linkCellCount,
  WHERE_COUNT,
  WHERE_FLAGS,
  WHERE_FLAGS_MASK,
  WHERE_OFFSET,
  WHERE_PAGE,
} from './region-places.ts';
import { pageCellName, stateName } from './state-names.ts';
import { analyse } from './structure.ts';

/** The micro-operations of every instruction as the region executes them. Ends with a newline. */
export function printMicroOperations(region: Region): string {
  const flow = analyse(region.blocks);
  const facts = analyseRegion(region, flow);
  const lines: string[] = [];
  for (const block of region.blocks) {
    const { instructions, flagsLive } = facts.blocks[block.index]!;
    lines.push(`${block.index}: ${placeText(block.offset)}`);
    block.instructions.forEach(({ offset, instruction }, i) => {
      const { uops, definesFlags, interpreted } = instructions[i]!;
      const notes = [
        ...(definesFlags ? [flagsLive[i] ? 'flags live' : 'flags dead'] : []),
        ...(interpreted ? ['interpreted'] : []),
      ];
      const note = notes.length > 0 ? `  ; ${notes.join(', ')}` : '';
      lines.push(`  ${placeText(offset)}  ${printInstruction(instruction)}${note}`);
      for (const line of print(uops).trimEnd().split('\n')) lines.push(`    ${withRegisterNames(line)}`);
    });
    lines.push(`  ${printEnd(block.end)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `[gpr1]` as `[RCX]`, `[gpr1+1]` as `[RCX+1]`. */
function withRegisterNames(line: string): string {
  return line
    .replace(/\[gpr(\d+)/g, (_, number) => `[${generalRegisterName(S.GPR + 8 * Number(number), 64)}`)
    .replace(/\[xmm(\d+)/g, '[XMM$1');
}

const isZero = ({ op, immediates }: Expression) => op === 'i32.const' && immediates === '0';
const offsetIn = (immediates: string) => Number(/offset=(\d+)/.exec(immediates)?.[1] ?? 0);
/** Memory 0 is the guest's. */
const inRam = (immediates: string) => !/^1\b/.test(immediates);

/** The engine's variables that regions keep in locals. */
const KEPT: ReadonlySet<number> = new Set([BUDGET, RIP_BASE, TLB_TABLE]);

/** Names for what the region's locals hold; those of the engine's variables by what the entry loads into them. */
function localNames(listing: RegionListing): Map<number, string> {
  const names = new Map(listing.locals);
  const visit = (expression: Expression): void => {
    const { op, immediates, operands } = expression;
    for (const operand of operands) visit(operand);
    const [from] = operands;
    if (!/^local\.(set|tee)$/.test(op) || !from?.op.includes('.load') || !isZero(from.operands[0]!)) return;
    const offset = offsetIn(from.immediates);
    const name = KEPT.has(offset) ? stateName(offset) : undefined;
    const local = Number(immediates);
    if (name !== undefined && !names.has(local)) names.set(local, name.toLowerCase());
  };
  for (const expression of listing.wasm) {
    if (expression.op === 'block') break;
    visit(expression);
  }
  return names;
}

class Names implements ExpressionNames {
  readonly #locals: Map<number, string>;
  readonly #job: RegionJob;
  readonly #cellsEnd: number;

  constructor(listing: RegionListing) {
    this.#locals = localNames(listing);
    this.#job = listing.job;
    this.#cellsEnd = listing.job.cells + 4 * linkCellCount(listing.job.region);
  }
  local(index: number): string | undefined {
    return this.#locals.get(index);
  }
  immediates(expression: Expression): string | undefined {
    const { op, immediates, operands } = expression;
    if (op === 'i32.const') {
      const cell = this.#cell(Number(immediates) + D_LINK);
      return cell === undefined ? undefined : `${cell}-D_LINK`;
    }
    if (!/\.(load|store)/.test(op)) return undefined;
    // No access of a region promises an alignment, which goes without saying here.
    if (inRam(immediates)) return immediates.replace(/ ?align=1\b/, '');
    const offset = offsetIn(immediates);
    const name = this.#place(offset, operands[0]) ?? (offset === 0 ? undefined : `${offset}`);
    return name === undefined ? '' : `offset=${name}`;
  }
  comment({ op, immediates, operands }: Expression): string | undefined {
    let where: Expression | undefined;
    if (op === 'i32.store' && isZero(operands[0]!) && offsetIn(immediates) === WHERE) where = operands[1];
    else if (op === 'call' && immediates === '$translate') where = operands[3];
    if (where?.op !== 'i32.const') return undefined;
    return printWhere(Number(where.immediates), this.#job.region);
  }
  #place(offset: number, base: Expression | undefined): string | undefined {
    if (base === undefined) return undefined;
    if (isZero(base)) return stateName(offset) ?? this.#cell(offset);
    if (base.op === 'local.get' && this.#locals.get(Number(base.immediates)) === 'tlb_table')
      return pageCellName(offset);
    return undefined;
  }
  #cell(address: number): string | undefined {
    const { cells } = this.#job;
    return address >= cells && address < this.#cellsEnd ? `LINK_CELL[${(address - cells) / 4}]` : undefined;
  }
}

const OPERATIONS = [
  'ADD',
  'SUB',
  'LOGIC',
  'ADC',
  'SBB',
  'SUM',
  'DIFFERENCE',
  'SHL',
  'SHR',
  'SAR',
  'IMUL',
  'MUL',
];
const OVERRIDES = ['', ', CF in $flags_cf_of', ', rotated left', ', rotated right'];
function kindText(kind: number): string {
  const base = kind & FLAGS_BASE;
  // Where the kind is dynamic, so is whether there is an override.
  if (base === FLAGS_DYNAMIC) return 'flags of $flags_kind';
  const override = OVERRIDES[kind >> 6]!;
  if (base === FLAGS_IN_STATE) return `flags in the state${override}`;
  return `flags of ${OPERATIONS[operationOf(kind)]} ${bitsOf(kind)}${override}`;
}

/** The word that tells the tail where the region is left: 'bail at +0x106, 2 not executed, flags of SUB 64'. */
export function printWhere(where: number, region: Region): string {
  const page = region.pages[(where >>> WHERE_PAGE) & FAR];
  const offset = (where >>> WHERE_OFFSET) & 0xfff;
  const place = page ? placeText(4096 * page.index + offset) : '$far';
  const parts = [`${where & WHERE_COUNT ? 'bail at' : 'to'} ${place}`];
  if (where & WHERE_COUNT) parts.push(`${where & WHERE_COUNT} not executed`);
  parts.push(kindText((where >>> WHERE_FLAGS) & WHERE_FLAGS_MASK));
  return parts.join(', ');
}

/** The function of a compiled region. Ends with a newline. */
export function printWasm(listing: RegionListing): string {
  const head = `(func $region_${listing.job.id} (param $descriptor i32)`;
  return `${head}\n${printExpressions(listing.wasm, new Names(listing), 2).join('\n')})\n`;
}
