// The integer meanings against the host's own processor: random instructions on random operands,
// all registers, flags and the memory operand compared. DOPPEL_FUZZ_COUNT sets the number of rounds
// (each runs every encoding once), DOPPEL_FUZZ_SEED the seed.
//
// Only what neither faults nor moves RSP or RIP: those are in the vectors and the cases beside this.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNative } from '../../../test/isa/native/native.ts';
import { randomSource } from '../../../test/isa/native/operands.ts';
import * as L from '../state/layout.ts';
import { FLAG_OF, FLAGS_STATUS } from '../uops/ir.ts';
import { meanings } from './index.ts';
import { MEMORY_SIZE, TestProcessor } from './testing.ts';

// In the state area: sixteen registers, RFLAGS, and the memory that instructions use.
const FLAGS_AT = 128;
const MEMORY_AT = 0x1000;
const MEMORY_BYTES = 0x400;
/** RSI and RDI point here where an instruction has memory operands. */
const SOURCE = 0x1100;
const DESTINATION = 0x1300;
/** R15 holds the state area, RSP the host's stack. */
const UNTOUCHED = [L.RSP, 15];

/** mov r15, rdi and back are around; every register but RSP and R15 is loaded and stored. */
function wrap(instruction: readonly number[]): number[] {
  const code = [0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x49, 0x89, 0xff];
  code.push(0x41, 0xff, 0xb7, FLAGS_AT, 0, 0, 0, 0x9d); // push [r15 + FLAGS_AT]; popfq
  const move = (opcode: number, register: number) =>
    code.push(register >= 8 ? 0x4d : 0x49, opcode, 0x80 | ((register & 7) << 3) | 7, register * 8, 0, 0, 0);
  for (let r = 0; r < 15; r++) if (!UNTOUCHED.includes(r)) move(0x8b, r);
  code.push(...instruction);
  for (let r = 0; r < 15; r++) if (!UNTOUCHED.includes(r)) move(0x89, r);
  code.push(0x9c, 0x41, 0x8f, 0x87, FLAGS_AT, 0, 0, 0, 0xfc); // pushfq; pop [r15 + FLAGS_AT]; cld
  code.push(0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3);
  return code;
}

type Random = () => number;
type Shape = 'rm' | 'memory' | 'register' | 'none';

/** An encoding: prefixes, opcode, what ModRM may be (`group`: its reg field), immediate bytes. */
interface Encoding {
  readonly mnemonic: string;
  readonly prefix?: number;
  readonly opcode: readonly number[];
  readonly shape: Shape;
  readonly group?: number;
  readonly immediate: 0 | 1 | 2 | 4 | 'z';
  /** Byte operands: no operand-size prefix. */
  readonly byte?: boolean;
}

