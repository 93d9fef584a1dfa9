// The end of a block whose instruction may have changed privilege, mode, flags or RIP (SYSCALL, IRET, STI,
// POPF, segment loads...): the core function `resume` does in wasm what the vCPU's loop does between two
// blocks when nothing waits there, and goes on at RIP through the jump cache.
//
// It leaves with EXIT_END_BLOCK for whatever needs that loop: the budget used up, HLT, an event that can be
// delivered, TF or RF, armed breakpoints (EVENT_WAITS).
// The interrupt shadow ends here when nobody waits behind it, as in Events.stepping().
import type { FunctionBuilder } from '../../wasm/function.ts';
import { MODE_FLAT_CS } from '../../x86/decode/mode.ts';
import { CR0_AM, CR4_SMAP } from '../../x86/state/control-bits.ts';
import { FLAG_AC, FLAG_RF, FLAG_TF } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { loadI32, storeI32 } from '../soft/state-code.ts';
import { emitCurrentKey } from './jump-key.ts';

const USER = 3;

/** The body of `resume`; `jumpFlat` and `jumpSegmented` are function indices. */
export function emitResume(f: FunctionBuilder, jumpFlat: number, jumpSegmented: number): void {
  const get = (offset: number): void => loadI32(f, offset);
  const isSet = (offset: number, bits: number): void => {
    get(offset);
    f.i32Const(bits);
    f.op('i32.and');
  };
  const set = (offset: number, push: () => void): void => storeI32(f, offset, push);
  const user = f.local('i32');
  f.block();
  get(E.BUDGET);
  f.i32Const(31);
  f.op('i32.shr_u');
  get(S.ACTIVITY);
  f.op('i32.or');
  get(S.DEBUG_PENDING);
  f.op('i32.or');
  isSet(S.FLAGS, FLAG_TF | FLAG_RF);
  f.op('i32.or');
  // An interrupt waits in the bit of IF, everything else in bit 0.
  get(S.FLAGS);
  f.i32Const(1);
  f.op('i32.or');
  get(S.EVENT_WAITS);
  f.op('i32.and');
  f.op('i32.or');
  f.brIf(0);
  set(S.SHADOW, () => f.i32Const(0));
  get(S.CPL);
  f.i32Const(USER);
  f.op('i32.eq');
  f.localTee(user);
  f.if_();
  // Alignment checks look at every access.
  set(E.TLB_TABLE, () => {
    f.i32Const(E.TLB_BYPASS);
    f.i32Const(E.TLB_USER);
    isSet(S.FLAGS, FLAG_AC);
    f.op('i32.eqz');
    isSet(S.CR0, CR0_AM);
    f.op('i32.eqz');
    f.op('i32.or');
    f.op('i32.eqz');
    f.op('select');
  });
  set(E.EXECUTE_TABLE, () => f.i32Const(E.EXECUTE_USER));
  f.else_();
  set(E.TLB_TABLE, () => {
    f.i32Const(E.TLB_SUPERVISOR_AC);
    f.i32Const(E.TLB_SUPERVISOR);
    isSet(S.FLAGS, FLAG_AC);
    isSet(S.CR4, CR4_SMAP);
    f.op('i32.eqz');
    f.op('i32.or');
    f.op('select');
  });
  set(E.EXECUTE_TABLE, () => f.i32Const(E.EXECUTE_SUPERVISOR));
  f.end();
  set(E.JUMP_KEY, () => emitCurrentKey(f, () => f.localGet(user)));
  const pushRip = (): void => {
    f.i32Const(0);
    f.load('i64.load', S.RIP);
  };
  isSet(S.MODE, MODE_FLAT_CS);
  f.if_();
  pushRip();
  f.returnCall(jumpFlat);
  f.end();
  pushRip();
  f.returnCall(jumpSegmented);
  f.end();
  set(E.EXIT, () => f.i32Const(E.EXIT_END_BLOCK));
}
