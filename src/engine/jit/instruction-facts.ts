// What one instruction of a region does: its micro-operations with the fields put in (x86/uops/specialize.ts), and
// which registers and flags they touch. Working that out takes a third of the time of compiling, and nine in ten
// instructions of a region have been seen before, elsewhere or in another region: it is remembered by form and by those
// fields that the meaning asks for (not the displacement of a branch, for one).
import type { Form, Instruction } from '../../x86/decode/instruction.ts';
import { buildMeaning } from '../../x86/semantics/index.ts';
import * as S from '../../x86/state/layout.ts';
import { FLAGS_STATUS, type Uop } from '../../x86/uops/ir.ts';
import { countUses, specialize } from '../../x86/uops/specialize.ts';
import { removeUnused, valueCount } from '../../x86/uops/uses.ts';
import { BULK_STORE, bulkKind } from '../interp/bulk-string.ts';
import { setsRip } from '../interp/handler.ts';
import { someUop } from '../interp/some-uop.ts';
import { assume, type What } from './assumptions.ts';
import type { WindowAccess } from './region-windows.ts';
import { registerAt } from './registers.ts';

export interface InstructionFacts {
  /** Those that count here: without what sets flags that nobody sees. */
  readonly uops: readonly Uop[];
  /** Number of uses of each of their values, by its id. */
  readonly uses: Uint16Array;
  /** Sets of registers (registers.ts) that it reads or writes, and that it writes. */
  readonly touched: number;
  readonly written: number;
  /** It sets all status flags whatever happens, and reads none of them. */
  readonly definesFlags: boolean;
  /** The flags before it may be seen: it reads some, keeps some, or may be left to the interpreter. */
  readonly seesFlags: boolean;
  /** Likewise but for its accesses to memory: if these are certain not to be left to the interpreter. */
  readonly seesFlagsOtherwise: boolean;
  /** In a place in a region: those of its accesses that are in a window (region-windows.ts). */
  readonly inWindows?: ReadonlyMap<Uop, WindowAccess>;
  /** The region may be left after it where nothing else leaves it, or in its midst: the flags it sets may be seen. */
  readonly leaves: boolean;
  /** It can only be interpreted. */
  readonly interpreted: boolean;
  /** Kind of a repeated string instruction that a core function does (interp/bulk-string.ts); -1 for all others. */
  readonly bulk: number;
  /** It may end the block, and set RIP itself before that. */
  readonly setsRip: boolean;
}

/** Meanings of forms, which are the same objects again and again; bounded, since there are many thousands. */
const meanings = new Map<Form, readonly Uop[]>();
const MAXIMUM_MEANINGS = 4096;
export function meaningOf(form: Form): readonly Uop[] {
  let uops = meanings.get(form);
  if (!uops) {
    if (meanings.size >= MAXIMUM_MEANINGS) meanings.clear();
    uops = buildMeaning(form).uops;
    meanings.set(form, uops);
  }
  return uops;
}

/** What an instruction does where the flags after it may be seen, and where not. */
export class InstructionVariants {
  /** With all its micro-operations. */
  readonly whole: InstructionFacts;
  #seen: InstructionFacts | null = null;
  #unseen: InstructionFacts | null = null;

  constructor(whole: InstructionFacts) {
    this.whole = whole;
  }
  /** Flags that say what they come from without what else they would be computed from. */
  get seen(): InstructionFacts {
    this.#seen ??= this.#with(withOrigins(this.whole.uops));
    return this.#seen;
  }
  /** Without what sets flags, and what only that needs. */
  get unseen(): InstructionFacts {
    this.#unseen ??= this.#with(withoutFlags(this.whole.uops));
    return this.#unseen;
  }
  #with(uops: readonly Uop[]): InstructionFacts {
    return uops === this.whole.uops ? this.whole : { ...this.whole, uops, uses: countUses(uops) };
  }
}

type FieldName = (Uop & { op: 'field' })['field'] | 'index';

