// Instructions that change nothing a program can see, and those that only fault: NOP and its hints,
// fences (memory is ordered as the host orders it, one instruction after the other), cache control,
// UD0 UD1 UD2, and what the decoder makes of bytes that are no instruction.
import type { Builder } from '../uops/builder.ts';
import type { Meaning } from './meaning.ts';

const UD = 6;
const GP = 13;

const nothing = (): void => {};
const undefinedOpcode = (b: Builder): void => b.fault(UD);

export const nopMeanings: readonly Meaning[] = [
  { mnemonic: 'NOP', build: nothing },
  { mnemonic: 'PAUSE', build: nothing },
  { mnemonic: 'LFENCE', build: nothing },
  { mnemonic: 'MFENCE', build: nothing },
  { mnemonic: 'SFENCE', build: nothing },
  // A hint never faults, wherever it points.
  { mnemonic: 'PREFETCH', build: nothing },
  // Checked like a byte load (SDM 2A, CLFLUSH).
  { mnemonic: 'CLFLUSH', build: (b) => void b.loadFrom(b.reference(0), 8) },
  { mnemonic: 'UD0', build: undefinedOpcode },
  { mnemonic: 'UD1', build: undefinedOpcode },
  { mnemonic: 'UD2', build: undefinedOpcode },
  { mnemonic: 'INVALID', build: undefinedOpcode },
  // More than 15 bytes.
  { mnemonic: 'TOO_LONG', build: (b) => b.fault(GP, 0) },
];
