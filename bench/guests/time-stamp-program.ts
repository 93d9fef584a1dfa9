// A static ELF program for 64-bit Linux guests that prints the time-stamp counter as 16 hexadecimal
// digits and a line feed. Under QEMU's -icount shift=0 the counter is that of instructions.
import { Code, Encoder, Instruction, MemoryOperand, Register } from 'iced-x86';

const BASE = 0x40_0000;
const HEADERS = 64 + 56;
const SYS_WRITE = 1;
const SYS_EXIT = 60;

const { EAX, EBX, ECX, EDI, EDX, RAX, RDX, RSI, RSP, DL } = Register;

function instructions(): Instruction[] {
  const rr = (code: Code, a: Register, b: Register) => Instruction.createRegReg(code, a, b);
  const ri = (code: Code, a: Register, value: number) => Instruction.createRegI32(code, a, value);
  const memory = (base: Register, displacement: number) =>
    new MemoryOperand(base, Register.None, 1, BigInt(displacement), 1, false, Register.None);
  const list = [
    Instruction.create(Code.Rdtsc),
    ri(Code.Shl_rm64_imm8, RDX, 32),
    rr(Code.Or_rm64_r64, RAX, RDX),
    ri(Code.Sub_rm64_imm8, RSP, 32),
    Instruction.createMemI32(Code.Mov_rm8_imm8, memory(RSP, 16), 10),
  ];
  // Digits from the last to the first: value & 15, plus '0', plus 39 more above 9.
  for (let digit = 15; digit >= 0; digit--) {
    list.push(
      rr(Code.Mov_r32_rm32, EDX, EAX),
      ri(Code.And_rm32_imm8, EDX, 15),
      Instruction.createRegMem(Code.Lea_r32_m, ECX, memory(RDX, 0x30 + 39)),
      rr(Code.Mov_r32_rm32, EBX, EDX),
      ri(Code.Add_rm32_imm8, EBX, 0x30),
      ri(Code.Cmp_rm32_imm8, EDX, 10),
      rr(Code.Cmovb_r32_rm32, ECX, EBX),
      rr(Code.Mov_r32_rm32, EDX, ECX),
      Instruction.createMemReg(Code.Mov_rm8_r8, memory(RSP, digit), DL),
      ri(Code.Shr_rm64_imm8, RAX, 4),
    );
  }
  list.push(
    ri(Code.Mov_r32_imm32, EAX, SYS_WRITE),
    ri(Code.Mov_r32_imm32, EDI, 1),
    rr(Code.Mov_r64_rm64, RSI, RSP),
    ri(Code.Mov_r32_imm32, EDX, 17),
    Instruction.create(Code.Syscall),
    ri(Code.Mov_r32_imm32, EAX, SYS_EXIT),
    rr(Code.Xor_r32_rm32, EDI, EDI),
    Instruction.create(Code.Syscall),
  );
  return list;
}

/** The executable file. */
export function timeStampProgram(): Uint8Array {
  const encoder = new Encoder(64);
  for (const instruction of instructions()) encoder.encode(instruction, 0n);
  const code = encoder.takeBuffer();
  const file = new Uint8Array(HEADERS + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE + HEADERS), true);
  view.setBigUint64(32, 64n, true); // program headers
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 4096n, true);
  file.set(code, HEADERS);
  return file;
}
