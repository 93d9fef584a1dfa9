// Code and the edges of pages and segments: instructions that lie over a page's end whose second page is rewritten,
// remapped or made no-execute, the end of a code segment inside decoded code, the same bytes in two modes, stale
// translations after a page fault. The interpreter against the reference engine, and against what must come out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enterFlat32 } from '../../src/engine/testing.ts';
import * as C from '../../src/x86/state/control-bits.ts';
import * as L from '../../src/x86/state/layout.ts';
import { Assembler, AX, BX, CX, DX, SP } from './assembler.ts';
import { Pair, type Pieces, type TortureMachine, WHOLE } from './pair.ts';

const RAM = 0x40_0000;
const pair = new Pair(RAM);
const HOT: Pieces = () => 70;
const LONG: Pieces = () => 25_000;

/** Runs both and asserts that nothing differs; the state is then either's. */
function check(limit: number, pieces: Pieces, ended: 'Hlt' | 'Interrupted' | 'Shutdown' = 'Hlt') {
  const { exit, differences } = pair.run(limit, pieces);
  assert.deepEqual(differences, []);
  assert.equal(exit.reason, ended);
  return pair.subject.vcpu.state;
}

// ---- real mode ----

/** Real mode at a linear address of the first 64 KiB; every vector's handler is one HLT at 600h + vector. */
function enterReal(machine: TortureMachine, segment: number, ip: number): void {
  const { memory, vcpu } = machine;
  for (let vector = 0; vector < 256; vector++) memory.view.setUint32(4 * vector, 0x600 + vector, true);
  memory.u8.fill(0xf4, 0x600, 0x700);
  const { state } = vcpu;
  const cs = state.segments[L.CS]!;
  cs.selector = segment;
  cs.base = segment << 4;
  state.rip = ip;
  state.setGpr32(SP, 0xfff0);
  state.segments[L.SS]!.selector = 0x3000;
  state.segments[L.SS]!.base = 0x3_0000;
}

for (const pieces of [WHOLE, HOT, () => 1, () => 7]) {
  test('a code segment ends inside code that was decoded for another segment', () => {
    pair.load((machine) => {
      // 2000:0000: 40 times INC AX, then JMP 1001:FFF0, which is the same place but ends after 16 bytes.
      machine.memory.u8.fill(0x40, 0x2_0000, 0x2_0028);
      machine.memory.u8.set([0xea, 0xf0, 0xff, 0x01, 0x10], 0x2_0028);
      enterReal(machine, 0x2000, 0);
    });
    const state = check(1000, pieces);
    assert.equal(state.gpr32(AX), 56);
    assert.equal(state.rip, 0x600 + 13 + 1);
  });
  test('the same with an instruction over the segment end, and the other way round', () => {
    pair.load((machine) => {
      machine.memory.u8.fill(0x40, 0x2_0000, 0x2_0028);
      machine.memory.u8.set([0x05, 1, 0], 0x2_000e); // ADD AX, 1 lies over the end of 1001:
      machine.memory.u8.set([0xf4], 0x2_0028);
      machine.memory.u8.set([0xea, 0, 0, 0, 0x20], 0x700); // #GP goes on at 2000:0000
      machine.memory.u8.set([0xea, 0xf0, 0xff, 0x01, 0x10], 0x800);
      enterReal(machine, 0, 0x800);
      machine.memory.view.setUint32(4 * 13, 0x700, true);
    });
    const state = check(1000, pieces);
    assert.equal(state.gpr32(AX), 14 + 14 + 1 + 23);
    assert.equal(state.rip, 0x29);
  });
}

