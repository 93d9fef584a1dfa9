// What a process has cost so far, read from /proc (proc(5)). Linux only.
import { readFileSync } from 'node:fs';

/** clock ticks a second of /proc/PID/stat: USER_HZ, which is 100 on every x86 Linux. */
const USER_HZ = 100;

/** CPU time of all threads of a process, user and system, in ns (a multiple of 10 ms). */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command name in parentheses may hold spaces; utime and stime are the 14th and 15th fields.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e9) / USER_HZ;
}

/** Peak resident size in bytes (VmHWM). */
export function peakResident(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(match![1]) * 1024;
}

/** Resident size now, in bytes (VmRSS). */
export function residentNow(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(match![1]) * 1024;
}

/** Bytes by which a mapping may be larger than the RAM in it; Doppel's marks of pages lie behind it. */
const MARGIN = 2 ** 23;

/**
 * Resident bytes of the guest's RAM and of mapped files. RAM is a mapping that is readable, writable and of
 * `size` or little more (what an allocator adds); of several, that with most in it.
 */
export function residentParts(pid: number, size: number): { touched: number; files: number } {
  const mappings = readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  let touched = 0;
  let files = 0;
  for (const text of mappings) {
    const [, permissions, , , inode] = text.split('\n', 1)[0]!.split(/\s+/);
    const length = Number(/^Size:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    const bytes = Number(/^Rss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    if (inode !== '0') files += bytes;
    else if (permissions!.startsWith('rw') && length >= size && length <= size + MARGIN) {
      touched = Math.max(touched, bytes);
    }
  }
  return { touched, files };
}
