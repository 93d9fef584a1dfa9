// One program of events, run in one piece by the reference engine and cut in several ways by both.
import type { Exit } from '../../src/engine/vcpu.ts';
import { FLAG_IF } from '../../src/x86/state/cpu-state.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { type EventCase, loadEventCase, makeEventCase, WAKE_VECTOR } from './event-program.ts';
import { type Pair, type Pieces, runUntil, type TortureMachine, WHOLE } from './pair.ts';

const LIMIT = 30_000;

/** To the program's end (HLT with interrupts off), with the interrupts from outside; other HLTs are woken up. */
export function runEvents(machine: TortureMachine, { schedule }: EventCase, pieces: Pieces): Exit {
  let next = 0;
  while (machine.retired < LIMIT) {
    const due = schedule[next];
    const exit = runUntil(machine, due ? Math.min(due.at, LIMIT) : LIMIT, pieces);
    if (exit.reason === 'Hlt') {
      if ((machine.vcpu.state.rflags & FLAG_IF) === 0) return exit;
      machine.vectors.push(WAKE_VECTOR);
    } else if (exit.reason !== 'Interrupted') return exit;
    while (next < schedule.length && schedule[next]!.at <= machine.retired) {
      const { vector } = schedule[next++]!;
      if (vector === 2) machine.vcpu.raiseNmi();
      else machine.vectors.push(vector);
    }
  }
  return { reason: 'Interrupted' };
}

export function runEventCase(
  pair: Pair,
  random: Random,
  number: number,
): { differences: string[]; retired: number; ended: boolean } {
  const item = makeEventCase(random, 20 + random.below(number % 5 === 0 ? 400 : 80));
  const cut: Pieces = () => 1 + random.below(200);
  const runs: [Pieces, Pieces][] = [
    [WHOLE, WHOLE],
    [WHOLE, cut],
    [WHOLE, () => 1],
    [cut, () => 65 + random.below(20)],
  ];
  for (const [i, [one, other]] of runs.entries()) {
    pair.load((machine) => loadEventCase(machine, item));
    const a = runEvents(pair.oracle, item, one);
    const b = runEvents(pair.subject, item, other);
    const differences = pair.differences();
    if (JSON.stringify(a) !== JSON.stringify(b))
      differences.unshift(`exit ${JSON.stringify(a)} ${JSON.stringify(b)}`);
    if (a.reason === 'InternalError' || a.reason === 'Shutdown') differences.unshift(JSON.stringify(a));
    if (differences.length > 0)
      return { differences: [`run ${i}`, ...differences], retired: pair.oracle.retired, ended: true };
    if (i === runs.length - 1)
      return { differences, retired: pair.oracle.retired, ended: a.reason === 'Hlt' };
  }
  throw new Error('no runs');
}