/** A list of micro-operations with fields, by a number, and the fields. */
interface Known {
  readonly id: number;
  readonly fields: readonly FieldName[];
}
const lists = new WeakMap<readonly Uop[], Known>();
let nextId = 0;
function known(uops: readonly Uop[]): Known {
  let one = lists.get(uops);
  if (!one) {
    const fields = new Set<FieldName>();
    collectFields(uops, fields);
    one = { id: nextId++, fields: [...fields] };
    lists.set(uops, one);
  }
  return one;
}
function collectFields(uops: readonly Uop[], fields: Set<FieldName>): void {
  for (const uop of uops) {
    if (uop.op === 'field') fields.add(uop.field);
    else if ((uop.op === 'get' || uop.op === 'set') && uop.location.kind === 'field') {
      fields.add(uop.location.field);
    } else if (uop.op === 'linear' && uop.segment.kind === 'field') fields.add(uop.segment.field);
    else if (uop.op === 'if') {
      collectFields(uop.then, fields);
      collectFields(uop.else, fields);
    } else if (uop.op === 'loop') collectFields(uop.body, fields);
  }
}

/** Of each of the two generations below. A boot of Linux has 5,000 in 54,000 instructions. */
const MAXIMUM_REMEMBERED = 2500;
let recent = new Map<string, InstructionVariants>();
/** What was not asked for while the map above filled is forgotten. */
let older = new Map<string, InstructionVariants>();

/**
 * What an instruction does under the assumptions `what`. `reaches`: its target, where it is a relative CALL, is known to be
 * canonical. The objects are shared.
 */
export function variantsOf(instruction: Instruction, what: What, reaches: boolean): InstructionVariants {
  const { form } = instruction;
  const bulk = bulkKind(form);
  if (bulk >= 0) return new InstructionVariants(bulkFacts(bulk));
  const { uops } = assume(meaningOf(form), what);
  const { id, fields } = known(uops);
  let key = reaches ? `${id}r` : `${id}`;
  for (const field of fields) key += `,${instruction[field]}`;
  let variants = recent.get(key);
  if (variants) return variants;
  variants = older.get(key);
  if (!variants) {
    const special = specialize(uops, instruction);
    const wide = form.mode.bits === 64;
    variants = new InstructionVariants(
      instructionFacts(reaches ? withoutTargetCheck(special) : special, wide),
    );
  }
  if (recent.size >= MAXIMUM_REMEMBERED) {
    older = recent;
    recent = new Map();
  }
  recent.set(key, variants);
  return variants;
}

interface Effects {
  touched: number;
  written: number;
  defines: boolean;
  sees: boolean;
  accesses: boolean;
  leaves: boolean;
  interpreted: boolean;
}

function scan(uops: readonly Uop[], wide: boolean, nested: boolean, inLoop: boolean, e: Effects): void {
  for (const uop of uops) {
    switch (uop.op) {
      case 'get':
      case 'set': {
        if (uop.location.kind !== 'state') throw new Error('a micro-operation was not specialized');
        const register = registerAt(uop.location.offset);
        if (register < 0) break;
        e.touched |= 1 << register;
        if (uop.op === 'set') e.written |= 1 << register;
        // Outside 64-bit mode the upper halves of general registers are zero while a region runs: what writes all 64
        // bits there writes 32, zero-extended.
        if (!wide && register < 16 && uop.bits === 64 && uop.op === 'get') e.interpreted = true;
        break;
      }
      case 'load':
      case 'store':
        if (nested) e.sees = true;
        e.accesses = true;
        break;
      case 'linear':
      case 'faultIf':
      case 'call':
        e.sees = true;
        break;
      case 'flagsArith':
        // INC and DEC need the flags before them only where somebody needs those after them.
        if (!uop.keepCarry && !nested && !e.sees) e.defines = true;
        if (inLoop || (!wide && uop.bits === 64)) e.interpreted = true;
        break;
      case 'flagsSet':
        if ((uop.mask & FLAGS_STATUS) !== FLAGS_STATUS) {
          if (!e.defines) e.sees = true;
        } else if (!nested && !e.sees) e.defines = true;
        if (inLoop) e.interpreted = true;
        break;
      case 'flagsGet':
      case 'condition':
        e.sees = true;
        if (inLoop) e.interpreted = true;
        break;
      case 'if':
        scan(uop.then, wide, true, inLoop, e);
        scan(uop.else, wide, true, inLoop, e);
        break;
      case 'loop':
        scan(uop.body, wide, true, true, e);
        break;
      case 'endBlock':
        e.sees = true;
        e.leaves = true;
        break;
      case 'repeat':
        e.interpreted = true;
        break;
    }
  }
}

