// Runs machine code on the host's own processor, as an oracle for tests.
//
// The code is a function of the System V calling convention: RDI holds the address of a state area of 64 KiB
// that the test fills and reads; RAX, RCX, RDX, RSI, R8 to R11 and all SSE and x87 registers may be changed,
// but the code must leave MXCSR, the x87 control word and the x87 stack as the C library expects them.
//
// `trap` makes a SIGFPE (an unmasked SIMD exception) in the code go on at the address in R11, with RDI as it
// was: the MXCSR at the fault is then at TRAP_MXCSR in the state area (0 there before means "no fault"), and
// MXCSR is 1F80h. Nothing else protects this process: other faults end it.
//
// Needs an x86-64 Linux and the package koffi; `openNative` says why when there is none.

import { createRequire } from 'node:module';

const STATE_SIZE = 0x10000;
const CODE_SIZE = 0x100000;
/** The beginning of the code area is for runOnce. */
const ONCE_SIZE = 0x1000;
const PROT_READ_WRITE = 3;
const PROT_READ_WRITE_EXEC = 7;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const SIGFPE = 8;
const SA_SIGINFO_NODEFER = 0x40000004;

/** Offset in the state area of the MXCSR that a trapped SIMD exception left. */
export const TRAP_MXCSR = 0xfff0;

export interface Native {
  /** The state area that RDI points to, page-aligned. */
  readonly state: DataView;
  /** Its address. */
  readonly stateAddress: bigint;
  /** Puts a function into executable memory; the result runs it once on the state area. */
  load(code: readonly number[]): () => void;
  /** Runs a function of at most 4 KiB once; its place is used again. */
  runOnce(code: readonly number[]): void;
  /** Installs the handler for SIGFPE. */
  trap(): void;
}

/** The signal handler: void handler(int signal, siginfo_t *, ucontext_t *), offsets of x86-64 Linux. */
const HANDLER: readonly number[] = [
  ...[0x48, 0x8b, 0x42, 0x40], // mov rax, [rdx + 0x40]      interrupted R11
  ...[0x48, 0x89, 0x82, 0xa8, 0, 0, 0], // mov [rdx + 0xa8], rax      resumed RIP
  ...[0x48, 0x8b, 0x8a, 0xe0, 0, 0, 0], // mov rcx, [rdx + 0xe0]      FXSAVE image
  ...[0x48, 0x8b, 0x72, 0x68], // mov rsi, [rdx + 0x68]      interrupted RDI
  ...[0x8b, 0x41, 0x18], // mov eax, [rcx + 0x18]      MXCSR
  ...[0x89, 0x86, TRAP_MXCSR & 0xff, TRAP_MXCSR >> 8, 0, 0], // mov [rsi + TRAP_MXCSR], eax
  ...[0xc7, 0x41, 0x18, 0x80, 0x1f, 0, 0], // mov dword [rcx + 0x18], 0x1f80
  0xc3,
];

/** The host as an oracle, or a sentence that says why there is none. */
export function openNative(): Native | string {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'the host is not an x86-64 Linux';
  let koffi: typeof import('koffi');
  let library: ReturnType<typeof import('koffi').load>;
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    library = koffi.load('libc.so.6');
  } catch {
    return 'the package koffi or libc.so.6 is missing';
  }
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64)');
  const state = mmap(null, STATE_SIZE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0) as bigint;
  const code = mmap(null, CODE_SIZE, PROT_READ_WRITE_EXEC, MAP_PRIVATE_ANONYMOUS, -1, 0) as bigint;
  if (BigInt.asIntN(64, code) === -1n) return 'the host forbids executable memory';
  const codeBytes = new Uint8Array(koffi.view(code, CODE_SIZE));
  const prototype = koffi.proto('void native_code(void *)');
  let used = ONCE_SIZE;
  const place = (bytes: readonly number[]): bigint => {
    if (used + bytes.length > CODE_SIZE) throw new Error('The native code area is full.');
    const address = code + BigInt(used);
    codeBytes.set(bytes, used);
    used += (bytes.length + 63) & ~63;
    return address;
  };
  const once = koffi.decode(code, prototype) as (state: bigint) => void;
  return {
    state: new DataView(koffi.view(state, STATE_SIZE)),
    stateAddress: state,
    load(bytes) {
      const entry = koffi.decode(place(bytes), prototype) as (state: bigint) => void;
      return () => entry(state);
    },
    runOnce(bytes) {
      if (bytes.length > ONCE_SIZE) throw new Error('The code is too long to run once.');
      codeBytes.set(bytes);
      once(state);
    },
    trap() {
      const action = new DataView(new ArrayBuffer(152));
      action.setBigUint64(0, place(HANDLER), true);
      action.setInt32(136, SA_SIGINFO_NODEFER, true);
      const sigaction = library.func('int sigaction(int, void *, void *)');
      sigaction(SIGFPE, new Uint8Array(action.buffer), null);
    },
  };
}
