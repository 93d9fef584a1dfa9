// Specialization against the reference evaluator: an encoding of every form, in several modes, with
// random fields on random states must do exactly what the meaning of its form does.
// DOPPEL_FUZZ_COUNT sets the number of states for each form, DOPPEL_FUZZ_SEED the seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { randomSource } from '../../../test/isa/native/operands.ts';
import { ALL_FEATURES } from '../cpuid/feature-names.ts';
import { decode } from '../decode/decode.ts';
import type { Instruction } from '../decode/instruction.ts';
import {
  MODE_FLAT,
  MODE_KEY_32,
  MODE_KEY_64,
  MODE_KEY_REAL,
  type Mode,
  modeFromKey,
} from '../decode/mode.ts';
import { printInstruction } from '../decode/print.ts';
import { GuestFault } from '../exceptions/fault.ts';
import { buildMeaning } from '../semantics/index.ts';
import { MEMORY_SIZE, TestProcessor } from '../semantics/testing.ts';
import * as L from '../state/layout.ts';
import { Evaluator } from './evaluate.ts';
import { FLAGS_STATUS, type Uop } from './ir.ts';
import { print } from './print.ts';
import { specialize } from './specialize.ts';
import { verify } from './verify.ts';

const COUNT = Number(process.env.DOPPEL_FUZZ_COUNT ?? 3);
const SEED = Number(process.env.DOPPEL_FUZZ_SEED ?? 1);
const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2], [0x67], [0xf0], [0x64]];
const OPERANDS = [0x00, 0x44, 0x45, 0xc1];

/** The prefixes, opcode and ModRM byte of one encoding for each form. */
function encodings(mode: Mode): Uint8Array[] {
  const seen = new Set<number>();
  const list: Uint8Array[] = [];
  const bytes = new Uint8Array(16);
  for (const map of MAPS) {
    for (const prefix of PREFIXES) {
      for (const rex of mode.bits === 64 ? [[], [0x48]] : [[]]) {
        for (let opcode = 0; opcode < 256; opcode++) {
          for (let extension = 0; extension < 8; extension++) {
            for (const operand of OPERANDS) {
              const start = [...prefix, ...rex, ...map, opcode, operand | (extension << 3)];
              bytes.fill(0x11);
              bytes.set(start);
              const { form } = decode(bytes, bytes.length, mode, ALL_FEATURES)!;
              if (seen.has(form.id)) continue;
              seen.add(form.id);
              list.push(Uint8Array.from(start));
            }
          }
        }
      }
    }
  }
  return list;
}

/** The encoding with a random SIB byte, displacement and immediate, small ones mostly. */
function randomInstruction(start: Uint8Array, mode: Mode, random: () => number): Instruction {
  const bytes = new Uint8Array(16);
  for (let i = start.length; i < 16; i++)
    bytes[i] = random() % 4 ? 0 : random() % 4 ? random() & 7 : random();
  bytes.set(start);
  bytes[start.length] = random();
  return decode(bytes, bytes.length, mode, ALL_FEATURES)!;
}

function randomize(processor: TestProcessor, random: () => number): void {
  const { state } = processor;
  const wide = () => (BigInt(random() >>> 0) << 32n) | BigInt(random() >>> 0);
  for (let r = 0; r < 16; r++) {
    const kind = random() & 7;
    const place = BigInt((random() >>> 0) % (MEMORY_SIZE - 0x100));
    state.setGpr(r, kind < 5 ? place & ~7n : kind === 5 ? wide() : kind === 6 ? place & 0x3fn : -1n);
  }
  for (let i = 0; i < 16; i++) {
    for (let half = 0; half < 16; half += 8) state.view.setBigUint64(L.XMM + 16 * i + half, wide(), true);
  }
  state.statusFlags = random() & FLAGS_STATUS;
  state.view.setUint32(L.FLAGS, random() & 1 ? 0x402 : 2, true);
  for (const segment of [L.FS, L.GS]) {
    state.view.setBigInt64(L.SEGMENT + segment * L.SEGMENT_SIZE + L.SEGMENT_BASE, 0x40n, true);
  }
}