function encodings(): Encoding[] {
  const list: Encoding[] = [];
  const add = (mnemonic: string, opcode: number | number[], shape: Shape, more: Partial<Encoding> = {}) =>
    list.push({
      mnemonic,
      opcode: typeof opcode === 'number' ? [opcode] : opcode,
      shape,
      immediate: 0,
      ...more,
    });
  ['ADD', 'OR', 'ADC', 'SBB', 'AND', 'SUB', 'XOR', 'CMP'].forEach((mnemonic, i) => {
    for (const o of [0, 2]) add(mnemonic, 8 * i + o, 'rm', { byte: true });
    for (const o of [1, 3]) add(mnemonic, 8 * i + o, 'rm');
    add(mnemonic, 8 * i + 4, 'none', { immediate: 1 });
    add(mnemonic, 8 * i + 5, 'none', { immediate: 'z' });
    add(mnemonic, 0x80, 'rm', { group: i, immediate: 1, byte: true });
    add(mnemonic, 0x81, 'rm', { group: i, immediate: 'z' });
    add(mnemonic, 0x83, 'rm', { group: i, immediate: 1 });
  });
  ['ROL', 'ROR', 'RCL', 'RCR', 'SHL', 'SHR', 'SHL', 'SAR'].forEach((mnemonic, group) => {
    for (const [opcode, immediate] of [
      [0xc0, 1],
      [0xd0, 0],
      [0xd2, 0],
    ] as const) {
      add(mnemonic, opcode, 'rm', { group, immediate, byte: true });
      add(mnemonic, opcode + 1, 'rm', { group, immediate });
    }
  });
  ['TEST', 'TEST', 'NOT', 'NEG', 'MUL', 'IMUL', 'DIV', 'IDIV'].forEach((mnemonic, group) => {
    add(mnemonic, 0xf6, 'rm', { group, immediate: group < 2 ? 1 : 0, byte: true });
    add(mnemonic, 0xf7, 'rm', { group, immediate: group < 2 ? 'z' : 0 });
  });
  add('INC', 0xfe, 'rm', { group: 0, byte: true });
  add('INC', 0xff, 'rm', { group: 0 });
  add('DEC', 0xfe, 'rm', { group: 1, byte: true });
  add('DEC', 0xff, 'rm', { group: 1 });
  add('TEST', 0x84, 'rm', { byte: true });
  add('TEST', 0x85, 'rm');
  add('XCHG', 0x86, 'rm', { byte: true });
  add('XCHG', 0x87, 'rm');
  for (const opcode of [0x88, 0x8a]) add('MOV', opcode, 'rm', { byte: true });
  for (const opcode of [0x89, 0x8b]) add('MOV', opcode, 'rm');
  add('MOV', 0xc6, 'rm', { group: 0, immediate: 1, byte: true });
  add('MOV', 0xc7, 'rm', { group: 0, immediate: 'z' });
  add('LEA', 0x8d, 'memory');
  add('MOVSXD', 0x63, 'rm');
  add('CBW', 0x98, 'none');
  add('CWD', 0x99, 'none');
  add('LAHF', 0x9f, 'none');
  add('SAHF', 0x9e, 'none');
  for (const opcode of [0xf5, 0xf8, 0xf9, 0xfc, 0xfd]) add('CMC', opcode, 'none');
  add('IMUL', 0x69, 'rm', { immediate: 'z' });
  add('IMUL', 0x6b, 'rm', { immediate: 1 });
  add('IMUL', [0x0f, 0xaf], 'rm');
  for (const [mnemonic, opcode] of [
    ['SHLD', 0xa4],
    ['SHRD', 0xac],
  ] as const) {
    add(mnemonic, [0x0f, opcode], 'rm', { immediate: 1 });
    add(mnemonic, [0x0f, opcode + 1], 'rm');
  }
  ['BT', 'BTS', 'BTR', 'BTC'].forEach((mnemonic, i) => {
    add(mnemonic, [0x0f, 0xa3 + 8 * i], 'register');
    add(mnemonic, [0x0f, 0xba], 'rm', { group: 4 + i, immediate: 1 });
  });
  add('BSF', [0x0f, 0xbc], 'rm');
  add('BSR', [0x0f, 0xbd], 'rm');
  add('POPCNT', [0x0f, 0xb8], 'rm', { prefix: 0xf3 });
  add('CRC32', [0x0f, 0x38, 0xf0], 'rm', { prefix: 0xf2, byte: true });
  add('CRC32', [0x0f, 0x38, 0xf1], 'rm', { prefix: 0xf2 });
  add('MOVBE', [0x0f, 0x38, 0xf0], 'memory');
  add('MOVBE', [0x0f, 0x38, 0xf1], 'memory');
  for (let r = 0; r < 4; r++) add('BSWAP', [0x0f, 0xc8 + r], 'none');
  add('XADD', [0x0f, 0xc0], 'rm', { byte: true });
  add('XADD', [0x0f, 0xc1], 'rm');
  add('CMPXCHG', [0x0f, 0xb0], 'rm', { byte: true });
  add('CMPXCHG', [0x0f, 0xb1], 'rm');
  add('CMPXCHG8B', [0x0f, 0xc7], 'memory', { group: 1 });
  for (const [mnemonic, opcode] of [
    ['MOVZX', 0xb6],
    ['MOVSX', 0xbe],
  ] as const) {
    add(mnemonic, [0x0f, opcode], 'rm', { byte: true });
    add(mnemonic, [0x0f, opcode + 1], 'rm');
  }
  for (let condition = 0; condition < 16; condition++) {
    add('SETcc', [0x0f, 0x90 + condition], 'rm', { group: 0, byte: true });
    add('CMOVcc', [0x0f, 0x40 + condition], 'rm');
  }
  for (const [mnemonic, opcode] of [
    ['MOVS', 0xa4],
    ['CMPS', 0xa6],
    ['STOS', 0xaa],
    ['LODS', 0xac],
    ['SCAS', 0xae],
  ] as const) {
    for (const prefix of [undefined, 0xf3, 0xf2]) {
      const more = prefix === undefined ? {} : { prefix };
      add(mnemonic, opcode, 'none', { ...more, byte: true });
      add(mnemonic, opcode + 1, 'none', more);
    }
  }
  return list;
}