test('the same bytes as 16-bit code and as 32-bit code, by turns', () => {
  pair.load((machine) => {
    // In protected mode with two code segments: B8 imm is 3 or 5 bytes long.
    const { memory, vcpu } = machine;
    const descriptor = (selector: number, value: bigint) =>
      memory.view.setBigUint64(0x1000 + selector, value, true);
    descriptor(0x08, 0x00cf_9b00_0000_ffffn);
    descriptor(0x10, 0x00cf_9300_0000_ffffn);
    descriptor(0x18, 0x008f_9b00_0000_ffffn);
    // The routine: MOV (E)AX, 4340...: or INC AX, INC BX; then a far return of the size of the segment.
    memory.u8.set([0xb8, 0x34, 0x12, 0x40, 0x43, 0xcb], 0x5000);
    const code = new Assembler(0x4000, 32);
    code.mov(CX, 300).label('again');
    code.raw(0x9a).number(0x5000, 4).number(0x08, 2).raw(0x01, 0xc2);
    // A far call with 16-bit operands pushes what the 16-bit far return pops.
    code.raw(0x66, 0x9a).number(0x5000, 2).number(0x18, 2).raw(0x01, 0xc2);
    code.raw(0x49).jcc(5, 'again').raw(0xf4);
    memory.u8.set(code.assemble(), 0x4000);
    enterFlat32(vcpu.state, 0x4000);
    vcpu.state.setNumber(L.GDTR_BASE, 0x1000);
    vcpu.state.set32(L.GDTR_LIMIT, 0x1f);
    vcpu.state.setGpr32(SP, 0x8000);
    for (const register of [AX, BX, DX]) vcpu.state.setGpr32(register, 0);
  });
  const state = check(20_000, HOT);
  assert.equal(state.gpr32(BX), 300);
  assert.equal(state.gpr32(DX), (300 * (0x4340_1234 + 0x4340_1235)) >>> 0);
});

// ---- paging ----

const TABLE = 0x2000;
const HANDLER = 0x6000;
const PLACE = 0x1_0000;
/** PAE's pointers at 1000h, directory at 1100h would not be aligned: 3000h, its table at 2000h. */
function enterPae(machine: TortureMachine, eip: number): void {
  const { memory, vcpu } = machine;
  const { view, u8 } = memory;
  view.setBigUint64(0x1000, 0x3001n, true);
  view.setBigUint64(0x3000, 0x2063n, true);
  for (let i = 0; i < 512; i++) view.setBigUint64(TABLE + 8 * i, BigInt((i << 12) | 0x63), true);
  view.setBigUint64(0x4008, 0x00cf_9b00_0000_ffffn, true);
  view.setBigUint64(0x4010, 0x00cf_9300_0000_ffffn, true);
  // #PF: stores CR2 and the error code, and goes on at EBP.
  view.setUint32(0x5000 + 8 * 14, (8 << 16) | HANDLER, true);
  view.setUint32(0x5000 + 8 * 14 + 4, 0x8e00, true);
  const handler = new Assembler(HANDLER, 32);
  handler.hex('50 0f20d0 a3 00700000 58 8f05 04700000 ff05 08700000 892c24 c7442404 08000000 cf');
  u8.set(handler.assemble(), HANDLER);
  const { state } = vcpu;
  enterFlat32(state, eip);
  state.setNumber(L.GDTR_BASE, 0x4000);
  state.set32(L.GDTR_LIMIT, 0x17);
  state.setNumber(L.IDTR_BASE, 0x5000);
  state.set32(L.IDTR_LIMIT, 0x7ff);
  state.cr4 = C.CR4_PAE;
  state.efer = C.EFER_NXE;
  state.setNumber(L.CR3, 0x1000);
  state.set64(L.PDPTE, 0x3001n);
  state.cr0 = 0x8001_0011;
  state.setGpr32(SP, 0xf000);
}
const entryAt = (linear: number) => TABLE + 8 * (linear >>> 12);
const flush = (code: Assembler, linear: number) => code.raw(0x0f, 0x01, 0x3d).number(linear, 4);