/** The engine's own state may differ: a helper that faults leaves there what it has come to. */
const ARCHITECTURAL = Math.min(...L.STATE_FIELDS.filter((f) => !f.architectural).map((f) => f.offset));
function architectural(processor: TestProcessor): Uint8Array {
  return processor.state.u8.subarray(0, ARCHITECTURAL);
}
function hasFields(uops: readonly Uop[]): boolean {
  return uops.some((uop) => {
    if (uop.op === 'if') return hasFields(uop.then) || hasFields(uop.else);
    if (uop.op === 'loop') return hasFields(uop.body);
    if (uop.op === 'get' || uop.op === 'set') return uop.location.kind === 'field';
    return uop.op === 'field' || (uop.op === 'linear' && uop.segment.kind === 'field');
  });
}
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function copy(from: TestProcessor, to: TestProcessor): void {
  to.state.u8.set(from.state.u8);
  to.memory.bytes.set(from.memory.bytes);
  to.portReads = from.portReads;
}

/** How the instruction ends, in words; helpers that need more than this processor has end in the same error. */
function outcome(evaluator: Evaluator, uops: readonly Uop[], i: Instruction): string {
  try {
    return evaluator.run(uops, i);
  } catch (error) {
    if (error instanceof GuestFault) return `fault ${error.vector} ${error.errorCode}`;
    return (error as Error).message;
  }
}

for (const [name, bits, key] of [
  ['64-bit', 64, MODE_KEY_64],
  ['flat 32-bit', 32, MODE_KEY_32],
  ['segmented 32-bit', 32, MODE_KEY_32 & ~MODE_FLAT],
  ['real mode', 16, MODE_KEY_REAL],
] as const) {
  test(`a specialized instruction does what its form does: ${name}`, () => {
    const mode = modeFromKey(key);
    const random = randomSource(SEED);
    const first = new TestProcessor(bits);
    const second = new TestProcessor(bits);
    const start = new TestProcessor(bits);
    for (let i = 0; i < MEMORY_SIZE; i += 4) start.memory.view.setUint32(i, random(), true);
    const pristine = start.state.u8.slice();
    const evaluators = [new Evaluator(first.cpu), new Evaluator(second.cpu)] as const;
    let ended = 0;
    let runs = 0;
    for (const encoding of encodings(mode)) {
      start.state.u8.set(pristine);
      randomize(start, random);
      for (let round = 0; round < COUNT; round++) {
        const instruction = randomInstruction(encoding, mode, random);
        const { uops } = buildMeaning(instruction.form);
        const special = specialize(uops, instruction);
        copy(start, first);
        copy(start, second);
        const expected = outcome(evaluators[0], uops, instruction);
        const found = outcome(evaluators[1], special, instruction);
        const right =
          verify(special).length === 0 &&
          !hasFields(special) &&
          found === expected &&
          sameBytes(architectural(first), architectural(second)) &&
          sameBytes(first.memory.bytes, second.memory.bytes) &&
          isDeepStrictEqual(first.portWrites, second.portWrites);
        if (!right) {
          const problems = [...verify(special), `ends with ${found}, not ${expected}`].join('\n');
          const lists = `${print(uops)}-- becomes\n${print(special)}`;
          assert.fail(`${printInstruction(instruction)}\n${lists}${problems}`);
        }
        first.portWrites.length = 0;
        second.portWrites.length = 0;
        runs++;
        if (/^(next|jump|branch|repeat|endBlock)$/.test(expected)) ended++;
        if (round + 1 < COUNT) randomizeRegisters(start, random);
      }
    }
    assert.ok(ended > runs / 3, `${ended} of ${runs} do not fault`);
  });
}

/** Other registers and flags; memory is left. */
function randomizeRegisters(processor: TestProcessor, random: () => number): void {
  for (let r = 0; r < 16; r++) {
    const from = (r + 1 + ((random() >>> 0) % 15)) & 15;
    processor.state.setGpr(r, random() & 1 ? processor.state.gpr(from) : BigInt((random() >>> 0) % 0x1ff00));
  }
  processor.state.statusFlags = random() & FLAGS_STATUS;
}
