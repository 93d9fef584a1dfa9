// Random loops of integer instructions, for comparing engines on code that has become hot: runs of
// flag-setting and flag-reading instructions in every order, at all widths, with short jumps between.
// Nothing in them faults; registers and flags at the end depend on all that was done.

/** xorshift32: the same program for the same seed. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 1;
    for (let i = 0; i < 8; i++) this.next();
  }
  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }
  below(limit: number): number {
    return this.next() % limit;
  }
  byte(): number {
    return this.next() >>> 24;
  }
}

/** Where the program lies and works, below 64 KiB so that every displacement is small. */
export const CODE = 0x8000;
export const STACK = 0x7000;
const DATA = 0x5000;
const COUNTER = 0x4000;

export type CodeBits = 16 | 32 | 64;

/** Registers but for RSP. */
const REGISTERS = [0, 1, 2, 3, 5, 6, 7];
const CALL_FLAGS = 0x9c;

/** Machine code of a loop of `length` random instructions, run `rounds` times, and a HLT. */
export function hotProgram(random: Random, bits: CodeBits, length: number, rounds: number): Uint8Array {
  const body: number[] = [];
  while (body.length < length * 3) {
    const next = instruction(random, bits);
    // A conditional jump over one instruction or none.
    if (random.below(3) === 0) {
      const skipped = instruction(random, bits);
      body.push(0x70 | random.below(16), skipped.length, ...skipped);
    }
    body.push(...next);
  }
  const set = [0xc7, ...absolute(bits, 0, COUNTER), ...immediate(bits, rounds)];
  const back = [0xff, ...absolute(bits, 1, COUNTER), 0x0f, 0x85];
  const distance = -(body.length + back.length + (bits === 16 ? 2 : 4));
  return Uint8Array.from([...set, ...body, ...back, ...immediate(bits, distance), 0xf4]);
}

/** An immediate or displacement of the full size that code of so many bits has. */
function immediate(bits: CodeBits, value: number): number[] {
  const bytes = [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);
  return bytes.slice(0, bits === 16 ? 2 : 4);
}
/** ModRM (and SIB) of an absolute address with the given reg field. */
function absolute(bits: CodeBits, reg: number, address: number): number[] {
  if (bits === 64) return [(reg << 3) | 4, 0x25, ...immediate(bits, address)];
  return [(reg << 3) | (bits === 16 ? 6 : 5), ...immediate(bits, address)];
}

/** Adds the width bit to the last byte of an opcode. */
function last(width: number): (byte: number, index: number, all: readonly number[]) => number {
  return (byte, index, all) => (index === all.length - 1 ? byte | width : byte);
}

function instruction(random: Random, bits: CodeBits): number[] {
  const register = () => REGISTERS[random.below(REGISTERS.length)]!;
  const size = random.below(8);
  const narrow = size === 0;
  const prefix = size === 1 ? [0x66] : bits === 64 && size > 4 ? [0x48] : [];
  const width = narrow ? 0 : 1;
  // Without REX, byte registers 5, 6, 7 are CH, DH, BH, and 4 is AH: any will do.
  const rm = () =>
    random.below(8) === 0
      ? (reg: number) => absolute(bits, reg, DATA + 8 * random.below(4))
      : (reg: number) => [0xc0 | (reg << 3) | register()];
  const direct = () => 0xc0 | (register() << 3) | register();
  switch (random.below(22)) {
    case 0:
    case 1:
    case 2:
    case 3: // ADD OR ADC SBB AND SUB XOR CMP, either direction
      return [...prefix, (random.below(8) << 3) | (random.below(2) << 1) | width, ...rm()(register())];
    case 4: // the same with an immediate byte
      return [...prefix, narrow ? 0x80 : 0x83, ...rm()(random.below(8)), random.byte()];
    case 5: // INC, DEC
      return [...prefix, 0xfe | width, ...rm()(random.below(2))];
    case 6: // TEST
      return [...prefix, 0x84 | width, ...rm()(register())];
    case 7: // NOT, NEG
      return [...prefix, 0xf6 | width, ...rm()(2 + random.below(2))];
    case 8: // shifts and rotates by an immediate
      return [...prefix, 0xc0 | width, ...rm()(random.below(8)), random.byte()];
    case 9: // by CL
      return [...prefix, 0xd2 | width, ...rm()(random.below(8))];
    case 10: // SETcc
      return [0x0f, 0x90 | random.below(16), ...rm()(0)];
    case 11: // CMOVcc
      return [...(narrow ? [] : prefix), 0x0f, 0x40 | random.below(16), ...rm()(register())];
    case 12: // MOV, MOVZX
      return random.below(2)
        ? [...prefix, 0x88 | (random.below(2) << 1) | width, ...rm()(register())]
        : [0x0f, 0xb6 | random.below(2), ...rm()(register())];
    case 13: // CLC, STC, CMC, LAHF, SAHF
      return [[0xf8, 0xf9, 0xf5, 0x9f, 0x9e][random.below(5)]!];
    case 14: // BT, BTS, BTR, BTC of a register by a register
      return [...(narrow ? [] : prefix), 0x0f, 0xa3 | (random.below(4) << 3), direct()];
    case 15: // by an immediate
      return [...(narrow ? [] : prefix), 0x0f, 0xba, ...rm()(4 + random.below(4)), random.byte()];
    case 16: // IMUL
      return [...(narrow ? [] : prefix), 0x0f, 0xaf, ...rm()(register())];
    case 17: // SHLD, SHRD by an immediate or CL
      return random.below(2)
        ? [...(narrow ? [] : prefix), 0x0f, 0xa4 | (random.below(2) << 3), ...rm()(register()), random.byte()]
        : [...(narrow ? [] : prefix), 0x0f, 0xa5 | (random.below(2) << 3), ...rm()(register())];
    case 18: // XADD, CMPXCHG, XCHG
      return [
        ...prefix,
        ...[[0x0f, 0xc0], [0x0f, 0xb0], [0x86]][random.below(3)]!.map(last(width)),
        ...rm()(register()),
      ];
    case 19: // BSF, BSR, MOVSX
      return [...(narrow ? [] : prefix), 0x0f, 0xbc + random.below(4), ...rm()(register())];
    case 20: // JRCXZ, LOOP, LOOPE, LOOPNE over nothing
      return [0xe0 + random.below(4), 0];
    default: // the flags into a register
      return [CALL_FLAGS, 0x58 | register()];
  }
}
