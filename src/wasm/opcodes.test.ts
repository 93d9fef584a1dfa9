// Every row of the instruction tables against an independent assembler, and its stack type against the host.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionBuilder } from './function.ts';
import { ModuleBuilder } from './module.ts';
import type { WasmIndexOp, WasmLaneOp, WasmOp } from './opcodes.ts';
import { INDEX_OPS } from './opcodes.ts';
import type { WasmAtomic, WasmLoad, WasmMemoryLaneOp, WasmStore } from './opcodes-memory.ts';
import { ATOMICS, LOADS, MEMORY_LANE_OPS, STORES } from './opcodes-memory.ts';
import { SIMD_LANE_OPS } from './opcodes-simd.ts';
import { SECTION } from './sections.ts';
import { assemble, plainInstructions, withoutSections } from './testing.ts';
import type { ValueType } from './types.ts';

const keys = <Key extends string>(table: Record<Key, unknown>): Key[] => Object.keys(table) as Key[];

/** One instruction as text and as what the builder is told. */
interface Sample {
  readonly text: string;
  readonly emit: (fn: FunctionBuilder) => void;
}

function samples(): Sample[] {
  const list: Sample[] = plainInstructions().map(({ name }) => ({
    text: name,
    emit: (fn) => fn.op(name as WasmOp),
  }));
  for (const name of keys(SIMD_LANE_OPS)) {
    const lane = SIMD_LANE_OPS[name].lanes - 1;
    list.push({ text: `${name} ${lane}`, emit: (fn) => fn.lane(name, lane) });
  }
  for (const name of keys(LOADS))
    list.push({ text: `${name} offset=12 align=1`, emit: (fn) => fn.load(name, 12) });
  for (const name of keys(STORES)) {
    const align = 2 ** STORES[name].natural;
    const { natural } = STORES[name];
    list.push({
      text: `${name} 1 offset=70000 align=${align}`,
      emit: (fn) => fn.store(name, 70000, 1, natural),
    });
  }
  for (const name of keys(MEMORY_LANE_OPS))
    list.push({ text: `${name} 1 offset=9 align=1 1`, emit: (fn) => fn.memoryLane(name, 1, 9, 1) });
  for (const name of keys(ATOMICS))
    list.push({ text: `${name} 1 offset=3`, emit: (fn) => fn.atomic(name, 3, 1) });
  for (const name of keys(INDEX_OPS)) list.push(indexSample(name));
  list.push(
    { text: 'atomic.fence', emit: (fn) => fn.atomicFence() },
    { text: 'ref.null func', emit: (fn) => fn.refNull('funcref') },
    { text: 'ref.null extern', emit: (fn) => fn.refNull('externref') },
    {
      text: 'i8x16.shuffle 31 1 2 3 4 5 6 7 8 9 10 11 12 13 14 0',
      emit: (fn) => fn.shuffle([31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0]),
    },
    { text: 'br_table 0 0 0', emit: (fn) => fn.brTable([0, 0], 0) },
  );
  return list;
}

/** All indices 1, so that memory 1, table 1 and so on are meant; branches go to depth 0, the only one. */
function indexSample(name: WasmIndexOp): Sample {
  const { indices } = INDEX_OPS[name];
  const values = indices.map((space) => (space === 'depth' ? 0 : 1));
  const text = name.endsWith('call_indirect') ? `${name} 1 (type 1)` : `${name} ${values.join(' ')}`;
  return { text, emit: (fn) => fn.indexed(name, ...values) };
}

function surroundings(): ModuleBuilder {
  const module = new ModuleBuilder();
  module.type(['i32'], []);
  module.type([], ['i32']);
  for (let index = 0; index < 2; index++) {
    module.defineMemory({ min: 1, max: 1 });
    module.defineTable({ min: 1 });
    module.defineGlobal('i32', true);
    module.addPassiveData([1]);
  }
  module.addPassiveElements([]);
  module.addPassiveElements([]);
  module.defineFunction('first', ['i32'], []);
  return module;
}

const SURROUNDINGS = `
  (type (func (param i32))) (type (func (result i32)))
  (memory 1 1) (memory 1 1) (table 1 funcref) (table 1 funcref)
  (global (mut i32) (i32.const 0)) (global (mut i32) (i32.const 0))
  (data "\\01") (data "\\01") (elem func) (elem func)
  (func (type 0))`;

