// What every chip of this folder is to its board: regions to map, a reset line, and state to save.
//
// A chip's guest-visible state is one plain record, declared once as a `Shape`: the declaration gives
// the record's type, its values after reset, what is saved, and what a restored record must satisfy.
//
// Times in a state are absolute on the machine's Clock, so a snapshot restores the clock first and
// the chips after it, in any order. restore() sets alarms again and, except for interrupt controllers
// (which repeat their output), drives no line: whoever listens restores the level it saw itself.
import { DoppelError } from '../base/errors.ts';
import type { Saveable, StateRecord, StateValue } from '../base/state-record.ts';
import type { RegisterRegion } from './registers.ts';

export interface Chip extends Saveable {
  /** In the order in which the chip's documentation lists them; each says how many bytes it decodes. */
  readonly regions: readonly RegisterRegion[];
  /** The state after power-on reset. Wires given at construction stay. */
  reset(): void;
}

/** One member of a chip's state. */
export interface Field<T> {
  initial(): T;
  /** The value for the record: plain data, not shared with the chip. */
  save(value: T): StateValue;
  /** Undefined where the value does not fit. */
  parse(value: StateValue | undefined): T | undefined;
}

export type Shape = { readonly [name: string]: Field<unknown> };

/** The mutable record that a shape declares. */
export type StateOf<S extends Shape> = {
  -readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never;
};

/** An integer in `minimum .. maximum`. */
export function integer(minimum: number, maximum: number, initial = 0): Field<number> {
  return {
    initial: () => initial,
    save: (value) => value,
    parse: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum
        ? value
        : undefined,
  };
}

/** An unsigned integer of `bits` bits, up to 53. */
export const uint = (bits: number, initial = 0): Field<number> => integer(0, 2 ** bits - 1, initial);

/** Nanoseconds or ticks on some clock; -1 where the chip says so. */
export const moment = (initial = 0): Field<number> =>
  integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, initial);

export function flag(initial = false): Field<boolean> {
  return {
    initial: () => initial,
    save: (value) => value,
    parse: (value) => (typeof value === 'boolean' ? value : undefined),
  };
}

/** A 64-bit unsigned integer. */
export function uint64(initial = 0n): Field<bigint> {
  return {
    initial: () => initial,
    save: (value) => value,
    parse: (value) => (typeof value === 'bigint' && value >= 0n && value < 1n << 64n ? value : undefined),
  };
}

/** Exactly `length` bytes. */
export function bytes(length: number): Field<Uint8Array> {
  return {
    initial: () => new Uint8Array(length),
    save: (value) => value.slice(),
    parse: (value) => (value instanceof Uint8Array && value.length === length ? value.slice() : undefined),
  };
}

/** Exactly `length` 32-bit words. */
export function words(length: number): Field<Uint32Array> {
  return {
    initial: () => new Uint32Array(length),
    save: (value) => value.slice(),
    parse: (value) => (value instanceof Uint32Array && value.length === length ? value.slice() : undefined),
  };
}

/** A queue of at most `capacity` numbers of `bits` bits. */
export function queue(capacity: number, bits = 8): Field<number[]> {
  return {
    initial: () => [],
    save: (value) => value.slice(),
    parse: (value) => {
      if (!Array.isArray(value) || value.length > capacity) return undefined;
      const fits = value.every((item) => Number.isInteger(item) && item >= 0 && item < 2 ** bits);
      return fits ? (value.slice() as number[]) : undefined;
    },
  };
}

/** Exactly `count` records of one shape (the channels of a timer, the pins of an I/O APIC). */
export function records<S extends Shape>(count: number, shape: S): Field<StateOf<S>[]> {
  return {
    initial: () => Array.from({ length: count }, () => initialState(shape)),
    save: (value) => value.map((item) => saveFields(shape, item)),
    parse: (value) => {
      if (!Array.isArray(value) || value.length !== count) return undefined;
      const parsed: StateOf<S>[] = [];
      for (const item of value) {
        const state = isRecord(item) ? parseFields(shape, item) : undefined;
        if (state === undefined || typeof state === 'string') return undefined;
        parsed.push(state);
      }
      return parsed;
    },
  };
}

/** One record of a shape (a part of a chip that has a file of its own). */
export function record<S extends Shape>(shape: S): Field<StateOf<S>> {
  return {
    initial: () => initialState(shape),
    save: (value) => saveFields(shape, value),
    parse: (value) => {
      const state = value !== undefined && isRecord(value) ? parseFields(shape, value) : undefined;
      return typeof state === 'string' ? undefined : state;
    },
  };
}

/** A fresh state with the values after reset. */
export function initialState<S extends Shape>(shape: S): StateOf<S> {
  const state: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) state[name] = field.initial();
  // The copy has its members at fixed places; V8 keeps what was filled name by name as a hash table beyond a dozen.
  return { ...state } as StateOf<S>;
}

/** Puts the values after reset into `state`, except the members named in `keep`. */
export function resetState<S extends Shape>(
  shape: S,
  state: StateOf<S>,
  keep: readonly (keyof S & string)[] = [],
): void {
  const target = state as Record<string, unknown>;
  for (const [name, field] of Object.entries(shape)) {
    if (!keep.includes(name)) target[name] = field.initial();
  }
}

export function saveState<S extends Shape>(
  name: string,
  version: number,
  shape: S,
  state: StateOf<S>,
): StateRecord {
  return { name, version, fields: saveFields(shape, state) };
}

/** Takes over a saved record as a whole. Throws DoppelError, leaving `state` alone, where it does not fit. */
export function restoreState<S extends Shape>(
  name: string,
  version: number,
  shape: S,
  state: StateOf<S>,
  record: StateRecord,
): void {
  if (record.name !== name || record.version !== version) {
    throw new DoppelError(
      `The snapshot holds ${record.name} version ${record.version} where ${name} version ${version} is needed.`,
    );
  }
  const parsed = parseFields(shape, record.fields);
  if (typeof parsed === 'string') {
    throw new DoppelError(`The snapshot's ${name} is damaged: ${parsed} is missing or out of range.`);
  }
  Object.assign(state, parsed);
}

function saveFields<S extends Shape>(shape: S, state: StateOf<S>): Record<string, StateValue> {
  const source = state as Record<string, unknown>;
  const fields: Record<string, StateValue> = {};
  for (const [name, field] of Object.entries(shape)) fields[name] = field.save(source[name]);
  return fields;
}

/** The parsed state, or the name of the first member that does not fit. */
function parseFields<S extends Shape>(
  shape: S,
  fields: { readonly [name: string]: StateValue },
): StateOf<S> | string {
  const parsed: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    const value = field.parse(Object.hasOwn(fields, name) ? fields[name] : undefined);
    if (value === undefined) return name;
    parsed[name] = value;
  }
  return parsed as StateOf<S>;
}

function isRecord(value: StateValue): value is { readonly [name: string]: StateValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
