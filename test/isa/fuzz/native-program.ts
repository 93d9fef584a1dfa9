// A Linux program without a line of C that runs user programs on the host's processor: it reads an image
// (image.ts) from standard input, runs it, writes the image that results to standard output, and so on until
// the input ends. Nothing else is mapped in its address space but itself, the code page and the data pages,
// so a wild program can only fault as it does in the guest; and the kernel has been told to end it at any other
// system call than those that it needs itself.
//
// How it enters and leaves a program: it raises #UD by a UD2 of its own; the handler puts the image's
// registers into the signal frame, and returning from the signal loads them all at once. The exception that
// ends the program comes to the same handler, which stores the frame's registers and puts its own back.
//
//   BASE + 0000  ELF header, code     + 1000  result       + 2000  image to run (registers only)
//        + 3000  own registers        + 4000  tables       + 6000  stack, downwards
//        + 8000  stack of the handler, 32 KiB
import {
  CODE,
  CODE_SIZE,
  CS_AT,
  DATA,
  DATA_SELECTOR_AT,
  DATA_SIZE,
  FS_BASE_AT,
  FX_AT,
  FX_SIZE,
  GS_BASE_AT,
  READ_ONLY,
  REGISTERS_SIZE,
} from './image.ts';

const BASE = 0x6a00_0000_0000n;
const RESULT = BASE + 0x1000n;
const INITIAL = BASE + 0x2000n;
const OWN = BASE + 0x3000n;
const TABLES = BASE + 0x4000n;
const STACK = BASE + 0x6000n;
const SIGNAL_STACK = BASE + 0x8000n;
const SIGNAL_STACK_SIZE = 0x8000;
const SEGMENT_SIZE = 0x1_0000;
const CODE_OFFSET = 120;

const SYS_READ = 0;
const SYS_WRITE = 1;
const SYS_MMAP = 9;
const SYS_MUNMAP = 11;
const SYS_RT_SIGACTION = 13;
const SYS_RT_SIGRETURN = 15;
const SYS_EXIT = 60;
const SYS_SIGALTSTACK = 131;
const SYS_PRCTL = 157;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_STRICT = 1;
const SIGNALS = [4, 5, 7, 8, 11];
const SIGACTION_FLAGS = 0x4c00_0004;
const MAP_FIXED_PRIVATE_ANONYMOUS = 0x32;

// struct ucontext of x86-64 Linux.
const UC_REGISTERS = 0x28;
const UC_RIP = 0xa8;
const UC_SEGMENTS = UC_REGISTERS + CS_AT;
const UC_FPSTATE = 0xe0;

