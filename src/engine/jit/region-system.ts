// What regions do of the instructions of systems: those that end their block in micro-operations (SYSCALL, SYSRET, IRET,
// STI) leave through `resume` (interp/resume.ts); STAC and CLAC change the TLB's table; RDTSC asks for the time.
import { softwareInterruptHelper, timeStampHelper } from '../../x86/semantics/system/helpers.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import { emitSoftwareInterrupt } from '../interp/core-gates.ts';
import * as E from '../soft/engine-state.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import { RegionMemory } from './region-memory.ts';
import { LEAVE_JUMP } from './region-places.ts';

export abstract class RegionSystem extends RegionMemory {
  /** The instruction may end the block at a RIP that it has put into the state. */
  #setsRip = false;

  /** Nothing after this micro-operation is reached. */
  #ended = false;

  protected override beginInstruction(facts: InstructionFacts): void {
    super.beginInstruction(facts);
    this.#ended = false;
    this.#setsRip = facts.setsRip;
    // On a path that does not change it, it is the next instruction's.
    if (this.#setsRip) this.#storeNextRip();
  }

  /** Leaves, unless the next instruction of the block comes next for certain: then only if an event waits. */
  override lowerEndBlock(uop: Uop & { op: 'endBlock' }): void {
    if (this.#ended) return;
    const { f } = this;
    const goesOn = uop.stays && this.remaining > 1;
    if (goesOn) {
      f.i32Const(0);
      f.load('i32.load', S.EVENT_WAITS);
      f.if_(undefined, 'unlikely');
    }
    this.#storeForOthers();
    if (!this.#setsRip) this.#storeNextRip();
    this.#resume();
    if (!goesOn) return;
    f.end();
    // Nobody waits: the shadow ends unseen.
    f.i32Const(0);
    f.i32Const(0);
    f.store('i32.store', S.SHADOW);
  }
  /** REP MOVS or REP STOS, in a core function; `after` is the most that the region executes after this block without looking at the budget. */
  protected lowerRepeatedString({ bulk, touched, written }: InstructionFacts, after: number): void {
    const { f } = this;
    const rest = this.remaining - 1;
    this.storeRegisters(touched);
    f.i32Const(0);
    this.pushBudget();
    f.i32Const(rest + 1);
    f.op('i32.add');
    f.store('i32.store', E.BUDGET);
    f.i32Const(bulk);
    f.i32Const(after + rest);
    f.call(this.core.repeatString);
    const unfinished = f.scratch('i32');
    f.localSet(unfinished);
    this.loadRegisters(written);
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.i32Const(rest);
    f.op('i32.sub');
    f.localGet(unfinished);
    f.op('i32.sub');
    f.localSet(this.budget);
    f.localGet(unfinished);
    f.if_(undefined, 'unlikely');
    this.bail();
    f.end();
    f.release(unfinished);
  }
  #storeForOthers(): void {
    const { flags } = this;
    this.storeFlags();
    this.flags = flags;
    this.storeRegisters(this.blockFacts.dirtyOut);
  }
  #resume(): void {
    const { f } = this;
    f.localGet(this.budget);
    f.i32Const(this.remaining - 1);
    f.op('i32.add');
    f.localSet(this.budget);
    this.storeBudget();
    this.countLeave(LEAVE_JUMP);
    f.returnCall(this.core.resume);
  }
  /** INT n: the core function enters its handler, or the interpreter does. */
  #softwareInterrupt(vector: Value): void {
    const { f } = this;
    this.#storeForOthers();
    this.#storeNextRip();
    emitSoftwareInterrupt(f, this.core.enterGate, () => this.push(vector));
    this.#resume();
    f.end();
    this.bail();
    this.#ended = true;
  }
  #storeNextRip(): void {
    const { f } = this;
    f.i32Const(0);
    this.pushRipOf(this.next);
    f.store('i64.store', S.RIP);
  }

  /** The table for looking at every access is never in force in a region. */
  override lowerUserPages(uop: Uop & { op: 'userPages' }): void {
    const { f } = this;
    f.i32Const(0);
    this.pushSupervisorTable(uop.open);
    f.localTee(this.tlb);
    f.store('i32.store', E.TLB_TABLE);
    this.loadPages();
  }

  /** A helper's call: a rare path, except for that of RDTSC. */
  override lowerCall(uop: Uop & { op: 'call' }): void {
    if (uop.helper === timeStampHelper) this.#readTimeStamp();
    else if (uop.helper === softwareInterruptHelper) this.#softwareInterrupt(uop.args[0]!);
    else {
      this.bail();
      if (!uop.result) return;
      // Never reached, but later micro-operations use it.
      const { type } = uop.result;
      if (type === 'i64') this.f.i64Const(0);
      else if (type === 'i32') this.f.i32Const(0);
      else throw new Error(`helpers do not give a ${type}`);
    }
    if (uop.result) this.define(uop.result);
  }
  /** Time may be the count of instructions, so that BUDGET must be exact. */
  #readTimeStamp(): void {
    const { f } = this;
    f.i32Const(0);
    this.pushBudget();
    f.i32Const(this.remaining);
    f.op('i32.add');
    f.store('i32.store', E.BUDGET);
    f.call(this.core.timeStamp);
  }
}
