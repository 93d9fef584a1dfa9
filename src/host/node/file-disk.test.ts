import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { contents, outcome } from '../../backend/block/testing.ts';
import { DoppelError } from '../../base/errors.ts';
import { createRawDisk, openFileDisk } from './file-disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'doppel-disk-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const pattern = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);

test('a raw disk is sparse, and what is written is in the file', () => {
  const path = at('sparse.img');
  createRawDisk(path, 4 * 2 ** 30);
  assert.equal(statSync(path).size, 4 * 2 ** 30);
  assert.ok(statSync(path).blocks < 100);
  const disk = openFileDisk(path);
  assert.equal(disk.sectors, 8 * 2 ** 20);
  assert.deepEqual(contents(disk, 3 * 2 ** 30, 512), new Uint8Array(512));
  const data = pattern(4096, 3);
  assert.equal(
    outcome((done) => disk.write(3 * 2 ** 30 + 512, data, done)),
    null,
  );
  assert.equal(
    outcome((done) => disk.flush(done)),
    null,
  );
  assert.deepEqual(contents(disk, 3 * 2 ** 30 + 512, 4096), data);
  disk.close();
  const again = openFileDisk(path, { readOnly: true });
  assert.deepEqual(contents(again, 3 * 2 ** 30 + 512, 4096), data);
  again.close();
  assert.equal(
    outcome((done) => again.read(0, new Uint8Array(512), done)),
    'io',
  );
  assert.throws(() => createRawDisk(path, 512), /exists already/);
  assert.throws(() => createRawDisk(at('x'), 700), DoppelError);
  assert.throws(() => createRawDisk(at('no/folder'), 512), DoppelError);
});

