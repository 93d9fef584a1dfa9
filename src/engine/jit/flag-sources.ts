// Where the operands of the flags are (soft/flag-kinds.ts), besides in the locals that hold them: in registers as they
// are now, or nowhere because they are constants. A loop that goes round with flags of one kind, whose operands
// its registers hold, need not carry them along (region-loops.ts).
import type { FlagOrigin, Location, Uop, Value } from '../../x86/uops/ir.ts';
import { someUop } from '../interp/some-uop.ts';
import * as K from '../soft/flag-kinds.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import { registerAt } from './registers.ts';

/** A general register whose low bits are the operand, or a constant. */
export type FlagSource = { readonly register: number } | { readonly constant: number };
/** Operands of a kind: null is in its local alone, undefined is not used. */
export interface FlagSources {
  readonly kind: number;
  readonly a?: FlagSource | null;
  readonly b?: FlagSource | null;
  readonly r?: FlagSource | null;
}
export const FLAG_OPERANDS = ['a', 'b', 'r'] as const;

/** What an operation leaves in the three locals, and the kind that it is; INC and DEC, which keep CF, are not among them. */
export interface FlagOperands {
  readonly kind: number;
  readonly a: Value;
  readonly b?: Value;
  readonly r?: Value;
}

const ORIGINS: Readonly<Record<FlagOrigin['operation'], number>> = {
  shl: K.OPERATION_SHL,
  shr: K.OPERATION_SHR,
  sar: K.OPERATION_SAR,
  imul: K.OPERATION_IMUL,
  mul: K.OPERATION_MUL,
};

/** `kept`: somebody else asks for the result, so that it is in a local, often a register's. */
export function flagOperands(uop: Uop & { op: 'flagsArith' }, kept: boolean): FlagOperands {
  const { kind, bits, carryIn, origin, result } = uop;
  if (origin) {
    return { kind: K.flagKind(ORIGINS[origin.operation], bits), a: origin.a, b: origin.b, r: result };
  }
  if (kind === 'logic') return { kind: K.flagKind(K.OPERATION_LOGIC, bits), a: result };
  const add = kind === 'add';
  const a = uop.a!;
  const b = uop.b!;
  if (carryIn) {
    return { kind: K.flagKind(add ? K.OPERATION_ADC : K.OPERATION_SBB, bits), a, b, r: result };
  }
  if (kept && bits >= 32) {
    return { kind: K.flagKind(add ? K.OPERATION_SUM : K.OPERATION_DIFFERENCE, bits), a: result, b };
  }
  return { kind: K.flagKind(add ? K.OPERATION_ADD : K.OPERATION_SUB, bits), a, b };
}

const FLAG_SETTERS = new Set<Uop['op']>(['flagsArith', 'flagsSet']);
function setsFlags(uops: readonly Uop[]): boolean {
  return someUop(uops, ({ op }) => FLAG_SETTERS.has(op));
}

/** What is known after an instruction that changes flags; null: nothing. */
function sourcesAfter({ uops, uses, written, interpreted, bulk }: InstructionFacts): FlagSources | null {
  const uop = uops.findLast((one) => setsFlags([one]));
  if (interpreted || bulk >= 0 || uop?.op !== 'flagsArith' || uop.keepCarry) return null;
  const { kind, a, b, r } = flagOperands(uop, uses[uop.result.id]! > 1);
  const source = (value: Value) => sourceOf(uops, value, uop.bits, written);
  return { kind, a: source(a), ...(b && { b: source(b) }), ...(r && { r: source(r) }) };
}
/** It sets some flags, or did so before nobody asked for them, or nothing is known of it. */
function changesFlags(facts: InstructionFacts): boolean {
  const { interpreted, leaves, bulk, definesFlags, uops } = facts;
  return interpreted || leaves || bulk >= 0 || definesFlags || setsFlags(uops);
}
function readsFlags(uops: readonly Uop[]): boolean {
  return someUop(uops, ({ op }) => op === 'flagsGet' || op === 'condition');
}
function without(sources: FlagSources, written: number): FlagSources {
  const left = (source: FlagSource | null) =>
    source && 'register' in source && (written >> source.register) & 1 ? null : source;
  const { kind, a, b, r } = sources;
  return {
    kind,
    ...(a !== undefined && { a: left(a) }),
    ...(b !== undefined && { b: left(b) }),
    ...(r !== undefined && { r: left(r) }),
  };
}

