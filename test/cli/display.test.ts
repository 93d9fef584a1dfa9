// `doppel run --display` as a user runs it: the VNC server says where it is, and the terminal is given back.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestClient } from '../../src/host/node/vnc/testing.ts';
import * as K from '../guest/tiny-kernels.ts';

const DOPPEL = join(import.meta.dirname, '../../bin/doppel.js');
const directory = mkdtempSync(join(tmpdir(), 'doppel-display-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const kernel = join(directory, 'spin');
writeFileSync(kernel, K.multibootKernel([...K.say('spinning\n'), ...K.SPIN]));
const run = ['run', '--kernel', kernel, '--memory', '32M'];

test('--display vnc serves the screen to those who know the password', async (t) => {
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, 'sesame\n');
  const words = [...run, '--display', 'vnc=0', '--vnc-password-file', passwordFile, '--timeout', '60'];
  const doppel = spawn(process.execPath, [DOPPEL, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => doppel.kill());
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    doppel.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
      const match = /VNC 127\.0\.0\.1:(\d+)\n/.exec(said);
      if (match) resolve(Number(match[1]));
    });
    doppel.once('exit', () => reject(new Error(said)));
  });
  const stranger = TestClient.connect(port);
  assert.match((await stranger.open('open')) ?? '', /password/);
  const viewer = TestClient.connect(port);
  t.after(() => viewer.close());
  assert.equal(await viewer.open('sesame'), undefined);
  viewer.setEncodings([16, -308]);
  await viewer.update(false);
  // A kernel that is booted without a BIOS finds a text mode.
  assert.deepEqual([viewer.width, viewer.height], [720, 400]);
});

test('--display text takes the other screen of the terminal and gives the first one back', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [DOPPEL, ...run, '--display', 'text', '--timeout', '1'],
    { encoding: 'utf8', timeout: 60_000, input: '' },
  );
  assert.equal(status, 124);
  assert.ok(stdout.startsWith('\x1b[?1049h'));
  assert.ok(stdout.includes('\x1b[?1049l'));
});

test('a password that cannot be read is one line', () => {
  const words = [...run, '--display', 'vnc=0', '--vnc-password-file', join(directory, 'none')];
  const { status, stderr } = spawnSync(process.execPath, [DOPPEL, ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 1);
  assert.match(stderr, /^doppel: --vnc-password-file .* cannot be read: there is no such file\.\n$/);
});