test('ranges, read-only images and sizes that are no whole number of sectors', () => {
  const path = at('odd.img');
  writeFileSync(path, pattern(2000, 1));
  const messages: string[] = [];
  const disk = openFileDisk(path, { readOnly: true, report: (message) => messages.push(message) });
  assert.equal(disk.sectors, 3);
  assert.match(messages[0]!, /its last 464 are left out/);
  assert.equal(
    outcome((done) => disk.read(3 * 512, new Uint8Array(512), done)),
    'out-of-range',
  );
  assert.equal(
    outcome((done) => disk.read(100, new Uint8Array(512), done)),
    'out-of-range',
  );
  assert.equal(
    outcome((done) => disk.write(0, new Uint8Array(512), done)),
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
  assert.equal(existsSync(`${path}.lock`), false, 'readers take no lock');
  disk.close();
  writeFileSync(at('tiny'), 'tiny');
  assert.throws(() => openFileDisk(at('tiny')), /at least one sector/);
  assert.throws(() => openFileDisk(folder, { readOnly: true }), /is a folder/);
  assert.throws(() => openFileDisk('/dev/null'), /is a device/);
  assert.throws(() => openFileDisk(at('nowhere')), /there is no such file/);
});

test('a pipe is refused without waiting for its other end', () => {
  const pipe = at('pipe');
  spawnSync('mkfifo', [pipe]);
  assert.throws(() => openFileDisk(pipe, { readOnly: true }), /is a pipe/);
});

test('a disk of a size that the host refuses leaves no file behind', () => {
  const path = at('huge.img');
  assert.throws(() => createRawDisk(path, 2 ** 53 - 512), DoppelError);
  assert.equal(existsSync(path), false);
  assert.throws(() => createRawDisk(path, 2 ** 60), /at most 8191 TiB/);
});

test('a file that becomes shorter gives errors that are told once', () => {
  const path = at('shorter.img');
  createRawDisk(path, 8192);
  const messages: string[] = [];
  const disk = openFileDisk(path, { report: (message) => messages.push(message) });
  truncateSync(path, 4096);
  assert.equal(
    outcome((done) => disk.read(2048, new Uint8Array(2048), done)),
    null,
  );
  assert.equal(
    outcome((done) => disk.read(2048, new Uint8Array(4096), done)),
    'io',
  );
  assert.equal(
    outcome((done) => disk.read(4096, new Uint8Array(512), done)),
    'io',
  );
  assert.equal(messages.length, 1);
  assert.match(messages[0]!, /has become shorter/);
  disk.close();
});

test('one request fills several pieces of memory, more than the host takes at once', () => {
  const path = at('pieces.img');
  const content = pattern(700 * 512, 9);
  writeFileSync(path, content);
  const messages: string[] = [];
  const disk = openFileDisk(path, { report: (message) => messages.push(message) });
  const memory = new Uint8Array(1 << 20).fill(0xee);
  // Sectors in the order of the file, at every second place from the end.
  const pieces = Array.from({ length: 600 }, (_, i) =>
    memory.subarray((1200 - 2 * i) * 512).subarray(0, 512),
  );
  assert.equal(disk.readNow!(512 * 50, pieces), null);
  pieces.forEach((piece, i) => {
    assert.deepEqual(piece, content.subarray((50 + i) * 512, (51 + i) * 512));
  });
  assert.equal(memory[513], 0xee);
  assert.equal(disk.readNow!(512 * 101, pieces), 'out-of-range');
  assert.equal(disk.readNow!(100, pieces.slice(0, 1)), 'out-of-range');
  truncateSync(path, 512 * 60);
  assert.equal(disk.readNow!(512 * 50, pieces), 'io');
  assert.equal(disk.readNow!(512 * 50, pieces.slice(0, 10)), null);
  assert.match(messages.join(), /has become shorter/);
  disk.close();
  assert.equal(disk.readNow!(0, pieces.slice(0, 1)), 'io');
});

test('a write that the host refuses is an error for the guest and a sentence for the user', () => {
  // A limit on the size of files, which every host has.
  const path = at('limited.img');
  createRawDisk(path, 1 << 20);
  const script = `
    const { openFileDisk } = await import(${JSON.stringify(new URL('./file-disk.ts', import.meta.url).href)});
    const disk = openFileDisk(${JSON.stringify(path)}, { report: (m) => console.log(m) });
    disk.write(600 * 1024, new Uint8Array(512), (e) => console.log('result', e));
    disk.close();`;
  const run = spawnSync(
    'bash',
    ['-c', `trap '' XFSZ; ulimit -f 512; exec "$0" --input-type=module -e "$1"`, process.execPath, script],
    { encoding: 'utf8' },
  );
  assert.match(run.stdout, /could not be written/, run.stderr);
  assert.match(run.stdout, /result io/);
});

/** Runs a command where a new file system of `kib` KiB lies at `where`, which only it sees; Linux lets any user do so, mostly. */
const withFileSystem = (where: string, kib: number, command: string[]) =>
  spawnSync('unshare', [
    ...['--user', '--map-root-user', '--mount', 'sh', '-c'],
    ...[`mount -t tmpfs -o size=${kib}k tmpfs "$0" && exec "$@"`, where, ...command],
  ]);
const noFileSystem =
  withFileSystem(tmpdir(), 64, ['true']).status !== 0 &&
  'this host lets nobody mount a file system of his own';

test('a file system that is full is an error for the guest and a sentence for the user', {
  skip: noFileSystem,
}, () => {
  const script = `
    const { createRawDisk, openFileDisk } = await import(${JSON.stringify(new URL('./file-disk.ts', import.meta.url).href)});
    const path = ${JSON.stringify(at('full.img'))};
    createRawDisk(path, 1 << 20);
    const disk = openFileDisk(path, { report: (message) => console.log(message) });
    const say = (error) => console.log(String(error));
    for (let i = 0; i < 64; i++) disk.write(4096 * (i % 16), new Uint8Array(4096).fill(i), say);
    for (let i = 16; i < 64; i++) disk.write(4096 * i, new Uint8Array(4096), say);
    disk.flush(say);
  `;
  const child = withFileSystem(folder, 128, [process.execPath, '--input-type=module', '-e', script]);
  const lines = child.stdout.toString().trim().split('\n');
  assert.equal(child.status, 0, child.stderr.toString());
  assert.deepEqual(lines.slice(0, 64), new Array(64).fill('null'), 'what has its place can be written again');
  const told = lines.filter((line) => line.includes('no room left'));
  assert.deepEqual(told, [
    `${at('full.img')} could not be written (the host has no room left); the guest gets an error.`,
  ]);
  assert.ok(lines.filter((line) => line === 'no-space').length >= 30);
  assert.equal(lines.at(-1), 'null', 'what was written is on its way');
});

test('a second writer is refused, and a dead one leaves nothing behind', async () => {
  const path = at('locked.img');
  createRawDisk(path, 4096);
  const disk = openFileDisk(path);
  assert.throws(() => openFileDisk(path), /in use already/);
  const link = at('link.img');
  symlinkSync('locked.img', link);
  assert.throws(() => openFileDisk(link), /in use already/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('.lock')),
    ['locked.img.lock'],
  );
  openFileDisk(path, { readOnly: true }).close();
  disk.close();
  assert.equal(existsSync(`${path}.lock`), false);

  const script = `
    const { openFileDisk } = await import(${JSON.stringify(new URL('./file-disk.ts', import.meta.url).href)});
    const disk = openFileDisk(${JSON.stringify(path)});
    disk.write(512, new Uint8Array(512).fill(0x77), () => console.log('written'));
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  for (const name of [path, link]) {
    assert.throws(() => openFileDisk(name), new RegExp(`process ${other.pid} .*remove .*locked.img.lock`));
  }
  other.kill('SIGKILL');
  await once(other, 'exit');
  assert.equal(existsSync(`${path}.lock`), true);
  const after = openFileDisk(path);
  assert.deepEqual(
    contents(after, 512, 512),
    new Uint8Array(512).fill(0x77),
    'the write has reached the file',
  );
  after.close();
  assert.equal(readFileSync(path).length, 4096);
});
