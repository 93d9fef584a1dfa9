import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoppelError } from '../../base/errors.ts';
import { emptyMemoryDisk, imageDisk, overlayDisk } from './memory-disk.ts';
import { SectorStore } from './sector-store.ts';
import { contents, FaultyDisk, outcome } from './testing.ts';

const filled = (sectors: number, value: number): Uint8Array => new Uint8Array(sectors * 512).fill(value);

test('an empty disk reads as zeros and keeps what is written', () => {
  const disk = emptyMemoryDisk(2 ** 32);
  assert.deepEqual(contents(disk, 2 ** 40, 1024), filled(2, 0));
  assert.equal(
    outcome((done) => disk.write(2 ** 40, filled(3, 9), done)),
    null,
  );
  assert.deepEqual(contents(disk, 2 ** 40 + 1024, 1024), Uint8Array.from([...filled(1, 9), ...filled(1, 0)]));
  assert.equal(
    outcome((done) => disk.write(2 ** 41 - 512, filled(2, 9), done)),
    'out-of-range',
  );
  assert.equal(
    outcome((done) => disk.discard(2 ** 40 - 65536, 2 ** 20, done)),
    null,
  );
  assert.deepEqual(contents(disk, 2 ** 40, 512), filled(1, 0));
  assert.throws(() => emptyMemoryDisk(0), DoppelError);
});

test('a read-only disk takes no writes', () => {
  for (const disk of [emptyMemoryDisk(8, { readOnly: true }), imageDisk(filled(8, 1), { readOnly: true })]) {
    assert.equal(
      outcome((done) => disk.write(0, filled(1, 2), done)),
      'read-only',
    );
    assert.equal(
      outcome((done) => disk.discard(0, 512, done)),
      'read-only',
    );
    assert.equal(
      outcome((done) => disk.flush(done)),
      null,
    );
  }
});

test('an image is used in place; a last half sector is left out', () => {
  const image = new Uint8Array(3 * 512 + 100);
  const disk = imageDisk(image);
  assert.equal(disk.sectors, 3);
  assert.equal(
    outcome((done) => disk.write(512, filled(1, 5), done)),
    null,
  );
  assert.equal(image[512], 5);
  assert.equal(
    outcome((done) => disk.read(3 * 512, filled(1, 0), done)),
    'out-of-range',
  );
  assert.throws(() => imageDisk(new Uint8Array(511)), DoppelError);
});

test('an overlay shows its base and keeps the writes', () => {
  const image = filled(200, 1);
  const base = new FaultyDisk(imageDisk(image, { readOnly: true }));
  const disk = overlayDisk(base);
  assert.equal(disk.readOnly, false);
  assert.equal(
    outcome((done) => disk.write(63 * 512, filled(3, 7), done)),
    null,
  );
  assert.deepEqual(
    contents(disk, 62 * 512, 5 * 512),
    Uint8Array.from([...filled(1, 1), ...filled(3, 7), ...filled(1, 1)]),
  );
  assert.ok(image.every((byte) => byte === 1));
  base.log.length = 0;
  contents(disk, 63 * 512, 3 * 512);
  assert.deepEqual(base.log, [], 'what is all in the overlay is not read from the base');
  assert.equal(
    outcome((done) => disk.discard(0, 200 * 512, done)),
    null,
  );
  assert.equal(contents(disk, 64 * 512, 512)[0], 7);
  base.fail = 'io';
  assert.equal(
    outcome((done) => disk.read(0, filled(1, 0), done)),
    'io',
  );
  assert.equal(
    outcome((done) => disk.read(64 * 512, filled(1, 0), done)),
    null,
  );
  assert.equal(
    outcome((done) => disk.write(200 * 512, filled(1, 0), done)),
    'out-of-range',
  );
});

test('an overlay waits for a base that takes its time', () => {
  const base = new FaultyDisk(imageDisk(filled(4, 1)));
  const disk = overlayDisk(base);
  outcome((done) => disk.write(512, filled(1, 8), done));
  base.held = true;
  const target = filled(4, 0);
  let ended = false;
  disk.read(0, target, () => {
    ended = true;
  });
  assert.equal(ended, false);
  base.release();
  assert.equal(ended, true);
  assert.deepEqual([target[0], target[512], target[1024]], [1, 8, 1]);
});

test('a store takes memory by clusters and gives whole ones back', () => {
  const store = new SectorStore();
  store.write(64 * 512 * 10, filled(130, 1));
  assert.equal(store.allocatedSectors, 192);
  assert.equal(store.holds(64 * 512 * 10, 130 * 512), true);
  assert.equal(store.holds(64 * 512 * 10, 131 * 512), false);
  store.forget(64 * 512 * 10 + 512, 2 ** 40);
  assert.equal(store.allocatedSectors, 64);
  store.forget(0, 64 * 512 * 11);
  assert.equal(store.allocatedSectors, 0);
});