const pick = <T>(random: Random, items: readonly T[]): T => items[random() % items.length]!;

/** A concrete instruction of an encoding. Registers never are RSP or R15; memory operands are [rsi + disp8]. */
function encode(encoding: Encoding, random: Random): number[] {
  const bytes: number[] = [];
  const wide = pick(random, [16, 32, 32, 64, 64]);
  const sized = !encoding.byte || encoding.opcode.length > 1;
  if (wide === 16 && sized) bytes.push(0x66);
  if (encoding.prefix !== undefined) bytes.push(encoding.prefix);
  const modrm = encoding.shape !== 'none';
  const memory = encoding.shape === 'memory' || (encoding.shape === 'rm' && random() % 3 === 0);
  const rexB = modrm && !memory ? random() & 1 : 0;
  const rexR = modrm && encoding.group === undefined ? random() & 1 : 0;
  const rex = (wide === 64 ? 0x48 : 0x40) | (rexR << 2) | rexB;
  const usesRex = wide === 64 || rex !== 0x40 || random() % 4 === 0;
  if (usesRex) bytes.push(rex);
  bytes.push(...encoding.opcode);
  if (modrm) {
    const register = (high: number) => {
      // Numbers 4 are RSP, or AH and SPL; number 15 is R15.
      const number = random() & 7;
      if (high ? number === 7 : number === 4) return 1;
      return number;
    };
    const reg = encoding.group ?? register(rexR);
    if (memory) bytes.push(0x46 | (reg << 3), (random() & 31) * 8);
    else bytes.push(0xc0 | (reg << 3) | register(rexB));
  }
  const immediate = encoding.immediate === 'z' ? (wide === 16 ? 2 : 4) : encoding.immediate;
  for (let i = 0; i < immediate; i++) bytes.push(pick(random, [0, 1, 0x7f, 0x80, 0xff, random() & 0xff]));
  return bytes;
}

function randomValue(random: Random): bigint {
  const full = (BigInt(random()) << 32n) | BigInt(random());
  const edge = pick(random, [
    0n,
    1n,
    0x7fn,
    0x80n,
    0xffn,
    0x7fffn,
    0x8000n,
    0x7fffffffn,
    0x80000000n,
    1n << 63n,
  ]);
  switch (random() % 5) {
    case 0:
      return BigInt.asUintN(64, edge - BigInt(random() % 3));
    case 1:
      return BigInt.asUintN(64, -edge);
    case 2:
      return full & 63n;
    default:
      return full;
  }
}

const rounds = Number(process.env.DOPPEL_FUZZ_COUNT ?? 3);
const seed = Number(process.env.DOPPEL_FUZZ_SEED ?? 20261123);
const native = openNative();

test('integer instructions agree with the host', { skip: typeof native === 'string' && native }, () => {
  if (typeof native === 'string') return;
  const random = randomSource(seed);
  const failures = new Map<string, { count: number; text: string }>();
  for (let round = 0; round < rounds; round++) {
    for (const encoding of encodings()) {
      const mismatch = runOnce(native, encoding, random);
      if (!mismatch) continue;
      const key = `${encoding.mnemonic} ${mismatch.what}`;
      const known = failures.get(key);
      if (known) known.count++;
      else failures.set(key, { count: 1, text: mismatch.text });
    }
  }
  const report = [...failures].map(([key, { count, text }]) => `${key} (${count}): ${text}`);
  assert.deepEqual(report, []);
});

