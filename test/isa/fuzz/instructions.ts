// What the fuzzer chooses from: every legacy encoding that iced-x86 knows and a user program may execute,
// but those in the tables below, each with its reason.
import * as iced from 'iced-x86';

const { Code, CpuidFeature, EncodingKind, Instruction, MemorySizeExt, Mnemonic, OpCodeOperandKind } = iced;

/** iced's names of the features that the default profile offers. */
const FEATURES = new Set(
  `INTEL8086 INTEL8086_ONLY INTEL186 INTEL286 INTEL386 INTEL486 X64 PAUSE MULTIBYTENOP PREFETCHW CMOV CX8 CMPXCHG16B
  FPU FPU287 FPU387 MMX SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 AES PCLMULQDQ MOVBE POPCNT FSGSBASE CLFSH`.split(
    /\s+/,
  ),
);

/** Left out altogether. */
const NEVER = new Map(
  Object.entries({
    'Db Dw Dd Dq Zero_bytes INVALID': 'not instructions',
    Int1: 'debug trap that virtual machines treat each in their way',
    'Iret Iretd Iretq Retf': 'leave the segment',
    'Lss Lfs Lgs Les Lds': 'load selectors of the host',
    'Sldt Str Smsw Sgdt Sidt Verr Verw Lar Lsl Arpl': 'show the tables of the host',
    'Fstenv Fnstenv Fsave Fnsave': 'store the x87 pointers, which AMD keeps only for exceptions',
    'Finit Feni Fdisi Fclex Fsetpm Fstcw Fstsw': 'two instructions to iced, FWAIT and another',
    'Fneni Fndisi Fnsetpm Fstpnce': 'aliases of FNOP and FSTP',
    'F2xm1 Fyl2x Fptan Fpatan Fyl2xp1 Fsincos Fsin Fcos': 'differ in the last place: x87-native.test.ts',
    'Rsqrtps Rsqrtss Rcpps Rcpss': 'approximations, other ones in each processor',
    'Prefetchwt1 Cldemote': 'not in the profile',
  }).flatMap(([names, reason]) => names.split(' ').map((name) => [name, reason] as const)),
);

/** By iced's name of the code. */
const NEVER_CODES =
  /^(Mov_Sreg_|Pop[wdq]?_?(w_|d_|q_)?(FS|GS|ES|SS|DS)|Pop[wdq](FS|GS|ES|SS|DS)|Jmp_ptr|Call_ptr|Jmp_m16|Call_m16|Bswap_r16|Movsxd_r16)/;

/** Those of the supervisor that are tried too: they must be refused. */
const REFUSED =
  /^(Hlt|Cli|Sti|Clts|Invd|Wbinvd|Invlpg|Lgdt|Lidt|Lldt|Ltr|Lmsw|Rdmsr|Wrmsr|Swapgs|In|Out|Ins[bwd]|Outs[bwd])$|^Mov_.*[cd]r_?|^Mov_[cd]r/;

export type Family = 'integer' | 'control' | 'x87' | 'simd' | 'refused';

/** One encoding, with what is needed to fill it in. */
export interface Template {
  readonly code: iced.Code;
  readonly name: string;
  readonly mnemonic: string;
  readonly family: Family;
  readonly operands: readonly iced.OpCodeOperandKind[];
  /** Bytes of the memory operand, 16 where it is an area. */
  readonly memoryBytes: number;
  readonly lock: boolean;
  readonly rep: boolean;
  readonly repne: boolean;
  /** Status flags, as RFLAGS masks. */
  readonly reads: number;
  /** Certainly written with a defined value. */
  readonly defines: number;
  readonly undefined: number;
}

/** iced's RflagsBits to RFLAGS: OF SF ZF AF CF PF. */
const FLAG_BITS: readonly (readonly [number, number])[] = [
  [1, 0x800],
  [2, 0x80],
  [4, 0x40],
  [8, 0x10],
  [0x10, 1],
  [0x20, 4],
];
const flags = (bits: number) => FLAG_BITS.reduce((mask, [bit, flag]) => (bits & bit ? mask | flag : mask), 0);

