// The verifier: says whether a list of micro-operations keeps the rules at the head of ir.ts, so
// that engines need not look. It is a test-time tool: no engine runs it on its way.
//
// Checked: single definition before use, in scope; types; widths; D6 (nothing that can fault after
// an architectural write, on any path, loops included); terminators last on their path.
// Routines: what their bodies may do; the result of one that writes decides an `if` at once.
// Not checked: that a helper with `faults` changes nothing before it throws.
import type { HelperType } from '../helpers/helper.ts';
import { FPR, MXCSR, STATE_FIELDS, XMM } from '../state/layout.ts';
import {
  type AccessBits,
  FLAG_CF,
  FLAG_OF,
  FLAGS_STATUS,
  type Location,
  type Uop,
  type Value,
  type ValueType,
} from './ir.ts';
import { printUop } from './print.ts';
import { type Routine, routineBody } from './routine.ts';
import { simdNames } from './simd-evaluate.ts';
import { binaryResult, simdTypes, unaryResult } from './types.ts';

/** Rules that the list breaks, each with the micro-operation that does; empty when it is right. */
export function verify(uops: readonly Uop[]): string[] {
  const verifier = new Verifier();
  verifier.block(uops, { wrote: false, ended: false });
  return verifier.problems;
}

/** Facts about the path that leads to a micro-operation. */
interface Path {
  /** An architectural write may have happened. */
  wrote: boolean;
  /** A terminator has happened. */
  ended: boolean;
}

const ENGINE_STATE_START = Math.min(...STATE_FIELDS.filter((f) => !f.architectural).map((f) => f.offset));
const SIMD = new Set(simdNames());
const MEMORY_TYPE: Record<AccessBits, ValueType> = { 8: 'i32', 16: 'i32', 32: 'i32', 64: 'i64', 128: 'v128' };
const VALUE_BITS: Record<ValueType, number> = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 128 };

/** Rules that the body of a routine breaks: those of any list, and the ones for `routine` in ir.ts. */
export function verifyRoutine(routine: Routine): string[] {
  const { body, parameters, result } = routineBody(routine);
  const verifier = new Verifier(parameters);
  verifier.block(body, { wrote: false, ended: false }, result);
  if (result.type !== routine.result) verifier.problems.push(`${routine.name} gives ${result.type}`);
  const visit = (uops: readonly Uop[]): void => {
    for (const uop of uops) {
      const problem = problemInRoutine(uop, routine);
      if (problem) verifier.problems.push(`${problem}: ${printUop(uop)}`);
      if (uop.op === 'if') [uop.then, uop.else].forEach(visit);
      if (uop.op === 'loop') visit(uop.body);
    }
  };
  visit(body);
  return verifier.problems;
}

const IN_ROUTINES = new Set<Uop['op']>([
  ...(['const', 'get', 'set', 'binary', 'unary', 'simd', 'select'] as const),
  ...(['variable', 'setVariable', 'getVariable', 'if', 'loop'] as const),
  ...(['getIndexed', 'setIndexed', 'routine'] as const),
]);

function problemInRoutine(uop: Uop, routine: Routine): string | null {
  if (uop.op === 'routine') return uop.routine.writes ? 'a routine calls one that writes' : null;
  if (!IN_ROUTINES.has(uop.op)) return 'not for routines';
  const indexed = uop.op === 'getIndexed' || uop.op === 'setIndexed';
  if (!indexed && uop.op !== 'get' && uop.op !== 'set') return null;
  const offset = indexed ? uop.offset : uop.location.kind === 'state' ? uop.location.offset : -1;
  const writes = uop.op === 'set' || uop.op === 'setIndexed';
  if (offset >= FPR && offset < XMM) return writes && !routine.writes ? 'writes the x87 state' : null;
  if (offset >= ENGINE_STATE_START || (offset === MXCSR && !writes)) return null;
  return 'outside the state that routines may touch';
}

class Verifier {
  readonly problems: string[] = [];
  /** Types of values in scope; those of left blocks are removed again. */
  readonly #values = new Map<number, ValueType>();
  readonly #everDefined = new Set<number>();
  readonly #variables = new Map<number, ValueType>();
  /** Addresses probed by a load with write intent: bits. */
  readonly #probed = new Map<number, number>();
  /** Result of a routine that writes, just called: what it did depends on the `if` that comes next. */
  #attempt: Value | null = null;

