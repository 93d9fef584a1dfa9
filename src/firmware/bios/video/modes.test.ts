// INT 10h's modes on a VGA: what it shows in them, and what the BIOS says of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoneVcpu } from '../../../engine/none/none-vcpu.ts';
import { nodeHost } from '../../../host/node/platform.ts';
import { Machine } from '../../../machine/vm/machine.ts';
import * as L from '../../../x86/state/layout.ts';
import { BDA_CHARACTER_HEIGHT, BDA_VIDEO_ROWS, SERVICE_PORT, SERVICE_POST } from '../layout.ts';

const STACK = 0x9000;

/** A machine whose BIOS is called without a processor: EAX, EBX, ECX, EDX. */
function build() {
  const machine = new Machine({
    memory: 4 << 20,
    boot: { media: ['disk'] },
    display: {},
    serial: { write() {} },
    engine: () => new NoneVcpu(),
    host: nodeHost(),
  });
  const { state } = machine.vcpu;
  for (const segment of state.segments) segment.base = 0;
  const call = (service: number, eax = 0, ebx = 0, ecx = 0, edx = 0): number => {
    [L.RAX, L.RBX, L.RCX, L.RDX].forEach((register, i) => {
      state.setGpr32(register, [eax, ebx, ecx, edx][i]!);
    });
    state.setGpr32(L.RSP, STACK);
    machine.memory.write16(STACK, service);
    machine.board.portWrite(SERVICE_PORT, 1, 0);
    return state.gpr32(L.RAX);
  };
  call(SERVICE_POST);
  const shown = () => {
    const { width, height } = machine.screen!.frame();
    const { rows, columns, lines } = machine.screen!.text()!;
    return { width, height, rows, columns, first: lines[0]!.trimEnd() };
  };
  return { machine, call, shown, bx: () => state.gpr32(L.RBX) & 0xffff };
}

test('text modes have the scan lines that AH=12h, BL=30h has chosen, from the next mode on', () => {
  const { machine, call, shown } = build();
  const say = (text: string) => {
    for (const letter of text) call(0x10, 0x0e00 | letter.charCodeAt(0));
  };
  for (const [lines, mode, width, height, font, rows] of [
    [0, 0x03, 640, 200, 8, 25],
    [1, 0x03, 640, 350, 14, 25],
    [2, 0x03, 720, 400, 16, 25],
    [1, 0x01, 320, 350, 14, 25],
    [1, 0x07, 720, 350, 14, 25],
  ] as const) {
    assert.equal(call(0x10, 0x1200 | lines, 0x30) & 0xff, 0x12);
    call(0x10, mode);
    say('Lines');
    const columns = mode === 0x01 ? 40 : 80;
    assert.deepEqual(shown(), { width, height, rows, columns, first: 'Lines' });
    assert.equal(machine.memory.read8(BDA_CHARACTER_HEIGHT), font);
    assert.equal(machine.memory.read8(BDA_VIDEO_ROWS), rows - 1);
  }
  // What programs want of it: 43 rows.
  call(0x10, 0x1201, 0x30);
  call(0x10, 0x0003);
  call(0x10, 0x1112);
  assert.equal(machine.memory.read8(BDA_VIDEO_ROWS), 42);
  assert.equal(shown().rows, 43);
  assert.notEqual(call(0x10, 0x1203, 0x30) & 0xff, 0x12);
  machine.close();
});

test('monochrome modes are shown in shades of gray, and told', () => {
  const { machine, call, bx } = build();
  const pixels = () => new Set(machine.screen!.frame().pixels);
  const display = (mode: number): Set<number> => {
    call(0x10, mode);
    call(0x10, 0x0920, 0x07, 1);
    call(0x10, 0x09db, 0x07, 1);
    call(0x10, 0x0200, 0, 0, 1);
    call(0x10, 0x09db, 0x0f, 1);
    return pixels();
  };
  assert.deepEqual(display(0x07), new Set([0xaaaaaa, 0xffffff, 0]));
  call(0x10, 0x1200, 0x10);
  assert.equal(bx(), 0x0103);
  display(0x03);
  call(0x10, 0x1200, 0x10);
  assert.equal(bx(), 0x0003);
  // Mode 0Fh: dots of plane 0, bright or blinking by plane 2.
  call(0x10, 0x000f);
  call(0x10, 0x0c01, 0, 5, 5);
  assert.deepEqual(pixels(), new Set([0, 0xaaaaaa]));
  // Mode 11h: plane 0 alone tells.
  call(0x10, 0x0011);
  call(0x10, 0x0c02, 0, 5, 5);
  assert.deepEqual(pixels(), new Set([0]));
  machine.close();
});

test('a mode that was set without clearing is told with its bit', () => {
  const { machine, call, bx } = build();
  call(0x10, 0x0083);
  assert.equal(call(0x10, 0x0f00) & 0xff, 0x83);
  call(0x10, 0x0003);
  assert.equal(call(0x10, 0x0f00) & 0xff, 0x03);
  assert.equal(call(0x10, 0x4f02, 0xc101) & 0xffff, 0x004f);
  call(0x10, 0x4f03);
  assert.equal(bx(), 0xc101);
  call(0x10, 0x4f02, 0x4101);
  call(0x10, 0x4f03);
  assert.equal(bx(), 0x4101);
  machine.close();
});

test('VBE mode 102h: 800 by 600 in four planes', () => {
  const { machine, call, bx } = build();
  const { memory } = machine;
  assert.equal(call(0x10, 0x4f01, 0, 0x102) & 0xffff, 0x004f);
  const word = (offset: number) => memory.read8(offset) | (memory.read8(offset + 1) << 8);
  // At ES:DI, 0: attributes, bytes of a line, size, planes, depth, banks, model, framebuffer.
  assert.deepEqual([word(0) & 0x9f, word(16), word(18), word(20)], [0x1b, 100, 800, 600]);
  assert.deepEqual(
    [24, 25, 26, 27, 40, 43].map((at) => memory.read8(at)),
    [4, 4, 1, 3, 0, 0],
  );
  assert.equal(call(0x10, 0x4f02, 0x4102) & 0xffff, 0x014f, 'no linear framebuffer');
  assert.equal(call(0x10, 0x4f02, 0x0102) & 0xffff, 0x004f);
  call(0x10, 0x4f03);
  assert.equal(bx(), 0x102);
  for (const letter of 'Planes') call(0x10, 0x0e00 | letter.charCodeAt(0), 0x0f);
  call(0x10, 0x0c0c, 0, 799, 599);
  assert.equal(call(0x10, 0x0d00, 0, 799, 599) & 0xff, 0x0c);
  const { width, height, pixels } = machine.screen!.frame();
  assert.deepEqual([width, height, pixels[799 + 800 * 599]], [800, 600, 0xff5555]);
  assert.ok(pixels.subarray(0, 800 * 16).includes(0xffffff), 'text');
  // The processor's way: planes of the window at A0000h.
  machine.board.portWrite(0x3c4, 2, 0x0202);
  machine.board.mmioWrite(0xa_0000 + 100 * 300, 1, 0xff);
  assert.equal(machine.screen!.frame().pixels[800 * 300], 0x00aa00);
  assert.equal(call(0x10, 0x4f06, 0, 1024) & 0xffff, 0x004f);
  assert.equal(bx(), 128);
  call(0x10, 0x0003);
  assert.equal(machine.screen!.frame().width, 720);
  machine.close();
});
