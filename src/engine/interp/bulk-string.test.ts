// REP MOVS and REP STOS of every width over one page and several, overlapping too, up and down, in interpreter and
// translator against the reference engine, with budgets that end within them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import { JitVcpu } from '../jit/jit-vcpu.ts';
import { ReferenceVcpu } from '../reference/reference-vcpu.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import type { Vcpu } from '../vcpu.ts';
import { InterpVcpu } from './interp-vcpu.ts';

const CODE = 0x1000;
const DATA = 0x1_0000;
const DATA_BYTES = 0x4000;

/** A generator of numbers below a bound, the same for a seed. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
}

const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];

/** A loop of string instructions that stay in the data, whichever way they go. */
function program(below: (bound: number) => number): number[] {
  const code: number[] = [];
  for (let i = 0; i < 8; i++) {
    const width = [1, 2, 4][below(3)]!;
    const count = below([3, 40, 5000 / width][below(3)]!);
    const down = below(8) === 0;
    const place = () => {
      const room = DATA_BYTES - count * width;
      return DATA + below(room) + (down ? count * width : 0);
    };
    const to = place();
    // Often near enough for the copy to meet itself.
    const near = to + below(64) - 32;
    const inside = near >= DATA + 0x1000 && near + count * width < DATA + DATA_BYTES - 0x1000;
    const from = below(3) === 0 && inside && !down ? near : place();
    const fill = below(2) === 0 ? 0x4141_4141 : below(2 ** 24) * 77;
    code.push(
      down ? 0xfd : 0xfc,
      0xbf,
      ...word(to),
      0xbe,
      ...word(from),
      0xb9,
      ...word(count),
      0xb8,
      ...word(fill),
    );
    const opcode = (below(2) === 0 ? 0xa4 : 0xaa) | (width === 1 ? 0 : 1);
    code.push(...(width === 2 ? [0x66] : []), 0xf3, opcode, 0x01, 0xfd);
  }
  return [...code, 0xe9, ...word(-(code.length + 5))];
}

function start(code: readonly number[], make: (wires: ReturnType<typeof bareWires>) => Vcpu) {
  const memory = new GuestMemory(1 << 20);
  memory.u8.set(code, CODE);
  for (let i = 0; i < DATA_BYTES; i++) memory.u8[DATA + i] = i * 7 + (i >> 8);
  const vcpu = make(bareWires(memory));
  enterFlat32(vcpu.state, CODE);
  vcpu.stateChanged();
  return { vcpu, memory };
}

function summary({ vcpu, memory }: ReturnType<typeof start>): unknown {
  const { state } = vcpu;
  const registers = [L.RAX, L.RCX, L.RSI, L.RDI, L.RBP].map((register) => state.gpr32(register));
  return [vcpu.retired, state.rip, registers, memory.u8.slice(DATA, DATA + DATA_BYTES)];
}

test('string instructions in all engines do the same', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const below = numbers(seed);
    const code = program(below);
    const engines = [
      start(code, (wires) => new ReferenceVcpu(wires)),
      start(code, (wires) => new InterpVcpu(wires)),
      start(code, (wires) => new JitVcpu(wires, { eager: true })),
    ];
    for (let piece = 0; piece < 12; piece++) {
      const budget = 1 + below([30, 3000, 9000][below(3)]!);
      for (const { vcpu } of engines) vcpu.run(budget);
      const expected = summary(engines[0]!);
      assert.deepEqual(summary(engines[1]!), expected, `interpreter, seed ${seed}, piece ${piece}`);
      assert.deepEqual(summary(engines[2]!), expected, `translator, seed ${seed}, piece ${piece}`);
    }
    const counts = (engines[2]!.vcpu as JitVcpu).statistics();
    assert.ok(counts.get('regions compiled')! > 0);
  }
});
