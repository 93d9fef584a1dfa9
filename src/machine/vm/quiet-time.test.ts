// How long a guest has waited, and is expected to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuietTime } from './quiet-time.ts';

test('the time since it did something, or as long as each of the last three waits', () => {
  const quiet = new QuietTime();
  quiet.broken(1000);
  assert.equal(quiet.length(1200), 200);
  for (const at of [2000, 3000, 3900]) {
    quiet.waits();
    quiet.broken(at);
  }
  assert.equal(quiet.length(3900), 900);
  assert.equal(quiet.length(5000), 1100);
  quiet.broken(5000);
  assert.equal(quiet.length(5000), 900, 'it did not wait: what it does goes on');
  quiet.waits();
  quiet.broken(5010);
  assert.equal(quiet.length(5010), 10);
  quiet.doubted(5600);
  assert.equal(quiet.length(5650), 50);
  quiet.waits();
  quiet.broken(6010);
  quiet.doubted(6020);
  quiet.waits();
  quiet.broken(7010);
  quiet.waits();
  quiet.broken(8010);
  assert.equal(quiet.length(8010), 1000, 'a doubt is no end');
});