/** What one instruction does, after specialization. */
function instructionFacts(uops: readonly Uop[], wide: boolean): InstructionFacts {
  const e: Effects = {
    touched: 0,
    written: 0,
    defines: false,
    sees: false,
    accesses: false,
    leaves: false,
    interpreted: false,
  };
  scan(uops, wide, false, false, e);
  return {
    uops,
    uses: countUses(uops),
    touched: e.touched,
    written: e.written,
    definesFlags: e.defines || definesAfterAll(uops),
    seesFlags: e.sees || e.accesses,
    seesFlagsOtherwise: e.sees,
    leaves: e.leaves,
    interpreted: e.interpreted,
    bulk: -1,
    setsRip: someUop(uops, (uop) => uop.op === 'endBlock') && someUop(uops, setsRip),
  };
}
/** REP MOVS or REP STOS: registers that it reads and writes. It may be left to the interpreter. */
function bulkFacts(bulk: number): InstructionFacts {
  const pointers = (1 << S.RCX) | (1 << S.RDI);
  const written = bulk & BULK_STORE ? pointers : pointers | (1 << S.RSI);
  return {
    uops: [],
    uses: new Uint16Array(0),
    touched: bulk & BULK_STORE ? written | (1 << S.RAX) : written,
    written,
    definesFlags: false,
    seesFlags: true,
    seesFlagsOtherwise: true,
    leaves: false,
    interpreted: false,
    bulk,
    setsRip: false,
  };
}
/** An operation at the top level sets all flags, whatever the micro-operations before it saw. */
function definesAfterAll(uops: readonly Uop[]): boolean {
  return uops.some(
    (uop) =>
      (uop.op === 'flagsArith' && !uop.keepCarry) ||
      (uop.op === 'flagsSet' && (uop.mask & FLAGS_STATUS) === FLAGS_STATUS),
  );
}

/** A relative CALL without its fault where the target is not canonical. */
function withoutTargetCheck(uops: readonly Uop[]): readonly Uop[] {
  if (uops.at(-1)?.op !== 'branch') return uops;
  const rest = uops.filter((uop) => uop.op !== 'faultIf');
  removeUnused(rest, EVERY_VARIABLE, valueCount(uops));
  return rest;
}
/** The micro-operations without those that set flags, and without what only those need. */
function withoutFlags(uops: readonly Uop[]): readonly Uop[] {
  if (!someUop(uops, ({ op }) => op === 'flagsArith' || op === 'flagsSet')) return uops;
  const rest = stripped(uops);
  removeUnused(rest, EVERY_VARIABLE, valueCount(uops));
  return rest;
}
function stripped(uops: readonly Uop[]): Uop[] {
  const rest: Uop[] = [];
  for (const uop of uops) {
    if (uop.op === 'if') rest.push({ ...uop, then: stripped(uop.then), else: stripped(uop.else) });
    else if (uop.op === 'loop') rest.push({ ...uop, body: stripped(uop.body) });
    else if (uop.op !== 'flagsArith' && uop.op !== 'flagsSet') rest.push(uop);
  }
  return rest;
}
/** Flags that say what they come from without what else they would be computed from. */
function withOrigins(uops: readonly Uop[]): readonly Uop[] {
  if (!someUop(uops, hasOrigin)) return uops;
  const rest = reduced(uops);
  removeUnused(rest, EVERY_VARIABLE, valueCount(uops));
  return rest;
}
function hasOrigin(uop: Uop): boolean {
  return (uop.op === 'flagsArith' || uop.op === 'flagsSet') && uop.origin !== undefined;
}
function reduced(uops: readonly Uop[]): Uop[] {
  return uops.map((uop): Uop => {
    if (uop.op === 'if') return { ...uop, then: reduced(uop.then), else: reduced(uop.else) };
    if (uop.op === 'flagsArith' && uop.origin) return { ...uop, a: null, b: null };
    if (uop.op === 'flagsSet' && uop.origin) return { ...uop, value: uop.origin.result };
    return uop;
  });
}
/** More variables than any meaning has. */
const EVERY_VARIABLE: readonly boolean[] = new Array<boolean>(256).fill(true);
