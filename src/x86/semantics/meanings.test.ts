// Every form of every instruction that has a meaning: it builds, and keeps the rules of ir.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../cpuid/feature-names.ts';
import { decode } from '../decode/decode.ts';
import type { Form } from '../decode/instruction.ts';
import {
  MODE_FLAT,
  MODE_FLAT_CS,
  MODE_KEY_32,
  MODE_KEY_64,
  MODE_KEY_REAL,
  MODE_PROTECTED,
  MODE_V86,
  modeFromKey,
} from '../decode/mode.ts';
import type { Uop } from '../uops/ir.ts';
import { print } from '../uops/print.ts';
import type { Routine } from '../uops/routine.ts';
import { verify, verifyRoutine } from '../uops/verify.ts';
import { buildMeaning, meanings } from './index.ts';

const MODES = [
  MODE_KEY_64,
  MODE_KEY_32,
  MODE_KEY_REAL,
  MODE_V86,
  // 32-bit code on a 16-bit stack, nothing flat; 16-bit code on a flat 32-bit stack.
  1 | MODE_PROTECTED,
  (1 << 2) | MODE_PROTECTED | MODE_FLAT,
  1 | (1 << 2) | MODE_PROTECTED | (MODE_FLAT & ~MODE_FLAT_CS),
];
const PREFIXES = [[], [0x66], [0x67], [0xf2], [0xf3], [0x65], [0x66, 0xf2], [0x36, 0x67]];
const MODRMS = [0xc1, 0x06, 0x44, 0x80];
/** For opcodes whose rm field is a part of the opcode. */
const ALL_MODRMS = [...MODRMS, 0xc0, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
const isExtended = (map: readonly number[], opcode: number): boolean =>
  map.length === 0 ? opcode >= 0xd8 && opcode <= 0xdf : map.length === 1 && opcode === 0x01;

/** The forms of all opcodes of four maps, under some prefixes and ModRM bytes, in some modes. */
function* forms(): Generator<Form> {
  const seen = new Set<number>();
  const rexes = [[], [0x48]];
  for (const key of MODES) {
    const mode = modeFromKey(key);
    yield decode(new Uint8Array(16).fill(0x66), 16, mode, ALL_FEATURES)!.form;
    for (const prefix of PREFIXES) {
      for (const rex of mode.bits === 64 ? rexes : [[]]) {
        for (const map of [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]) {
          for (let opcode = 0; opcode < 256; opcode++) {
            for (let group = 0; group < 8; group++) {
              for (const modrm of isExtended(map, opcode) ? ALL_MODRMS : MODRMS) {
                const bytes = [...prefix, ...rex, ...map, opcode, modrm | (group << 3), 0x24, ...TAIL];
                const form = decode(Uint8Array.from(bytes), bytes.length, mode, ALL_FEATURES)?.form;
                if (!form || seen.has(form.id)) continue;
                seen.add(form.id);
                yield form;
              }
            }
          }
        }
      }
    }
  }
}
const TAIL = new Array<number>(10).fill(0);

function collectRoutines(uops: readonly Uop[], found: Set<Routine>): void {
  for (const uop of uops) {
    if (uop.op === 'routine') found.add(uop.routine);
    if (uop.op === 'if') collectRoutines([...uop.then, ...uop.else], found);
    if (uop.op === 'loop') collectRoutines(uop.body, found);
  }
}

test('every form with a meaning builds and keeps the rules', () => {
  const problems = new Map<string, string>();
  const used = new Set<string>();
  const routines = new Set<Routine>();
  for (const form of forms()) {
    if (!meanings.has(form.mnemonic)) continue;
    used.add(form.mnemonic);
    let found: string[];
    let text = '';
    try {
      const builder = buildMeaning(form);
      found = verify(builder.uops);
      collectRoutines(builder.uops, routines);
      if (found.length) text = print(builder.uops);
    } catch (error) {
      found = [String(error)];
    }
    if (found.length && !problems.has(form.mnemonic)) {
      problems.set(form.mnemonic, `${found.join('\n')}\n${JSON.stringify(form)}\n${text}`);
    }
  }
  assert.deepEqual([...problems.values()], []);
  // The tables name every meaning that is here.
  assert.deepEqual(
    [...meanings.keys()].filter((mnemonic) => !used.has(mnemonic)),
    [],
  );
  assert.deepEqual([...routines].flatMap(verifyRoutine), []);
  assert.equal(new Set([...routines].map(({ name }) => name)).size, routines.size, 'names are unique');
});
