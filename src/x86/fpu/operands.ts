// What happens to special operands before anything is computed: NaNs, unsupported encodings, denormals.
//
// Order of precedence (SDM volume 1, 4.9.2): invalid because of an unsupported encoding or a signalling NaN,
// then a quiet NaN operand (no exception), then other invalid operations and zero divide, then denormals.
//
// Sources: Intel SDM volume 1, table 4-7 (rules for NaNs), 8.5.1.2, 4.9.1.2.

import { type FloatEnvironment, NAN_RULE_SSE } from './environment.ts';
import { FLAG_DE, FLAG_IE } from './format.ts';
import {
  copy,
  DENORMAL,
  QUIET_NAN,
  SIGNALLING_NAN,
  setDefaultNan,
  UNSUPPORTED,
  type Unpacked,
} from './unpacked.ts';

/** Raises IE and delivers the default NaN. */
export function invalid(env: FloatEnvironment, out: Unpacked): void {
  env.flags |= FLAG_IE;
  setDefaultNan(out);
}

function deliverNan(out: Unpacked, from: Unpacked): void {
  copy(out, from);
  out.kind = QUIET_NAN;
  out.high = (out.high | 0x40000000) >>> 0;
}

/** The result of an operation on one operand that is a NaN or unsupported. */
export function propagateNan(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (a.kind === UNSUPPORTED) {
    invalid(env, out);
    return;
  }
  if (a.kind === SIGNALLING_NAN) env.flags |= FLAG_IE;
  deliverNan(out, a);
}

/** The result of an operation on two operands, at least one of which is a NaN or unsupported. */
export function propagateNans(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  if (a.kind === UNSUPPORTED || b.kind === UNSUPPORTED) {
    invalid(env, out);
    return;
  }
  if (a.kind === SIGNALLING_NAN || b.kind === SIGNALLING_NAN) env.flags |= FLAG_IE;
  if (a.kind < QUIET_NAN) deliverNan(out, b);
  else if (b.kind < QUIET_NAN || env.nanRule === NAN_RULE_SSE) deliverNan(out, a);
  else deliverNan(out, chooseX87(a, b));
}

/** Of two NaNs the x87 returns the quiet one; of two alike, that with the larger significand. */
function chooseX87(a: Unpacked, b: Unpacked): Unpacked {
  if (a.kind !== b.kind) return a.kind === QUIET_NAN ? a : b;
  if (a.high !== b.high) return a.high > b.high ? a : b;
  if (a.low !== b.low) return a.low > b.low ? a : b;
  return a.sign === 0 ? a : b;
}

/** Raises DE if the operand is a denormal; true if that exception is unmasked and stops the operation. */
export function denormalStops(env: FloatEnvironment, a: Unpacked): boolean {
  if (a.kind !== DENORMAL) return false;
  env.flags |= FLAG_DE;
  return (env.masks & FLAG_DE) === 0;
}

/** The same for two operands. */
export function denormalsStop(env: FloatEnvironment, a: Unpacked, b: Unpacked): boolean {
  if (a.kind !== DENORMAL && b.kind !== DENORMAL) return false;
  env.flags |= FLAG_DE;
  return (env.masks & FLAG_DE) === 0;
}
