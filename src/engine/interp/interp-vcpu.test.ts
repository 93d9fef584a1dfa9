// The interpreter as a machine of its own: exact budgets, self-modifying code, code over a page's end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import { bareWires, emptyBus, enterFlat32 } from '../testing.ts';
import { InterpVcpu } from './interp-vcpu.ts';

function machine(code: readonly number[], at = 0x1000) {
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(code, at);
  const vcpu = new InterpVcpu(bareWires(memory));
  enterFlat32(vcpu.state, at);
  vcpu.stateChanged();
  return { memory, vcpu, state: vcpu.state };
}

// mov ecx, 20; loop: add eax, ecx; mov [0x8000+ecx*4], eax; test al, 1; jz +2; inc edx; nop; dec ecx; jnz loop; jmp $
const LOOP = [
  0xb9, 20, 0, 0, 0, 0x01, 0xc8, 0x89, 0x04, 0x8d, 0x00, 0x80, 0x00, 0x00, 0xa8, 1, 0x74, 2, 0x42, 0x90, 0x49,
  0x75, 0xee, 0xeb, 0xfe,
];

test('a budget is kept exactly, however the run is cut into pieces', () => {
  const whole = machine(LOOP);
  assert.deepEqual(whole.vcpu.run(1000), { reason: 'Interrupted' });
  assert.equal(whole.vcpu.retired, 1000);
  assert.equal(whole.state.gpr32(L.RAX), 210);
  for (const piece of [1, 2, 3, 7, 64, 65, 100]) {
    const cut = machine(LOOP);
    for (let done = 0; done < 1000; done += piece) {
      cut.vcpu.run(Math.min(piece, 1000 - done));
      assert.equal(cut.vcpu.retired, Math.min(done + piece, 1000));
    }
    assert.deepEqual(
      [L.RAX, L.RCX, L.RDX].map((r) => cut.state.gpr(r)),
      [L.RAX, L.RCX, L.RDX].map((r) => whole.state.gpr(r)),
    );
    assert.equal(cut.state.rip, whole.state.rip);
    assert.equal(cut.state.rflags, whole.state.rflags);
  }
});

test('a run that need not be exact ends short of its budget by less than a block', () => {
  const whole = machine(LOOP);
  whole.vcpu.run(1000);
  const { vcpu, state } = machine(LOOP);
  for (const budget of [64, 100, 40, 33]) {
    const before = vcpu.retired;
    assert.deepEqual(vcpu.run(budget, 'about'), { reason: 'Interrupted' });
    const done = vcpu.retired - before;
    assert.ok(done > 0 && done <= budget && done >= budget - 32, `${done} of ${budget}`);
  }
  // What is less than a block is done exactly.
  const before = vcpu.retired;
  vcpu.run(7, 'about');
  assert.equal(vcpu.retired, before + 7);
  vcpu.run(1000 - vcpu.retired);
  assert.equal(state.gpr32(L.RAX), whole.state.gpr32(L.RAX));
  assert.equal(state.rip, whole.state.rip);
});

test('an instruction that changes the next one in its block', () => {
  // mov byte [0x1008], 0x41 (over 0x40): inc eax becomes inc ecx; jmp $
  const { vcpu, state } = machine([0xc6, 0x05, 0x08, 0x10, 0, 0, 0x41, 0x90, 0x40, 0xeb, 0xfe]);
  vcpu.run(10);
  assert.equal(state.gpr32(L.RAX), 0);
  assert.equal(state.gpr32(L.RCX), 1);
});

test('a loop that patches its own immediate runs the new value each time', () => {
  // add eax, imm32 at 0x1000; inc dword [0x1001]; dec ecx; jnz 0x1000; jmp $
  const { vcpu, state } = machine([
    0x05, 1, 0, 0, 0, 0xff, 0x05, 0x01, 0x10, 0, 0, 0x49, 0x75, 0xf2, 0xeb, 0xfe,
  ]);
  state.setGpr32(L.RCX, 10);
  vcpu.run(100);
  assert.equal(state.gpr32(L.RAX), 55);
});

/** Blocks decoded and writes to code while a machine runs so many instructions. */
function costOf({ vcpu }: ReturnType<typeof machine>, instructions: number) {
  const { blocks, invalidations } = vcpu.code;
  vcpu.run(instructions);
  return { blocks: vcpu.code.blocks - blocks, writes: vcpu.code.invalidations - invalidations };
}

test('a page that is patched again and again keeps the blocks that are not', () => {
  // inc dword [0x1041]; jmp 0x1040 ... 0x1040: mov eax, imm32; jmp 0x1080 ... 0x1080: inc ecx; jmp 0x1000
  const code = new Uint8Array(0x90).fill(0x90);
  code.set([0xff, 0x05, 0x41, 0x10, 0, 0, 0xeb, 0x38]);
  code.set([0xb8, 0, 0, 0, 0, 0xeb, 0x39], 0x40);
  code.set([0x41, 0xe9, 0x7a, 0xff, 0xff, 0xff], 0x80);
  const guest = machine([...code]);
  assert.deepEqual(costOf(guest, 6), { blocks: 3, writes: 0 });
  // At first all blocks each time, and what is left of the one that writes.
  assert.deepEqual(costOf(guest, 18), { blocks: 11, writes: 3 });
  // Then the one that holds what is written (and once more the one that writes).
  assert.deepEqual(costOf(guest, 60), { blocks: 11, writes: 10 });
  assert.equal(guest.state.gpr32(L.RAX), 14);
});

