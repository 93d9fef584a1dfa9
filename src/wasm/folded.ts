// Instructions of WebAssembly as a tree and in the folded form of the text format, for people:
//
//   (local.set $rax (i64.add (local.get $rax) (local.get $rcx)))
//   (if (i32.lt_s (local.get $budget) (i32.const 3))
//     (then ...))
//
// Source: WebAssembly Core Specification 3.0, section 6.5.3 (folded instructions). An operand is folded into
// its instruction where it stands directly before it; others stay statements of their own, which leave their
// values on the stack, as the format allows. Labels are numbered in their order.
//
// Not modelled: atomics and bulk operations: they and their operands are not folded. A branch that leaves the
// function is written with the label $function, which no parser knows.
import type { ByteReader } from './decoder.ts';
import { type ModuleNames, readInstructions } from './disassembler.ts';
import type { BranchHint } from './function.ts';
import { PLAIN_GROUPS } from './opcodes.ts';
import { LOADS, MEMORY_LANE_OPS, STORES } from './opcodes-memory.ts';
import { SIMD_LANE_OPS } from './opcodes-simd.ts';
import type { FunctionType } from './types.ts';

/** The target of branches. */
export interface Label {
  name: string;
  used: boolean;
}

/** An instruction with the operands that stand directly before it. */
export interface Expression {
  readonly op: string;
  readonly immediates: string;
  /** Of block, loop and if: their own. Of branches: where they go, in the order of the immediates. */
  readonly labels: readonly Label[];
  readonly operands: readonly Expression[];
  /** Values that it leaves on the stack. */
  readonly results: number;
  /** Of block and loop, and the first part of `if`. */
  readonly body: readonly Expression[];
  /** The second part of `if`. */
  readonly otherwise: readonly Expression[] | null;
  /** Comments in front of it. */
  readonly notes: readonly string[];
  /** Which way a branch is expected to go. */
  readonly hint: BranchHint | undefined;
}

/** What folding asks about the code around the instructions. */
export interface FoldNames extends ModuleNames {
  /** Type of the function that a call names as "$name", or by its index. */
  calleeType(text: string): FunctionType;
  /** Comments on the instruction that begins at a position of the reader. */
  notes?(position: number): readonly string[];
  /** How the branch that begins at a position is hinted. */
  hint?(position: number): BranchHint | undefined;
  /** Name of the block that begins there, without "$"; otherwise it gets a number. */
  label?(position: number): string | undefined;
}

/** Operands and results of instructions whose type is always the same. */
const arities = new Map<string, readonly [operands: number, results: number]>([
  ['drop', [1, 0]],
  ['select', [3, 1]],
  ['ref.is_null', [1, 1]],
  ['nop', [0, 0]],
  ['local.get', [0, 1]],
  ['local.set', [1, 0]],
  ['local.tee', [1, 1]],
  ['global.get', [0, 1]],
  ['global.set', [1, 0]],
  ['i8x16.shuffle', [2, 1]],
  ['ref.func', [0, 1]],
  ['memory.size', [0, 1]],
  ['br', [0, 0]],
  ['br_if', [1, 0]],
  ['br_table', [1, 0]],
  ['return', [0, 0]],
  ['unreachable', [0, 0]],
]);
const words = (text: string) => text.split(' ').filter((word) => word !== '');
function addTyped(type: string, name: string): void {
  const [operands = '', results = ''] = type.split('->');
  arities.set(name, [words(operands).length, words(results).length]);
}
for (const groups of PLAIN_GROUPS) {
  for (const [type, ops] of Object.entries(groups)) {
    if (type !== 'parametric') for (const name of Object.keys(ops)) addTyped(type, name);
  }
}
for (const [name, { type }] of Object.entries(SIMD_LANE_OPS)) addTyped(type, name);
for (const name of Object.keys(LOADS)) arities.set(name, [1, 1]);
for (const name of Object.keys(STORES)) arities.set(name, [2, 0]);
for (const name of Object.keys(MEMORY_LANE_OPS)) arities.set(name, [2, name.includes('load') ? 1 : 0]);

function countIn(text: string, keyword: 'param' | 'result'): number {
  const found = new RegExp(`\\(${keyword} ([^)]*)\\)`).exec(text);
  return found ? words(found[1]!).length : 0;
}

function arityOf(op: string, immediates: string, names: FoldNames): readonly [number, number] {
  if (op.endsWith('.const')) return [0, 1];
  if (op === 'call' || op === 'return_call') {
    const { params, results } = names.calleeType(immediates);
    return [params.length, op === 'call' ? results.length : 0];
  }
  if (op.endsWith('call_indirect')) {
    return [countIn(immediates, 'param') + 1, op === 'call_indirect' ? countIn(immediates, 'result') : 0];
  }
  return arities.get(op) ?? [0, 0];
}

/** A block that is being read. */
interface Open {
  readonly op: string;
  readonly immediates: string;
  readonly label: Label;
  readonly operands: readonly Expression[];
  readonly notes: readonly string[];
  readonly hint: BranchHint | undefined;
  readonly body: Expression[];
  otherwise: Expression[] | null;
}

/** Takes the operands off the end of a list, as many of the last `count` as stand there. */
function takeOperands(list: Expression[], count: number): Expression[] {
  let first = list.length;
  while (first > 0 && list.length - first < count && list[first - 1]!.results === 1) first--;
  return list.splice(first);
}

