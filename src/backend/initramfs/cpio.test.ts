import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildBusyboxInitramfs } from './busybox.ts';
import { type CpioEntry, writeCpio } from './cpio.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Reads an archive back: path, mode, size, device and data of each entry. */
function readCpio(archive: Uint8Array): { path: string; mode: number; device: string; data: Uint8Array }[] {
  const entries = [];
  for (let at = 0; ; ) {
    const header = new TextDecoder().decode(archive.subarray(at, at + 110));
    assert.equal(header.slice(0, 6), '070701');
    const field = (i: number) => Number.parseInt(header.slice(6 + i * 8, 14 + i * 8), 16);
    const path = new TextDecoder().decode(archive.subarray(at + 110, at + 110 + field(11) - 1));
    if (path === 'TRAILER!!!') return entries;
    const data = Math.ceil((at + 110 + field(11)) / 4) * 4;
    entries.push({
      path,
      mode: field(1),
      device: `${field(9)}:${field(10)}`,
      data: archive.subarray(data, data + field(6)),
    });
    at = Math.ceil((data + field(6)) / 4) * 4;
  }
}

const TREE: CpioEntry[] = [
  { kind: 'file', path: 'usr/bin/tool', mode: 0o4755, bytes: bytes('tool') },
  { kind: 'symlink', path: 'bin', target: 'usr/bin' },
  { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
  { kind: 'block-device', path: 'dev/vda', major: 254, minor: 0 },
  { kind: 'directory', path: 'root', mode: 0o700 },
  { kind: 'directory', path: 'usr', mode: 0o711 },
  { kind: 'file', path: 'empty', bytes: new Uint8Array(0) },
];

test('entries come back as they went in, parents first', () => {
  const entries = readCpio(writeCpio(TREE));
  assert.deepEqual(
    entries.map(({ path, mode }) => `${path} ${mode.toString(8)}`),
    [
      'usr 40711',
      'usr/bin 40755',
      'usr/bin/tool 104755',
      'bin 120777',
      'dev 40755',
      'dev/console 20600',
      'dev/vda 60600',
      'root 40700',
      'empty 100644',
    ],
  );
  assert.deepEqual(entries[2]!.data, bytes('tool'));
  assert.deepEqual(entries[3]!.data, bytes('usr/bin'));
  assert.equal(entries[5]!.device, '5:1');
});

test('the archive is deterministic, and paths are checked', () => {
  assert.deepEqual(writeCpio(TREE), writeCpio(TREE));
  for (const path of ['', '/etc', 'a//b', 'a/../b', './a', 'a/']) {
    assert.throws(() => writeCpio([{ kind: 'directory', path }]), { name: 'DoppelError' });
  }
  assert.throws(() => writeCpio([TREE[6]!, TREE[6]!]), /"empty" twice/);
});

test('cpio unpacks it', (context) => {
  if (spawnSync('cpio', ['--version']).error !== undefined) return context.skip('cpio is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'doppel-cpio-'));
  try {
    const files = TREE.filter(({ kind }) => !kind.endsWith('device'));
    const result = spawnSync('cpio', ['-id', '--quiet'], { cwd: directory, input: writeCpio(files) });
    assert.equal(result.status, 0, String(result.stderr));
    assert.equal(readFileSync(join(directory, 'bin/tool'), 'utf8'), 'tool');
    assert.equal(readlinkSync(join(directory, 'bin')), 'usr/bin');
    assert.equal(statSync(join(directory, 'root')).mode & 0o777, 0o700);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the busybox initramfs has an init, a console, a shell and the extra files', () => {
  const archive = buildBusyboxInitramfs(bytes('#busybox'), [
    { kind: 'directory', path: 'etc' },
    { kind: 'file', path: 'etc/rc', mode: 0o755, bytes: bytes('#!/bin/sh\n') },
  ]);
  const entries = new Map(readCpio(archive).map((entry) => [entry.path, entry]));
  assert.equal(entries.get('init')?.mode, 0o100755);
  assert.match(new TextDecoder().decode(entries.get('init')?.data), /^#!\/bin\/busybox sh\n/);
  assert.equal(entries.get('dev/console')?.device, '5:1');
  assert.deepEqual(entries.get('bin/busybox')?.data, bytes('#busybox'));
  assert.equal(entries.get('etc/rc')?.mode, 0o100755);
});
