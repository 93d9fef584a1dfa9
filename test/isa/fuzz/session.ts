// A session of the fuzzer: the engines and, where there is one, the host's processor, compared on programs.
// The host, or else the reference engine, says what is right.
import { differences } from './compare.ts';
import { GuestRunner, type RunnerName } from './guest.ts';
import type { Image } from './image.ts';
import { unexplained } from './known.ts';
import type { NativeRunner } from './native.ts';
import { decodeProgram, type Program } from './program.ts';

/** What went wrong with one program on one engine. */
export interface Mismatch {
  readonly program: Program;
  readonly engine: RunnerName;
  /** What it was compared with. */
  readonly oracle: 'host' | 'reference';
  readonly differences: readonly string[];
}

export class Session {
  readonly native: NativeRunner | null;
  readonly engines: readonly GuestRunner[];
  programs = 0;
  /** Programs that did not end within the budget and were not compared. */
  endless = 0;
  /** Programs that ended by an exception before their end. */
  faults = 0;

  constructor(native: NativeRunner | null, engines: readonly RunnerName[]) {
    this.native = native;
    this.engines = engines.map((name) => new GuestRunner(name));
  }

  /** Runs programs everywhere and compares. */
  run(programs: readonly Program[]): Mismatch[] {
    const mismatches: Mismatch[] = [];
    const pending: { program: Program; results: { engine: RunnerName; image: Image }[] }[] = [];
    for (const program of programs) {
      this.programs++;
      const results: { engine: RunnerName; image: Image }[] = [];
      let endless = false;
      const starts = decodeProgram(program).map(({ at }) => at);
      for (const engine of this.engines) {
        const { image, problem } = engine.run(program.initial, starts);
        if (problem === null) results.push({ engine: engine.name, image });
        else if (problem.includes('Interrupted')) endless = true;
        else mismatches.push({ program, engine: engine.name, oracle: 'host', differences: [problem] });
      }
      if (endless) this.endless++;
      else if (results.length > 0) pending.push({ program, results });
    }
    const hosts = this.native?.run(pending.map(({ program }) => program.initial));
    for (const [i, { program, results }] of pending.entries()) {
      if (hosts && !hosts[i]) {
        const text = 'the host did not end, or its process was killed';
        mismatches.push({ program, engine: results[0]!.engine, oracle: 'host', differences: [text] });
        continue;
      }
      const host = hosts?.[i];
      const oracle = host ? 'host' : 'reference';
      const expected = host ?? results[0]!.image;
      if (expected.get64(0x80) !== BigInt(0x1000_0000 + program.code.length - 2)) this.faults++;
      for (const { engine, image } of host ? results : results.slice(1)) {
        let found: readonly string[] = differences(program, expected, image);
        if (host) found = unexplained(program, host, image, found, engine);
        if (found.length > 0) mismatches.push({ program, engine, oracle, differences: found });
      }
    }
    return mismatches;
  }

  /** Differences of one program on one engine, empty when there are none or it does not end. */
  check(program: Program, engine: RunnerName): readonly string[] {
    return this.run([program]).find((mismatch) => mismatch.engine === engine)?.differences ?? [];
  }
}
