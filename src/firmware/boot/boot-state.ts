// BootState: what a boot protocol leaves in the processor before the kernel's first instruction.
// A plain record; the machine hands it to whichever engine runs the vCPU.
//
// Segment attributes are in the format of VMX access rights (Intel SDM volume 3, section 25.4.1,
// table 25-2), which is also what KVM and the descriptor cache of the soft engine hold:
//
//    16   15  14   13  12   11..8  7   6..5  4   3..0
//   unus.  G  D/B   L  AVL    0    P   DPL   S   type
import type { GuestPhysical, Linear } from '../../base/addresses.ts';

export const GENERAL_REGISTER_NAMES = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;
export type GeneralRegisterName = (typeof GENERAL_REGISTER_NAMES)[number];

export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
export type SegmentName = (typeof SEGMENT_NAMES)[number];

/** A segment register with its hidden part. */
export interface SegmentState {
  /** 16 bits. */
  readonly selector: number;
  readonly base: Linear;
  /** Last valid offset in bytes, 32 bits (already scaled by G). */
  readonly limit: number;
  /** Access rights, 17 bits; drawn at the head of this file. */
  readonly attributes: number;
}

/** GDTR or IDTR. */
export interface TableRegisterState {
  readonly base: Linear;
  /** Last valid offset in bytes, 16 bits. */
  readonly limit: number;
}

export interface BootState {
  /** 64-bit values, unsigned. */
  readonly general: Readonly<Record<GeneralRegisterName, bigint>>;
  readonly rip: bigint;
  readonly rflags: bigint;
  readonly segments: Readonly<Record<SegmentName, SegmentState>>;
  readonly gdtr: TableRegisterState;
  readonly idtr: TableRegisterState;
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
}

const CR0_PE = 1n << 0n;
const CR0_ET = 1n << 4n;
const CR0_PG = 1n << 31n;
const CR4_PAE = 1n << 5n;
const EFER_LME = 1n << 8n;
const EFER_LMA = 1n << 10n;
/** Bit 1 of RFLAGS reads as one; all else is clear, so interrupts are off. */
const RFLAGS_FIXED = 1n << 1n;

/** Access rights of flat segments: present, ring 0, 4 KiB granular, accessed. */
export const FLAT_CODE_32 = 0xc09b;
export const FLAT_CODE_64 = 0xa09b;
export const FLAT_DATA = 0xc093;
const BUSY_TSS_32 = 0x008b;
const LDT = 0x0082;

/** Selectors of the boot GDT: __BOOT_CS and __BOOT_DS of the Linux boot protocol, and a TSS. */
export const BOOT_CS = 0x10;
export const BOOT_DS = 0x18;
export const BOOT_TSS = 0x20;
/** Bytes of the GDT that `encodeBootGdt` makes. */
export const BOOT_GDT_SIZE = 0x28;

/** Protected or long mode with flat segments and interrupts off: what every protocol here asks for. */
export interface FlatEntry {
  /** First instruction. */
  readonly entry: GuestPhysical;
  /** Root of identity page tables: entry in 64-bit mode. Without it: 32-bit protected mode, no paging. */
  readonly pageTables?: GuestPhysical;
  /** Where the boot GDT is. */
  readonly gdt: GuestPhysical;
  /** Registers that are not 0. */
  readonly registers: Partial<Record<GeneralRegisterName, bigint>>;
}

/** Builds the state for a flat entry. */
export function flatBootState(flat: FlatEntry): BootState {
  const long = flat.pageTables !== undefined;
  const general = Object.fromEntries(
    GENERAL_REGISTER_NAMES.map((name) => [name, flat.registers[name] ?? 0n]),
  ) as Record<GeneralRegisterName, bigint>;
  const data: SegmentState = { selector: BOOT_DS, base: 0, limit: 0xffff_ffff, attributes: FLAT_DATA };
  return {
    general,
    rip: BigInt(flat.entry),
    rflags: RFLAGS_FIXED,
    segments: {
      es: data,
      cs: {
        selector: BOOT_CS,
        base: 0,
        limit: 0xffff_ffff,
        attributes: long ? FLAT_CODE_64 : FLAT_CODE_32,
      },
      ss: data,
      ds: data,
      fs: data,
      gs: data,
      ldtr: { selector: 0, base: 0, limit: 0, attributes: LDT },
      tr: { selector: BOOT_TSS, base: 0, limit: 0x67, attributes: BUSY_TSS_32 },
    },
    gdtr: { base: flat.gdt as number, limit: BOOT_GDT_SIZE - 1 },
    idtr: { base: 0, limit: 0 },
    cr0: CR0_PE | CR0_ET | (long ? CR0_PG : 0n),
    cr3: BigInt(flat.pageTables ?? 0),
    cr4: long ? CR4_PAE : 0n,
    efer: long ? EFER_LME | EFER_LMA : 0n,
  };
}

/** The GDT that the selectors of `flatBootState` refer to; `mode` says what __BOOT_CS is. */
export function encodeBootGdt(mode: '32-bit' | '64-bit'): Uint8Array {
  const gdt = new BigUint64Array(BOOT_GDT_SIZE / 8);
  gdt[BOOT_CS / 8] = descriptor(0xfffff, mode === '64-bit' ? FLAT_CODE_64 : FLAT_CODE_32);
  gdt[BOOT_DS / 8] = descriptor(0xfffff, FLAT_DATA);
  gdt[BOOT_TSS / 8] = descriptor(0x67, BUSY_TSS_32);
  const bytes = new Uint8Array(BOOT_GDT_SIZE);
  const view = new DataView(bytes.buffer);
  gdt.forEach((entry, i) => {
    view.setBigUint64(i * 8, entry, true);
  });
  return bytes;
}

/** A segment descriptor with base 0 (Intel SDM volume 3, figure 3-8); `limit` is its raw 20 bits. */
function descriptor(limit: number, attributes: number): bigint {
  const low = BigInt(limit & 0xffff);
  const high = (attributes & 0xff) | (((limit >>> 16) & 0xf) << 8) | (attributes & 0xf000);
  return low | (BigInt(high) << 40n);
}
