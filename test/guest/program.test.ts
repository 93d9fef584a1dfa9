// The test program on the host itself: what it claims about processors and Linux holds for real ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProgram, noCompiler, type ProgramTarget, parseReport } from './build.ts';

/** Tests that depend on what the host's kernel allows (containers forbid some, sandboxes emulate badly). */
const HOST_DEPENDENT =
  /^(ports|kernel-entry-pages|hardware-breakpoints|traced-child|system-calls-traced|int-0x80|stress-tracer) /;

function runOnHost(target: ProgramTarget, ...words: string[]): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'doppel-native-'));
  try {
    const path = join(directory, 'program');
    writeFileSync(path, buildProgram(target));
    chmodSync(path, 0o755);
    const { stdout, error } = spawnSync(path, words, { encoding: 'utf8', timeout: 120_000 });
    return error === undefined && stdout !== '' ? stdout : undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

for (const target of ['amd64', 'i386'] as const) {
  test(`the ${target} program passes on the host`, { skip: noCompiler() }, (t) => {
    const output = runOnHost(target);
    if (output === undefined) {
      t.skip(`this host runs no ${target} programs`);
      return;
    }
    const report = parseReport(output);
    const failed = report.failed.filter((line) => !HOST_DEPENDENT.test(`${line} `));
    assert.ok(report.complete, output);
    assert.deepEqual(failed, []);
    assert.ok(report.passed.length > 70, `${report.passed.length} tests passed`);
  });
}

for (const target of ['amd64', 'i386'] as const) {
  test(`the stress part of the ${target} program passes on the host`, { skip: noCompiler() }, (t) => {
    const output = runOnHost(target, 'stress');
    if (output === undefined) {
      t.skip(`this host runs no ${target} programs`);
      return;
    }
    const report = parseReport(output);
    assert.ok(report.complete, output);
    assert.deepEqual(
      report.failed.filter((line) => !HOST_DEPENDENT.test(`${line} `)),
      [],
    );
    assert.ok(report.passed.length >= 15, `${report.passed.length} tests passed`);
  });
}