for (const pieces of [WHOLE, HOT, () => 3]) {
  test('an instruction over a page end: its second page rewritten, remapped, made no-execute, and taken away', () => {
    pair.load((machine) => {
      const { memory } = machine;
      // MOV EAX, 44332211h at the end of PLACE's first page; RET.
      memory.u8.set([0xb8, 0x11, 0x22, 0x33, 0x44, 0xc3], PLACE + 0xffd);
      memory.u8.set([0x77, 0x88, 0xc3], 0x3_0000);
      const code = new Assembler(0x8000, 32);
      const second = PLACE + 0x1000;
      const results = 0x7100;
      let result = 0;
      const call = () => {
        const label = `after${result}`;
        code
          .raw(0xbd)
          .ref(label, 4, false)
          .mov(AX, 0)
          .mov(BX, PLACE + 0xffd);
        code.mov(CX, 40).label(`loop${result}`).raw(0xff, 0xd3, 0x49).jcc(5, `loop${result}`);
        code
          .label(label)
          .mov(SP, 0xf000)
          .raw(0xa3)
          .number(results + 4 * result++, 4);
      };
      const store = (at: number, value: number) => code.storeAbsolute(at, value);
      call();
      code.raw(0xc6, 0x05).number(second, 4).raw(0x55);
      call();
      store(entryAt(second), 0x3_0063);
      flush(code, second);
      call();
      // Through the other frame's own address.
      code.raw(0xc6, 0x05).number(0x3_0001, 4).raw(0x99);
      call();
      store(entryAt(second) + 4, 0x8000_0000);
      flush(code, second);
      call();
      store(entryAt(second) + 4, 0);
      store(entryAt(second), 0x3_0062);
      flush(code, second);
      call();
      // Present again: no flush is needed.
      store(entryAt(second), (second | 0x63) >>> 0);
      call();
      code.raw(0xf4);
      memory.u8.set(code.assemble(), 0x8000);
      enterPae(machine, 0x8000);
    });
    check(20_000, pieces);
    const { view } = pair.subject.memory;
    const results = Array.from({ length: 7 }, (_, i) => view.getUint32(0x7100 + 4 * i, true).toString(16));
    assert.deepEqual(results, ['44332211', '44552211', '88772211', '99772211', '0', '0', '44552211']);
    assert.deepEqual(
      [0x7000, 0x7004, 0x7008].map((at) => view.getUint32(at, true)),
      [PLACE + 0x1000, 0x10, 2],
    );
  });

  test('an instruction over a page end and over the end of its segment, with and without its second page', () => {
    pair.load((machine) => {
      const { memory } = machine;
      const place = PLACE + 0xffd;
      memory.u8.set([0xb8, 0x11, 0x22, 0x33, 0x44, 0xcb], place);
      enterPae(machine, 0x8000);
      // 18h ends behind the fourth byte of MOV, 20h far away; neither is flat.
      memory.view.setBigUint64(0x4018, 0x0041_9b00_0000_1000n, true);
      memory.view.setBigUint64(0x4020, 0x004f_9b00_0000_ffffn, true);
      machine.vcpu.state.set32(L.GDTR_LIMIT, 0x27);
      // #GP counts at 700Ch and goes on like #PF.
      memory.view.setUint32(0x5000 + 8 * 13, (8 << 16) | (HANDLER + 0x80), true);
      memory.view.setUint32(0x5000 + 8 * 13 + 4, 0x8e00, true);
      memory.u8.set(
        new Assembler(0, 32).hex('58 ff05 0c700000 892c24 c7442404 08000000 cf').assemble(),
        HANDLER + 0x80,
      );
      const code = new Assembler(0x8000, 32);
      let calls = 0;
      const call = (selector: number) => {
        const label = `after${calls++}`;
        code.movLabel(5, label).raw(0x9a).number(place, 4).number(selector, 2).label(label).mov(SP, 0xf000);
      };
      for (let i = 0; i < 3; i++) {
        call(0x20);
        call(0x18);
      }
      code.storeAbsolute(entryAt(PLACE + 0x1000), 0);
      flush(code, PLACE + 0x1000);
      call(0x20);
      call(0x18);
      code.raw(0xf4);
      memory.u8.set(code.assemble(), 0x8000);
    });
    check(2000, pieces);
    const { view } = pair.subject.memory;
    assert.deepEqual([view.getUint32(0x7008, true), view.getUint32(0x700c, true)], [2, 3]);
  });

  test('a page fault forgets the translation that it came from', () => {
    pair.load((machine) => {
      const data = 0x4_0000;
      const code = new Assembler(0x8000, 32);
      code.storeAbsolute(entryAt(data), data | 0x61);
      code.raw(0x0f, 0x20, 0xc0, 0x0d).number(0x1_0000, 4).raw(0x0f, 0x22, 0xc0);
      code.raw(0xa1).number(data, 4);
      // Another frame, read-only like the first: the write faults, and after that the read must see the new frame.
      code.storeAbsolute(entryAt(data), 0x5_0061);
      code.movLabel(5, 'after').raw(0xc6, 0x05).number(data, 4).raw(1).label('after');
      code.raw(0x8b, 0x1d).number(data, 4).raw(0xf4);
      machine.memory.u8.set(code.assemble(), 0x8000);
      machine.memory.view.setUint32(data, 0x1111, true);
      machine.memory.view.setUint32(0x5_0000, 0x2222, true);
      enterPae(machine, 0x8000);
    });
    const state = check(1000, pieces);
    assert.deepEqual([state.gpr32(AX), state.gpr32(BX)], [0x1111, 0x2222]);
    assert.equal(pair.subject.memory.view.getUint32(0x7004, true), 3);
  });

  test('two addresses of one frame, both executed, one of them written', () => {
    pair.load((machine) => {
      const alias = 0x6_0000;
      const code = new Assembler(0x8000, 32);
      code.storeAbsolute(entryAt(alias), PLACE | 0x63);
      code.mov(CX, 200).mov(AX, 0).mov(BX, PLACE).mov(DX, alias).label('again');
      code.raw(0xff, 0xd3, 0xff, 0xd2);
      // ADD EAX, imm8: the immediate is written through either address by turns.
      code
        .raw(0x88, 0x0d)
        .number(PLACE + 2, 4)
        .raw(0xff, 0xd2);
      code
        .raw(0x66, 0x89, 0x0d)
        .number(alias + 2, 4)
        .raw(0xff, 0xd3);
      code.raw(0x49).jcc(5, 'again').raw(0xf4);
      machine.memory.u8.set(code.assemble(), 0x8000);
      // The word store makes the byte after the immediate CH, which is 0: 00 C3 is ADD BL, AL; keep it harmless.
      machine.memory.u8.set([0x83, 0xc0, 0x01, 0x00, 0xc3, 0xc3], PLACE);
      enterPae(machine, 0x8000);
      machine.vcpu.state.setGpr32(BX, PLACE);
    });
    const { differences } = pair.run(6000, pieces);
    assert.deepEqual(differences, []);
  });
}

