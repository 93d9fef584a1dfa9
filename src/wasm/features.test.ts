import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectWasmFeatures, missingWasmFeatures } from './features.ts';

test('this host has what Doppel requires', () => {
  const found = detectWasmFeatures();
  assert.deepEqual(missingWasmFeatures(found), []);
});

test('every Node that is new enough has the features it is known to have', () => {
  const found = detectWasmFeatures();
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) assert.ok(found.threads && found.memory64);
  if (major >= 26) assert.ok(found.exnref && found.jspi);
});

test('what is missing is named, and optional features are not', () => {
  const found = { ...detectWasmFeatures(), tailCalls: false, jspi: false };
  assert.deepEqual(missingWasmFeatures(found), ['tailCalls']);
});
