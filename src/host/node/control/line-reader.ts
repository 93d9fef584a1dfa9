// Lines out of the pieces in which a socket gives them.

export class LineReader {
  readonly #longest: number;
  readonly #line: (line: string) => void;
  #pieces: Buffer[] = [];
  #length = 0;

  /** `longest`: bytes of a line. */
  constructor(longest: number, line: (line: string) => void) {
    this.#longest = longest;
    this.#line = line;
  }

  /** False once a line is too long: the rest is lost. */
  push(bytes: Buffer): boolean {
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      const line = Buffer.concat([...this.#pieces, bytes.subarray(from, end)]);
      this.#pieces = [];
      this.#length = 0;
      from = end + 1;
      if (line.length > this.#longest) return false;
      this.#line(line.toString('utf8'));
    }
    if (from < bytes.length) this.#pieces.push(bytes.subarray(from));
    this.#length += bytes.length - from;
    return this.#length <= this.#longest;
  }
}
