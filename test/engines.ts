// The engines that tests know by name. One that joins here joins every comparison: torture, fuzzer, lockstep, vectors.
import { type InterpOptions, InterpVcpu } from '../src/engine/interp/interp-vcpu.ts';
import { regionCompiler } from '../src/engine/jit/compile.ts';
import { type JitTuning, JitVcpu } from '../src/engine/jit/jit-vcpu.ts';
import type { Region } from '../src/engine/jit/region.ts';
import type { RegionCompiler } from '../src/engine/jit/region-compiler.ts';
import type { TranslatorOptions } from '../src/engine/jit/translator-options.ts';
import { ReferenceVcpu } from '../src/engine/reference/reference-vcpu.ts';
import type { Vcpu } from '../src/engine/vcpu.ts';
import { regionServiceOfHost } from '../src/host/node/region-service.ts';

/** Every other instruction, by its offset, is looked up in the TLB at once. */
const withScattered: RegionCompiler = {
  ...regionCompiler,
  compileRegions: (jobs, options) =>
    regionCompiler.compileRegions(
      jobs.map((job) => ({ ...job, region: { ...job.region, scattered: evenOffsets(job.region) } })),
      options,
    ),
};
function evenOffsets({ blocks }: Region): number[] {
  return blocks.flatMap(({ instructions }) =>
    instructions.map(({ offset }) => offset).filter((offset) => offset % 2 === 0),
  );
}

const SOON: TranslatorOptions = { hotSamples: 1, sampleInterval: 100, batch: 1 };
const service = regionServiceOfHost();

const ENGINES = {
  reference: (wires: InterpOptions): Vcpu => new ReferenceVcpu(wires),
  interp: (wires: InterpOptions): Vcpu => new InterpVcpu(wires),
  /** Every block becomes a region at once. */
  jit: translating({ eager: true }),
  /** Regions of what has run for a while: larger ones. Every other access is taken to go to another page each time. */
  'jit-soon': translating({ ...SOON, compiler: withScattered }),
  /** Room for about five regions. */
  'jit-tiny': translating({ ...SOON, codeBytes: 12_000 }),
  /** Regions early, and places for few of them: many come and go. */
  'jit-low': translating({ hotSamples: 1, sampleInterval: 2000, batch: 2, codeBytes: 2 ** 20 }),
  /** As a user gets it: compiled on a thread of its own where the host has one. */
  'jit-default': translating(service ? { service } : {}),
  /** The same, with regions early: what comes back from the thread is often out of date. */
  'jit-thread': translating({ ...SOON, ...(service && { service }) }),
};

function translating(tuning: JitTuning): (wires: InterpOptions) => Vcpu {
  return (wires) => new JitVcpu(wires, { ...tuning, onRegion: keepRegion });
}

/** The last regions that any translator here has made, the newest last; none unless asked for. */
export const recentRegions: Region[] = [];
let regionsKept = 0;
export function keepRegions(count: number): void {
  regionsKept = count;
  recentRegions.length = 0;
}
function keepRegion(region: Region): void {
  if (regionsKept === 0) return;
  recentRegions.push(region);
  if (recentRegions.length > regionsKept) recentRegions.shift();
}

export type EngineName = keyof typeof ENGINES;

/** The engines that are compared with another one: all but the reference. */
export const SUBJECTS: readonly EngineName[] = ['interp', 'jit', 'jit-soon'];

/** Those that boot whole systems beside the interpreter. */
export const BOOT_ENGINES: readonly EngineName[] = ['jit-default', 'jit-low'];

export function makeEngine(name: EngineName, wires: InterpOptions): Vcpu {
  return ENGINES[name](wires);
}

/** The engine of that name, for command lines. Throws a sentence for a person where there is none. */
export function engineNamed(text: string): EngineName {
  if (Object.hasOwn(ENGINES, text)) return text as EngineName;
  throw new Error(`no engine "${text}": there are ${Object.keys(ENGINES).join(', ')}`);
}
