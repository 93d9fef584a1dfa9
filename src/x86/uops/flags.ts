// The status flags as TypeScript computes them: for the reference evaluator, tests and debuggers.
// Generated code does the same with the representation of layout.ts (FLAG_RESULT, FLAG_AUX).
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { FLAG_CF, FLAG_OF, FLAG_PF, FLAG_SF, FLAG_ZF } from './ir.ts';

/** Flags of result = a + b (+ carry), a - b (- borrow), or of a logical result; as `flagsArith` of ir.ts. */
export function setArithmeticFlags(
  state: CpuState,
  kind: 'add' | 'sub' | 'logic',
  bits: 8 | 16 | 32 | 64,
  result: bigint,
  a: bigint,
  b: bigint,
  keepCarry: boolean,
): void {
  // Bit i of the vector is the carry (borrow) out of bit i.
  let carries = 0n;
  if (kind === 'add') carries = (a & b) | ((a | b) & ~result);
  if (kind === 'sub') carries = (~a & b) | ((~a | b) & result);
  const out = Number((carries >> BigInt(bits - 1)) & 1n);
  const into = Number((carries >> BigInt(bits - 2)) & 1n);
  const auxiliary = Number((carries >> 3n) & 1n);
  // CF and CF xor OF, the latter being the carry into the sign bit.
  const overflow = out ^ into;
  const carry = keepCarry ? state.statusFlags & FLAG_CF : out;
  state.set64(L.FLAG_RESULT, BigInt.asUintN(64, BigInt.asIntN(bits, result)));
  state.set32(L.FLAG_AUX, ((carry << 31) | ((carry ^ overflow) << 30) | (auxiliary << 3)) >>> 0);
}

/** Condition codes 0..15 as in Jcc (SDM 1 appendix B), of status flags in RFLAGS format. */
export function conditionHolds(code: number, flags: number): boolean {
  const signDiffers = ((flags & FLAG_SF) !== 0) !== ((flags & FLAG_OF) !== 0);
  let holds: boolean;
  switch (code >> 1) {
    case 0:
      holds = (flags & FLAG_OF) !== 0;
      break;
    case 1:
      holds = (flags & FLAG_CF) !== 0;
      break;
    case 2:
      holds = (flags & FLAG_ZF) !== 0;
      break;
    case 3:
      holds = (flags & (FLAG_CF | FLAG_ZF)) !== 0;
      break;
    case 4:
      holds = (flags & FLAG_SF) !== 0;
      break;
    case 5:
      holds = (flags & FLAG_PF) !== 0;
      break;
    case 6:
      holds = signDiffers;
      break;
    default:
      holds = signDiffers || (flags & FLAG_ZF) !== 0;
  }
  return holds !== ((code & 1) === 1);
}
