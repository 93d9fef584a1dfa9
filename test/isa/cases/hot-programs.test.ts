// Random hot loops: the reference engine and the interpreter (whose hot blocks run as superinstructions)
// end in the same state, in 16-bit (real), 32-bit and 64-bit mode, however the run is cut; and take interrupts
// and NMIs at the same instructions. DOPPEL_HOT_PROGRAMS sets how many programs, DOPPEL_HOT_SEED the first seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterpVcpu } from '../../../src/engine/interp/interp-vcpu.ts';
import { ReferenceVcpu } from '../../../src/engine/reference/reference-vcpu.ts';
import { compareMemories, compareStates } from '../lockstep/compare.ts';
import { hotProgram, Random } from './hot-program.ts';
import { Subject } from './subject.ts';

const PROGRAMS = Number(process.env.DOPPEL_HOT_PROGRAMS ?? 6);
const FIRST_SEED = Number(process.env.DOPPEL_HOT_SEED ?? 1);
const INSTRUCTIONS = 60;
const ROUNDS = 1000;
const CUTS = [97, 1009];

function subjects(): { reference: Subject; interpreter: Subject; engine: InterpVcpu } {
  let engine!: InterpVcpu;
  const interpreter = new Subject((options) => {
    engine = new InterpVcpu({ ...options, sampleInterval: 100 });
    return engine;
  });
  return { reference: new Subject((options) => new ReferenceVcpu(options)), interpreter, engine };
}

/** Runs to HLT, at most `cut` instructions at a time; gives how many it took. */
function run(subject: Subject, cut: number): number {
  const before = subject.vcpu.retired;
  let reason = 'Interrupted';
  while (reason === 'Interrupted') reason = subject.vcpu.run(cut).reason;
  assert.equal(reason, 'Hlt');
  return subject.vcpu.retired - before;
}

function compare(a: Subject, b: Subject, what: string): void {
  const differences = compareStates(a.vcpu.state, b.vcpu.state);
  assert.deepEqual([...differences, ...compareMemories(a.memory.ram, b.memory.ram)], [], what);
}

for (const bits of [16, 32, 64] as const) {
  test(`hot loops in ${bits}-bit mode`, () => {
    const { reference, interpreter, engine } = subjects();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
      const program = hotProgram(new Random(seed), bits, INSTRUCTIONS, ROUNDS);
      reference.load(program, bits);
      const count = run(reference, 1 << 30);
      for (const cut of CUTS) {
        interpreter.load(program, bits);
        assert.equal(run(interpreter, cut), count);
        compare(interpreter, reference, `seed ${seed}, ${cut} instructions at a time`);
      }
    }
    const handlers = Array.from({ length: 10_000 }, (_, handler) => handler);
    const groups = handlers.filter((handler) => engine.handlers.isGroup(handler));
    assert.ok(groups.length > 10, 'too few superinstructions were made');
  });

  test(`interrupts in hot loops in ${bits}-bit mode`, () => {
    const { reference, interpreter } = subjects();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
      const random = new Random(seed);
      const program = hotProgram(random, bits, INSTRUCTIONS, ROUNDS / 4);
      reference.load(program, bits, true);
      interpreter.load(program, bits, true);
      for (let done = 0, halted = false; !halted; done++) {
        assert.ok(done < 10_000);
        const cut = 1 + random.below(150);
        const event = random.below(3);
        const reasons = [reference, interpreter].map((subject) => {
          if (event === 0) subject.raiseInterrupt();
          if (event === 1) subject.vcpu.raiseNmi();
          return subject.vcpu.run(cut).reason;
        });
        assert.equal(reasons[0], reasons[1]);
        halted = reasons[0] === 'Hlt';
        const differences = compareStates(interpreter.vcpu.state, reference.vcpu.state);
        assert.deepEqual(differences, [], `seed ${seed}, run ${done} of ${cut} instructions`);
      }
      compare(interpreter, reference, `seed ${seed}, at the end`);
      assert.ok(reference.handled > 0);
    }
  });
}
