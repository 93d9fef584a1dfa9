// Modules that are built, instantiated and run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBuilder } from './module.ts';
import { printModule } from './printer.ts';
import { run } from './testing.ts';

test('a loop sums what a table of memory holds', () => {
  const module = new ModuleBuilder();
  module.defineMemory({ min: 1 });
  module.addActiveData(0, 8, [1, 0, 0, 0, 2, 0, 0, 0, 40, 0, 0, 0]);
  const fn = module.defineFunction('sum', ['i32'], ['i32']);
  const total = fn.local('i32');
  fn.block();
  fn.loop();
  fn.localGet(0);
  fn.op('i32.eqz');
  fn.brIf(1);
  fn.localGet(0);
  fn.i32Const(1);
  fn.op('i32.sub');
  fn.localTee(0);
  fn.i32Const(2);
  fn.op('i32.shl');
  fn.load('i32.load', 8);
  fn.localGet(total);
  fn.op('i32.add');
  fn.localSet(total);
  fn.br(0);
  fn.end();
  fn.end();
  fn.localGet(total);
  module.exportFunction('sum', fn.index);
  assert.equal(run(module).sum!(3), 43);
});

test('constants of every type arrive', () => {
  const integers = [0n, 1n, -1n, 63n, 64n, -64n, -65n, 0x7fff_ffffn, 0x8000_0000n, 1n << 62n, -(1n << 63n)];
  for (const value of integers) {
    const module = new ModuleBuilder();
    const fn = module.defineFunction('f', [], ['i64']);
    fn.i64Const(value);
    module.exportFunction('f', fn.index);
    assert.equal(run(module).f!(), value);
  }
  for (const value of [
    0,
    -1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    0x1_0000_0000,
    -0x1_0000_0001,
  ]) {
    const module = new ModuleBuilder();
    const fn = module.defineFunction('f', [], ['i64', 'f64', 'f32']);
    fn.i64Const(value);
    fn.f64Const(value);
    fn.f32Const(value);
    module.exportFunction('f', fn.index);
    assert.deepEqual(run(module).f!(), [BigInt(value), value, Math.fround(value)]);
  }
  for (const value of [0, 1, -1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, -0x8000_0000]) {
    const module = new ModuleBuilder();
    const fn = module.defineFunction('f', [], ['i32']);
    fn.i32Const(value);
    module.exportFunction('f', fn.index);
    assert.equal(run(module).f!(), value | 0);
  }
});

test('two memories are apart, and bytes travel between them', () => {
  const module = new ModuleBuilder();
  const first = module.importMemory('env', 'cpu', { min: 1 });
  const second = module.importMemory('env', 'ram', { min: 1 });
  assert.deepEqual([first, second], [0, 1]);
  module.addActiveData(second, 0x100, [0xaa, 0xbb]);
  const fn = module.defineFunction('f', [], ['i32']);
  fn.i32Const(0);
  fn.i32Const(0x1234_5678);
  fn.store('i32.store', 0x40, second);
  fn.i32Const(0);
  fn.i32Const(0x40);
  fn.i32Const(4);
  fn.memoryCopy(first, second);
  fn.i32Const(0);
  fn.load('i32.load16_u', 2, first);
  module.exportFunction('f', fn.index);
  const cpu = new WebAssembly.Memory({ initial: 1 });
  const ram = new WebAssembly.Memory({ initial: 1 });
  assert.equal(run(module, { env: { cpu, ram } }).f!(), 0x1234);
  assert.equal(new DataView(ram.buffer).getUint32(0x40, true), 0x1234_5678);
  assert.equal(new DataView(ram.buffer).getUint16(0x100, true), 0xbbaa);
  assert.equal(new DataView(cpu.buffer).getUint32(0x40, true), 0);
});

test('offsets beyond 32 bits reach a memory with 64-bit addresses', () => {
  const module = new ModuleBuilder();
  const memory = module.defineMemory({ min: 1, max: 1, memory64: true });
  module.addActiveData(memory, 16, [7]);
  const near = module.defineFunction('near', [], ['i32']);
  near.i64Const(0);
  near.load('i32.load8_u', 16);
  const far = module.defineFunction('far', [], ['i32']);
  far.i64Const(0);
  far.load('i32.load8_u', 2 ** 40 + 16);
  module.exportFunction('near', near.index);
  module.exportFunction('far', far.index);
  const exports = run(module);
  assert.equal(exports.near!(), 7);
  assert.throws(() => exports.far!(), WebAssembly.RuntimeError);
});

