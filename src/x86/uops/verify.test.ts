import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helper } from '../helpers/helper.ts';
import * as L from '../state/layout.ts';
import { Builder } from './builder.ts';
import type { I32, I64 } from './ir.ts';
import { print } from './print.ts';
import { testForm } from './testing.ts';
import { verify } from './verify.ts';

const sideEffect = helper('sideEffect', [], null, () => {}, { faults: false });

function build(make: (b: Builder) => void): Builder {
  const builder = new Builder(testForm());
  make(builder);
  return builder;
}
/** The only problem of a list, without the micro-operation. */
function problem(make: (b: Builder) => void): string {
  const problems = verify(build(make).uops);
  assert.equal(problems.length, 1, problems.join('\n') || 'no problem found');
  return problems[0]!;
}
const accepts = (make: (b: Builder) => void) => assert.deepEqual(verify(build(make).uops), []);

test('a read-modify-write of memory keeps the rules', () => {
  accepts((b) => {
    const address = b.get(64, L.GPR);
    const old = b.loadLinear(32, address, 'write') as I32;
    const sum = b.add(old, 1);
    b.storeLinear(32, address, sum);
    b.flagsAdd(32, old, b.i32(1), sum);
    b.set(32, L.GPR + 8, sum);
    // The same place cannot fault any more, nor a part of it.
    b.storeLinear(16, address, sum);
  });
});

test('nothing that can fault comes after an architectural write', () => {
  const address = (b: Builder) => b.get(64, L.GPR);
  assert.match(
    problem((b) => {
      const at = address(b);
      b.set(64, L.GPR, at);
      b.loadLinear(8, at);
    }),
    /can fault after an architectural write: v1 = load8 \[v0\]/,
  );
  assert.match(
    problem((b) => {
      const at = address(b);
      b.flagsLogic(64, at);
      b.storeLinear(64, at, at);
    }),
    /store64/,
  );
  assert.match(
    problem((b) => {
      const at = address(b);
      b.loadLinear(8, at, 'write');
      b.set(64, L.GPR, at);
      b.storeLinear(16, at, b.i32(0)); // wider than what was probed
    }),
    /store16/,
  );
  // On one path of two, and in the second round of a loop.
  assert.match(
    problem((b) => {
      b.if(b.wrap(address(b)), () => b.set(8, L.GPR, b.i32(1)));
      b.fault(13, 0);
    }),
    /faultIf/,
  );
  assert.match(
    problem((b) => {
      const at = address(b);
      b.loop(() => {
        const value = b.loadLinear(32, at) as I32;
        b.set(32, L.GPR, value);
        return value;
      });
    }),
    /load32/,
  );
  // The path that wrote has ended; the engine's own variables are not architectural.
  accepts((b) => {
    const at = address(b);
    b.set(32, L.SCRATCH, b.i32(1));
    b.if(b.wrap(at), () => {
      b.set(64, L.GPR, at);
      b.endBlock();
    });
    b.loadLinear(8, at);
  });
});

test('values are used where they are defined, with their type', () => {
  assert.match(
    problem((b) => {
      let inner!: I32;
      b.if(b.i32(1), () => {
        inner = b.i32(2);
      });
      b.set(32, L.GPR, inner);
    }),
    /v1 is not defined here: set32 \[gpr0\] v1/,
  );
  assert.match(
    problem((b) => {
      b.uops.push({
        op: 'binary',
        operator: 'add',
        result: { id: 9, type: 'f64' },
        a: b.f64(1),
        b: b.f64(2),
      });
    }),
    /operand of the wrong type: v9 = add.f64/,
  );
  assert.match(
    problem((b) => {
      b.set(128, L.XMM, b.i64(0));
    }),
    /writes 128 bits of an i64/,
  );
  assert.match(
    problem((b) => void b.simd('i8x16.none', [])),
    /no such SIMD instruction/,
  );
  assert.match(
    problem((b) => void b.simd('i32x4.extract_lane', [b.get(128, L.XMM)], 'i32', { lane: 4 })),
    /no such lane/,
  );
});

test('terminators come last on their path', () => {
  assert.match(
    problem((b) => {
      b.endBlock();
      b.i32(0);
    }),
    /cannot be reached: v0 = i32 0/,
  );
  assert.match(
    problem((b) => {
      b.if(
        b.i32(1),
        () => b.endBlock(),
        () => b.repeatInstruction(),
      );
      b.endBlock();
    }),
    /cannot be reached: endBlock/,
  );
});

test('micro-operations as text', () => {
  const { uops } = build((b) => {
    const address = b.add(b.get(64, L.GPR + 8), -8);
    const old = b.loadLinear(32, address, 'write') as I32;
    b.if(
      b.ltU(old, 0x1000),
      () => b.flagsSet(0x41, old),
      () => b.jumpChecked(b.i64(-0x1000) as I64),
    );
    b.storeLinear(32, address, old, true);
    b.setAt(64, { kind: 'field', field: 'seg', displacement: L.SEGMENT_BASE }, address);
    b.simd('i8x16.shr_u', [b.get(128, L.XMM + 16), old]);
    b.call(sideEffect);
    b.endBlock();
  });
  assert.equal(
    print(uops),
    `v0 = get64 [gpr1]
v1 = i64 -8
v2 = add.i64 v0 v1
v3 = load32.modify [v2]
v4 = i32 0x1000
v5 = lt_u.i32 v3 v4
if v5 {
  flags.set ZC v3
} else {
  v6 = i64 -0x1000
  jump v6
}
store32 [v2] v3 stack
set64 [seg+16] v2
v7 = get128 [xmm1]
v8 = i8x16.shr_u v7 v3
call sideEffect
endBlock
`,
  );
});
