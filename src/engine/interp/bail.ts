// How a region is left before an instruction that it cannot execute, as a function of the core module: registers, RIP and BUDGET
// are in the state. Mostly the interpreter executes that instruction (EXIT_BAIL). A page fault that the access has met
// (PAGE_FAULT) is delivered here where that is as usual, and execution goes on in its handler: what InterpVcpu, SoftMmu.pageFaulted
// and x86/exceptions/deliver.ts do for all others.
import type { FunctionBuilder } from '../../wasm/function.ts';
import { PF } from '../../x86/exceptions/fault.ts';
import { FLAG_RF } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { emitHasPage } from '../soft/page-set-code.ts';
import { loadI32, storeI32 } from '../soft/state-code.ts';
import { emitCellClass, emitEntryOffset } from '../soft/tlb-offset.ts';

const TABLES = [E.TLB_USER, E.TLB_SUPERVISOR, E.TLB_SUPERVISOR_AC];
/** Filled with these bytes, a page cell is empty as with TLB_INVALID: bit 11 of its tag is set. */
const EMPTY_BYTE = 0x08;
/** Upper bits of PAGE_FAULT are none of the error code. */
const ERROR_CODE = 0xffff;

/** The body of `bail`: () -> (); `enterGate` and `resume` are function indices. */
export function emitBail(f: FunctionBuilder, enterGate: number, resume: number): void {
  const fault = f.local('i32');
  const page = f.local('i64');
  const table = f.local('i32');
  const entry = f.local('i32');
  const set = (offset: number, push: () => void): void => storeI32(f, offset, push);
  const get = (offset: number): void => loadI32(f, offset);
  const add = (offset: number, number: number): void =>
    set(offset, () => {
      get(offset);
      f.i32Const(number);
      f.op('i32.add');
    });
  const clearResumeFlag = (): void =>
    set(S.FLAGS, () => {
      get(S.FLAGS);
      f.i32Const(~FLAG_RF);
      f.op('i32.and');
    });
  f.block();
  get(E.PAGE_FAULT);
  f.localTee(fault);
  f.op('i32.eqz');
  f.brIf(0);
  f.i32Const(0);
  f.load('i64.load', E.ACCESS_ADDRESS);
  f.i64Const(-4096);
  f.op('i64.and');
  f.localSet(page);
  // What code was fetched from is the jump cache's business too.
  for (const base of [E.EXECUTE_USER, E.EXECUTE_SUPERVISOR]) {
    f.i32Const(base);
    f.localSet(table);
    emitHasPage(f, table, page);
    f.brIf(0);
  }
  // A page fault forgets the translations of its address (SDM 3A 4.10.4.1).
  f.localGet(page);
  f.op('i32.wrap_i64');
  emitEntryOffset(f);
  f.localSet(entry);
  for (const base of TABLES) {
    for (const array of [base, base + E.TLB_WRITES]) {
      f.localGet(entry);
      f.i32Const(E.TLB_INVALID);
      f.store('i32.store', array + E.TLB_TAG);
    }
    get(base + E.PAGE_CELLS_USED);
    emitCellClass(f, page);
    f.op('i32.and');
    f.if_();
    set(base + E.PAGE_CELLS_USED, () => f.i32Const(0));
    f.i32Const(base + E.PAGE_CELLS);
    f.i32Const(EMPTY_BYTE);
    f.i32Const(2 * E.PAGE_CELL_WRITES);
    f.memoryFill();
    f.end();
  }
  f.i32Const(0);
  f.i32Const(0);
  f.load('i64.load', E.ACCESS_ADDRESS);
  f.store('i64.store', S.CR2);
  // It counts as an instruction.
  add(E.BUDGET, -1);
  set(S.FLAGS, () => {
    get(S.FLAGS);
    f.i32Const(FLAG_RF);
    f.op('i32.or');
  });
  f.i32Const(PF);
  f.localGet(fault);
  f.i32Const(ERROR_CODE);
  f.op('i32.and');
  f.i32Const(0);
  f.call(enterGate);
  f.if_();
  set(E.PAGE_FAULT, () => f.i32Const(0));
  clearResumeFlag();
  set(S.SHADOW, () => f.i32Const(0));
  f.returnCall(resume);
  f.end();
  clearResumeFlag();
  add(E.BUDGET, 1);
  set(E.PAGE_FAULT, () => f.localGet(fault));
  f.end();
  set(E.EXIT, () => f.i32Const(E.EXIT_BAIL));
}
