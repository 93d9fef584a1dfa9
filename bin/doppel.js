#!/usr/bin/env node
// The `doppel` command. In a checkout it runs the TypeScript sources, in an installed package the built
// ones. Doppel needs Node 24; an older one hands over to the newer one that `npm ci` puts into a checkout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src/cli/main.ts');
const main = existsSync(source) ? source : join(root, 'dist/cli/main.js');

/** glibc gives each thread that compiles a heap of its own, 20 MiB in all that hold next to nothing. */
const environment = { MALLOC_ARENA_MAX: '1', ...process.env };
/** V8 compiles in four threads if not told otherwise; on fewer processors they only take the machine's. */
const threads = `--v8-pool-size=${Math.min(availableParallelism(), 4)}`;
/** Commands that live long enough for that to matter. */
const RUNS_MACHINES = ['run', 'quickstart'];

if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
  if (
    process.platform === 'linux' &&
    process.env.MALLOC_ARENA_MAX === undefined &&
    RUNS_MACHINES.includes(process.argv[2])
  ) {
    // The C library and V8 look at them only where a program begins, so this process begins once more: some 20 ms.
    process.execve?.(
      process.execPath,
      [process.execPath, threads, ...process.execArgv, ...process.argv.slice(1)],
      environment,
    );
  }
  // 2 MiB for short-lived objects instead of 16, set before anything grows: there are few of them.
  setFlagsFromString('--max-semi-space-size=2');
  // Less garbage before it is collected: some 18 MiB of resident memory. Costs a tenth of a boot, so it comes after that.
  setTimeout(() => setFlagsFromString('--optimize-for-size'), 6_000).unref();
  // Keeps the sources without their types: a start takes 0.2 s of CPU time instead of 0.6.
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  modules.enableCompileCache?.(join(cache, 'doppel', 'modules'));
  const command = await import(pathToFileURL(main).href);
  process.exitCode = await command.main(process.argv.slice(2));
} else {
  const newer = join(root, 'node_modules/.bin/node');
  if (existsSync(newer)) {
    handOver(newer);
  } else {
    console.error(
      `doppel: this is Node ${process.versions.node}, and Doppel needs Node ${NEEDED} or newer ` +
        '(in a checkout, "npm ci" brings one)',
    );
    process.exitCode = 1;
  }
}

/** Runs this file again under another Node, with the same terminal, signals and exit status. */
function handOver(node) {
  const words = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, words, { stdio: 'inherit', env: environment });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`doppel: cannot run ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
