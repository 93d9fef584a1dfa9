// The 82540EM's offloads as drivers use them: TCP segmentation and checksums, by descriptors in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onesComplementSum } from '../../backend/net/ethernet.ts';
import { TestMemory } from '../storage/testing.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { E1000 } from './e1000.ts';

function build() {
  const sent: Uint8Array[] = [];
  const network = { linkUp: true, send: (frame: Uint8Array) => void sent.push(frame.slice()), onRoom() {} };
  const memory = new TestMemory(1 << 20);
  const irq = new LineProbe();
  const clock = new FakeClock();
  const chip = new E1000({ mac: [2, 0, 0, 0, 0, 1], network, memory, irq, clock });
  const registers = chip.regions[0]!;
  const out = (offset: number, value: number) => registers.write(offset, 4, value >>> 0);
  return { chip, clock, sent, memory, irq, registers, out, view: new DataView(memory.bytes.buffer) };
}

test('TCP segmentation: headers and checksums of each segment', () => {
  const { sent, memory, irq, registers, out, view } = build();
  const header = 54;
  const payload = 2500;
  const mss = 1000;
  const data = memory.bytes.subarray(0x1_0000);
  data.set([
    2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10,
    0, 0, 2,
  ]);
  data.set([0, 80, 4, 0, 0, 0, 0, 100, 0, 0, 0, 1, 0x50, 0x19, 16, 0], 34);
  for (let i = 0; i < payload; i++) data[header + i] = i * 7;
  // Software's part of the sum: the pseudo header without the length.
  const pseudo = onesComplementSum(data, 26, 34, 6);
  data[50] = pseudo >> 8;
  data[51] = pseudo;
  view.setUint32(0x1000, 14 | (24 << 8) | (33 << 16), true);
  view.setUint32(0x1004, 34 | (50 << 8), true);
  view.setUint32(0x1008, payload | (0x27 << 24), true);
  view.setUint32(0x100c, (header << 8) | (mss << 16), true);
  view.setUint32(0x1010, 0x1_0000, true);
  view.setUint32(0x1018, (header + payload) | (1 << 20) | (0x2d << 24), true);
  view.setUint32(0x101c, 3 << 8, true);
  out(0x3800, 0x1000);
  out(0x3808, 128);
  out(0xd0, 1);
  out(0x400, 0xa);
  out(0x3818, 2);
  assert.deepEqual(
    sent.map((frame) => frame.length - header),
    [1000, 1000, 500],
  );
  sent.forEach((frame, i) => {
    const fields = new DataView(frame.buffer);
    assert.equal(fields.getUint16(16), frame.length - 14);
    assert.equal(fields.getUint16(18), 0x1234 + i);
    assert.equal(fields.getUint32(38), 100 + i * mss);
    assert.equal(frame[47], i === 2 ? 0x19 : 0x10, 'FIN and PSH in the last one');
    assert.equal(onesComplementSum(frame, 14, 34), 0xffff);
    const sum = onesComplementSum(frame, 26, 34, 6 + frame.length - 34);
    assert.equal(onesComplementSum(frame, 34, frame.length, sum), 0xffff);
  });
  assert.equal(memory.bytes[0x101c]! & 1, 1, 'DD');
  assert.equal(irq.level, true);
  assert.equal(registers.read(0xc0, 4) & 1, 1);
  assert.equal(irq.level, false);
  assert.equal(registers.read(0x3810, 4), 2);
});

