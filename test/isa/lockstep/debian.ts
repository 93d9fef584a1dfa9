// Two machines with the same Debian guest in deterministic mode, on two engines.
import type { DebianKernel } from '../../../src/host/node/debian-packages.ts';
import type { Machine } from '../../../src/machine/vm/machine.ts';
import { type EngineName, makeEngine } from '../../engines.ts';
import { debianMachine, type GuestSetup } from '../../guest/session.ts';

export function debianPair(
  kernel: DebianKernel,
  one: EngineName,
  other: EngineName,
  setup: Pick<GuestSetup, 'memory' | 'files' | 'append'> = {},
): (serial: (byte: number) => void) => Promise<readonly [Machine, Machine]> {
  const make = (engine: EngineName, serial: (byte: number) => void) =>
    debianMachine(
      { memory: 128, ...setup, kernel, time: 'deterministic', engine: (wires) => makeEngine(engine, wires) },
      serial,
    );
  return async (serial) => [await make(one, serial), await make(other, () => {})];
}
