// What the meanings of x87 instructions have in common: the checks at the beginning, the instruction and
// operand pointers, and 80-bit memory operands.
//
// Sources: Intel SDM volume 1, 8.1.8 (pointers), 8.7 (pending exceptions); volume 3A, 2.5 (CR0.EM, TS, MP).
//
// Not modelled: FERR# and IRQ13. An unmasked exception raises #MF at the next waiting instruction, whatever
// CR0.NE says. The opcode register (FOP) is not updated.
import { MF } from '../exceptions/fault.ts';
import * as L from '../state/layout.ts';
import type { Builder, MemoryReference } from '../uops/builder.ts';
import type { I32, I64 } from '../uops/ir.ts';

const FSW_ES = 0x80;

/** #NM by CR0, then #MF if an exception is pending. */
export function waiting(b: Builder): void {
  b.requireUnit('x87');
  b.faultIf(b.and(b.get(32, L.FSW), FSW_ES), MF);
}

/** Keeps the instruction pointer (and CS outside 64-bit mode), as all but control instructions do. */
export function keepInstructionPointer(b: Builder): void {
  b.set(64, L.FIP, b.rip('current'));
  if (b.form.mode.bits !== 64) {
    b.set(32, L.FCS, b.get(32, L.SEGMENT + L.CS * L.SEGMENT_SIZE + L.SEGMENT_SELECTOR));
  }
}

/** Keeps the operand pointer (and its segment outside 64-bit mode). */
export function keepOperandPointer(b: Builder, reference: MemoryReference): void {
  b.set(64, L.FDP, reference.offset);
  if (b.form.mode.bits !== 64) b.set(32, L.FDS, b.getAt(32, reference.record));
}

/** The linear address of the second part of an operand, `bytes` bytes further. */
export function further(b: Builder, address: I64, bytes: number): I64 {
  const sum = b.add(address, bytes);
  return b.form.mode.bits === 64 ? sum : b.truncate(32, sum);
}

/** An 80-bit operand: significand, and sign and exponent (or the digits of a packed decimal). */
export interface Extended {
  readonly significand: I64;
  readonly exponent: I32;
}

/** Loads 80 bits; with write intent the returned `store` cannot fault. */
export function loadExtended(
  b: Builder,
  reference: MemoryReference,
  intent: 'read' | 'write',
): Extended & { store: (value: Extended) => void } {
  const address = b.linear(reference, 10, intent);
  const upper = further(b, address, 8);
  return {
    significand: b.loadLinear(64, address, intent, reference.stack) as I64,
    exponent: b.loadLinear(16, upper, intent, reference.stack) as I32,
    store: (value) => {
      b.storeLinear(64, address, value.significand, reference.stack);
      b.storeLinear(16, upper, value.exponent, reference.stack);
    },
  };
}
