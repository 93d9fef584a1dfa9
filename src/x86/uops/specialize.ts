// From the meaning of a form to that of one instruction: the fields become constants, and what
// follows from them is worked out. The result is what the translator lowers.
//
//   v1 = get64 [base]              v1 = get64 [gpr3]
//   v2 = field disp           =>   v2 = i64 8
//   v3 = add.i64 v1 v2             v3 = add.i64 v1 v2
//   v4 = get64 [index] ...         (the rest of the address is gone: there is no index)
//
// One pass forward: operands are replaced by what stands for them, operations folded (fold.ts), state
// that was read already is not read again, conditions that are constant decided, variables whose value is
// known left out. One pass backward removes what nobody uses (uses.ts). Rules that verify.ts checks are
// kept. It runs for every instruction that is translated, so it makes few objects: operations that stay as
// they were are shared with the list that was given, which is never changed.
//
// Not done: floats, moving operations, common subexpressions other than reads of state.
import type { Fields } from '../decode/instruction.ts';
import * as L from '../state/layout.ts';
import { foldBinary, foldCondition, foldTruncation, foldUnary } from './fold.ts';
import type { I32, Int, Location, Uop, Value } from './ir.ts';
import { evaluateSimd } from './simd-evaluate.ts';
import { removeUnused, valueCount } from './uses.ts';
import { ValueTable } from './value-table.ts';

export { countUses } from './uses.ts';

/**
 * The micro-operations of the instruction of the given fields, from those of its form. Values keep their
 * ids; new ones get ids that follow. No `field` operation or location is left, `branch` (whose
 * displacement is field imm) and `rip` stay as they are.
 */
export function specialize(uops: readonly Uop[], fields: Fields): Uop[] {
  return specializer.run(uops, fields);
}

/** What every byte of the result is where both operands are the same vector (the idioms for zero and minus one). */
const OF_EQUAL_VECTORS: Readonly<Record<string, number>> = {
  'v128.xor': 0,
  'v128.andnot': 0,
  'i8x16.sub': 0,
  'i16x8.sub': 0,
  'i32x4.sub': 0,
  'i64x2.sub': 0,
  'i8x16.eq': 0xff,
  'i16x8.eq': 0xff,
  'i32x4.eq': 0xff,
  'i64x2.eq': 0xff,
};

class Specializer {
  readonly #table = new ValueTable();
  #fields!: Fields;
  /** What stands for a value of the list given, by its id. */
  readonly #replacements: Value[] = [];
  /** By variable: its value at this point, null where that is not known. */
  readonly #variables: (Value | null)[] = [];
  /** Variables from here on do not exist yet. */
  #variableCount = 0;
  #read: boolean[] = [];
  // Reads of the state whose values are still those of the state: entries #firstRead to #readCount
  // that are not null.
  readonly #reads: ((Uop & { op: 'get' }) | null)[] = [];
  #firstRead = 0;
  #readCount = 0;

