// Each rule of specialization by example, and random programs of integer operations against the
// reference evaluator. DOPPEL_FUZZ_COUNT sets the number of programs, DOPPEL_FUZZ_SEED the seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomSource } from '../../../test/isa/native/operands.ts';
import type { Instruction } from '../decode/instruction.ts';
import { helper } from '../helpers/helper.ts';
import { TestProcessor } from '../semantics/testing.ts';
import * as L from '../state/layout.ts';
import { Builder } from './builder.ts';
import { Evaluator } from './evaluate.ts';
import type { BinaryOperator, I32, I64, Int, UnaryOperator, Uop, Value } from './ir.ts';
import type { Variable } from './operation-builder.ts';
import { print } from './print.ts';
import { countUses, specialize } from './specialize.ts';
import { testForm, testInstruction } from './testing.ts';
import { verify } from './verify.ts';

const sideEffect = helper('sideEffect', ['i32'], null, () => {}, { faults: false });

function build(make: (b: Builder) => void): Builder {
  const builder = new Builder(testForm());
  make(builder);
  return builder;
}
/** The specialized list as text, one operation a line, with RAX, RCX and RDX in r0, r1 and r2. */
function text(make: (b: Builder) => void, fields: Partial<Instruction> = {}): string[] {
  const { uops, form } = build(make);
  assert.deepEqual(verify(uops), []);
  const before = print(uops);
  const special = specialize(uops, testInstruction(form, fields));
  assert.equal(print(uops), before, 'the list given has changed');
  assert.deepEqual(verify(special), [], print(special));
  return print(special).trimEnd().split('\n');
}
/** What is left of a value: the operations before the one that keeps it, and what that keeps. */
function folded(make: (b: Builder) => Int, fields: Partial<Instruction> = {}): string {
  const lines = text((b) => {
    const value = make(b);
    b.set(value.type === 'i64' ? 64 : 32, L.GPR + 24, value);
  }, fields);
  return lines.join('; ').replace(/set\d+ \[gpr3\]/, '=');
}
const eax = (b: Builder) => b.get(32, L.GPR);
const ecx = (b: Builder) => b.get(32, L.GPR + 8);
const rax = (b: Builder) => b.get(64, L.GPR);
const al = (b: Builder) => b.get(8, L.GPR) as I32;

test('fields become constants, locations of fields places in the state', () => {
  assert.equal(
    folded((b) => b.immediate(), { imm: -5n }),
    'v0 = i64 -5; = v0',
  );
  assert.equal(
    folded((b) => b.immediate2(), { imm2: 3 }),
    'v0 = i32 3; = v0',
  );
  assert.equal(
    folded((b) => b.registerField('r1'), { r1: 6 }),
    'v0 = i32 6; = v0',
  );
  assert.deepEqual(
    text((b) => b.setAt(8, { kind: 'field', field: 'r1', displacement: 0 }, b.i32(1)), { r1: L.GPR + 9 }),
    ['v0 = i32 1', 'set8 [gpr1+1] v0'],
  );
  assert.deepEqual(
    text((b) => b.setAt(16, { kind: 'field', field: 'seg', displacement: L.SEGMENT_SELECTOR }, b.i32(1)), {
      seg: L.SEGMENT,
    }),
    ['v0 = i32 1', 'set16 [segment0] v0'],
  );
});

test('an address without base and index is its displacement', () => {
  const base = (b: Builder) => b.getAt(64, { kind: 'field', field: 'base', displacement: 0 }) as I64;
  const index = (b: Builder) => b.getAt(64, { kind: 'field', field: 'index', displacement: 0 }) as I64;
  const sum = (b: Builder) => {
    const displacement = b.i64(64);
    const scaled = b.shl(index(b), 2);
    return b.add(b.add(base(b), displacement), scaled);
  };
  assert.equal(folded(sum), 'v6 = i64 64; = v6');
  assert.equal(folded(sum, { base: L.GPR }), 'v0 = i64 64; v4 = get64 [gpr0]; v5 = add.i64 v4 v0; = v5');
});

