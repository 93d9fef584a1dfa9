// What everything below `host/` may ask of the outside: time and chance are injected (decision D10).

/** A monotonic clock. In deterministic mode it is derived from the count of retired instructions. */
export interface Clock {
  /** Nanoseconds since the machine was created, monotonic, below 2^53. */
  now(): number;
}

/** A one-shot alarm on a Clock. A device is given one per timer it needs. */
export interface Alarm {
  /** Calls the callback once the clock has reached `deadline` (ns, absolute); replaces an earlier deadline. */
  schedule(deadline: number): void;
  cancel(): void;
}

/** Makes alarms; the board owns the queue behind it. */
export interface AlarmSource extends Clock {
  alarm(callback: () => void): Alarm;
}

/** Source of chance: RDRAND, RDSEED, machine identifiers. */
export interface Entropy {
  /** Fills the array with random bytes. */
  fill(bytes: Uint8Array): void;
}

/** Wall-clock time, for the RTC. */
export interface WallClock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMilliseconds(): number;
}

/** Where the machine's own messages go (never the guest's output). Implementations limit the rate. */
export interface Log {
  warn(message: string): void;
  debug(message: string): void;
}
