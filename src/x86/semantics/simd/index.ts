// All meanings of MMX, SSE to SSE4.2, AES and PCLMULQDQ.
import type { Meaning } from '../meaning.ts';
import { aesMeanings } from './aes.ts';
import { approximateMeanings } from './approximate.ts';
import { carrylessMeanings } from './carryless.ts';
import { floatArithmeticMeanings } from './float-arithmetic.ts';
import { floatCompareMeanings } from './float-compare.ts';
import { floatConvertMeanings } from './float-convert.ts';
import { floatRoundMeanings } from './float-round.ts';
import { integerMeanings } from './integer.ts';
import { laneMeanings } from './lanes.ts';
import { simdMoveMeanings } from './move.ts';
import { shiftMeanings } from './shift.ts';
import { shuffleMeanings } from './shuffle.ts';
import { textMeanings } from './text.ts';

export const simdMeanings: readonly Meaning[] = [
  ...simdMoveMeanings,
  ...integerMeanings,
  ...shiftMeanings,
  ...shuffleMeanings,
  ...laneMeanings,
  ...floatArithmeticMeanings,
  ...floatCompareMeanings,
  ...floatConvertMeanings,
  ...floatRoundMeanings,
  ...approximateMeanings,
  ...textMeanings,
  ...aesMeanings,
  ...carrylessMeanings,
];