test('constants are computed, identities removed', () => {
  assert.equal(
    folded((b) => b.mul(b.i32(0x7fffffff), 2)),
    'v2 = i32 -2; = v2',
  );
  assert.equal(
    folded((b) => b.add(b.i64(-1n), b.i64(2))),
    'v2 = i64 1; = v2',
  );
  for (const same of [
    (b: Builder) => b.add(eax(b), 0),
    (b: Builder) => b.sub(eax(b), 0),
    (b: Builder) => b.mul(eax(b), 1),
    (b: Builder) => b.and(eax(b), -1),
    (b: Builder) => b.or(b.i32(0), eax(b)),
    (b: Builder) => b.xor(eax(b), 0),
    (b: Builder) => b.shl(eax(b), 32),
    (b: Builder) => b.rotr(eax(b), 0),
    (b: Builder) => b.and(eax(b), eax(b)),
    (b: Builder) => b.wrap(b.extendS(eax(b))),
    (b: Builder) => b.wrap(b.and(b.extendU(eax(b)), 0xffffffffn)),
  ]) {
    assert.match(folded(same), /^v\d = get32 \[gpr0\]; = v\d$/);
  }
  assert.match(
    folded((b) => b.extendU(b.wrap(b.and(rax(b), 0xff)))),
    /and.i64 .*; = v2$/,
  );
  assert.equal(
    folded((b) => b.sub(eax(b), eax(b))),
    'v2 = i32 0; = v2',
  );
  // A division by zero traps: the faultIf before it decides.
  assert.match(
    folded((b) => b.divU(b.i32(1), 0)),
    /div_u/,
  );
});

test('constants of chains come together', () => {
  const get = 'v0 = get32 [gpr0]; ';
  assert.equal(
    folded((b) => b.add(b.add(eax(b), 5), 3)),
    `${get}v5 = i32 8; v4 = add.i32 v0 v5; = v4`,
  );
  assert.equal(
    folded((b) => b.add(b.sub(eax(b), 5), 5)),
    `${get}= v0`,
  );
  assert.equal(
    folded((b) => b.and(b.and(eax(b), 0xff0), 0xff)),
    `${get}v5 = i32 240; v4 = and.i32 v0 v5; = v4`,
  );
});

test('masks of what is zero anyway', () => {
  assert.equal(
    folded((b) => b.and(al(b), 0xff)),
    'v0 = get8 [gpr0]; = v0',
  );
  assert.equal(
    folded((b) => b.and(b.and(eax(b), 0xff), 0xffff)),
    'v0 = get32 [gpr0]; v1 = i32 255; v2 = and.i32 v0 v1; = v2',
  );
  // Only the low bits of what is written matter.
  assert.deepEqual(
    text((b) => b.set(8, L.GPR + 8, b.and(b.signExtend(8, eax(b)), 0xff))),
    ['v0 = get32 [gpr0]', 'set8 [gpr1] v0'],
  );
});

test('64-bit sums of which 32 bits are seen', () => {
  const narrow = 'v0 = get32 [gpr0]; v6 = i32 4; v7 = sub.i32 v0 v6; ';
  assert.equal(
    folded((b) => b.and(b.sub(b.extendU(eax(b)), 4), 0xffffffffn)),
    `${narrow}v5 = extend_u.i32 v7; = v5`,
  );
  assert.match(
    folded((b) => b.wrap(b.sub(b.extendU(eax(b)), 4))),
    /get32 .*sub.i32 v0 v\d; = v\d$/,
  );
});

