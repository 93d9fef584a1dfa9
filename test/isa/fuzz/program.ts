// A random program: the image to run, and which flags are undefined where, so that they are not compared.
//
// An instruction that would read a flag that may be undefined is not taken. Since all jumps go forward, a pass
// from the first instruction to the last knows what may be undefined; programs with returns and indirect jumps
// are thrown away when any of their instructions reads what any other leaves undefined.
import * as iced from 'iced-x86';
import * as I from './image.ts';
import { fillInitial } from './initial.ts';
import { type Family, INVALID, type Template, templatesFor } from './instructions.ts';
import { makeInstruction, type Surroundings } from './operands.ts';
import { Random } from './random.ts';

export type Bits = 32 | 64;

export interface Program {
  readonly bits: Bits;
  readonly initial: I.Image;
  /** Bytes of the instructions, with the UD2 at the end. */
  readonly code: Uint8Array;
}

/** An instruction of a program as decoded again. */
export interface Decoded {
  readonly at: number;
  readonly length: number;
  readonly template: Template | undefined;
  /** Undefined flags that may be there before it runs. */
  readonly undefinedBefore: number;
  /** Offset of a branch target, -1 for others. */
  readonly target: number;
}

const UD2 = [0x0f, 0x0b];
const DECODER_OPTIONS = iced.DecoderOptions.NoWbnoinvd;
const MOST_INSTRUCTIONS = 20;

interface Tables {
  readonly byFamily: Map<Family, Template[][]>;
  readonly byCode: Map<number, Template>;
  readonly encoder: iced.Encoder;
}
const tables = new Map<Bits, Tables>();

function tablesFor(bits: Bits): Tables {
  let found = tables.get(bits);
  if (!found) {
    const list = templatesFor(bits);
    const byFamily = new Map<Family, Template[][]>();
    for (const [family, members] of Map.groupBy(list, (template) => template.family)) {
      byFamily.set(family, [...Map.groupBy(members, (template) => template.mnemonic).values()]);
    }
    found = {
      byFamily,
      byCode: new Map(list.map((template) => [template.code, template])),
      encoder: new iced.Encoder(bits),
    };
    tables.set(bits, found);
  }
  return found;
}

/** Mnemonics that mostly end a program, and are wanted less often. */
const RARE = new Map([
  ['Ud0', 3], ['Ud1', 3], ['Ud2', 3], ['Int3', 5], ['Into', 30], ['Bound', 40], ['Div', 40], ['Idiv', 40], ['Ret', 30],
  ['Popf', 30], ['Popfq', 30], ['Popfd', 30], ['Ldmxcsr', 20], ['Fldenv', 30], ['Frstor', 30], ['Wrfsbase', 15],
  ['Wrgsbase', 15], ['Int', 5], ['Enter', 40], ['Leave', 30], ['Popa', 40], ['Popad', 40], ['Fldcw', 30],
]); // biome-ignore format: a list

const WEIGHTS: readonly (readonly [Family, number])[][] = [
  [['refused', 1], ['integer', 79], ['control', 10], ['x87', 3], ['simd', 7]],
  [['integer', 30], ['control', 6], ['x87', 4], ['simd', 60]],
  [['integer', 18], ['control', 4], ['x87', 72], ['simd', 6]],
  [['refused', 1], ['integer', 39], ['control', 10], ['x87', 20], ['simd', 30]],
]; // biome-ignore format: a table

function chooseTemplate(
  random: Random,
  { byFamily }: Tables,
  weights: readonly (readonly [Family, number])[],
): Template {
  for (;;) {
    let roll = random.below(100);
    const family = weights.find(([, weight]) => {
      roll -= weight;
      return roll < 0;
    })![0];
    const template = random.pick(random.pick(byFamily.get(family)!));
    if (random.chance(RARE.get(template.mnemonic) ?? 100)) return template;
  }
}

/** Kinds of immediates that are the last four (or eight) bytes of an instruction. */
const WIDE_IMMEDIATES: readonly number[] = [
  iced.OpCodeOperandKind.imm32,
  iced.OpCodeOperandKind.imm32sex64,
  iced.OpCodeOperandKind.imm64,
];

/** MOV of AL or EAX to a 32-bit displacement that is its last four bytes: relative to RIP, or not outside 64-bit mode. */
const storeAccumulator = (random: Random): number[] => [random.pick([0x88, 0x89]), 0x05, 0, 0, 0, 0];

/** A jump whose target is not in its bytes. */
const isWild = (template: Template) => template.mnemonic === 'Ret' || /^(Jmp|Call)_rm/.test(template.name);

