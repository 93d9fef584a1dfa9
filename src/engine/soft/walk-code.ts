// The page walk in generated code (SDM 3A chapter 4; x86/paging/walk.ts is the whole of it) where it finds what it nearly always
// finds. 4-level, PAE and 32-bit paging; tables and page in RAM; accessed flags set already but in the last entry; addresses
// below 4 GiB. Each piece gives up, leaving its function with 0 and nothing changed, where anything is otherwise.
//
// Rights follow from the TLB's table: which one is in force depends on CPL, SMAP and EFLAGS.AC.
import type { PageMarks } from '../../memory/guest-memory.ts';
import { PAGE_RAM } from '../../memory/memory-map.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { FAULT_PRESENT, FAULT_USER, FAULT_WRITE } from '../../x86/paging/walk.ts';
import * as C from '../../x86/state/control-bits.ts';
import * as S from '../../x86/state/layout.ts';
import { KIND_WRITE } from './core-functions.ts';
import * as E from './engine-state.ts';
import { loadI32 } from './state-code.ts';

/** Guest memory in the core module. */
export const RAM = 1;
const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
export const ACCESSED = 0x20;
export const DIRTY = 0x40;
const LARGE = 0x80;
const GLOBAL = 0x100;
/** Address bits from 32 on, and bits that are reserved outside long mode: all but the one that forbids execution. */
const HIGH_LONG = 0x000f_ffff_0000_0000n;
const HIGH_PAE = 0x7fff_ffff_0000_0000n;
const NO_EXECUTE = 1n << 63n;

/** Emits one walk: what it is for, and its locals. */
export interface Walk {
  readonly f: FunctionBuilder;
  readonly marks: PageMarks;
  readonly fetch: boolean;
  /** i64. */
  readonly address: number;
  /** Of an access to data: KIND_ word, TLB table. */
  readonly kind: number;
  readonly table: number;
  /** The entry at hand and all entries' forbidding bits (i64), all entries' rights, the page's or table's address, size of the page as a power of two (i32). */
  readonly entry: number;
  readonly forbids: number;
  readonly rights: number;
  readonly frame: number;
  readonly shift: number;
  /** Physical address of the entry at hand (i32). */
  readonly at: number;
}

export function newWalk(f: FunctionBuilder, marks: PageMarks, fetch: boolean): Walk {
  return {
    f,
    marks,
    fetch,
    address: 0,
    kind: 1,
    table: 2,
    entry: f.local('i64'),
    forbids: fetch ? f.local('i64') : -1,
    rights: f.local('i32'),
    frame: f.local('i32'),
    shift: f.local('i32'),
    at: f.local('i32'),
  };
}

export const isSet = (f: FunctionBuilder, offset: number, bits: number): void => {
  loadI32(f, offset);
  f.i32Const(bits);
  f.op('i32.and');
};
/** Gives up if what is on the stack is not 0. */
export function refuse(f: FunctionBuilder): void {
  f.if_(undefined, 'unlikely');
  f.i32Const(0);
  f.op('return');
  f.end();
}
export function refuseUnless(f: FunctionBuilder): void {
  f.op('i32.eqz');
  refuse(f);
}

