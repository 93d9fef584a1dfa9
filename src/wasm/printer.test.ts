import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBuilder } from './module.ts';
import { printFunction, printModule } from './printer.ts';
import { SECTION } from './sections.ts';
import { assemble, withoutSections } from './testing.ts';

// The assembler writes no branch hints and names here, and counts data segments only where code names them.
const UNCOMPARED = [SECTION.custom, SECTION.dataCount];

/** A module with something of everything that the printer knows. */
function sample(): ModuleBuilder {
  const module = new ModuleBuilder();
  module.importMemory('env', 'cpu', { min: 1 });
  module.importMemory('env', 'ram', { min: 2, max: 65536, shared: true });
  module.importTable('env', 'handlers', { min: 10, max: 20 });
  module.importGlobal('env', 'base', 'i32', false);
  const slow = module.importFunction('env', 'slow read', ['i32'], ['i64']);
  module.importFunction('env', 'slow read', ['i64'], []);
  const budget = module.defineGlobal('i64', true, -7);
  const table = module.defineTable({ min: 4 });
  const handler = module.type(['i32'], []);
  const pair = module.type(['i32'], ['i32', 'i32']);
  const fn = module.defineFunction('ADD r32, r/m32', ['i32'], []);
  const sum = fn.local('i64');
  fn.local('i64');
  fn.local('v128');
  fn.loop();
  fn.localGet(0);
  fn.load('i32.load', 16);
  fn.op('i32.eqz');
  fn.if_('i64', 'unlikely');
  fn.localGet(0);
  fn.call(slow);
  fn.else_();
  fn.localGet(0);
  fn.load('i64.load', 0, 1);
  fn.end();
  fn.localSet(sum);
  fn.localGet(sum);
  fn.op('i64.eqz');
  fn.brIf(0);
  fn.end();
  fn.i32Const(-1);
  fn.block(pair);
  fn.i32Const(0x7fff_ffff);
  fn.end();
  fn.op('drop');
  fn.op('drop');
  fn.f32Const(0.1);
  fn.op('drop');
  fn.f64Const(-0);
  fn.op('drop');
  fn.f64Const(Number.NEGATIVE_INFINITY);
  fn.op('drop');
  fn.f64Const(Number.NaN);
  fn.op('drop');
  fn.v128Const([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255]);
  fn.lane('i16x8.extract_lane_u', 7);
  fn.op('drop');
  fn.i32Const(0);
  fn.v128Const(new Array(16).fill(0));
  fn.memoryLane('v128.store16_lane', 7, 4, 1);
  fn.i64Const(-(1n << 63n));
  fn.globalSet(budget);
  fn.localGet(0);
  fn.localGet(0);
  fn.returnCallIndirect(handler, table);
  module.exportFunction('add', fn.index);
  module.exportMemory('cpu', 0);
  module.exportTable('t', table);
  module.exportGlobal('budget', budget);
  module.addActiveElements(0, { global: 0 }, [fn.index, slow]);
  module.addActiveElements(table, 2, [fn.index]);
  module.addPassiveElements([fn.index]);
  module.addActiveData(0, 4096, [0, 34, 92, 65, 255]);
  module.addPassiveData([1, 2]);
  const start = module.defineFunction('start', [], []);
  module.start(start.index);
  return module;
}

test('a function prints with names and indentation', () => {
  const module = new ModuleBuilder();
  module.importMemory('env', 'cpu', { min: 1 });
  module.importMemory('env', 'ram', { min: 1 });
  const slow = module.importFunction('env', 'slow_read', ['i32'], ['i32']);
  const fn = module.defineFunction('MOV r32, m32', ['i32'], []);
  const value = fn.local('i32');
  fn.localGet(0);
  fn.load('i32.load', 64);
  fn.if_('i32');
  fn.localGet(0);
  fn.call(slow);
  fn.else_();
  fn.localGet(0);
  fn.load('i32.load8_u', 8, 1);
  fn.end();
  fn.localSet(value);
  fn.localGet(0);
  fn.localGet(0);
  fn.returnCall(fn.index);
  assert.equal(
    printFunction(module, fn),
    `(func $MOV_r32__m32 (param i32)
  (local i32)
  local.get 0
  i32.load offset=64 align=1
  if (result i32)
    local.get 0
    call $slow_read
  else
    local.get 0
    i32.load8_u 1 offset=8
  end
  local.set 1
  local.get 0
  local.get 0
  return_call $MOV_r32__m32)`,
  );
});

test('the text of a module assembles to the same module', () => {
  const bytes = sample().build();
  const without = withoutSections(bytes, UNCOMPARED);
  assert.deepEqual(withoutSections(assemble(printModule(bytes)), UNCOMPARED), without);
  const named = sample().build({ names: true });
  assert.match(printModule(named), /\(func \$ADD_r32__r\/m32 \(param i32\)/);
  assert.deepEqual(withoutSections(assemble(printModule(named)), UNCOMPARED), without);
});

test('an empty module prints', () => {
  assert.equal(printModule(new ModuleBuilder().build()), '(module)\n');
});

test('what is not a module is refused', () => {
  assert.throws(() => printModule(Uint8Array.of(1, 2, 3)), RangeError);
  assert.throws(() => printModule(sample().build().subarray(0, 60)), RangeError);
});
