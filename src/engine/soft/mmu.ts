// SoftMmu: fills the TLB that handlers look into, and does the accesses that they cannot do inline:
// TLB misses, accesses over a page's end, devices, pages that hold code.
//
// Three tables, so that a change of privilege flushes nothing: user, supervisor (user pages closed by
// SMAP), supervisor with user pages open (SMAP off, or EFLAGS.AC). A fourth, always empty, is in force
// while every access has to be looked at (alignment checks, data breakpoints).
//
// Most translations are entered by generated code (tlb-fill.ts); what is not as usual comes here.
//
// Entries for writes are made by writes, of pages that are RAM (the walk has set the dirty flag) and free
// of decoded code (decision D7).
//
// The walk ends at a guest-physical page; what is entered here, and what code is known by, is the page's place in
// memory 1 (GuestMemory.place). When the guest's memory map changes, everything is looked up anew.
import type { Linear } from '../../base/addresses.ts';
import { type GuestBus, pieceWidth } from '../../base/guest-bus.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { isReadable, isWritable, PAGE_DEVICE, PAGE_RAM } from '../../memory/memory-map.ts';
import { dataBreakpoints } from '../../x86/control/debug-registers.ts';
import { AC, GP, GuestFault, PF, SS } from '../../x86/exceptions/fault.ts';
import type { TranslationControl } from '../../x86/helpers/cpu.ts';
import type { Privilege } from '../../x86/paging/linear-memory.ts';
import type { PagedMemory } from '../../x86/paging/paged-memory.ts';
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  newPageTranslation,
  PAGE_GLOBAL,
  peek,
  translate,
  VIEW_IMPLICIT,
  VIEW_SUPERVISOR,
  VIEW_USER,
} from '../../x86/paging/walk.ts';
import { CR0_AM, CR4_SMAP, EFER_LMA } from '../../x86/state/control-bits.ts';
import { type CpuState, FLAG_AC } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { KIND_BYTES, KIND_STACK, KIND_WRITE } from './core-functions.ts';
import * as E from './engine-state.ts';
import { ExecuteTable } from './execute-table.ts';
import { TlbEntries } from './tlb-entries.ts';
import { TlbMemory } from './tlb-memory.ts';

const CANONICAL_END = 0x8000_0000_0000;
const LARGE_PAGE_SHIFTS = [21, 22, 30];
/** Bound of the sets of pages below; a boot of Linux notes some hundreds between two flushes. */
const MAXIMUM_NOTED_PAGES = 16_384;

export class SoftMmu implements TranslationControl {
  readonly #state: CpuState;
  readonly #memory: GuestMemory;
  readonly #bus: GuestBus;
  /** For helpers and for accesses over a page's end. */
  readonly paged: PagedMemory;
  readonly #translation = newPageTranslation();
  readonly #entries: TlbEntries;
  /** Called whenever translations of user code, or of supervisor code, were forgotten: the jump cache depends on them. */
  onFlush: (user: boolean) => void = () => {};
  deviceAccesses = 0;

  constructor(state: CpuState, memory: GuestMemory, bus: GuestBus) {
    this.#state = state;
    this.#memory = memory;
    this.#bus = bus;
    this.paged = new TlbMemory(state, memory, (linear, table, array, privilege) =>
      this.#refill(linear, table, array, privilege),
    );
    this.#entries = new TlbEntries(state);
    this.#user = new ExecuteTable(state, E.EXECUTE_USER, () => this.onFlush(true));
    this.#supervisor = new ExecuteTable(state, E.EXECUTE_SUPERVISOR, () => this.onFlush(false));
    this.flushAll('dropGlobal');
    memory.onTrack((first, end) => this.trackWrites(first, end));
  }

  /** Chooses the table for the current privilege; call it whenever CPL, EFLAGS.AC, CR0 or CR4 may have changed. */
  selectTable(everyAccess: boolean): void {
    const state = this.#state;
    const ac = (state.u32[L.FLAGS >> 2]! & FLAG_AC) !== 0;
    let table: number;
    if (everyAccess) table = E.TLB_BYPASS;
    else if (state.u32[L.CPL >> 2] === 3)
      table = ac && (state.cr0 & CR0_AM) !== 0 ? E.TLB_BYPASS : E.TLB_USER;
    else table = ac || (state.cr4 & CR4_SMAP) === 0 ? E.TLB_SUPERVISOR_AC : E.TLB_SUPERVISOR;
    state.u32[E.TLB_TABLE >> 2] = table;
    state.u32[E.EXECUTE_TABLE >> 2] = this.#executeTable().base;
  }