/** Reads instructions to the reader's end and folds them. */
export function fold(reader: ByteReader, names: FoldNames): Expression[] {
  const top: Open = {
    op: 'func',
    immediates: '',
    label: { name: 'function', used: false },
    operands: [],
    notes: [],
    hint: undefined,
    body: [],
    otherwise: null,
  };
  const open: Open[] = [top];
  const labels: Label[] = [];
  for (const { position, name: op, immediates } of readInstructions(reader, names)) {
    const inner = open.at(-1)!;
    const list = inner.otherwise ?? inner.body;
    const own = { notes: names.notes?.(position) ?? [], hint: names.hint?.(position) };
    if (op === 'block' || op === 'loop' || op === 'if') {
      const operands = op === 'if' ? takeOperands(list, 1) : [];
      const label = { name: names.label?.(position) ?? '', used: false };
      labels.push(label);
      open.push({ op, immediates, label, operands, ...own, body: [], otherwise: null });
    } else if (op === 'else') inner.otherwise = [];
    else if (op === 'end') {
      open.pop();
      const outer = open.at(-1)!;
      const { label, ...rest } = inner;
      const results = countIn(inner.immediates, 'result');
      (outer.otherwise ?? outer.body).push({ ...rest, labels: [label], results });
    } else {
      const [count, results] = arityOf(op, immediates, names);
      const operands = takeOperands(list, count);
      const targets = op.startsWith('br')
        ? words(immediates).map((depth) => open.at(-1 - Number(depth))!.label)
        : [];
      for (const target of targets) target.used = true;
      const expression = { op, immediates, labels: targets, operands, results, body: [], otherwise: null };
      list.push({ ...expression, ...own });
    }
  }
  let count = 0;
  for (const label of labels) if (label.used && label.name === '') label.name = `${++count}`;
  return top.body;
}

/** What is written instead of numbers. */
export interface ExpressionNames {
  /** Name of a local, without "$". */
  local?(index: number): string | undefined;
  /** Text in place of `immediates`. */
  immediates?(expression: Expression): string | undefined;
  /** Comment behind an instruction's name and immediates. */
  comment?(expression: Expression): string | undefined;
}

const WIDTH = 100;

/** The expressions in the folded form, each line indented by `indent` spaces at least. */
export function printExpressions(
  expressions: readonly Expression[],
  names: ExpressionNames = {},
  indent = 0,
): string[] {
  return expressions.flatMap((expression) => lines(expression, names, indent));
}

function head(expression: Expression, names: ExpressionNames): string {
  const { op, immediates, labels } = expression;
  const parts = [op];
  if (op.startsWith('br')) parts.push(...labels.map(({ name }) => `$${name}`));
  else {
    if (labels[0]?.used) parts.push(`$${labels[0].name}`);
    const local = op.startsWith('local.') ? names.local?.(Number(immediates)) : undefined;
    const text = local === undefined ? (names.immediates?.(expression) ?? immediates) : `$${local}`;
    if (text !== '') parts.push(text);
  }
  const comments = [expression.hint, names.comment?.(expression)].filter((text) => text !== undefined);
  if (comments.length > 0) parts.push(`(; ${comments.join('; ')} ;)`);
  return parts.join(' ');
}

function isBlock({ op }: Expression): boolean {
  return op === 'block' || op === 'loop' || op === 'if';
}

/** On one line, or null where it has comments in front or blocks inside. */
function oneLine(expression: Expression, names: ExpressionNames): string | null {
  if (isBlock(expression)) return null;
  const parts = [head(expression, names)];
  for (const operand of expression.operands) {
    const text = operand.notes.length === 0 ? oneLine(operand, names) : null;
    if (text === null) return null;
    parts.push(text);
  }
  return `(${parts.join(' ')})`;
}

function hasNotes({ notes, operands }: Expression): boolean {
  return notes.length > 0 || operands.some(hasNotes);
}
function notesOf(expression: Expression): string[] {
  return [...expression.operands.flatMap(notesOf), ...expression.notes];
}
function withoutNotes(expression: Expression): Expression {
  return { ...expression, notes: [], operands: expression.operands.map(withoutNotes) };
}

function lines(expression: Expression, names: ExpressionNames, indent: number): string[] {
  if (!hasNotes(expression)) return bareLines(expression, names, indent);
  const margin = ' '.repeat(indent);
  const notes = notesOf(expression).map((note) => `${margin};; ${note}`);
  return [...notes, ...bareLines(withoutNotes(expression), names, indent)];
}

function bareLines(expression: Expression, names: ExpressionNames, indent: number): string[] {
  const margin = ' '.repeat(indent);
  const single = oneLine(expression, names);
  if (single !== null && indent + single.length <= WIDTH) return [margin + single];
  const { op, operands, body, otherwise } = expression;
  const result: string[] = [];
  let first = `${margin}(${head(expression, names)}`;
  // The first operand goes on the line of its instruction where it fits.
  const texts = operands.map((operand) => oneLine(operand, names));
  const rest = [...operands];
  if (texts.length === 1 && texts[0] !== null && first.length + texts[0]!.length < WIDTH) {
    first += ` ${texts[0]}`;
    rest.shift();
  }
  result.push(first);
  for (const operand of rest) result.push(...bareLines(operand, names, indent + 2));
  if (op === 'if') {
    result.push(`${margin}  (then`, ...printExpressions(body, names, indent + 4));
    result[result.length - 1] += ')';
    if (otherwise !== null) {
      result.push(`${margin}  (else`, ...printExpressions(otherwise, names, indent + 4));
      result[result.length - 1] += ')';
    }
  } else if (isBlock(expression)) result.push(...printExpressions(body, names, indent + 2));
  result[result.length - 1] += ')';
  return result;
}