/** Gives up unless the page of the physical address in a local is RAM. */
export function mustBeRam({ f, marks }: Walk, physical: number): void {
  f.localGet(physical);
  f.i32Const(12);
  f.op('i32.shr_u');
  f.load('i32.load8_u', marks.kinds, RAM);
  f.i32Const(PAGE_RAM);
  f.op('i32.ne');
  refuse(f);
}
/** If what is on the stack is not 0, the access faults: with this bit of the error code besides its own. */
function faultIf({ f, fetch, kind, table }: Walk, present: 0 | typeof FAULT_PRESENT): void {
  if (fetch) {
    refuse(f);
    return;
  }
  f.if_(undefined, 'unlikely');
  f.i32Const(0);
  f.localGet(kind);
  f.i32Const(KIND_WRITE);
  f.op('i32.and');
  f.i32Const(Math.log2(KIND_WRITE / FAULT_WRITE));
  f.op('i32.shr_u');
  f.i32Const(FAULT_USER);
  f.i32Const(0);
  f.localGet(table);
  f.i32Const(E.TLB_USER);
  f.op('i32.eq');
  f.op('select');
  f.op('i32.or');
  f.i32Const(E.PAGE_FAULT_FOUND | present | 0);
  f.op('i32.or');
  f.store('i32.store', E.PAGE_FAULT);
  f.i32Const(0);
  f.op('return');
  f.end();
}
function mustBePresent(w: Walk): void {
  const { f, entry } = w;
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.i32Const(PRESENT);
  f.op('i32.and');
  f.op('i32.eqz');
  faultIf(w, 0);
}
export function mustBeAccessed({ f, entry }: Walk): void {
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.i32Const(ACCESSED);
  f.op('i32.and');
  refuseUnless(f);
}
function andRights({ f, entry, rights, forbids }: Walk): void {
  if (forbids >= 0) {
    f.localGet(forbids);
    f.localGet(entry);
    f.op('i64.or');
    f.localSet(forbids);
  }
  f.localGet(rights);
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.op('i32.and');
  f.localSet(rights);
}
/** Pushes (1 << shift) - 1, i32. */
function pushMask({ f, shift }: Walk): void {
  f.i32Const(-1);
  f.localGet(shift);
  f.op('i32.shl');
  f.i32Const(-1);
  f.op('i32.xor');
}
/** Pushes address & ((1 << shift) - 1), i32. */
function pushInPage(w: Walk): void {
  const { f, address } = w;
  f.localGet(address);
  f.op('i32.wrap_i64');
  pushMask(w);
  f.op('i32.and');
}

/** 32-bit paging. Leaves the block (depth 0) when the leaf is in `entry`. */
function walkNarrow(w: Walk): void {
  const { f, address, entry, frame, shift, at } = w;
  const level = (index: () => void): void => {
    f.localGet(frame);
    f.i32Const(-4096);
    f.op('i32.and');
    index();
    f.i32Const(0xffc);
    f.op('i32.and');
    f.op('i32.or');
    f.localSet(at);
    mustBeRam(w, at);
    f.localGet(at);
    f.load('i64.load32_u', 0, RAM);
    f.localSet(entry);
    mustBePresent(w);
    andRights(w);
  };
  loadI32(f, S.CR3);
  f.localSet(frame);
  f.i32Const(22);
  f.localSet(shift);
  level(() => {
    f.localGet(address);
    f.op('i32.wrap_i64');
    f.i32Const(20);
    f.op('i32.shr_u');
  });
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.localTee(frame);
  f.i32Const(LARGE);
  f.op('i32.and');
  f.op('i32.eqz');
  isSet(f, S.CR4, C.CR4_PSE);
  f.op('i32.eqz');
  f.op('i32.or');
  f.if_();
  mustBeAccessed(w);
  f.i32Const(12);
  f.localSet(shift);
  level(() => {
    f.localGet(address);
    f.op('i32.wrap_i64');
    f.i32Const(10);
    f.op('i32.shr_u');
  });
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.localSet(frame);
  f.else_();
  // Address bits from 32 on, and the reserved one.
  f.localGet(frame);
  f.i32Const(0x003f_e000);
  f.op('i32.and');
  refuse(f);
  f.end();
}

