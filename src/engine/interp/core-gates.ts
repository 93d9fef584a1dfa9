// Entering the handler of an exception or interrupt as systems set them up, as a function of the core module: through an
// interrupt or trap gate of 64 bits in long mode (gate-64.ts), of 32 bits outside it (gate-32.ts), to flat code of level 0 in
// the GDT, on the same stack or one of the TSS. Every page that is needed must be one that the TLB can have, and the frame must
// lie in one page. For everything else it gives 0 with nothing changed, and x86/exceptions does it, of which this is a copy
// for speed.
import type { FunctionBuilder } from '../../wasm/function.ts';
import { MODE_32_BITS } from '../../x86/semantics/system/flat-segments.ts';
import * as C from '../../x86/state/control-bits.ts';
import { FLAG_VM } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { emitEnterGate32 } from './gate-32.ts';
import { emitEnterGate64 } from './gate-64.ts';
import { GatePieces } from './gate-pieces.ts';

/** The body of enterGate: (vector, error code or -1, whether INT n and its like) -> 1 when the handler has been entered. */
export function emitEnterGate(f: FunctionBuilder, flagsGet: number, fillTlb: number): void {
  const g = new GatePieces(f, flagsGet, fillTlb);
  g.get(S.FLAGS);
  f.i32Const(FLAG_VM);
  f.op('i32.and');
  g.get(S.MODE);
  f.i32Const(MODE_32_BITS & ~5);
  f.op('i32.and');
  f.op('i32.eqz');
  f.op('i32.or');
  g.refuse();
  g.get(S.CPL);
  f.localSet(g.cpl);
  // The table of the processor's own accesses.
  f.i32Const(E.TLB_SUPERVISOR);
  f.i32Const(E.TLB_SUPERVISOR_AC);
  g.get(S.CR4);
  f.i32Const(C.CR4_SMAP);
  f.op('i32.and');
  f.op('select');
  f.localSet(g.table);
  g.get(S.EFER);
  f.i32Const(C.EFER_LMA);
  f.op('i32.and');
  f.if_('i32');
  emitEnterGate64(g);
  f.else_();
  emitEnterGate32(g);
  f.end();
}

/** INT n. What is emitted next is done if the handler has been entered: the caller closes the condition. */
export function emitSoftwareInterrupt(f: FunctionBuilder, enterGate: number, pushVector: () => void): void {
  pushVector();
  f.i32Const(0xff);
  f.op('i32.and');
  f.i32Const(-1);
  f.i32Const(1);
  f.call(enterGate);
  f.if_(undefined, 'likely');
  // A single step does not trap in the handler.
  f.i32Const(0);
  f.i32Const(1);
  f.store('i32.store', S.STEP_SUPPRESSED);
}