test('receiving: what the checksums say, and a full ring', () => {
  const { chip, memory, registers, out, view } = build();
  for (let i = 0; i < 8; i++) view.setUint32(0x2000 + 16 * i, 0x2_0000 + 0x800 * i, true);
  out(0x2800, 0x2000);
  out(0x2808, 128);
  out(0x5000, 0x300);
  out(0x100, 0x8002);
  const frame = new Uint8Array(60);
  frame.set([
    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0,
    2,
  ]);
  assert.equal(chip.receive(frame), false, 'no descriptor is free');
  out(0x2818, 7);
  assert.equal(chip.receive(frame), true);
  assert.equal(memory.bytes[0x200c], 0x43, 'IPCS, EOP, DD; UDP without a checksum');
  assert.equal(memory.bytes[0x200d], 0x40, 'a wrong sum');
  assert.equal(view.getUint16(0x2008, true), 64);
  frame[0] = 4;
  assert.equal(chip.receive(frame), true, 'for somebody else');
  assert.equal(registers.read(0x2810, 4), 1);
});

/** A receive ring of 8 descriptors at 2000h with buffers of 2 KiB from 20000h on, 7 of them free; for every address. */
function openReceiver({ out, view }: ReturnType<typeof build>, control = 0x8002) {
  for (let i = 0; i < 8; i++) view.setUint32(0x2000 + 16 * i, 0x2_0000 + 0x800 * i, true);
  out(0x2800, 0x2000);
  out(0x2808, 128);
  out(0x100, control | 0x0400_0008);
  out(0x2818, 7);
}

const VME = 0x4000_0000;
/** A frame of 64 bytes with tag 2ABCh: priority 1, identifier ABCh. */
const TAGGED = Uint8Array.from({ length: 64 }, (_, i) => i);
TAGGED.set([0x81, 0x00, 0x2a, 0xbc, 0x08, 0x06], 12);

test('VLAN tags: put in where the descriptor says so, and only with CTRL.VME', () => {
  for (const [control, command, tagged] of [
    [VME, 0x4b, true],
    [0, 0x4b, false],
    [VME, 0x0b, false],
  ] as const) {
    const { sent, memory, out, view } = build();
    for (let i = 0; i < 60; i++) memory.bytes[0x1_0000 + i] = i;
    view.setUint32(0x1000, 0x1_0000, true);
    view.setUint32(0x1008, 60 | (command << 24), true);
    view.setUint16(0x100e, 0x2abc, true);
    out(0, VME & control);
    out(0x3800, 0x1000);
    out(0x3808, 128);
    out(0x400, 0xa);
    out(0x3818, 1);
    const frame = sent[0]!;
    assert.equal(frame.length, tagged ? 64 : 60);
    assert.deepEqual([...frame.subarray(12, 16)], tagged ? [0x81, 0, 0x2a, 0xbc] : [12, 13, 14, 15]);
    assert.deepEqual(
      [...frame.subarray(tagged ? 16 : 12, 20)],
      tagged ? [12, 13, 14, 15] : [12, 13, 14, 15, 16, 17, 18, 19],
    );
    assert.deepEqual(
      [...frame.subarray(0, 12)],
      Array.from({ length: 12 }, (_, i) => i),
    );
  }
});

test('VLAN tags: taken out and told in the descriptor, or left where they are', () => {
  const bench = build();
  const { chip, memory, out, view } = bench;
  openReceiver(bench);
  assert.equal(chip.receive(TAGGED), true);
  assert.equal(view.getUint16(0x2008, true), 64);
  assert.equal(memory.bytes[0x200c]! & 0x08, 0, 'no VP');
  out(0, VME);
  assert.equal(chip.receive(TAGGED), true);
  assert.equal(view.getUint16(0x2018, true), 60);
  assert.equal(memory.bytes[0x201c]! & 0x08, 0x08, 'VP');
  assert.equal(view.getUint16(0x201e, true), 0x2abc);
  assert.deepEqual(
    [...memory.bytes.subarray(0x2_0800, 0x2_0800 + 14)],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 6],
  );
});

