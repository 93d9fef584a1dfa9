// An emulator as a child process that boots a guest whose serial line is its standard output: runs it
// until a text appears, and reads from /proc (proc(5)) what that has cost. Linux only.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

/** clock ticks a second of /proc/PID/stat: USER_HZ, which is 100 on every x86 Linux. */
const USER_HZ = 100;

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
      ...resident(child.pid!, command.memory),
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

function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command name in parentheses may hold spaces; utime and stime are the 14th and 15th fields.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e9) / USER_HZ;
}

function peakResident(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(match![1]) * 1024;
}

/**
 * Resident bytes of the guest's RAM and of mapped files. RAM is the smallest mapping that is readable, writable
 * and not smaller than `size`.
 */
function resident(pid: number, size: number): { touched: number; files: number } {
  const mappings = readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  let ram = { size: Number.POSITIVE_INFINITY, resident: 0 };
  let files = 0;
  for (const text of mappings) {
    const [, permissions, , , inode] = text.split('\n', 1)[0]!.split(/\s+/);
    const length = Number(/^Size:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    const bytes = Number(/^Rss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    if (inode !== '0') files += bytes;
    else if (permissions!.startsWith('rw') && length >= size && length < ram.size) {
      ram = { size: length, resident: bytes };
    }
  }
  return { touched: ram.resident, files };
}