  // ---- TranslationControl ----

  flushAll(global: 'keepGlobal' | 'dropGlobal'): void {
    const keep = global === 'keepGlobal';
    this.#entries.flush(keep);
    if (!keep) {
      this.#largePages.clear();
      this.#state.u32.fill(0, E.LARGE_NOTED >> 2, (E.LARGE_NOTED + 8 * E.LARGE_NOTED_COUNT) >> 2);
    }
    this.#user.forget();
    if (!keep || this.#supervisor.holdsLocal) this.#supervisor.forget();
  }
  /** A large page is in the TLB as small ones, so that one INVLPG for it has to drop everything; rare enough. */
  flushPage(linear: Linear): void {
    if (this.#largePages.size > 0) {
      for (const shift of LARGE_PAGE_SHIFTS) {
        if (this.#largePages.has(largePageKey(linear, shift))) {
          this.flushAll('dropGlobal');
          return;
        }
      }
    }
    this.#forgetPage(linear);
  }
  /** A page fault forgets the translations of its address (SDM 3A 4.10.4.1); of a large page, those of its 4 KiB only. */
  pageFaulted(linear: Linear): void {
    this.#forgetPage(linear);
  }
  #forgetPage(linear: Linear): void {
    this.#entries.forgetPage(linear);
    const page = linear - (linear & 0xfff);
    if (this.#user.has(page)) this.#user.forget();
    if (this.#supervisor.has(page)) this.#supervisor.forget();
  }
  readonly #user: ExecuteTable;
  readonly #supervisor: ExecuteTable;
  /** Large pages of which some part is in the TLB (and some that were). */
  readonly #largePages = new Set<number>();
  /** The set above must not grow without end while a guest flushes nothing: an early flush is allowed always. */
  #noteLargePage(linear: Linear, shift: number): void {
    // Those noted last are in LARGE_NOTED, by their parts of 2 MiB.
    const part = linear - (linear & 0x1f_ffff) + shift;
    const noted = E.LARGE_NOTED + 8 * ((linear >>> 21) & (E.LARGE_NOTED_COUNT - 1));
    if (this.#state.getNumber(noted) === part) return;
    if (this.#largePages.size >= MAXIMUM_NOTED_PAGES) this.flushAll('dropGlobal');
    this.#largePages.add(largePageKey(linear, shift));
    this.#state.setNumber(noted, part);
  }

  /** A page of memory 1 has begun to hold decoded code: no table may let writes to it pass. */
  protectCodePage(page: number): void {
    this.#entries.dropWrites(page, page + 1);
  }
  /** Every page's next write takes the slow path, which marks it dirty; of pages `first` to `end` of memory 1. */
  trackWrites(first = 0, end = Number.POSITIVE_INFINITY): void {
    this.#entries.dropWrites(first, end);
  }

  // ---- fetching ----

  /** Place in memory 1 of code at a linear address, or no offset where there is no memory; raises #PF (or #GP for a non-canonical address). */
  translateExecute(linear: Linear): number {
    const offset = linear & 0xfff;
    const known = this.#executeTable().find(linear - offset);
    if (known >= 0) return known + offset;
    if (linear >= CANONICAL_END || linear < -CANONICAL_END) throw new GuestFault(GP, 0);
    const t = this.#translation;
    if (!translate(this.#state, this.#memory, linear, ACCESS_EXECUTE, this.#view(), t)) {
      this.#state.cr2 = linear;
      throw new GuestFault(PF, t.errorCode);
    }
    return this.#noteExecuted(linear - offset) + offset;
  }
  /**
   * Place in memory 1 of code at a linear address, or -1 where a fetch would fault or would set accessed flags. The
   * guest cannot see that it was asked.
   */
  probeExecute(linear: Linear): number {
    const offset = linear & 0xfff;
    const known = this.#executeTable().find(linear - offset);
    if (known >= 0) return known + offset;
    if (linear >= CANONICAL_END || linear < -CANONICAL_END) return -1;
    const t = this.#translation;
    if (!peek(this.#state, this.#memory, linear, ACCESS_EXECUTE, this.#view(), t)) return -1;
    return this.#noteExecuted(linear - offset) + offset;
  }
  #view(): number {
    return this.#state.u32[L.CPL >> 2] === 3 ? VIEW_USER : VIEW_SUPERVISOR;
  }
  #executeTable(): ExecuteTable {
    return this.#state.u32[L.CPL >> 2] === 3 ? this.#user : this.#supervisor;
  }
  /** Enters the translation just done; place of the page. */
  #noteExecuted(page: Linear): number {
    const t = this.#translation;
    if (t.pageShift !== 12) this.#noteLargePage(page, t.pageShift);
    const frame = this.#memory.place(t.frame);
    this.#executeTable().enter(page, frame, (t.properties & PAGE_GLOBAL) !== 0);
    return frame;
  }

  // ---- slow accesses: address in ACCESS_ADDRESS, value in ACCESS_VALUE ----

  /** Performs the load; otherwise the fault that it raises. */
  load(kind: number): GuestFault | null {
    const bytes = kind & KIND_BYTES;
    const access = kind & KIND_WRITE ? ACCESS_WRITE : ACCESS_READ;
    const linear = this.#plainAddress(bytes);
    if (Number.isNaN(linear)) return this.#caught(() => this.#carefulLoad(kind));
    const physical = this.#tryResolve(linear, access);
    if (physical < 0) return this.#pageFault(linear);
    this.#loadPhysical(physical, bytes);
    return null;
  }
  store(kind: number): GuestFault | null {
    const bytes = kind & KIND_BYTES;
    const linear = this.#plainAddress(bytes);
    if (Number.isNaN(linear)) return this.#caught(() => this.#carefulStore(kind));
    const physical = this.#tryResolve(linear, ACCESS_WRITE);
    if (physical < 0) return this.#pageFault(linear);
    this.#storePhysical(physical, bytes);
    return null;
  }
  /** The linear address of an access inside a page of which nothing but the translation is to be checked; or NaN. */
  #plainAddress(bytes: number): Linear {
    const linear = this.#wrap(this.#state.getNumber(E.ACCESS_ADDRESS));
    const plain =
      (linear & 0xfff) + bytes <= 4096 &&
      linear < CANONICAL_END &&
      linear >= -CANONICAL_END &&
      this.#state.u32[E.TLB_TABLE >> 2] !== E.TLB_BYPASS;
    return plain ? linear : Number.NaN;
  }
  #pageFault(linear: Linear): GuestFault {
    this.#state.cr2 = linear;
    return new GuestFault(PF, this.#translation.errorCode);
  }
  #caught(access: () => void): GuestFault | null {
    try {
      access();
      return null;
    } catch (thrown) {
      if (thrown instanceof GuestFault) return thrown;
      throw thrown;
    }
  }

  #carefulLoad(kind: number): void {
    const bytes = kind & KIND_BYTES;
    const linear = this.#address(bytes, kind);
    const write = (kind & KIND_WRITE) !== 0;
    if (4096 - (linear & 0xfff) < bytes) {
      if (write) this.paged.probeWrite(linear, bytes);
      this.paged.readBytes(linear, this.#state.u8.subarray(E.ACCESS_VALUE, E.ACCESS_VALUE + bytes));
    } else this.#loadPhysical(this.#resolve(linear, write ? ACCESS_WRITE : ACCESS_READ), bytes);
    this.#watch(linear, bytes, 'read');
  }
  #carefulStore(kind: number): void {
    const bytes = kind & KIND_BYTES;
    const linear = this.#address(bytes, kind);
    if (4096 - (linear & 0xfff) < bytes) {
      this.paged.writeBytes(linear, this.#state.u8.slice(E.ACCESS_VALUE, E.ACCESS_VALUE + bytes));
    } else this.#storePhysical(this.#resolve(linear, ACCESS_WRITE), bytes);
    this.#watch(linear, bytes, 'write');
  }
  /** A data breakpoint that the access meets is due after the instruction. */
  #watch(linear: Linear, bytes: number, access: 'read' | 'write'): void {
    const { u32 } = this.#state;
    if (u32[E.TLB_TABLE >> 2] !== E.TLB_BYPASS) return;
    u32[L.DEBUG_PENDING >> 2]! |= dataBreakpoints(this.#state, linear, bytes, access);
  }

  #loadPhysical(physical: number, bytes: number): void {
    const memoryKind = this.#memory.kind(physical);
    if (isReadable(memoryKind)) {
      this.#copyOut(this.#memory.place(physical), bytes);
      return;
    }
    if (memoryKind === PAGE_DEVICE) this.deviceAccesses++;
    const { u8 } = this.#state;
    for (let done = 0; done < bytes; ) {
      const width = pieceWidth(physical + done, bytes - done);
      const value = this.#bus.mmioRead(physical + done, width);
      for (let i = 0; i < width; i++) u8[E.ACCESS_VALUE + done + i] = value >>> (8 * i);
      done += width;
    }
  }
  #storePhysical(physical: number, bytes: number): void {
    if (this.#isStored(physical, bytes)) return;
    const place = this.#memory.writeTo(physical, bytes);
    if (place >= 0) {
      this.#copyIn(place, bytes);
      return;
    }
    if (this.#memory.kind(physical) === PAGE_DEVICE) this.deviceAccesses++;
    const { u8 } = this.#state;
    for (let done = 0; done < bytes; ) {
      const width = pieceWidth(physical + done, bytes - done);
      let value = 0;
      for (let i = 0; i < width; i++) value |= u8[E.ACCESS_VALUE + done + i]! << (8 * i);
      this.#bus.mmioWrite(physical + done, width, value >>> 0);
      done += width;
    }
  }
  /** Whether ACCESS_VALUE is in a page of code already, so that no code changes. The page counts as written. */
  #isStored(physical: number, bytes: number): boolean {
    const { codePages, dirtyPages, u8 } = this.#memory;
    const page = physical >>> 12;
    if (this.#memory.kind(physical) !== PAGE_RAM || codePages[page] === 0) return false;
    for (let i = 0; i < bytes; i++) if (u8[physical + i] !== this.#state.u8[E.ACCESS_VALUE + i]) return false;
    dirtyPages[page] = 1;
    return true;
  }
  /** Bytes of memory 1 to ACCESS_VALUE. */
  #copyOut(place: number, bytes: number): void {
    const { u8, u32 } = this.#state;
    if (bytes < 4) {
      for (let i = 0; i < bytes; i++) u8[E.ACCESS_VALUE + i] = this.#memory.u8[place + i]!;
      return;
    }
    const { view } = this.#memory;
    for (let i = 0; i < bytes; i += 4) u32[(E.ACCESS_VALUE + i) >> 2] = view.getUint32(place + i, true);
  }
  #copyIn(place: number, bytes: number): void {
    const { u8, u32 } = this.#state;
    if (bytes < 4) {
      for (let i = 0; i < bytes; i++) this.#memory.u8[place + i] = u8[E.ACCESS_VALUE + i]!;
      return;
    }
    const { view } = this.#memory;
    for (let i = 0; i < bytes; i += 4) view.setUint32(place + i, u32[(E.ACCESS_VALUE + i) >> 2]!, true);
  }

