// Guest memory as helpers see it (descriptor tables, frames of interrupts), looked up in the TLB of generated
// code first: an access of the processor itself uses the supervisor table in which SMAP is never suspended.
// What the TLB does not answer goes to PagedMemory, which walks the page tables and raises the faults.
import type { Linear } from '../../base/addresses.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { Privilege } from '../../x86/paging/linear-memory.ts';
import { PagedMemory } from '../../x86/paging/paged-memory.ts';
import { CR4_SMAP } from '../../x86/state/control-bits.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from './engine-state.ts';

const TWO32 = 0x1_0000_0000;
const READS = 0;
const PAGE = 4096;

/**
 * Tries to enter a translation into an array of a TLB table, for an access of the current code or of the
 * processor: offset in RAM of the address, or -1 where PagedMemory has to do the access.
 */
export type TlbRefill = (linear: Linear, table: number, array: number, privilege: Privilege) => number;

export class TlbMemory extends PagedMemory {
  readonly #state: CpuState;
  readonly #memory: GuestMemory;
  readonly #refill: TlbRefill;

  constructor(state: CpuState, memory: GuestMemory, refill: TlbRefill) {
    super(state, memory, 'always');
    this.#state = state;
    this.#memory = memory;
    this.#refill = refill;
  }

  /** Offset in RAM of an address in the pages that the TLB knows for this access, or -1. */
  #ram(linear: Linear, array: number, privilege: Privilege): number {
    const { u32, i32 } = this.#state;
    let table = u32[E.TLB_TABLE >> 2]!;
    if (privilege !== 'current') {
      if (privilege === 'user') return -1;
      table = (u32[L.CR4 >> 2]! & CR4_SMAP) === 0 ? E.TLB_SUPERVISOR_AC : E.TLB_SUPERVISOR;
    }
    const at = (table + array + (((linear >>> 12) & (E.TLB_ENTRIES - 1)) << E.TLB_ENTRY_SHIFT)) >> 2;
    if (i32[at + 1]! * TWO32 + u32[at]! === linear - (linear & 0xfff)) {
      return (linear + i32[at + (E.TLB_ADDEND >> 2)]!) >>> 0;
    }
    return this.#refill(linear, table, array, privilege);
  }

  override read8(linear: Linear, privilege: Privilege = 'current'): number {
    const at = this.#ram(linear, READS, privilege);
    return at >= 0 ? this.#memory.u8[at]! : super.read8(linear, privilege);
  }
  override read16(linear: Linear, privilege: Privilege = 'current'): number {
    if ((linear & 0xfff) <= 0xffe) {
      const at = this.#ram(linear, READS, privilege);
      if (at >= 0) return this.#memory.view.getUint16(at, true);
    }
    return super.read16(linear, privilege);
  }
  override read32(linear: Linear, privilege: Privilege = 'current'): number {
    if ((linear & 0xfff) <= 0xffc) {
      const at = this.#ram(linear, READS, privilege);
      if (at >= 0) return this.#memory.view.getUint32(at, true);
    }
    return super.read32(linear, privilege);
  }
  override readPair(linear: Linear, privilege: Privilege = 'current'): number {
    if ((linear & 0xfff) <= 0xff8) {
      const at = this.#ram(linear, READS, privilege);
      if (at >= 0) {
        const { view } = this.#memory;
        this.pairHigh = view.getUint32(at + 4, true);
        return view.getUint32(at, true);
      }
    }
    return super.readPair(linear, privilege);
  }
  override writePair(linear: Linear, low: number, high: number, privilege: Privilege = 'current'): void {
    if ((linear & 0xfff) <= 0xff8) {
      const at = this.#ram(linear, E.TLB_WRITES, privilege);
      if (at >= 0) {
        const { view } = this.#memory;
        view.setUint32(at, low, true);
        view.setUint32(at + 4, high, true);
        return;
      }
    }
    super.writePair(linear, low, high, privilege);
  }
  override write8(linear: Linear, value: number, privilege: Privilege = 'current'): void {
    const at = this.#ram(linear, E.TLB_WRITES, privilege);
    if (at >= 0) this.#memory.u8[at] = value;
    else super.write8(linear, value, privilege);
  }
  override write16(linear: Linear, value: number, privilege: Privilege = 'current'): void {
    if ((linear & 0xfff) <= 0xffe) {
      const at = this.#ram(linear, E.TLB_WRITES, privilege);
      if (at >= 0) {
        this.#memory.view.setUint16(at, value, true);
        return;
      }
    }
    super.write16(linear, value, privilege);
  }
  override write32(linear: Linear, value: number, privilege: Privilege = 'current'): void {
    if ((linear & 0xfff) <= 0xffc) {
      const at = this.#ram(linear, E.TLB_WRITES, privilege);
      if (at >= 0) {
        this.#memory.view.setUint32(at, value, true);
        return;
      }
    }
    super.write32(linear, value, privilege);
  }

  // Areas of up to a page, in one page or two (XSAVE and the like).

  override readBytes(linear: Linear, target: Uint8Array, privilege: Privilege = 'current'): void {
    const { length } = target;
    const inPage = Math.min(length, PAGE - (linear & (PAGE - 1)));
    const first = length <= PAGE ? this.#ram(linear, READS, privilege) : -1;
    const second = inPage < length && first >= 0 ? this.#ram(linear + inPage, READS, privilege) : first;
    if (second < 0) {
      super.readBytes(linear, target, privilege);
      return;
    }
    const { u8 } = this.#memory;
    target.set(u8.subarray(first, first + inPage));
    if (inPage < length) target.set(u8.subarray(second, second + length - inPage), inPage);
  }
  override writeBytes(linear: Linear, source: Uint8Array, privilege: Privilege = 'current'): void {
    const { length } = source;
    const inPage = Math.min(length, PAGE - (linear & (PAGE - 1)));
    const first = length <= PAGE ? this.#ram(linear, E.TLB_WRITES, privilege) : -1;
    const second =
      inPage < length && first >= 0 ? this.#ram(linear + inPage, E.TLB_WRITES, privilege) : first;
    if (second < 0) {
      super.writeBytes(linear, source, privilege);
      return;
    }
    const { u8 } = this.#memory;
    if (inPage === length) u8.set(source, first);
    else {
      u8.set(source.subarray(0, inPage), first);
      u8.set(source.subarray(inPage), second);
    }
  }
  override probeWrite(linear: Linear, bytes: number, privilege: Privilege = 'current'): void {
    const inPage = Math.min(bytes, PAGE - (linear & (PAGE - 1)));
    const first = bytes <= PAGE ? this.#ram(linear, E.TLB_WRITES, privilege) : -1;
    const known = inPage < bytes && first >= 0 ? this.#ram(linear + inPage, E.TLB_WRITES, privilege) : first;
    if (known < 0) super.probeWrite(linear, bytes, privilege);
  }
}
