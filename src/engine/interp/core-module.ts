// The core module: the wasm functions that handlers share (CoreFunctions), the jump cache look-up,
// and the pseudo-handlers that are not instructions. Built once per vCPU, around its two memories.
import type { PageMarks } from '../../memory/guest-memory.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { storeI32, storeI64 } from '../soft/state-code.ts';
import { emitFillExecute, emitFillTlb } from '../soft/tlb-fill.ts';
import { emitBail } from './bail.ts';
import { emitBulkString, emitRepeatString } from './bulk-string.ts';
import {
  emitFlagsGet,
  emitFlagsSetAll,
  emitMaterializeFlags,
  emitMulHighSigned,
  emitMulHighUnsigned,
} from './core-arithmetic.ts';
import { emitEnterGate } from './core-gates.ts';
import * as D from './descriptor.ts';
import {
  emitEnterJump,
  emitFetchPage,
  emitFindBlock,
  emitJumpLine,
  emitLiesInOnePage,
} from './find-block.ts';
import { emitTranslate } from './region-translate.ts';
import { emitResume } from './resume.ts';
import { emitFillForRegion, emitRegionTranslate, emitSlowAccess } from './slow-access.ts';

/** What the core calls back in TypeScript. Operands are in ACCESS_ADDRESS and ACCESS_VALUE. */
export interface CoreCallbacks {
  /** Slow memory accesses: (descriptor, kind) -> 1 when a fault is pending. */
  load(descriptor: number, kind: number): number;
  store(descriptor: number, kind: number): number;
  /** Full segment check of the offset in ACCESS_ADDRESS; the linear address goes to ACCESS_VALUE. */
  linear(descriptor: number, segmentRecord: number, kind: number): void;
  /** An access of a region is to be found in the TLB: (kind) -> 1 when it is there now, 0 when the interpreter has to do the instruction. */
  regionFill(kind: number): number;
  /** The time-stamp counter, before TSC_OFFSET is added. */
  timeStamp(): number;
}

/** Names under which the core's exports are imported by handler modules, with their types. */
export const CORE_SIGNATURES = {
  slowLoad: [['i32', 'i64', 'i32'], ['i32']],
  slowStore: [['i32', 'i64', 'i32'], ['i32']],
  slowLinear: [['i32', 'i64', 'i32', 'i32'], ['i64']],
  raise: [['i32', 'i32', 'i32'], []],
  mulHighU: [['i64', 'i64'], ['i64']],
  mulHighS: [['i64', 'i64'], ['i64']],
  flagsGet: [[], ['i32']],
  flagsSet: [['i32', 'i32'], []],
  flagsSetAll: [['i32'], []],
  jumpFlat: [['i64'], []],
  jumpSegmented: [['i64'], []],
  branchFlat: [['i32', 'i64'], []],
  resume: [[], []],
  bail: [[], []],
  bulkString: [['i32', 'i32', 'i32'], ['i32']],
  repeatString: [['i32', 'i32'], ['i32']],
  translate: [['i64', 'i32', 'i32', 'i32'], ['i32']],
  fetchPage: [['i64'], ['i32']],
  timeStamp: [[], ['f64']],
  enterGate: [['i32', 'i32', 'i32'], ['i32']],
  materializeFlags: [['i32', 'i64', 'i64', 'i64', 'i32', 'i64'], []],
} as const;

/**
 * The table that handlers, regions and pseudo-handlers are in, as modules import it. Its entries are handlers and
 * never null, so that calls through it need not look at what they find.
 */
export function importHandlerTable(module: ModuleBuilder, size: number): number {
  return module.importTable('env', 'table', { min: size, elements: module.type(['i32'], []) });
}

/** Table slots of the pseudo-handlers. This one is nobody's: it is in all empty slots, and traps. */
export const HANDLER_NONE = 0;
export const HANDLER_STOP = 1;
export const HANDLER_GOTO_FLAT = 2;
export const HANDLER_GOTO_SEGMENTED = 3;
/** First of a block whose runs are counted (descriptor.ts). */
export const HANDLER_COUNT = 4;
export const FIRST_FREE_HANDLER = 5;

const LOW32 = 0xffffffffn;
/** Bytes from a counted block's first descriptor to the lines of the processor's cache that it is likely to reach. */
const LINES_AHEAD = [64, 128, 192];

/** How the core's functions go on in another function of the table. */
interface TailCalls {
  readonly handlerType: number;
  readonly table: number;
  /** With the handler of the descriptor in a local. */
  readonly tailCallDescriptor: (f: FunctionBuilder, descriptor: number) => void;
  readonly findBlock: number;
}

