// iced-x86, an independent decoder, as the oracle of ours: both instructions are brought into one
// textual form and compared. Tests only.
import * as iced from 'iced-x86';
import { ALL_FEATURES } from '../../cpuid/feature-names.ts';
import * as S from '../../state/layout.ts';
import { decode } from '../decode.ts';
import type { Instruction } from '../instruction.ts';
import type { Mode } from '../mode.ts';
import {
  addressText,
  CONDITIONS,
  FPU_CONDITIONS,
  generalRegisterName,
  printOperands,
  segmentName,
} from '../print.ts';

const { DecoderOptions, OpKind } = iced;
const decoders = new Map<number, (bytes: Uint8Array) => iced.Instruction>();
/** Undo what iced takes for granted and we do not offer: WBNOINVD, TZCNT and LZCNT. */
const OPTIONS = DecoderOptions.NoWbnoinvd | DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD;
/** Where instructions are placed: high enough that no branch leaves the address space. */
const ORIGIN = { 16: 0x8000n, 32: 0x7fffff00n, 64: 0x7fff_ffff_0000n } as const;

function icedDecode(bytes: Uint8Array, bits: 16 | 32 | 64): iced.Instruction {
  let one = decoders.get(bits);
  if (!one) {
    one = (input) => {
      const decoder = new iced.Decoder(bits, input, OPTIONS);
      decoder.ip = ORIGIN[bits];
      const result = decoder.decode();
      decoder.free();
      return result;
    };
    decoders.set(bits, one);
  }
  return one(bytes);
}

const registerNames = iced.Register as unknown as Record<number, string>;
const mnemonicNames = iced.Mnemonic as unknown as Record<number, string>;
const featureNames = iced.CpuidFeature as unknown as Record<number, string>;

/** iced's names of the features that our tables have in full; all others are newer than we are. */
const OFFERED = new Set(
  `INTEL8086 INTEL8086_ONLY INTEL186 INTEL286 INTEL286_ONLY INTEL386 INTEL386_ONLY INTEL486 X64 AES CLFSH
  CMOV CMPXCHG16B CX8 FPU FPU287 FPU287XL_ONLY FPU387 FSGSBASE FXSR INVPCID MMX MONITOR
  MOVBE MSR MULTIBYTENOP PAUSE PCLMULQDQ POPCNT PREFETCHW RDPMC RDRAND RDSEED RDTSCP SEP SMAP SSE SSE2 SSE3
  SSE4_1 SSE4_2 SSSE3 SYSCALL TSC XSAVE XSAVEOPT CPUID SMM`.split(/\s+/),
);

const STRINGS = new Set(['MOVS', 'CMPS', 'SCAS', 'LODS', 'STOS', 'INS', 'OUTS']);

/** The mnemonics iced uses for one of ours, given the sizes; several where we do not tell them apart. */
function icedMnemonics(instruction: Instruction): readonly string[] {
  const { form } = instruction;
  const { mnemonic, operandSize } = form;
  const bySize = (names: readonly [string, string, string]) => [
    names[operandSize === 16 ? 0 : operandSize === 32 ? 1 : 2],
  ];
  if (STRINGS.has(mnemonic)) {
    const operand = form.operands[0]!;
    const width = operand.kind === 'gpr' ? operand.width : 0;
    return [mnemonic + { 0: '', 8: 'B', 16: 'W', 32: 'D', 64: 'Q' }[width]];
  }
  if (form.condition >= 0) {
    const names: readonly string[] = mnemonic === 'FCMOVcc' ? FPU_CONDITIONS : CONDITIONS;
    return [mnemonic.replace('cc', names[form.condition]!)];
  }
  switch (mnemonic) {
    case 'MOV_SEGMENT': case 'MOV_CR': case 'MOV_DR': return ['MOV'];
    case 'PUSH_SEGMENT': return ['PUSH'];
    case 'POP_SEGMENT': return ['POP'];
    case 'JMPF': return ['JMP'];
    case 'CALLF': return ['CALL'];
    case 'CBW': return bySize(['CBW', 'CWDE', 'CDQE']);
    case 'CWD': return bySize(['CWD', 'CDQ', 'CQO']);
    case 'PUSHA': return bySize(['PUSHA', 'PUSHAD', '']);
    case 'POPA': return bySize(['POPA', 'POPAD', '']);
    case 'PUSHF': return bySize(['PUSHF', 'PUSHFD', 'PUSHFQ']);
    case 'POPF': return bySize(['POPF', 'POPFD', 'POPFQ']);
    case 'IRET': return bySize(['IRET', 'IRETD', 'IRETQ']);
    case 'SYSRET': return bySize(['SYSRET', 'SYSRET', 'SYSRETQ']);
    case 'SYSEXIT': return bySize(['SYSEXIT', 'SYSEXIT', 'SYSEXITQ']);
    case 'JCXZ': return [form.addressSize === 16 ? 'JCXZ' : form.addressSize === 32 ? 'JECXZ' : 'JRCXZ'];
    case 'XLAT': return ['XLATB'];
    case 'FWAIT': return ['WAIT'];
    case 'FXSAVE': case 'FXRSTOR': case 'XSAVE': case 'XRSTOR': case 'XSAVEOPT':
      return [operandSize === 64 ? `${mnemonic}64` : mnemonic];
    case 'PREFETCH':
      return ['PREFETCHNTA', 'PREFETCHT0', 'PREFETCHT1', 'PREFETCHT2', 'PREFETCHW', 'PREFETCH', 'PREFETCHWT1',
        'PREFETCHRESERVED_0F0D'];
    case 'SHL': return ['SHL', 'SAL'];
    case 'PCMPESTRI': case 'PCMPESTRM': return [operandSize === 64 ? `${mnemonic}64` : mnemonic];
    case 'FNOP': return ['FNOP', 'FNENI', 'FNDISI', 'FNSETPM'];
    case 'FSTP': return ['FSTP', 'FSTPNCE'];
    // The hint space: whatever a newer processor does there is a NOP here.
    case 'NOP':
      return ['NOP', 'RESERVEDNOP', 'ENDBR64', 'ENDBR32', 'RDSSPD', 'RDSSPQ', 'CLDEMOTE', 'PREFETCHIT0', 'PREFETCHIT1'];
    default: return [mnemonic];
  }
} // biome-ignore format: a table

