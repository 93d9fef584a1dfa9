// Where the time of one benchmark program goes: boots Doppel in this process, runs the program at the prompt, and
// prints V8's CPU profile of that time only (self time by function and by kind), then boots once more with counters
// on and prints how they moved. The counters cost time, so that the two are apart.
//
//   node bench/profile.ts PROGRAM [options], see HELP
import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { InterpVcpu } from '../src/engine/interp/interp-vcpu.ts';
import { JitVcpu } from '../src/engine/jit/jit-vcpu.ts';
import { hostClock, nodeHost } from '../src/host/node/platform.ts';
import { Machine } from '../src/machine/vm/machine.ts';
import { type GuestFiles, MEMORY_MIB } from './peers/emulators.ts';
import { nameWasmFunctions, RecordingCompiler } from './profile-regions.ts';
import { type CpuProfile, callersTable, profileTables, type Regions } from './profile-report.ts';
import { QUICK_UNITS } from './programs/list.ts';
import { findProgram, withGuestFiles } from './programs.ts';
import { progress, progressDone } from './report.ts';

const HELP = `node bench/profile.ts PROGRAM [options]

  --guest 64|32         width of the guest (default 64)
  --units N             work (default ${QUICK_UNITS}; a full run has five times as much)
  --accel jit|interp    (default jit)
  --warm                run the program once before
  --no-stats            the profile alone
  --no-profile          the counters alone
  --top N               functions shown (default 40)
  --regions N           the guest code of the N hottest regions
  --callers NAME        who called this function
  --save FILE           the profile itself, for Chromium's developer tools (.cpuprofile)
`;

interface ProfileOptions {
  readonly program: string;
  readonly width: 64 | 32;
  readonly units: number;
  readonly accelerator: string;
  readonly warm: boolean;
}

/** A booted guest; `command` types a line and waits for the next prompt. */
class Guest {
  readonly machine: Machine;
  readonly compiler = new RecordingCompiler();
  #output = '';
  #wake: () => void = () => {};
  /** Called at each complete line of output. */
  onLine: (line: string) => void = () => {};

  constructor(files: GuestFiles, accelerator: string, counts: boolean) {
    let line = '';
    this.machine = new Machine({
      memory: MEMORY_MIB * 2 ** 20,
      boot: () => ({
        kernel: readFileSync(files.kernel),
        commandLine: files.append,
        modules: [{ bytes: readFileSync(files.initrd) }],
      }),
      serial: {
        write: (byte) => {
          const character = String.fromCharCode(byte);
          this.#output += character;
          line += character;
          if (character === '\n') {
            this.onLine(line.trim());
            line = '';
          }
          if (character === '#') this.#wake();
        },
      },
      countTlbHits: counts,
      engine: (wires) =>
        accelerator === 'interp'
          ? new InterpVcpu(wires)
          : new JitVcpu(wires, { counts, clock: hostClock, compiler: this.compiler }),
      host: nodeHost(),
    });
    this.machine.run().catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  }
  async prompt(): Promise<void> {
    while (!this.#output.includes('doppel:~#')) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
  async command(text: string): Promise<void> {
    this.#output = '';
    this.machine.serialInput(new TextEncoder().encode(`${text}\r`));
    await this.prompt();
  }
}

/** Boots and runs the program; `begin` and `end` are called, on the vCPU's thread, around its time. */
async function runProgram(
  files: GuestFiles,
  options: ProfileOptions,
  counts: boolean,
  begin: (machine: Machine) => void,
  end: (machine: Machine) => void,
): Promise<Guest> {
  progress(`${counts ? 'counters' : 'profile'}: boot`);
  const guest = new Guest(files, options.accelerator, counts);
  await guest.prompt();
  const line = `/bench/${options.program} ${options.units}`;
  if (options.warm) {
    progress('warming up');
    await guest.command(line);
  }
  progress(`running ${options.program}`);
  guest.onLine = (text) => {
    if (text === '@begin') begin(guest.machine);
    if (text.startsWith('@end')) end(guest.machine);
  };
  await guest.command(line);
  guest.machine.stop('done');
  progressDone();
  return guest;
}

async function profile(
  files: GuestFiles,
  options: ProfileOptions,
): Promise<{ profile: CpuProfile; regions: Regions }> {
  const unnamed = nameWasmFunctions();
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 250 });
  let result: CpuProfile | undefined;
  let started = 0;
  let retired = 0;
  const guest = await runProgram(
    files,
    options,
    false,
    (machine) => {
      session.post('Profiler.start');
      started = performance.now();
      retired = machine.vcpu.retired;
    },
    (machine) => {
      const wall = performance.now() - started;
      const count = machine.vcpu.retired - retired;
      session.post('Profiler.stop', (error, answer) => {
        if (error) throw error;
        result = answer.profile;
      });
      const rate = count / (wall * 1e3);
      process.stdout.write(
        `\n${options.program}: ${(wall / 1e3).toFixed(2)} s, ${(count / 1e6).toFixed(1)} M instructions, ` +
          `${rate.toFixed(0)} M a second, ${((wall * 1e6) / count).toFixed(2)} ns each (profiled)\n`,
      );
    },
  );
  unnamed();
  if (!result) throw new Error('V8 gave no profile');
  return { profile: result, regions: guest.compiler.regions };
}

