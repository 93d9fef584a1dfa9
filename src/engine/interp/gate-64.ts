// Entering the handler of an event in long mode (core-gates.ts), to flat code of 64 bits.
//
//   gate of 64 bits   127..96 reserved  95..32+16 offset 63:16  47 P 46..45 DPL 44..40 type 34..32 IST  31..16 selector  15..0 offset 15:0
import { MODE_KEY_64 } from '../../x86/decode/mode.ts';
import { CODE_64, CODE_64_DESCRIPTOR } from '../../x86/semantics/system/flat-segments.ts';
import * as C from '../../x86/state/control-bits.ts';
import * as S from '../../x86/state/layout.ts';
import { type GatePieces, RSP, segmentField } from './gate-pieces.ts';

/** Pushes whether the handler has been entered. */
export function emitEnterGate64(g: GatePieces): void {
  const { f } = g;
  g.readGate(16);
  // Offset 63:32, 31:16 and 15:0.
  f.localGet(g.host);
  f.load('i64.load32_u', 8, 1);
  f.i64Const(32);
  f.op('i64.shl');
  f.localGet(g.high);
  f.i32Const(-0x1_0000);
  f.op('i32.and');
  f.op('i64.extend_i32_u');
  f.op('i64.or');
  f.localGet(g.gate);
  f.i64Const(0xffff);
  f.op('i64.and');
  f.op('i64.or');
  f.localTee(g.target);
  f.localGet(g.target);
  f.i64Const(16);
  f.op('i64.shl');
  f.i64Const(16);
  f.op('i64.shr_s');
  f.op('i64.ne');
  g.refuse();
  g.requireDescriptor(g.selector, CODE_64_DESCRIPTOR, true);
  emitStack64(g);
  g.makeRoom(() => f.i32Const(40), 8);
  g.store(4, 8, () => g.pushSelector(S.SS, 8));
  g.store(3, 8, () => g.get64(RSP));
  g.store(2, 8, () => {
    g.pushFlags();
    f.op('i64.extend_i32_u');
  });
  g.store(1, 8, () => g.pushSelector(S.CS, 8));
  g.store(0, 8, () => g.get64(S.RIP));

  g.set64(RSP, () => f.localGet(g.bottom));
  f.localGet(g.cpl);
  f.if_();
  g.setSegment(S.SS, () => f.i32Const(0), C.SEGMENT_UNUSABLE, 0, 0);
  f.end();
  g.set(S.MODE, () => f.i32Const(MODE_KEY_64));
  g.commitCode(CODE_64);
  f.i32Const(1);
}
/** pointer: RSP, or what the TSS has for the gate's IST or for level 0; aligned to 16 bytes. */
function emitStack64(g: GatePieces): void {
  const { f } = g;
  const offset = f.scratch('i32');
  g.get64(RSP);
  f.localSet(g.pointer);
  f.localGet(g.high);
  f.i32Const(7);
  f.op('i32.and');
  f.localTee(offset);
  f.localGet(g.cpl);
  f.op('i32.or');
  f.if_();
  f.localGet(offset);
  f.i32Const(3);
  f.op('i32.shl');
  f.i32Const(0x1c);
  f.op('i32.add');
  f.i32Const(4);
  f.localGet(offset);
  f.op('select');
  f.localTee(offset);
  f.i32Const(7);
  f.op('i32.add');
  g.get(segmentField(S.TR, S.SEGMENT_LIMIT));
  f.op('i32.gt_u');
  g.refuse();
  g.get64(segmentField(S.TR, S.SEGMENT_BASE));
  f.localGet(offset);
  f.op('i64.extend_i32_u');
  f.op('i64.add');
  f.localSet(g.address);
  g.find(8, 0);
  f.localGet(g.host);
  f.load('i64.load', 0, 1);
  f.localSet(g.pointer);
  f.end();
  f.localGet(g.pointer);
  f.i64Const(-16n);
  f.op('i64.and');
  f.localSet(g.pointer);
  f.release(offset);
}
