// A Meaning says what a mnemonic does; written once, for all widths, operand kinds and engines.
import type { Builder } from '../uops/builder.ts';

export interface Meaning {
  readonly mnemonic: string;
  /** Status flags (RFLAGS masks) that are read, and that are left undefined: tests mask those, the translator may drop them. */
  readonly reads?: number;
  readonly undefined?: number;
  readonly build: (b: Builder) => void;
}
