// The MMX and SSE instructions of our engines against the host's own processor: random instructions of
// every row of the opcode maps, all registers, MXCSR, flags and memory compared, unmasked exceptions included.
// DOPPEL_SIMD_CASES sets the number of cases for each row, DOPPEL_FUZZ_SEED the seed, DOPPEL_SIMD_ONLY
// a pattern of mnemonics.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterpVcpu } from '../../../src/engine/interp/interp-vcpu.ts';
import { bareWires } from '../../../src/engine/testing.ts';
import {
  buildUserSpace,
  enterUserMode,
  KERNEL,
  USER_PAGES,
} from '../../../src/engine/testing-user-program.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import type { Native } from '../native/native.ts';
import { randomSource } from '../native/operands.ts';
import { evaluatorSubject, native, SimdCases, type Subject, simdRows } from './cases.ts';

const COUNT = Number(process.env.DOPPEL_SIMD_CASES ?? 12);
const SEED = Number(process.env.DOPPEL_FUZZ_SEED ?? 20261123);
const ONLY = new RegExp(process.env.DOPPEL_SIMD_ONLY ?? '.');
/** Approximations, which differ between processors: src/x86/semantics/simd/simd.test.ts. */
const APPROXIMATE = new Set(['RCPPS', 'RCPSS', 'RSQRTPS', 'RSQRTSS']);

const CODE = 0x40_0000;
const CODE_PAGE = USER_PAGES + 0x2000;
/** Handlers of the test kernel (testing-user-program.ts): one HLT every 16 bytes. */
const HANDLERS = KERNEL + 0x12000;

function interpreter(host: Native): Subject {
  const memory = new GuestMemory(4 << 20);
  const linear = Number(host.stateAddress);
  const data = (page: number) => ({
    linear: linear + page,
    physical: USER_PAGES + page,
    writable: true,
    executable: false,
  });
  buildUserSpace(memory, [
    data(0),
    data(0x1000),
    { linear: CODE, physical: CODE_PAGE, writable: true, executable: true },
  ]);
  const vcpu = new InterpVcpu(bareWires(memory));
  const { state } = vcpu;
  enterUserMode(state, 64);
  return {
    state,
    bytes: memory.u8.subarray(USER_PAGES, USER_PAGES + 0x2000),
    run: (code) => {
      memory.write(CODE_PAGE, Uint8Array.from([...code, 0xeb, 0xfe]));
      const flags = state.rflags;
      enterUserMode(state, 64);
      state.rflags = flags;
      state.rip = CODE;
      vcpu.stateChanged();
      vcpu.run(1);
      return state.cpl === 0 ? Math.floor((state.rip - HANDLERS) / 16) : -1;
    },
  };
}

for (const [name, make] of [
  ['the evaluator', evaluatorSubject],
  ['the interpreter', interpreter],
] as const) {
  test(`MMX and SSE instructions on ${name} agree with the host`, {
    skip: typeof native === 'string' && native,
  }, () => {
    if (typeof native === 'string') return;
    const cases = new SimdCases(native, make(native));
    const report: string[] = [];
    simdRows().forEach((row, index) => {
      if (APPROXIMATE.has(row.mnemonic) || !ONLY.test(row.mnemonic)) return;
      const random = randomSource(SEED + 7919 * index);
      const failures = new Map<string, { count: number; text: string }>();
      for (let i = 0; i < COUNT; i++) {
        const outcome = cases.run(row, random);
        if (!outcome) continue;
        const known = failures.get(outcome.what);
        if (known) known.count++;
        else failures.set(outcome.what, { count: 1, text: outcome.text });
      }
      for (const [what, { count, text }] of failures) {
        report.push(`${row.text}: ${what} ${count} of ${COUNT}: ${text}`);
      }
    });
    assert.equal(report.length, 0, report.slice(0, 40).join('\n'));
  });
}
