// A handler: the meaning of one form as a wasm function (decision D2, tier 0). It reads its operands
// from the descriptor it is called with and ends in a tail call to the handler of the next one.
//
//   (func $handler (param $descriptor i32)
//     ...the micro-ops of the form...
//     (return_call_indirect (descriptor + 32) (i32.load (descriptor + 32))))
//
// Leaving: a handler that faults, or that ends its block where nothing is known about the next one,
// returns instead of tail-calling; EXIT says why.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { Form } from '../../x86/decode/instruction.ts';
import { softwareInterruptHelper } from '../../x86/semantics/system/helpers.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { lowerFlagsArith } from '../soft/lower-flags.ts';
import { Lowering } from '../soft/lowering.ts';
import { BULK_ADDRESS_32, BULK_MINIMUM, BULK_PATIENCE, bulkKind } from './bulk-string.ts';
import { emitSoftwareInterrupt } from './core-gates.ts';
import { HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { type FieldPlaces, fieldPlaces } from './field-places.ts';
import { someUop } from './some-uop.ts';

/** What a module of handlers offers to each of them. */
export interface HandlerModule {
  readonly core: CoreFunctions;
  /** Type index of a handler, (i32) -> (). */
  readonly handlerType: number;
  /** Accesses that hit the TLB are counted. */
  readonly countsHits: boolean;
  /** Table index of the handler table. */
  readonly table: number;
  /** Function index of a helper's import: (descriptor, ...parameters) -> result. */
  helper(uop: Uop & { op: 'call' }): number;
  /** Function index of a routine's import. */
  routine(routine: Routine): number;
}

const DESCRIPTOR_LOCAL = 0;

/** True when no path through the list reaches its end. */
export function alwaysLeaves(uops: readonly Uop[]): boolean {
  const last = uops[uops.length - 1];
  if (!last) return false;
  switch (last.op) {
    case 'jump':
    case 'repeat':
    case 'endBlock':
      return true;
    case 'branch':
      return last.condition === null;
    case 'if':
      return alwaysLeaves(last.then) && alwaysLeaves(last.else);
    default:
      return false;
  }
}

/** True where another instruction may follow in the same handler: this one never leaves but by a fault or a taken branch. */
export function mayBeFollowed(uops: readonly Uop[]): boolean {
  return !someUop(uops, (uop) => LEAVING.has(uop.op)) && !alwaysLeaves(uops);
}
/** A helper may ask for a stop before the next instruction (an interrupt line went up), so it comes last. */
const LEAVING = new Set<Uop['op']>(['call', 'repeat', 'endBlock', 'jump']);

/** Flags written by the instruction at `index` are overwritten before anybody can see them. */
function flagsAreDead(sequence: readonly (readonly Uop[])[], index: number): boolean {
  for (const uops of sequence.slice(index + 1)) {
    if (someUop(uops, (uop) => SEES_FLAGS.has(uop.op) || (uop.op === 'flagsArith' && uop.keepCarry)))
      return false;
    if (uops.some((uop) => uop.op === 'flagsArith')) return true;
  }
  return false;
}
/** Flags are computed on one path only. */
function hasNestedFlags(uops: readonly Uop[]): boolean {
  return someUop(
    uops.filter((uop) => uop.op !== 'flagsArith'),
    (uop) => uop.op === 'flagsArith',
  );
}
/** Reads flags, or may leave the handler with the flags as they are. */
const SEES_FLAGS = new Set<Uop['op']>([
  'flagsGet',
  'flagsSet',
  'condition',
  'load',
  'store',
  'linear',
  'faultIf',
  'branch',
  'call',
  'repeat',
  'jump',
  'endBlock',
]);

export function setsRip(uop: Uop): boolean {
  return uop.op === 'set' && uop.location.kind === 'state' && uop.location.offset === S.RIP;
}

export class HandlerLowering extends Lowering {
  readonly #module: HandlerModule;
  #form: Form;
  #places: FieldPlaces | null = null;
  #callsHelper = false;
  /** Offset from the descriptor that the handler was called with to that of the instruction being lowered. */
  #shift = 0;
  /** Local that tells that an access of a group took the slow path; -1 outside groups. */
  #slow = -1;

  constructor(f: FunctionBuilder, module: HandlerModule, form: Form) {
    super(f, module.core);
    this.#module = module;
    this.#form = form;
  }

  /**
   * Emits several instructions in one, saving the hops between them; each but the last mayBeFollowed().
   * After an access that took the slow path the rest is left to the handlers of the single instructions:
   * somebody may want a stop (kick) or have changed the code.
   */
  lowerGroup(forms: readonly Form[], sequence: readonly (readonly Uop[])[]): void {
    const { f } = this;
    const last = sequence.length - 1;
    this.#slow = f.local('i32');
    for (let i = 0; i < last; i++) {
      const uops = sequence[i]!;
      this.#place(forms[i]!, i, uops);
      const touchesMemory = someUop(uops, (uop) => uop.op === 'load' || uop.op === 'store');
      const flags = uops.filter((uop) => uop.op === 'flagsArith');
      this.skipFlags = flagsAreDead(sequence, i) && !(touchesMemory && hasNestedFlags(uops));
      this.lowerList(uops);
      if (touchesMemory) {
        f.localGet(this.#slow);
        f.if_(undefined, 'unlikely');
        // A stop right after this instruction shows its flags after all.
        if (this.skipFlags) for (const uop of flags) lowerFlagsArith(this, uop, false);
        this.lowerNext();
        f.end();
      }
    }
    this.skipFlags = false;
    this.#slow = -1;
    this.#place(forms[last]!, last, sequence[last]!);
    this.lowerForm(sequence[last]!);
  }
  #place(form: Form, index: number, uops: readonly Uop[]): void {
    this.forgetValues();
    this.#places = fieldPlaces(uops);
    this.#shift = index * D.DESCRIPTOR_SIZE;
    this.#form = form;
  }
  tlbHit(): void {
    if (!this.#module.countsHits) return;
    const { f } = this;
    f.i32Const(0);
    f.i32Const(0);
    f.load('i64.load', E.COUNT_TLB_HITS);
    f.i64Const(1);
    f.op('i64.add');
    f.store('i64.store', E.COUNT_TLB_HITS);
  }
  slowAccessDone(): void {
    if (this.#slow < 0) return;
    this.f.i32Const(1);
    this.f.localSet(this.#slow);
  }

  /** Emits the whole body. */
  lowerForm(uops: readonly Uop[]): void {
    const { f } = this;
    this.#callsHelper = someUop(uops, (uop) => uop.op === 'call' || setsRip(uop));
    this.#places = fieldPlaces(uops);
    // endBlock continues at RIP in the state: on a path that does not change it that is the next instruction's.
    if (this.#callsHelper && someUop(uops, (uop) => uop.op === 'endBlock')) this.#storeNextRip();
    const repeats = someUop(uops, (uop) => uop.op === 'repeat');
    if (repeats) {
      const wait = f.local('i32');
      f.loop();
      this.depth++;
      this.#lowerBulkString(wait);
    }
    this.lowerList(uops);
    if (repeats) {
      this.depth--;
      f.end();
    }
    if (!alwaysLeaves(uops)) this.lowerNext();
  }

  /**
   * REP MOVS and REP STOS in flat segments: as many iterations at once as go. The local counts the
   * single ones until it is worth asking again.
   */
  #lowerBulkString(wait: number): void {
    const kind = bulkKind(this.#form);
    if (kind < 0) return;
    const { f } = this;
    f.i32Const(0);
    f.load(kind & BULK_ADDRESS_32 ? 'i64.load32_u' : 'i64.load', S.GPR + 8 * S.RCX);
    f.i64Const(BULK_MINIMUM);
    f.op('i64.ge_u');
    f.if_();
    f.localGet(wait);
    f.if_('i32');
    f.localGet(wait);
    f.i32Const(1);
    f.op('i32.sub');
    f.else_();
    f.i32Const(0);
    f.i32Const(BULK_PATIENCE);
    f.i32Const(kind);
    f.i32Const(1);
    f.i32Const(0);
    f.call(this.core.bulkString);
    f.op('select');
    f.end();
    f.localSet(wait);
    f.end();
  }

  /** Tail call to the handler of the next descriptor. */
  lowerNext(): void {
    const { f } = this;
    f.localGet(DESCRIPTOR_LOCAL);
    f.i32Const(this.#shift + D.DESCRIPTOR_SIZE);
    f.op('i32.add');
    f.localGet(DESCRIPTOR_LOCAL);
    f.load('i32.load', this.#shift + D.DESCRIPTOR_SIZE + D.D_HANDLER);
    f.returnCallIndirect(this.#module.handlerType, this.#module.table);
  }

  pushDescriptor(): void {
    this.f.localGet(DESCRIPTOR_LOCAL);
    if (this.#shift === 0) return;
    this.f.i32Const(this.#shift);
    this.f.op('i32.add');
  }
  pushField(field: string): void {
    const { f } = this;
    const { branches, displacement, segment } = this.#places!;
    f.localGet(DESCRIPTOR_LOCAL);
    switch (field) {
      case 'imm':
        if (branches) {
          // A branch's immediate has become its target: take the next instruction's place away again.
          f.load('i64.load', this.#shift + D.D_TARGET);
          this.#pushPlace('next');
          f.op('i64.sub');
          return;
        }
        f.load(displacement ? 'i64.load32_s' : 'i64.load', this.#shift + D.D_IMMEDIATE);
        return;
      case 'disp':
        f.load('i64.load32_s', this.#shift + D.D_DISPLACEMENT);
        return;
      case 'imm2':
        f.load('i32.load16_u', this.#shift + D.D_IMMEDIATE2);
        return;
      case 'scale':
        f.load('i32.load8_u', this.#shift + D.D_ORDER);
        f.i32Const(D.SCALE_SHIFT);
        f.op('i32.shr_u');
        return;
      case 'seg':
        f.load('i32.load16_u', this.#shift + segment);
        return;
      default:
        f.load('i32.load16_u', this.#shift + fieldOffset(field));
    }
  }
  pushFieldAddress(field: string): void {
    const offset = field === 'seg' ? this.#places!.segment : fieldOffset(field);
    this.f.localGet(DESCRIPTOR_LOCAL);
    this.f.load('i32.load16_u', this.#shift + offset);
  }
  /** Offset of this or the next instruction in the page of the block's first byte (i64). */
  #pushPlace(which: 'current' | 'next'): void {
    const { f } = this;
    f.localGet(DESCRIPTOR_LOCAL);
    f.load('i64.load16_u', this.#shift + D.D_START);
    if (which === 'current') return;
    f.localGet(DESCRIPTOR_LOCAL);
    f.load('i64.load8_u', this.#shift + D.D_LENGTH);
    f.op('i64.add');
  }
  lowerRip(which: 'current' | 'next'): void {
    const { f } = this;
    f.i32Const(0);
    f.load('i64.load', E.RIP_BASE);
    this.#pushPlace(which);
    f.op('i64.add');
    if (this.#form.mode.bits !== 64) {
      f.i64Const(0xffffffffn);
      f.op('i64.and');
    }
  }
  /** budget -= instructions of this block up to and with this one. */
  #retireBlock(): void {
    const { f } = this;
    f.i32Const(0);
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.localGet(DESCRIPTOR_LOCAL);
    f.load('i32.load8_u', this.#shift + D.D_ORDER);
    if (this.#places!.scale) {
      f.i32Const(D.ORDER_MASK);
      f.op('i32.and');
    }
    f.op('i32.sub');
    f.i32Const(1);
    f.op('i32.sub');
    f.store('i32.store', E.BUDGET);
  }
  #leave(exit: number): void {
    const { f } = this;
    f.i32Const(0);
    f.i32Const(exit);
    f.store('i32.store', E.EXIT);
    f.op('return');
  }
  routineFunction(routine: Routine): number {
    return this.#module.routine(routine);
  }
  leaveFaulted(): void {
    // EXIT and EXIT_DESCRIPTOR were set by whoever raised the fault.
    this.f.op('return');
  }

  /**
   * A relative branch. Flat code with branches of its own size links to the target's descriptor when
   * that lies in the same page; everything else goes through the jump cache.
   */
  lowerBranch(uop: Uop & { op: 'branch' }): void {
    const { f } = this;
    const { mode } = this.#form;
    if (uop.condition) {
      this.push(uop.condition);
      f.if_();
    }
    this.#retireBlock();
    const flat = mode.flatCs && uop.bits === mode.bits;
    if (flat) {
      // The link is followed while the budget lasts.
      const link = f.local('i32');
      f.localGet(DESCRIPTOR_LOCAL);
      f.load('i32.load', this.#shift + D.D_LINK);
      f.localTee(link);
      f.i32Const(0);
      f.op('i32.ne');
      f.i32Const(0);
      f.load('i32.load', E.BUDGET);
      f.i32Const(0);
      f.op('i32.ge_s');
      f.op('i32.and');
      f.if_();
      f.localGet(link);
      f.localGet(link);
      f.load('i32.load', D.D_HANDLER);
      f.returnCallIndirect(this.#module.handlerType, this.#module.table);
      f.end();
      this.pushDescriptor();
    }
    f.i32Const(0);
    f.load('i64.load', E.RIP_BASE);
    f.localGet(DESCRIPTOR_LOCAL);
    f.load('i64.load', this.#shift + D.D_TARGET);
    f.op('i64.add');
    if (uop.bits !== 64) {
      f.i64Const(uop.bits === 16 ? 0xffffn : 0xffffffffn);
      f.op('i64.and');
    }
    f.returnCall(flat ? this.core.branchFlat : mode.flatCs ? this.core.jumpFlat : this.core.jumpSegmented);
    if (uop.condition) f.end();
  }
  lowerJump(target: Value): void {
    this.#retireBlock();
    this.push(target);
    this.f.returnCall(this.#form.mode.flatCs ? this.core.jumpFlat : this.core.jumpSegmented);
  }
  /** The whole body is a loop: go round again while the budget lasts. */
  lowerRepeat(): void {
    const { f } = this;
    const budget = f.local('i32');
    f.i32Const(0);
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.i32Const(1);
    f.op('i32.sub');
    f.localTee(budget);
    f.store('i32.store', E.BUDGET);
    f.localGet(budget);
    f.i32Const(0);
    f.op('i32.ge_s');
    // Where it has written to its own page, it may be another instruction now.
    this.pushDescriptor();
    f.load('i32.load', D.D_HANDLER);
    f.i32Const(HANDLER_STOP);
    f.op('i32.ne');
    f.op('i32.and');
    f.brIf(this.depth - 1);
    f.i32Const(0);
    this.pushDescriptor();
    f.store('i32.store', E.EXIT_DESCRIPTOR);
    this.#leave(E.EXIT_REPEAT);
  }
  lowerEndBlock(): void {
    if (!this.#callsHelper) this.#storeNextRip();
    this.#retireBlock();
    this.f.returnCall(this.core.resume);
  }
  /** While every access has to be looked at, the table for that stays. */
  lowerUserPages(uop: Uop & { op: 'userPages' }): void {
    const { f } = this;
    f.i32Const(0);
    f.load('i32.load', E.TLB_TABLE);
    f.i32Const(E.TLB_BYPASS);
    f.op('i32.ne');
    f.if_();
    f.i32Const(0);
    this.pushSupervisorTable(uop.open);
    f.store('i32.store', E.TLB_TABLE);
    f.end();
  }
  #storeNextRip(): void {
    this.f.i32Const(0);
    this.lowerRip('next');
    this.f.store('i64.store', S.RIP);
  }
  /** INT n by the core function, where that can do it: then the block ends here. */
  #enterGate(vector: Value): void {
    const { f } = this;
    emitSoftwareInterrupt(f, this.core.enterGate, () => this.push(vector));
    this.#retireBlock();
    f.returnCall(this.core.resume);
    f.end();
  }
  lowerCall(uop: Uop & { op: 'call' }): void {
    const { f } = this;
    this.#storeNextRip();
    if (uop.helper === softwareInterruptHelper) this.#enterGate(uop.args[0]!);
    this.pushDescriptor();
    for (const argument of uop.args) this.push(argument);
    f.call(this.#module.helper(uop));
    if (uop.result) this.define(uop.result);
    if (uop.helper.faults) {
      this.pushPending();
      f.if_();
      this.leaveFaulted();
      f.end();
    }
  }
}

function fieldOffset(field: string): number {
  switch (field) {
    case 'r0':
      return D.D_R0;
    case 'r1':
      return D.D_R1;
    case 'r2':
      return D.D_R2;
    case 'base':
      return D.D_BASE;
    case 'index':
      return D.D_INDEX;
    default:
      throw new Error(`descriptors have no field ${field}`);
  }
}