/** A tiny assembler: bytes, with labels for 32-bit relative branches. */
class Assembler {
  readonly bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #uses: [number, string][] = [];
  emit(...bytes: number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
  u32(value: number): this {
    for (let i = 0; i < 4; i++) this.bytes.push((value >>> (8 * i)) & 255);
    return this;
  }
  u64(value: bigint): this {
    for (let i = 0n; i < 8n; i++) this.bytes.push(Number((value >> (8n * i)) & 255n));
    return this;
  }
  label(name: string): this {
    this.#labels.set(name, this.bytes.length);
    return this;
  }
  /** An opcode followed by a 32-bit displacement to a label. */
  branch(opcode: readonly number[], name: string): this {
    this.emit(...opcode);
    this.#uses.push([this.bytes.length, name]);
    return this.u32(0);
  }
  address(name: string): bigint {
    return BASE + BigInt(CODE_OFFSET + this.#labels.get(name)!);
  }
  /** movabs into one of the lower eight registers. */
  load(register: number, value: bigint | number): this {
    return this.emit(0x48, 0xb8 + register).u64(BigInt(value));
  }
  copyWords(count: number): this {
    return this.emit(0xb9).u32(count).emit(0xf3, 0x48, 0xa5); // mov ecx, count; rep movsq
  }
  syscall(number: number): this {
    return this.emit(0xb8).u32(number).emit(0x0f, 0x05);
  }
  finish(): void {
    for (const [at, name] of this.#uses) {
      const distance = this.#labels.get(name)! - (at + 4);
      for (let i = 0; i < 4; i++) this.bytes[at + i] = (distance >> (8 * i)) & 255;
    }
  }
}

const RAX = 0;
const RBX = 3;
const RSI = 6;
const RDI = 7;

/** void handler(int signal, siginfo_t *, ucontext_t *): RDX is the frame. */
function handler(a: Assembler): void {
  a.label('handler');
  a.emit(0x49, 0x89, 0xd0); // mov r8, rdx
  a.emit(0x4d, 0x8d, 0x48, UC_REGISTERS); // lea r9, [r8 + registers]
  a.emit(0x4d, 0x8b, 0x90).u32(UC_FPSTATE); // mov r10, [r8 + fpstate]
  a.emit(0x49, 0x8b, 0x80).u32(UC_RIP); // mov rax, [r8 + rip]
  a.load(RBX, TABLES).emit(0x48, 0x3b, 0x03); // cmp rax, [address of the UD2]
  a.branch([0x0f, 0x85], 'leave');
  // Enter: own registers to OWN, the image's into the frame.
  a.emit(0x4c, 0x89, 0xce).load(RDI, OWN).copyWords(23); // mov rsi, r9
  a.emit(0x4c, 0x89, 0xcf).load(RSI, INITIAL).copyWords(18); // mov rdi, r9
  a.load(RBX, INITIAL);
  for (const part of [0, 6]) {
    a.emit(0x66, 0x8b, 0x83).u32(CS_AT + part); // mov ax, [rbx + CS or SS]
    a.emit(0x66, 0x41, 0x89, 0x80).u32(UC_SEGMENTS + part); // mov [r8 + ...], ax
  }
  a.emit(0x4c, 0x89, 0xd7)
    .load(RSI, INITIAL + BigInt(FX_AT))
    .copyWords(FX_SIZE / 8); // mov rdi, r10
  a.emit(0x48, 0x8b, 0x83).u32(FS_BASE_AT).emit(0xf3, 0x48, 0x0f, 0xae, 0xd0); // wrfsbase rax
  a.emit(0x48, 0x8b, 0x83).u32(GS_BASE_AT).emit(0xf3, 0x48, 0x0f, 0xae, 0xd8); // wrgsbase rax
  a.emit(0x8b, 0x83).u32(DATA_SELECTOR_AT).emit(0x8e, 0xd8, 0x8e, 0xc0, 0xc3); // mov ds, eax; mov es, eax; ret
  // Leave: the frame's registers to RESULT, own registers into the frame, behind the UD2.
  a.label('leave');
  a.emit(0x6a, 2, 0x9d); // push 2; popfq: returning from the signal keeps ID and NT as they are
  a.emit(0x4c, 0x89, 0xce).load(RDI, RESULT).copyWords(23);
  a.emit(0x4c, 0x89, 0xd6)
    .load(RDI, RESULT + BigInt(FX_AT))
    .copyWords(FX_SIZE / 8); // mov rsi, r10
  a.load(RBX, RESULT);
  a.emit(0xf3, 0x48, 0x0f, 0xae, 0xc0, 0x48, 0x89, 0x83).u32(FS_BASE_AT); // rdfsbase rax
  a.emit(0xf3, 0x48, 0x0f, 0xae, 0xc8, 0x48, 0x89, 0x83).u32(GS_BASE_AT); // rdgsbase rax
  a.emit(0x8c, 0xd8, 0x89, 0x83).u32(DATA_SELECTOR_AT); // mov eax, ds
  a.emit(0x4c, 0x89, 0xcf).load(RSI, OWN).copyWords(19);
  a.emit(0x49, 0x83, 0x80).u32(UC_RIP).emit(2, 0xc3); // add qword [r8 + rip], 2; ret
  a.label('restorer').syscall(SYS_RT_SIGRETURN);
}

/** transfer(rsi = address, r12 = length, ebx = system call, edi = file): all of it, or the program ends. */
function transfer(a: Assembler): void {
  a.label('transfer');
  a.emit(0x4c, 0x89, 0xe2, 0x89, 0xdf, 0x89, 0xd8, 0x0f, 0x05); // mov rdx, r12; mov edi, ebx; mov eax, ebx; syscall
  a.emit(0x48, 0x85, 0xc0); // test rax, rax
  a.branch([0x0f, 0x8e], 'exit');
  a.emit(0x48, 0x01, 0xc6, 0x49, 0x29, 0xc4); // add rsi, rax; sub r12, rax
  a.branch([0x0f, 0x85], 'transfer');
  a.emit(0xc3);
  a.label('exit').emit(0x31, 0xff).syscall(SYS_EXIT);
}

function map(a: Assembler, address: number, size: number, protection: number): void {
  a.load(RDI, address).load(RSI, size);
  a.emit(0xba).u32(protection).emit(0x41, 0xba).u32(MAP_FIXED_PRIVATE_ANONYMOUS); // edx; r10d
  a.emit(0x41, 0xb8).u32(0xffff_ffff).emit(0x45, 0x31, 0xc9).syscall(SYS_MMAP); // r8d = -1; r9d = 0
}

function main(a: Assembler, addresses: { handler: bigint; restorer: bigint; entry: bigint }): void {
  a.label('start').load(4, STACK);
  const store = (at: bigint, value: bigint) => a.load(RBX, at).load(RAX, value).emit(0x48, 0x89, 0x03);
  store(TABLES, addresses.entry);
  // struct sigaction of the kernel at +0x10, stack_t at +0x40.
  store(TABLES + 0x10n, addresses.handler);
  store(TABLES + 0x18n, BigInt(SIGACTION_FLAGS));
  store(TABLES + 0x20n, addresses.restorer);
  store(TABLES + 0x40n, SIGNAL_STACK);
  store(TABLES + 0x50n, BigInt(SIGNAL_STACK_SIZE));
  a.load(RDI, TABLES + 0x40n)
    .load(RSI, 0)
    .syscall(SYS_SIGALTSTACK);
  for (const signal of SIGNALS) {
    a.load(RDI, signal)
      .load(RSI, TABLES + 0x10n)
      .emit(0x31, 0xd2, 0x41, 0xba)
      .u32(8); // edx = 0; r10d = 8
    a.syscall(SYS_RT_SIGACTION);
  }
  map(a, CODE, CODE_SIZE, 7);
  map(a, DATA, DATA_SIZE, 3);
  map(a, READ_ONLY, 0x1000, 1);
  a.load(RSI, READ_ONLY).emit(0x8a, 0x06); // mov al, [rsi]: the page becomes present
  // The stack that the kernel gave, the vdso and its data.
  a.load(RDI, 0x7000_0000_0000n).load(RSI, 0x0fff_ffff_f000n).syscall(SYS_MUNMAP);
  // From here on only reading, writing, ending and returning from signals: a program cannot reach the system.
  a.load(RDI, PR_SET_SECCOMP).load(RSI, SECCOMP_MODE_STRICT).syscall(SYS_PRCTL);
  const move = (call: number, address: bigint | number, size: number) => {
    a.load(RSI, address).emit(0x41, 0xbc).u32(size).emit(0xbb).u32(call); // r12d = size; ebx = call
    a.branch([0xe8], 'transfer');
  };
  a.label('loop');
  move(SYS_READ, INITIAL, REGISTERS_SIZE);
  move(SYS_READ, CODE, CODE_SIZE);
  move(SYS_READ, DATA, DATA_SIZE);
  a.label('entry').emit(0x0f, 0x0b);
  move(SYS_WRITE, RESULT, REGISTERS_SIZE);
  move(SYS_WRITE, CODE, CODE_SIZE);
  move(SYS_WRITE, DATA, DATA_SIZE);
  a.branch([0xe9], 'loop');
}

/** The program as an ELF file: one segment that may be read, written and executed. */
export function nativeProgram(): Uint8Array {
  const assemble = (addresses: { handler: bigint; restorer: bigint; entry: bigint }): Assembler => {
    const a = new Assembler();
    handler(a);
    transfer(a);
    main(a, addresses);
    return a;
  };
  const draft = assemble({ handler: 0n, restorer: 0n, entry: 0n });
  const code = assemble({
    handler: draft.address('handler'),
    restorer: draft.address('restorer'),
    entry: draft.address('entry'),
  });
  code.finish();
  const file = new Uint8Array(CODE_OFFSET + code.bytes.length);
  file.set(code.bytes, CODE_OFFSET);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, code.address('start'), true);
  view.setBigUint64(32, 64n, true); // program header
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 7, true); // read, write, execute
  view.setBigUint64(80, BASE, true);
  view.setBigUint64(88, BASE, true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(SEGMENT_SIZE), true);
  view.setBigUint64(112, 0x1000n, true);
  return file;
}
