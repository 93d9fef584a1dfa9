// Assembly text to bytes, for golden cases: the manual's operand order, labels, a few directives. Every
// encoding that iced-x86 knows is tried; the shortest that fits is taken.
//
//   loop:                          a label
//     add rax, [rsi+rcx*8+0x10]    an instruction; sizes (byte word dword qword oword tbyte) where needed
//     lock inc dword [rdi]         prefixes: lock rep repe repne
//     jnz loop
//   .org 0x1000                    goes on at an offset, filled with NOP
//   ; text                         a comment
import * as iced from 'iced-x86';

const {
  Code,
  Encoder,
  EncodingKind,
  Instruction,
  MemorySizeExt,
  Mnemonic,
  OpCodeOperandKind,
  OpKind,
  Register,
} = iced;

export interface Assembled {
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, number>;
}

type Bits = 32 | 64;
type Operand =
  | { readonly kind: 'register'; readonly register: number; readonly name: string }
  | { readonly kind: 'immediate'; readonly value: bigint }
  | { readonly kind: 'label'; readonly label: string }
  | {
      readonly kind: 'memory';
      /** Bytes; 0 where it is not written. */
      readonly size: number;
      readonly segment: number;
      readonly base: number;
      readonly index: number;
      readonly scale: number;
      readonly displacement: bigint;
    };

const registers = new Map<string, number>();
for (const [name, value] of Object.entries(Register)) {
  if (typeof value === 'number') registers.set(name.toLowerCase(), value);
}
const SIZES = new Map([
  ['byte', 1],
  ['word', 2],
  ['dword', 4],
  ['qword', 8],
  ['tbyte', 10],
  ['oword', 16],
]);
const NUMBER = /^-?(0x[0-9a-f]+|\d+)$/i;
const number = (text: string) => (text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text));

function parseMemory(text: string, size: number): Operand {
  const found = /^(?:([c-gs]s):)?\[(.*)\]$/.exec(text);
  if (!found) throw new Error(`not an operand: ${text}`);
  let [base, index, scale, displacement] = [0, 0, 1, 0n];
  for (const term of found[2]!
    .replace(/-/g, '+-')
    .split('+')
    .filter((part) => part !== '')) {
    const [name, factor] = term.split('*') as [string, string?];
    const register = registers.get(name);
    if (register === undefined) displacement += number(term);
    else if (base === 0 && factor === undefined) base = register;
    else [index, scale] = [register, Number(factor ?? 1)];
  }
  const segment = found[1] === undefined ? 0 : registers.get(found[1])!;
  return { kind: 'memory', size, segment, base, index, scale, displacement };
}

function parseOperand(text: string): Operand {
  const register = registers.get(text);
  if (register !== undefined) return { kind: 'register', register, name: text };
  if (NUMBER.test(text)) return { kind: 'immediate', value: number(text) };
  const sized = /^(byte|word|dword|qword|tbyte|oword) (.*)$/.exec(text);
  if (sized) return parseMemory(sized[2]!, SIZES.get(sized[1]!)!);
  if (text.includes('[')) return parseMemory(text, 0);
  return { kind: 'label', label: text };
}

/** A legacy encoding: its code, its operand kinds by iced's names, bytes of its memory operand. */
interface Encoding {
  readonly code: iced.Code;
  readonly kinds: readonly string[];
  readonly memory: number;
}

/** By mnemonic in lower case. */
const encodings = new Map<string, Encoding[]>();
function readEncodings(): void {
  const kindNames = OpCodeOperandKind as unknown as Record<number, string>;
  const names = Mnemonic as unknown as Record<number, string>;
  for (let code = 1; Code[code] !== undefined; code++) {
    const instruction = new Instruction();
    instruction.code = code;
    const { opCode } = instruction;
    if (opCode.encoding === EncodingKind.Legacy) {
      const kinds = Array.from({ length: opCode.opCount }, (_, i) => kindNames[opCode.opKind(i)]!);
      const mnemonic = names[instruction.mnemonic]!.toLowerCase();
      const list = encodings.get(mnemonic) ?? [];
      list.push({ code, kinds, memory: MemorySizeExt.size(opCode.memorySize) });
      encodings.set(mnemonic, list);
    }
    opCode.free();
    instruction.free();
  }
}

