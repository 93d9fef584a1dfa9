// Functions as the formation of regions looks at them before it follows a CALL: how much code of theirs
// ran, and whether they return.
import type { GuestCode } from './guest-code.ts';

/** A function's own code, as far as it ran and was looked at, and whether a RET is among it. */
export interface FunctionCode {
  readonly code: ReadonlySet<number>;
  readonly returns: boolean;
}

export class Functions {
  readonly #code: GuestCode;
  readonly #most: number;
  readonly #inReach: (offset: number) => boolean;
  readonly #known = new Map<number, FunctionCode>();

  /** Looks at `most` instructions of a function, and at no page but those of which inReach() tells. */
  constructor(code: GuestCode, most: number, inReach: (offset: number) => boolean) {
    this.#code = code;
    this.#most = most;
    this.#inReach = inReach;
  }

  /** The function that begins at an offset. */
  at(start: number): FunctionCode {
    let known = this.#known.get(start);
    if (!known) {
      known = this.#look(start);
      this.#known.set(start, known);
    }
    return known;
  }

  #look(start: number): FunctionCode {
    const code = new Set<number>();
    const { view } = this.#code;
    const places = [start];
    let returns = false;
    while (places.length > 0 && code.size <= this.#most) {
      let at = places.pop()!;
      while (!code.has(at) && code.size <= this.#most) {
        const place = this.#code.at(at);
        if (typeof place === 'string' || !place.form.allowed || !this.#inReach(at)) break;
        code.add(at);
        const { form } = place;
        if (form.returns) returns = true;
        if (form.ends || (form.jump && !form.call)) break;
        const branches = form.branch !== 'none' && !form.call;
        if (branches && view.runs(place.target) > 0) places.push(place.target);
        if (branches && form.branch === 'always') break;
        at = place.next;
      }
    }
    return { code, returns };
  }
}