  // ---- accesses of regions ----

  /**
   * Enters the page of the access in ACCESS_ADDRESS into the TLB. False, and no trace of it, where the interpreter has to do the
   * instruction: the access faults, lies across two pages, or its page is not memory (for writing: writable and
   * free of code).
   */
  regionFill(kind: number): boolean {
    const { u32 } = this.#state;
    const linear = this.#state.getNumber(E.ACCESS_ADDRESS);
    if (4096 - (linear & 0xfff) < (kind & KIND_BYTES)) return false;
    const array = kind & KIND_WRITE ? E.TLB_WRITES : 0;
    this.#faulted = false;
    if (this.#refill(linear, u32[E.TLB_TABLE >> 2]!, array, 'current') >= 0) return true;
    if (this.#faulted) u32[E.PAGE_FAULT >> 2] = E.PAGE_FAULT_FOUND | this.#translation.errorCode;
    return false;
  }
  /** The page fault that an access of a region has met, if nobody has taken it. */
  takeRegionFault(): GuestFault | null {
    const { u32 } = this.#state;
    const fault = u32[E.PAGE_FAULT >> 2]!;
    if (fault === 0) return null;
    u32[E.PAGE_FAULT >> 2] = 0;
    this.#state.cr2 = this.#wrap(this.#state.getNumber(E.ACCESS_ADDRESS));
    return new GuestFault(PF, (fault ^ E.PAGE_FAULT_FOUND) >>> 0);
  }
  /** The last #refill failed because the access faults. */
  #faulted = false;
  #wrap(linear: Linear): Linear {
    return (this.#state.u32[L.EFER >> 2]! & EFER_LMA) === 0 ? linear >>> 0 : linear;
  }
  /** The linear address of the access; raises #GP(0) or #SS(0) where it is not canonical, #AC where it is misaligned. */
  #address(bytes: number, kind: number): Linear {
    const state = this.#state;
    const linear = state.getNumber(E.ACCESS_ADDRESS);
    if ((state.u32[L.EFER >> 2]! & EFER_LMA) === 0) {
      this.#checkAlignment(linear, bytes);
      return linear >>> 0;
    }
    if (linear + bytes > CANONICAL_END || linear < -CANONICAL_END) {
      throw new GuestFault(kind & KIND_STACK ? SS : GP, 0);
    }
    this.#checkAlignment(linear, bytes);
    return linear;
  }
  #checkAlignment(linear: Linear, bytes: number): void {
    const state = this.#state;
    if (state.u32[E.TLB_TABLE >> 2] !== E.TLB_BYPASS || (linear & (bytes - 1)) === 0) return;
    const checked =
      state.cpl === 3 && (state.u32[L.FLAGS >> 2]! & FLAG_AC) !== 0 && (state.cr0 & CR0_AM) !== 0;
    if (checked) throw new GuestFault(AC, 0);
  }

