// Instructions for the region torture from the fuzzer's tables, which hold every encoding, with the fuzzer's operands.
import * as iced from 'iced-x86';
import { type Template, templatesFor } from '../isa/fuzz/instructions.ts';
import { makeInstruction, type Surroundings } from '../isa/fuzz/operands.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { BASE, BASE_VALUE, type Bits, freeRegisters, INDEX_VALUE, indexRegister } from './registers.ts';
import { FS_BASE } from './world.ts';

export class ExoticMaker {
  readonly #surroundings: Surroundings;
  readonly #encoder: iced.Encoder;
  readonly #templates: readonly (readonly Template[])[];

  /** Chooses what families the instructions are of. */
  constructor(random: Random, bits: Bits) {
    this.#surroundings = {
      random,
      bits,
      pointers: { bases: [[BASE, BASE_VALUE]], index: [indexRegister(bits), INDEX_VALUE] },
      fsBase: FS_BASE,
    };
    this.#encoder = new iced.Encoder(bits);
    const families = random.pick([['integer'], ['simd'], ['x87'], ['integer', 'simd', 'x87']]);
    this.#templates = usable(bits).filter(([one]) => families.includes(one!.family));
  }
  free(): void {
    this.#encoder.free();
  }

  /** One of all encodings there are; null when chance has made one that must not be used. */
  next(): number[] | null {
    const { random } = this.#surroundings;
    const template = random.pick(random.pick(this.#templates));
    const instruction = makeInstruction(this.#surroundings, template);
    if (!instruction) return null;
    try {
      for (let i = 0; i < instruction.opCount; i++) {
        if (instruction.opKind(i) === iced.OpKind.Register && this.#isKept(instruction.opRegister(i)))
          return null;
      }
      this.#encoder.encode(instruction, 0x1000_0000n);
      const bytes = [...this.#encoder.takeBuffer()];
      return bytes.length < 16 ? bytes : null;
    } catch {
      this.#encoder.takeBuffer();
      return null;
    } finally {
      instruction.free();
    }
  }
  #isKept(register: iced.Register): boolean {
    if (!iced.RegisterExt.isGPR(register)) return false;
    const number = iced.RegisterExt.fullRegister(register) - iced.Register.RAX;
    return number === 4 || !freeRegisters(this.#surroundings.bits).includes(number);
  }
}

/** Not for straight-line code: they leave it, move the stack, or change what the loops count on. */
const UNWANTED =
  /^(Push|Pop(?!cnt)|Enter|Leave|Int|Bound|Ud|Into|Wr[fg]sbase|Xlat|Fldcw|Fldenv|Frstor|Fxrstor|Ldmxcsr|Cpuid|Rd)/;
const usableTemplates = new Map<Bits, Template[][]>();
function usable(bits: Bits): Template[][] {
  let found = usableTemplates.get(bits);
  if (!found) {
    const list = templatesFor(bits).filter(
      ({ family, mnemonic }) => ['integer', 'simd', 'x87'].includes(family) && !UNWANTED.test(mnemonic),
    );
    found = [...Map.groupBy(list, ({ mnemonic }) => mnemonic).values()];
    usableTemplates.set(bits, found);
  }
  return found;
}