/**
 * Builds the module, which makes the table of handlers; `marks` are the guest memory's. Imports: env.state (memory 0), env.ram (memory 1),
 * env.load/store/linear/regionFill/timeStamp.
 */
export function buildCoreModule(
  statePages: number,
  ramPages: number,
  marks: PageMarks,
  tableSize: number,
): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'state', { min: statePages });
  module.importMemory('env', 'ram', { min: ramPages });
  const load = module.importFunction('env', 'load', ['i32', 'i32'], ['i32']);
  const store = module.importFunction('env', 'store', ['i32', 'i32'], ['i32']);
  const linear = module.importFunction('env', 'linear', ['i32', 'i32', 'i32'], []);
  const regionFill = module.importFunction('env', 'regionFill', ['i32'], ['i32']);
  const timeStamp = module.importFunction('env', 'timeStamp', [], ['f64']);
  const handlerType = module.type(['i32'], []);
  const none = module.defineFunction('none', ['i32'], []);
  none.op('unreachable');
  const table = module.defineTable({ min: tableSize, elements: handlerType }, none.index);
  module.exportTable('table', table);

  const define = (name: keyof typeof CORE_SIGNATURES, emit: (f: FunctionBuilder) => void): number => {
    const [parameters, results] = CORE_SIGNATURES[name];
    const f = module.defineFunction(name, [...parameters], [...results]);
    emit(f);
    module.exportFunction(name, f.index);
    return f.index;
  };
  const defineHandler = (slot: number, name: string, emit: (f: FunctionBuilder) => void): void => {
    const f = module.defineFunction(name, ['i32'], []);
    emit(f);
    module.addActiveElements(table, slot, [f.index]);
  };
  const tailCallDescriptor: TailCalls['tailCallDescriptor'] = (f, descriptor) => {
    f.localGet(descriptor);
    f.localGet(descriptor);
    f.load('i32.load', D.D_HANDLER);
    f.returnCallIndirect(handlerType, table);
  };

  const fill = module.defineFunction('fillTlb', ['i64', 'i32', 'i32'], ['i32']);
  emitFillTlb(fill, marks);
  const fillTlb = fill.index;
  define('slowLoad', (f) => emitSlowAccess(f, fillTlb, load, 'load'));
  define('slowStore', (f) => emitSlowAccess(f, fillTlb, store, 'store'));
  const fillExecute = module.defineFunction('fillExecute', ['i64'], ['i32']);
  emitFillExecute(fillExecute, marks);
  const fetchPage = define('fetchPage', (f) => emitFetchPage(f, fillExecute.index));
  const enterJump = module.defineFunction('enterJump', ['i64', 'i32', 'i32'], ['i32']);
  emitEnterJump(enterJump, tableSize);
  const findBlock = module.defineFunction('findBlock', ['i64'], ['i32']);
  emitFindBlock(findBlock, fetchPage, enterJump.index, HANDLER_STOP);
  const calls: TailCalls = { handlerType, table, tailCallDescriptor, findBlock: findBlock.index };
  const fillForRegion = module.defineFunction('fillForRegion', ['i64', 'i32'], ['i32']);
  emitFillForRegion(fillForRegion, fillTlb, regionFill);
  const bulkString = define('bulkString', emitBulkString);
  define('repeatString', (f) => emitRepeatString(f, bulkString, fillForRegion.index));
  define('slowLinear', (f) => {
    storeI64(f, E.ACCESS_ADDRESS, 1);
    f.localGet(0);
    f.localGet(2);
    f.localGet(3);
    f.call(linear);
    f.i32Const(0);
    f.load('i64.load', E.ACCESS_VALUE);
  });
  define('raise', (f) => {
    storeI32(f, E.FAULT_VECTOR, () => f.localGet(1));
    storeI32(f, E.FAULT_ERROR, () => f.localGet(2));
    storeI32(f, E.EXIT_DESCRIPTOR, () => f.localGet(0));
    storeI32(f, E.PENDING, () => f.i32Const(1));
    storeI32(f, E.EXIT, () => f.i32Const(E.EXIT_FAULT));
  });
  const regionTranslate = module.defineFunction('regionTranslate', ['i64', 'i32', 'i32'], ['i32']);
  emitRegionTranslate(regionTranslate, fillForRegion.index);
  define('translate', (f) => emitTranslate(f, regionTranslate.index));
  define('timeStamp', (f) => f.call(timeStamp));
  const mulHighU = define('mulHighU', emitMulHighUnsigned);
  const mulHighS = define('mulHighS', (f) => emitMulHighSigned(f, mulHighU));
  const flagsGet = define('flagsGet', emitFlagsGet);
  const flagsSetAll = define('flagsSetAll', emitFlagsSetAll);
  const enterGate = define('enterGate', (f) => emitEnterGate(f, flagsGet, fillTlb));
  define('materializeFlags', (f) => emitMaterializeFlags(f, mulHighU, mulHighS));
  define('flagsSet', (f) => {
    // the flags in the mask from the value, the others as they are
    f.localGet(1);
    f.localGet(0);
    f.op('i32.and');
    f.call(flagsGet);
    f.localGet(0);
    f.i32Const(-1);
    f.op('i32.xor');
    f.op('i32.and');
    f.op('i32.or');
    f.call(flagsSetAll);
  });

  const jumpFlat = define('jumpFlat', (f) => emitJump(f, () => f.localGet(0), null, calls));
  const jumpSegmented = define('jumpSegmented', (f) => {
    emitJump(
      f,
      () => {
        f.localGet(0);
        f.i32Const(0);
        f.load('i64.load', S.SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEGMENT_BASE);
        f.op('i64.add');
        f.i64Const(LOW32);
        f.op('i64.and');
      },
      null,
      calls,
      // Blocks close to the segment's end are decoded for that end and not in the cache.
      () => {
        f.i32Const(0);
        f.load('i64.load32_u', S.SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEGMENT_LIMIT);
        f.localGet(0);
        f.i64Const(4095);
        f.op('i64.add');
        f.op('i64.ge_u');
      },
    );
  });
  const branchFlat = define('branchFlat', (f) => emitJump(f, () => f.localGet(1), 0, calls));

  const resume = define('resume', (f) => emitResume(f, jumpFlat, jumpSegmented));
  define('bail', (f) =>
    emitBail(f, {
      enterGate,
      resume,
      findBlock: findBlock.index,
      handlerType,
      table,
      count: HANDLER_COUNT,
      firstSlot: tableSize,
    }),
  );

  defineHandler(HANDLER_STOP, 'stop', (f) => {
    storeI32(f, E.EXIT_DESCRIPTOR, () => f.localGet(0));
    storeI32(f, E.EXIT, () => f.i32Const(E.EXIT_STOP));
  });
  defineHandler(HANDLER_COUNT, 'count', (f) => {
    const header = f.local('i32');
    const left = f.local('i32');
    // A block that runs seldom has to be fetched: all its lines at once, instead of one after the other as they are reached.
    // There is room for the longest block behind the first descriptor of each (block-writer.ts).
    for (const ahead of LINES_AHEAD) {
      f.localGet(0);
      f.load('i32.load', ahead);
      f.op('drop');
    }
    f.localGet(0);
    f.i32Const(D.HEADER_SIZE);
    f.op('i32.sub');
    f.localTee(header);
    f.localGet(header);
    f.load('i32.load', D.HEADER_SIZE - D.H_RUNS_LEFT);
    f.i32Const(1);
    f.op('i32.sub');
    f.localTee(left);
    f.store('i32.store', D.HEADER_SIZE - D.H_RUNS_LEFT);
    f.localGet(left);
    f.i32Const(0);
    f.op('i32.lt_s');
    f.if_(undefined, 'unlikely');
    storeI32(f, E.EXIT_DESCRIPTOR, () => f.localGet(0));
    storeI32(f, E.EXIT, () => f.i32Const(E.EXIT_HOT));
    f.op('return');
    f.end();
    f.localGet(0);
    f.localGet(header);
    f.load('i32.load', D.HEADER_SIZE - D.H_HANDLER);
    f.returnCallIndirect(handlerType, table);
  });
  defineHandler(HANDLER_GOTO_FLAT, 'gotoFlat', (f) => {
    retire(f);
    const link = f.local('i32');
    f.localGet(0);
    f.load('i32.load', D.D_LINK);
    f.localTee(link);
    f.i32Const(0);
    f.op('i32.ne');
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.i32Const(0);
    f.op('i32.ge_s');
    f.op('i32.and');
    f.if_();
    tailCallDescriptor(f, link);
    f.end();
    f.localGet(0);
    pushTarget(f);
    f.returnCall(branchFlat);
  });
  defineHandler(HANDLER_GOTO_SEGMENTED, 'gotoSegmented', (f) => {
    retire(f);
    pushTarget(f);
    f.i64Const(LOW32);
    f.op('i64.and');
    f.returnCall(jumpSegmented);
  });

  const enter = module.defineFunction('enter', ['i32'], []);
  enter.localGet(0);
  enter.localGet(0);
  enter.load('i32.load', D.D_HANDLER);
  enter.callIndirect(handlerType, table);
  module.exportFunction('enter', enter.index);
  const enterAt = module.defineFunction('enterAt', ['i32', 'i32'], []);
  enterAt.localGet(0);
  enterAt.localGet(1);
  enterAt.callIndirect(handlerType, table);
  module.exportFunction('enterAt', enterAt.index);
  return module.build();
}