test('comparisons', () => {
  assert.match(
    folded((b) => b.eqz(b.ltU(eax(b), ecx(b)))),
    /ge_u.i32 v0 v1; = v3$/,
  );
  assert.match(
    folded((b) => b.eq(rax(b), 0)),
    /eqz.i64 v0; = v2$/,
  );
  assert.match(
    folded((b) => b.ne(b.eq(eax(b), ecx(b)), 0)),
    /v2 = eq.i32 v0 v1; = v2$/,
  );
  assert.match(
    folded((b) => b.ltU(al(b), 256)),
    /i32 1; = /,
  );
  assert.match(
    folded((b) => b.gtU(b.i32(5), eax(b))),
    /lt_u.i32 v1 v0; = v2$/,
  );
  assert.match(
    folded((b) => b.xor(b.eq(eax(b), ecx(b)), 1)),
    /ne.i32 v0 v1; = v4$/,
  );
  // As a condition, "is not zero" is the value itself.
  assert.deepEqual(
    text((b) =>
      b.if(b.ne(eax(b), 0), () => {
        b.set(8, L.GPR, b.i32(1));
      }),
    ),
    ['v0 = get32 [gpr0]', 'if v0 {', '  v3 = i32 1', '  set8 [gpr0] v3', '}'],
  );
});

test('decided conditions', () => {
  const write = (b: Builder, value: number) => () => b.set(32, L.GPR, b.i32(value));
  assert.deepEqual(
    text((b) => b.if(b.wrap(b.immediate()), write(b, 1), write(b, 2)), { imm: 0n }),
    ['v3 = i32 2', 'set32 [gpr0] v3'],
  );
  assert.deepEqual(
    text((b) => b.faultIf(b.wrap(b.immediate()), 13, 0)),
    [''],
  );
  assert.match(
    folded((b) => b.select(b.i32(1), eax(b), ecx(b))),
    /^v1 = get32 \[gpr0\]; = v1$/,
  );
  // What comes after a path that always leaves is gone.
  assert.deepEqual(
    text(
      (b) => {
        b.if(b.wrap(b.immediate()), () => b.endBlock());
        b.set(32, L.GPR, eax(b));
      },
      { imm: 1n },
    ),
    ['endBlock'],
  );
});

test('variables whose value is known', () => {
  assert.deepEqual(
    text((b) => {
      const variable = b.variable(eax(b));
      b.if(b.wrap(b.immediate()), () => b.assign(variable, b.i32(1)));
      b.set(32, L.GPR + 8, b.current(variable));
    }),
    ['v0 = get32 [gpr0]', 'set32 [gpr1] v0'],
  );
  assert.deepEqual(
    text((b) => {
      const variable = b.variable(eax(b));
      b.if(ecx(b), () => {
        b.assign(variable, b.i32(1));
        b.set(32, L.GPR + 16, b.current(variable));
      });
      b.set(32, L.GPR + 8, b.current(variable));
    }),
    [
      'v0 = get32 [gpr0]',
      'x0: i32 = v0',
      'v1 = get32 [gpr1]',
      'if v1 {',
      '  v2 = i32 1',
      '  x0 = v2',
      '  set32 [gpr2] v2',
      '}',
      'v4 = x0',
      'set32 [gpr1] v4',
    ],
  );
});

test('loops stay, with a condition of their own', () => {
  const loop = text((b) => {
    const count = b.variable(eax(b));
    const forever = ecx(b);
    b.loop(() => {
      b.assign(count, b.sub(b.current(count), 1));
      return b.or(forever, 0);
    });
    b.set(32, L.GPR, b.current(count));
  });
  assert.match(loop.join('; '), /loop \{; .*v4 = sub.i32 v2 v3; .*x0 = v4; .*v8 = ne.i32 v1 v9; \} while v8/);
  assert.doesNotMatch(
    text((b) => {
      b.loop(() => {
        b.call(sideEffect, eax(b));
        return b.wrap(b.immediate());
      });
    }).join('; '),
    /loop/,
  );
});