/** PAE and 4-level paging. */
function walkWide(w: Walk): void {
  const { f, address, entry, frame, shift, at } = w;
  const reserved = f.scratch('i64');
  isSet(f, S.EFER, C.EFER_LMA);
  f.if_();
  f.i64Const(HIGH_LONG);
  f.localSet(reserved);
  f.i32Const(39);
  f.localSet(shift);
  f.i32Const(0);
  f.load('i64.load', S.CR3);
  f.localTee(entry);
  f.i64Const(HIGH_LONG);
  f.op('i64.and');
  f.op('i64.eqz');
  refuseUnless(f);
  f.else_();
  f.i64Const(HIGH_PAE);
  f.localSet(reserved);
  f.i32Const(21);
  f.localSet(shift);
  // A page-directory-pointer entry: of the four that are loaded.
  f.localGet(address);
  f.i64Const(30);
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  f.i32Const(3);
  f.op('i32.and');
  f.i32Const(3);
  f.op('i32.shl');
  f.load('i64.load', S.PDPTE);
  f.localTee(entry);
  f.i64Const(HIGH_PAE | NO_EXECUTE | BigInt(PRESENT));
  f.op('i64.and');
  f.i64Const(PRESENT);
  f.op('i64.ne');
  refuse(f);
  f.end();
  isSet(f, S.EFER, C.EFER_NXE);
  f.op('i32.eqz');
  f.if_();
  f.localGet(reserved);
  f.i64Const(NO_EXECUTE);
  f.op('i64.or');
  f.localSet(reserved);
  f.end();
  f.block();
  f.loop();
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.i32Const(-4096);
  f.op('i32.and');
  f.localGet(address);
  f.localGet(shift);
  f.op('i64.extend_i32_u');
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  f.i32Const(0x1ff);
  f.op('i32.and');
  f.i32Const(3);
  f.op('i32.shl');
  f.op('i32.or');
  f.localSet(at);
  mustBeRam(w, at);
  f.localGet(at);
  f.load('i64.load', 0, RAM);
  f.localSet(entry);
  mustBePresent(w);
  f.localGet(entry);
  f.localGet(reserved);
  f.op('i64.and');
  f.op('i64.eqz');
  refuseUnless(f);
  andRights(w);
  f.localGet(shift);
  f.i32Const(12);
  f.op('i32.eq');
  f.brIf(1);
  f.localGet(shift);
  f.i32Const(9);
  f.op('i32.sub');
  f.localSet(shift);
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.i32Const(LARGE);
  f.op('i32.and');
  f.op('i32.eqz');
  f.if_();
  mustBeAccessed(w);
  f.br(1);
  f.end();
  // A large page; the topmost level has none.
  f.localGet(shift);
  f.i32Const(9);
  f.op('i32.add');
  f.localTee(shift);
  f.i32Const(39);
  f.op('i32.eq');
  refuse(f);
  f.localGet(entry);
  f.op('i32.wrap_i64');
  pushMask(w);
  f.i32Const(-8192);
  f.op('i32.and');
  f.op('i32.and');
  refuse(f);
  f.end();
  f.end();
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.localSet(frame);
  f.release(reserved);
}

