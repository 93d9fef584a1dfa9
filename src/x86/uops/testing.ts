// For tests of micro-operations: a form made by hand, so that neither decoder nor tables take part.
import type { Form, Instruction, Operand } from '../decode/instruction.ts';
import { MODE_KEY_64, modeFromKey } from '../decode/mode.ts';
import * as L from '../state/layout.ts';

/** A 64-bit-mode form with the given operands. */
export function testForm(operands: readonly Operand[] = [], modeKey = MODE_KEY_64): Form {
  const mode = modeFromKey(modeKey);
  return {
    id: -1,
    mnemonic: 'TEST_FORM',
    operands,
    operandSize: mode.bits,
    addressSize: mode.bits,
    condition: -1,
    repeat: 'none',
    lock: false,
    segment: mode.bits === 64 ? 'flat' : 'checked',
    segmentIsStack: false,
    mode,
  };
}

/** An instruction of that form, four bytes long, with fields that name RAX, RCX and RDX. */
export function testInstruction(form: Form, fields: Partial<Instruction> = {}): Instruction {
  return {
    form,
    length: 4,
    r0: L.GPR,
    r1: L.GPR + 8 * L.RCX,
    r2: L.GPR + 8 * L.RDX,
    base: L.ZERO,
    index: L.ZERO,
    scale: 0,
    seg: L.SEGMENT + L.DS * L.SEGMENT_SIZE,
    disp: 0,
    imm: 0n,
    imm2: 0,
    ...fields,
  };
}
