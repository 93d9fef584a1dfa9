// Routines as wasm functions, for handlers and for regions, against their micro-operations: random states and
// arguments, the whole state compared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { Cpu } from '../../x86/helpers/cpu.ts';
import * as arithmetic from '../../x86/semantics/x87-routines/arithmetic.ts';
import * as compare from '../../x86/semantics/x87-routines/compare.ts';
import * as functions from '../../x86/semantics/x87-routines/functions.ts';
import * as load from '../../x86/semantics/x87-routines/load.ts';
import * as store from '../../x86/semantics/x87-routines/store.ts';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { Evaluator } from '../../x86/uops/evaluate.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import { testForm, testInstruction } from '../../x86/uops/testing.ts';
import { defineRoutines } from '../jit/region-routines.ts';
import { emitMulHighUnsigned } from './core-arithmetic.ts';
import { RoutineTable } from './routines.ts';

const STATE_BYTES = 65536;
const RESULT = L.SCRATCH + 112;
const ROUNDS = 400;

const isRoutine = (value: unknown): value is Routine =>
  typeof value === 'object' && value !== null && 'parameters' in value && 'build' in value;
const routines: Routine[] = [
  ...[arithmetic.addRoutines, arithmetic.multiplyRoutines, arithmetic.divideRoutines].flatMap((each) =>
    Object.values(each),
  ),
  ...[compare, functions, load, store].flatMap((module) => Object.values(module)),
].filter(isRoutine);

let seed = 0x2545f491;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
const random64 = () => BigInt.asIntN(64, (BigInt(random()) << 32n) | BigInt(random()));

/** Registers of all kinds, most of them near one another, and a control word that is mostly FNINIT's. */
function randomise(state: CpuState): void {
  state.u8.fill(0);
  for (let register = 0; register < 8; register++) {
    const kind = random() % 8;
    const significand = kind === 0 ? 0n : kind === 1 ? random64() : random64() | (-1n << 63n);
    const exponent = kind === 0 ? 0 : kind === 2 ? random() & 0x7fff : 0x3fff - 40 + (random() % 80);
    state.set64(L.FPR + 16 * register, significand);
    state.set32(L.FPR + 16 * register + 8, exponent | (random() & 0x8000));
  }
  state.set32(L.FCW, random() % 4 === 0 ? random() & 0xf7f : 0x37f);
  state.set32(L.FSW, random() & (random() % 8 === 0 ? 0xffff : 0x7f00));
  state.set32(L.FTW, random() % 4 === 0 ? random() & 0xff : 0xfe);
  state.set32(L.X87_TOP, random() & 7);
}

function randomArgument({ name, parameters }: Routine, index: number): number | bigint {
  if (parameters[index] === 'i64') {
    if (!name.includes('Real64')) return random64() >> BigInt(random() & 63);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, random() % 8 === 0 ? 0 : (random() - 2 ** 31) / 2 ** (random() & 63));
    return view.getBigInt64(0);
  }
  if (name.includes('Real32') && index === (/Push|Compare/.test(name) ? 0 : 1)) {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, (random() - 2 ** 31) / 2 ** (random() & 31));
    return view.getInt32(0);
  }
  if (name.includes('StoreInteger') && index === 1) return [16, 32, 64][random() % 3]!;
  // Stack indices, variants, numbers of pops: small numbers all.
  return random() % (name.includes('Divide') && index === 0 ? 2 : 3);
}

type Run = (...args: (number | bigint)[]) => number;

function compiled(memory: WebAssembly.Memory, routine: Routine, kind: 'handlers' | 'regions'): Run {
  const list: Uop[] = [{ op: 'routine', routine, args: [], result: { id: 0, type: routine.result } }];
  const module = new ModuleBuilder();
  const environment: Record<string, WebAssembly.ImportValue> = { state: memory };
  module.importMemory('env', 'state', { min: 1 });
  let index: number;
  if (kind === 'handlers') {
    index = new RoutineTable(memory).declare(module, [list], environment).get(routine)!;
  } else {
    const high = module.defineFunction('mulHighU', ['i64', 'i64'], ['i64']);
    emitMulHighUnsigned(high);
    index = defineRoutines(module, [list], { mulHighU: high.index }).get(routine)!;
  }
  const f = module.defineFunction('run', [...routine.parameters], ['i32']);
  for (let i = 0; i < routine.parameters.length; i++) f.localGet(i);
  f.call(index);
  module.exportFunction('run', f.index);
  const bytes = module.build() as Uint8Array<ArrayBuffer>;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: environment });
  return exports.run as Run;
}

function evaluated(state: CpuState, routine: Routine): Run {
  const evaluator = new Evaluator({ state } as unknown as Cpu);
  const instruction = testInstruction(testForm());
  const args = routine.parameters.map((type, id): Value => ({ id, type }));
  const result: Value = { id: args.length, type: 'i32' };
  return (...values) => {
    const rip = state.rip;
    const uops: Uop[] = [
      ...args.map((value, i): Uop => ({ op: 'const', result: value, value: values[i]! })),
      { op: 'routine', routine, args, result },
      { op: 'set', bits: 32, location: { kind: 'state', offset: RESULT }, value: result },
    ];
    evaluator.run(uops, instruction);
    const given = state.get32(RESULT);
    state.set32(RESULT, 0);
    state.rip = rip;
    return given;
  };
}

test('every routine has a name of its own', () => {
  assert.ok(routines.length > 25);
  assert.equal(new Set(routines.map(({ name }) => name)).size, routines.length);
});

for (const kind of ['handlers', 'regions'] as const) {
  test(`routines of ${kind} do what their micro-operations say`, () => {
    for (const routine of routines) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
      const ours = new CpuState(memory.buffer);
      const theirs = new CpuState(new ArrayBuffer(STATE_BYTES));
      const run = compiled(memory, routine, kind);
      const evaluate = evaluated(theirs, routine);
      let done = 0;
      for (let round = 0; round < ROUNDS; round++) {
        randomise(ours);
        theirs.u8.set(ours.u8);
        const args = routine.parameters.map((_, index) => randomArgument(routine, index));
        const before = Buffer.from(ours.u8.subarray(L.FPR, L.XMM));
        const given = run(...args);
        assert.equal(given, evaluate(...args), `${routine.name}(${args})`);
        if (
          Buffer.compare(ours.u8.subarray(0, L.SCRATCH + 128), theirs.u8.subarray(0, L.SCRATCH + 128)) !== 0
        ) {
          assert.fail(`${routine.name}(${args}) leaves another state`);
        }
        if (given !== 0) done++;
        if (given === 0 || !routine.writes) {
          assert.ok(before.equals(ours.u8.subarray(L.FPR, L.XMM)), `${routine.name} has changed something`);
        }
      }
      assert.ok(done > ROUNDS / 40, `${routine.name} did its work ${done} times only`);
    }
  });
}
