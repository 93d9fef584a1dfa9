// How meanings of x87 instructions use routines: the short way where it is open, else a helper.
import type { Builder } from '../uops/builder.ts';
import type { I32, Value } from '../uops/ir.ts';
import type { Routine } from '../uops/routine.ts';
import { waiting } from './x87-common.ts';

/** Tries a routine that writes the state, or does it slowly. The instruction's checks have been made. */
export function attemptChecked(
  b: Builder,
  routine: Routine,
  args: readonly Value[],
  slowly: () => void,
): void {
  const done = b.routine(routine, ...args) as I32;
  b.if(done, () => {}, slowly);
}

/** Likewise where nothing precedes the checks: routines make them too, so they are made only where one gives up. */
export function attempt(b: Builder, routine: Routine, args: readonly Value[], slowly: () => void): void {
  attemptChecked(b, routine, args, () => {
    waiting(b);
    slowly();
  });
}
