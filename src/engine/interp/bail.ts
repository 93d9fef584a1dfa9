// How a region is left before an instruction that it cannot execute, as a function of the core module: registers, RIP and BUDGET
// are in the state. A page fault that the access has met (PAGE_FAULT) is delivered here where that is as usual, and execution goes
// on in its handler: what InterpVcpu, SoftMmu.pageFaulted and x86/exceptions/deliver.ts do for all others. Otherwise the interpreter
// executes the instruction, by its own handler, whatever its block is run by. Here it goes on where bails come now and then; the vCPU
// is told (EXIT_BAIL) of those that follow upon one another, so that they are counted, and of accesses in two pages that were looked
// up together.
import type { FunctionBuilder } from '../../wasm/function.ts';
import { PF } from '../../x86/exceptions/fault.ts';
import { FLAG_RF } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { emitHasPage } from '../soft/page-set-code.ts';
import { loadI32, storeI32 } from '../soft/state-code.ts';
import { emitCellClass, emitEntryOffset } from '../soft/tlb-offset.ts';
import * as D from './descriptor.ts';

const TABLES = [E.TLB_USER, E.TLB_SUPERVISOR, E.TLB_SUPERVISOR_AC];
/** Filled with these bytes, a page cell is empty as with TLB_INVALID: bit 11 of its tag is set. */
const EMPTY_BYTE = 0x08;
/** Upper bits of PAGE_FAULT are none of the error code. */
const ERROR_CODE = 0xffff;

/** Instructions from one bail to the next, on an average, that are too few (as in jit/code-pages.ts), and those of how many bails. */
const FEW = 500;
const MOST_DEBT = 8 * FEW;

/** Function indices, the type of handlers and their table; handlers from `firstSlot` on are slots of regions. */
export interface BailParts {
  readonly enterGate: number;
  readonly resume: number;
  readonly findBlock: number;
  readonly handlerType: number;
  readonly table: number;
  readonly count: number;
  readonly firstSlot: number;
}

/** The body of `bail`: () -> (). */
export function emitBail(f: FunctionBuilder, parts: BailParts): void {
  const { enterGate, resume } = parts;
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
  f.block();
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
  f.op('return');
  f.end();
  emitInterpret(f, parts);
  set(E.EXIT, () => f.i32Const(E.EXIT_BAIL));
}

/** Goes on with the handler of the instruction at RIP where its block is known, and bails do not come often. */
function emitInterpret(f: FunctionBuilder, parts: BailParts): void {
  const { findBlock, handlerType, table, count, firstSlot } = parts;
  const budget = f.local('i32');
  const debt = f.local('i32');
  const rip = f.local('i64');
  const entry = f.local('i32');
  const descriptor = f.local('i32');
  const handler = f.local('i32');
  f.block();
  loadI32(f, E.SPREAD);
  f.brIf(0);
  loadI32(f, E.BUDGET);
  f.localTee(budget);
  f.i32Const(0);
  f.op('i32.lt_s');
  f.brIf(0);
  // What bails cost, less what was executed since the last one; after a new grant that is not known.
  loadI32(f, E.BAIL_DEBT);
  loadI32(f, E.BAIL_BUDGET);
  f.localGet(budget);
  f.op('i32.sub');
  f.localTee(debt);
  f.i32Const(0);
  f.localGet(debt);
  f.i32Const(0);
  f.op('i32.gt_s');
  f.op('select');
  f.op('i32.sub');
  f.localTee(debt);
  f.i32Const(0);
  f.localGet(debt);
  f.i32Const(0);
  f.op('i32.gt_s');
  f.op('select');
  f.i32Const(FEW);
  f.op('i32.add');
  f.localSet(debt);
  storeI32(f, E.BAIL_BUDGET, () => f.localGet(budget));
  storeI32(f, E.BAIL_DEBT, () => {
    f.localGet(debt);
    f.i32Const(MOST_DEBT);
    f.localGet(debt);
    f.i32Const(MOST_DEBT);
    f.op('i32.lt_s');
    f.op('select');
  });
  f.localGet(debt);
  f.i32Const(MOST_DEBT);
  f.op('i32.ge_s');
  f.brIf(0);
  f.i32Const(0);
  f.load('i64.load', S.RIP);
  f.localTee(rip);
  f.call(findBlock);
  f.localTee(entry);
  f.i32Const(0);
  f.op('i32.lt_s');
  f.brIf(0);
  f.i32Const(0);
  f.localGet(rip);
  f.i64Const(-4096);
  f.op('i64.and');
  f.store('i64.store', E.RIP_BASE);
  f.localGet(entry);
  f.load('i32.load', E.JUMP_CACHE + E.JUMP_DESCRIPTOR);
  f.localTee(descriptor);
  f.localGet(descriptor);
  f.load('i32.load', D.D_HANDLER);
  f.localTee(handler);
  f.i32Const(count);
  f.op('i32.eq');
  f.localGet(handler);
  f.i32Const(firstSlot);
  f.op('i32.ge_u');
  f.op('i32.or');
  f.if_('i32');
  f.localGet(descriptor);
  f.i32Const(D.H_HANDLER);
  f.op('i32.sub');
  f.load('i32.load', 0);
  f.else_();
  f.localGet(handler);
  f.end();
  f.returnCallIndirect(handlerType, table);
  f.end();
}
