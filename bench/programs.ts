// The benchmark programs (bench/programs) in a Linux guest: Doppel against QEMU's TCG and v86, the same kernel,
// initramfs and memory. In each round every emulator in its turn boots and runs all programs, one after the
// other, alone on the machine (v86 takes a third of a processor when it idles). A wrong checksum is an error.
//
//   node bench/programs.ts [options], see PROGRAMS_HELP
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBusyboxInitramfs } from '../src/backend/initramfs/busybox.ts';
import {
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from '../src/host/node/debian-packages.ts';
import { wholeNumber } from './options.ts';
import {
  emulatorCommand,
  type GuestFiles,
  MEMORY_MIB,
  missing,
  PEERS,
  type Peer,
} from './peers/emulators.ts';
import { type Cost, LinuxGuest, type Memory, type ProgramRun } from './peers/linux-guest.ts';
import {
  FAILED,
  type Measured,
  type PeerResults,
  programReport,
  type WidthResults,
} from './program-report.ts';
import { buildPrograms, noCompiler } from './programs/build.ts';
import { FULL_UNITS, type GuestWidth, PROGRAMS, type Program, QUICK_UNITS } from './programs/list.ts';
import { type Goal, goalRows, hostLine, median, progress, progressDone, seconds } from './report.ts';

export const PROGRAMS_HELP = `node bench/programs.ts [options]: ${PROGRAMS.length} programs in a Linux guest, Doppel, QEMU's TCG and v86 in turns

  --guest 64|32    only guests of this width (default: both)
  --only A,B       only these of ${PROGRAMS.map(({ name }) => name).join(', ')}
  --peers A,B      besides Doppel, of qemu, v86, none (default: both)
  --accel NAME     Doppel's engine (default jit)
  --rounds N       boots of each, with a run of every program; medians count (default 1)
  --quick          a fifth of the work
  --units N        work of a program (default ${FULL_UNITS}, quick ${QUICK_UNITS})
  --clock wall|cpu what the ratios compare (default wall); cpu is the CPU time of all of an emulator's threads
  --json FILE      all figures, for scripts
`;

/**
 * Without mitigations, which the kernel chooses by the processor's name: the guests shall do the same work. (QEMU's
 * Nehalem would get page-table isolation, which makes a system call there ten times as slow.)
 */
const APPEND = 'console=ttyS0 quiet mitigations=off';
/** Seconds that a boot or a program may take. */
const LIMIT = 900;

export interface ProgramOptions {
  readonly widths: readonly GuestWidth[];
  readonly programs: readonly Program[];
  readonly peers: readonly Peer[];
  readonly accelerator: string;
  readonly rounds: number;
  readonly units: number;
  readonly clock: keyof Cost;
  readonly json: string | undefined;
}

/** Compiles, boots, runs; prints the tables and answers how they compare with the goals. */
export async function programBenchmark(options: ProgramOptions): Promise<Goal[]> {
  const why = noCompiler();
  if (why) throw new Error(why);
  process.stdout.write(`\nPrograms in a Linux guest (${await hostLine()})\n`);
  const goals: Goal[] = [];
  const all: WidthResults[] = [];
  for (const width of options.widths) {
    const results = await withGuestFiles(width, options.programs, (files) => measure(width, files, options));
    all.push(results);
    const report = programReport(results, options.clock);
    process.stdout.write(report.text);
    goals.push(...report.goals);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(all, null, 1)}\n`);
  return goals;
}

/** Kernel and initramfs with the programs in /bench, for the time of `use`. */
export async function withGuestFiles<T>(
  width: GuestWidth,
  programs: readonly Program[],
  use: (files: GuestFiles) => Promise<T>,
): Promise<T> {
  const flavour: DebianKernel = width === 64 ? 'amd64' : '686';
  const kernel = await fetchDebianKernel(flavour);
  const busybox = await fetchDebianBusybox(width === 64 ? 'amd64' : 'i386');
  progress(`${width}-bit guest: compiling the programs`);
  const executables = await buildPrograms(programs, width);
  const directory = mkdtempSync(join(tmpdir(), 'doppel-bench-'));
  try {
    const initrd = join(directory, 'initramfs');
    writeFileSync(initrd, buildBusyboxInitramfs(busybox.bytes, executables));
    return await use({ kernel: kernel.path, initrd, append: APPEND });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What one boot of one peer gave. */
interface Visit {
  readonly boot: Cost;
  readonly runs: ReadonlyMap<string, ProgramRun>;
  readonly memory: Memory;
}

async function measure(width: GuestWidth, files: GuestFiles, options: ProgramOptions): Promise<WidthResults> {
  const present = options.peers.filter((peer) => {
    const why = missing(peer, width);
    if (why) process.stderr.write(`${why}; left out of the comparison\n`);
    return why === null;
  });
  const visits = new Map<Peer, Visit[]>(present.map((peer) => [peer, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const peer of present) {
      const say = (what: string) =>
        progress(`${width}-bit guest, round ${round} of ${options.rounds}: ${peer}, ${what}`);
      visits.get(peer)!.push(await visit(peer, width, files, options, say));
    }
  }
  progressDone();
  return {
    width,
    units: options.units,
    peers: present.map((peer) => summarize(peer, visits.get(peer)!)),
  };
}

async function visit(
  peer: Peer,
  width: GuestWidth,
  files: GuestFiles,
  options: ProgramOptions,
  say: (what: string) => void,
): Promise<Visit> {
  const command = emulatorCommand(peer, width, files, options.accelerator);
  const boot = async () => {
    say('boot');
    return await LinuxGuest.boot(peer, command, LIMIT);
  };
  const first = await boot();
  let { guest } = first;
  try {
    const runs = new Map<string, ProgramRun>();
    for (const { name } of options.programs) {
      say(name);
      try {
        const run = await guest.run(name, options.units, LIMIT);
        say(`${name}: ${seconds(run[options.clock])}`);
        runs.set(name, run);
      } catch (error) {
        // The others shall have their turn: in a new guest, since nobody knows what has become of this one.
        progressDone();
        process.stderr.write(`${width}-bit guest: ${(error as Error).message}\n`);
        runs.set(name, { wall: Number.NaN, cpu: Number.NaN, checksum: FAILED });
        await guest.stop();
        ({ guest } = await boot());
      }
    }
    return { boot: first.cost, runs, memory: guest.memory(MEMORY_MIB * 2 ** 20) };
  } finally {
    await guest.stop();
  }
}

function summarize(peer: Peer, visits: readonly Visit[]): PeerResults {
  const middle = (costs: readonly Cost[]): Cost => ({
    wall: median(costs.map((cost) => cost.wall)),
    cpu: median(costs.map((cost) => cost.cpu)),
  });
  const programs: Record<string, Measured> = {};
  for (const name of visits[0]!.runs.keys()) {
    const runs = visits.map((visit) => visit.runs.get(name)!);
    programs[name] = { ...middle(runs), checksums: [...new Set(runs.map(({ checksum }) => checksum))] };
  }
  // The round that needed most.
  const memory = visits.map((visit) => visit.memory).toSorted((a, b) => b.peak - a.peak)[0]!;
  return { peer, boot: middle(visits.map(({ boot }) => boot)), memory, programs };
}

/** null when help was asked for. Throws an Error that says which word is wrong. */
export function parseProgramOptions(words: readonly string[]): ProgramOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      guest: { type: 'string' },
      only: { type: 'string' },
      peers: { type: 'string', default: 'qemu,v86' },
      accel: { type: 'string', default: 'jit' },
      rounds: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      units: { type: 'string' },
      clock: { type: 'string', default: 'wall' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (values.guest !== undefined && values.guest !== '64' && values.guest !== '32') {
    throw new Error(`--guest ${values.guest} is neither 64 nor 32`);
  }
  if (values.clock !== 'wall' && values.clock !== 'cpu') {
    throw new Error(`--clock ${values.clock} is neither wall nor cpu`);
  }
  const others = values.peers === 'none' ? [] : values.peers.split(',').map(findPeer);
  const units = values.units ?? String(values.quick ? QUICK_UNITS : FULL_UNITS);
  return {
    widths: values.guest === undefined ? [64, 32] : [values.guest === '64' ? 64 : 32],
    programs: (values.only?.split(',') ?? PROGRAMS.map(({ name }) => name)).map(findProgram),
    peers: [...new Set<Peer>(['doppel', ...others])],
    accelerator: values.accel,
    rounds: wholeNumber('--rounds', values.rounds, 100_000),
    units: wholeNumber('--units', units, 100_000),
    clock: values.clock,
    json: values.json,
  };
}

export function findProgram(name: string): Program {
  const found = PROGRAMS.find((program) => program.name === name);
  if (!found) throw new Error(`there is no program ${name}; --help lists them`);
  return found;
}

function findPeer(name: string): Peer {
  const found = PEERS.find((peer) => peer === name);
  if (!found) throw new Error(`--peers ${name}: choose of qemu, v86, or none`);
  return found;
}

if (import.meta.main) {
  try {
    const options = parseProgramOptions(process.argv.slice(2));
    process.stdout.write(options ? `\n${goalRows(await programBenchmark(options))}` : PROGRAMS_HELP);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