  /** Values that are there from the beginning: the parameters of a routine. */
  constructor(parameters: readonly Value[] = []) {
    for (const { id, type } of parameters) {
      this.#values.set(id, type);
      this.#everDefined.add(id);
    }
  }

  /** A result is a value that must be there at the end of the list. */
  block(uops: readonly Uop[], path: Path, finally_: Value | null = null): void {
    const values: number[] = [];
    const variables: number[] = [];
    const probed: number[] = [];
    for (const uop of uops) {
      const complain = (problem: string) => this.problems.push(`${problem}: ${printUop(uop)}`);
      if (path.ended) {
        complain('cannot be reached');
        break;
      }
      if (this.#attempt && !(uop.op === 'if' && uop.condition.id === this.#attempt.id)) {
        complain(`does not ask for v${this.#attempt.id}, what a routine did`);
        this.#attempt = null;
      }
      this.#check(uop, path, complain);
      if (uop.op === 'load' && uop.intent === 'write') {
        this.#probed.set(uop.address.id, Math.max(uop.bits, this.#probed.get(uop.address.id) ?? 0));
        probed.push(uop.address.id);
      }
      if (uop.op === 'variable') {
        if (this.#variables.has(uop.variable)) complain(`variable ${uop.variable} exists already`);
        this.#variables.set(uop.variable, uop.type);
        variables.push(uop.variable);
      }
      const result = 'result' in uop && uop.op !== 'flagsArith' ? uop.result : null;
      if (result) {
        if (this.#everDefined.has(result.id)) complain(`v${result.id} is defined twice`);
        this.#everDefined.add(result.id);
        this.#values.set(result.id, result.type);
        values.push(result.id);
      }
    }
    if (this.#attempt) this.problems.push(`nobody asks for v${this.#attempt.id}, what a routine did`);
    this.#attempt = null;
    if (finally_) this.#use(finally_, (problem) => this.problems.push(problem));
    for (const id of values) this.#values.delete(id);
    for (const id of variables) this.#variables.delete(id);
    for (const id of probed) this.#probed.delete(id);
  }

  #use(value: Value, complain: Complain, ...types: ValueType[]): void {
    const type = this.#values.get(value.id);
    if (type === undefined) complain(`v${value.id} is not defined here`);
    else if (type !== value.type) complain(`v${value.id} is ${type}, not ${value.type}`);
    if (types.length && !types.includes(value.type)) {
      complain(`v${value.id} is ${value.type}, which must be ${types.join(' or ')}`);
    }
  }

  #check(uop: Uop, path: Path, complain: Complain): void {
    const mayFault = () => {
      if (path.wrote) complain('can fault after an architectural write');
    };
    const isType = (expected: ValueType | null, found: ValueType) => {
      if (expected !== found)
        complain(expected ? `gives ${expected}, not ${found}` : 'operand of the wrong type');
    };
    switch (uop.op) {
      case 'const':
        if (!constantFits(uop.result.type, uop.value)) complain('constant of another type');
        return;
      case 'field':
        isType(uop.field === 'imm' || uop.field === 'disp' ? 'i64' : 'i32', uop.result.type);
        return;
      case 'get':
        if (uop.result.type !== 'i64' || uop.bits === 128) isType(MEMORY_TYPE[uop.bits], uop.result.type);
        this.#location(uop.location, uop.bits, complain);
        return;
      case 'set':
        this.#written(uop.value, uop.bits, complain);
        this.#location(uop.location, uop.bits, complain);
        if (isArchitectural(uop.location)) path.wrote = true;
        return;
      case 'linear':
        this.#use(uop.offset, complain, 'i64');
        isType('i64', uop.result.type);
        mayFault();
        return;
      case 'load':
        this.#use(uop.address, complain, 'i64');
        if (uop.result.type !== 'i64' || uop.bits === 128) isType(MEMORY_TYPE[uop.bits], uop.result.type);
        if ((this.#probed.get(uop.address.id) ?? 0) < uop.bits) mayFault();
        return;
      case 'store':
        this.#use(uop.address, complain, 'i64');
        this.#written(uop.value, uop.bits, complain);
        if ((this.#probed.get(uop.address.id) ?? 0) < uop.bits) mayFault();
        path.wrote = true;
        return;
      case 'binary':
        this.#use(uop.a, complain);
        this.#use(uop.b, complain, uop.a.type);
        isType(binaryResult(uop.operator, uop.a.type), uop.result.type);
        return;
      case 'unary':
        this.#use(uop.a, complain);
        isType(unaryResult(uop.operator, uop.a.type), uop.result.type);
        return;
      case 'simd':
        this.#simd(uop, complain, isType);
        return;
      case 'select':
        this.#use(uop.condition, complain, 'i32');
        this.#use(uop.a, complain, uop.result.type);
        this.#use(uop.b, complain, uop.result.type);
        return;
      case 'variable':
        this.#use(uop.value, complain, uop.type);
        return;
      case 'setVariable':
      case 'getVariable': {
        const type = this.#variables.get(uop.variable);
        if (type === undefined) complain(`variable ${uop.variable} is not defined here`);
        else if (uop.op === 'setVariable') this.#use(uop.value, complain, type);
        else isType(type, uop.result.type);
        return;
      }
      case 'if':
        this.#use(uop.condition, complain, 'i32');
        this.#branches(uop.then, uop.else, path);
        return;
      case 'routine':
        if (uop.args.length !== uop.routine.parameters.length) complain('has the wrong number of arguments');
        uop.routine.parameters.forEach((type, i) => {
          if (uop.args[i]) this.#use(uop.args[i], complain, type);
        });
        isType(uop.routine.result, uop.result.type);
        if (uop.routine.writes) this.#attempt = uop.result;
        return;
      case 'getIndexed':
      case 'setIndexed':
        this.#use(uop.index, complain, 'i32');
        if (uop.op === 'setIndexed') this.#written(uop.value, uop.bits, complain);
        else isType(MEMORY_TYPE[uop.bits], uop.result.type);
        path.wrote = true;
        return;
      case 'loop':
        this.#loop(uop, path, complain);
        return;
      case 'flagsArith':
        this.#use(uop.result, complain, uop.bits === 64 ? 'i64' : uop.result.type);
        if (uop.kind === 'logic' ? uop.a || uop.b : !uop.a || !uop.b) complain('has the wrong operands');
        for (const operand of [uop.a, uop.b]) if (operand) this.#use(operand, complain, uop.result.type);
        if (uop.origin) {
          const { operation, a, b } = uop.origin;
          this.#use(a, complain, uop.result.type);
          this.#use(b, complain, operation.endsWith('mul') ? uop.result.type : 'i32');
        }
        path.wrote = true;
        return;
      case 'flagsSet':
        this.#use(uop.value, complain, 'i32');
        if (uop.mask & ~FLAGS_STATUS) complain('sets flags that are not status flags');
        if (uop.origin) this.#use(uop.origin.result, complain, 'i32');
        if (uop.origin && uop.mask !== (FLAG_CF | FLAG_OF)) complain('sets other flags than a rotation');
        path.wrote = true;
        return;
      case 'flagsGet':
        isType('i32', uop.result.type);
        if (uop.mask & ~FLAGS_STATUS) complain('reads flags that are not status flags');
        return;
      case 'condition':
        isType('i32', uop.result.type);
        if (!Number.isInteger(uop.code) || uop.code < 0 || uop.code > 15) complain('no such condition');
        return;
      case 'faultIf':
        this.#use(uop.condition, complain, 'i32');
        this.#use(uop.vector, complain, 'i32');
        if (uop.errorCode) this.#use(uop.errorCode, complain, 'i32');
        mayFault();
        return;
      case 'call':
        if (uop.args.length !== uop.helper.parameters.length) complain('has the wrong number of arguments');
        uop.helper.parameters.forEach((type: HelperType, i) => {
          if (uop.args[i]) this.#use(uop.args[i], complain, type);
        });
        if ((uop.result?.type ?? null) !== uop.helper.result) complain(`must give ${uop.helper.result}`);
        if (uop.helper.faults) mayFault();
        return;
      case 'rip':
        isType('i64', uop.result.type);
        return;
      case 'branch':
        if (uop.condition) this.#use(uop.condition, complain, 'i32');
        path.ended = true;
        return;
      case 'jump':
        this.#use(uop.target, complain, 'i64');
        path.ended = true;
        return;
      case 'userPages':
        path.wrote = true;
        return;
      case 'repeat':
      case 'endBlock':
        path.ended = true;
        return;
    }
  }

  #branches(then: readonly Uop[], otherwise: readonly Uop[], path: Path): void {
    const first = { ...path, wrote: path.wrote || this.#attempt !== null };
    const second = { ...path };
    this.#attempt = null;
    this.block(then, first);
    this.block(otherwise, second);
    // What follows is reached only by the path that has not ended.
    path.wrote = (first.wrote && !first.ended) || (second.wrote && !second.ended);
    path.ended = first.ended && second.ended;
  }

  #loop(uop: Extract<Uop, { op: 'loop' }>, path: Path, complain: Complain): void {
    // A second round starts with all that the first may have written.
    const inner = { wrote: path.wrote || writes(uop.body), ended: false };
    this.block(uop.body, inner);
    if (inner.ended) complain('ends in its body, always');
    else if (
      !uop.body.some((u) => 'result' in u && u.op !== 'flagsArith' && u.result?.id === uop.condition.id)
    ) {
      complain(`v${uop.condition.id} is not a value of the body`);
    }
    path.wrote = inner.wrote;
  }

  #simd(uop: Extract<Uop, { op: 'simd' }>, complain: Complain, isType: IsType): void {
    if (!SIMD.has(uop.name)) {
      complain('no such SIMD instruction');
      return;
    }
    const { args, result } = simdTypes(uop.name);
    if (args.length !== uop.args.length) complain(`takes ${args.length} operands`);
    args.forEach((type, i) => {
      if (uop.args[i]) this.#use(uop.args[i], complain, type);
    });
    isType(result, uop.result.type);
    if (
      uop.name === 'i8x16.shuffle' &&
      (uop.lanes?.length !== 16 || uop.lanes.some((lane) => !(lane >= 0 && lane < 32)))
    ) {
      complain('needs sixteen lanes');
    }
    if (/_lane/.test(uop.name)) {
      const count = Number(uop.name.split('.')[0]!.split('x')[1]);
      if (uop.lane === undefined || !(uop.lane >= 0 && uop.lane < count)) complain('has no such lane');
    }
  }

  #written(value: Value, bits: AccessBits, complain: Complain): void {
    this.#use(value, complain);
    if (VALUE_BITS[value.type] < bits) complain(`writes ${bits} bits of an ${value.type}`);
  }

  #location(location: Location, bits: AccessBits, complain: Complain): void {
    if (location.kind === 'state' && location.offset % Math.min(bits / 8, 8) !== 0)
      complain('unaligned state offset');
  }
}

type Complain = (problem: string) => void;
type IsType = (expected: ValueType | null, found: ValueType) => void;

function isArchitectural(location: Location): boolean {
  return location.kind === 'field' || location.offset < ENGINE_STATE_START;
}

/** Whether an architectural write occurs anywhere in a list. */
function writes(uops: readonly Uop[]): boolean {
  return uops.some((uop) => {
    if (uop.op === 'set') return isArchitectural(uop.location);
    if (uop.op === 'if') return writes(uop.then) || writes(uop.else);
    if (uop.op === 'loop') return writes(uop.body);
    if (uop.op === 'routine') return uop.routine.writes;
    return uop.op === 'store' || uop.op === 'flagsArith' || uop.op === 'flagsSet';
  });
}

function constantFits(type: ValueType, value: number | bigint | Uint8Array): boolean {
  if (type === 'i32') return typeof value === 'number' && value === (value | 0);
  if (type === 'i64') return typeof value === 'bigint' && value === BigInt.asIntN(64, value);
  if (type === 'v128') return value instanceof Uint8Array && value.length === 16;
  return typeof value === 'number';
}
