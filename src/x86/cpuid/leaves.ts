// The leaves of CPUID (APM 3 appendix E; SDM 2A "CPUID"), as a function of the feature profile and of
// the two control bits that show through: CR4.OSXSAVE and the APIC's enable.
//
//   0 vendor            1 signature, features     6 ARAT      7 features
//   Bh topology         Dh XSAVE areas            40000000h hypervisor, 40000010h TSC and bus kHz
//   40000100h KVM's interface
//   80000001h features  80000002h..4h name        80000005h, 6h caches    80000007h, 8h
//
// Leaves that are not there read as zero (as AMD's do).
import type { Cpu } from '../helpers/cpu.ts';
import { PHYSICAL_BITS } from '../paging/walk.ts';
import { CR4_OSXSAVE } from '../state/control-bits.ts';
import * as L from '../state/layout.ts';
import { PROCESSOR_SIGNATURE } from '../state/reset.ts';
import { FEATURE_BITS, type FeatureName } from './feature-names.ts';
import type { CpuFeatures } from './features.ts';

/** EAX EBX ECX EDX. */
export type CpuidResult = readonly [number, number, number, number];

const HIGHEST_BASIC = 0xd;
const HIGHEST_EXTENDED = 0x8000_0008;
const HIGHEST_HYPERVISOR = 0x4000_0010;
const KVM_INTERFACE = 0x4000_0100;
const NONE: CpuidResult = [0, 0, 0, 0];
/** The processor's name. */
export const BRAND = 'Doppel virtual x86-64 processor';
/** Features of leaf 1 EDX that AMD repeats in 80000001h EDX. */
const MIRRORED = 0x0183_f3ff;
const APIC_BUS_KHZ = 1_000_000;

function ascii(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (text.charCodeAt(at + i) || 0) << (8 * i);
  return value >>> 0;
}

const featureCache = new WeakMap<CpuFeatures, Map<string, number>>();

/** The feature bits of one register of one leaf. */
function featureWord(features: CpuFeatures, leaf: number, register: string, subleaf = 0): number {
  let words = featureCache.get(features);
  if (!words) {
    words = new Map();
    for (const [name, bit] of Object.entries(FEATURE_BITS)) {
      if (!features.has(name as FeatureName)) continue;
      const key = `${bit.leaf}.${bit.subleaf}.${bit.register}`;
      words.set(key, ((words.get(key) ?? 0) | (1 << bit.bit)) >>> 0);
    }
    featureCache.set(features, words);
  }
  return words.get(`${leaf}.${subleaf}.${register}`) ?? 0;
}

/** EAX and EDX of leaf 1, for tables that tell of processors. */
export function processorIdentity(features: CpuFeatures): {
  readonly signature: number;
  readonly features: number;
} {
  return { signature: PROCESSOR_SIGNATURE, features: featureWord(features, 1, 'edx') };
}

/** The answer to CPUID with the given EAX and ECX; all values unsigned 32 bits. */
export function cpuid(cpu: Cpu, leaf: number, subleaf: number): CpuidResult {
  const { features, state } = cpu;
  switch (leaf) {
    case 0:
      return vendor(HIGHEST_BASIC);
    case 1: {
      let ecx = featureWord(features, 1, 'ecx');
      if ((state.cr4 & CR4_OSXSAVE) !== 0) ecx = (ecx | (1 << 27)) >>> 0;
      let edx = featureWord(features, 1, 'edx');
      if ((state.get32(L.APIC_BASE) & (1 << 11)) === 0) edx &= ~(1 << 9);
      // CLFLUSH line in quadwords, logical processors, APIC number.
      return [PROCESSOR_SIGNATURE, ((features.apicId & 0xff) << 24) | (1 << 16) | (8 << 8), ecx, edx >>> 0];
    }
    case 6:
      return [featureWord(features, 6, 'eax'), 0, 0, 0];
    case 7:
      if (subleaf !== 0) return NONE;
      return [
        0,
        featureWord(features, 7, 'ebx'),
        featureWord(features, 7, 'ecx'),
        featureWord(features, 7, 'edx'),
      ];
    case 0xb:
      return topology(features, subleaf);
    case 0xd:
      return extendedState(features, subleaf);
    case 0x4000_0000:
      return [
        HIGHEST_HYPERVISOR,
        ascii('DoppelDoppel', 0),
        ascii('DoppelDoppel', 4),
        ascii('DoppelDoppel', 8),
      ];
    // KVM's paravirtual interface, of which nothing is offered: Linux asks VMware's backdoor for its pointer only under
    // hypervisors that it knows.
    case KVM_INTERFACE:
      return [KVM_INTERFACE + 1, ascii('KVMK', 0), ascii('VMKV', 0), ascii('M', 0)];
    case 0x4000_0010:
      return features.tscFrequency === 0
        ? NONE
        : [Math.round(features.tscFrequency / 1000), APIC_BUS_KHZ, 0, 0];
    case 0x8000_0000:
      return vendor(HIGHEST_EXTENDED);
    case 0x8000_0001:
      return [
        PROCESSOR_SIGNATURE,
        0,
        featureWord(features, leaf, 'ecx'),
        (featureWord(features, leaf, 'edx') | (featureWord(features, 1, 'edx') & MIRRORED)) >>> 0,
      ];
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const at = (leaf - 0x8000_0002) * 16;
      return [ascii(BRAND, at), ascii(BRAND, at + 4), ascii(BRAND, at + 8), ascii(BRAND, at + 12)];
    }
    case 0x8000_0005:
      // First-level TLBs and caches: 64 KiB, two-way, lines of 64 bytes, data and code.
      return [0x01ff_01ff, 0x01ff_01ff, 0x4002_0140, 0x4002_0140];
    case 0x8000_0006:
      // Second level: 512 KiB, 16-way, lines of 64 bytes.
      return [0, 0x4200_4200, 0x0200_8140, 0];
    case 0x8000_0007:
      return [0, 0, 0, featureWord(features, leaf, 'edx')];
    case 0x8000_0008:
      return [PHYSICAL_BITS | (48 << 8), 0, 0, 0];
    default:
      return NONE;
  }
}

function vendor(highest: number): CpuidResult {
  return [highest, ascii('AuthenticAMD', 0), ascii('AuthenticAMD', 8), ascii('AuthenticAMD', 4)];
}

/** One thread of one core. */
function topology(features: CpuFeatures, subleaf: number): CpuidResult {
  if (!features.has('X2APIC')) return NONE;
  const level = subleaf === 0 ? 1 : subleaf === 1 ? 2 : 0;
  return [0, level === 0 ? 0 : 1, (level << 8) | (subleaf & 0xff), features.apicId];
}

/** XCR0 holds x87 and SSE: 512 bytes of FXSAVE format and a header of 64. */
function extendedState(features: CpuFeatures, subleaf: number): CpuidResult {
  if (!features.has('XSAVE')) return NONE;
  if (subleaf === 0) return [3, 576, 576, 0];
  return subleaf === 1 ? [featureWord(features, 0xd, 'eax', 1), 0, 0, 0] : NONE;
}
