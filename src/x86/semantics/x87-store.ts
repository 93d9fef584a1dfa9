// x87 stores: FST, FSTP, FIST, FISTP, FISTTP, FBSTP (SDM 1, 8.3.3; SDM 2).
import type { Helper } from '../helpers/helper.ts';
import * as load from '../helpers/x87/load.ts';
import * as store from '../helpers/x87/store.ts';
import * as L from '../state/layout.ts';
import type { Builder, MemoryReference } from '../uops/builder.ts';
import type { I32, Int } from '../uops/ir.ts';
import type { Routine } from '../uops/routine.ts';
import type { Meaning } from './meaning.ts';
import { keepInstructionPointer, keepOperandPointer, loadExtended, waiting } from './x87-common.ts';
import { attempt, memoryWidth, stackIndex } from './x87-operands.ts';
import { storeRegister } from './x87-routines/load.ts';
import * as fast from './x87-routines/store.ts';

/**
 * A store: what the routine leaves in SCRATCH, or else by a helper, for which the destination is loaded with
 * write intent. `compute` makes the new value from the old; 64 bits travel in SCRATCH, and it gets null.
 */
function storeThrough(
  b: Builder,
  routine: Routine,
  args: readonly I32[],
  compute: (old: I32 | null) => I32 | null,
): void {
  waiting(b);
  const width = memoryWidth(b) as 16 | 32 | 64;
  const reference = b.reference(0);
  const address = b.linear(reference, width / 8, 'write');
  const done = b.routine(routine, ...args) as I32;
  b.if(
    done,
    () => {
      const value = width === 64 ? b.get(64, fast.STORED) : b.get(32, fast.STORED);
      b.storeLinear(width, address, value, reference.stack);
      fast.commitStore(b);
    },
    () => {
      const old = b.loadLinear(width, address, 'write', reference.stack) as Int;
      if (old.type === 'i64') b.set(64, L.SCRATCH, old);
      const value = compute(old.type === 'i64' ? null : (old as I32)) ?? b.get(64, L.SCRATCH);
      b.storeLinear(width, address, value, reference.stack);
    },
  );
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

function storeReal(b: Builder, pops: number): void {
  if (!b.isMemory(0)) {
    const index = stackIndex(b, 0);
    attempt(b, storeRegister, [index, b.i32(pops)], () => {
      b.call(load.x87StoreRegister, index, b.i32(pops));
    });
    keepInstructionPointer(b);
  } else if (memoryWidth(b) === 80) {
    storeExtended(b);
  } else {
    const routine = memoryWidth(b) === 64 ? fast.storeReal64 : fast.storeReal32;
    storeThrough(b, routine, [b.i32(pops)], (old) =>
      old === null
        ? (b.call(store.x87StoreReal64, b.i32(pops)) as null)
        : (b.call(store.x87StoreReal32, old, b.i32(pops)) as I32),
    );
  }
}

/** The helper works on the 80 bits in SCRATCH. */
function storeEighty(b: Builder, reference: MemoryReference, helper: Helper): void {
  const old = loadExtended(b, reference, 'write');
  b.set(64, L.SCRATCH, old.significand);
  b.set(32, L.SCRATCH + 8, old.exponent);
  b.call(helper);
  old.store({ significand: b.get(64, L.SCRATCH), exponent: b.get(16, L.SCRATCH + 8) });
}

function storeExtended(b: Builder): void {
  waiting(b);
  const reference = b.reference(0);
  const done = b.routine(fast.storeExtended, b.i32(1)) as I32;
  b.if(
    done,
    () => {
      // Loaded with write intent, in two parts: the second store must not fault after the first.
      loadExtended(b, reference, 'write').store({
        significand: b.get(64, fast.STORED),
        exponent: b.get(32, fast.STORED_EXPONENT),
      });
      fast.commitStore(b);
    },
    () => storeEighty(b, reference, store.x87StoreExtended),
  );
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

function storeDecimal(b: Builder): void {
  waiting(b);
  const reference = b.reference(0);
  storeEighty(b, reference, store.x87StoreDecimal);
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

function storeInteger(b: Builder, truncate: number, pops: number): void {
  const width = b.i32(memoryWidth(b));
  storeThrough(b, fast.storeInteger, [b.i32(pops), width, b.i32(truncate)], (old) =>
    old === null
      ? (b.call(store.x87StoreInteger64, b.i32(truncate)) as null)
      : (b.call(store.x87StoreInteger32, old, width, b.i32(truncate), b.i32(pops)) as I32),
  );
}

export const x87StoreMeanings: readonly Meaning[] = [
  { mnemonic: 'FST', build: (b) => storeReal(b, 0) },
  { mnemonic: 'FSTP', build: (b) => storeReal(b, 1) },
  { mnemonic: 'FIST', build: (b) => storeInteger(b, 0, 0) },
  { mnemonic: 'FISTP', build: (b) => storeInteger(b, 0, 1) },
  { mnemonic: 'FISTTP', build: (b) => storeInteger(b, 1, 1) },
  { mnemonic: 'FBSTP', build: storeDecimal },
];
