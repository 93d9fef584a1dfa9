// PagedMemory: guest memory by linear address, done by walking the page tables, with a small cache
// of translations. It is the LinearMemory of the reference evaluator and of helpers in engines that
// have no TLB of their own. Also checks alignment for code at CPL 3 with CR0.AM and RFLAGS.AC (#AC).
//
// The cache has no PCIDs: every flush of non-global translations drops all of them.
import type { GuestPhysical, Linear } from '../../base/addresses.ts';
import { AC, GuestFault, generalProtection, PF } from '../exceptions/fault.ts';
import type { TranslationControl } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { type CpuState, FLAG_AC } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import type { LinearMemory, Privilege } from './linear-memory.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  allowed,
  newPageTranslation,
  PAGE_DIRTY,
  PAGE_GLOBAL,
  PAGE_LARGE,
  translate,
  VIEW_IMPLICIT,
  VIEW_SUPERVISOR,
  VIEW_USER,
} from './walk.ts';

const ENTRIES = 512;
const CANONICAL_END = 0x8000_0000_0000;
const EMPTY = Number.NaN;

export class PagedMemory implements LinearMemory, TranslationControl {
  readonly #state: CpuState;
  readonly #physical: PhysicalMemory;
  /** Linear address of the page an entry translates; NaN when empty. */
  readonly #tags = new Float64Array(ENTRIES).fill(EMPTY);
  readonly #frames = new Float64Array(ENTRIES);
  readonly #properties = new Uint8Array(ENTRIES);
  #holdsLargePage = false;
  /** Nothing was entered since the last flush. */
  #empty = true;
  readonly #translation = newPageTranslation();

  readonly #caches: boolean;

  /** `walks` 'always': no translation is kept, so that nobody need tell of flushes. */
  constructor(state: CpuState, physical: PhysicalMemory, walks: 'always' | 'once' = 'once') {
    this.#state = state;
    this.#physical = physical;
    this.#caches = walks === 'once';
  }

  // ---- TranslationControl ----