test('a loop of tens of thousands of rounds, changed by itself when it is hot', () => {
  pair.load((machine) => {
    const code = new Assembler(0x8000, 32);
    code.mov(CX, 30_000).mov(AX, 0).mov(BX, 0x9000).label('again');
    code.label('patched').raw(0x05).number(1, 4);
    code.raw(0x89, 0x03, 0x8b, 0x13, 0x01, 0xd7, 0xf7, 0xc1).number(0xfff, 4).jcc(5, 'next');
    code.raw(0xff, 0x05).ref('immediate', 4, false).label('next').raw(0x49).jcc(5, 'again').raw(0xf4);
    const bytes = code.label('immediate').assemble();
    // The label is the immediate of ADD.
    const at = code.at('patched') + 1;
    new DataView(bytes.buffer).setUint32(code.at('next') - 4 - 0x8000, at, true);
    machine.memory.u8.set(bytes, 0x8000);
    enterFlat32(machine.vcpu.state, 0x8000);
    machine.vcpu.state.setGpr32(7, 0);
  });
  const state = check(400_000, LONG);
  let sum = 0;
  for (let count = 30_000, step = 1; count > 0; count--) {
    sum += step;
    if ((count & 0xfff) === 0) step++;
  }
  assert.equal(state.gpr32(AX), sum);
});

test('a device writes over hot code between two runs', () => {
  pair.load((machine) => {
    // ADD EAX, 1; DEC ECX; JNZ; HLT
    machine.memory.u8.set([0x83, 0xc0, 1, 0x49, 0x75, 0xfa, 0xf4], 0x8000);
    enterFlat32(machine.vcpu.state, 0x8000);
    machine.vcpu.state.setGpr32(CX, 60_000);
    machine.vcpu.state.setGpr32(AX, 0);
  });
  for (const machine of pair.machines) {
    for (let i = 0; i < 3; i++) {
      machine.vcpu.run(30_000);
      machine.memory.write(0x8002, Uint8Array.of(10 ** i));
    }
  }
  const state = check(200_000, LONG);
  assert.equal(state.gpr32(CX), 0);
  assert.equal(state.gpr32(AX), 10_000 + 10_000 * 1 + 10_000 * 10 + 30_000 * 100);
});
