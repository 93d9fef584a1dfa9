// Fills in the operands of an instruction: registers, immediates, and memory operands that mostly fall into
// the data pages, sometimes over a page's end, on the read-only page or past it.
import * as iced from 'iced-x86';
import * as I from './image.ts';
import { interesting, type Pointers } from './initial.ts';
import type { Template } from './instructions.ts';
import type { Random } from './random.ts';

const { OpCodeOperandKind: K, OpKind, Register: R } = iced;

/** What operands are chosen from. */
export interface Surroundings {
  readonly random: Random;
  readonly bits: 32 | 64;
  readonly pointers: Pointers;
  /** FS base of the image; GS base when it can be used with the pointers. */
  readonly fsBase: number;
}

function gprNumber({ random, bits, pointers }: Surroundings): number {
  const count = bits === 64 ? 16 : 8;
  for (let tries = 0; ; tries++) {
    const number = random.below(count);
    const kept = number === 4 || number === pointers.index[0] || pointers.bases.some(([r]) => r === number);
    if (!kept || tries > 6 || random.chance(4)) return number;
  }
}

function byteRegister(s: Surroundings): iced.Register {
  const number = gprNumber(s);
  if (number < 4) return R.AL + number + (s.random.chance(25) ? 4 : 0);
  if (number >= 8) return R.R8L + number - 8;
  return s.bits === 32 ? R.AH + number - 4 : R.SPL + number - 4;
}

/** A linear address for an operand of `bytes` bytes. */
function target({ random }: Surroundings, bytes: number): number {
  const where = random.below(100);
  const end = I.READ_ONLY;
  if (where < 72) return I.DATA + bytes * random.below(Math.floor(I.DATA_SIZE / bytes));
  if (where < 85) return I.DATA + random.below(I.DATA_SIZE - bytes);
  if (where < 93) return I.DATA + 0x1000 - random.below(bytes + 2);
  if (where < 95) return end - random.below(bytes + 2);
  if (where < 97) return end + random.below(0x1000 + 8);
  if (where < 99) return end + 0x1000 - random.below(bytes + 2);
  return random.chance(50) ? I.DATA - random.below(bytes + 2) : Number(interesting(random) & 0x7fff_ffffn);
}

const wide = (bits: 32 | 64, number: number): iced.Register => (bits === 64 ? R.RAX : R.EAX) + number;

function memory(s: Surroundings, instruction: iced.Instruction, operand: number, bytes: number): void {
  const { random, bits, pointers } = s;
  instruction.setOpKind(operand, OpKind.Memory);
  const addressBits = bits === 64 && !random.chance(8) ? 64 : 32;
  let displacement = target(s, bytes);
  if (bits === 64 && random.chance(6)) {
    instruction.segmentPrefix = R.FS;
    displacement -= s.fsBase;
  } else if (random.chance(3))
    instruction.segmentPrefix = random.pick(
      bits === 64 ? [R.ES, R.CS, R.SS, R.DS, R.GS] : [R.ES, R.CS, R.SS, R.DS],
    );
  const shape = random.below(10);
  if (shape === 0 && instruction.segmentPrefix !== R.FS) {
    // RIP-relative, or a bare displacement.
    if (bits === 64) instruction.memoryBase = R.RIP;
    instruction.memoryDisplSize = bits === 64 ? 8 : 4;
  } else {
    const [base, value] = random.chance(97) ? random.pick(pointers.bases) : [random.below(8), 0];
    instruction.memoryBase = wide(addressBits, base);
    displacement -= value;
    if (shape >= 6) {
      const scale = 1 << random.below(4);
      instruction.memoryIndex = wide(addressBits, pointers.index[0]);
      instruction.memoryIndexScale = scale;
      displacement -= pointers.index[1] * scale;
    }
    instruction.memoryDisplSize = random.chance(20) ? addressBits / 8 : 1;
  }
  instruction.memoryDisplacement = BigInt.asUintN(64, BigInt(displacement));
}

