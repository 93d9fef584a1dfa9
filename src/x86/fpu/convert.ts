// Conversion between floating-point formats: FLD and FST of 32 and 64 bits, CVTSS2SD, CVTSD2SS.
//
// Sources: Intel SDM volume 2, FLD, FST, CVTSS2SD, CVTSD2SS; volume 1, 8.5.1.2.

import type { FloatEnvironment } from './environment.ts';
import { FLAG_OE, FLAG_PE, FLAG_UE, type Format } from './format.ts';
import { denormalStops, propagateNan } from './operands.ts';
import { roundInto } from './round.ts';
import { copy, INFINITY, QUIET_NAN, type Unpacked, ZERO } from './unpacked.ts';

/** out = a, rounded to the environment's format; a denormal operand raises DE, a signalling NaN IE. */
export function convert(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN) propagateNan(env, a, out);
  else if (denormalStops(env, a)) return;
  else roundFinite(env, a, out);
}

/**
 * out = a, rounded to `format` for a store to memory (FST m32 and m64): no DE, and unmasked overflow and
 * underflow give no result at all (see environment.ts).
 */
export function convertForStore(env: FloatEnvironment, a: Unpacked, format: Format, out: Unpacked): void {
  if (a.kind >= QUIET_NAN) {
    propagateNan(env, a, out);
    return;
  }
  const saved = env.format;
  env.format = format;
  env.adjustBias = false;
  roundFinite(env, a, out);
  env.adjustBias = true;
  env.format = saved;
  if (env.flags & ~env.masks & (FLAG_OE | FLAG_UE)) {
    // Nothing is stored, so nothing was rounded.
    env.flags &= ~FLAG_PE;
    env.roundedUp = false;
  }
}

function roundFinite(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (a.kind === ZERO || a.kind === INFINITY) copy(out, a);
  else roundInto(env, out, a.sign, a.exponent, a.high, a.low, 0);
}