const STRINGS = /^(Movs|Cmps|Scas|Lods|Stos)[bwdq]$/;
/** A count of zero leaves the flags as they were. */
const COUNTED = /^(Rol|Ror|Rcl|Rcr|Shl|Shr|Sal|Sar|Shld|Shrd)$/;

function family(name: string, features: readonly string[], flow: number): Family {
  if (features.some((feature) => feature.startsWith('FPU'))) return 'x87';
  if (features.some((feature) => /^(MMX|SSE|SSSE|AES|PCLMUL)/.test(feature)) || /xmm|mm_/.test(name))
    return 'simd';
  return flow !== iced.FlowControl.Next && flow !== iced.FlowControl.Exception ? 'control' : 'integer';
}

/** What is no instruction at all: #UD. */
export const INVALID: Template = {
  code: Code.INVALID,
  name: 'INVALID',
  mnemonic: 'INVALID',
  family: 'refused',
  operands: [],
  memoryBytes: 0,
  lock: false,
  rep: false,
  repne: false,
  reads: 0,
  defines: 0,
  undefined: 0,
};

/** All templates for a code size. */
export function templatesFor(bits: 32 | 64): readonly Template[] {
  const list: Template[] = [];
  const names = Code as unknown as Record<number, string>;
  const mnemonics = Mnemonic as unknown as Record<number, string>;
  const featureNames = CpuidFeature as unknown as Record<number, string>;
  for (let code = 0; names[code] !== undefined; code++) {
    const instruction = new Instruction();
    instruction.code = code;
    const opCode = instruction.opCode;
    const mnemonic = mnemonics[instruction.mnemonic]!;
    const name = names[code]!;
    const features = Array.from(instruction.cpuidFeatures(), (feature) => featureNames[feature]!);
    const operands = Array.from({ length: opCode.opCount }, (_, i) => opCode.opKind(i));
    const wanted =
      opCode.encoding === EncodingKind.Legacy &&
      (bits === 64 ? opCode.mode64 : opCode.mode32) &&
      (REFUSED.test(mnemonic) || REFUSED.test(name) || (!opCode.isPrivileged && !opCode.isInputOutput)) &&
      !opCode.fwait &&
      (features.every((feature) => FEATURES.has(feature)) || REFUSED.test(mnemonic)) &&
      !NEVER.has(mnemonic) &&
      !NEVER_CODES.test(name) &&
      // Branches with 16-bit targets: makers differ in 64-bit mode, and they leave the code page in any.
      !operands.some((kind) => kind === OpCodeOperandKind.br16_1 || kind === OpCodeOperandKind.br16_2) &&
      !(
        instruction.flowControl !== iced.FlowControl.Next &&
        opCode.operandSize === 16 &&
        /^(Ret|Call|Jmp)/.test(name)
      ) &&
      !(
        bits === 64 &&
        operands.some((kind) => kind === OpCodeOperandKind.br32_1 || kind === OpCodeOperandKind.br32_4)
      );
    if (wanted) {
      const counted = COUNTED.test(mnemonic);
      const written = instruction.rflagsWritten | instruction.rflagsCleared | instruction.rflagsSet;
      // Of a counted shift iced tells what a count of zero or one would do; all are possible here.
      const undefined_ = counted ? 0x10 | 0x800 : flags(instruction.rflagsUndefined);
      list.push({
        code,
        name,
        mnemonic,
        family:
          REFUSED.test(mnemonic) || REFUSED.test(name)
            ? 'refused'
            : family(name, features, instruction.flowControl),
        operands,
        memoryBytes: MemorySizeExt.size(opCode.memorySize) || 16,
        lock: opCode.canUseLockPrefix,
        rep: opCode.canUseRepPrefix && STRINGS.test(mnemonic),
        repne: opCode.canUseRepnePrefix && STRINGS.test(mnemonic),
        reads: flags(instruction.rflagsRead) | (/^Rc[lr]$/.test(mnemonic) ? 1 : 0),
        defines: counted || STRINGS.test(mnemonic) ? 0 : flags(written),
        undefined: /^(Rol|Ror|Rcl|Rcr)$/.test(mnemonic) ? 0x800 : undefined_,
      });
    }
    opCode.free();
    instruction.free();
  }
  return list;
}

export { NEVER as EXCLUDED };
