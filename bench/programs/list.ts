// The benchmark programs: one C file each (or a generated source), and what the compiler is told for it.
import { dispersedSource } from './dispersed.ts';

/** Width of the guest's code in bits: its kernel and its programs. */
export type GuestWidth = 64 | 32;

export interface Program {
  readonly name: string;
  /** Which floating point the compiler uses; programs for "none" use integers only, and no SSE in 32-bit code. */
  readonly floating: 'none' | 'x87' | 'sse';
  /** Source that is generated instead of NAME.c. */
  readonly source?: () => string;
}

const program = (name: string, floating: Program['floating'] = 'none', source?: () => string): Program => ({
  name,
  floating,
  ...(source ? { source } : {}),
});

/** In the order of the tables. */
export const PROGRAMS: readonly Program[] = [
  program('integer'),
  program('sieve'),
  program('pointers'),
  program('sort'),
  program('sha256'),
  program('crc32'),
  program('compression'),
  program('strings'),
  program('copy'),
  program('recursion'),
  program('queens'),
  program('switch-interpreter'),
  program('call-interpreter'),
  program('dispersed', 'none', dispersedSource),
  program('x87', 'x87'),
  program('sse-scalar', 'sse'),
  program('sse-packed', 'sse'),
  program('simd-integer', 'sse'),
  program('syscalls'),
  program('pipes'),
  program('processes'),
  program('page-faults'),
];

/** Units of work of a full and of a quick run: some 2.5 s and 0.5 s under QEMU's TCG. */
export const FULL_UNITS = 50;
export const QUICK_UNITS = 10;
