// Keys of the jump cache: an entry is good while the key in force is the one that it was made with. User and
// supervisor code have generations of their own, so that a change of address spaces (MOV to CR3) leaves the
// entries of a kernel in global pages alone.
//
//   31..11 generation   10 user   9..0 mode (x86/decode/mode.ts)
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';

export const JUMP_KEY_MODE = 0x3ff;
export const JUMP_KEY_USER_BIT = 1 << 10;
const USER = JUMP_KEY_USER_BIT;
const GENERATION_SHIFT = 11;
/** A key that no entry has. */
const NO_KEY = 0xffff_ffff;

export class JumpKeys {
  readonly #state: CpuState;
  #generation = 0;

  readonly #onWrap: () => void;

  /** `onWrap` is called when keys are about to be used again: no block may have one then. */
  constructor(state: CpuState, onWrap: () => void) {
    this.#state = state;
    this.#onWrap = onWrap;
    this.renew(false);
    this.renew(true);
  }

  /** The key of the code at CS:RIP. */
  current(): number {
    const { u32 } = this.#state;
    const above = u32[L.CPL >> 2] === 3 ? E.JUMP_KEY_USER : E.JUMP_KEY_SUPERVISOR;
    return (u32[above >> 2]! | (u32[L.MODE >> 2]! & JUMP_KEY_MODE)) >>> 0;
  }

  /** All entries for user code, or for supervisor code, are out of date; from the running code's next jump on. */
  renew(user: boolean): void {
    const { u32 } = this.#state;
    this.#generation++;
    if (this.#generation >= 1 << (32 - GENERATION_SHIFT)) {
      this.#onWrap();
      this.#generation = 1;
      this.#begin(!user);
    }
    this.#begin(user);
    if (((u32[E.JUMP_KEY >> 2]! & USER) !== 0) === user) u32[E.JUMP_KEY >> 2] = NO_KEY;
  }
  #begin(user: boolean): void {
    const above = user ? E.JUMP_KEY_USER : E.JUMP_KEY_SUPERVISOR;
    this.#state.u32[above >> 2] = (this.#generation << GENERATION_SHIFT) | (user ? USER : 0);
  }
}

/** JumpKeys.current() in generated code: pushes the key (i32). `pushUser` pushes whether CPL is 3. */
export function emitCurrentKey(f: FunctionBuilder, pushUser: () => void): void {
  f.i32Const(0);
  f.load('i32.load', E.JUMP_KEY_USER);
  f.i32Const(0);
  f.load('i32.load', E.JUMP_KEY_SUPERVISOR);
  pushUser();
  f.op('select');
  f.i32Const(0);
  f.load('i32.load', L.MODE);
  f.i32Const(JUMP_KEY_MODE);
  f.op('i32.and');
  f.op('i32.or');
}
