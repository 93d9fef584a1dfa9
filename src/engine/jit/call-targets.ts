// Guesses where a CALL through a table of functions leads: to functions near it that ran. As with the
// targets of a switch (switch-targets.ts), a wrong guess only costs code.
import type { Activation } from './activation.ts';
import type { Functions } from './functions.ts';
import { type CodeInstruction, type GuestCode, pageOf } from './guest-code.ts';
import { followsCall } from './switch-targets.ts';

/** How far from the call its functions may begin, in bytes. */
const REACH = 4096;

/**
 * Beginnings of functions around a computed CALL, the nearest first: places on a boundary of 16 bytes at
 * which control has arrived, that belong neither to the caller nor to a function before them.
 */
export function calleeCandidates(
  { instructions }: Activation,
  call: CodeInstruction,
  code: GuestCode,
  functions: Functions,
): number[] {
  const candidates: number[] = [];
  for (let index = pageOf(call.offset - REACH); index <= pageOf(call.offset + REACH); index++) {
    if (code.page(index) === null) continue;
    for (const offset of code.view.leaders(index)) {
      if ((offset & 15) !== 0 || Math.abs(offset - call.offset) > REACH) continue;
      if (instructions.has(offset) || followsCall(code, offset)) continue;
      const before = candidates.at(-1);
      if (before === undefined || !functions.at(before).code.has(offset)) candidates.push(offset);
    }
  }
  return candidates
    .filter((offset) => !functions.at(offset).code.has(call.offset))
    .sort((a, b) => Math.abs(a - call.offset) - Math.abs(b - call.offset));
}
