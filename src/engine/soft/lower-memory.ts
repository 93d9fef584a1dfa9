// Guest memory in WebAssembly: the TLB check inline, the slow path behind it, and the segment check.
import * as S from '../../x86/state/layout.ts';
import type { Location, Uop, Value, ValueType } from '../../x86/uops/ir.ts';
import { KIND_STACK, KIND_WRITE, type MemoryEmitter } from './core-functions.ts';
import * as E from './engine-state.ts';
import { emitEntryOffset } from './tlb-offset.ts';

/**
 * Pushes the condition that the access lies in one page whose translation the TLB has: the page of
 * its last byte must be the tagged one, so that an access over a page's end takes the slow path.
 * Leaves the address of the entry in the returned local.
 */
function pushTlbHit(l: MemoryEmitter, address: Value, bytes: number, array: number): number {
  const { f } = l;
  const entry = f.local('i32');
  l.pushAs('i32', address);
  emitEntryOffset(f);
  f.i32Const(0);
  f.load('i32.load', E.TLB_TABLE);
  f.op('i32.add');
  f.localTee(entry);
  f.load('i64.load', array + E.TLB_TAG);
  l.push(address);
  if (bytes > 1) {
    f.i64Const(bytes - 1);
    f.op('i64.add');
  }
  f.i64Const(-4096n);
  f.op('i64.and');
  f.op('i64.eq');
  return entry;
}
function pushRamAddress(l: MemoryEmitter, address: Value, entry: number, array: number): void {
  const { f } = l;
  l.pushAs('i32', address);
  f.localGet(entry);
  f.load('i32.load', array + E.TLB_ADDEND);
  f.op('i32.add');
}
export function lowerLoad(l: MemoryEmitter, uop: Uop & { op: 'load' }): void {
  const { f } = l;
  const bytes = uop.bits / 8;
  const write = uop.intent === 'write';
  const array = write ? E.TLB_WRITES : 0;
  const entry = pushTlbHit(l, uop.address, bytes, array);
  f.if_(uop.result.type);
  l.tlbHit();
  pushRamAddress(l, uop.address, entry, array);
  f.load(stateLoad(uop.bits), 0, 1);
  f.else_();
  l.pushDescriptor();
  l.push(uop.address);
  f.i32Const(bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
  f.call(l.core.slowLoad);
  f.if_();
  l.leaveFaulted();
  f.end();
  l.slowAccessDone();
  f.i32Const(0);
  f.load(stateLoad(uop.bits), E.ACCESS_VALUE);
  f.end();
  l.define(uop.result);
}
export function lowerStore(l: MemoryEmitter, uop: Uop & { op: 'store' }): void {
  const { f } = l;
  const bytes = uop.bits / 8;
  const store = storeOp(uop.bits, uop.value.type);
  const entry = pushTlbHit(l, uop.address, bytes, E.TLB_WRITES);
  f.if_();
  l.tlbHit();
  pushRamAddress(l, uop.address, entry, E.TLB_WRITES);
  l.push(uop.value);
  f.store(store, 0, 1);
  f.else_();
  f.i32Const(0);
  l.push(uop.value);
  f.store(store, E.ACCESS_VALUE);
  l.pushDescriptor();
  l.push(uop.address);
  f.i32Const(bytes | KIND_WRITE | (uop.stack ? KIND_STACK : 0));
  f.call(l.core.slowStore);
  f.if_();
  l.leaveFaulted();
  f.end();
  l.slowAccessDone();
  f.end();
}
/** Segment check: one flag test and one comparison where the segment is an ordinary one. */
export function lowerLinear(l: MemoryEmitter, uop: Uop & { op: 'linear' }): void {
  const { f } = l;
  const write = uop.access === 'write';
  const at = (field: number) => displacement(uop.segment) + field;
  l.pushAddress(uop.segment);
  f.load('i32.load', at(S.SEGMENT_FAST));
  f.i32Const(write ? S.SEGMENT_FAST_WRITE : S.SEGMENT_FAST_READ);
  f.op('i32.and');
  f.if_('i32');
  l.push(uop.offset);
  if (uop.bytes > 1) {
    f.i64Const(uop.bytes - 1);
    f.op('i64.add');
  }
  l.pushAddress(uop.segment);
  f.load('i64.load32_u', at(S.SEGMENT_LIMIT));
  f.op('i64.le_u');
  f.else_();
  f.i32Const(0);
  f.end();
  f.if_('i64');
  l.push(uop.offset);
  l.pushAddress(uop.segment);
  f.load('i64.load', at(S.SEGMENT_BASE));
  f.op('i64.add');
  f.i64Const(0xffffffffn);
  f.op('i64.and');
  f.else_();
  l.pushDescriptor();
  l.push(uop.offset);
  l.pushAddress(uop.segment);
  f.i32Const(displacement(uop.segment));
  f.op('i32.add');
  f.i32Const(uop.bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
  f.call(l.core.slowLinear);
  l.pushPending();
  f.if_();
  l.leaveFaulted();
  f.end();
  f.end();
  l.define(uop.result);
}

export function displacement(location: Location): number {
  return location.kind === 'state' ? location.offset : location.displacement;
}

type LoadName = 'i32.load8_u' | 'i32.load16_u' | 'i32.load' | 'i64.load' | 'v128.load';
export function stateLoad(bits: number): LoadName {
  switch (bits) {
    case 8:
      return 'i32.load8_u';
    case 16:
      return 'i32.load16_u';
    case 32:
      return 'i32.load';
    case 64:
      return 'i64.load';
    default:
      return 'v128.load';
  }
}
type StoreName =
  | 'i32.store8'
  | 'i32.store16'
  | 'i32.store'
  | 'i64.store8'
  | 'i64.store16'
  | 'i64.store32'
  | 'i64.store'
  | 'v128.store';
export function storeOp(bits: number, type: ValueType): StoreName {
  if (bits === 128) return 'v128.store';
  if (bits === 64) return 'i64.store';
  if (type === 'i64') return bits === 8 ? 'i64.store8' : bits === 16 ? 'i64.store16' : 'i64.store32';
  return bits === 8 ? 'i32.store8' : bits === 16 ? 'i32.store16' : 'i32.store';
}
