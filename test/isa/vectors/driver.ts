// The driver of the vectors: loads a test into a machine, runs it, and says in words what differs
// from what the real processor did. All of memory is compared, so stray writes are found.
import type { CpuUnderTest } from './cpu-under-test.ts';
import { type Difference, differencesFor } from './differences.ts';
import { REGISTERS, type Registers, type Vector } from './moo.ts';

/** Bits 15:12 of FLAGS read as the 80286 has them in real mode; a later processor keeps IOPL and NT there. */
const FLAGS_COMPARED = 0x0fff;

export class VectorDriver {
  readonly machine: CpuUnderTest;
  readonly #expected: Buffer;
  readonly #ram: Buffer;

  constructor(machine: CpuUnderTest) {
    this.machine = machine;
    const { buffer, byteOffset, byteLength } = machine.ram;
    this.#ram = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    this.#expected = Buffer.alloc(byteLength);
  }

  /**
   * Runs one test. Null when the machine agrees; otherwise a report for a person. `definedFlags` has the
   * bits of FLAGS that are defined after the instruction.
   */
  run(vector: Vector, definedFlags: number, opcode: string): string | null {
    const differences = differencesFor(opcode, vector);
    if (differences.some((difference) => difference.skip)) return null;
    const flagsMask = differences.reduce((mask, { ignore }) => mask & ~(ignore?.flags ?? 0), definedFlags);
    const registers = { ...vector.initial.registers };
    registers.flags &= FLAGS_COMPARED;
    for (const [address, value] of vector.initial.memory) {
      this.#ram[address] = value;
      this.#expected[address] = value;
    }
    for (const { vector: today } of differences) {
      if (today !== undefined) this.#copyHandler(vector.exception!.vector, today);
    }
    const outcome = this.machine.run(registers);
    for (const [address, value] of vector.final.memory) this.#expected[address] = value;
    const problems = [
      ...(outcome.ended === 'Hlt' ? [] : [`ended with ${outcome.ended}`]),
      ...compareRegisters(vector, registers, outcome.registers, flagsMask, differences),
      ...this.#compareMemory(vector, flagsMask & FLAGS_COMPARED),
    ];
    for (const { vector: today } of differences) if (today !== undefined) this.#clear(4 * today, 4);
    for (const [address] of [...vector.initial.memory, ...vector.final.memory]) {
      this.#ram[address] = 0;
      this.#expected[address] = 0;
    }
    return problems.length ? report(vector, problems) : null;
  }

  /** The entry of the interrupt vector table for one exception becomes that of another too. */
  #copyHandler(from: number, to: number): void {
    for (const memory of [this.#ram, this.#expected]) memory.copy(memory, 4 * to, 4 * from, 4 * from + 4);
  }
  #clear(address: number, length: number): void {
    this.#ram.fill(0, address, address + length);
    this.#expected.fill(0, address, address + length);
  }

  #compareMemory(vector: Vector, flagsMask: number): string[] {
    const ram = this.#ram;
    const expected = this.#expected;
    const problems: string[] = [];
    if (vector.exception) {
      // Of the pushed FLAGS only the defined bits count.
      const { ss } = vector.initial.registers;
      const sp = vector.final.registers.sp ?? vector.initial.registers.sp;
      for (const [byte, mask] of [flagsMask & 0xff, flagsMask >> 8].entries()) {
        const at = (ss << 4) + ((sp + 4 + byte) & 0xffff);
        expected[at] = (expected[at]! & mask) | (ram[at]! & ~mask);
      }
    }
    while (!ram.equals(expected)) {
      const at = ram.findIndex((byte, address) => byte !== expected[address]);
      problems.push(`memory ${hex(at, 6)}: ${hex(ram[at]!, 2)}, not ${hex(expected[at]!, 2)}`);
      ram[at] = 0;
      expected[at] = 0;
      if (problems.length > 16) {
        ram.fill(0);
        expected.fill(0);
      }
    }
    return problems;
  }
}

function compareRegisters(
  vector: Vector,
  initial: Registers,
  found: Registers,
  flagsMask: number,
  differences: readonly Difference[],
): string[] {
  const expected = { ...initial, ...vector.final.registers };
  return REGISTERS.flatMap((name) => {
    const ignored = differences.reduce((mask, difference) => mask | (difference.ignore?.[name] ?? 0), 0);
    const mask = (name === 'flags' ? flagsMask & FLAGS_COMPARED : -1) & ~ignored;
    if ((found[name] & mask) === (expected[name] & mask)) return [];
    return [`${name}: ${hex(found[name] & mask, 4)}, not ${hex(expected[name] & mask, 4)}`];
  });
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}

/** The test in full: text, bytes, registers before and after, what is wrong. */
function report(vector: Vector, problems: readonly string[]): string {
  const { registers } = vector.initial;
  const list = (values: Partial<Registers>) =>
    REGISTERS.flatMap((name) => (values[name] === undefined ? [] : [`${name}=${hex(values[name], 4)}`])).join(
      ' ',
    );
  return [
    `test ${vector.index}: ${vector.name}  (${Buffer.from(vector.bytes).toString('hex')})`,
    `  before   ${list(registers)}`,
    `  expected ${list(vector.final.registers)}${vector.exception ? `, exception ${vector.exception.vector}` : ''}`,
    ...problems.map((problem) => `  found    ${problem}`),
  ].join('\n');
}
