// Where --trace writes: standard error, or a file, in pieces of some size.
import { closeSync, openSync, writeSync } from 'node:fs';
import { DoppelError } from '../base/errors.ts';
import { whyNotMade } from '../host/node/file-reasons.ts';

export interface TraceOutput {
  write(text: string): void;
  close(): void;
}

/** Bytes, about, that are written at once. */
const PIECE = 1 << 16;

/** Throws DoppelError where the file cannot be written. */
export function openTrace(file: string | undefined): TraceOutput {
  if (file === undefined) return { write: (text) => void process.stderr.write(text), close: () => {} };
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw new DoppelError(`--trace jit=${file} cannot be written: ${whyNotMade(error)}.`);
  }
  let waiting = '';
  const flush = () => {
    const text = waiting;
    waiting = '';
    try {
      for (let bytes = Buffer.from(text); bytes.length > 0; )
        bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch {
      // A full disk ends the trace, not the guest.
    }
  };
  return {
    write: (text) => {
      waiting += text;
      if (waiting.length >= PIECE) flush();
    },
    close: () => {
      flush();
      closeSync(descriptor);
    },
  };
}