/** Runs one random case on both; what differs, or null. */
function runOnce(
  host: Exclude<typeof native, string>,
  encoding: Encoding,
  random: Random,
): { what: string; text: string } | null {
  const bytes = encode(encoding, random);
  const registers = Array.from({ length: 16 }, () => randomValue(random));
  const isString = encoding.shape === 'none' && encoding.opcode[0]! >= 0xa4 && encoding.opcode[0]! <= 0xaf;
  registers[L.RSI] = host.stateAddress + BigInt(SOURCE);
  if (isString) {
    registers[L.RDI] = host.stateAddress + BigInt(DESTINATION);
    registers[L.RCX] = BigInt(random() % 9);
  }
  let flags = (random() & FLAGS_STATUS) | 2;
  if (isString && random() & 1) flags |= 0x400;
  const contents = Uint8Array.from({ length: MEMORY_BYTES }, () => pick(random, [0, 0xff, random() & 0xff]));

  const ours = new TestProcessor(64, Number(host.stateAddress));
  registers.forEach((value, r) => {
    ours.state.setGpr(r, value);
  });
  ours.state.rflags = flags;
  ours.memory.bytes.set(contents, MEMORY_AT);
  if (ours.faultOf(...bytes) >= 0) return null;

  const mask = FLAGS_STATUS & ~undefinedFlags(encoding, bytes, registers);
  registers.forEach((value, r) => {
    host.state.setBigUint64(r * 8, value, true);
  });
  host.state.setUint32(FLAGS_AT, flags, true);
  for (let i = 0; i < MEMORY_BYTES; i++) host.state.setUint8(MEMORY_AT + i, contents[i]!);
  host.runOnce(wrap(bytes));

  const differences: string[] = [];
  let what = '';
  for (let r = 0; r < 15; r++) {
    if (UNTOUCHED.includes(r)) continue;
    const theirs = host.state.getBigUint64(r * 8, true);
    if (theirs === ours.state.gpr(r)) continue;
    differences.push(
      `r${r} host ${theirs.toString(16)} ours ${ours.state.gpr(r).toString(16)} was ${registers[r]!.toString(16)}`,
    );
    what = 'register';
  }
  const theirFlags = host.state.getUint32(FLAGS_AT, true);
  if ((theirFlags ^ ours.state.rflags) & (mask | 0x400)) {
    differences.push(
      `flags host ${(theirFlags & 0xcd5).toString(16)} ours ${(ours.state.rflags & 0xcd5).toString(16)} was ${flags.toString(16)}`,
    );
    what ||= 'flags';
  }
  for (let i = 0; i < MEMORY_BYTES; i++) {
    if (host.state.getUint8(MEMORY_AT + i) === ours.memory.bytes[MEMORY_AT + i]) continue;
    differences.push(`memory at ${i}`);
    what ||= 'memory';
    break;
  }
  if (!what) return null;
  const text = `${bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ')}: ${differences.join('; ')} registers ${registers.map((v) => v.toString(16)).join(' ')}`;
  return { what, text };
}

/** What the meaning declares, and what depends on the count of a shift. */
function undefinedFlags(encoding: Encoding, bytes: readonly number[], registers: readonly bigint[]): number {
  const declared = meanings.get(encoding.mnemonic)!.undefined ?? 0;
  if (!/^(SH|SA|RO|RC)/.test(encoding.mnemonic)) return declared;
  const isDouble = encoding.opcode.length === 2;
  const opcode = encoding.opcode.at(-1)!;
  if (!isDouble && (opcode & 0xfe) === 0xd0) return declared;
  const inRegister = isDouble ? opcode & 1 : opcode >= 0xd2;
  const count = (inRegister ? Number(registers[L.RCX]! & 0xffn) : bytes.at(-1)!) & 31;
  return count === 1 ? declared : declared | FLAG_OF;
}

assert.ok(MEMORY_AT + MEMORY_BYTES < MEMORY_SIZE);
