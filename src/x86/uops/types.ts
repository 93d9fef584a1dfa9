// The types of the operators of ir.ts: what they take and what they give. Used by the verifier.
import type { BinaryOperator, UnaryOperator, ValueType } from './ir.ts';

const INTEGERS: readonly ValueType[] = ['i32', 'i64'];
const FLOATS: readonly ValueType[] = ['f32', 'f64'];

const FLOAT_BINARY = new Set<BinaryOperator>([
  'fadd',
  'fsub',
  'fmul',
  'fdiv',
  'feq',
  'fne',
  'flt',
  'fle',
  'fgt',
  'fge',
]);
const COMPARISON = /^f?(eq|ne|[lg][te](_[us])?)$/;

/** Result type of a binary operator on operands of type `type`, or null where it does not take that type. */
export function binaryResult(operator: BinaryOperator, type: ValueType): ValueType | null {
  const takes = FLOAT_BINARY.has(operator) ? FLOATS : operator.startsWith('mulhi') ? ['i64'] : INTEGERS;
  if (!takes.includes(type)) return null;
  return COMPARISON.test(operator) ? 'i32' : type;
}

/** For unary operators that change the type or take only one: from, to. The others keep theirs. */
const CONVERSIONS: Partial<Record<UnaryOperator, readonly [ValueType, ValueType]>> = {
  extend32_s: ['i64', 'i64'],
  wrap: ['i64', 'i32'],
  extend_u: ['i32', 'i64'],
  extend_s: ['i32', 'i64'],
  bits_to_f32: ['i32', 'f32'],
  bits_to_f64: ['i64', 'f64'],
  f32_to_bits: ['f32', 'i32'],
  f64_to_bits: ['f64', 'i64'],
  promote: ['f32', 'f64'],
  demote: ['f64', 'f32'],
  f64_from_i32_s: ['i32', 'f64'],
  f64_from_i64_s: ['i64', 'f64'],
  f32_from_i32_s: ['i32', 'f32'],
  f32_from_i64_s: ['i64', 'f32'],
  i32_from_f32_s: ['f32', 'i32'],
  i32_from_f64_s: ['f64', 'i32'],
  i64_from_f32_s: ['f32', 'i64'],
  i64_from_f64_s: ['f64', 'i64'],
};
const FLOAT_UNARY = new Set<UnaryOperator>(['fsqrt', 'fnearest', 'ffloor', 'fceil', 'ftrunc']);

/** Result type of a unary operator on an operand of type `type`, or null where it does not take that type. */
export function unaryResult(operator: UnaryOperator, type: ValueType): ValueType | null {
  const conversion = CONVERSIONS[operator];
  if (conversion) return conversion[0] === type ? conversion[1] : null;
  const takes = FLOAT_UNARY.has(operator) ? FLOATS : INTEGERS;
  if (!takes.includes(type)) return null;
  return operator === 'eqz' ? 'i32' : type;
}

/** Result and argument types of a SIMD instruction by its wasm name. */
export function simdTypes(name: string): { result: ValueType; args: readonly ValueType[] } {
  const [shape, operation] = name.split('.') as [string, string];
  const lane: ValueType =
    shape === 'f32x4' ? 'f32' : shape === 'f64x2' ? 'f64' : shape === 'i64x2' ? 'i64' : 'i32';
  if (operation === 'splat') return { result: 'v128', args: [lane] };
  if (operation.startsWith('extract_lane')) return { result: lane, args: ['v128'] };
  if (operation === 'replace_lane') return { result: 'v128', args: ['v128', lane] };
  if (/^sh[lr]/.test(operation)) return { result: 'v128', args: ['v128', 'i32'] };
  if (/^(any_true|all_true|bitmask)$/.test(operation)) return { result: 'i32', args: ['v128'] };
  if (operation === 'bitselect') return { result: 'v128', args: ['v128', 'v128', 'v128'] };
  const oneOperand =
    /^(not|neg|abs|popcnt|sqrt|ceil|floor|trunc|nearest|extend_|extadd_|trunc_sat|convert|demote|promote)/;
  return { result: 'v128', args: oneOperand.test(operation) ? ['v128'] : ['v128', 'v128'] };
}
