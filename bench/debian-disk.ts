// A disk with Debian 12 boots to its login under systemd: Doppel, as a user gets it, against QEMU's TCG, the same image (by
// debootstrap, test/guests/debian-disk.ts), in turns. Both have the firmware that they come with, an IDE disk, a VGA
// adapter that nobody looks at, and no network. Time is from the start of the process to the prompt on the serial line.
//
//   node bench/debian-disk.ts [--rounds N] [--no-qemu]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { debianDisk, HOST_NAME, noDebianDisk } from '../test/guests/debian-disk.ts';
import { wholeNumber } from './options.ts';
import { type BootCommand, type BootMeasurement, bootUntil } from './peers/boot-process.ts';
import {
  type Goal,
  goalRows,
  hostLine,
  mebibytes,
  median,
  progress,
  progressDone,
  ratio,
  seconds,
  table,
} from './report.ts';

export const DEBIAN_DISK_HELP = `node bench/debian-disk.ts [options]: Debian on a disk boots to login, Doppel and QEMU's TCG in turns

  --rounds N     boots of each (default 2)
  --no-qemu      Doppel alone
`;

const MEMORY = 512 * 2 ** 20;
const LIMIT = 900;
/** That of the boot from a kernel (boot.ts). */
const TIME_GOAL = 6;
const LOGIN = `${HOST_NAME} login:`;

export interface DebianDiskOptions {
  readonly rounds: number;
  readonly qemu: boolean;
}

function doppelCommand(image: string): BootCommand {
  const doppel = fileURLToPath(new URL('../bin/doppel.js', import.meta.url));
  return {
    program: process.execPath,
    arguments: [doppel, 'run', '--disk', image, '--memory', '512M', '--serial', 'stdio', '--display', 'none'],
    limit: LIMIT,
    memory: MEMORY,
  };
}

function qemuCommand(image: string): BootCommand {
  const machine = ['-accel', 'tcg', '-machine', 'pc', '-cpu', 'Nehalem', '-m', '512M', '-nic', 'none'];
  const drive = ['-drive', `file=${image},format=raw,if=ide`];
  return {
    program: 'qemu-system-x86_64',
    arguments: [...machine, ...drive, '-display', 'none', '-serial', 'stdio', '-monitor', 'none'],
    limit: LIMIT,
    memory: MEMORY,
  };
}

function hasQemu(): boolean {
  try {
    execFileSync('qemu-system-x86_64', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Runs the comparison, prints its table, and answers how it compares with the goal. */
export async function debianDiskBenchmark(options: DebianDiskOptions): Promise<Goal[]> {
  const goal = `Debian on a disk boots within ${TIME_GOAL} times QEMU TCG's CPU time`;
  const why = noDebianDisk();
  if (why !== false) {
    process.stdout.write(`\nDebian on a disk: left out, ${why}\n`);
    return [{ text: goal, measured: 'not measured', met: null }];
  }
  const original = debianDisk();
  const qemu = options.qemu && hasQemu();
  process.stdout.write(`\nDebian on a disk boots to its login (${await hostLine()})\n\n`);
  const folder = mkdtempSync(join(tmpdir(), 'doppel-bench-'));
  const boots: Record<'doppel' | 'qemu', BootMeasurement[]> = { doppel: [], qemu: [] };
  try {
    // Every boot writes to its disk: each has its own.
    const image = join(folder, 'disk.img');
    const boot = async (who: 'doppel' | 'qemu', round: number) => {
      progress(`boot ${round} of ${options.rounds}: ${who === 'doppel' ? 'Doppel' : 'QEMU'}`);
      execFileSync('cp', ['--sparse=always', original, image]);
      boots[who].push(await bootUntil((who === 'doppel' ? doppelCommand : qemuCommand)(image), LOGIN));
    };
    for (let round = 1; round <= options.rounds; round++) {
      await boot('doppel', round);
      if (qemu) await boot('qemu', round);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  progressDone();

  const row = (name: string, show: (value: number) => string, field: 'cpu' | 'wall' | 'peak') => {
    const of = (list: readonly BootMeasurement[]) => median(list.map((boot) => boot[field]));
    const own = of(boots.doppel);
    if (!qemu) return [name, show(own)];
    return [name, show(own), show(of(boots.qemu)), ratio(own / of(boots.qemu))];
  };
  process.stdout.write(
    `${table([
      ['', 'Doppel', ...(qemu ? ['QEMU TCG', 'ratio'] : [])],
      row('CPU time', seconds, 'cpu'),
      row('wall time', seconds, 'wall'),
      row('peak resident', mebibytes, 'peak'),
    ])}\n`,
  );
  if (!qemu) return [{ text: goal, measured: 'not measured', met: null }];
  const measured = median(boots.doppel.map((boot, i) => boot.cpu / boots.qemu[i]!.cpu));
  return [{ text: goal, measured: ratio(measured), met: measured <= TIME_GOAL }];
}

export function parseDebianDiskOptions(words: readonly string[]): DebianDiskOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '2' },
      'no-qemu': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const rounds = wholeNumber('--rounds', values.rounds, 100);
  return { rounds, qemu: !values['no-qemu'] };
}

if (import.meta.main) {
  try {
    const options = parseDebianDiskOptions(process.argv.slice(2));
    if (options) process.stdout.write(goalRows(await debianDiskBenchmark(options)));
    else process.stdout.write(DEBIAN_DISK_HELP);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