test('handlers of two modules call each other through a shared table without growing the stack', () => {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 2 });
  const slots = [0, 1];
  const count = 1_000_000;
  const entries = slots.map((slot) => {
    const module = new ModuleBuilder();
    module.importTable('env', 'table', { min: 2 });
    const type = module.type(['i32', 'i32'], ['i32']);
    const fn = module.defineFunction(`handler${slot}`, ['i32', 'i32'], ['i32']);
    fn.localGet(0);
    fn.op('i32.eqz');
    fn.if_(undefined, 'unlikely');
    fn.localGet(1);
    fn.op('return');
    fn.end();
    fn.localGet(0);
    fn.i32Const(1);
    fn.op('i32.sub');
    fn.localGet(1);
    fn.i32Const(slot + 1);
    fn.op('i32.add');
    fn.i32Const(1 - slot);
    fn.returnCallIndirect(type, 0);
    module.exportFunction('f', fn.index);
    module.addActiveElements(0, slot, [fn.index]);
    return run(module, { env: { table } });
  });
  assert.equal(entries[0]!.f!(count, 0), count * 1.5);
});

test('br_table, multi-value blocks and tail calls', () => {
  const module = new ModuleBuilder();
  const swap = module.type(['i32', 'i32'], ['i32', 'i32']);
  const subtract = module.defineFunction('subtract', ['i32', 'i32'], ['i32']);
  subtract.localGet(0);
  subtract.localGet(1);
  subtract.op('i32.sub');
  const fn = module.defineFunction('choose', ['i32'], ['i32']);
  const scratch = fn.scratch('i32');
  fn.block();
  fn.block();
  fn.block();
  fn.localGet(0);
  fn.brTable([0, 1], 2);
  fn.end();
  fn.i32Const(100);
  fn.op('return');
  fn.end();
  fn.i32Const(30);
  fn.i32Const(50);
  fn.block(swap);
  fn.localSet(scratch);
  fn.release(scratch);
  assert.equal(fn.scratch('i32'), scratch);
  fn.localGet(scratch);
  fn.end();
  fn.returnCall(subtract.index);
  fn.end();
  fn.i32Const(300);
  module.exportFunction('choose', fn.index);
  const { choose } = run(module);
  assert.deepEqual(
    [0, 1, 2, 9].map((which) => choose!(which)),
    [100, -20, 300, 300],
  );
});

test('globals, start function, ref.func, passive segments, segments at a global', () => {
  const module = new ModuleBuilder();
  const base = module.importGlobal('env', 'base', 'i32', false);
  const counter = module.defineGlobal('i64', true, 5);
  module.defineGlobal('funcref', true);
  module.defineGlobal('v128', false);
  const table = module.defineTable({ min: 8 });
  const memory = module.defineMemory({ min: 1, max: 2 });
  const data = module.addPassiveData([9, 8, 7]);
  const begin = module.defineFunction('begin', [], []);
  begin.globalGet(counter);
  begin.i64Const(37);
  begin.op('i64.add');
  begin.globalSet(counter);
  for (const operand of [0, 1, 2]) begin.i32Const(operand);
  begin.indexed('memory.init', data, memory);
  begin.i32Const(6);
  begin.indexed('ref.func', begin.index);
  begin.indexed('table.set', table);
  module.start(begin.index);
  const fn = module.defineFunction('f', [], ['i64', 'i32', 'i32']);
  fn.globalGet(counter);
  fn.i32Const(0);
  fn.load('i32.load', 0);
  fn.i32Const(3);
  fn.indexed('table.get', table);
  fn.op('ref.is_null');
  module.addActiveElements(table, { global: base }, [fn.index]);
  module.exportFunction('f', fn.index);
  module.exportTable('table', table);
  const exports = run(module, { env: { base: 3 } });
  assert.deepEqual(exports.f!(), [42n, 0x0708, 0]);
  const exported = exports.table as unknown as WebAssembly.Table;
  assert.deepEqual(
    [0, 3, 6].map((slot) => exported.get(slot) !== null),
    [false, true, true],
  );
});