test('a write of what is there already changes no code', () => {
  // mov dword [0x1041], 7; jmp 0x1040 ... 0x1040: mov eax, 7; jmp 0x1000
  const code = new Uint8Array(0x50).fill(0x90);
  code.set([0xc7, 0x05, 0x41, 0x10, 0, 0, 7, 0, 0, 0, 0xeb, 0x34]);
  code.set([0xb8, 7, 0, 0, 0, 0xeb, 0xb9], 0x40);
  const guest = machine([...code]);
  guest.memory.trackWrites();
  assert.deepEqual(costOf(guest, 400), { blocks: 2, writes: 0 });
  assert.equal(guest.state.gpr32(L.RAX), 7);
  assert.deepEqual(guest.memory.pagesWritten(4), [1], 'it is a write all the same');
});

test('code is replaced by other code, a few bytes at a time', () => {
  // 64 blocks of inc eax; jmp next, then inc ecx; jmp next in their place; the copier is on another page.
  const blocks = (opcode: number) =>
    Uint8Array.from({ length: 64 * 4 }, (_, i) => [opcode, 0xeb, 0x01, 0x90][i % 4]!);
  const guest = machine([...blocks(0x40), 0xe9, 0xfb, 0x0e, 0, 0]);
  // 0x2000: rep movsd; jmp 0x1000
  guest.memory.u8.set([0xf3, 0xa5, 0xe9, 0xf9, 0xef, 0xff, 0xff], 0x2000);
  guest.memory.u8.set(blocks(0x41), 0x3000);
  guest.state.setGpr32(L.RSI, 0x3000);
  guest.state.setGpr32(L.RDI, 0x1000);
  guest.state.setGpr32(L.RCX, 64);
  guest.vcpu.run(128 + 1 + 64 + 1 + 128);
  assert.equal(guest.state.gpr32(L.RAX), 64);
  assert.equal(guest.state.gpr32(L.RCX), 64);
});

test('an instruction over the end of a page, and its second half rewritten', () => {
  // mov eax, imm32 with the immediate in the next page; jmp back
  const { vcpu, state, memory } = machine([0xb8, 0x11, 0x22, 0x33, 0x44, 0xeb, 0xf9], 0x1ffd);
  vcpu.run(5);
  assert.equal(state.gpr32(L.RAX), 0x44332211);
  memory.write(0x2000, Uint8Array.of(0x55));
  vcpu.run(2);
  assert.equal(state.gpr32(L.RAX), 0x44552211);
});

test('a kick from a port write stops after that instruction, also under an exact budget', () => {
  // out 0x10, al; then nine times inc eax; jmp $
  const code = [0xe6, 0x10, ...Array(9).fill(0x40), 0xeb, 0xfe];
  for (const budget of [5, 9, 64, 1000]) {
    const memory = new GuestMemory(4 << 20);
    memory.u8.set(code, 0x1000);
    let requested = false;
    let taken = -1;
    const vcpu: InterpVcpu = new InterpVcpu({
      ...bareWires(memory, {
        ...emptyBus,
        portWrite: () => {
          requested = true;
          vcpu.kick();
        },
      }),
      interrupts: {
        pending: () => requested,
        acknowledge: () => {
          requested = false;
          taken = vcpu.retired;
          return -1;
        },
      },
    });
    enterFlat32(vcpu.state, 0x1000);
    vcpu.state.rflags = 0x202;
    vcpu.stateChanged();
    while (vcpu.retired < budget) vcpu.run(budget - vcpu.retired);
    assert.deepEqual([taken, vcpu.retired], [1, budget]);
  }
});

test('a stop inside a superinstruction finds the flags of the instruction before it', () => {
  const device = 0xfee0_0000;
  // Twelve times: add [device], eax (reads as ones: 0, carry); xor edx, edx; or edx, 1; jmp +0. Then jmp to the first.
  const one = [0x01, 0x05, 0x00, 0x00, 0xe0, 0xfe, 0x31, 0xd2, 0x83, 0xca, 0x01, 0xeb, 0x00];
  const code = Array(12).fill(one).flat();
  code.push(0xe9, ...new Uint8Array(Int32Array.of(-(code.length + 5)).buffer));
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(code, 0x1000);
  memory.map(device, 0x1000, { name: 'ones', read: () => -1, write: () => {} });
  let kicking = false;
  const vcpu: InterpVcpu = new InterpVcpu(
    bareWires(memory, {
      ...emptyBus,
      mmioWrite: () => {
        if (kicking) vcpu.kick();
      },
    }),
  );
  enterFlat32(vcpu.state, 0x1000);
  vcpu.state.setGpr32(L.RAX, 1);
  vcpu.stateChanged();
  // Long enough for the blocks to become superinstructions.
  vcpu.run(3_000_000);
  kicking = true;
  vcpu.run(1000);
  assert.equal((vcpu.state.rip - 0x1006) % one.length, 0);
  assert.equal(vcpu.state.rflags, 0x57); // CF, PF, AF and ZF
});
