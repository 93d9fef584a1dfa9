// Where the host's processor and ours may differ in a program that ends in an exception, each with its reason.
// The manuals leave these open; what the tables of instructions.ts leave out is not even tried.
import type { RunnerName } from './guest.ts';
import type * as I from './image.ts';
import { CODE, CODE_AT, CR2_AT, MXCSR_AT, RIP_AT, VECTOR_AT } from './image.ts';
import { decodeProgram, type Program } from './program.ts';

interface KnownDifference {
  readonly reason: string;
  /** Mnemonics of the instruction at which either of the two stopped. */
  readonly mnemonics?: RegExp;
  readonly when?: (program: Program, expected: I.Image, found: I.Image) => boolean;
  /** Only of this engine. */
  readonly engine?: RunnerName;
  /** Names of the differences that do not count; all when missing. */
  readonly ignores?: RegExp;
}

const PAGE_FAULT = 14n;
const ALIGNMENT_CHECK = 17n;
const GENERAL_PROTECTION = 13n;
const STACK_FAULT = 12n;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason: 'Several pushes: the host leaves those before the fault in memory (below the stack pointer).',
    mnemonics: /^(Pusha|Pushad|Enter)$/,
    ignores: /^memory/,
  },
  {
    reason:
      'Areas are not read from their beginning: CR2 is that of another page of the operand, or of another byte.',
    mnemonics: /^(Frstor|Fldenv)$/,
    ignores: /^CR2/,
  },
  {
    reason: 'ENTER with a nesting level: of several faults the first, and what is in memory by then.',
    mnemonics: /^Enter$/,
    ignores: /^(memory|CR2|vector|error code)/,
  },
  {
    reason: 'AMD processors read areas in pieces of their own, whose alignment they check.',
    mnemonics: /^(Frstor|Fldenv)$/,
    when: (_, expected, found) =>
      expected.get64(VECTOR_AT) === ALIGNMENT_CHECK || found.get64(VECTOR_AT) === ALIGNMENT_CHECK,
  },
  {
    reason: 'MASKMOVDQU writes in halves on AMD processors, whose alignment is checked.',
    mnemonics: /^Maskmovdqu$/,
    when: (_, expected, found) =>
      found.get64(VECTOR_AT) === ALIGNMENT_CHECK && expected.get64(VECTOR_AT) !== ALIGNMENT_CHECK,
  },
  {
    reason: 'AMD processors go over to the MMX state before the fault.',
    mnemonics: /^Maskmovq$/,
    ignores: /^(FTW|FSW|ST\d)/,
  },
  {
    reason: 'AMD processors have MXCSR.MM (bit 17), which the profile does not offer.',
    mnemonics: /^Ldmxcsr$/,
    when: (_, expected, found) =>
      found.get64(VECTOR_AT) === GENERAL_PROTECTION && (expected.get32(MXCSR_AT) & 0x2_0000) !== 0,
  },
  {
    reason:
      'A string instruction that overwrites itself: the reference engine reads it again for each iteration.',
    engine: 'reference',
    when: (program, expected) =>
      program.code.some((byte, i) => byte !== expected.bytes[CODE_AT + i]) &&
      decodeProgram(program).some(({ template }) => /^(Movs|Stos)[bwdq]$/.test(template?.mnemonic ?? '')),
  },
  {
    reason: 'An access over the end of a 4 GiB segment: #GP by the host, which ours makes wrap around.',
    when: ({ bits }, expected, found) =>
      bits === 32 &&
      (expected.get64(VECTOR_AT) === GENERAL_PROTECTION || expected.get64(VECTOR_AT) === STACK_FAULT) &&
      found.get64(VECTOR_AT) === PAGE_FAULT &&
      found.get64(CR2_AT) > 0xffff_ff00n,
  },
  {
    reason: 'Both operands fault, and the host looks at them in one order or the other (fast REPE CMPSB).',
    mnemonics: /^Cmps[bwdq]$/,
    ignores: /^(CR2|vector|error code)/,
  },
  {
    reason: 'CALL to an address that is not canonical while the stack faults too: the order of the two.',
    mnemonics: /^Call$/,
    when: (_, expected, found) =>
      expected.get64(VECTOR_AT) === PAGE_FAULT && found.get64(VECTOR_AT) === GENERAL_PROTECTION,
    ignores: /^(CR2|vector|error code)/,
  },
];

/** The differences that are not known ones. */
export function unexplained(
  program: Program,
  expected: I.Image,
  found: I.Image,
  differences: readonly string[],
  engine: RunnerName,
): readonly string[] {
  if (differences.length === 0) return differences;
  const decoded = decodeProgram(program);
  const at = [expected, found].map((image) => Number(image.get64(RIP_AT)) - CODE);
  const mnemonics = decoded
    .filter((one) => at.includes(one.at))
    .map(({ template }) => template?.mnemonic ?? '');
  let left = differences;
  for (const { mnemonics: wanted, when, engine: only, ignores } of KNOWN_DIFFERENCES) {
    if (only && only !== engine) continue;
    if (wanted && !mnemonics.some((mnemonic) => wanted.test(mnemonic))) continue;
    if (when && !when(program, expected, found)) continue;
    left = ignores ? left.filter((line) => !ignores.test(line)) : [];
  }
  return left;
}
