// A small assembler for the benchmark guests: 32-bit instructions of iced-x86's making, labels, data.
// Branches to labels are always the 32-bit relative forms, so that addresses are known after one pass
// over the lengths and do not move in the second.
import { Encoder, Instruction } from 'iced-x86';

type Item =
  | { readonly kind: 'instruction'; readonly instruction: Instruction }
  | { readonly kind: 'branch'; readonly code: number; readonly label: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'address'; readonly label: string }
  | { readonly kind: 'align'; readonly to: number };

export class Assembler {
  readonly #base: number;
  readonly #items: Item[] = [];
  /** Label -> index of the item it stands before. */
  readonly #labels = new Map<string, number>();

  /** @param base linear address of the first byte. */
  constructor(base: number) {
    this.#base = base;
  }

  label(name: string): this {
    if (this.#labels.has(name)) throw new Error(`label ${name} twice`);
    this.#labels.set(name, this.#items.length);
    return this;
  }
  /** Any instructions but branches to labels. */
  add(...instructions: Instruction[]): this {
    for (const instruction of instructions) this.#items.push({ kind: 'instruction', instruction });
    return this;
  }
  /** A branch or call; `code` is a ..._rel32_32 form. */
  branch(code: number, label: string): this {
    this.#items.push({ kind: 'branch', code, label });
    return this;
  }
  bytes(bytes: Uint8Array): this {
    this.#items.push({ kind: 'bytes', bytes });
    return this;
  }
  u32(...values: number[]): this {
    return this.bytes(new Uint8Array(Uint32Array.from(values).buffer));
  }
  /** Four bytes: the address of a label. */
  address(...labels: string[]): this {
    for (const label of labels) this.#items.push({ kind: 'address', label });
    return this;
  }
  align(to: number): this {
    this.#items.push({ kind: 'align', to });
    return this;
  }

  /** The bytes from the base on, and where the labels came to lie. */
  assemble(): { readonly bytes: Uint8Array; readonly labels: ReadonlyMap<string, number> } {
    const starts = this.#place(() => this.#base).starts;
    const labels = new Map([...this.#labels].map(([name, item]) => [name, starts[item]!]));
    const at = (label: string): number => {
      const address = labels.get(label);
      if (address === undefined) throw new Error(`no label ${label}`);
      return address;
    };
    return { bytes: this.#place(at).bytes, labels };
  }

  #place(target: (label: string) => number): { bytes: Uint8Array; starts: number[] } {
    const bytes: number[] = [];
    const starts = this.#items.map((item) => {
      const start = this.#base + bytes.length;
      bytes.push(...encodeItem(item, start, target));
      return start;
    });
    starts.push(this.#base + bytes.length);
    return { bytes: Uint8Array.from(bytes), starts };
  }
}

function encodeItem(item: Item, start: number, target: (label: string) => number): Iterable<number> {
  switch (item.kind) {
    case 'instruction':
      return encode(item.instruction, start);
    case 'branch':
      return encode(Instruction.createBranch(item.code, BigInt(target(item.label))), start);
    case 'bytes':
      return item.bytes;
    case 'address':
      return new Uint8Array(Uint32Array.of(target(item.label)).buffer);
    case 'align':
      return new Uint8Array((item.to - (start % item.to)) % item.to).fill(0x90);
  }
}

function encode(instruction: Instruction, address: number): Uint8Array {
  const encoder = new Encoder(32);
  try {
    encoder.encode(instruction, BigInt(address));
    return encoder.takeBuffer();
  } finally {
    encoder.free();
  }
}