/** The rights must allow the access of a table's code. */
export function checkRights(w: Walk): void {
  const { f, kind, table, rights } = w;
  f.localGet(table);
  f.i32Const(E.TLB_USER);
  f.op('i32.eq');
  f.if_();
  f.localGet(rights);
  f.i32Const(USER);
  f.op('i32.and');
  f.op('i32.eqz');
  faultIf(w, FAULT_PRESENT);
  f.else_();
  f.localGet(table);
  f.i32Const(E.TLB_SUPERVISOR);
  f.op('i32.eq');
  f.localGet(rights);
  f.i32Const(USER);
  f.op('i32.and');
  f.i32Const(0);
  f.op('i32.ne');
  f.op('i32.and');
  faultIf(w, FAULT_PRESENT);
  f.end();
  f.localGet(kind);
  f.i32Const(KIND_WRITE);
  f.op('i32.and');
  f.i32Const(Math.log2(KIND_WRITE / WRITABLE));
  f.op('i32.shr_u');
  f.localGet(rights);
  f.i32Const(-1);
  f.op('i32.xor');
  f.op('i32.and');
  f.if_(undefined, 'unlikely');
  // Where CR0.WP is clear supervisors write anywhere: left to SoftMmu.
  f.localGet(table);
  f.i32Const(E.TLB_USER);
  f.op('i32.eq');
  isSet(f, S.CR0, C.CR0_WP);
  f.op('i32.or');
  faultIf(w, FAULT_PRESENT);
  f.i32Const(0);
  f.op('return');
  f.end();
}
/** The rights must allow that code of the present level is fetched. */
export function checkFetch({ f, rights, forbids }: Walk): void {
  f.localGet(forbids);
  f.i64Const(NO_EXECUTE);
  f.op('i64.and');
  f.op('i64.eqz');
  refuseUnless(f);
  loadI32(f, S.CPL);
  f.i32Const(3);
  f.op('i32.eq');
  f.if_();
  f.localGet(rights);
  f.i32Const(USER);
  f.op('i32.and');
  refuseUnless(f);
  f.else_();
  f.localGet(rights);
  f.i32Const(USER);
  f.op('i32.and');
  f.op('i32.eqz');
  isSet(f, S.CR4, C.CR4_SMEP);
  f.op('i32.eqz');
  f.op('i32.or');
  refuseUnless(f);
  f.end();
}

/** Pushes whether paging is off, or the address is not canonical; outside long mode, not of 32 bits. */
export function pushUnusual({ f, address }: Walk): void {
  isSet(f, S.CR0, C.CR0_PG);
  f.op('i32.eqz');
  f.localGet(address);
  f.localGet(address);
  f.i64Const(16);
  f.op('i64.shl');
  f.i64Const(16);
  f.op('i64.shr_s');
  f.localGet(address);
  f.i64Const(0xffff_ffffn);
  f.op('i64.and');
  isSet(f, S.EFER, C.EFER_LMA);
  f.op('select');
  f.op('i64.ne');
  f.op('i32.or');
}
/** Walks down to the leaf and leaves the address of the 4 KiB in `frame`; they are RAM. Rights have not been looked at. */
export function walk(w: Walk): void {
  const { f, rights, frame, shift } = w;
  f.i32Const(-1);
  f.localSet(rights);
  isSet(f, S.CR4, C.CR4_PAE);
  f.if_();
  walkWide(w);
  f.else_();
  walkNarrow(w);
  f.end();
  f.localGet(frame);
  f.i32Const(-1);
  f.localGet(shift);
  f.op('i32.shl');
  f.op('i32.and');
  pushInPage(w);
  f.i32Const(-4096);
  f.op('i32.and');
  f.op('i32.or');
  f.localSet(frame);
}
/** Sets flags (i32 on the stack) in the last entry where they are missing. */
export function setFlags({ f, entry, at, marks, shift: page }: Walk): void {
  const missing = f.scratch('i32');
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.i32Const(-1);
  f.op('i32.xor');
  f.op('i32.and');
  f.localTee(missing);
  f.if_(undefined, 'unlikely');
  f.localGet(at);
  f.i32Const(12);
  f.op('i32.shr_u');
  f.localTee(page);
  f.load('i32.load8_u', marks.code, RAM);
  refuse(f);
  f.localGet(page);
  f.i32Const(1);
  f.store('i32.store8', marks.dirty, RAM);
  f.localGet(at);
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.localGet(missing);
  f.op('i32.or');
  f.store('i32.store', 0, RAM);
  f.end();
  f.release(missing);
}
/** Pushes whether the translation is global. */
export function pushGlobal({ f, entry }: Walk): void {
  f.localGet(entry);
  f.op('i32.wrap_i64');
  f.i32Const(GLOBAL);
  f.op('i32.and');
  f.op('i32.eqz');
  isSet(f, S.CR4, C.CR4_PGE);
  f.op('i32.eqz');
  f.op('i32.or');
  f.op('i32.eqz');
}