async function statistics(files: GuestFiles, options: ProfileOptions): Promise<string> {
  let before: ReadonlyMap<string, number> = new Map();
  let after = before;
  await runProgram(
    files,
    options,
    true,
    (machine) => {
      before = new Map(machine.statistics());
    },
    (machine) => {
      after = new Map(machine.statistics());
    },
  );
  const instructions = (after.get('instructions') ?? 0) - (before.get('instructions') ?? 0);
  const lines = [...after].map(([name, value]) => {
    const moved = value - (before.get(name) ?? 0);
    const each = moved > 0 && name !== 'instructions' ? (instructions / moved).toFixed(1) : '';
    return `  ${name.padEnd(44)} ${moved.toLocaleString('en').padStart(18)} ${each.padStart(14)}`;
  });
  const head = `  ${'counter (during the program)'.padEnd(44)} ${'moved by'.padStart(18)} ${'instr. each'.padStart(14)}`;
  return `\n${[head, ...lines].join('\n')}\n`;
}

async function main(words: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      guest: { type: 'string', default: '64' },
      units: { type: 'string', default: String(QUICK_UNITS) },
      accel: { type: 'string', default: 'jit' },
      warm: { type: 'boolean', default: false },
      'no-stats': { type: 'boolean', default: false },
      'no-profile': { type: 'boolean', default: false },
      top: { type: 'string', default: '40' },
      regions: { type: 'string', default: '0' },
      callers: { type: 'string' },
      save: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [name] = positionals;
  if (values.help || name === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const program = findProgram(name);
  const width = values.guest === '32' ? 32 : 64;
  const options: ProfileOptions = {
    program: name,
    width,
    units: Number(values.units),
    accelerator: values.accel,
    warm: values.warm,
  };
  await withGuestFiles(width, [program], async (files) => {
    if (!values['no-profile']) {
      const result = await profile(files, options);
      if (values.save !== undefined) writeFileSync(values.save, JSON.stringify(result.profile));
      process.stdout.write(
        profileTables(result.profile, result.regions, Number(values.top), Number(values.regions)),
      );
      if (values.callers !== undefined) process.stdout.write(callersTable(result.profile, values.callers));
    }
    if (!values['no-stats']) process.stdout.write(await statistics(files, options));
  });
  process.exit(0);
}

if (import.meta.main) {
  // As bin/doppel.js has them.
  setFlagsFromString('--max-semi-space-size=2');
  setFlagsFromString('--optimize-for-size');
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`profile: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