/** Register operands that iced gives another width, where only 16 bits are read or 32 written. */
const NARROWER = new Set(
  'NOP MOV_SEGMENT LAR LSL ARPL LLDT LTR VERR VERW LMSW PINSRB PINSRW PEXTRB PEXTRW PMOVMSKB MOVMSKPS MOVMSKPD EXTRACTPS'.split(
    ' ',
  ),
);

const widen = (name: string) => {
  for (const width of [8, 16, 32] as const) {
    for (let i = 0; i < 16; i++) {
      if (name === generalRegisterName(S.GPR + 8 * i, width)) return generalRegisterName(S.GPR + 8 * i, 64);
    }
  }
  return name;
};

/** iced's segment, or 'flat' for those that 64-bit mode ignores. */
function segmentOf(oracle: iced.Instruction, bits: 16 | 32 | 64): string {
  const name = registerNames[oracle.memorySegment]!;
  return bits === 64 && name !== 'FS' && name !== 'GS' ? 'flat' : name;
}

function icedOperand(oracle: iced.Instruction, index: number, ours: Instruction, bits: 16 | 32 | 64): string {
  const operand = ours.form.operands[index];
  const kind = oracle.opKind(index);
  const width = operand && 'width' in operand ? operand.width : 64;
  const hexadecimal = (value: bigint, size = width) => `0x${BigInt.asUintN(size || 64, value).toString(16)}`;
  switch (kind) {
    case OpKind.Register:
      return registerNames[oracle.opRegister(index)]!;
    case OpKind.NearBranch16:
    case OpKind.NearBranch32:
    case OpKind.NearBranch64: {
      const size = kind === OpKind.NearBranch16 ? 16 : kind === OpKind.NearBranch32 ? 32 : 64;
      return `${size}:${hexadecimal(oracle.nearBranchTarget, size)}`;
    }
    case OpKind.FarBranch16:
      return `${hexadecimal(BigInt(oracle.farBranchSelector), 16)}:${hexadecimal(BigInt(oracle.farBranch16), 16)}`;
    case OpKind.FarBranch32:
      return `${hexadecimal(BigInt(oracle.farBranchSelector), 16)}:${hexadecimal(BigInt(oracle.farBranch32), 32)}`;
    case OpKind.Memory: {
      const size = ours.form.addressSize;
      const parts: string[] = [];
      const base = registerNames[oracle.memoryBase]!;
      if (base !== 'None') parts.push(base);
      if (oracle.memoryIndex !== iced.Register.None) {
        const scale = oracle.memoryIndexScale;
        parts.push(registerNames[oracle.memoryIndex]! + (scale > 1 ? `*${scale}` : ''));
      }
      let displacement = oracle.memoryDisplacement;
      if (base === 'RIP' || base === 'EIP') displacement -= ORIGIN[bits] + BigInt(ours.length);
      displacement = BigInt.asUintN(size, displacement);
      if (displacement !== 0n || parts.length === 0) parts.push(`0x${displacement.toString(16)}`);
      const bytes = iced.MemorySizeExt.size(oracle.memorySize);
      return `${bytes * 8} ${segmentOf(oracle, bits)}:[${parts.join('+')}]`;
    }
    default:
      return hexadecimal(oracle.immediate(index), operand?.kind === 'one' ? 8 : width);
  }
}

function ourOperand(instruction: Instruction, index: number, bits: 16 | 32 | 64, oracle: string): string {
  const operand = instruction.form.operands[index]!;
  if (operand.kind === 'rel') {
    const size = instruction.form.operandSize;
    const target = BigInt.asUintN(size, ORIGIN[bits] + BigInt(instruction.length) + instruction.imm);
    return `${size}:0x${target.toString(16)}`;
  }
  if (operand.kind === 'mem') {
    // Areas and hints have no width.
    const width = (instruction.form.mnemonic !== 'NOP' && operand.width) || oracle.split(' ')[0];
    const text = addressText(instruction, operand);
    return `${width} ${operand.segment === 'flat' && bits === 64 ? text.replace(/^../, 'flat') : text}`;
  }
  return printOperands(instruction)[index]!;
}

