import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DoppelError } from '../../base/errors.ts';
import { openFlashFile } from './flash-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'doppel-flash-'));
after(() => rmSync(folder, { recursive: true }));
const SIZE = 0x2000;

function fresh(name: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    Uint8Array.from({ length: SIZE }, (_, i) => i & 0xff),
  );
  return path;
}

test('what is stored is in the file at once', () => {
  const path = fresh('vars.fd');
  const flash = openFlashFile(path);
  const content = new Uint8Array(flash.size);
  flash.load(content);
  assert.deepEqual(content, new Uint8Array(readFileSync(path)));
  assert.equal(flash.store(0x1234, Uint8Array.of(1, 2, 3)), true);
  assert.deepEqual([...readFileSync(path).subarray(0x1233, 0x1238)], [0x33, 1, 2, 3, 0x37]);
  flash.close();
  assert.equal(flash.store(0, Uint8Array.of(9)), false);
  assert.equal(readFileSync(path)[0], 0);
});

test('one machine at a time', () => {
  const path = fresh('shared.fd');
  const flash = openFlashFile(path);
  assert.throws(() => openFlashFile(path), /in use already/);
  const reader = openFlashFile(path, { readOnly: true });
  assert.equal(reader.store(0, Uint8Array.of(9)), false);
  reader.close();
  flash.close();
  assert.ok(!existsSync(`${path}.lock`));
  openFlashFile(path).close();
});

test('files that cannot be flash', () => {
  const throws = (path: string, message: RegExp) => {
    assert.throws(
      () => openFlashFile(path),
      (error) => error instanceof DoppelError && message.test(error.message),
    );
  };
  throws(join(folder, 'none'), /there is no such file/);
  throws('/dev/null', /is a device/);
  const empty = join(folder, 'empty');
  writeFileSync(empty, '');
  throws(empty, /0 bytes: flash memory has up to 16 MiB/);
  assert.ok(!existsSync(`${empty}.lock`));
});

test('a process that is killed loses nothing of what it stored', () => {
  const path = fresh('killed.fd');
  const module = new URL('./flash-file.ts', import.meta.url).href;
  const { signal } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    `import { openFlashFile } from '${module}';
     openFlashFile('${path}').store(7, Uint8Array.of(0xaa));
     process.kill(process.pid, 'SIGKILL');`,
  ]);
  assert.equal(signal, 'SIGKILL');
  assert.equal(readFileSync(path)[7], 0xaa);
  openFlashFile(path).close();
});
