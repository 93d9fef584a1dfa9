// Doppel's engines as runners of images: each has a small machine with the pages of image.ts mapped for a
// user program in long mode.
import type { InterpVcpu } from '../../../src/engine/interp/interp-vcpu.ts';
import { bareWires } from '../../../src/engine/testing.ts';
import {
  buildUserSpace,
  enterUserMode,
  exceptionTaken,
  USER_PAGES,
} from '../../../src/engine/testing-user-program.ts';
import type { Vcpu } from '../../../src/engine/vcpu.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { type EngineName, engineNamed, makeEngine } from '../../engines.ts';
import * as I from './image.ts';

const CODE_PAGE = USER_PAGES;
const DATA_PAGES = CODE_PAGE + I.CODE_SIZE;
const READ_ONLY_PAGE = DATA_PAGES + I.DATA_SIZE;
/** Instructions, with every iteration of a string instruction: more than any program needs that ends. */
const BUDGET = 60_000;
/** What src/engine/interp/block-handlers.ts needs to see before it compiles hot blocks. */
const HOT_SAMPLES = 3;
const HOT_BATCH = 8;

/** `hot`: the interpreter, with the program's blocks made into superinstructions before it runs. */
export type RunnerName = EngineName | 'hot';

/** The runner of that name, for command lines. */
export const runnerNamed = (text: string): RunnerName => (text === 'hot' ? text : engineNamed(text));

/** How a run ended when it did not end in an exception: the budget, a shutdown, a defect. */
export interface GuestResult {
  readonly image: Image;
  readonly problem: string | null;
}
type Image = I.Image;

export class GuestRunner {
  readonly name: RunnerName;
  readonly vcpu: Vcpu;
  readonly memory: GuestMemory;

  constructor(name: RunnerName) {
    this.name = name;
    this.memory = new GuestMemory(4 << 20);
    const page = (linear: number, physical: number, writable: boolean, executable: boolean) => ({
      linear,
      physical,
      writable,
      executable,
    });
    buildUserSpace(this.memory, [
      page(I.CODE, CODE_PAGE, true, true),
      page(I.DATA, DATA_PAGES, true, false),
      page(I.DATA + 0x1000, DATA_PAGES + 0x1000, true, false),
      page(I.READ_ONLY, READ_ONLY_PAGE, false, false),
    ]);
    const wires = bareWires(this.memory);
    this.vcpu = makeEngine(name === 'hot' ? 'interp' : name, wires);
  }

  /** Runs an image. `starts` are offsets of instructions in the code page, those that blocks may begin with. */
  run(image: Image, starts: readonly number[]): GuestResult {
    this.load(image);
    if (this.name === 'hot') this.#heat(starts);
    const exit = this.vcpu.run(BUDGET);
    return this.result(exit.reason === 'Hlt' ? null : JSON.stringify(exit));
  }

