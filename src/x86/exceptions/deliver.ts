// Delivery of exceptions and interrupts (SDM 3A chapter 6): which handler an event reaches in each
// mode is in real-mode.ts, protected-mode.ts and long-mode.ts; here are the rules that join them:
// faults during delivery, double and triple faults (tables 6-4 and 6-5), RF, DR7.GD, NMI blocking.
//
// Protocol: RIP in the state is the address to push (the faulting instruction for a fault, the next
// one for a trap, an interrupt or INT n). CR2 has been set by whoever found the page fault, DR6 by
// recordDebugEvent. A delivery that fails leaves registers as they were.
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { ACTIVITY_RUNNING, ACTIVITY_SHUTDOWN, type CpuState, FLAG_RF } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import type { EventKind } from './event-kind.ts';
import { DB, DF, GuestFault, PF } from './fault.ts';
import { enterLongMode } from './long-mode.ts';
import { enterProtectedMode } from './protected-mode.ts';
import { enterRealMode } from './real-mode.ts';

const NAMES: Readonly<Record<number, string>> = {
  0: '#DE divide error', 1: '#DB debug', 2: 'NMI', 3: '#BP breakpoint', 4: '#OF overflow', 5: '#BR bound range',
  6: '#UD invalid opcode', 7: '#NM device not available', 8: '#DF double fault', 10: '#TS invalid TSS',
  11: '#NP segment not present', 12: '#SS stack fault', 13: '#GP general protection', 14: '#PF page fault',
  16: '#MF x87 error', 17: '#AC alignment check', 18: '#MC machine check', 19: '#XM SIMD error',
}; // biome-ignore format: a table, several a line

/** A vector as a person reads it: "#GP general protection (error code 10h)". */
export function describeEvent(vector: number, errorCode = -1): string {
  const name = NAMES[vector] ?? `vector ${vector}`;
  return errorCode > 0 ? `${name} (error code ${errorCode.toString(16).toUpperCase()}h)` : name;
}

/**
 * Enters the handler of one event through the IVT or IDT. Throws GuestFault when that faults; nothing
 * but memory below the stack pointer has changed then. `errorCode` -1: none is pushed.
 */
export function enterHandler(cpu: Cpu, vector: number, errorCode: number, kind: EventKind): void {
  const state = cpu.state;
  const software = kind === 'software' || kind === 'softwareException';
  if (cpu.enterGate?.(vector, errorCode, software)) return;
  if ((state.cr0 & C.CR0_PE) === 0) enterRealMode(cpu, vector);
  else if ((state.efer & C.EFER_LMA) !== 0) enterLongMode(cpu, vector, errorCode, kind);
  else enterProtectedMode(cpu, vector, errorCode, kind);
}

/**
 * Delivers an exception. Returns null, or the cause (a sentence for a person) when it ends in a triple
 * fault: the processor is in the shutdown state then.
 */
export function deliverException(cpu: Cpu, fault: GuestFault): string | null {
  return deliver(cpu, fault.vector, fault.errorCode, 'exception');
}

/**
 * Delivers an interrupt between instructions (external, NMI), with the same result as deliverException.
 * INT n and its relatives go through enterHandler, from their own meaning.
 */
export function deliverInterrupt(cpu: Cpu, vector: number, kind: EventKind = 'external'): string | null {
  return deliver(cpu, vector, -1, kind);
}

function deliver(cpu: Cpu, firstVector: number, firstCode: number, firstKind: EventKind): string | null {
  const state = cpu.state;
  let vector = firstVector;
  let errorCode = firstCode;
  let kind = firstKind;
  let history = '';
  // A delivery can fail a few times in a row (benign first, then contributory, then double fault).
  for (let attempt = 0; attempt < 8; attempt++) {
    setResumeFlag(state, vector, kind);
    try {
      enterHandler(cpu, vector, errorCode, kind);
      afterDelivery(state, vector, kind);
      return null;
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      history += `${history === '' ? '' : ', then '}${describeEvent(vector, errorCode)}`;
      const next = combine(kind === 'exception' ? vector : -1, error.vector);
      if (next < 0) {
        history += `, then ${describeEvent(error.vector, error.errorCode)}`;
        break;
      }
      vector = next;
      errorCode = next === DF ? 0 : error.errorCode;
      kind = 'exception';
    }
  }
  state.set32(L.ACTIVITY, ACTIVITY_SHUTDOWN);
  return `triple fault: ${history}`;
}

const BENIGN = 0;
const CONTRIBUTORY = 1;
const PAGE = 2;

function classOf(vector: number): number {
  if (vector === PF) return PAGE;
  return vector === 0 || (vector >= 10 && vector <= 13) ? CONTRIBUTORY : BENIGN;
}

/** Vector to deliver after `second` arose while delivering `first` (-1: an interrupt); -1 for a triple fault. */
export function combine(first: number, second: number): number {
  if (first === DF) return -1;
  const a = first < 0 ? BENIGN : classOf(first);
  const b = classOf(second);
  if (a === CONTRIBUTORY && b === CONTRIBUTORY) return DF;
  if (a === PAGE && b !== BENIGN) return DF;
  return second;
}

/**
 * RF in the pushed flags (SDM 3B 17.3.1.1): set for faults, so that an instruction breakpoint does not
 * hit again on return; clear for traps, #DB (whose handler sets it itself) and interrupts.
 */
function setResumeFlag(state: CpuState, vector: number, kind: EventKind): void {
  if (kind !== 'exception' || vector === DB || vector === DF) return;
  state.u32[L.FLAGS >> 2]! |= FLAG_RF;
}

function afterDelivery(state: CpuState, vector: number, kind: EventKind): void {
  state.u32[L.FLAGS >> 2]! &= ~FLAG_RF;
  if (kind === 'exception' && vector === DB) state.u32[(L.DR + 7 * 8) >> 2]! &= ~(1 << 13);
  if (kind === 'nmi') state.set32(L.NMI_BLOCKED, 1);
  state.set32(L.SHADOW, 0);
  // A debug trap after HLT wakes the processor, as interrupts do.
  state.set32(L.ACTIVITY, ACTIVITY_RUNNING);
}
