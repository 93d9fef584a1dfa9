// Files as media of drives: what is refused, and what comes read-only.
import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMediaFile } from './media-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'doppel-media-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, size: number, head = ''): string {
  const path = join(directory, name);
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(head));
  writeFileSync(path, bytes);
  return path;
}

test('a CD-ROM is read-only and needs no lock; a diskette is locked until it is closed', () => {
  const disc = openMediaFile('cdrom', file('disc', 4096));
  assert.equal(disc.readOnly, true);
  assert.equal(existsSync(join(directory, 'disc.lock')), false);
  disc.close();
  const path = file('diskette', 1_474_560);
  const diskette = openMediaFile('floppy', path);
  assert.equal(diskette.readOnly, false);
  assert.throws(() => openMediaFile('floppy', path), /in use/);
  openMediaFile('floppy', path, { readOnly: true }).close();
  diskette.close();
  assert.equal(existsSync(`${path}.lock`), false);
});

test('a diskette whose file may not be written is write-protected', {
  skip: process.getuid?.() === 0,
}, () => {
  const path = file('protected', 1_474_560);
  chmodSync(path, 0o444);
  const diskette = openMediaFile('floppy', path);
  assert.equal(diskette.readOnly, true);
  diskette.close();
});

test('what cannot be a medium is refused, and not kept locked', () => {
  assert.throws(() => openMediaFile('cdrom', file('short', 1024)), /too short for a CD-ROM/);
  assert.throws(() => openMediaFile('floppy', file('tiny', 100)), /at least one sector/);
  assert.throws(() => openMediaFile('floppy', file('large', 3 << 20)), /too large for a diskette/);
  const vdi = file('image', 4096, 'vhdxfile');
  assert.throws(() => openMediaFile('floppy', vdi), /VHDX image.*raw/);
  assert.equal(existsSync(`${vdi}.lock`), false);
  assert.throws(() => openMediaFile('cdrom', directory), /is a folder/);
  assert.throws(() => openMediaFile('cdrom', join(directory, 'none')), /there is no such file/);
});

test('a disc that is cut off is told of', () => {
  const path = file('cut.iso', 36_864);
  const bytes = new Uint8Array(4096);
  for (const [at, type] of [
    [0, 1],
    [2048, 255],
  ] as const) {
    bytes[at] = type;
    bytes.set(new TextEncoder().encode('CD001'), at + 1);
  }
  new DataView(bytes.buffer).setUint32(80, 19, true);
  const image = openSync(path, 'r+');
  writeSync(image, bytes, 0, bytes.length, 32_768);
  closeSync(image);
  const said: string[] = [];
  openMediaFile('cdrom', path, { report: (message) => said.push(message) }).close();
  assert.deepEqual(said, [
    `${path} is cut off: its last 2048 bytes are missing. Fetch it again if it was downloaded.`,
  ]);
});
