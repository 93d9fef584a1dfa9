// Host failure is a typed error with a sentence that a person can act on. Guest misbehaviour is
// never one of these: it is data (an exit, a fault, a value of all ones).

/** Something the user can mend: a file, a flag, a size. The CLI prints `message` alone, without a stack. */
export class DoppelError extends Error {
  override readonly name: string = 'DoppelError';
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}