function encode(encoder: iced.Encoder, instruction: iced.Instruction, at: number): Uint8Array | null {
  try {
    encoder.encode(instruction, BigInt(I.CODE + at));
    return encoder.takeBuffer();
  } catch {
    encoder.takeBuffer();
    return null;
  }
}

const PREFIXES = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];
const LONGEST = 15;

/**
 * Puts prefixes before an instruction or changes a bit of it. Null when the result is not an instruction of the
 * tables, nor (`invalid`) bytes that are none at all.
 */
function mutate(
  random: Random,
  bits: Bits,
  bytes: Uint8Array,
  { byCode }: Tables,
  invalid: boolean,
): { bytes: Uint8Array; ends: boolean } | null {
  const changed = [...bytes];
  if (random.chance(50)) changed[random.below(changed.length)]! ^= 1 << random.below(8);
  for (let n = random.below(3); n > 0; n--) {
    changed.unshift(bits === 64 && random.chance(20) ? 0x40 + random.below(16) : random.pick(PREFIXES));
  }
  if (changed.length > LONGEST - 2) return null;
  // LOCK MOV CR0 is MOV CR8 to AMD processors, and no instruction to the profile.
  if (
    changed.includes(0xf0) &&
    changed.some((byte, i) => byte === 0x0f && [0x20, 0x22].includes(changed[i + 1]!))
  ) {
    return null;
  }
  const padded = Uint8Array.from([...changed, ...UD2, ...new Array<number>(LONGEST).fill(0)]);
  const decoder = new iced.Decoder(bits, padded, DECODER_OPTIONS);
  const instruction = decoder.decode();
  const { code, length } = instruction;
  const isBranch = instruction.flowControl !== iced.FlowControl.Next;
  // A system call of the host.
  const isCall = instruction.mnemonic === iced.Mnemonic.Int && instruction.immediate8 === 0x80;
  instruction.free();
  decoder.free();
  const accepted =
    code === iced.Code.INVALID
      ? invalid
      : byCode.has(code) && length === changed.length && !isBranch && !isCall;
  return accepted ? { bytes: Uint8Array.from(changed), ends: code === iced.Code.INVALID } : null;
}

/** The program of this number in the run of this seed. */
export function makeProgram(seed: number, number: number, bits: Bits): Program {
  const random = new Random(seed, number);
  for (;;) {
    const program = attempt(random, bits);
    if (program) return program;
  }
}

function attempt(random: Random, bits: Bits): Program | null {
  const table = tablesFor(bits);
  const initial = new I.Image();
  const pointers = fillInitial(random, initial, bits);
  const s: Surroundings = { random, bits, pointers, fsBase: Number(initial.get64(I.FS_BASE_AT)) };
  const weights = random.pick(WEIGHTS);
  let count = 1 + random.below(MOST_INSTRUCTIONS);
  const starts: number[] = [];
  const branches: { at: number; end: number; size: number; skip: number }[] = [];
  const code: number[] = [];
  // A store into the immediate of a later instruction: where it ends, and where the immediate begins.
  let store = 0;
  let immediate = I.DATA;
  while (starts.length < count) {
    if (store === 0 && random.chance(1)) {
      starts.push(code.length);
      code.push(...storeAccumulator(random));
      store = code.length;
      continue;
    }
    const template = chooseTemplate(random, table, weights);
    // Through a bit offset in a register, or a pointer in memory, wild addresses come too easily.
    if (/^Bt[src]?_rm.*_r/.test(template.name) && random.chance(60)) continue;
    if (isWild(template) && random.chance(70)) continue;
    const instruction = makeInstruction(s, template);
    if (!instruction) continue;
    const isBranch =
      template.operands[0]! >= iced.OpCodeOperandKind.br16_1 &&
      template.operands[0]! <= iced.OpCodeOperandKind.br64_4;
    if (isBranch) {
      if (bits === 64) instruction.nearBranch64 = BigInt(I.CODE + code.length);
      else instruction.nearBranch32 = I.CODE + code.length;
    }
    let bytes = encode(table.encoder, instruction, code.length);
    instruction.free();
    if (!bytes) continue;
    let changed = false;
    if (!isBranch && random.chance(12)) {
      changed = true;
      const mutated = mutate(random, bits, bytes, table, random.chance(15));
      if (!mutated) continue;
      bytes = mutated.bytes;
      // No jump may lead behind what is no instruction: it is the last.
      if (mutated.ends) count = starts.length + 1;
    }
    starts.push(code.length);
    code.push(...bytes);
    const hasImmediate =
      WIDE_IMMEDIATES.includes(template.operands.at(-1) ?? -1) && table.byCode.has(template.code);
    if (store > 0 && hasImmediate && !changed) immediate = I.CODE + code.length - 4;
    if (isBranch)
      branches.push({
        at: starts.length - 1,
        end: code.length,
        size: bytes.length > 4 ? 4 : 1,
        skip: random.below(5),
      });
  }
  starts.push(code.length);
  for (const { at, end, size, skip } of branches) {
    const distance = starts[Math.min(at + 1 + skip, count)]! - end;
    if (size === 1 && distance > 127) return null;
    for (let i = 0; i < size; i++) code[end - size + i] = (distance >> (8 * i)) & 255;
  }
  if (store > 0) {
    const displacement = bits === 64 ? immediate - (I.CODE + store) : immediate;
    for (let i = 0; i < 4; i++) code[store - 4 + i] = (displacement >> (8 * i)) & 255;
  }
  code.push(...UD2);
  const program: Program = { bits, initial, code: Uint8Array.from(code) };
  initial.bytes.set(program.code, I.CODE_AT);
  const decoded = decodeProgram(program);
  const stops = decoded.some(({ template }) => template === INVALID);
  const asMeant =
    (stops || decoded.length === starts.length) && decoded.every(({ at }, i) => at === starts[i]);
  return asMeant && isSound(decoded) ? program : null;
}

