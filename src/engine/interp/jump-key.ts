// Keys of the jump cache: an entry is good while the key in force is the one that it was made with. Each mode has one for user code
// and one for supervisor code, so that a change of address spaces (MOV to CR3) leaves the entries of a kernel in global
// pages alone. They are numbers given out one after the other; those in force stand in a table (E.JUMP_KEYS), by privilege and mode.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';

export const JUMP_KEY_MODE = E.JUMP_KEY_MODES - 1;
/** Where no key has been given out yet; no entry has it. */
export const NO_KEY = 0xffff_ffff;
const LAST_KEY = 0xfffe;
/** Modes of one privilege that have keys at a time. */
const MOST_MODES = 8;

export class JumpKeys {
  readonly #state: CpuState;
  #last = 0;
  /** Modes that have keys: of supervisor code, of user code. */
  readonly #modes: readonly [number[], number[]] = [[], []];
  readonly #onWrap: () => void;

  /** `onWrap` is called when keys are about to be used again: no entry may have one then. */
  constructor(state: CpuState, onWrap: () => void) {
    this.#state = state;
    this.#onWrap = onWrap;
    const first = E.JUMP_KEYS >> 2;
    state.u32.fill(NO_KEY, first, first + 2 * E.JUMP_KEY_MODES);
  }

  /** The key of the code at CS:RIP. */
  current(): number {
    const { u32 } = this.#state;
    const user = u32[L.CPL >> 2] === 3;
    const mode = u32[L.MODE >> 2]! & JUMP_KEY_MODE;
    const at = keyAt(user, mode);
    if (u32[at] !== NO_KEY) return u32[at]!;
    if (this.#last === LAST_KEY) this.#wrap();
    const modes = this.#modes[user ? 1 : 0];
    if (modes.length === MOST_MODES) this.#forget(user);
    modes.push(mode);
    u32[at] = ++this.#last;
    return u32[at]!;
  }

  /** All entries for user code, or for supervisor code, are out of date; from the running code's next jump on. */
  renew(user: boolean): void {
    const { u32 } = this.#state;
    const modes = this.#modes[user ? 1 : 0];
    if (this.#last + modes.length > LAST_KEY) {
      this.#wrap();
      return;
    }
    for (const mode of modes) {
      const at = keyAt(user, mode);
      if (u32[E.JUMP_KEY >> 2] === u32[at]) u32[E.JUMP_KEY >> 2] = NO_KEY;
      u32[at] = ++this.#last;
    }
  }
  #wrap(): void {
    this.#onWrap();
    this.#forget(false);
    this.#forget(true);
    this.#state.u32[E.JUMP_KEY >> 2] = NO_KEY;
    this.#last = 0;
  }
  /** The modes of user or of supervisor code have no keys any more. */
  #forget(user: boolean): void {
    const modes = this.#modes[user ? 1 : 0];
    for (const mode of modes) this.#state.u32[keyAt(user, mode)] = NO_KEY;
    modes.length = 0;
  }
}

function keyAt(user: boolean, mode: number): number {
  return (E.JUMP_KEYS >> 2) + (user ? E.JUMP_KEY_MODES : 0) + mode;
}

/** Pushes the byte offset of the mode's place in the table of keys, for supervisor code (i32). */
export function emitModeKeys(f: FunctionBuilder): void {
  f.i32Const(0);
  f.load('i32.load', L.MODE);
  f.i32Const(JUMP_KEY_MODE);
  f.op('i32.and');
  f.i32Const(2);
  f.op('i32.shl');
}
/** JumpKeys.current() in generated code: pushes the key (i32), or NO_KEY where it is not given out yet. `pushUser` pushes whether CPL is 3. */
export function emitCurrentKey(f: FunctionBuilder, pushUser: () => void): void {
  emitModeKeys(f);
  pushUser();
  f.i32Const(2 + Math.log2(E.JUMP_KEY_MODES));
  f.op('i32.shl');
  f.op('i32.or');
  f.load('i32.load', E.JUMP_KEYS);
}
