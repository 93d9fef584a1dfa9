// `npm test`: the order of the layers, types, format and lint, then every *.test.ts under src and test but for the long
// ones in test/guests (tools/test-guests.ts).
// Everything runs even where something before it has failed; the summary is at the end.
//
//   npm test                      all
//   npm test -- src/devices       only tests under src/devices, without the checks
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules/.bin', name);

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

function run({ name, command }: Step): string {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const result = spawnSync(command[0]!, command.slice(1), { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (result.error !== undefined) console.error(result.error.message);
  return `${result.status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`;
}

function testFiles(places: readonly string[]): string[] {
  return places.flatMap((place) => {
    const path = resolve(root, place);
    if (!existsSync(path)) return [];
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(path, name))
      .sort();
  });
}

const chosen = process.argv.slice(2);
const all = testFiles(chosen.length > 0 ? chosen : ['src', 'test', 'tools']);
const files = chosen.length > 0 ? all : all.filter((path) => !path.startsWith(join(root, 'test/guests/')));
const checks: Step[] = [
  { name: 'layers', command: [process.execPath, 'tools/check-layers.ts'] },
  { name: 'types', command: [bin('tsc'), '-p', '.'] },
  { name: 'types without Node and DOM', command: [bin('tsc'), '-p', 'tsconfig.core.json'] },
  { name: 'format and lint', command: [bin('biome'), 'check', '--diagnostic-level=warn', '.'] },
];
const tests: Step = {
  name: `tests (${files.length} files)`,
  command: [
    process.execPath,
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${availableParallelism()}`,
    ...files,
  ],
};

const results = [...(chosen.length > 0 ? [] : checks), tests].map(run);
console.log(`\n${results.join('\n')}`);
process.exitCode = results.every((result) => result.startsWith('ok')) ? 0 : 1;
