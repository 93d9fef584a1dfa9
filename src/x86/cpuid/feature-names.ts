// The names of the CPUID feature bits that this processor knows of, and where CPUID reports each:
// AMD64 Architecture Programmer's Manual volume 3, appendix E; Intel SDM volume 2A, CPUID. Opcode
// tables gate their rows by these names; what a machine offers is a set of them.
//
// Not here: features whose instructions or registers Doppel does not know at all.

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

/** Where CPUID reports a feature. */
export interface FeatureBit {
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuidRegister;
  readonly bit: number;
}

const at = (leaf: number, register: CpuidRegister, bit: number, subleaf = 0): FeatureBit => ({
  leaf,
  subleaf,
  register,
  bit,
});

export const FEATURE_BITS = {
  // leaf 1, EDX
  FPU: at(1, 'edx', 0),
  VME: at(1, 'edx', 1),
  DE: at(1, 'edx', 2),
  PSE: at(1, 'edx', 3),
  TSC: at(1, 'edx', 4),
  MSR: at(1, 'edx', 5),
  PAE: at(1, 'edx', 6),
  MCE: at(1, 'edx', 7),
  CX8: at(1, 'edx', 8),
  APIC: at(1, 'edx', 9),
  SEP: at(1, 'edx', 11),
  MTRR: at(1, 'edx', 12),
  PGE: at(1, 'edx', 13),
  MCA: at(1, 'edx', 14),
  CMOV: at(1, 'edx', 15),
  PAT: at(1, 'edx', 16),
  PSE36: at(1, 'edx', 17),
  CLFSH: at(1, 'edx', 19),
  MMX: at(1, 'edx', 23),
  FXSR: at(1, 'edx', 24),
  SSE: at(1, 'edx', 25),
  SSE2: at(1, 'edx', 26),
  HTT: at(1, 'edx', 28),
  // leaf 1, ECX
  SSE3: at(1, 'ecx', 0),
  PCLMULQDQ: at(1, 'ecx', 1),
  MONITOR: at(1, 'ecx', 3),
  SSSE3: at(1, 'ecx', 9),
  CX16: at(1, 'ecx', 13),
  PCID: at(1, 'ecx', 17),
  SSE41: at(1, 'ecx', 19),
  SSE42: at(1, 'ecx', 20),
  X2APIC: at(1, 'ecx', 21),
  MOVBE: at(1, 'ecx', 22),
  POPCNT: at(1, 'ecx', 23),
  TSC_DEADLINE: at(1, 'ecx', 24),
  AES: at(1, 'ecx', 25),
  XSAVE: at(1, 'ecx', 26),
  OSXSAVE: at(1, 'ecx', 27),
  RDRAND: at(1, 'ecx', 30),
  HYPERVISOR: at(1, 'ecx', 31),
  // leaf 6, EAX
  ARAT: at(6, 'eax', 2),
  // leaf 7, subleaf 0
  FSGSBASE: at(7, 'ebx', 0),
  TSC_ADJUST: at(7, 'ebx', 1),
  SMEP: at(7, 'ebx', 7),
  ERMS: at(7, 'ebx', 9),
  INVPCID: at(7, 'ebx', 10),
  RDSEED: at(7, 'ebx', 18),
  SMAP: at(7, 'ebx', 20),
  UMIP: at(7, 'ecx', 2),
  FSRM: at(7, 'edx', 4),
  SPEC_CTRL: at(7, 'edx', 26),
  // leaf 0Dh, subleaf 1
  XSAVEOPT: at(0xd, 'eax', 0, 1),
  // leaf 80000001h, EDX
  SYSCALL: at(0x80000001, 'edx', 11),
  NX: at(0x80000001, 'edx', 20),
  MMXEXT: at(0x80000001, 'edx', 22),
  PDPE1GB: at(0x80000001, 'edx', 26),
  RDTSCP: at(0x80000001, 'edx', 27),
  LM: at(0x80000001, 'edx', 29),
  // leaf 80000001h, ECX
  LAHF_LM: at(0x80000001, 'ecx', 0),
  ALT_MOV_CR8: at(0x80000001, 'ecx', 4),
  PREFETCHW: at(0x80000001, 'ecx', 8),
  // leaf 80000007h, EDX
  INVARIANT_TSC: at(0x80000007, 'edx', 8),
} as const satisfies Record<string, FeatureBit>;

export type FeatureName = keyof typeof FEATURE_BITS;

export const FEATURE_NAMES = Object.keys(FEATURE_BITS) as readonly FeatureName[];

/** The features that decoding depends on: rows of the opcode tables whose feature is not in the set are undefined. */
export type DecodeFeatures = ReadonlySet<FeatureName>;

/** Every feature there is: what the tables describe in full. */
export const ALL_FEATURES: DecodeFeatures = new Set(FEATURE_NAMES);