function compareStrings(ours: Instruction, oracle: iced.Instruction, bits: 16 | 32 | 64): string | null {
  const { form } = ours;
  const kinds = [oracle.opKind(0), oracle.opKind(1)];
  const source = kinds.findIndex((k) => k >= OpKind.MemorySegSI && k <= OpKind.MemorySegRDI);
  const names = OpKind as unknown as Record<number, string>;
  const memory = kinds.find((k) => k >= OpKind.MemorySegSI && k <= OpKind.MemoryESRDI)!;
  const register = names[memory]!.replace(/^Memory(Seg|ES)/, '');
  const size = register.startsWith('R') ? 64 : register.startsWith('E') ? 32 : 16;
  if (size !== form.addressSize) return `address size ${form.addressSize}, iced ${size}`;
  if (source >= 0) {
    const flat = bits === 64 && form.segment === 'flat';
    const segment = flat ? 'flat' : segmentName(ours.seg);
    const expected = segmentOf(oracle, bits);
    if (segment !== expected) return `segment ${segment}, iced ${expected}`;
  }
  const repeat = oracle.hasRepPrefix ? 'rep' : oracle.hasRepnePrefix ? 'repne' : 'none';
  return repeat === form.repeat ? null : `repeat ${form.repeat}, iced ${repeat}`;
}

/** Differences that are ours on purpose: our mnemonic, iced's, and why. */
const KNOWN: readonly { readonly ours: string; readonly iced: string; readonly why: string }[] = [
  {
    ours: 'INVALID',
    iced: 'RESERVEDNOP',
    why: 'AMD64 APM volume 3, PREFETCH: #UD with a register operand (0F 0D; NOP on Intel processors)',
  },
  {
    ours: 'XCHG',
    iced: 'PAUSE',
    why: 'F3 90 with REX.B exchanges R8 and rAX: so do the AMD processors this was run on',
  },
];

/** Compares the decoding of `bytes` (at least 16) for a mode. Returns what differs, or null. */
export function compareWithIced(bytes: Uint8Array, mode: Mode): string | null {
  const { bits } = mode;
  const ours = decode(bytes, bytes.length, mode, ALL_FEATURES)!;
  const oracle = icedDecode(bytes, bits);
  try {
    return compare(ours, oracle, bits);
  } finally {
    oracle.free();
  }
}

function compare(ours: Instruction, oracle: iced.Instruction, bits: 16 | 32 | 64): string | null {
  const oracleName = mnemonicNames[oracle.mnemonic]!.toUpperCase();
  const invalid = ours.form.mnemonic === 'INVALID' || ours.form.mnemonic === 'TOO_LONG';
  if (KNOWN.some((known) => known.ours === ours.form.mnemonic && known.iced === oracleName)) return null;
  const oracleInvalid = oracle.code === iced.Code.INVALID;
  const newer =
    !oracleInvalid &&
    (oracle.encoding !== iced.EncodingKind.Legacy ||
      [...oracle.cpuidFeatures()].some((feature) => !OFFERED.has(featureNames[feature]!)));
  if (invalid) {
    if (oracleInvalid || newer) return null;
    const features = [...oracle.cpuidFeatures()].map((feature) => featureNames[feature]);
    return `${ours.form.mnemonic}, iced ${oracleName} (${features})`;
  }
  const name = `${ours.form.mnemonic} ${printOperands(ours).join(', ')}`;
  if (oracleInvalid) return `${name}, iced INVALID`;
  const names = icedMnemonics(ours);
  if (!names.includes(oracleName)) return `${name}, iced ${oracleName}`;
  if (ours.length !== oracle.length) return `${name}: length ${ours.length}, iced ${oracle.length}`;
  if (ours.form.lock !== oracle.hasLockPrefix) return `${name}: lock ${ours.form.lock}`;
  if (STRINGS.has(ours.form.mnemonic)) return compareStrings(ours, oracle, bits);
  if (oracleName.startsWith('ENDBR')) return null; // a NOP whose register has no name there
  const { operands } = ours.form;
  // Where we list one ST(i), iced may list ST(0) before it; and the implicit destination of MASKMOV.
  const first = operands[0]?.kind === 'st' && operands.length === 1 && oracle.opCount === 2;
  const skip = first || ours.form.mnemonic.startsWith('MASKMOV') ? 1 : 0;
  for (let i = 0; i < operands.length; i++) {
    let theirs = icedOperand(oracle, i + skip, ours, bits);
    let text = ourOperand(ours, i, bits, theirs);
    if (NARROWER.has(ours.form.mnemonic)) {
      theirs = widen(theirs);
      text = widen(text);
    }
    if (text !== theirs) return `${name}: operand ${i} ${text}, iced ${theirs}`;
  }
  return null;
}
