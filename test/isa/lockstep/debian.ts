// Two machines with the same Debian guest in deterministic mode, on two engines; and which regions hold some code.

import { JitVcpu } from '../../../src/engine/jit/jit-vcpu.ts';
import { printRegion } from '../../../src/engine/jit/print-region.ts';
import type { Region } from '../../../src/engine/jit/region.ts';
import type { DebianKernel } from '../../../src/host/node/debian-packages.ts';
import type { Machine } from '../../../src/machine/vm/machine.ts';
import { type EngineName, makeEngine, recentRegions } from '../../engines.ts';
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

/** The newest kept region (engines.ts, keepRegions) that holds each of some instructions, as text. */
export function regionsAt({ vcpu }: Machine, addresses: readonly number[]): string[] {
  if (!(vcpu instanceof JitVcpu)) return [];
  const found = new Set<Region>();
  for (const address of addresses) {
    const physical = vcpu.mmu.probeExecute(address);
    const region = recentRegions.findLast((one) => physical >= 0 && holds(one, physical));
    if (region) found.add(region);
  }
  return [...found].flatMap((region) => printRegion(region).split('\n'));
}
function holds({ pages, blocks }: Region, physical: number): boolean {
  return blocks.some(({ instructions }) =>
    instructions.some(({ offset }) => {
      const page = pages.find(({ index }) => index === offset >> 12);
      return page !== undefined && page.frame * 4096 + (offset & 0xfff) === physical;
    }),
  );
}
