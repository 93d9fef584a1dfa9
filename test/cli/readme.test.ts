// The README's example of the library is a program that compiles.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'doppel-readme-'));
after(() => rmSync(folder, { recursive: true }));

test('the examples in TypeScript have the right types', () => {
  const examples = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms);
  const files = [...examples].map(([, example], i) => {
    writeFileSync(join(folder, `example-${i}.mts`), `${example}`);
    return `example-${i}.mts`;
  });
  assert.ok(files.length > 0);
  const compilerOptions = {
    lib: ['es2025', 'dom'], // the types of WebAssembly
    paths: { doppel: [join(root, 'src/index.ts')] },
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions,
    files: [...files, join(root, 'tools/core-globals.d.ts')],
    include: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});
