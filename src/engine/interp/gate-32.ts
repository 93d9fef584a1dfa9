// Entering the handler of an event outside long mode (core-gates.ts), to flat code of 32 bits.
//
//   gate of 32 bits   63..48 offset 31:16  47 P 46..45 DPL 44..40 type  31..16 selector  15..0 offset 15:0
import { MODE_FLAT_CS, MODE_FLAT_DS, MODE_FLAT_ES, MODE_FLAT_SS } from '../../x86/decode/mode.ts';
import {
  CODE_32,
  CODE_32_DESCRIPTOR,
  DATA_32,
  DATA_32_DESCRIPTOR,
  MODE_32_BITS,
} from '../../x86/semantics/system/flat-segments.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { type GatePieces, RSP, segmentField } from './gate-pieces.ts';

/** Mode bits of the stack: its size, and 32 bits. */
const STACK_SIZE = 3 << 2;
const STACK_32 = 1 << 2;

/** Pushes whether the handler has been entered. */
export function emitEnterGate32(g: GatePieces): void {
  const { f } = g;
  g.readGate(8);
  f.localGet(g.high);
  f.i32Const(-0x1_0000);
  f.op('i32.and');
  f.localGet(g.gate);
  f.op('i32.wrap_i64');
  f.i32Const(0xffff);
  f.op('i32.and');
  f.op('i32.or');
  f.op('i64.extend_i32_u');
  f.localSet(g.target);
  g.requireDescriptor(g.selector, CODE_32_DESCRIPTOR, false);
  const table = f.scratch('i32');
  f.localGet(g.table);
  f.localSet(table);
  f.localGet(g.cpl);
  f.if_();
  emitStack32(g);
  f.else_();
  // On the same stack, which must be flat.
  g.get(S.MODE);
  f.i32Const(MODE_FLAT_SS | STACK_SIZE);
  f.op('i32.and');
  f.i32Const(MODE_FLAT_SS | STACK_32);
  f.op('i32.ne');
  g.refuse();
  f.i32Const(0);
  f.load('i64.load32_u', RSP);
  f.localSet(g.pointer);
  g.get(E.TLB_TABLE);
  f.localSet(table);
  f.end();
  g.makeRoom(
    () => {
      f.i32Const(20);
      f.i32Const(12);
      f.localGet(g.cpl);
      f.op('select');
    },
    4,
    table,
  );
  f.localGet(g.cpl);
  f.if_();
  g.store(4, 4, () => g.pushSelector(S.SS, 4));
  g.store(3, 4, () => g.get(RSP));
  g.setSegment(
    S.SS,
    () => f.localGet(g.stackSelector),
    DATA_32,
    -1,
    S.SEGMENT_FAST_READ | S.SEGMENT_FAST_WRITE,
  );
  f.end();
  g.store(2, 4, () => g.pushFlags());
  g.store(1, 4, () => g.pushSelector(S.CS, 4));
  g.store(0, 4, () => g.get(S.RIP));
  g.set64(RSP, () => f.localGet(g.bottom));
  g.set(S.MODE, () => {
    g.get(S.MODE);
    f.i32Const(MODE_FLAT_DS | MODE_FLAT_ES);
    f.op('i32.and');
    f.i32Const(MODE_32_BITS | MODE_FLAT_CS | MODE_FLAT_SS);
    f.op('i32.or');
  });
  g.commitCode(CODE_32);
  f.i32Const(1);
  f.release(table);
}
/** pointer and stackSelector: the stack of level 0 in a 32-bit TSS. */
function emitStack32(g: GatePieces): void {
  const { f } = g;
  g.get(segmentField(S.TR, S.SEGMENT_ATTRIBUTES));
  f.i32Const(8);
  f.op('i32.and');
  f.op('i32.eqz');
  g.get(segmentField(S.TR, S.SEGMENT_LIMIT));
  f.i32Const(4 + 5);
  f.op('i32.lt_u');
  f.op('i32.or');
  g.refuse();
  g.get64(segmentField(S.TR, S.SEGMENT_BASE));
  f.i64Const(4);
  f.op('i64.add');
  g.cut();
  f.localSet(g.address);
  g.find(6, 0);
  f.localGet(g.host);
  f.load('i64.load32_u', 0, 1);
  f.localSet(g.pointer);
  f.localGet(g.host);
  f.load('i32.load16_u', 4, 1);
  f.localTee(g.stackSelector);
  f.i32Const(3);
  f.op('i32.and');
  g.refuse();
  g.requireDescriptor(g.stackSelector, DATA_32_DESCRIPTOR, false);
}