test('every instruction has the bytes that wabt gives it', () => {
  const failures: string[] = [];
  for (const { text, emit } of samples()) {
    const module = surroundings();
    const fn = module.defineFunction('second', ['i32'], []);
    fn.local('i32');
    emit(fn);
    // The builder declares what ref.func refers to; in text the author does.
    const declaration = text.startsWith('ref.func') ? '(elem declare func 1)' : '';
    const wanted = assemble(`(module ${SURROUNDINGS} ${declaration} (func (type 0) (local i32) ${text}))`);
    // wabt counts data segments only where code names them.
    const [ours, theirs] = [module.build(), wanted].map((bytes) =>
      withoutSections(bytes, [SECTION.dataCount]),
    );
    if (Buffer.compare(ours!, theirs!) !== 0) failures.push(text);
  }
  assert.deepEqual(failures, []);
});

test('branch hints are where wabt puts them', () => {
  const module = new ModuleBuilder();
  module.defineFunction('plain', [], []);
  const fn = module.defineFunction('hinted', ['i32'], []);
  for (const type of ['i32', 'i64', 'i32'] as const) fn.local(type);
  fn.localGet(0);
  fn.if_(undefined, 'unlikely');
  fn.end();
  fn.localGet(0);
  fn.brIf(0, 'likely');
  const wanted = assemble(`(module (type (func)) (type (func (param i32)))
    (func (type 0))
    (func (type 1) (local i32 i64 i32)
      local.get 0
      (@metadata.code.branch_hint "\\00") if
      end
      local.get 0
      (@metadata.code.branch_hint "\\01") br_if 0))`);
  assert.deepEqual(Buffer.from(module.build()), Buffer.from(wanted));
});

/** Whether the host accepts an instruction whose operands are parameters of the given types. */
function accepts(params: ValueType[], results: ValueType[], emit: (fn: FunctionBuilder) => void): boolean {
  const module = new ModuleBuilder();
  module.defineMemory({ min: 1, max: 1, shared: true });
  const fn = module.defineFunction('f', params, results);
  params.forEach((_, index) => {
    fn.localGet(index);
  });
  emit(fn);
  return WebAssembly.validate(module.build());
}

function split(type: string): [ValueType[], ValueType[]] {
  const [params, results] = type.split(' -> ');
  return [params!.split(' ') as ValueType[], results!.split(' ') as ValueType[]];
}

test('the host agrees with every stack type in the tables', () => {
  const failures: string[] = [];
  for (const { type, name } of plainInstructions()) {
    if (type === 'parametric') continue;
    const [params, results] = split(type);
    if (!accepts(params, results, (fn) => fn.op(name as WasmOp))) failures.push(name);
  }
  for (const name of keys(SIMD_LANE_OPS)) {
    const { type, lanes } = SIMD_LANE_OPS[name as WasmLaneOp];
    const [params, results] = split(type);
    if (!accepts(params, results, (fn) => fn.lane(name, lanes - 1))) failures.push(name);
  }
  assert.deepEqual(failures, []);
});

const valueTypeOf = (name: string): ValueType => name.slice(0, name.indexOf('.')) as ValueType;

test('the host accepts every memory instruction at its greatest alignment', () => {
  const failures: string[] = [];
  const check = (
    name: string,
    params: ValueType[],
    results: ValueType[],
    emit: (fn: FunctionBuilder) => void,
  ) => {
    if (!accepts(params, results, emit)) failures.push(name);
  };
  for (const name of keys(LOADS))
    check(name, ['i32'], [valueTypeOf(name)], (fn) => fn.load(name as WasmLoad, 0, 0, LOADS[name].natural));
  for (const name of keys(STORES))
    check(name, ['i32', valueTypeOf(name)], [], (fn) =>
      fn.store(name as WasmStore, 0, 0, STORES[name].natural),
    );
  for (const name of keys(MEMORY_LANE_OPS)) {
    const { natural, lanes } = MEMORY_LANE_OPS[name];
    const results: ValueType[] = name.includes('load') ? ['v128'] : [];
    check(name, ['i32', 'v128'], results, (fn) =>
      fn.memoryLane(name as WasmMemoryLaneOp, lanes - 1, 0, 0, natural),
    );
  }
  for (const name of keys(ATOMICS)) {
    const [params, results] = atomicType(name);
    check(name, ['i32', ...params], results, (fn) => fn.atomic(name, 0));
  }
  assert.deepEqual(failures, []);
});

/** Operands after the address, and results. */
function atomicType(name: WasmAtomic): [ValueType[], ValueType[]] {
  if (name === 'memory.atomic.notify') return [['i32'], ['i32']];
  if (name === 'memory.atomic.wait32') return [['i32', 'i64'], ['i32']];
  if (name === 'memory.atomic.wait64') return [['i64', 'i64'], ['i32']];
  const type = valueTypeOf(name);
  if (name.includes('cmpxchg')) return [[type, type], [type]];
  if (name.includes('rmw')) return [[type], [type]];
  return name.includes('load') ? [[], [type]] : [[type], []];
}