test('state is read once, until it is written', () => {
  assert.deepEqual(
    text((b) => {
      b.set(32, L.GPR + 8, b.xor(eax(b), eax(b)));
      b.set(32, L.GPR + 16, eax(b));
      b.set(32, L.GPR, b.i32(1));
      b.set(32, L.GPR + 24, eax(b));
    }),
    [
      'v0 = get32 [gpr0]',
      'v2 = i32 0',
      'set32 [gpr1] v2',
      'set32 [gpr2] v0',
      'v4 = i32 1',
      'set32 [gpr0] v4',
      'v5 = get32 [gpr0]',
      'set32 [gpr3] v5',
    ],
  );
  // A helper may write anything; what a nested list read is out of scope after it.
  const reads = (make: (b: Builder) => void) => text(make).filter((line) => line.includes('get32')).length;
  assert.equal(
    reads((b) => {
      b.call(sideEffect, eax(b));
      b.call(sideEffect, eax(b));
    }),
    2,
  );
  assert.equal(
    reads((b) => {
      b.if(b.wrap(rax(b)), () => void b.call(sideEffect, b.i32(0)));
      b.call(sideEffect, eax(b));
      b.if(b.wrap(rax(b)), () => b.set(32, L.GPR + 8, eax(b)));
      b.set(32, L.GPR + 16, eax(b));
    }),
    3,
  );
});

test('a loop reads again what it may have written in the round before', () => {
  const lines = text((b) => {
    b.set(32, L.GPR + 8, eax(b));
    b.loop(() => {
      const value = b.sub(eax(b), 1);
      b.set(32, L.GPR, value);
      return value;
    });
    b.set(32, L.GPR + 16, eax(b));
  });
  assert.equal(lines.filter((line) => line.includes('get32 [gpr0]')).length, 3);
});

test('the vector idioms for zero and ones', () => {
  const vector = (name: string) =>
    text((b) => b.set(128, L.XMM, b.simd(name, [b.get(128, L.XMM), b.get(128, L.XMM)]))).join('; ');
  assert.equal(vector('v128.xor'), `v2 = v128 ${'0'.repeat(32)}; set128 [xmm0] v2`);
  assert.equal(vector('i32x4.eq'), `v2 = v128 ${'f'.repeat(32)}; set128 [xmm0] v2`);
  assert.match(vector('f32x4.eq'), /f32x4.eq v0 v0/);
});

test('what faults is not removed', () => {
  assert.deepEqual(
    text((b) => {
      b.loadLinear(32, b.get(64, L.GPR));
      b.add(eax(b), 1);
      b.condition(4);
    }),
    ['v0 = get64 [gpr0]', 'v1 = load32 [v0]'],
  );
});

test('uses are counted, in nested lists too', () => {
  const { uops } = build((b) => {
    const a = eax(b);
    b.if(a, () => {
      b.flagsSub(32, a, a, b.i32(1));
    });
    b.loop(() => b.add(a, a));
  });
  assert.deepEqual([...countUses(uops)], [5, 1, 1]);
});

// ---- random programs ----

const BINARY: readonly BinaryOperator[] = [
  ...([
    'add',
    'add',
    'sub',
    'mul',
    'and',
    'and',
    'or',
    'xor',
    'shl',
    'shr_u',
    'shr_s',
    'rotl',
    'rotr',
  ] as const),
  ...(['eq', 'ne', 'lt_u', 'lt_s', 'le_u', 'le_s', 'gt_u', 'gt_s', 'ge_u', 'ge_s'] as const),
];
const UNARY: readonly UnaryOperator[] = ['eqz', 'clz', 'ctz', 'popcnt', 'extend8_s', 'extend16_s'];
const CONSTANTS = [0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 63n, 0x80n, 0xffn, 0xffffn, 0x7fffffffn, 0x80000000n]
  .concat([0xffffffffn, 0x100000000n, -1n, -2n, -128n, -0x80000000n, 2n ** 63n, 2n ** 63n - 1n])
  .map((value) => BigInt.asIntN(64, value));

/** A random list: values made of the state, constants and each other, written to the state here and there. */
class RandomProgram {
  readonly builder = new Builder(testForm());
  readonly #random: () => number;
  #budget = 40;

