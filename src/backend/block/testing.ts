// Back ends for tests: calls that end at once as a result or an exception, and a disk that fails or
// answers when it is told to.
import type { BlockDevice, BlockDone, BlockError } from './block-device.ts';

/** The outcome of a call that is over when it returns. Throws where it is not. */
export function outcome(call: (done: BlockDone) => void): BlockError | null {
  let result: BlockError | null | undefined;
  call((error) => {
    if (result !== undefined) throw new Error('called back twice');
    result = error;
  });
  if (result === undefined) throw new Error('not called back yet');
  return result;
}

/** The bytes of a range. Throws where they cannot be read. */
export function contents(device: BlockDevice, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const error = outcome((done) => device.read(offset, bytes, done));
  if (error !== null) throw new Error(error);
  return bytes;
}

/** A device whose operations end in `fail` while that is set, or wait for `release` while `held`. */
export class FaultyDisk implements BlockDevice {
  readonly name: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  fail: BlockError | undefined;
  held = false;
  readonly log: string[] = [];
  readonly #base: BlockDevice;
  #waiting: (() => void)[] = [];

  constructor(base: BlockDevice) {
    this.#base = base;
    this.name = base.name;
    this.sectors = base.sectors;
    this.readOnly = base.readOnly;
  }

  /** Lets the operations go on that have been held. */
  release(): void {
    this.held = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  read(offset: number, target: Uint8Array, done: BlockDone): void {
    this.#run(`read ${offset}+${target.length}`, done, () => this.#base.read(offset, target, done));
  }
  write(offset: number, source: Uint8Array, done: BlockDone): void {
    this.#run(`write ${offset}+${source.length}`, done, () => this.#base.write(offset, source, done));
  }
  flush(done: BlockDone): void {
    this.#run('flush', done, () => this.#base.flush(done));
  }
  discard(offset: number, length: number, done: BlockDone): void {
    this.#run(`discard ${offset}+${length}`, done, () => this.#base.discard(offset, length, done));
  }

  #run(what: string, done: BlockDone, go: () => void): void {
    this.log.push(what);
    const run = () => (this.fail === undefined ? go() : done(this.fail));
    if (this.held) this.#waiting.push(run);
    else run();
  }
}