  run(uops: readonly Uop[], fields: Fields): Uop[] {
    const out: Uop[] = [];
    const table = this.#table;
    this.#fields = fields;
    this.#variableCount = 0;
    this.#read = [];
    this.#firstRead = 0;
    this.#readCount = 0;
    table.start(valueCount(uops));
    table.out = out;
    this.#list(uops);
    removeUnused(out, this.#read, table.nextId);
    return out;
  }

  #of<V extends Value>(value: V): V {
    return this.#replacements[value.id] as V;
  }
  /** An operation that gives a value, as it is or with other operands. */
  #define(uop: Uop, result: Value): void {
    this.#replacements[result.id] = this.#table.define(uop, result);
  }

  /** Appends a list to the table's; true when no path reaches its end. */
  #list(uops: readonly Uop[]): boolean {
    for (let i = 0; i < uops.length; i++) if (this.#step(uops[i]!)) return true;
    return false;
  }

  #step(uop: Uop): boolean {
    const t = this.#table;
    const { out } = t;
    switch (uop.op) {
      case 'const':
      case 'flagsGet':
      case 'condition':
      case 'rip':
        this.#define(uop, uop.result);
        return false;
      case 'field':
        this.#replacements[uop.result.id] = this.#field(uop.field, uop.result);
        return false;
      case 'get':
        this.#replacements[uop.result.id] = this.#get(uop);
        return false;
      case 'set': {
        const location = this.#location(uop.location);
        const value = foldTruncation(t, this.#of(uop.value), uop.bits);
        out.push(
          location === uop.location && value === uop.value
            ? uop
            : { op: 'set', bits: uop.bits, location, value },
        );
        this.#written(location, uop.bits / 8);
        return false;
      }
      case 'linear': {
        const offset = this.#of(uop.offset);
        this.#define({ ...uop, offset, segment: this.#location(uop.segment) }, uop.result);
        return false;
      }
      case 'load': {
        const address = this.#of(uop.address);
        const { result, bits, intent, stack } = uop;
        const load = { op: 'load', result, bits, address, intent, stack } as const;
        this.#define(address === uop.address ? uop : load, result);
        return false;
      }
      case 'store': {
        const address = this.#of(uop.address);
        const value = foldTruncation(t, this.#of(uop.value), uop.bits);
        const { bits, stack } = uop;
        const same = address === uop.address && value === uop.value;
        out.push(same ? uop : { op: 'store', bits, address, value, stack });
        return false;
      }
      case 'binary': {
        const result = foldBinary(t, uop.operator, this.#of(uop.a), this.#of(uop.b), uop.result, uop);
        this.#replacements[uop.result.id] = result;
        return false;
      }
      case 'unary':
        this.#replacements[uop.result.id] = foldUnary(t, uop.operator, this.#of(uop.a), uop.result, uop);
        return false;
      case 'simd':
        this.#simd(uop);
        return false;
      case 'select': {
        const condition = foldCondition(t, this.#of(uop.condition));
        const a = this.#of(uop.a);
        const b = this.#of(uop.b);
        const decided = t.constant(condition);
        if (decided !== undefined || a === b) {
          this.#replacements[uop.result.id] = decided === 0 ? b : a;
        } else this.#define({ op: 'select', result: uop.result, condition, a, b }, uop.result);
        return false;
      }
      case 'variable': {
        const value = this.#of(uop.value);
        while (this.#variableCount <= uop.variable) this.#variables[this.#variableCount++] = null;
        this.#variables[uop.variable] = value;
        out.push(value === uop.value ? uop : { ...uop, value });
        return false;
      }
      case 'setVariable': {
        const value = this.#of(uop.value);
        this.#variables[uop.variable] = value;
        out.push(value === uop.value ? uop : { ...uop, value });
        return false;
      }
      case 'getVariable': {
        const value = this.#variables[uop.variable];
        if (value) this.#replacements[uop.result.id] = value;
        else {
          this.#read[uop.variable] = true;
          this.#define(uop, uop.result);
        }
        return false;
      }
      case 'if':
        return this.#if(uop);
      case 'loop':
        return this.#loop(uop);
      case 'flagsArith':
        this.#flagsArith(uop);
        return false;
      case 'flagsSet': {
        const value = this.#of(uop.value);
        const { mask, origin } = uop;
        if (origin) {
          const { direction } = origin;
          out.push({ op: 'flagsSet', mask, value, origin: { direction, result: this.#of(origin.result) } });
        } else out.push(value === uop.value ? uop : { op: 'flagsSet', mask, value });
        return false;
      }
      case 'faultIf': {
        const condition = foldCondition(t, this.#of(uop.condition));
        if (t.constant(condition) === 0) return false;
        const vector = this.#of(uop.vector);
        const errorCode = uop.errorCode && this.#of(uop.errorCode);
        out.push({ op: 'faultIf', condition, vector, errorCode });
        return false;
      }
      case 'call': {
        const call = { ...uop, args: uop.args.map((argument) => this.#of(argument)) };
        if (uop.result) this.#define(call, uop.result);
        else out.push(call);
        this.#forgetReads();
        return false;
      }
      case 'routine': {
        this.#define({ ...uop, args: uop.args.map((argument) => this.#of(argument)) }, uop.result);
        this.#forgetReads();
        return false;
      }
      case 'getIndexed':
        this.#define({ ...uop, index: this.#of(uop.index) }, uop.result);
        return false;
      case 'setIndexed':
        out.push({ ...uop, index: this.#of(uop.index), value: this.#of(uop.value) });
        this.#forgetReads();
        return false;
      case 'branch': {
        const condition = uop.condition && foldCondition(t, this.#of(uop.condition));
        out.push(condition === uop.condition ? uop : { ...uop, condition });
        return true;
      }
      case 'jump':
        out.push({ op: 'jump', target: this.#of(uop.target) });
        return true;
      case 'userPages':
        out.push(uop);
        return false;
      case 'repeat':
      case 'endBlock':
        out.push(uop);
        return true;
    }
  }

  #field(field: (Uop & { op: 'field' })['field'], result: Value): Value {
    const fields = this.#fields;
    if (field === 'imm') return this.#table.i64(fields.imm, result);
    if (field === 'disp') return this.#table.i64(BigInt(fields.disp), result);
    return this.#table.i32(fields[field] | 0, result);
  }

  // ---- state ----

  #location(location: Location): Location & { kind: 'state' } {
    if (location.kind === 'state') return location;
    return { kind: 'state', offset: this.#fields[location.field] + location.displacement };
  }

  #get(uop: Uop & { op: 'get' }): Value {
    const { result, bits } = uop;
    const location = this.#location(uop.location);
    const { offset } = location;
    if (offset >= L.ZERO && offset + bits / 8 <= L.ZERO + 8) {
      return this.#table.integer(result.type, 0, result);
    }
    for (let i = this.#firstRead; i < this.#readCount; i++) {
      const read = this.#reads[i];
      if (
        read &&
        (read.location as Location & { kind: 'state' }).offset === offset &&
        read.bits === bits &&
        read.result.type === result.type
      ) {
        return read.result;
      }
    }
    const get = uop.location === location ? uop : { op: 'get' as const, result, bits, location };
    this.#table.define(get, result);
    this.#reads[this.#readCount++] = get;
    return result;
  }
  /** So many bytes of the state have been written: forgets the reads of any of them. */
  #written(location: Location & { kind: 'state' }, bytes: number): void {
    for (let i = this.#firstRead; i < this.#readCount; i++) {
      const read = this.#reads[i];
      if (!read) continue;
      const { offset } = read.location as Location & { kind: 'state' };
      if (offset < location.offset + bytes && location.offset < offset + read.bits / 8) this.#reads[i] = null;
    }
  }
  #forgetReads(): void {
    this.#firstRead = this.#readCount;
  }
  /** Leaves a nested list: what it read is out of scope, what it forgot stays forgotten. */
  #leaveReads(count: number): void {
    this.#readCount = count;
    if (this.#firstRead > count) this.#firstRead = count;
  }

  // ---- operations with lists of operands ----

  #simd(uop: Uop & { op: 'simd' }): void {
    const t = this.#table;
    let same = true;
    let constant = !uop.name.startsWith('f');
    const args: Value[] = [];
    for (const argument of uop.args) {
      const value = this.#of(argument);
      args.push(value);
      if (value !== argument) same = false;
      if (t.constant(value) === undefined) constant = false;
    }
    if (args.length === 2 && args[0] === args[1]) {
      const value = OF_EQUAL_VECTORS[uop.name];
      if (value !== undefined) {
        const { result } = uop;
        this.#define({ op: 'const', result, value: new Uint8Array(16).fill(value) }, result);
        return;
      }
    }
    if (constant) {
      const values = args.map((argument) => t.constant(argument)!);
      const { result } = uop;
      const value = evaluateSimd(uop.name, values, uop.lane ?? 0, uop.lanes ?? []);
      this.#define({ op: 'const', result, value }, result);
    } else this.#define(same ? uop : { ...uop, args }, uop.result);
  }

  #flagsArith(uop: Uop & { op: 'flagsArith' }): void {
    // Of the result, only the low bits are looked at; operands are left as they are (zero-extended).
    const result = foldTruncation(this.#table, this.#of<Int>(uop.result), uop.bits) as Int;
    const a = uop.a && this.#of(uop.a);
    const b = uop.b && this.#of(uop.b);
    const same = result === uop.result && a === uop.a && b === uop.b;
    const { kind, bits, keepCarry, carryIn, origin } = uop;
    if (origin) {
      const from = { operation: origin.operation, a: this.#of(origin.a), b: this.#of(origin.b) };
      this.#table.out.push({ op: 'flagsArith', kind, bits, result, a, b, keepCarry, carryIn, origin: from });
      return;
    }
    this.#table.out.push(same ? uop : { op: 'flagsArith', kind, bits, result, a, b, keepCarry, carryIn });
  }

  // ---- control ----

  #if(uop: Uop & { op: 'if' }): boolean {
    const t = this.#table;
    const condition = foldCondition(t, this.#of(uop.condition));
    const decided = t.constant(condition);
    if (decided !== undefined) return this.#list(decided === 0 ? uop.else : uop.then);

    const { out } = t;
    const variables = this.#variableCount;
    const before = variables ? this.#variables.slice(0, variables) : [];
    const reads = this.#readCount;

    const first: Uop[] = [];
    t.out = first;
    const firstEnds = this.#list(uop.then);
    this.#leaveReads(reads);
    const afterFirst = variables ? this.#variables.slice(0, variables) : [];
    for (let i = 0; i < variables; i++) this.#variables[i] = before[i]!;

    const second: Uop[] = [];
    t.out = second;
    const secondEnds = uop.else.length > 0 && this.#list(uop.else);
    this.#leaveReads(reads);
    // A variable is known afterwards where no path that comes here has changed it.
    for (let i = 0; i < variables; i++) {
      const value = before[i]!;
      const changed =
        (!firstEnds && afterFirst[i] !== value) || (!secondEnds && this.#variables[i] !== value);
      this.#variables[i] = changed ? null : value;
    }

    t.out = out;
    out.push({ op: 'if', condition, then: first, else: second });
    return firstEnds && secondEnds;
  }

  #loop(uop: Uop & { op: 'loop' }): boolean {
    const t = this.#table;
    const { out } = t;
    const reads = this.#readCount;
    this.#forgetReads();
    this.#forgetAssigned(uop.body);

    const body: Uop[] = [];
    t.out = body;
    const ends = this.#list(uop.body);
    this.#forgetAssigned(uop.body);
    let condition: Value | null = null;
    if (!ends) {
      condition = this.#of(uop.condition);
      if (t.constant(condition) !== 0) condition = this.#ownCondition(body, condition);
    }
    t.out = out;
    if (ends || t.constant(condition!) === 0) {
      // It runs once.
      for (const inner of body) out.push(inner);
      return ends;
    }
    this.#leaveReads(reads);
    out.push({ op: 'loop', body, condition: condition as I32 });
    return false;
  }
  /** The condition of a loop as a value that its body defines itself. */
  #ownCondition(body: readonly Uop[], condition: Value): Value {
    const t = this.#table;
    const definition = t.definition(condition);
    if (body.includes(definition)) return condition;
    if (definition.op === 'const') return t.i32(definition.value as number);
    const result = t.fresh('i32');
    return t.define({ op: 'binary', operator: 'ne', result, a: condition, b: t.i32(0) }, result);
  }
  /** Forgets the values of variables that a list sets. */
  #forgetAssigned(uops: readonly Uop[]): void {
    for (const uop of uops) {
      if (uop.op === 'setVariable') this.#variables[uop.variable] = null;
      else if (uop.op === 'if') {
        this.#forgetAssigned(uop.then);
        this.#forgetAssigned(uop.else);
      } else if (uop.op === 'loop') this.#forgetAssigned(uop.body);
    }
  }
}

const specializer = new Specializer();
