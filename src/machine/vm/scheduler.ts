// How a machine shares its thread with the host: it runs in slices and lets the event loop turn.

export interface Scheduler {
  /** Lets pending input and timers of the host run, then goes on. */
  breathe(): Promise<void>;
  /** Waits at most so long; ends at once when wake() is called. */
  sleep(milliseconds: number): Promise<void>;
  wake(): void;
}