  constructor(random: () => number) {
    this.#random = random;
    this.#list([], [], 0);
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#random() % list.length]!;
  }
  #constant(type: 'i32' | 'i64'): Int {
    const value = this.#pick(CONSTANTS);
    return this.builder.constant(type === 'i64' ? 64 : 32, value);
  }
  #value(values: readonly Value[], type: 'i32' | 'i64'): Int {
    const fitting = values.filter((value) => value.type === type);
    if (fitting.length === 0 || this.#random() % 4 === 0) return this.#constant(type);
    // Recent ones mostly, so that chains become deep.
    const back = Math.min(this.#random() % fitting.length, this.#random() % fitting.length);
    return fitting[fitting.length - 1 - back] as Int;
  }
  #list(outerValues: readonly Value[], outerVariables: readonly Variable[], depth: number): Value[] {
    const b = this.builder;
    const values = [...outerValues];
    const variables = [...outerVariables];
    const type = () => this.#pick(['i32', 'i32', 'i64'] as const);
    for (let steps = 6 + (this.#random() % 20); steps > 0 && this.#budget > 0; steps--) {
      this.#budget--;
      switch (this.#random() % 16) {
        case 0: {
          const bits = this.#pick([8, 16, 32, 64] as const);
          values.push(b.get(bits, L.GPR + 8 * (this.#random() % 4)));
          break;
        }
        case 1: {
          const value = this.#value(values, type());
          const bits = this.#pick(value.type === 'i64' ? ([8, 16, 32, 64] as const) : ([8, 16, 32] as const));
          b.set(bits, L.GPR + 8 * (this.#random() % 8), value);
          break;
        }
        case 2: {
          const like = type();
          const condition = this.#value(values, 'i32') as I32;
          values.push(b.select(condition, this.#value(values, like), this.#value(values, like)));
          break;
        }
        case 3:
          if (depth < 3) {
            const condition = this.#value(values, 'i32') as I32;
            b.if(
              condition,
              () => void this.#list(values, variables, depth + 1),
              this.#random() & 1 ? () => void this.#list(values, variables, depth + 1) : undefined,
            );
          }
          break;
        case 4:
          variables.push(b.variable(this.#value(values, type())));
          break;
        case 5:
          if (variables.length) {
            const variable = this.#pick(variables);
            b.assign(variable, this.#value(values, variable.type as 'i32' | 'i64'));
          }
          break;
        case 6:
          if (variables.length) values.push(b.current(this.#pick(variables)));
          break;
        case 7:
          if (depth < 2) this.#loop(values, variables, depth);
          break;
        case 8:
          values.push(this.#pick([() => b.immediate(), () => b.immediate2(), () => b.condition(4)])());
          break;
        case 9: {
          const value = this.#value(values, this.#random() & 1 ? 'i32' : 'i64');
          if (value.type === 'i64') values.push(b.wrap(value as I64));
          else values.push(this.#random() & 1 ? b.extendU(value as I32) : b.extendS(value as I32));
          break;
        }
        case 10: {
          const value = this.#value(values, type());
          const operator = value.type === 'i64' && this.#random() & 1 ? 'extend32_s' : this.#pick(UNARY);
          values.push(b.unary(operator, value));
          break;
        }
        case 11:
          b.flagsLogic(8, this.#value(values, 'i32'));
          break;
        default: {
          const like = type();
          values.push(b.binary(this.#pick(BINARY), this.#value(values, like), this.#value(values, like)));
        }
      }
    }
    // Much of what was computed is seen.
    for (let i = 0; i < 3 && values.length; i++) {
      const value = this.#pick(values);
      b.set(value.type === 'i64' ? 64 : 32, L.GPR + 64 + 8 * (this.#random() % 8), value);
    }
    return values;
  }
  /** A loop of a few rounds, counted by a variable of its own; what it goes on for may be more than that. */
  #loop(values: readonly Value[], variables: readonly Variable[], depth: number): void {
    const b = this.builder;
    const rounds = b.variable(b.i32(1 + (this.#random() % 3)));
    b.loop(() => {
      const left = b.sub(b.current(rounds), 1);
      b.assign(rounds, left);
      const inner = this.#list(values, variables, depth + 1);
      const wanted = this.#value(inner, 'i32') as I32;
      return this.#random() & 1 ? b.select(left, wanted, b.i32(0)) : b.and(b.ne(left, 0), wanted);
    });
  }
}

/** A chain of operations, each on the result of the one before and a constant mostly, of which the last is seen. */
function randomChain(b: Builder, random: () => number): void {
  const pick = <T>(list: readonly T[]) => list[random() % list.length]!;
  const some = (bits: 8 | 16 | 32 | 64) => b.get(bits, L.GPR + 8 * (random() % 4)) as Int;
  const like = (value: Int) => (value.type === 'i64' ? some(64) : some(pick([8, 16, 32])));
  let value = some(pick([8, 16, 32, 64]));
  for (let steps = 2 + (random() % 5); steps > 0; steps--) {
    switch (random() % 8) {
      case 0:
        value = b.unary(value.type === 'i64' && random() & 1 ? 'extend32_s' : pick(UNARY), value) as Int;
        break;
      case 1:
      case 2:
        if (value.type === 'i64') value = b.wrap(value as I64);
        else value = random() & 1 ? b.extendU(value as I32) : b.extendS(value as I32);
        break;
      case 3:
        value = b.binary(pick(BINARY), value, like(value)) as Int;
        break;
      case 4:
        value = b.binary(pick(BINARY), b.constantLike(value, pick(CONSTANTS)), value) as Int;
        break;
      default:
        value = b.binary(pick(BINARY), value, b.constantLike(value, pick(CONSTANTS))) as Int;
    }
  }
  b.set(value.type === 'i64' ? 64 : pick([8, 16, 32]), L.GPR + 64, value);
}

/** Runs random lists as they are and specialized, from random registers; gives the lengths of the text of both. */
function compare(
  make: (random: () => number) => Builder,
  programs: number,
): { before: number; after: number } {
  const random = randomSource(Number(process.env.DOPPEL_FUZZ_SEED ?? 1));
  const first = new TestProcessor(64);
  const second = new TestProcessor(64);
  const evaluators = [new Evaluator(first.cpu), new Evaluator(second.cpu)] as const;
  let before = 0;
  let after = 0;
  const size = (uops: readonly Uop[]): number => print(uops).split('\n').length;
  for (let count = Number(process.env.DOPPEL_FUZZ_COUNT ?? programs); count > 0; count--) {
    const { uops, form } = make(random);
    const imm = BigInt.asIntN(64, CONSTANTS[random() % CONSTANTS.length]!);
    const instruction = testInstruction(form, { imm, imm2: random() % 3 });
    const special = specialize(uops, instruction);
    before += size(uops);
    after += size(special);
    for (let r = 0; r < 16; r++) {
      const wide = (BigInt(random()) << 32n) | BigInt(random());
      const value = random() & 1 ? CONSTANTS[random() % CONSTANTS.length]! : wide;
      first.state.setGpr(r, value);
    }
    first.state.statusFlags = random() & 0x40;
    second.state.u8.set(first.state.u8);
    evaluators[0].run(uops, instruction);
    evaluators[1].run(special, instruction);
    if (verify(special).length || Buffer.compare(first.state.u8, second.state.u8) !== 0) {
      assert.deepEqual(verify(uops), []);
      assert.deepEqual(verify(special), [], `${print(uops)}-- becomes\n${print(special)}`);
      assert.fail(`imm ${imm}\n${print(uops)}-- becomes\n${print(special)}`);
    }
  }
  return { before, after };
}

test('random programs do the same as before', () => {
  const { before, after } = compare((random) => new RandomProgram(random).builder, 3000);
  assert.ok(after < 0.8 * before, `${before} operations became ${after}`);
});

test('random chains do the same as before', () => {
  compare((random) => build((b) => randomChain(b, random)), 20000);
});
