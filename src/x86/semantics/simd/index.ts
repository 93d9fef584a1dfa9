// All meanings of MMX, SSE to SSE4.2, AES and PCLMULQDQ.
import type { Meaning } from '../meaning.ts';
import { integerMeanings } from './integer.ts';
import { laneMeanings } from './lanes.ts';
import { simdMoveMeanings } from './move.ts';
import { shiftMeanings } from './shift.ts';
import { shuffleMeanings } from './shuffle.ts';

export const simdMeanings: readonly Meaning[] = [
  ...simdMoveMeanings,
  ...integerMeanings,
  ...shiftMeanings,
  ...shuffleMeanings,
  ...laneMeanings,
];
