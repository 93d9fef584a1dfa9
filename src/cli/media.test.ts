// Which medium a file is and where it goes, as `doppel run` decides it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { placeFiles } from './media.ts';
import { parseRunOptions } from './options.ts';

const folder = mkdtempSync(join(tmpdir(), 'doppel-media-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, size: number): string {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(size));
  return path;
}

test('a disk without a flag is the first one', () => {
  const [system, data, diskette] = [
    file('system', 2 ** 22),
    file('data', 2 ** 22),
    file('floppy', 1_474_560),
  ];
  const options = parseRunOptions(['--disk', data, system, '--floppy', data, diskette])!;
  const placed = placeFiles(options);
  assert.deepEqual(placed.disks, [system, data]);
  assert.deepEqual(placed.floppies, [diskette, data]);
  assert.deepEqual(placed.files, []);
});
