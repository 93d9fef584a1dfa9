// The notation of the opcode tables, and its parser. A table is a text, one row a line, in the order
// and with the operand letters of the manual's opcode maps (Intel SDM volume 2D, appendix A; AMD64
// APM volume 3, appendix A):
//
//   [prefix] opcode [/ext] [mod]   MNEMONIC   operands   flags and CPUID features
//   F3 B8                          POPCNT     Gv,Ev      POPCNT
//
// prefix   NP (none), 66, F3, F2 where the prefix is part of the opcode; several with slashes: NP/66.
//          A row without one takes what the opcode's other rows leave; so does `50+` after `50`.
// opcode   a byte; `50+`: eight opcodes with a register in bits 2:0; `70cc`: sixteen, a condition in 3:0.
// /ext     bits 5:3 of the ModRM byte.
// mod      m: a memory operand; r: a register operand; r0..r7: this register in bits 2:0 of the ModRM byte.
//          (Follows from the operands where they leave no choice.)
//
// Operand letters: A far pointer; C, D control and debug register; E general register or memory;
// G general register; I immediate; J branch displacement; M memory; N MMX register in r/m; O offset;
// P MMX register; Q MMX register or memory; R general register in r/m; S segment register; U XMM
// register in r/m; V XMM register; W XMM register or memory; X, Y string operands.
// Operand types: b 8, w 16, d 32, q 64, dq 128, t 80 bits; v 16, 32 or 64 by operand size; z 16 or 32;
// y 32 or 64; ss sd ps pd as in the manual; none: an area of another size.
// Deviations: Z is the register in the opcode; type r is 32 bits, and 64 in 64-bit mode; `Ibs` is a
// byte sign-extended to the operand size; `Rd/Mb` is a register or memory of different widths; ST0, STi.
//
// Flags: lock (may be locked), i64 (invalid in 64-bit mode), o64 (only in 64-bit mode), d64 (operand
// size 64 by default there), f64 (always), pm (not recognised in real and virtual-8086 mode), rep
// (repeatable), ds (implicit memory operand through DS or an override), anymod (bits 7:6 of ModRM are
// ignored), W0, W1 (REX.W), B0 (REX.B clear), cc=N (condition).
import { FEATURE_BITS, type FeatureName } from '../cpuid/feature-names.ts';

export type MapName = 'one-byte' | '0F' | '0F38' | '0F3A';

/** Mandatory prefix as an index: 0 none, 1 66, 2 F3, 3 F2. */
export const PREFIXES = ['NP', '66', 'F3', 'F2'] as const;

/** Where an operand comes from. */
export type OperandSource =
  | 'rm'
  | 'reg'
  | 'opcode' // a register (of the class below) or memory by ModRM; by its reg bits; by the opcode
  | 'fixed'
  | 'immediate'
  | 'relative'
  | 'far'
  | 'offset'
  | 'string'
  | 'one';

export type RegisterClass = 'gpr' | 'mm' | 'xmm' | 'st' | 'segment' | 'control' | 'debug' | 'none';

/** Widths by operand size 16, 32, 64; type r depends on the mode instead. */
export interface WidthRule {
  readonly type: string;
  readonly bits: readonly [number, number, number];
}

export interface OperandSpec {
  /** As written in the table. */
  readonly text: string;
  readonly source: OperandSource;
  readonly registers: RegisterClass;
  /** Of the register form, or of the only form. */
  readonly width: WidthRule;
  /** Of the memory form. */
  readonly memoryWidth: WidthRule;
  /** Which register, for source 'fixed'. */
  readonly number: number;
  /** Immediates: sign-extended byte. */
  readonly signed: boolean;
}

export interface Row {
  readonly map: MapName;
  /** First opcode and how many consecutive ones (1, 8, 16). */
  readonly opcode: number;
  readonly opcodes: 1 | 8 | 16;
  /** Mandatory prefixes as indices into PREFIXES; empty: any. */
  readonly prefixes: readonly number[];
  /** Required bits 5:3 of ModRM, or -1. */
  readonly extension: number;
  readonly mod: 'any' | 'memory' | 'register';
  /** Required bits 2:0 of ModRM with a register form, or -1. */
  readonly rm: number;
  readonly hasModRm: boolean;
  readonly mnemonic: string;
  readonly operands: readonly OperandSpec[];
  readonly feature: FeatureName | null;
  readonly flags: ReadonlySet<Flag>;
  /** Condition code of the first opcode, or -1. */
  readonly condition: number;
  /** The row as written, for the coverage page and messages. */
  readonly text: string;
}

const FLAGS = ['lock', 'i64', 'o64', 'd64', 'f64', 'pm', 'rep', 'ds', 'anymod', 'W0', 'W1', 'B0'] as const;
export type Flag = (typeof FLAGS)[number];
const isFlag = (token: string): token is Flag => (FLAGS as readonly string[]).includes(token);
const isFeature = (token: string): token is FeatureName => Object.hasOwn(FEATURE_BITS, token);

const same = (bits: number): [number, number, number] => [bits, bits, bits];
const WIDTHS: Readonly<Record<string, readonly [number, number, number]>> = {
  '': same(0),
  b: same(8),
  w: same(16),
  d: same(32),
  q: same(64),
  t: same(80),
  dq: same(128),
  ss: same(32),
  sd: same(64),
  ps: same(128),
  pd: same(128),
  v: [16, 32, 64],
  bs: [16, 32, 64],
  z: [16, 32, 32],
  y: [32, 32, 64],
  r: [32, 32, 32],
};

function widthRule(type: string): WidthRule {
  const bits = WIDTHS[type];
  if (!bits) throw new Error(`unknown operand type ${type}`);
  return { type, bits };
}

