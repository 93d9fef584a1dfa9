import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDiskSize } from './disk.ts';
import { parseSize } from './options.ts';
import { parseBytes } from './size.ts';

test('sizes with and without a unit', () => {
  for (const [text, bytes] of [
    ['7', 7],
    ['2k', 2048],
    ['512M', 2 ** 29],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['3 TB', 3 * 2 ** 40],
  ] as const) {
    assert.equal(parseBytes(text, 1), bytes, text);
  }
  assert.equal(parseBytes('7', 2 ** 20), 7 * 2 ** 20);
  for (const text of ['', 'M', '-1', '1X', '1e9', '1,5G']) assert.equal(parseBytes(text, 1), undefined, text);
});

test('memory counts in MiB, disks in bytes, and both in whole pieces', () => {
  assert.equal(parseSize('64'), 64 * 2 ** 20);
  assert.equal(parseSize('64.01M') % 65_536, 0);
  assert.throws(() => parseSize('1T'), /from 2M to 3G/);
  assert.throws(() => parseSize('much'), /not a size/);
  assert.equal(parseDiskSize('1000'), 1024);
  assert.equal(parseDiskSize('1.5T'), 1.5 * 2 ** 40);
  assert.throws(() => parseDiskSize('0'), /at least one sector/);
  assert.throws(() => parseDiskSize('big'), /not a size/);
});
