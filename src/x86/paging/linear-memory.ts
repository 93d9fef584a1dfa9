// LinearMemory: guest memory by linear address, with paging and all its checks, as helpers and the
// reference evaluator use it. Accesses may cross pages (both pages are checked before a write
// begins). Faults are thrown as GuestFault #PF (with CR2 set), or #GP/#SS for a non-canonical address.
import type { Linear } from '../../base/addresses.ts';

/**
 * Who accesses: `current` is the CPL of the running code, `supervisor` an implicit access of the
 * processor to its tables (GDT, LDT, IDT, TSS; SMAP applies whatever EFLAGS.AC is), `user` forces CPL 3.
 */
export type Privilege = 'current' | 'supervisor' | 'user';

export interface LinearMemory {
  read8(linear: Linear, privilege?: Privilege): number;
  read16(linear: Linear, privilege?: Privilege): number;
  /** Unsigned. */
  read32(linear: Linear, privilege?: Privilege): number;
  /** Unsigned. */
  read64(linear: Linear, privilege?: Privilege): bigint;
  /** 64 bits as two halves, for helpers that do without bigint: gives the low one and leaves the high one in `pairHigh`. */
  readPair(linear: Linear, privilege?: Privilege): number;
  readonly pairHigh: number;
  writePair(linear: Linear, low: number, high: number, privilege?: Privilege): void;
  write8(linear: Linear, value: number, privilege?: Privilege): void;
  write16(linear: Linear, value: number, privilege?: Privilege): void;
  write32(linear: Linear, value: number, privilege?: Privilege): void;
  write64(linear: Linear, value: bigint, privilege?: Privilege): void;
  /** Any length; `target` is filled from the guest. */
  readBytes(linear: Linear, target: Uint8Array, privilege?: Privilege): void;
  writeBytes(linear: Linear, source: Uint8Array, privilege?: Privilege): void;
  /** Raises the fault that a write of `bytes` bytes would, and writes nothing. */
  probeWrite(linear: Linear, bytes: number, privilege?: Privilege): void;
  probeRead(linear: Linear, bytes: number, privilege?: Privilege): void;
  /**
   * Reads up to 15 bytes of code at the linear address with fetch rights; stops short (count < length)
   * before a page that cannot be fetched. Returns the count; 0 means that not even the first byte can be.
   */
  fetch(linear: Linear, target: Uint8Array): number;
  /** Raises the fault (#PF with the fetch bit, or #GP) of fetching one byte of code there, if there is one. */
  probeFetch(linear: Linear): void;
}
