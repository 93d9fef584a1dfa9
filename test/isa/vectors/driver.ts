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
   * Runs one test. Null when the machine agrees; otherwise a report for a person. `flagsMask` has the
   * bits of FLAGS that are defined after the instruction.
   */
  run(vector: Vector, flagsMask: number, opcode: string): string | null {
    const differences = differencesFor(opcode, vector);
    if (differences.some((difference) => difference.skip)) return null;
    const registers = { ...vector.initial.registers };
    registers.flags &= FLAGS_COMPARED;
    for (const [address, value] of vector.initial.memory) {
      this.#ram[address] = value;
      this.#expected[address] = value;
    }
    const outcome = this.machine.run(registers);
    for (const [address, value] of vector.final.memory) this.#expected[address] = value;
    const ignored = differences.reduce((mask, difference) => mask | (difference.flags ?? 0), 0);
    const problems = [
      ...(outcome.ended === 'Hlt' ? [] : [`ended with ${outcome.ended}`]),
      ...compareRegisters(vector, registers, outcome.registers, flagsMask & ~ignored),
      ...this.#compareMemory(vector, differences, flagsMask & ~ignored),
    ];
    for (const [address] of [...vector.initial.memory, ...vector.final.memory]) {
      this.#ram[address] = 0;
      this.#expected[address] = 0;
    }
    return problems.length ? report(vector, problems) : null;
  }

  #compareMemory(vector: Vector, differences: readonly Difference[], flagsMask: number): string[] {
    const ram = this.#ram;
    const expected = this.#expected;
    const problems: string[] = [];
    if (vector.exception) {
      // Of the pushed FLAGS only the defined bits count.
      const at = vector.exception.flagsAddress;
      const mask = flagsMask & FLAGS_COMPARED;
      const pushed = (expected.readUInt16LE(at) & mask) | (ram.readUInt16LE(at) & ~mask & 0xffff);
      expected.writeUInt16LE(pushed, at);
    }
    for (const difference of differences) difference.memory?.(vector, expected, ram);
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

function compareRegisters(vector: Vector, initial: Registers, found: Registers, flagsMask: number): string[] {
  const expected = { ...initial, ...vector.final.registers };
  return REGISTERS.flatMap((name) => {
    const mask = name === 'flags' ? flagsMask & FLAGS_COMPARED : -1;
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
