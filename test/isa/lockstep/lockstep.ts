// Two machines boot the same kernel in deterministic mode, one on the interpreter and one on the
// reference engine, and their states are compared every so many instructions (decision D4). Stretches
// of a boot are chosen by where they start: what comes before runs on the interpreter in both.
import { nodeHost } from '../../../src/host/node/platform.ts';
import { Machine } from '../../../src/machine/vm/machine.ts';
import { compareMemories, compareStates } from './compare.ts';
import { SwitchingVcpu } from './switching-vcpu.ts';

export interface LockstepOptions {
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array | undefined;
  readonly commandLine: string;
  /** RAM in bytes. */
  readonly memory: number;
  /** Instruction counts at which stretches start, ascending. */
  readonly starts: readonly number[];
  /** Instructions in a stretch, and between comparisons of registers. */
  readonly length: number;
  readonly step: number;
  /** Compare all of memory after every step, not only at the end of a stretch. */
  readonly memoryEachStep?: boolean;
  readonly say?: (line: string) => void;
  /** What the guest writes to its serial line. */
  readonly serial?: (byte: number) => void;
}

/** Null when all stretches agree, otherwise where and how they differ (interpreter first). */
export function lockstep(options: LockstepOptions): string | null {
  const leader = makeMachine(options, false);
  const follower = makeMachine(options, true);
  for (const start of options.starts) {
    if (!advance(leader.machine, start) || !advance(follower.machine, start)) return null;
    follower.vcpu!.switchTo('reference');
    const problem = compareStretch(leader.machine, follower.machine, start, options);
    follower.vcpu!.switchTo('interpreter');
    if (problem) return problem;
    options.say?.(`${options.length} instructions from ${start} agree`);
  }
  return null;
}

function compareStretch(
  leader: Machine,
  follower: Machine,
  start: number,
  options: LockstepOptions,
): string | null {
  for (let done = 0; done < options.length; done += options.step) {
    const from = start + done;
    const target = from + options.step;
    const alive = advance(leader, target);
    advance(follower, target);
    const differences = compareStates(leader.vcpu.state, follower.vcpu.state);
    if (leader.vcpu.retired !== follower.vcpu.retired) {
      differences.push(`instructions: ${leader.vcpu.retired}, ${follower.vcpu.retired}`);
    }
    if (options.memoryEachStep || differences.length || !alive || done + options.step >= options.length) {
      differences.push(...compareMemories(leader.memory.ram, follower.memory.ram));
    }
    if (differences.length) return `between ${from} and ${target}:\n${differences.join('\n')}`;
    if (!alive) return null;
  }
  return null;
}

function makeMachine(
  options: LockstepOptions,
  switching: boolean,
): { machine: Machine; vcpu: SwitchingVcpu | null } {
  let vcpu: SwitchingVcpu | null = null;
  const machine = new Machine({
    memory: options.memory,
    boot: {
      kernel: options.kernel,
      commandLine: options.commandLine,
      modules: options.initrd ? [{ bytes: options.initrd, commandLine: '' }] : [],
    },
    serial: { write: (byte) => (switching ? undefined : options.serial?.(byte)) },
    time: 'deterministic',
    rtcStart: 1_000_000_000_000,
    reboot: 'end',
    host: nodeHost(),
    ...(switching
      ? {
          engine: (wires) => {
            vcpu = new SwitchingVcpu(wires);
            return vcpu;
          },
        }
      : {}),
  });
  return { machine, vcpu };
}

/** Runs to an instruction count; false when the guest ended before. */
function advance(machine: Machine, target: number): boolean {
  while (machine.vcpu.retired < target) {
    const exit = machine.step(target - machine.vcpu.retired);
    if (exit.reason === 'Shutdown') return false;
    if (exit.reason === 'Hlt') {
      if ((machine.vcpu.state.rflags & (1 << 9)) === 0) return false;
      machine.idle();
    }
  }
  return true;
}
