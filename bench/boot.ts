// Boot to a shell: Doppel (its interpreter unless told) against QEMU's TCG, the same Debian kernel and busybox initramfs,
// in turns. Compared are CPU time (all threads), instructions, and memory.
//
// Instructions. Doppel counts what it retires. QEMU is booted once more with -icount shift=0, where its
// virtual clock, and with it the guest's time-stamp counter, moves a nanosecond an instruction, and jumps
// when the guest idles (sleep=off): a program in the initramfs prints the counter just before the shell, and
// /proc/stat says how much of it was idle. Doppel's deterministic mode has the same clock, so it is asked in
// the same way, and its own count checks the method. Both count the iterations of REP.
//
// Memory. Guest RAM is one mapping of the emulator's process; what of it is resident is what the guest has
// touched. The rest of the peak is the emulator's.
//
//   node bench/boot.ts [--rounds N] [--no-qemu] [--no-counts] [--accel NAME] [--append TEXT]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildBusyboxInitramfs } from '../src/backend/initramfs/busybox.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../src/host/node/debian-packages.ts';
import { timeStampProgram } from './guests/time-stamp-program.ts';
import { wholeNumber } from './options.ts';
import { type BootCommand, type BootMeasurement, bootUntil } from './peers/boot-process.ts';
import {
  type Goal,
  goalRows,
  hostLine,
  mebibytes,
  median,
  millions,
  progress,
  progressDone,
  ratio,
  seconds,
  table,
} from './report.ts';

export const BOOT_HELP = `node bench/boot.ts [options]: boot to a shell, Doppel and QEMU's TCG in turns

  --rounds N     boots of each (default 3)
  --no-qemu      Doppel alone
  --no-counts    without the two boots that count QEMU's instructions
  --accel NAME   Doppel's engine (default interp, of which the goals speak)
  --append TEXT  more words for the kernel's command line
`;

const MEMORY = 512 * 2 ** 20;
const PROMPT = 'doppel:~#';
const LIMIT = 600;
const TIME_GOAL = 6;
const MEMORY_GOAL = 150 * 2 ** 20;
/** /etc/rc of the guest: says the counter and the idle time, "cpu user nice system idle iowait ..." in 10 ms. */
const RC = '#!/bin/sh\necho "bench-tsc $(/bin/tsc) $(head -n 1 /proc/stat)"\n';

type Field = 'cpu' | 'wall' | 'peak' | 'touched' | 'files';

export interface BootOptions {
  readonly rounds: number;
  readonly qemu: boolean;
  readonly counts: boolean;
  readonly append: string;
  readonly accelerator: string;
}

interface Files {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  /** Doppel's. */
  readonly accelerator: string;
}

function doppelCommand(files: Files, ...more: string[]): BootCommand {
  const doppel = fileURLToPath(new URL('../bin/doppel.js', import.meta.url));
  const words = ['--kernel', files.kernel, '--initrd', files.initrd, '--append', files.append];
  return {
    program: process.execPath,
    arguments: [doppel, 'run', ...words, '--accel', files.accelerator, '--memory', '512M', ...more],
    limit: LIMIT,
    memory: MEMORY,
  };
}

function qemuCommand(files: Files, ...more: string[]): BootCommand {
  const machine = [
    '-accel',
    'tcg',
    '-machine',
    'pc',
    '-cpu',
    'Nehalem',
    '-m',
    '512M',
    '-nodefaults',
    '-no-user-config',
  ];
  const guest = ['-kernel', files.kernel, '-initrd', files.initrd, '-append', files.append];
  return {
    program: 'qemu-system-x86_64',
    arguments: [...machine, '-display', 'none', '-serial', 'stdio', ...guest, ...more],
    limit: LIMIT,
    memory: MEMORY,
  };
}

/** A line that names QEMU's version, or null with advice on standard error. */
function findQemu(): string | null {
  try {
    return execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'latin1' }).split('\n')[0]!;
  } catch {
    process.stderr.write(
      'QEMU is missing (Debian: apt-get install qemu-system-x86); measuring Doppel alone\n',
    );
    return null;
  }
}

/** Instructions that Doppel retired, from its --stats. */
function doppelCount(boot: BootMeasurement): number {
  const match = /^\s+instructions\s+([\d,]+)$/m.exec(boot.errors);
  if (!match) throw new Error(`Doppel printed no statistics:\n${boot.errors.slice(-500)}`);
  return Number(match[1]!.replaceAll(',', ''));
}

/** Instructions up to the start of the shell, by the guest's counter less its idle time. */
function countedByGuest(boot: BootMeasurement): number {
  const match = /bench-tsc ([0-9a-f]{16}) cpu\s+\d+ \d+ \d+ (\d+) (\d+)/.exec(boot.output);
  if (!match) throw new Error(`the guest printed no counter:\n${boot.output.slice(-500)}`);
  return Number.parseInt(match[1]!, 16) - (Number(match[2]) + Number(match[3])) * 1e7;
}

