// Saveable: the seam between everything that has guest-visible state and snapshots.

/** Plain data that survives structured cloning: numbers, strings, booleans, bigints, typed arrays, arrays, records. */
export type StateValue =
  | number
  | string
  | boolean
  | bigint
  | null
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly StateValue[]
  | { readonly [name: string]: StateValue };

/** A named, versioned record of what the guest can see, apart from constructor arguments. */
export interface StateRecord {
  readonly name: string;
  readonly version: number;
  readonly fields: { readonly [name: string]: StateValue };
}

export interface Saveable {
  save(): StateRecord;
  /** Throws DoppelError where name or version do not fit or a field is missing or out of range. */
  restore(record: StateRecord): void;
}
