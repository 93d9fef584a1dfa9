// Guesses where a computed jump leads. Where it looks like the jump of a switch statement or of an
// interpreter's dispatch, its targets are places near it at which control has arrived though nothing
// known leads there. A wrong guess costs a comparison and some code that never runs; never correctness,
// since the address is compared.
import type { CodeInstruction, GuestCode } from './guest-code.ts';
import { pageOf } from './guest-code.ts';

/** How far from the jump its targets may lie, in bytes. */
const REACH_BACK = 2048;
const REACH_FORWARD = 6144;

/** Instructions before the jump among which the address is made. */
const LOOK_BACK = 6;

/** Their first operand is not where they write. */
const ONLY_READING = new Set(['CMP', 'TEST', 'BT', 'PUSH']);

/**
 * Whether a computed JMP looks like that of a switch, or a CALL like that of a table of functions: through a table, [base + index * scale], or through
 * a register that was loaded from one or added up. `before` are the instructions that run before it, the
 * latest last.
 */
export function looksLikeSwitch(jump: CodeInstruction, before: readonly CodeInstruction[]): boolean {
  const operand = jump.instruction.form.operands[0];
  if (operand?.kind === 'mem') return operand.shape === 'baseIndex' || hasTable(jump);
  if (operand?.kind !== 'gpr') return false;
  for (const { instruction } of before.slice(-LOOK_BACK).reverse()) {
    const { form, r0 } = instruction;
    const [to, from] = form.operands;
    if (to?.kind !== 'gpr' || r0 !== jump.instruction.r0 || ONLY_READING.has(form.mnemonic)) continue;
    if (form.mnemonic === 'ADD') return true;
    return form.mnemonic.startsWith('MOV') && from?.kind === 'mem' && from.shape === 'baseIndex';
  }
  return false;
}

/** jmp [table + index * scale] without a base. */
function hasTable({ instruction }: CodeInstruction): boolean {
  return instruction.scale > 0;
}

/**
 * Places near a computed jump at which control has arrived, the nearest first, as far as its function seems
 * to reach; without those that look like return sites.
 */
export function switchCandidates(jump: CodeInstruction, code: GuestCode): number[] {
  const first = jump.offset - REACH_BACK;
  const last = jump.offset + REACH_FORWARD;
  const before: number[] = [];
  const after: number[] = [];
  for (let index = pageOf(first); index <= pageOf(last); index++) {
    if (code.page(index) === null) continue;
    for (const offset of code.view.leaders(index)) {
      if (offset < first || offset > last) continue;
      const begins = beginsFunction(code, offset);
      if (begins && offset > jump.offset) return nearestFirst(jump.offset, before, after);
      if (begins) before.length = 0;
      else if (!followsCall(code, offset)) (offset > jump.offset ? after : before).push(offset);
    }
  }
  return nearestFirst(jump.offset, before, after);
}

function nearestFirst(jump: number, before: readonly number[], after: readonly number[]): number[] {
  return [...before, ...after].sort((a, b) => Math.abs(a - jump) - Math.abs(b - jump));
}

/** The byte at an offset; -1 where there is none. */
function byteAt(code: GuestCode, offset: number): number {
  const index = pageOf(offset);
  return code.page(index)?.bytes[offset - 4096 * index] ?? -1;
}

/** Whether the bytes before an offset can be a near CALL: the place is where it returns to. */
export function followsCall(code: GuestCode, offset: number): boolean {
  if (byteAt(code, offset - 5) === 0xe8) return true; // CALL rel32
  // CALL r/m: FF /2, of 2 to 7 bytes.
  const lengths = [2, 3, 4, 6, 7];
  return lengths.some((length) => {
    if (byteAt(code, offset - length) !== 0xff) return false;
    const modRm = byteAt(code, offset - length + 1);
    return ((modRm >> 3) & 7) === 2 && length === callLength(modRm);
  });
}

/** Length of FF with this ModRM byte (32-bit addressing; a SIB byte's own displacement aside). */
function callLength(modRm: number): number {
  const mod = modRm >> 6;
  const rm = modRm & 7;
  if (mod === 3) return 2;
  const sib = rm === 4 ? 1 : 0;
  if (mod === 0) return rm === 5 ? 6 : 2 + sib;
  return (mod === 1 ? 3 : 6) + sib;
}

/** PUSH of the registers that functions save: rBX, rBP, rSI, rDI. */
const SAVING = new Set([0x53, 0x55, 0x56, 0x57]);

/**
 * Whether the code at an offset looks like the beginning of a function: ENDBR64 or ENDBR32, or on a
 * boundary of 16 bytes PUSH of a register that functions save, or SUB RSP, imm. (In 32-bit code SUB ESP
 * begins a call's arguments as well.)
 */
function beginsFunction(code: GuestCode, offset: number): boolean {
  const first = byteAt(code, offset);
  if (first === 0xf3) return byteAt(code, offset + 1) === 0x0f && byteAt(code, offset + 2) === 0x1e;
  if ((offset & 15) !== 0) return false;
  if (SAVING.has(first)) return true;
  const second = byteAt(code, offset + 1);
  // R12 to R15
  if (first === 0x41) return second >= 0x54 && second <= 0x57;
  return first === 0x48 && (second === 0x83 || second === 0x81) && byteAt(code, offset + 2) === 0xec;
}