  flushAll(global: 'keepGlobal' | 'dropGlobal'): void {
    if (this.#empty) return;
    if (global === 'dropGlobal') {
      this.#tags.fill(EMPTY);
      this.#holdsLargePage = false;
      this.#empty = true;
      return;
    }
    for (let i = 0; i < ENTRIES; i++) {
      if ((this.#properties[i]! & PAGE_GLOBAL) === 0) this.#tags[i] = EMPTY;
    }
  }

  flushPage(linear: Linear): void {
    if (this.#holdsLargePage) {
      this.flushAll('dropGlobal');
      return;
    }
    this.forget(linear);
  }
  /** Drops the translation of one 4 KiB page (or of that part of a larger one). */
  forget(linear: Linear): void {
    this.#tags[(linear >>> 12) & (ENTRIES - 1)] = EMPTY;
  }

  // ---- translation ----

  #view(privilege: Privilege): number {
    if (privilege === 'current') return this.#state.cpl === 3 ? VIEW_USER : VIEW_SUPERVISOR;
    return privilege === 'user' ? VIEW_USER : VIEW_IMPLICIT;
  }

  /** Physical address, or -1 when the access faults: then #translation.errorCode is set. */
  #find(linear: Linear, access: number, view: number): GuestPhysical {
    const offset = linear & 0xfff;
    const page = linear - offset;
    const index = (linear >>> 12) & (ENTRIES - 1);
    if (this.#tags[index] === page) {
      const properties = this.#properties[index]!;
      if (
        (access !== ACCESS_WRITE || (properties & PAGE_DIRTY) !== 0) &&
        allowed(this.#state, properties, access, view)
      ) {
        return this.#frames[index]! + offset;
      }
    }
    const translation = this.#translation;
    if (!translate(this.#state, this.#physical, linear, access, view, translation)) {
      // A stale translation may not outlive the fault it causes (SDM 3A 4.10.4.1).
      this.#tags[index] = EMPTY;
      return -1;
    }
    if (!this.#caches) return translation.frame + offset;
    this.#empty = false;
    this.#tags[index] = page;
    this.#frames[index] = translation.frame;
    this.#properties[index] = translation.properties;
    if ((translation.properties & PAGE_LARGE) !== 0) this.#holdsLargePage = true;
    return translation.frame + offset;
  }

  /** Wraps at 4 GiB outside long mode; #GP(0) for a non-canonical address. */
  #normalize(linear: Linear): Linear {
    if ((this.#state.u32[L.EFER >> 2]! & C.EFER_LMA) === 0) return linear >>> 0;
    if (linear >= CANONICAL_END || linear < -CANONICAL_END) {
      generalProtection();
    }
    return linear;
  }

  /** Physical address of an access within one page; raises #PF. */
  #resolve(linear: Linear, access: number, privilege: Privilege): GuestPhysical {
    const address = this.#normalize(linear);
    const physical = this.#find(address, access, this.#view(privilege));
    if (physical < 0) this.#pageFault(address);
    return physical;
  }

  #pageFault(linear: Linear): never {
    this.#state.cr2 = linear;
    throw new GuestFault(PF, this.#translation.errorCode);
  }

  #checkAlignment(privilege: Privilege): void {
    const state = this.#state;
    if (privilege !== 'current' || state.cpl !== 3) return;
    if ((state.cr0 & C.CR0_AM) !== 0 && (state.get32(L.FLAGS) & FLAG_AC) !== 0) throw new GuestFault(AC, 0);
  }

  // ---- LinearMemory ----

  read8(linear: Linear, privilege: Privilege = 'current'): number {
    return this.#physical.read8(this.#resolve(linear, ACCESS_READ, privilege));
  }
  read16(linear: Linear, privilege: Privilege = 'current'): number {
    if ((linear & 1) !== 0) {
      this.#checkAlignment(privilege);
      if ((linear & 0xfff) === 0xfff) return this.#readAcross(linear, 2, 1, privilege);
    }
    return this.#physical.read16(this.#resolve(linear, ACCESS_READ, privilege));
  }
  read32(linear: Linear, privilege: Privilege = 'current'): number {
    if ((linear & 3) !== 0) {
      this.#checkAlignment(privilege);
      const inPage = 0x1000 - (linear & 0xfff);
      if (inPage < 4) return this.#readAcross(linear, 4, inPage, privilege);
    }
    return this.#physical.read32(this.#resolve(linear, ACCESS_READ, privilege));
  }
  read64(linear: Linear, privilege: Privilege = 'current'): bigint {
    if ((linear & 7) !== 0) {
      this.#checkAlignment(privilege);
      const inPage = 0x1000 - (linear & 0xfff);
      if (inPage < 8) {
        const bytes = new Uint8Array(8);
        this.readBytes(linear, bytes, privilege);
        return new DataView(bytes.buffer).getBigUint64(0, true);
      }
    }
    const physical = this.#resolve(linear, ACCESS_READ, privilege);
    // Devices are asked for the low half first.
    const low = this.#physical.read32(physical);
    return (BigInt(this.#physical.read32(physical + 4)) << 32n) | BigInt(low);
  }
  #readAcross(linear: Linear, bytes: number, inPage: number, privilege: Privilege): number {
    this.#normalize(linear + bytes - 1);
    const low = this.#resolve(linear, ACCESS_READ, privilege);
    const high = this.#resolve(linear + inPage, ACCESS_READ, privilege);
    let value = 0;
    for (let i = 0; i < bytes; i++) {
      value |= this.#physical.read8(i < inPage ? low + i : high + i - inPage) << (8 * i);
    }
    return value >>> 0;
  }

  pairHigh = 0;
  readPair(linear: Linear, privilege: Privilege = 'current'): number {
    const low = this.read32(linear, privilege);
    this.pairHigh = this.read32(linear + 4, privilege);
    return low;
  }
  writePair(linear: Linear, low: number, high: number, privilege: Privilege = 'current'): void {
    this.write32(linear, low, privilege);
    this.write32(linear + 4, high, privilege);
  }

  write8(linear: Linear, value: number, privilege: Privilege = 'current'): void {
    this.#physical.write8(this.#resolve(linear, ACCESS_WRITE, privilege), value & 0xff);
  }
  write16(linear: Linear, value: number, privilege: Privilege = 'current'): void {
    if ((linear & 1) !== 0) {
      this.#checkAlignment(privilege);
      if ((linear & 0xfff) === 0xfff) {
        this.#writeAcross(linear, value, 2, 1, privilege);
        return;
      }
    }
    this.#physical.write16(this.#resolve(linear, ACCESS_WRITE, privilege), value & 0xffff);
  }
  write32(linear: Linear, value: number, privilege: Privilege = 'current'): void {
    if ((linear & 3) !== 0) {
      this.#checkAlignment(privilege);
      const inPage = 0x1000 - (linear & 0xfff);
      if (inPage < 4) {
        this.#writeAcross(linear, value, 4, inPage, privilege);
        return;
      }
    }
    this.#physical.write32(this.#resolve(linear, ACCESS_WRITE, privilege), value >>> 0);
  }
  write64(linear: Linear, value: bigint, privilege: Privilege = 'current'): void {
    if ((linear & 7) !== 0) {
      this.#checkAlignment(privilege);
      if (0x1000 - (linear & 0xfff) < 8) {
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, value), true);
        this.writeBytes(linear, bytes, privilege);
        return;
      }
    }
    const physical = this.#resolve(linear, ACCESS_WRITE, privilege);
    this.#physical.write32(physical, Number(value & 0xffff_ffffn));
    this.#physical.write32(physical + 4, Number((value >> 32n) & 0xffff_ffffn));
  }
  #writeAcross(linear: Linear, value: number, bytes: number, inPage: number, privilege: Privilege): void {
    this.#normalize(linear + bytes - 1);
    const low = this.#resolve(linear, ACCESS_WRITE, privilege);
    const high = this.#resolve(linear + inPage, ACCESS_WRITE, privilege);
    for (let i = 0; i < bytes; i++) {
      this.#physical.write8(i < inPage ? low + i : high + i - inPage, (value >>> (8 * i)) & 0xff);
    }
  }

  readBytes(linear: Linear, target: Uint8Array, privilege: Privilege = 'current'): void {
    if (target.length > 0x1000 - (linear & 0xfff)) this.probeRead(linear, target.length, privilege);
    for (let i = 0; i < target.length; ) {
      const physical = this.#resolve(linear + i, ACCESS_READ, privilege);
      const end = Math.min(target.length, i + 0x1000 - ((linear + i) & 0xfff));
      for (let at = physical; i < end; ) target[i++] = this.#physical.read8(at++);
    }
  }
  writeBytes(linear: Linear, source: Uint8Array, privilege: Privilege = 'current'): void {
    if (source.length > 0x1000 - (linear & 0xfff)) this.probeWrite(linear, source.length, privilege);
    for (let i = 0; i < source.length; ) {
      const physical = this.#resolve(linear + i, ACCESS_WRITE, privilege);
      const end = Math.min(source.length, i + 0x1000 - ((linear + i) & 0xfff));
      for (let at = physical; i < end; ) this.#physical.write8(at++, source[i++]!);
    }
  }

  probeWrite(linear: Linear, bytes: number, privilege: Privilege = 'current'): void {
    this.#probe(linear, bytes, ACCESS_WRITE, privilege);
  }
  probeRead(linear: Linear, bytes: number, privilege: Privilege = 'current'): void {
    this.#probe(linear, bytes, ACCESS_READ, privilege);
  }
  #probe(linear: Linear, bytes: number, access: number, privilege: Privilege): void {
    // An address that is not canonical comes before the page faults of those that are.
    if (bytes > 0) this.#normalize(linear + bytes - 1);
    for (let done = 0; done < bytes; done += 0x1000 - ((linear + done) & 0xfff)) {
      this.#resolve(linear + done, access, privilege);
    }
  }

  fetch(linear: Linear, target: Uint8Array): number {
    const view = this.#view('current');
    let count = 0;
    while (count < target.length) {
      const address = this.#fetchAddress(linear + count);
      const physical = Number.isNaN(address) ? -1 : this.#find(address, ACCESS_EXECUTE, view);
      if (physical < 0) break;
      const end = Math.min(target.length, count + 0x1000 - (address & 0xfff));
      for (let at = physical; count < end; ) target[count++] = this.#physical.read8(at++);
    }
    return count;
  }
  #fetchAddress(linear: Linear): Linear {
    if ((this.#state.u32[L.EFER >> 2]! & C.EFER_LMA) === 0) return linear >>> 0;
    return linear >= CANONICAL_END || linear < -CANONICAL_END ? Number.NaN : linear;
  }

  probeFetch(linear: Linear): void {
    this.#resolve(linear, ACCESS_EXECUTE, 'current');
  }
}
