import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader } from './decoder.ts';
import { type FoldNames, fold, printExpressions } from './folded.ts';
import type { FunctionBuilder } from './function.ts';
import { ModuleBuilder } from './module.ts';
import { SECTION } from './sections.ts';
import { assemble, withoutSections } from './testing.ts';

function folded(emit: (f: FunctionBuilder) => void, more: Partial<FoldNames> = {}) {
  const module = new ModuleBuilder();
  module.importMemory('env', 'state', { min: 1 });
  module.importMemory('env', 'ram', { min: 1 });
  const callee = module.importFunction('env', 'callee', ['i32', 'i64'], ['i64']);
  const f = module.defineFunction('f', ['i32'], []);
  f.local('i64');
  assert.equal(callee, 0);
  emit(f);
  const hints = new Map(f.branchHints.map(({ offset, hint }) => [offset, hint]));
  const expressions = fold(new ByteReader(f.code), {
    functionName: (index) => module.functionName(index),
    typeAt: (index) => module.typeAt(index),
    calleeType: () => module.functionType(callee)!,
    hint: (position) => hints.get(position),
    ...more,
  });
  return { module, expressions };
}

/** The folded text assembles to what the builder makes. */
function assertSameBytes(emit: (f: FunctionBuilder) => void): void {
  const { module, expressions } = folded(emit);
  const text = [
    '(module',
    '(type (func (param i32 i64) (result i64)))',
    '(type (func (param i32)))',
    '(import "env" "state" (memory 1))',
    '(import "env" "ram" (memory 1))',
    '(import "env" "callee" (func $callee (param i32 i64) (result i64)))',
    '(func $f (param i32) (local i64)',
    ...printExpressions(expressions, {}, 2),
    '))',
  ].join('\n');
  const skipped = [SECTION.custom, SECTION.type];
  assert.deepEqual(withoutSections(assemble(text), skipped), withoutSections(module.build(), skipped), text);
}

test('what is folded parses back to the same code', () => {
  assertSameBytes((f) => {
    f.block();
    f.loop();
    f.localGet(0);
    f.load('i32.load', 16);
    f.i32Const(3);
    f.op('i32.lt_s');
    f.if_('i64', 'unlikely');
    f.localGet(0);
    f.i64Const(-1);
    f.call(0);
    f.else_();
    f.localGet(0);
    f.load('i64.load', 8, 1);
    f.end();
    f.localSet(1);
    f.localGet(0);
    f.op('i32.eqz');
    f.brIf(1);
    f.localGet(0);
    f.brTable([0, 1], 1);
    f.end();
    f.end();
    // A statement between an operand and its instruction.
    f.localGet(1);
    f.i64Const(5);
    f.localSet(1);
    f.localSet(1);
    f.i32Const(0);
    f.localGet(1);
    f.i64Const(1);
    f.localGet(0);
    f.op('select');
    f.store('i64.store', 24);
  });
});

test('operands are folded, blocks are labelled where somebody branches to them', () => {
  const { expressions } = folded((f) => {
    f.block();
    f.localGet(0);
    f.i32Const(1);
    f.op('i32.add');
    f.brIf(0, 'likely');
    f.block();
    f.end();
    f.end();
  });
  assert.deepEqual(printExpressions(expressions), [
    '(block $1',
    '  (br_if $1 (; likely ;) (i32.add (local.get 0) (i32.const 1)))',
    '  (block))',
  ]);
});

test('names and notes', () => {
  const { expressions } = folded(
    (f) => {
      f.localGet(0);
      f.load('i32.load', 16);
      f.localSet(0);
    },
    { notes: (position) => (position === 0 ? ['a note'] : []) },
  );
  const names = {
    local: () => 'there',
    immediates: ({ op }: { op: string }) => (op === 'i32.load' ? 'offset=SIXTEEN' : undefined),
    comment: ({ op }: { op: string }) => (op === 'local.set' ? 'set' : undefined),
  };
  assert.deepEqual(printExpressions(expressions, names, 1), [
    ' ;; a note',
    ' (local.set $there (; set ;) (i32.load offset=SIXTEEN (local.get $there)))',
  ]);
});
