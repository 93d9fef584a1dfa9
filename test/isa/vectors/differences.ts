// Where a processor of today differs from the 80286 that the vectors were recorded on, each with its
// reason. Everything not listed here must agree.
import type { Register, Vector } from './moo.ts';

export interface Difference {
  readonly reason: string;
  /** Name of the vector file without its extension: opcode, and group number after a dot. */
  readonly opcodes: RegExp;
  readonly applies: (vector: Vector) => boolean;
  /** The test says nothing about us. */
  readonly skip?: true;
  /** The exception has another number today: the handler that was recorded is installed there. */
  readonly vector?: number;
  /** Bits of registers not compared. */
  readonly ignore?: Partial<Record<Register, number>>;
}

const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xf2, 0xf3]);

function prefixes(vector: Vector): number[] {
  const end = vector.bytes.findIndex((byte) => !PREFIXES.has(byte));
  return [...vector.bytes.subarray(0, end)];
}

/** Instructions that take LOCK since the 80386, when the destination is memory. */
const LOCKABLE = /\b(add|adc|and|dec|inc|neg|not|or|sbb|sub|xor) (byte |word )?\[|\bxchg .*\[/;

const GENERAL_PROTECTION = 13;
const STACK_FAULT = 12;

/** A memory operand in SS: named, or by default with BP. */
const STACK_OPERAND = /\[(ss:|bp)/;

export const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'LOCK raises #UD since the 80386 on everything but a read-modify-write of memory',
    opcodes: /./,
    applies: (vector) => prefixes(vector).includes(0xf0) && !LOCKABLE.test(vector.name),
    skip: true,
  },
  {
    reason: 'an instruction may have 15 bytes; the 80286 raises exception 13 after 10',
    opcodes: /./,
    // The last byte is the HLT behind the instruction.
    applies: (vector) => vector.exception?.vector === GENERAL_PROTECTION && vector.bytes.length - 1 > 10,
    skip: true,
  },
  {
    reason: 'FS and GS came with the 80386',
    opcodes: /^8[CE]$/,
    applies: (vector) => /\b[fg]s\b/.test(vector.name),
    skip: true,
  },
  {
    reason:
      'an overrun of SS raises exception 12 since the 80386; in real mode the 80286 raises 13 for it too',
    opcodes: /./,
    applies: (vector) => vector.exception?.vector === GENERAL_PROTECTION && STACK_OPERAND.test(vector.name),
    vector: STACK_FAULT,
  },
  {
    reason: 'likewise for what is popped',
    opcodes: /^(07|17|1F|5[8-F]|61|8F|9D|C[23ABF])$/,
    applies: ({ exception, initial }) =>
      exception?.vector === GENERAL_PROTECTION && initial.registers.sp > 0xfff0,
    vector: STACK_FAULT,
  },
  {
    reason: 'likewise for LEAVE, which pops from where BP points',
    opcodes: /^C9$/,
    applies: ({ exception, initial }) =>
      exception?.vector === GENERAL_PROTECTION && initial.registers.bp === 0xffff,
    vector: STACK_FAULT,
  },
  {
    reason: 'a string instruction that faults leaves its registers alone; the 80286 has moved them already',
    opcodes: /^(6[C-F]|A[4-7A-F])$/,
    applies: (vector) => vector.exception?.vector === GENERAL_PROTECTION,
    ignore: { si: 0xffff, di: 0xffff, cx: 0xffff },
  },
  {
    reason: 'EIP has 32 bits and does not wrap at the end of a 64 KiB segment; the HLT lies there',
    opcodes: /./,
    applies: (vector) => vector.final.registers.ip === 0,
    ignore: { ip: 0x10000 },
  },
  {
    reason: 'AAM by zero changes no flags before its exception; the 80286 has set PF already',
    opcodes: /^D4$/,
    applies: (vector) => vector.exception?.vector === 0,
    ignore: { flags: 0x04 },
  },
];

export function differencesFor(opcode: string, vector: Vector): Difference[] {
  return DIFFERENCES.filter((difference) => difference.opcodes.test(opcode) && difference.applies(vector));
}
