// What benches of chips are made of (test-benches.ts).
import { DoppelError } from '../base/errors.ts';
import type { StateRecord, StateValue } from '../base/state-record.ts';
import type { Chip } from './chip.ts';
import type { IrqLine } from './lines.ts';
import type { FakeClock } from './testing.ts';

/** A chip, what it has driven so far, and what can be done to it from outside the guest. */
export interface Bench {
  readonly chip: Chip;
  /** Everything that the chip did to its wires, in order. */
  readonly log: string[];
  /** Pushes from outside, each given a number 0..255. The result is compared between copies. */
  readonly pushes: readonly ((value: number) => unknown)[];
  /** Levels that the benches' lines hold; a copy's bench takes them over before restore. */
  readonly lines: Map<string, boolean>;
}

export interface BenchMaker {
  readonly name: string;
  readonly make: (clock: FakeClock) => Bench;
}

/** A log, lines that write into it, and notes of other things. */
export function recorder() {
  const log: string[] = [];
  const lines = new Map<string, boolean>();
  const line = (name: string): IrqLine => ({
    set(level) {
      if ((lines.get(name) ?? false) === level) return;
      lines.set(name, level);
      log.push(`${name} ${level}`);
    },
  });
  const note =
    (name: string) =>
    (value?: unknown): void => {
      log.push(value === undefined ? name : `${name} ${JSON.stringify(value)}`);
    };
  return { log, lines, line, note };
}

/** Several chips as one: the regions of the first, the state of all. */
export function bundle(name: string, chips: readonly Chip[]): Chip {
  return {
    regions: chips[0]!.regions,
    reset() {
      for (const chip of chips) chip.reset();
    },
    save() {
      const fields: Record<string, StateValue> = {};
      for (const chip of chips) {
        const record = chip.save();
        fields[record.name] = { version: record.version, fields: record.fields };
      }
      return { name, version: 1, fields };
    },
    restore(record) {
      if (record.name !== name || record.version !== 1) throw new DoppelError('another bundle');
      const before = chips.map((chip) => chip.save());
      try {
        chips.forEach((chip, index) => {
          const part = record.fields[before[index]!.name] as Omit<StateRecord, 'name'> | undefined;
          if (typeof part?.fields !== 'object') throw new DoppelError('a part is missing');
          chip.restore({ name: before[index]!.name, version: part.version, fields: part.fields });
        });
      } catch (error) {
        chips.forEach((chip, index) => {
          chip.restore(before[index]!);
        });
        throw error;
      }
    },
  };
}