interface Letter {
  readonly source: OperandSource;
  readonly registers: RegisterClass;
  /** What `rm` operands allow. */
  readonly mod: 'any' | 'memory' | 'register';
}
const letter = (source: OperandSource, registers: RegisterClass, mod: Letter['mod'] = 'any'): Letter => ({
  source,
  registers,
  mod,
});
const LETTERS: Readonly<Record<string, Letter>> = {
  A: letter('far', 'none'),
  C: letter('reg', 'control'),
  D: letter('reg', 'debug'),
  E: letter('rm', 'gpr'),
  G: letter('reg', 'gpr'),
  I: letter('immediate', 'none'),
  J: letter('relative', 'none'),
  M: letter('rm', 'none', 'memory'),
  N: letter('rm', 'mm', 'register'),
  O: letter('offset', 'none'),
  P: letter('reg', 'mm'),
  Q: letter('rm', 'mm'),
  R: letter('rm', 'gpr', 'register'),
  S: letter('reg', 'segment'),
  U: letter('rm', 'xmm', 'register'),
  V: letter('reg', 'xmm'),
  W: letter('rm', 'xmm'),
  X: letter('string', 'gpr'),
  Y: letter('string', 'gpr'),
  Z: letter('opcode', 'gpr'),
};

const FIXED: Readonly<Record<string, readonly [RegisterClass, number, string]>> = {
  AL: ['gpr', 0, 'b'],
  CL: ['gpr', 1, 'b'],
  AX: ['gpr', 0, 'w'],
  DX: ['gpr', 2, 'w'],
  eAX: ['gpr', 0, 'z'],
  rAX: ['gpr', 0, 'v'],
  ES: ['segment', 0, 'w'],
  CS: ['segment', 1, 'w'],
  SS: ['segment', 2, 'w'],
  DS: ['segment', 3, 'w'],
  FS: ['segment', 4, 'w'],
  GS: ['segment', 5, 'w'],
  ST0: ['st', 0, 't'],
};

function parseOperand(text: string): OperandSpec & { mod: Letter['mod'] } {
  const base = { text, number: 0, signed: false, mod: 'any' as Letter['mod'] };
  const none = widthRule('');
  const fixed = FIXED[text];
  if (fixed) {
    const [registers, number, type] = fixed;
    return { ...base, source: 'fixed', registers, number, width: widthRule(type), memoryWidth: none };
  }
  if (text === '1') return { ...base, source: 'one', registers: 'none', width: none, memoryWidth: none };
  if (text === 'STi') {
    const width = widthRule('t');
    return { ...base, source: 'rm', registers: 'st', width, memoryWidth: width, mod: 'register' };
  }
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const register = parseOperand(text.slice(0, slash));
    const memory = parseOperand(text.slice(slash + 1));
    return { ...register, text, memoryWidth: memory.width, mod: 'any' };
  }
  const rule = LETTERS[text[0]!];
  if (!rule) throw new Error(`unknown operand ${text}`);
  const width = widthRule(text.slice(1));
  return { ...base, ...rule, width, memoryWidth: width, signed: text === 'Ibs' };
}

function parseRow(map: MapName, text: string): Row {
  const tokens = text.split(/\s+/);
  const isOpcode = (token: string | undefined) => token !== undefined && /^[0-9A-F]{2}(\+|cc)?$/.test(token);
  let prefixes: number[] = [];
  if (/^(NP|66|F3|F2)(\/(66|F3|F2))*$/.test(tokens[0]!) && isOpcode(tokens[1])) {
    prefixes = tokens
      .shift()!
      .split('/')
      .map((name) => PREFIXES.indexOf(name as (typeof PREFIXES)[number]));
  }
  const opcodeText = tokens.shift()!;
  if (!isOpcode(opcodeText)) throw new Error('no opcode');
  const opcode = Number.parseInt(opcodeText.slice(0, 2), 16);
  const opcodes = opcodeText.endsWith('+') ? 8 : opcodeText.endsWith('cc') ? 16 : 1;
  const extension = tokens[0]!.startsWith('/') ? Number(tokens.shift()!.slice(1)) : -1;
  let mod: Row['mod'] = 'any';
  let rm = -1;
  if (/^(m|r[0-7]?)$/.test(tokens[0]!)) {
    const token = tokens.shift()!;
    mod = token === 'm' ? 'memory' : 'register';
    if (token.length === 2) rm = Number(token[1]);
  }
  const mnemonic = tokens.shift()!;
  const flags = new Set<Flag>();
  let operands: ReturnType<typeof parseOperand>[] = [];
  let feature: FeatureName | null = null;
  let condition = opcodes === 16 ? 0 : -1;
  for (const token of tokens) {
    if (isFlag(token)) flags.add(token);
    else if (isFeature(token)) feature = token;
    else if (token.startsWith('cc=')) condition = Number(token.slice(3));
    else operands = token.split(',').map(parseOperand);
  }
  for (const operand of operands) if (operand.mod !== 'any' && !flags.has('anymod')) mod = operand.mod;
  const hasModRm =
    extension >= 0 || mod !== 'any' || operands.some((o) => o.source === 'rm' || o.source === 'reg');
  return {
    map,
    opcode,
    opcodes,
    prefixes,
    extension,
    mod,
    rm,
    hasModRm,
    mnemonic,
    operands,
    feature,
    flags,
    condition,
    text,
  };
}

/** Parses a table. Lines that are empty or begin with `#` are skipped. */
export function parseTable(map: MapName, table: string): Row[] {
  const rows: Row[] = [];
  for (const line of table.split('\n')) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    try {
      rows.push(parseRow(map, text));
    } catch (error) {
      throw new Error(`opcode map ${map}, row "${text}": ${(error as Error).message}`);
    }
  }
  return rows;
}
