// Random hot loops: the reference engine and the interpreter (whose hot blocks run as
// superinstructions) end in the same state, in 32-bit and in 64-bit mode, however the run is cut.
// DOPPEL_HOT_PROGRAMS sets how many programs, DOPPEL_HOT_SEED the first seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterpVcpu } from '../../../src/engine/interp/interp-vcpu.ts';
import { ReferenceVcpu } from '../../../src/engine/reference/reference-vcpu.ts';
import type { Vcpu } from '../../../src/engine/vcpu.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import * as C from '../../../src/x86/state/control-bits.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { compareMemories, compareStates } from '../lockstep/compare.ts';
import { wires } from '../vectors/cpu-under-test.ts';
import { CODE, hotProgram, Random, STACK } from './hot-program.ts';

const PROGRAMS = Number(process.env.DOPPEL_HOT_PROGRAMS ?? 6);
const FIRST_SEED = Number(process.env.DOPPEL_HOT_SEED ?? 1);
const INSTRUCTIONS = 60;
const ROUNDS = 1000;
/** Short runs: where one ends, the interpreter takes a sample, and what is often found becomes hot. */
const CUTS = [97, 1009];
const RAM_SIZE = 2 << 20;

class Subject {
  readonly memory = new GuestMemory(RAM_SIZE);
  readonly vcpu: Vcpu;
  constructor(make: (options: ReturnType<typeof wires>) => Vcpu) {
    this.vcpu = make(wires(this.memory));
  }
  /** Runs a program to its HLT, at most `cut` instructions at a time; gives how many it took. */
  run(program: Uint8Array, bits: 32 | 64, cut: number): number {
    const { vcpu, memory } = this;
    memory.ram.fill(0);
    memory.ram.set(program, CODE);
    vcpu.reset();
    enterMode(vcpu, memory, bits);
    vcpu.stateChanged();
    vcpu.memoryChanged();
    const before = vcpu.retired;
    let reason = 'Interrupted';
    while (reason === 'Interrupted') reason = vcpu.run(cut).reason;
    assert.equal(reason, 'Hlt');
    return vcpu.retired - before;
  }
}

/** Flat segments without a descriptor table; in 64-bit mode the first 2 MiB mapped to themselves. */
function enterMode(vcpu: Vcpu, memory: GuestMemory, bits: 32 | 64): void {
  const { state } = vcpu;
  for (const segment of state.segments.slice(0, 6)) {
    segment.selector = 8;
    segment.base = 0;
    segment.limit = 0xffff_ffff;
    segment.attributes = segment.number === L.CS ? (bits === 64 ? 0xa09b : 0xc09b) : 0xc093;
  }
  state.cr0 = C.CR0_PE | 0x10;
  if (bits === 64) {
    const entries = [
      [0x1000, 0x2003],
      [0x2000, 0x3003],
      [0x3000, 0x83],
    ] as const;
    for (const [address, entry] of entries) memory.view.setUint32(address, entry, true);
    state.set64(L.CR3, 0x1000n);
    state.cr4 = C.CR4_PAE;
    state.efer = C.EFER_LME | C.EFER_LMA;
    state.cr0 = (C.CR0_PG | C.CR0_PE | 0x10) >>> 0;
  }
  for (const register of [0, 1, 2, 3, 5, 6, 7])
    state.setGpr(register, 0x0123_4567_89ab_cdefn * BigInt(register + 1));
  if (bits === 32)
    for (let register = 0; register < 8; register++) state.setGpr32(register, state.gpr32(register));
  state.setGpr(L.RSP, BigInt(STACK));
  state.rip = CODE;
}

for (const bits of [32, 64] as const) {
  test(`hot loops in ${bits}-bit mode`, () => {
    const reference = new Subject((options) => new ReferenceVcpu(options));
    let engine!: InterpVcpu;
    const interpreter = new Subject((options) => {
      engine = new InterpVcpu(options);
      return engine;
    });
    for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
      const program = hotProgram(new Random(seed), bits, INSTRUCTIONS, ROUNDS);
      const count = reference.run(program, bits, 1 << 30);
      for (const cut of CUTS) {
        const counted = interpreter.run(program, bits, cut);
        const differences = [
          ...compareStates(interpreter.vcpu.state, reference.vcpu.state),
          ...compareMemories(interpreter.memory.ram, reference.memory.ram),
          ...(counted === count ? [] : [`instructions: ${counted}, ${count}`]),
        ];
        const code = Buffer.from(program).toString('hex');
        assert.deepEqual(differences, [], `seed ${seed}, ${cut} instructions at a time: ${code}`);
      }
    }
    const groups = Array.from({ length: 10_000 }, (_, handler) => engine.handlers.isGroup(handler)).filter(
      Boolean,
    );
    assert.ok(groups.length > 10, 'too few superinstructions were made');
  });
}
