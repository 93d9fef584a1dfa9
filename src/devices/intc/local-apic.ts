// Local APIC, xAPIC and x2APIC (Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller").
//
//   guest     4 KiB of MMIO (xAPIC) or MSRs 0x800..0x83F and IA32_TSC_DEADLINE (readMsr, writeMsr);
//             CR8 is `taskPriorityClass`; IA32_APIC_BASE belongs to the processor, which calls `setBase`
//   processor `interruptPending` and the wire `interruptRequest` say that INTR is up; `acknowledge`
//             gives the vector (from the 8259s where that is who asked)
//   wires     lint(0) from the 8259 pair, lint(1) from NMI; messages through the ApicBus
//
// While the APIC is disabled in IA32_APIC_BASE its pins are the processor's INTR and NMI.
// Delivery is immediate, so the delivery status bits read as idle. Not modelled: pin polarity, the
// illegal-register error, CMCI and thermal sources (their entries are stored), EOI-broadcast suppression.
import type { AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip } from '../chip.ts';
import { initialState, resetState, restoreState, saveState } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import type { ApicAgent, ApicBus } from './apic-bus.ts';
import {
  DELIVER_EXTINT,
  DELIVER_FIXED,
  DELIVER_INIT,
  DELIVER_LOWEST_PRIORITY,
  DELIVER_NMI,
  DELIVER_SMI,
  DELIVER_STARTUP,
} from './apic-bus.ts';
import { ApicTimer } from './apic-timer.ts';
import { commandMessage } from './interprocessor.ts';
import * as msr from './local-apic-msrs.ts';
import { LOCAL_APIC_REGISTERS, LVT_MASKS } from './local-apic-registers.ts';
import type { LocalApicState } from './local-apic-state.ts';
import {
  LVT_ERROR,
  LVT_LEVEL,
  LVT_LINT0,
  LVT_LINT1,
  LVT_MASK,
  LVT_REMOTE_IRR,
  LVT_TIMER,
  LOCAL_APIC_SHAPE as SHAPE,
} from './local-apic-state.ts';
import { clearVector, highestVector, setVector, testVector } from './vector-set.ts';

const SVR_ENABLE = 0x100;

const ESR_SEND_ILLEGAL_VECTOR = 1 << 5;
const ESR_RECEIVE_ILLEGAL_VECTOR = 1 << 6;

const BASE_X2APIC = 1 << 10;
const BASE_ENABLE = 1 << 11;

const NAME = 'local-apic';
const VERSION = 1;

/** The wires from a local APIC to its processor. */
export interface ApicProcessor {
  /** INTR: an interrupt can be taken (RFLAGS.IF permitting). Called on changes, and after a restore. */
  interruptRequest(level: boolean): void;
  nonMaskableInterrupt(): void;
  systemManagementInterrupt(): void;
  /** INIT: to the wait-for-SIPI state (the bootstrap processor restarts). The APIC has reset itself. */
  init(): void;
  /** Start-up IPI: begin at vector << 12, where the processor waits for it. */
  startup(vector: number): void;
}

export interface LocalApicOptions {
  /** APIC identifier; above 254 in x2APIC mode only. */
  readonly id: number;
  readonly bus: ApicBus;
  readonly clock: AlarmSource;
  readonly processor: ApicProcessor;
  /** INTA to the 8259 pair, which gives the vector. */
  readonly acknowledgeExternal: () => number;
  /** Bus clock that the timer divides, in Hz; 1 GHz unless given. */
  readonly busHertz?: number;
  /** Time (ns) at which the processor's time-stamp counter reaches a value; absent: no TSC-deadline mode. */
  readonly timeOfTsc?: (value: bigint) => number;
}

export class LocalApic implements Chip, ApicAgent {
  readonly id: number;
  readonly regions: readonly RegisterRegion[];
  readonly #bus: ApicBus;
  readonly #processor: ApicProcessor;
  readonly #acknowledgeExternal: () => number;
  readonly #timer: ApicTimer;
  readonly #state: LocalApicState = initialState(SHAPE);
  /** INTR as the processor last heard of it. */
  #requesting = false;

