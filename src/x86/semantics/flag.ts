// Instructions on single flags (SDM 1, 5.1.12): CLC STC CMC, CLD STD. CLI, STI, PUSHF and POPF
// depend on privilege and are in system/.

import { FLAG_DF } from '../state/cpu-state.ts';
import * as S from '../state/layout.ts';
import { FLAG_CF } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';

export const flagMeanings: readonly Meaning[] = [
  { mnemonic: 'CLC', build: (b) => b.flagsSet(FLAG_CF, b.i32(0)) },
  { mnemonic: 'STC', build: (b) => b.flagsSet(FLAG_CF, b.i32(1)) },
  { mnemonic: 'CMC', reads: FLAG_CF, build: (b) => b.flagsSet(FLAG_CF, b.eqz(b.carry())) },
  { mnemonic: 'CLD', build: (b) => b.set(32, S.FLAGS, b.and(b.get(32, S.FLAGS), ~FLAG_DF)) },
  { mnemonic: 'STD', build: (b) => b.set(32, S.FLAGS, b.or(b.get(32, S.FLAGS), FLAG_DF)) },
];
