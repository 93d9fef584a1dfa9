// An emulator as a child process that boots a guest whose serial line is its standard output: runs it
// until a text appears, and tells what that has cost. Linux only.
import { spawn } from 'node:child_process';
import { cpuTime, peakResident, residentParts } from './process-cost.ts';

export interface BootMeasurement {
  /** ns of CPU time of all threads of the process, user and system, until the text appeared. */
  readonly cpu: number;
  /** ns from its start until the text appeared. */
  readonly wall: number;
  /** Peak resident size in bytes (VmHWM). */
  readonly peak: number;
  /** Resident part of the mapping that holds the guest's RAM, in bytes: what the guest has touched. */
  readonly touched: number;
  /** Resident part of mapped files: the emulator's program and libraries, in bytes. */
  readonly files: number;
  /** Everything the guest wrote until then. */
  readonly output: string;
  /** Standard error, to the end. */
  readonly errors: string;
}

export interface BootCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly limit: number;
  /** Guest RAM in bytes, by which its mapping is known. */
  readonly memory: number;
}

/** Throws an Error that says what went wrong when the text does not come. */
export async function bootUntil(command: BootCommand, text: string): Promise<BootMeasurement> {
  const started = performance.now();
  const child = spawn(command.program, command.arguments, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...command.environment },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  let output = '';
  let errors = '';
  let measured: Omit<BootMeasurement, 'output' | 'errors'> | null = null;
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString('latin1');
  });
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('latin1');
    if (measured || !output.includes(text)) return;
    measured = {
      wall: Math.round((performance.now() - started) * 1e6),
      cpu: cpuTime(child.pid!),
      peak: peakResident(child.pid!),
      ...residentParts(child.pid!, command.memory),
    };
    child.kill('SIGTERM');
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), command.limit * 1000);
  const status = await ended;
  clearTimeout(timer);
  if (measured === null) {
    const tail = `${output.slice(-300)}\n${errors.slice(-500)}`.trim();
    throw new Error(`${command.program} ended (${status ?? 'killed'}) without "${text}":\n${tail}`);
  }
  return { ...(measured as Omit<BootMeasurement, 'output' | 'errors'>), output, errors };
}