/** Conditions that iced names differently. */
const ALIASES: Readonly<Record<string, string>> = {
  jz: 'je',
  jnz: 'jne',
  jc: 'jb',
  jnc: 'jae',
  jnb: 'jae',
  setc: 'setb',
  sete: 'sete',
  setz: 'sete',
  adc: 'adc',
};

/** Whether an immediate fits into `bits`, sign-extended or not. */
function fits(value: bigint, bits: number, signed: boolean): boolean {
  if (BigInt.asIntN(bits, value) === value) return true;
  return !signed && BigInt.asUintN(bits, value) === value;
}

const FIXED: Readonly<Record<string, string>> = {
  al: 'al',
  cl: 'cl',
  ax: 'ax',
  dx: 'dx',
  eax: 'eax',
  rax: 'rax',
  st0: 'st0',
  es: 'es',
  cs: 'cs',
  ss: 'ss',
  ds: 'ds',
  fs: 'fs',
  gs: 'gs',
};
const between = (value: number, first: number, last: number) => value >= first && value <= last;

function isRegister(kind: string, register: number): boolean {
  const R = Register;
  if (kind.startsWith('r8_')) return between(register, R.AL, R.R15L);
  if (kind.startsWith('r16_')) return between(register, R.AX, R.R15W);
  if (kind.startsWith('r32_')) return between(register, R.EAX, R.R15D);
  if (kind.startsWith('r64_')) return between(register, R.RAX, R.R15);
  if (kind.startsWith('xmm_')) return between(register, R.XMM0, R.XMM15);
  if (kind.startsWith('mm_')) return between(register, R.MM0, R.MM7);
  if (kind.startsWith('sti_')) return between(register, R.ST0, R.ST7);
  return kind === 'seg_reg' && between(register, R.ES, R.GS);
}

/** Fills an operand in; false where it does not fit. */
function fill(
  instruction: iced.Instruction,
  at: number,
  kind: string,
  operand: Operand,
  target: bigint,
  bits: Bits,
): boolean {
  const K = OpKind;
  switch (operand.kind) {
    case 'register':
      if (FIXED[kind] !== operand.name && !isRegister(kind, operand.register)) return false;
      instruction.setOpKind(at, K.Register);
      instruction.setOpRegister(at, operand.register);
      return true;
    case 'immediate': {
      const { value } = operand;
      const found = /^imm(8|16|32|64)(?:sex(16|32|64))?$/.exec(kind);
      if (!found) return kind === 'imm8_const_1' && value === 1n;
      const narrow = Number(found[1]);
      const wide = Number(found[2] ?? narrow);
      const ok =
        found[2] === undefined
          ? fits(value, narrow, false)
          : BigInt.asIntN(narrow, value) === BigInt.asIntN(wide, value) && fits(value, wide, false);
      if (!ok) return false;
      const name = `Immediate${narrow}${found[2] === undefined ? '' : `to${wide}`}`;
      instruction.setOpKind(at, (K as unknown as Record<string, number>)[name]!);
      if (found[2] !== undefined) instruction.setImmediateI32(at, Number(BigInt.asIntN(32, value)));
      else if (narrow === 64) instruction.setImmediateU64(at, BigInt.asUintN(64, value));
      else instruction.setImmediateU32(at, Number(BigInt.asUintN(narrow, value)));
      return true;
    }
    case 'label': {
      if (!kind.startsWith(`br${bits}_`)) return false;
      instruction.setOpKind(at, bits === 64 ? K.NearBranch64 : K.NearBranch32);
      if (bits === 64) instruction.nearBranch64 = target;
      else instruction.nearBranch32 = Number(target);
      return true;
    }
    case 'memory':
      if (!kind.endsWith('_or_mem') && kind !== 'mem') return false;
      instruction.setOpKind(at, K.Memory);
      instruction.segmentPrefix = operand.segment;
      instruction.memoryBase = operand.base;
      instruction.memoryIndex = operand.index;
      instruction.memoryIndexScale = operand.scale;
      instruction.memoryDisplacement = BigInt.asUintN(64, operand.displacement);
      instruction.memoryDisplSize =
        operand.displacement === 0n && operand.base !== 0 ? 0 : operand.base === 0 ? bits / 8 : 1;
      return true;
  }
}

const IMPLIED = /^(es_rDI|seg_r[SD]I|seg_rBX_al)$/;