/** Whether every instruction is one of the tables' and none reads a flag that may be undefined. */
export function isSoundProgram(program: Program): boolean {
  return isSound(decodeProgram(program));
}

function isSound(decoded: readonly Decoded[]): boolean {
  if (decoded.some(({ template }) => !template)) return false;
  const wild = decoded.some(({ template }) => isWild(template!));
  const all = decoded.reduce((mask, { template }) => mask | template!.undefined, 0);
  return decoded.every(
    ({ template, undefinedBefore }) => (template!.reads & (wild ? all : undefinedBefore)) === 0,
  );
}

/** Takes a program's bytes apart, and follows which flags may be undefined. */
export function decodeProgram(program: Program): Decoded[] {
  const { byCode } = tablesFor(program.bits);
  const decoder = new iced.Decoder(program.bits, program.code, DECODER_OPTIONS);
  decoder.ip = BigInt(I.CODE);
  const list: Decoded[] = [];
  const joins = new Map<number, number>();
  let undefined_ = 0;
  const instruction = new iced.Instruction();
  while (decoder.canDecode) {
    decoder.decodeOut(instruction);
    const at = Number(instruction.ip) - I.CODE;
    const template = instruction.code === iced.Code.INVALID ? INVALID : byCode.get(instruction.code);
    undefined_ |= joins.get(at) ?? 0;
    const kind = instruction.opCount > 0 ? instruction.opKind(0) : -1;
    const isBranch = kind >= iced.OpKind.NearBranch16 && kind <= iced.OpKind.NearBranch64;
    const target = isBranch ? Number(instruction.nearBranchTarget) - I.CODE : -1;
    if (target >= 0) joins.set(target, (joins.get(target) ?? 0) | undefined_);
    list.push({
      at,
      length: instruction.length || 1,
      template,
      undefinedBefore: undefined_,
      target,
    });
    // What is no instruction is the last but for the UD2.
    if (template === INVALID) break;
    if (template) undefined_ = (undefined_ & ~template.defines) | template.undefined;
  }
  instruction.free();
  decoder.free();
  return list;
}

/** The flags that may be undefined when the program stopped at an offset; all of them where that is no instruction's. */
export function undefinedFlagsAt(program: Program, offset: number): number {
  const decoded = decodeProgram(program);
  const all = decoded.reduce((mask, { template }) => mask | (template?.undefined ?? 0x8d5), 0);
  if (decoded.some(({ template }) => template && isWild(template))) return all;
  const found = decoded.find(({ at }) => at === offset);
  // A trap (INT3, single step) stops behind its instruction; elsewhere nothing is known.
  return found ? found.undefinedBefore : all;
}

/** The program as text, one instruction a line. */
export function listProgram(program: Program): string[] {
  const decoder = new iced.Decoder(program.bits, program.code, iced.DecoderOptions.None);
  decoder.ip = BigInt(I.CODE);
  const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
  const lines: string[] = [];
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    const at = Number(instruction.ip) - I.CODE;
    const bytes = Buffer.from(program.code.subarray(at, at + instruction.length)).toString('hex');
    lines.push(`${instruction.ip.toString(16)}  ${bytes.padEnd(24)} ${formatter.format(instruction)}`);
    instruction.free();
  }
  formatter.free();
  decoder.free();
  return lines;
}
