// Whether a processor's registers are what they were.

/** All registers but RFLAGS (`flags`), in two pieces that begin at multiples of 4. */
export interface Registers {
  readonly registers: Uint8Array;
  readonly moreRegisters: Uint8Array;
  readonly flags: () => number;
}

/** A function that tells whether the registers are what they are now. */
export function here(processor: Registers): () => boolean {
  const registers = processor.registers.slice();
  const more = processor.moreRegisters.slice();
  const flags = processor.flags();
  return () =>
    sameBytes(processor.registers, registers) &&
    sameBytes(processor.moreRegisters, more) &&
    processor.flags() === flags;
}

/** Of equal lengths, multiples of 4, as their places are. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const length = a.length >> 2;
  const left = new Int32Array(a.buffer, a.byteOffset, length);
  const right = new Int32Array(b.buffer, b.byteOffset, length);
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false;
  return true;
}
