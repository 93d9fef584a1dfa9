// Loops around a region's entry, and where a region of one is best entered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../../x86/cpuid/feature-names.ts';
import { MODE_KEY_64, modeFromKey } from '../../x86/decode/mode.ts';
import { entryLoop } from './entry-loop.ts';
import { formedLoopHeader } from './form-region.ts';
import { assemble, regionOf, viewOf } from './testing-code.ts';

const LONG = modeFromKey(MODE_KEY_64);

/** The label at which the loop through two others begins; null where none does. */
function header(lines: readonly string[], from: string, through: string): string | null {
  const { bytes, labels } = assemble(lines);
  const view = viewOf(bytes, 0, new Set(labels.values()));
  const at = formedLoopHeader(labels.get(from)!, labels.get(through)!, LONG, view, ALL_FEATURES);
  return at === null ? null : ([...labels].find(([, offset]) => offset === at)?.[0] ?? '?');
}

/** A loop within a loop. */
const NESTED = [
  'before:', '31 c0', // xor eax, eax
  'outer:', '48 ff c2', // inc rdx
  'inner:', '48 01 d0', '48 ff c9', '75 >inner', // add rax, rdx; dec rcx
  'after:', '48 ff ce', '75 >outer', // dec rsi
  'end:', 'c3',
]; // biome-ignore format: a program

/** A loop with two ways round, of which one goes round itself. */
const TWO_WAYS = [
  'head:', 'a8 01', '74 >right', // test al, 1
  'left:', '48 01 d0', 'eb >tail',
  'right:', '48 29 d0', 'turn:', '48 ff c9', '75 >turn',
  'tail:', '48 ff ce', '75 >head',
  'end:', 'c3',
]; // biome-ignore format: a program

test('the loop of a region is what leads back to its entry', () => {
  const { bytes, labels } = assemble(NESTED);
  assert.ok(bytes.length > 0);
  const at = (label: string) => labels.get(label)!;
  const loop = (entry: string) => entryLoop(regionOf({ lines: NESTED, entry })!);

  const whole = loop('outer');
  assert.deepEqual([...whole.places].sort(), [at('outer'), at('inner'), at('after')].sort());
  assert.deepEqual([...whole.headers].sort(), [at('outer'), at('inner')].sort());
  assert.equal(whole.instructions, 6);

  assert.equal(loop('before').instructions, 0, 'a loop that is not around the entry');
  assert.equal(loop('end').instructions, 0);
});

test('a loop begins at its header, wherever it is looked at', () => {
  for (const from of ['outer', 'inner', 'after']) {
    assert.equal(header(NESTED, from, 'inner'), 'outer', from);
    assert.equal(header(NESTED, from, 'after'), 'outer', from);
  }
  for (const from of ['head', 'left', 'right', 'turn', 'tail']) {
    assert.equal(header(TWO_WAYS, from, 'tail'), 'head', from);
  }
});

test('there has to be a way from either place to the other', () => {
  assert.equal(header(NESTED, 'end', 'inner'), null);
  assert.equal(header(NESTED, 'before', 'inner'), null);
  assert.equal(header(NESTED, 'inner', 'end'), null);
  assert.equal(header(TWO_WAYS, 'tail', 'end'), null);
});

test('the code that calls is where the loop begins, not the function that it calls', () => {
  // Entered in the function, whose RET is followed to where it returned last.
  const lines = [
    'function:', '48 01 d0', 'c3',
    'head:', '48 ff c2', 'e8 >>function', 'back:', '48 ff ce', '75 >head', 'end:', 'c3',
  ]; // biome-ignore format: a program
  const { bytes, labels } = assemble(lines);
  const view = {
    ...viewOf(bytes, 0, new Set(labels.values())),
    observed: (offset: number) => (offset === labels.get('function')! + 3 ? labels.get('back')! : undefined),
  };
  const at = formedLoopHeader(labels.get('function')!, labels.get('back')!, LONG, view, ALL_FEATURES);
  assert.equal(at, labels.get('head'));
});
