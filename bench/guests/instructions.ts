// Short names for the instructions of the benchmark guests (32-bit code), around iced-x86's factories.
import { Code, Instruction, MemoryOperand, Register } from 'iced-x86';

export { Code };

export const { EAX, EBX, ECX, EDX, ESI, EDI, EBP, ESP, AL, DX, CL } = Register;

const NOTHING = Register.None;

/** [base + index * scale + displacement] */
export function at(base: Register, displacement = 0, index: Register = NOTHING, scale = 1): MemoryOperand {
  const size =
    displacement === 0 && base !== Register.EBP ? 0 : displacement >= -128 && displacement < 128 ? 1 : 4;
  return new MemoryOperand(base, index, scale, BigInt(displacement), size, false, NOTHING);
}
/** [displacement + index * scale] */
export function table(displacement: number, index: Register, scale: number): MemoryOperand {
  return new MemoryOperand(NOTHING, index, scale, BigInt(displacement), 4, false, NOTHING);
}

export const plain = (code: Code): Instruction => Instruction.create(code);
export const r = (code: Code, a: Register): Instruction => Instruction.createReg(code, a);
export const rr = (code: Code, a: Register, b: Register): Instruction => Instruction.createRegReg(code, a, b);
export const ri = (code: Code, a: Register, value: number): Instruction =>
  Instruction.createRegI32(code, a, value | 0);
export const rri = (code: Code, a: Register, b: Register, value: number): Instruction =>
  Instruction.createRegRegI32(code, a, b, value | 0);
export const rm = (code: Code, a: Register, memory: MemoryOperand): Instruction =>
  Instruction.createRegMem(code, a, memory);
export const mr = (code: Code, memory: MemoryOperand, a: Register): Instruction =>
  Instruction.createMemReg(code, memory, a);
export const mi = (code: Code, memory: MemoryOperand, value: number): Instruction =>
  Instruction.createMemI32(code, memory, value | 0);
export const m = (code: Code, memory: MemoryOperand): Instruction => Instruction.createMem(code, memory);

/** mov a, value */
export const move = (a: Register, value: number): Instruction => ri(Code.Mov_r32_imm32, a, value);
/** mov a, b */
export const copy = (a: Register, b: Register): Instruction => rr(Code.Mov_r32_rm32, a, b);
/** xor a, a */
export const zero = (a: Register): Instruction => rr(Code.Xor_r32_rm32, a, a);