/** Immediates as counts and masks mostly want them: small or at an edge. */
function immediate(random: Random): bigint {
  return random.chance(40) ? BigInt(random.below(70)) : interesting(random);
}

/** An operand that may be memory or a register. */
const REGISTER_OR_MEMORY = new Map<number, (s: Surroundings) => iced.Register>([
  [K.r8_or_mem, byteRegister],
  [K.r16_or_mem, (s) => R.AX + gprNumber(s)],
  [K.r32_or_mem, (s) => R.EAX + gprNumber(s)],
  [K.r64_or_mem, (s) => R.RAX + gprNumber(s)],
  [K.mm_or_mem, (s) => R.MM0 + s.random.below(8)],
  [K.xmm_or_mem, (s) => R.XMM0 + s.random.below(s.bits === 64 ? 16 : 8)],
]);

const REGISTERS = new Map<number, (s: Surroundings) => iced.Register>([
  [K.r8_reg, byteRegister],
  [K.r8_opcode, byteRegister],
  ...[K.r16_reg, K.r16_reg_mem, K.r16_rm, K.r16_opcode].map(
    (kind) => [kind, (s: Surroundings) => (R.AX + gprNumber(s)) as iced.Register] as const,
  ),
  ...[K.r32_reg, K.r32_reg_mem, K.r32_rm, K.r32_opcode].map(
    (kind) => [kind, (s: Surroundings) => (R.EAX + gprNumber(s)) as iced.Register] as const,
  ),
  ...[K.r64_reg, K.r64_reg_mem, K.r64_rm, K.r64_opcode].map(
    (kind) => [kind, (s: Surroundings) => (R.RAX + gprNumber(s)) as iced.Register] as const,
  ),
  ...[K.mm_reg, K.mm_rm].map(
    (kind) => [kind, (s: Surroundings) => (R.MM0 + s.random.below(8)) as iced.Register] as const,
  ),
  ...[K.xmm_reg, K.xmm_rm].map(
    (kind) =>
      [
        kind,
        (s: Surroundings) => (R.XMM0 + s.random.below(s.bits === 64 ? 16 : 8)) as iced.Register,
      ] as const,
  ),
  [K.seg_reg, (s) => R.ES + s.random.below(6)],
  [K.es, () => R.ES],
  [K.cs, () => R.CS],
  [K.ss, () => R.SS],
  [K.ds, () => R.DS],
  [K.fs, () => R.FS],
  [K.gs, () => R.GS],
  [K.al, () => R.AL],
  [K.cl, () => R.CL],
  [K.ax, () => R.AX],
  [K.dx, () => R.DX],
  [K.eax, () => R.EAX],
  [K.rax, () => R.RAX],
  [K.st0, () => R.ST0],
  // Outside 64-bit mode CR8 is encoded as AMD processors have it: LOCK MOV CR0.
  [K.cr_reg, (s) => R.CR0 + s.random.pick([0, 2, 3, 4, s.bits === 64 ? 8 : 0])],
  [K.dr_reg, (s) => R.DR0 + s.random.below(8)],
  [K.sti_opcode, (s) => R.ST0 + s.random.below(8)],
]);

const IMMEDIATES = new Map<number, iced.OpKind>([
  [K.imm8, OpKind.Immediate8],
  [K.imm16, OpKind.Immediate16],
  [K.imm32, OpKind.Immediate32],
  [K.imm64, OpKind.Immediate64],
  [K.imm8sex16, OpKind.Immediate8to16],
  [K.imm8sex32, OpKind.Immediate8to32],
  [K.imm8sex64, OpKind.Immediate8to64],
  [K.imm32sex64, OpKind.Immediate32to64],
]);