/** Where the low `bits` of a value are after the instruction. */
function sourceOf(uops: readonly Uop[], value: Value, bits: number, written: number): FlagSource | null {
  const definition = uops.find((uop) => uop.op !== 'flagsArith' && 'result' in uop && uop.result === value);
  if (definition?.op === 'const') {
    const constant = Number(definition.value);
    return constant === (constant | 0) ? { constant } : null;
  }
  if (definition?.op === 'get') {
    const register = lowRegister(definition.location);
    if (register >= 0 && definition.bits >= bits && !((written >> register) & 1)) return { register };
  }
  const register = registerWith(uops, value, bits);
  if (register >= 0) return { register };
  if (definition?.op !== 'unary') return null;
  const { operator, a } = definition;
  const same = operator === 'wrap' || (operator === 'extend_u' && bits <= 32);
  return same ? sourceOf(uops, a, bits, written) : null;
}
/** The general register whose low bits lie at a location; -1 if none. */
function lowRegister(location: Location): number {
  if (location.kind !== 'state') return -1;
  const register = registerAt(location.offset);
  return register < 16 && (location.offset & 7) === 0 ? register : -1;
}
/** The register to which a value is written, as it is or extended, the only write of it; -1 if none. */
function registerWith(uops: readonly Uop[], value: Value, bits: number): number {
  const holds = (content: Value) =>
    content === value ||
    (bits <= 32 &&
      uops.some(
        (uop) =>
          uop.op === 'unary' && uop.operator === 'extend_u' && uop.a === value && uop.result === content,
      ));
  for (const uop of uops) {
    if (uop.op !== 'set' || uop.bits < bits || !holds(uop.value)) continue;
    const register = lowRegister(uop.location);
    const writes = (other: Uop) =>
      other.op === 'set' && other.location.kind === 'state' && registerAt(other.location.offset) === register;
    if (register >= 0 && !someUop(uops, (other) => other !== uop && writes(other))) return register;
  }
  return -1;
}

/** What holds on every one of several ways; null where they differ. */
function commonSources(ways: readonly (FlagSources | null)[]): FlagSources | null {
  const [first] = ways;
  if (!first) return null;
  return ways.every((other) => other !== null && equalSources(first, other)) ? first : null;
}
function equalSources(one: FlagSources, other: FlagSources): boolean {
  return one.kind === other.kind && FLAG_OPERANDS.every((name) => equalSource(one[name], other[name]));
}
function equalSource(one: FlagSource | null | undefined, other: FlagSource | null | undefined): boolean {
  if (!one || !other) return one === other;
  if ('register' in one) return 'register' in other && one.register === other.register;
  return 'constant' in other && one.constant === other.constant;
}
function agrees(sources: FlagSources | null, wanted: FlagSources): boolean {
  if (!sources || sources.kind !== wanted.kind) return false;
  return FLAG_OPERANDS.every((name) => !wanted[name] || equalSource(sources[name], wanted[name]));
}

/** A loop's flags on its way round, where its header does not carry them. */
export interface LoopFlags {
  readonly sources: FlagSources;
  /** Blocks that go round with these. */
  readonly agreeing: ReadonlySet<number>;
  /** Instruction of the header that sets all flags; before it they are seen only where the region is left. */
  readonly until: number;
}

/** Of a loop header; null where it must carry its flags. Blocks are in reverse postorder, as for structure.ts. */
export function loopFlags(
  header: number,
  facts: readonly (readonly InstructionFacts[])[],
  predecessors: readonly (readonly number[])[],
  isHeader: (block: number) => boolean,
): LoopFlags | null {
  const until = facts[header]!.findIndex((one) => changesFlags(one) || readsFlags(one.uops));
  const first = facts[header]![until];
  if (!first || first.interpreted || first.leaves || first.bulk >= 0 || !first.definesFlags) return null;
  if (readsFlags(first.uops)) return null;
  const known = new Map<number, FlagSources | null>();
  const atEnd = (block: number): FlagSources | null => {
    let sources = known.get(block);
    if (sources === undefined) {
      const list = facts[block]!;
      const at = list.findLastIndex(changesFlags);
      const before = () => (isHeader(block) ? null : commonSources(predecessors[block]!.map(atEnd)));
      sources = at < 0 ? before() : sourcesAfter(list[at]!);
      for (const one of list.slice(at + 1)) sources = sources && without(sources, one.written);
      known.set(block, sources);
    }
    return sources;
  };
  const backward = predecessors[header]!.filter((block) => block >= header);
  let best: LoopFlags | null = null;
  for (const block of backward) {
    const sources = atEnd(block);
    if (!sources || !FLAG_OPERANDS.some((name) => sources[name])) continue;
    const agreeing = new Set(backward.filter((other) => agrees(atEnd(other), sources)));
    if (!best || agreeing.size > best.agreeing.size) best = { sources, agreeing, until };
  }
  return best;
}