/** Runs the comparison, prints its table, and answers how it compares with the goals. */
export async function bootBenchmark(options: BootOptions): Promise<Goal[]> {
  const kernel = await fetchDebianKernel('amd64');
  const busybox = await fetchDebianBusybox('amd64');
  const qemuVersion = options.qemu ? findQemu() : null;
  process.stdout.write(`\nBoot to a shell: ${kernel.packageName} ${kernel.version} (${await hostLine()})\n`);
  if (qemuVersion) process.stdout.write(`${qemuVersion}\n`);
  process.stdout.write('\n');
  const directory = mkdtempSync(join(tmpdir(), 'doppel-bench-'));
  try {
    const initrd = join(directory, 'initramfs');
    const extra = [
      { kind: 'file', path: 'bin/tsc', mode: 0o755, bytes: timeStampProgram() },
      { kind: 'file', path: 'etc/rc', mode: 0o755, bytes: new TextEncoder().encode(RC) },
    ] as const;
    writeFileSync(initrd, buildBusyboxInitramfs(busybox.bytes, extra));
    const append = `console=ttyS0 quiet ${options.append}`.trim();
    return await compare(
      { kernel: kernel.path, initrd, append, accelerator: options.accelerator },
      qemuVersion !== null,
      options,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function compare(files: Files, qemu: boolean, options: BootOptions): Promise<Goal[]> {
  const doppelBoots: BootMeasurement[] = [];
  const qemuBoots: BootMeasurement[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    progress(`boot ${round} of ${options.rounds}: Doppel`);
    doppelBoots.push(await bootUntil(doppelCommand(files), PROMPT));
    if (!qemu) continue;
    progress(`boot ${round} of ${options.rounds}: QEMU`);
    qemuBoots.push(await bootUntil(qemuCommand(files), PROMPT));
  }
  const counts = options.counts ? await countInstructions(files, qemu) : null;
  progressDone();

  const of = (boots: readonly BootMeasurement[], field: Field) =>
    boots.length === 0 ? Number.NaN : median(boots.map((boot) => boot[field]));
  const own = of(doppelBoots, 'peak') - of(doppelBoots, 'touched');
  const row = (name: string, show: (value: number) => string, a: number, b: number) => [
    name,
    Number.isNaN(a) ? '' : show(a),
    ...(qemu ? [Number.isNaN(b) ? '' : show(b), Number.isNaN(b) ? '' : ratio(a / b)] : []),
  ];
  const both = (name: string, show: (value: number) => string, field: Field) =>
    row(name, show, of(doppelBoots, field), of(qemuBoots, field));
  const rows = [
    ['', 'Doppel', ...(qemu ? ['QEMU TCG', 'ratio'] : [])],
    both('CPU time', seconds, 'cpu'),
    both('wall time', seconds, 'wall'),
    ...(counts ? [row('instructions', millions, counts.doppel, counts.qemu)] : []),
    row(
      'ns of CPU an instruction',
      (value) => value.toFixed(2),
      of(doppelBoots, 'cpu') / (counts?.doppel ?? Number.NaN),
      of(qemuBoots, 'cpu') / (counts?.qemu ?? Number.NaN),
    ),
    both('peak resident', mebibytes, 'peak'),
    both('guest RAM touched', mebibytes, 'touched'),
    both('of the rest, mapped files', mebibytes, 'files'),
    row('the rest', mebibytes, own, of(qemuBoots, 'peak') - of(qemuBoots, 'touched')),
  ];
  process.stdout.write(`${table(rows)}\n`);
  if (counts) {
    process.stdout.write(
      `  Doppel's own count in the counting boot, to the prompt: ${millions(counts.doppelOwn)}\n\n`,
    );
  }

  const cpuRatio = median(doppelBoots.map((boot, i) => boot.cpu / (qemuBoots[i]?.cpu ?? Number.NaN)));
  const countRatio = counts ? counts.doppel / counts.qemu : Number.NaN;
  return [
    goal(`boot within ${TIME_GOAL} times QEMU TCG's CPU time`, cpuRatio, ratio, cpuRatio <= TIME_GOAL),
    goal(
      'boot in no more instructions than QEMU needs',
      countRatio,
      (value) => `${value.toFixed(3)} x`,
      countRatio <= 1,
    ),
    goal(
      'resident at most guest RAM touched + 150 MiB',
      own,
      (value) => `+ ${mebibytes(value)}`,
      own <= MEMORY_GOAL,
    ),
  ];
}

function goal(text: string, value: number, show: (value: number) => string, met: boolean): Goal {
  if (Number.isNaN(value)) return { text, measured: 'not measured', met: null };
  return { text, measured: show(value), met };
}

interface Counts {
  readonly doppel: number;
  /** By --stats, to the prompt instead of the program. */
  readonly doppelOwn: number;
  /** NaN without QEMU. */
  readonly qemu: number;
}

async function countInstructions(files: Files, qemu: boolean): Promise<Counts> {
  progress('counting boot: Doppel, deterministic');
  const doppel = await bootUntil(doppelCommand(files, '--deterministic', '--stats'), PROMPT);
  let qemuCount = Number.NaN;
  if (qemu) {
    progress('counting boot: QEMU, -icount shift=0');
    const boot = await bootUntil(qemuCommand(files, '-icount', 'shift=0,sleep=off'), PROMPT);
    qemuCount = countedByGuest(boot);
  }
  return { doppel: countedByGuest(doppel), doppelOwn: doppelCount(doppel), qemu: qemuCount };
}

export function parseBootOptions(words: readonly string[]): BootOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '3' },
      'no-qemu': { type: 'boolean', default: false },
      'no-counts': { type: 'boolean', default: false },
      accel: { type: 'string', default: 'interp' },
      append: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const rounds = wholeNumber('--rounds', values.rounds, 100);
  return {
    rounds,
    qemu: !values['no-qemu'],
    counts: !values['no-counts'],
    append: values.append,
    accelerator: values.accel,
  };
}

if (import.meta.main) {
  try {
    const options = parseBootOptions(process.argv.slice(2));
    if (options) process.stdout.write(goalRows(await bootBenchmark(options)));
    else process.stdout.write(BOOT_HELP);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
