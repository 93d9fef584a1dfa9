// `npm run test:guests`: the tests in test/guests, which take minutes each: operating systems are installed, booted and used.
// As many files at a time as the host has processors, two at most; tells what happens as it happens, and at the end what
// was skipped and why.
//
//   npm run test:guests                       all
//   npm run test:guests -- install memtest    files whose names contain one of these words
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { run } from 'node:test';

const FOLDER = join(import.meta.dirname, '../test/guests');
/** A guest wants a processor and some hundred MiB. */
const MOST_AT_A_TIME = 2;
/** Milliseconds after which a file is given up, whatever its own limits say. */
const FILE_LIMIT = 25 * 60_000;

interface Outcome {
  readonly file: string;
  readonly lines: string[];
  failed: boolean;
  seconds: number;
}

const started = performance.now();
/** Minutes and seconds since the start. */
function time(): string {
  const seconds = Math.round((performance.now() - started) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Runs one file to its end. */
async function runFile(path: string): Promise<Outcome> {
  const file = basename(path, '.test.ts');
  const outcome: Outcome = { file, lines: [], failed: false, seconds: 0 };
  const begun = performance.now();
  const say = (text: string) => {
    for (const line of text.trimEnd().split('\n')) console.log(`${time()} ${file}: ${line}`);
  };
  const note = (line: string) => outcome.lines.push(line);
  const events = run({ files: [path], concurrency: 1, timeout: FILE_LIMIT });
  events.on('test:dequeue', ({ name, type }) => {
    if (name !== path && type === 'test') say(`begins: ${name}`);
  });
  events.on('test:stdout', ({ message }) => say(message));
  events.on('test:stderr', ({ message }) => say(message));
  events.on('test:pass', ({ name, skip, todo, details }) => {
    const left = skip ?? todo;
    if (details.type === 'suite' && left === undefined) return;
    if (left === undefined) say(`ok: ${name} (${(details.duration_ms / 1000).toFixed(0)} s)`);
    else {
      say(`skipped: ${name}: ${left}`);
      note(`skipped ${file}: ${name}: ${left}`);
    }
  });
  events.on('test:fail', ({ name, details }) => {
    outcome.failed = true;
    const cause = details.error.cause;
    say(`FAILED: ${name}\n${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    note(`FAILED  ${file}: ${name}`);
  });
  for await (const _ of events); // to the end
  outcome.seconds = (performance.now() - begun) / 1000;
  return outcome;
}

const words = process.argv.slice(2);
const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`There are no tests of ${words.join(', ')} in test/guests.`);
  process.exit(1);
}

const waiting = [...files];
const outcomes: Outcome[] = [];
const atATime = Math.min(MOST_AT_A_TIME, availableParallelism());
await Promise.all(
  Array.from({ length: atATime }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      outcomes.push(await runFile(join(FOLDER, name)));
    }
  }),
);

console.log('');
for (const { file, failed, seconds } of outcomes) {
  console.log(`${failed ? 'FAILED' : 'ok    '} ${file} (${seconds.toFixed(0)} s)`);
}
for (const line of outcomes.flatMap(({ lines }) => lines)) console.log(line);
process.exitCode = outcomes.some(({ failed }) => failed) ? 1 : 0;