/** The shortest encoding of an instruction at an offset; `targetOf` gives the offsets of labels. */
function encode(text: string, bits: Bits, at: number, targetOf: (label: string) => number): Uint8Array {
  if (encodings.size === 0) readEncodings();
  const found = /^((?:lock |rep |repe |repne )?)(\S+)\s*(.*)$/.exec(text)!;
  const prefix = found[1]!.trim();
  const mnemonic = ALIASES[found[2]!] ?? found[2]!;
  const operands = found[3] === '' ? [] : found[3]!.split(/\s*,\s*/).map(parseOperand);
  let best: Uint8Array | null = null;
  const sizes = new Set<number>();
  const label = operands.find((operand) => operand.kind === 'label');
  const target = BigInt(label?.kind === 'label' ? targetOf(label.label) : 0);
  const encoder = new Encoder(bits);
  for (const { code, kinds, memory } of encodings.get(mnemonic) ?? []) {
    const unwritten = operands.length === 0 && kinds.some((kind) => IMPLIED.test(kind));
    if (kinds.length !== operands.length && !unwritten) continue;
    const sized = operands.find((operand) => operand.kind === 'memory');
    if (sized?.kind === 'memory' && sized.size !== 0 && memory !== 0 && sized.size !== memory) continue;
    const instruction = new Instruction();
    instruction.code = code;
    instruction.hasLockPrefix = prefix === 'lock';
    instruction.hasRepPrefix = prefix === 'rep' || prefix === 'repe';
    instruction.hasRepnePrefix = prefix === 'repne';
    try {
      if (operands.every((operand, i) => fill(instruction, i, kinds[i]!, operand, target, bits))) {
        if (operands.length === 0) implied(instruction, kinds, bits);
        const length = encoder.encode(instruction, BigInt(at));
        const bytes = encoder.takeBuffer().slice(0, length);
        if (sized) sizes.add(memory);
        if (best === null || bytes.length < best.length) best = bytes;
      }
    } catch {
      // Not in this mode, or out of reach.
      encoder.takeBuffer();
    }
    instruction.free();
  }
  encoder.free();
  if (best === null) throw new Error(`no encoding: ${text}`);
  if (sizes.size > 1 && !operands.some((operand) => operand.kind === 'register'))
    throw new Error(`of which size? ${text}`);
  return best;
}

/** String instructions are written without operands. */
function implied(instruction: iced.Instruction, kinds: readonly string[], bits: Bits): void {
  kinds.forEach((kind, i) => {
    const wide = bits === 64;
    if (kind === 'es_rDI') instruction.setOpKind(i, wide ? OpKind.MemoryESRDI : OpKind.MemoryESEDI);
    else if (kind === 'seg_rSI') instruction.setOpKind(i, wide ? OpKind.MemorySegRSI : OpKind.MemorySegESI);
    else {
      instruction.setOpKind(i, OpKind.Register);
      instruction.setOpRegister(i, registers.get(kind)!);
    }
  });
}

/** The lines' bytes, the first at offset `start`. Branches have the shortest form that reaches. */
export function assemble(lines: readonly string[], bits: Bits, start: number): Assembled {
  const statements = lines
    .map((line) => line.replace(/;.*/, '').trim().toLowerCase())
    .filter((line) => line !== '');
  let labels = new Map<string, number>();
  for (let pass = 0; pass < 8; pass++) {
    const bytes: number[] = [];
    const found = new Map<string, number>();
    for (const statement of statements) {
      const at = start + bytes.length;
      if (statement.endsWith(':')) found.set(statement.slice(0, -1), at);
      else if (statement.startsWith('.org ')) {
        const to = Number(statement.slice(5));
        if (to < at) throw new Error(`${statement} lies behind`);
        for (let i = at; i < to; i++) bytes.push(0x90);
      } else {
        const target = (label: string) => {
          const known = labels.get(label);
          if (known === undefined && pass > 0) throw new Error(`no label ${label}`);
          return known ?? at;
        };
        bytes.push(...encode(statement, bits, at, target));
      }
    }
    const same = labels.size === found.size && [...found].every(([label, at]) => labels.get(label) === at);
    if (same) return { bytes: Uint8Array.from(bytes), labels };
    labels = found;
  }
  throw new Error('branches do not settle');
}
