// What the host process uses, for --stats.
import { readFileSync } from 'node:fs';

/** Processor time of all threads so far, ns. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return 1e3 * (user + system);
}

/** Resident bytes of the process. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/**
 * Resident bytes of executable mappings that no file backs: what V8 has compiled, from wasm and from JavaScript, and
 * its built-in functions. undefined where there is no /proc/self/smaps (other systems than Linux).
 */
export function machineCodeBytes(): number | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/self/smaps', 'utf8');
  } catch {
    return undefined;
  }
  return executableAnonymous(text);
}

/** Of the text of a smaps file (proc(5)): the sum of Rss of executable mappings without a path, in bytes. */
export function executableAnonymous(smaps: string): number {
  let bytes = 0;
  let counted = false;
  for (const line of smaps.split('\n')) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ (\d+) *(.*)$/.exec(line);
    if (mapping) counted = mapping[1]!.includes('x') && mapping[2] === '0' && !mapping[3]!.startsWith('[v');
    else if (counted && line.startsWith('Rss:')) bytes += 1024 * Number.parseInt(line.slice(4), 10);
  }
  return bytes;
}
