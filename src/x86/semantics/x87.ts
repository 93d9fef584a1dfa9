// All x87 instructions (SDM 1, chapter 8; SDM 2): the families, and those that compute a function of ST(0).
import * as arithmetic from '../helpers/x87/arithmetic.ts';
import * as transcendental from '../helpers/x87/transcendental.ts';
import type { Meaning } from './meaning.ts';
import { x87ArithmeticMeanings } from './x87-arithmetic.ts';
import { x87CompareMeanings } from './x87-compare.ts';
import { x87LoadMeanings } from './x87-load.ts';
import { attempted, plain } from './x87-operands.ts';
import * as fast from './x87-routines/functions.ts';
import { x87StateMeanings } from './x87-state.ts';
import { x87StoreMeanings } from './x87-store.ts';

const functionFamily: Meaning[] = [
  attempted('FSQRT', fast.squareRoot, arithmetic.x87SquareRoot),
  attempted('FRNDINT', fast.roundToInteger, arithmetic.x87RoundToInteger),
  plain('FSCALE', arithmetic.x87Scale),
  plain('FPREM', arithmetic.x87PartialRemainder, 0),
  plain('FPREM1', arithmetic.x87PartialRemainder, 1),
  plain('FXTRACT', transcendental.x87Extract),
  plain('F2XM1', transcendental.x87Exponential),
  plain('FYL2X', transcendental.x87Logarithm),
  plain('FYL2XP1', transcendental.x87LogarithmPlusOne),
  plain('FPATAN', transcendental.x87Arctangent),
  plain('FSIN', transcendental.x87Sine),
  plain('FCOS', transcendental.x87Cosine),
  plain('FSINCOS', transcendental.x87SineCosine),
  plain('FPTAN', transcendental.x87Tangent),
];

export const x87Meanings: readonly Meaning[] = [
  ...x87LoadMeanings,
  ...x87StoreMeanings,
  ...x87ArithmeticMeanings,
  ...x87CompareMeanings,
  ...functionFamily,
  ...x87StateMeanings,
];