  /** Samples blocks until they are compiled as hot ones, a batch at a time; the last batch is filled up. */
  #heat(starts: readonly number[]): void {
    const { code, state } = this.vcpu as InterpVcpu;
    const mode = state.get32(L.MODE);
    const last = starts.at(-1)!;
    const wanted = Math.ceil(starts.length / HOT_BATCH) * HOT_BATCH;
    for (let i = 0; i < wanted; i++) {
      const at = starts[i] ?? last + 2 * (i - starts.length + 1);
      const block = code.find(CODE_PAGE + at, mode, 2 ** 32, () => 0);
      for (let sample = 0; sample < HOT_SAMPLES; sample++) code.blockHandlers.sample(block);
    }
  }

  load(image: Image): void {
    const { state } = this.vcpu;
    this.memory.write(CODE_PAGE, image.bytes.subarray(I.CODE_AT, I.CODE_AT + I.CODE_SIZE));
    this.memory.write(DATA_PAGES, image.bytes.subarray(I.DATA_AT));
    enterUserMode(state, image.is64 ? 64 : 32);
    for (let r = 0; r < 16; r++) state.setGpr(r, image.gpr(r));
    state.rip = Number(image.get64(I.RIP_AT));
    state.rflags = image.get32(I.RFLAGS_AT);
    state.segments[L.FS]!.base = Number(BigInt.asIntN(64, image.get64(I.FS_BASE_AT)));
    state.segments[L.GS]!.base = Number(BigInt.asIntN(64, image.get64(I.GS_BASE_AT)));
    const top = (image.get16(I.FSW_AT) >> 11) & 7;
    state.set32(L.FCW, image.get16(I.FCW_AT));
    state.set32(L.FSW, image.get16(I.FSW_AT));
    state.set32(L.FTW, image.bytes[I.FTW_AT]!);
    for (const field of [L.FOP, L.FCS, L.FDS]) state.set32(field, 0);
    for (const field of [L.FIP, L.FDP]) state.set64(field, 0n);
    state.set32(L.MXCSR, image.get32(I.MXCSR_AT));
    for (let i = 0; i < 8; i++) {
      const at = L.FPR + L.FPR_SIZE * ((top + i) & 7);
      state.set64(at, image.get64(I.ST_AT + 16 * i));
      state.set64(at + 8, BigInt(image.get16(I.ST_AT + 16 * i + 8)));
    }
    for (let i = 0; i < 32; i++) state.set64(L.XMM + 8 * i, image.get64(I.XMM_AT + 8 * i));
    this.vcpu.stateChanged();
  }

  result(problem: string | null): GuestResult {
    const { state } = this.vcpu;
    const image = new I.Image();
    const taken = exceptionTaken(state, this.memory);
    for (let r = 0; r < 16; r++) image.setGpr(r, state.gpr(r));
    image.set64(I.RIP_AT, BigInt(state.rip));
    image.set64(I.RFLAGS_AT, BigInt(state.rflags));
    image.set64(I.FS_BASE_AT, BigInt(state.segments[L.FS]!.base));
    image.set64(I.GS_BASE_AT, BigInt(state.segments[L.GS]!.base));
    image.set32(I.DATA_SELECTOR_AT, state.segments[L.DS]!.selector);
    if (taken) {
      image.set64(I.RIP_AT, taken.rip);
      image.set64(I.RFLAGS_AT, taken.rflags);
      image.setGpr(L.RSP, taken.rsp);
      image.set16(I.CS_AT, taken.cs);
      image.set16(I.SS_AT, taken.ss);
      image.set64(I.ERROR_AT, taken.error);
      image.set64(I.VECTOR_AT, BigInt(taken.vector));
      if (taken.vector === 14) image.set64(I.CR2_AT, state.get64(L.CR2));
    }
    const fsw = state.get32(L.FSW);
    const top = (fsw >> 11) & 7;
    image.set16(I.FCW_AT, state.get32(L.FCW));
    image.set16(I.FSW_AT, fsw);
    image.bytes[I.FTW_AT] = state.get32(L.FTW);
    image.set32(I.MXCSR_AT, state.get32(L.MXCSR));
    for (let i = 0; i < 8; i++) {
      const at = L.FPR + L.FPR_SIZE * ((top + i) & 7);
      image.set64(I.ST_AT + 16 * i, state.get64(at));
      image.set16(I.ST_AT + 16 * i + 8, Number(state.get64(at + 8) & 0xffffn));
    }
    for (let i = 0; i < 32; i++) image.set64(I.XMM_AT + 8 * i, state.get64(L.XMM + 8 * i));
    image.bytes.set(this.memory.u8.subarray(CODE_PAGE, CODE_PAGE + I.CODE_SIZE + I.DATA_SIZE), I.CODE_AT);
    const unexpected = taken || problem ? null : 'stopped outside the handlers of exceptions';
    return { image, problem: problem ?? unexpected };
  }
}