test('branch hints and names stay valid with many runs of locals', () => {
  const module = new ModuleBuilder();
  for (let made = 0; made < 3; made++) {
    const fn = module.defineFunction(`f${made}`, ['i32'], ['i32']);
    for (let index = 0; index < 100 * made; index++) fn.local(index % 2 === 0 ? 'i32' : 'i64');
    fn.block();
    fn.localGet(0);
    fn.brIf(0, 'unlikely');
    fn.localGet(0);
    fn.if_('i32', 'likely');
    fn.i32Const(1);
    fn.else_();
    fn.i32Const(2);
    fn.end();
    fn.op('return');
    fn.end();
    fn.i32Const(3);
    module.exportFunction(fn.name, fn.index);
  }
  const compiled = new WebAssembly.Module(module.build({ names: true }));
  assert.equal(WebAssembly.Module.customSections(compiled, 'name').length, 1);
  assert.equal(WebAssembly.Module.customSections(compiled, 'metadata.code.branch_hint').length, 1);
  const { f2 } = run(module);
  assert.deepEqual([f2!(0), f2!(1)], [2, 3]);
});

test('misuse throws a RangeError at the call that is wrong', () => {
  const module = new ModuleBuilder();
  const fn = module.defineFunction('f', ['i32'], []);
  const wrong: Record<string, () => void> = {
    'unknown local': () => fn.localGet(1),
    'negative local': () => fn.localSet(-1),
    'end without block': () => fn.end(),
    'else without if': () => fn.else_(),
    'branch out of the function': () => fn.br(1),
    'unknown function': () => fn.call(7),
    'unknown memory': () => fn.load('i32.load', 0, 1),
    'unknown type': () => fn.callIndirect(9, 0),
    'unknown table': () => fn.callIndirect(0, 0),
    'alignment above the natural one': () => fn.load('i32.load16_u', 0, 0, 2),
    'negative offset': () => fn.store('i32.store', -4),
    'i32 out of range': () => fn.i32Const(2 ** 32),
    'i32 with a fraction': () => fn.i32Const(0.5),
    'i64 beyond the safe integers': () => fn.i64Const(2 ** 53),
    'i64 out of range': () => fn.i64Const(1n << 64n),
    'lane out of range': () => fn.lane('i32x4.extract_lane', 4),
    'fifteen bytes of a vector': () => fn.v128Const(new Uint8Array(15)),
    'released parameter': () => fn.release(0),
    'import after a definition': () => module.importFunction('env', 'g', [], []),
    'export of nothing': () => module.exportFunction('g', 4),
    'shared memory without maximum': () => module.defineMemory({ min: 1, shared: true }),
  };
  const size = fn.size;
  for (const [what, act] of Object.entries(wrong)) assert.throws(act, RangeError, what);
  assert.equal(fn.size, size, 'nothing was appended');
  fn.block();
  assert.throws(() => module.build(), /f: 1 blocks are not closed/);
});

/** A module with a table of two handlers, which begin with one that traps; and one that fills and calls an imported one. */
function typedTableModules(): [ModuleBuilder, ModuleBuilder] {
  const owner = new ModuleBuilder();
  const none = owner.defineFunction('none', ['i32'], ['i32']);
  none.op('unreachable');
  const made = owner.defineTable({ min: 2, elements: none.typeIndex }, none.index);
  owner.exportTable('table', made);
  const user = new ModuleBuilder();
  user.type([], []);
  const type = user.type(['i32'], ['i32']);
  const table = user.importTable('env', 'table', { min: 2, elements: type });
  const twice = user.defineFunction('twice', ['i32'], ['i32']);
  twice.localGet(0);
  twice.localGet(0);
  twice.op('i32.add');
  user.addActiveElements(table, 1, [twice.index]);
  const call = user.defineFunction('call', ['i32', 'i32'], ['i32']);
  call.localGet(0);
  call.localGet(1);
  call.returnCallIndirect(type, table);
  user.exportFunction('call', call.index);
  return [owner, user];
}

test('tables of functions of one type', () => {
  const [owner, user] = typedTableModules();
  const table = run(owner).table as unknown as WebAssembly.Table;
  const { call } = run(user, { env: { table } });
  assert.equal(call!(21, 1), 42);
  assert.throws(() => call!(21, 0), /unreachable/);
  assert.throws(() => call!(21, 2), /out of bounds/);
  table.grow(1, table.get(1));
  assert.equal(call!(5, 2), 10);
  // Null is no handler.
  assert.throws(() => table.set(0, null), TypeError);
});

test('tables of functions of one type are printed', () => {
  const [owner, user] = typedTableModules();
  assert.match(printModule(owner.build()), /\(table 2 \(ref 0\) \(ref\.func 0\)\)/);
  const text = printModule(user.build());
  assert.match(text, /\(import "env" "table" \(table 2 \(ref 1\)\)\)/);
  assert.match(text, /\(elem \(table 0\) \(offset i32\.const 1\) \(ref 1\) \(ref\.func 0\)\)/);
});