function setImmediate(
  s: Surroundings,
  instruction: iced.Instruction,
  operand: number,
  kind: iced.OpKind,
): void {
  const { random } = s;
  const value = immediate(random);
  const number = Number(value & 0xffff_ffffn);
  instruction.setOpKind(
    operand,
    operand === 1 && instruction.mnemonic === iced.Mnemonic.Enter ? OpKind.Immediate8_2nd : kind,
  );
  if (instruction.mnemonic === iced.Mnemonic.Enter) {
    if (operand === 0) instruction.immediate16 = random.chance(95) ? 8 * random.below(16) : number & 0xffff;
    else instruction.setImmediateU32(1, random.below(2));
    return;
  }
  switch (kind) {
    case OpKind.Immediate8:
      instruction.immediate8 = number & 0xff;
      // INT 80h is a system call of the host.
      if (instruction.mnemonic === iced.Mnemonic.Int && instruction.immediate8 === 0x80)
        instruction.immediate8 = 5;
      break;
    case OpKind.Immediate16:
      instruction.immediate16 = number & 0xffff;
      break;
    case OpKind.Immediate32:
      instruction.immediate32 = number;
      break;
    case OpKind.Immediate64:
      instruction.immediate64 = value;
      break;
    case OpKind.Immediate8to16:
      instruction.immediate8to16 = (number << 24) >> 24;
      break;
    case OpKind.Immediate8to32:
      instruction.immediate8to32 = (number << 24) >> 24;
      break;
    case OpKind.Immediate8to64:
      instruction.immediate8to64 = BigInt.asIntN(8, value);
      break;
    default:
      instruction.immediate32to64 = BigInt.asIntN(32, value);
  }
}

/**
 * Makes an instruction of a template; branches go to themselves, to be patched. Null when an operand cannot be
 * had. The caller frees the instruction.
 */
export function makeInstruction(s: Surroundings, template: Template): iced.Instruction | null {
  const { random, bits } = s;
  const instruction = new iced.Instruction();
  instruction.code = template.code;
  let hasMemory = false;
  const address = bits === 64 ? (random.chance(93) ? 64 : 32) : 32;
  for (const [operand, kind] of template.operands.entries()) {
    const either = REGISTER_OR_MEMORY.get(kind);
    const register = REGISTERS.get(kind) ?? (either && random.chance(55) ? either : undefined);
    const immediateKind = IMMEDIATES.get(kind);
    if (register) {
      instruction.setOpKind(operand, OpKind.Register);
      instruction.setOpRegister(operand, register(s));
    } else if (either || kind === K.mem) {
      hasMemory = true;
      memory(s, instruction, operand, template.memoryBytes);
    } else if (immediateKind !== undefined) setImmediate(s, instruction, operand, immediateKind);
    else if (kind === K.imm8_const_1) {
      instruction.setOpKind(operand, OpKind.Immediate8);
      instruction.immediate8 = 1;
    } else if (kind === K.mem_offs) {
      instruction.setOpKind(operand, OpKind.Memory);
      instruction.memoryDisplSize = bits / 8;
      instruction.memoryDisplacement = BigInt(target(s, template.memoryBytes));
    } else if (kind === K.seg_rSI)
      instruction.setOpKind(operand, address === 64 ? OpKind.MemorySegRSI : OpKind.MemorySegESI);
    else if (kind === K.es_rDI)
      instruction.setOpKind(operand, address === 64 ? OpKind.MemoryESRDI : OpKind.MemoryESEDI);
    else if (kind === K.seg_rDI)
      instruction.setOpKind(operand, address === 64 ? OpKind.MemorySegRDI : OpKind.MemorySegEDI);
    else if (kind === K.seg_rBX_al) {
      instruction.setOpKind(operand, OpKind.Memory);
      instruction.memoryBase = wide(address, 3);
      instruction.memoryIndex = R.AL;
    } else if (kind === K.br32_1 || kind === K.br32_4) instruction.setOpKind(operand, OpKind.NearBranch32);
    else if (kind === K.br64_1 || kind === K.br64_4) instruction.setOpKind(operand, OpKind.NearBranch64);
    else {
      instruction.free();
      return null;
    }
  }
  if (template.lock && hasMemory && random.chance(12)) instruction.hasLockPrefix = true;
  if (template.rep && random.chance(50)) instruction.hasRepPrefix = true;
  else if (template.repne && random.chance(40)) instruction.hasRepnePrefix = true;
  return instruction;
}