  /** Translates and fills the TLB; raises #PF. */
  #resolve(linear: Linear, access: number): number {
    const physical = this.#tryResolve(linear, access);
    if (physical < 0) throw this.#pageFault(linear);
    return physical;
  }
  /** Translates and fills the TLB; -1 where the access faults. */
  #tryResolve(linear: Linear, access: number): number {
    const state = this.#state;
    const t = this.#translation;
    if (!translate(state, this.#memory, linear, access, this.#view(), t)) return -1;
    this.#enter(linear, access, state.u32[E.TLB_TABLE >> 2]!);
    return t.frame + (linear & 0xfff);
  }
  /**
   * Enters the translation just done into a table: all memory for reads, what is writable and holds no code for
   * writes. The page's place in memory 1, or -1 where it did not.
   */
  #enter(linear: Linear, access: number, table: number): number {
    const t = this.#translation;
    const kind = this.#memory.kind(t.frame);
    if (!isReadable(kind) || table === E.TLB_BYPASS) return -1;
    const frame = kind === PAGE_RAM ? t.frame : this.#memory.place(t.frame);
    if (t.pageShift !== 12) this.#noteLargePage(linear, t.pageShift);
    if (access === ACCESS_READ) {
      this.#entries.enter(table, linear, frame, (t.properties & PAGE_GLOBAL) !== 0);
      return frame;
    }
    const page = frame >>> 12;
    if (!isWritable(kind) || this.#memory.codePages[page] !== 0) return -1;
    this.#memory.dirtyPages[page] = 1;
    this.#entries.enter(table + E.TLB_WRITES, linear, frame, (t.properties & PAGE_GLOBAL) !== 0);
    return frame;
  }
  /** For accesses of helpers (TlbMemory) and of regions: the place in memory 1, or -1 and nothing entered. */
  #refill(address: Linear, table: number, array: number, privilege: Privilege): number {
    if (table === E.TLB_BYPASS) return -1;
    const linear = this.#wrap(address);
    if (linear >= CANONICAL_END || linear < -CANONICAL_END) return -1;
    const access = array === 0 ? ACCESS_READ : ACCESS_WRITE;
    const view = privilege === 'current' ? this.#view() : VIEW_IMPLICIT;
    if (!translate(this.#state, this.#memory, linear, access, view, this.#translation)) {
      this.#faulted = true;
      return -1;
    }
    const frame = this.#enter(linear, access, table);
    return frame >= 0 ? frame + (linear & 0xfff) : -1;
  }
}

function largePageKey(linear: Linear, shift: number): number {
  const part = shift === 21 ? 2 ** -21 : shift === 22 ? 2 ** -22 : 2 ** -30;
  return Math.floor(linear * part) * 64 + shift;
}