/** A goto's order is the number of instructions before it; it is none itself. */
function retire(f: FunctionBuilder): void {
  storeI32(f, E.BUDGET, () => {
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.localGet(0);
    f.load('i32.load8_u', D.D_ORDER);
    f.op('i32.sub');
  });
}
function pushTarget(f: FunctionBuilder): void {
  f.i32Const(0);
  f.load('i64.load', E.RIP_BASE);
  f.localGet(0);
  f.load('i64.load', D.D_TARGET);
  f.op('i64.add');
}

/**
 * Continues at a RIP (the last parameter). The jump cache is looked up by linear address and key (in flat code, the
 * block table behind it by place: find-block.ts); a miss, or a budget that is used up, leaves with EXIT_LOOKUP. `branch` is the local of the branch's
 * descriptor, which is linked to a target in its own page. `pushAllowed` tells (i32) whether the cache may be used.
 */
function emitJump(
  f: FunctionBuilder,
  pushLinear: () => void,
  branch: number | null,
  { handlerType, table, tailCallDescriptor, findBlock }: TailCalls,
  pushAllowed?: () => void,
): void {
  const rip = branch === null ? 0 : 1;
  const linear = f.local('i64');
  const entry = f.local('i32');
  const descriptor = f.local('i32');
  const slot = f.local('i32');
  const base = f.local('i64');
  pushLinear();
  f.localSet(linear);
  f.i32Const(0);
  f.load('i32.load', E.BUDGET);
  f.i32Const(0);
  f.op('i32.ge_s');
  if (pushAllowed) {
    pushAllowed();
    f.op('i32.and');
  }
  f.if_();
  emitJumpLine(f, linear);
  f.localSet(entry);
  const pushFound = (way: number) => {
    const at = E.JUMP_CACHE + way * E.JUMP_ENTRY_BYTES;
    f.localGet(entry);
    f.load('i64.load', at + E.JUMP_LINEAR);
    f.localGet(linear);
    f.op('i64.eq');
    f.localGet(entry);
    f.load('i32.load16_u', at + E.JUMP_ENTRY_KEY);
    f.i32Const(0);
    f.load('i32.load', E.JUMP_KEY);
    f.op('i32.eq');
    f.op('i32.and');
  };
  f.block();
  pushFound(0);
  f.brIf(0, 'likely');
  for (let way = 1; way < E.JUMP_WAYS; way++) {
    pushFound(way);
    f.if_();
    f.localGet(entry);
    f.i32Const(way * E.JUMP_ENTRY_BYTES);
    f.op('i32.add');
    f.localSet(entry);
    f.br(1);
    f.end();
  }
  if (pushAllowed) f.br(1);
  else {
    f.localGet(linear);
    f.call(findBlock);
    f.localTee(entry);
    f.i32Const(0);
    f.op('i32.lt_s');
    f.brIf(1);
  }
  f.end();
  f.localGet(entry);
  f.load('i32.load', E.JUMP_CACHE + E.JUMP_DESCRIPTOR);
  f.localSet(descriptor);
  // RIP of the page's first byte: RIP minus the linear address's offset in the page.
  f.localGet(rip);
  f.localGet(linear);
  f.i64Const(4095);
  f.op('i64.and');
  f.op('i64.sub');
  f.localSet(base);
  if (branch !== null) {
    f.localGet(base);
    f.i32Const(0);
    f.load('i64.load', E.RIP_BASE);
    f.op('i64.eq');
    f.if_();
    // A block that was dropped is still in the cache, as a stop: a link to it would lead there for ever.
    f.localGet(descriptor);
    f.load('i32.load', D.D_HANDLER);
    f.i32Const(HANDLER_STOP);
    f.op('i32.ne');
    // And one that begins with an instruction across two pages holds only where the second is mapped here.
    emitLiesInOnePage(f, descriptor);
    f.op('i32.and');
    f.if_();
    f.localGet(branch);
    f.localGet(descriptor);
    f.store('i32.store', D.D_LINK);
    f.end();
    f.end();
  }
  storeI64(f, E.RIP_BASE, base);
  f.localGet(entry);
  f.load('i32.load16_u', E.JUMP_CACHE + E.JUMP_SLOT);
  f.localTee(slot);
  f.if_();
  f.localGet(descriptor);
  f.localGet(slot);
  f.returnCallIndirect(handlerType, table);
  f.end();
  tailCallDescriptor(f, descriptor);
  f.end();
  storeI64(f, S.RIP, rip);
  storeI32(f, E.LINK_FROM, () => (branch === null ? f.i32Const(0) : f.localGet(branch)));
  storeI32(f, E.EXIT, () => f.i32Const(E.EXIT_LOOKUP));
}