test('VLAN tags: the filter lets through the identifiers of its table, and frames without a tag', () => {
  const bench = build();
  const { chip, registers, out } = bench;
  openReceiver(bench, 0x4_8002);
  const head = () => registers.read(0x2810, 4);
  chip.receive(TAGGED);
  assert.equal(head(), 0);
  out(0x5600 + 4 * (0xabc >> 5), 1 << (0xabc & 31));
  chip.receive(TAGGED);
  assert.equal(head(), 1);
  const plain = TAGGED.slice();
  plain.set([8, 6], 12);
  chip.receive(plain);
  assert.equal(head(), 2);
});

test('ITR: an interrupt comes no sooner than so long after the one before', () => {
  const bench = build();
  const { chip, clock, irq, registers, out } = bench;
  openReceiver(bench);
  // 256 ns each: 100 us.
  const quiet = 390;
  out(0xc4, quiet);
  out(0xd0, 0x80);
  const plain = new Uint8Array(60);
  chip.receive(plain);
  assert.equal(irq.level, true, 'the first at once');
  assert.equal(registers.read(0xc0, 4) & 0x80, 0x80);
  assert.equal(irq.level, false);
  clock.advance(50_000);
  chip.receive(plain);
  assert.equal(irq.level, false, 'held back');
  clock.advance(quiet * 256 - 50_000 - 1);
  assert.equal(irq.level, false);
  clock.advance(1);
  assert.equal(irq.level, true, 'and comes by itself');
  assert.equal(registers.read(0xc0, 4) & 0x80, 0x80);
  chip.receive(plain);
  assert.equal(registers.read(0xc0, 4) & 0x80, 0x80, 'causes can be read meanwhile');
  clock.advance(1_000_000);
  assert.equal(irq.level, false, 'nothing is left to be told');
  chip.receive(plain);
  assert.equal(irq.level, true, 'after a pause at once again');
});

test('RDTR and RADV: an interrupt waits for more frames, but not for ever', () => {
  const bench = build();
  const { chip, clock, irq, registers, out } = bench;
  openReceiver(bench);
  out(0x2820, 10);
  out(0x282c, 25);
  out(0xd0, 0x80);
  const plain = new Uint8Array(60);
  chip.receive(plain);
  clock.advance(10 * 1024 - 1);
  assert.equal(irq.level, false);
  clock.advance(1);
  assert.equal(irq.level, true);
  registers.read(0xc0, 4);
  for (let i = 0; i < 3; i++) {
    chip.receive(plain);
    assert.equal(irq.level, false);
    clock.advance(8 * 1024);
  }
  clock.advance(1024);
  assert.equal(irq.level, true, 'RADV, 25.6 us after the first of them');
});

test('the semaphore of later cards can be taken and given back', () => {
  const { registers, out } = build();
  const swsm = 0x5b50;
  assert.equal(registers.read(swsm, 4), 0);
  out(swsm, 2);
  assert.equal(registers.read(swsm, 4), 2);
  out(swsm, 0);
  assert.equal(registers.read(swsm, 4), 0);
});

test("a driver's self-test: each of ten causes interrupts, and receive addresses keep what they have bits for", () => {
  const { irq, registers, out } = build();
  for (let cause = 1; cause < 1 << 10; cause <<= 1) {
    out(0xd8, 0xffff_ffff);
    out(0xc8, cause);
    assert.equal(irq.level, false);
    out(0xd0, cause);
    assert.equal(irq.level, true, `cause ${cause}`);
    assert.equal(registers.read(0xc0, 4) & cause, cause);
    assert.equal(irq.level, false);
  }
  for (const value of [0x5a5a_5a5a, 0xa5a5_a5a5, 0, 0xffff_ffff]) {
    out(0x5408, value);
    assert.equal(registers.read(0x5408, 4), value);
    out(0x540c, value);
    assert.equal(registers.read(0x540c, 4), (value & 0x8003_ffff) >>> 0);
  }
});

test('the EEPROM adds up', () => {
  const { chip } = build();
  assert.equal(
    chip.words.reduce((sum, word) => (sum + word) & 0xffff, 0),
    0xbaba,
  );
});
