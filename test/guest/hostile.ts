// Kernels that attack: random ring-0 code that mixes port accesses, device memory, model-specific and control
// registers, string instructions over anything, software interrupts and plain garbage. Whatever faults comes to a
// handler that goes on at another random place, so that a run rarely ends early. What such a kernel may do to its host
// is nothing at all.
import { Random } from '../isa/fuzz/random.ts';
import { imm32, multibootKernel } from './tiny-kernels.ts';

/** Where the code of a Multiboot kernel of ours lies. */
const BASE = 0x10_0020;
const FIRST = 0x100;
/** Size of the part that is random: a power of two. */
const SIZE = 0x4000;
const HANDLER = 0x8000;
const STACK = 0x30_0000;
const INTERRUPT_TABLE = 0x20_0000;
/** Counts the exceptions; the next place to go on follows from it. */
const COUNTER = 0x28_0000;

const PORTS = [
  0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x60, 0x80, 0xe9, 0x3f8, 0x3f9,
  0x3fa, 0x3fb, 0x3fc, 0xcf8, 0xcfc, 0x600, 0x608, 0x1f0, 0x1f2, 0x1f6, 0x1f7,
];
/** TSC, APIC base, deadline, TSC adjust, PAT, EFER, SYSENTER. */
const MSRS = [0x10, 0x1b, 0x6e0, 0x3b, 0x277, 0xc000_0080, 0x174, 0x175];
/** APICs, and an AHCI adapter where our firmware puts it: its control, a port's list, command, link and issue registers. */
const DEVICES = [
  ...[0xfee0_0000, 0xfee0_0300, 0xfee0_0380, 0xfee0_0320, 0xfec0_0000, 0xfec0_0010],
  ...[0xc000_0004, 0xc000_0100, 0xc000_0108, 0xc000_0118, 0xc000_012c, 0xc000_0134, 0xc000_0138],
];
const EDGES = [0, 0xa_0000, 0xe_0000, INTERRUPT_TABLE, 0x4000_0000, 0xffff_fffd, 0xffff_ffff];
/** MOVS, STOS, CMPS, INS, OUTS. */
const STRINGS = [0xa4, 0xa5, 0xaa, 0xab, 0xa6, 0x6c, 0x6e];

/** All 256 vectors lead to the handler. */
function prologue(): number[] {
  return [
    0xfa, // cli
    ...[0xbc, ...imm32(STACK)], // mov $STACK, %esp
    ...[0xbf, ...imm32(INTERRUPT_TABLE), 0xb9, ...imm32(256)], // mov $INTERRUPT_TABLE, %edi; mov $256, %ecx
    ...[0x8c, 0xca, 0xc1, 0xe2, 0x10], // mov %cs, %edx; shl $16, %edx
    ...[0x66, 0xba, (BASE + HANDLER) & 0xff, ((BASE + HANDLER) >> 8) & 0xff], // mov $handler, %dx
    ...[0x89, 0x17, 0xc7, 0x47, 0x04, 0x00, 0x8e, 0x10, 0x00], // 1: mov %edx, (%edi); movl $0x108e00, 4(%edi)
    ...[0x83, 0xc7, 0x08, 0x49, 0x75, 0xf1], // add $8, %edi; dec %ecx; jnz 1b
    ...[0x68, ...imm32(INTERRUPT_TABLE), 0x66, 0x68, 0xff, 0x07], // push $INTERRUPT_TABLE; pushw $0x7ff
    ...[0x0f, 0x01, 0x1c, 0x24], // lidt (%esp)
  ];
}

/** Goes on at a place that depends on the number of exceptions so far, with a fresh stack and clean flags. */
function handler(): number[] {
  return [
    ...[0xbc, ...imm32(STACK)], // mov $STACK, %esp
    ...[0xff, 0x05, ...imm32(COUNTER), 0xa1, ...imm32(COUNTER)], // incl COUNTER; mov COUNTER, %eax
    ...[0x69, 0xc0, ...imm32(0x9e37_79b1), 0xc1, 0xe8, 0x13], // imul $..., %eax, %eax; shr $19, %eax
    ...[0x25, ...imm32(SIZE - 1), 0x05, ...imm32(BASE + FIRST)], // and; add
    ...[0x6a, 0x02, 0x9d, 0xff, 0xe0], // push $2; popf; jmp *%eax
  ];
}

function attack(random: Random): number[] {
  const pick = <T>(list: readonly T[]): T => random.pick(list);
  const value = () => imm32(random.chance(50) ? random.u32() : random.below(4096));
  const address = () =>
    imm32(random.chance(20) ? BASE + random.below(SIZE) : pick(random.chance(50) ? DEVICES : EDGES));
  const bytes = (count: number) => Array.from({ length: count }, () => random.below(256));
  switch (random.below(11)) {
    case 0: // out %al
      return [0xba, ...imm32(pick(PORTS)), 0xb0, random.below(256), 0xee];
    case 1: // in %al, in %eax, out %eax
      return [0xba, ...imm32(pick(PORTS)), pick([0xec, 0xed, 0xef])];
    case 2: // mov, add, xchg, xor with (%ebx)
      return [0xbb, ...address(), 0xb8, ...value(), pick([0x89, 0x8b, 0x01, 0x87, 0x31]), 0x03];
    case 3: {
      const index = random.chance(50)
        ? pick(MSRS)
        : random.chance(50)
          ? 0x800 + random.below(64)
          : 0x200 + random.below(16);
      return [0xb9, ...imm32(index), 0xb8, ...value(), 0x31, 0xd2, 0x0f, random.chance(70) ? 0x30 : 0x32];
    }
    case 4: // sti; nop; nop
      return [0xfb, 0x90, 0x90];
    case 5: {
      // mov %crN, %eax; btc $bit, %eax; mov %eax, %crN
      const register = random.below(5) << 3;
      return [0x0f, 0x20, 0xc0 | register, 0x0f, 0xba, 0xf8, random.below(22), 0x0f, 0x22, 0xc0 | register];
    }
    case 6: // rep movs and its kin
      return [
        0xb9,
        ...imm32(random.below(5000)),
        0xbf,
        ...address(),
        0xbe,
        ...address(),
        0xf3,
        pick(STRINGS),
      ];
    case 7: // int $n
      return [0xcd, random.below(256)];
    case 8:
      return [0x0f, random.below(256), 0xc0 | random.below(64)];
    case 9:
      return [0x66, 0x0f, ...bytes(2)];
    default:
      return bytes(1 + random.below(12));
  }
}

/** The kernel of a seed. */
export function hostileKernel(seed: number): Uint8Array {
  const random = new Random(seed, 0);
  const code = new Array<number>(HANDLER).fill(0x90);
  const place = (at: number, part: readonly number[]) => {
    part.forEach((byte, i) => {
      code[at + i] = byte;
    });
    return at + part.length;
  };
  place(0, prologue());
  let at = FIRST;
  while (at < SIZE) at = place(at, attack(random));
  place(at, [0xe9, ...imm32(FIRST - (at + 5))]); // jmp to the first
  place(HANDLER, handler());
  return multibootKernel(code);
}
