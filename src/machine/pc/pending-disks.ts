// Media whose back end completes later than the call, for a BIOS whose services are one call each. An operation that goes on
// makes the service end with DrivePending; the stub halts, an interrupt wakes it, and the service is asked again from its
// beginning. What had been done for it by then is remembered, so that it comes to the same place and finds the answer.
import type { BlockDevice, BlockError } from '../../backend/block/block-device.ts';
import type { IrqLine } from '../../devices/lines.ts';
import { DrivePending } from '../../firmware/bios/wires.ts';

interface Operation {
  readonly bytes: Uint8Array;
  /** undefined while it goes on. */
  outcome: BlockError | null | undefined;
}

export class PendingDisks {
  readonly #irq: IrqLine;
  readonly #wake: () => void;
  #operations = new Map<string, Operation>();

  /** `irq`: the hard disks' interrupt, which tells that something is over; `wake`: likewise for a machine that sleeps. */
  constructor(irq: IrqLine, wake: () => void) {
    this.#irq = irq;
    this.#wake = wake;
  }

  /** The service is over: nothing of it is remembered. */
  forget(): void {
    if (this.#operations.size > 0) this.#operations = new Map();
    this.#irq.set(false);
  }

  /** Reads whole sectors at a byte's offset. Throws DrivePending. */
  read(device: BlockDevice, offset: number, target: Uint8Array): BlockError | null {
    const key = `read ${device.name} ${offset} ${target.length}`;
    const { bytes, outcome } = this.#ask(key, new Uint8Array(target.length), (read, done) =>
      device.read(offset, read, done),
    );
    if (outcome === null) target.set(bytes);
    return outcome;
  }

  write(device: BlockDevice, offset: number, source: Uint8Array): BlockError | null {
    const key = `write ${device.name} ${offset} ${source.length}`;
    return this.#ask(key, source, (written, done) => device.write(offset, written, done)).outcome;
  }

  #ask(
    key: string,
    bytes: Uint8Array,
    start: (bytes: Uint8Array, done: (error: BlockError | null) => void) => void,
  ): { readonly bytes: Uint8Array; readonly outcome: BlockError | null } {
    this.#irq.set(false);
    let operation = this.#operations.get(key);
    if (operation === undefined) {
      const begun: Operation = { bytes, outcome: undefined };
      const mine = this.#operations;
      let later = false;
      start(bytes, (error) => {
        begun.outcome = error;
        // Of a service that nobody asks for again, since the machine has been reset, nothing is told.
        if (!later || mine !== this.#operations) return;
        this.#irq.set(true);
        this.#wake();
      });
      later = true;
      operation = begun;
      // What was over at once, in a service that has not had to wait, need not be remembered.
      if (begun.outcome === undefined || mine.size > 0) mine.set(key, begun);
    }
    const { outcome } = operation;
    if (outcome === undefined) throw new DrivePending();
    return { bytes: operation.bytes, outcome };
  }
}
