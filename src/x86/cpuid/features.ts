// CpuFeatures: what the processor says it is (CPUID, opcode gating, control-register bits). The default
// profile is x86-64-v2 with AES, PCLMULQDQ, RDRAND and the supervisor protections, by an AMD-like
// processor: vendor AuthenticAMD of family 15, as QEMU's qemu64 presents, so that guests do without
// the costly mitigations of other makers' defects.
//
// A feature may be listed only when it is implemented in full. Not listed on purpose: ERMS and FSRM
// (REP MOVS runs an element at a time, wide ones are quicker), MONITOR (MWAIT would spin),
// SPEC_CTRL, ALT_MOV_CR8, HTT (one logical processor a package).
import { type DecodeFeatures, FEATURE_NAMES, type FeatureName } from './feature-names.ts';

const LEFT_OUT: ReadonlySet<FeatureName> = new Set<FeatureName>([
  'ERMS',
  'FSRM',
  'MONITOR',
  'SPEC_CTRL',
  'ALT_MOV_CR8',
  'HTT',
  // Shown by CPUID when CR4.OSXSAVE is set, not a property of the processor.
  'OSXSAVE',
]);

/** The default profile's features. */
export const DEFAULT_FEATURES: DecodeFeatures = new Set(FEATURE_NAMES.filter((name) => !LEFT_OUT.has(name)));

export interface CpuFeatures {
  /** What CPUID reports; the same set gates the opcode tables. */
  readonly decode: DecodeFeatures;
  readonly has: (name: FeatureName) => boolean;
  /** CR4 bits that may be set. */
  readonly cr4Bits: number;
  /** Local APIC number of this processor. */
  readonly apicId: number;
  /** Time stamp counter frequency in Hz, for the hypervisor's timing leaf; 0 when not told. */
  readonly tscFrequency: number;
}

export interface CpuFeatureOptions {
  readonly features?: ReadonlySet<FeatureName>;
  /** Taken away from the set: e.g. TSC_DEADLINE where the APIC has no such mode. */
  readonly without?: readonly FeatureName[];
  readonly apicId?: number;
  readonly tscFrequency?: number;
}

const CR4_BY_FEATURE: readonly (readonly [number, FeatureName])[] = [
  [0, 'VME'], [1, 'VME'], [2, 'TSC'], [3, 'DE'], [4, 'PSE'], [5, 'PAE'], [6, 'MCE'], [7, 'PGE'],
  [9, 'FXSR'], [10, 'SSE'], [11, 'UMIP'], [16, 'FSGSBASE'], [17, 'PCID'], [18, 'XSAVE'],
  [20, 'SMEP'], [21, 'SMAP'],
]; // biome-ignore format: a table, several a line
/** PCE has no feature bit of its own. */
const CR4_ALWAYS = 1 << 8;

/** Makes a profile; without arguments, the default one. */
export function cpuFeatures(options: CpuFeatureOptions = {}): CpuFeatures {
  const decode = new Set(options.features ?? DEFAULT_FEATURES);
  for (const name of options.without ?? []) decode.delete(name);
  let cr4Bits = CR4_ALWAYS;
  for (const [bit, name] of CR4_BY_FEATURE) if (decode.has(name)) cr4Bits |= 1 << bit;
  return {
    decode,
    has: (name) => decode.has(name),
    cr4Bits,
    apicId: options.apicId ?? 0,
    tscFrequency: options.tscFrequency ?? 0,
  };
}