  constructor(options: LocalApicOptions) {
    this.id = options.id;
    this.#bus = options.bus;
    this.#processor = options.processor;
    this.#acknowledgeExternal = options.acknowledgeExternal;
    this.#timer = new ApicTimer({
      clock: options.clock,
      busHertz: options.busHertz ?? 1_000_000_000,
      timeOfTsc: options.timeOfTsc,
      state: () => this.#state.timer,
      unmasked: () => (this.#state.lvt[LVT_TIMER]! & LVT_MASK) === 0,
      interrupt: () => this.accept(DELIVER_FIXED, this.#state.lvt[LVT_TIMER]! & 0xff, false),
    });
    this.#state.lvt.fill(LVT_MASK);
    this.#bus.attach(this);
    this.regions = [this.#mmio()];
  }

  // The processor's side.

  /** Whether `acknowledge` would give a vector now. */
  get interruptPending(): boolean {
    return this.pendingVector() >= 0 || this.#externalPending();
  }

  /** The vector that the APIC itself would deliver now, or -1 (the 8259s may ask all the same). */
  pendingVector(): number {
    const vector = highestVector(this.#state.requests);
    return vector >= 0 && vector >> 4 > this.processorPriority >> 4 ? vector : -1;
  }

  /** INTA: the vector to deliver; the spurious vector where nothing is left to deliver. */
  acknowledge(): number {
    const s = this.#state;
    let vector = this.pendingVector();
    if (vector >= 0) {
      clearVector(s.requests, vector);
      setVector(s.inService, vector);
    } else if (this.#externalPending()) {
      s.externalLatched = false;
      vector = this.#acknowledgeExternal();
    } else vector = s.spurious & 0xff;
    this.#update();
    return vector;
  }

  /** CR8: bits 7:4 of the task priority. */
  get taskPriorityClass(): number {
    return this.#state.taskPriority >> 4;
  }

  set taskPriorityClass(value: number) {
    this.taskPriority = (value & 15) << 4;
  }

  /** The low half of IA32_APIC_BASE after each change: enable (bit 11), x2APIC (bit 10). */
  setBase(low: number): void {
    const s = this.#state;
    const mode = ((low & BASE_ENABLE) !== 0 ? 2 : 0) | ((low & BASE_X2APIC) !== 0 ? 1 : 0);
    if (mode === s.mode) return;
    if (mode < 2) this.#powerOn();
    s.mode = mode < 2 ? 0 : mode;
    this.#update();
  }

  get enabled(): boolean {
    return this.#state.mode >= 2;
  }

  get x2apic(): boolean {
    return this.#state.mode === 3;
  }

  /** RDMSR of 0x800..0x83F or IA32_TSC_DEADLINE (0x6E0); undefined: #GP. */
  readMsr(index: number): bigint | undefined {
    return msr.readMsr(this, index);
  }

  /** WRMSR of the same; false: #GP. */
  writeMsr(index: number, value: bigint): boolean {
    return msr.writeMsr(this, index, value);
  }

  /** The time-stamp counter has been written: deadlines in its terms move. */
  timeStampCounterChanged(): void {
    this.#timer.schedule();
  }

  /** As firmware leaves the bootstrap processor's APIC: enabled, LINT0 from the 8259s, LINT1 NMI. */
  enterVirtualWireMode(): void {
    this.spurious = SVR_ENABLE | 0xff;
    this.writeLvt(LVT_LINT0, DELIVER_EXTINT << 8);
    this.writeLvt(LVT_LINT1, DELIVER_NMI << 8);
  }

  // Wires and the bus.

  /** Pin LINT0 (INTR) or LINT1 (NMI). */
  lint(pin: 0 | 1): IrqLine {
    return { set: (level) => this.#setLint(pin, level) };
  }

  get accepting(): boolean {
    return this.enabled && (this.#state.spurious & SVR_ENABLE) !== 0;
  }

  matches(destination: number, mode: 'physical' | 'logical'): boolean {
    if (mode === 'physical') return destination === this.id;
    const own = this.logicalDestination;
    if (this.x2apic) return destination >>> 16 === own >>> 16 && (destination & own & 0xffff) !== 0;
    if (destination > 0xff) return false;
    if (this.#state.destinationFormat >>> 28 === 0xf) return (destination & (own >>> 24)) !== 0;
    const cluster = destination >> 4;
    return (cluster === 0xf || cluster === own >>> 28) && (destination & (own >>> 24) & 0xf) !== 0;
  }

  accept(deliveryMode: number, vector: number, levelTriggered: boolean): boolean {
    switch (deliveryMode) {
      case DELIVER_FIXED:
      case DELIVER_LOWEST_PRIORITY:
        return this.#acceptVector(vector, levelTriggered);
      case DELIVER_SMI:
        this.#processor.systemManagementInterrupt();
        break;
      case DELIVER_NMI:
        this.#processor.nonMaskableInterrupt();
        break;
      case DELIVER_INIT:
        this.init();
        this.#processor.init();
        break;
      case DELIVER_STARTUP:
        this.#processor.startup(vector);
        break;
      case DELIVER_EXTINT:
        this.#state.externalLatched = true;
        this.#update();
        break;
      default: // reserved
    }
    return true;
  }

  /** INIT, as a message or the processor's pin: as a reset, but the mode stays. */
  init(): void {
    this.#powerOn();
    this.#update();
  }

  // Chip.

  reset(): void {
    this.#powerOn();
    this.#state.mode = 2;
    this.#update();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#timer.restoreAlarm();
    this.#requesting = this.interruptPending;
    this.#processor.interruptRequest(this.#requesting);
  }

  // What the register table calls.

  get state(): Readonly<LocalApicState> {
    return this.#state;
  }

  get timer(): ApicTimer {
    return this.#timer;
  }

  get taskPriority(): number {
    return this.#state.taskPriority;
  }

  set taskPriority(value: number) {
    this.#state.taskPriority = value & 0xff;
    this.#update();
  }

  /** PPR: the task priority, or the class in service where that is higher. */
  get processorPriority(): number {
    const { taskPriority } = this.#state;
    const serving = Math.max(highestVector(this.#state.inService), 0);
    return taskPriority >> 4 >= serving >> 4 ? taskPriority : serving & 0xf0;
  }

  get logicalDestination(): number {
    if (!this.x2apic) return this.#state.logicalDestination;
    return (((this.id >>> 4) << 16) | (1 << (this.id & 15))) >>> 0;
  }

  set logicalDestination(value: number) {
    this.#state.logicalDestination = (value & 0xff00_0000) >>> 0;
  }

  set destinationFormat(value: number) {
    this.#state.destinationFormat = (value | 0x0fff_ffff) >>> 0;
  }

  set spurious(value: number) {
    const s = this.#state;
    const accepted = this.accepting;
    s.spurious = value & 0x1ff;
    if ((value & SVR_ENABLE) !== 0) {
      if (!accepted && this.accepting) this.#bus.retry();
      return;
    }
    // Software-disabled: every entry is masked, and stays so.
    this.#timer.catchUp();
    for (let index = 0; index < s.lvt.length; index++) s.lvt[index]! |= LVT_MASK;
    this.#timer.schedule();
    this.#update();
  }

  endOfInterrupt(): void {
    const s = this.#state;
    const vector = highestVector(s.inService);
    if (vector < 0) return;
    clearVector(s.inService, vector);
    if (testVector(s.triggerMode, vector)) {
      this.#bus.endOfInterrupt(vector);
      this.#endOfLint(LVT_LINT0, vector);
      this.#endOfLint(LVT_LINT1, vector);
    }
    this.#update();
  }

  /** A write to ESR shows the errors since the last one. */
  latchErrors(): void {
    this.#state.errors = this.#state.pendingErrors;
    this.#state.pendingErrors = 0;
  }

  writeLvt(index: number, value: number): void {
    const s = this.#state;
    if (index === LVT_TIMER) this.#timer.catchUp();
    const mask = LVT_MASKS[index]!;
    let entry = (s.lvt[index]! & LVT_REMOTE_IRR & ~mask) | (value & mask);
    if ((s.spurious & SVR_ENABLE) === 0) entry |= LVT_MASK;
    if ((entry & LVT_LEVEL) === 0) entry &= ~LVT_REMOTE_IRR;
    s.lvt[index] = entry;
    if (index === LVT_TIMER) this.#timer.setMode(this.#timerMode(entry));
    else if (index === LVT_LINT0 || index === LVT_LINT1) this.#serviceLintLevel(index);
    this.#update();
  }

  writeCommandHigh(value: number): void {
    this.#state.commandHigh = value;
  }

  /** A write to the low half of ICR sends the interprocessor interrupt. */
  writeCommandLow(value: number): void {
    const s = this.#state;
    s.commandLow = (value & 0x000c_cfff) >>> 0;
    const command = commandMessage(s.commandHigh, value, this.x2apic ? 'x2apic' : 'xapic');
    if (command === 'illegal vector') this.#error(ESR_SEND_ILLEGAL_VECTOR);
    else if (command === 'nothing') return;
    else if (command.to === 'self') this.accept(command.message.deliveryMode, command.message.vector, false);
    else this.#bus.deliver(command.message, command.to === 'others' ? this : undefined);
  }

  sendSelf(vector: number): void {
    if (vector < 16) this.#error(ESR_SEND_ILLEGAL_VECTOR);
    else this.accept(DELIVER_FIXED, vector, false);
  }

  #mmio(): RegisterRegion {
    const region = registerRegion('local-apic', 0x1000, LOCAL_APIC_REGISTERS, this as LocalApic, {
      unclaimed: 0,
      wholeWritesOnly: true,
    });
    return {
      ...region,
      read: (offset, width) =>
        this.#state.mode === 2 ? region.read(offset, width) : 0xffff_ffff >>> (32 - 8 * width),
      write: (offset, width, value) => {
        if (this.#state.mode === 2) region.write(offset, width, value);
      },
    };
  }

  /** Everything but identity, base and the levels on the pins. */
  #powerOn(): void {
    resetState(SHAPE, this.#state, ['mode', 'lint']);
    this.#state.lvt.fill(LVT_MASK);
    this.#timer.schedule();
  }

  #timerMode(entry: number): number {
    const mode = (entry >> 17) & 3;
    return mode >= 2 && !this.#timer.supportsTscDeadline ? 0 : mode;
  }

  /** False while the APIC is switched off. */
  #acceptVector(vector: number, levelTriggered: boolean): boolean {
    const s = this.#state;
    if (!this.accepting) return false;
    if (vector < 16) {
      this.#error(ESR_RECEIVE_ILLEGAL_VECTOR);
      return true;
    }
    setVector(s.requests, vector);
    if (levelTriggered) setVector(s.triggerMode, vector);
    else clearVector(s.triggerMode, vector);
    this.#update();
    return true;
  }

  #error(bit: number): void {
    const s = this.#state;
    const isNew = (s.pendingErrors & bit) === 0;
    s.pendingErrors |= bit;
    const entry = s.lvt[LVT_ERROR]!;
    // An illegal vector in the error entry itself would raise errors without end.
    if (isNew && (entry & LVT_MASK) === 0 && (entry & 0xff) >= 16) {
      this.#acceptVector(entry & 0xff, false);
    }
  }

  #setLint(pin: 0 | 1, level: boolean): void {
    const s = this.#state;
    const bit = 1 << pin;
    const rises = level && (s.lint & bit) === 0;
    s.lint = level ? s.lint | bit : s.lint & ~bit;
    const index = pin === 0 ? LVT_LINT0 : LVT_LINT1;
    const entry = s.lvt[index]!;
    if (!this.enabled) {
      if (pin === 1 && rises) this.#processor.nonMaskableInterrupt();
    } else if (this.#isLevelSensitive(entry)) this.#serviceLintLevel(index);
    else if (rises && (entry & LVT_MASK) === 0) {
      const deliveryMode = (entry >> 8) & 7;
      // ExtINT follows the level, in #externalPending.
      if (deliveryMode !== DELIVER_EXTINT) this.accept(deliveryMode, entry & 0xff, false);
    }
    this.#update();
  }

  /** The trigger bit counts in fixed mode only; NMI, SMI and INIT are edges, ExtINT is a level. */
  #isLevelSensitive(entry: number): boolean {
    return (entry & LVT_LEVEL) !== 0 && ((entry >> 8) & 7) === DELIVER_FIXED;
  }

  #serviceLintLevel(index: number): void {
    const s = this.#state;
    const entry = s.lvt[index]!;
    const high = (s.lint & (index === LVT_LINT0 ? 1 : 2)) !== 0;
    if (!high || !this.accepting || !this.#isLevelSensitive(entry)) return;
    if ((entry & (LVT_MASK | LVT_REMOTE_IRR)) !== 0) return;
    s.lvt[index] = entry | LVT_REMOTE_IRR;
    this.#acceptVector(entry & 0xff, true);
  }

  #endOfLint(index: number, vector: number): void {
    const entry = this.#state.lvt[index]!;
    if (!this.#isLevelSensitive(entry) || (entry & 0xff) !== vector) return;
    this.#state.lvt[index] = entry & ~LVT_REMOTE_IRR;
    this.#serviceLintLevel(index);
  }

  /** Whether the 8259s' INTR reaches the processor now. */
  #externalPending(): boolean {
    const s = this.#state;
    if (s.externalLatched) return true;
    if ((s.lint & 1) === 0) return false;
    const entry = s.lvt[LVT_LINT0]!;
    return !this.enabled || ((entry & LVT_MASK) === 0 && ((entry >> 8) & 7) === DELIVER_EXTINT);
  }

  #update(): void {
    const requesting = this.interruptPending;
    if (requesting === this.#requesting) return;
    this.#requesting = requesting;
    this.#processor.interruptRequest(requesting);
  }
}
