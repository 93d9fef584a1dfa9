import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProbe } from '../testing.ts';
import { I8259Pair } from './i8259.ts';

function build(icw4 = 0x01) {
  const output = new LineProbe();
  const pic = new I8259Pair(output);
  const [master, slave, elcr] = pic.regions;
  const m = (offset: number, value: number) => master!.write(offset, 1, value);
  const s = (offset: number, value: number) => slave!.write(offset, 1, value);
  const initialise = () => {
    m(0, 0x11);
    m(1, 0x30);
    m(1, 0x04);
    m(1, icw4);
    s(0, 0x11);
    s(1, 0x38);
    s(1, 0x02);
    s(1, icw4);
  };
  initialise();
  const lines = Array.from({ length: 16 }, (_, irq) => pic.line(irq));
  const pulse = (irq: number) => {
    lines[irq]!.set(false);
    lines[irq]!.set(true);
  };
  return { output, pic, master: master!, slave: slave!, elcr: elcr!, m, s, lines, pulse, initialise };
}

test('an edge is acknowledged once, with the programmed vector', () => {
  const p = build();
  p.pulse(0);
  assert.equal(p.output.level, true);
  assert.equal(p.pic.acknowledge(), 0x30);
  assert.equal(p.output.level, false);
  p.m(0, 0x20);
  assert.equal(p.output.level, false);
  p.pulse(0);
  assert.equal(p.output.level, true);
});

test('the mask hides a request and keeps it', () => {
  const p = build();
  p.m(1, 0x10);
  assert.equal(p.master.read(1, 1), 0x10);
  p.pulse(4);
  assert.equal(p.output.level, false);
  assert.equal(p.master.read(0, 1), 0x10);
  p.m(1, 0);
  assert.equal(p.pic.acknowledge(), 0x34);
});

test('fully nested: a lower request waits for EOI, a higher one interrupts', () => {
  const p = build();
  p.pulse(4);
  assert.equal(p.pic.acknowledge(), 0x34);
  p.pulse(5);
  assert.equal(p.output.level, false);
  p.pulse(1);
  assert.equal(p.pic.acknowledge(), 0x31);
  p.m(0, 0x0b);
  assert.equal(p.master.read(0, 1), 0x12);
  p.m(0, 0x20); // non-specific: the highest in service, IR1
  assert.equal(p.master.read(0, 1), 0x10);
  p.m(0, 0x64); // specific, IR4
  assert.equal(p.pic.acknowledge(), 0x35);
});

test('the slave comes through IR2', () => {
  const p = build();
  p.pulse(8);
  assert.equal(p.pic.acknowledge(), 0x38);
  p.pulse(14);
  assert.equal(p.output.level, false);
  p.s(0, 0x20);
  assert.equal(p.output.level, false); // IR2 of the master is still in service
  p.m(0, 0x20);
  assert.equal(p.pic.acknowledge(), 0x3e);
});

test('special fully nested mode lets the slave interrupt its own routine', () => {
  const p = build(0x11);
  p.pulse(14);
  assert.equal(p.pic.acknowledge(), 0x3e);
  p.pulse(8);
  assert.equal(p.output.level, true);
  assert.equal(p.pic.acknowledge(), 0x38);
});

test('a line that falls before INTA gives the spurious vector, without ISR', () => {
  const p = build();
  p.pulse(3);
  p.lines[3]!.set(false);
  assert.equal(p.output.level, false);
  assert.equal(p.pic.acknowledge(), 0x37);
  p.m(0, 0x0b);
  assert.equal(p.master.read(0, 1), 0);
});

test('level lines request again after EOI while they are high', () => {
  const p = build();
  p.elcr.write(0, 2, 0xffff);
  assert.equal(p.elcr.read(0, 2), 0xdef8);
  p.lines[11]!.set(true);
  assert.equal(p.pic.acknowledge(), 0x3b);
  p.s(0, 0x20);
  p.m(0, 0x20);
  assert.equal(p.output.level, true);
  p.lines[11]!.set(false);
  assert.equal(p.output.level, false);
});

test('automatic EOI leaves nothing in service, and rotates when told', () => {
  const p = build(0x03);
  p.m(0, 0x80);
  p.pulse(0);
  p.pulse(1);
  assert.equal(p.pic.acknowledge(), 0x30);
  p.pulse(0);
  assert.equal(p.pic.acknowledge(), 0x31);
  assert.equal(p.pic.acknowledge(), 0x30);
  p.pulse(9);
  p.pulse(12);
  assert.equal(p.pic.acknowledge(), 0x39);
  assert.equal(p.pic.acknowledge(), 0x3c);
});

test('rotation and set priority', () => {
  const p = build();
  p.m(0, 0xc3); // IR3 lowest, IR4 highest
  p.pulse(0);
  p.pulse(5);
  assert.equal(p.pic.acknowledge(), 0x35);
  p.m(0, 0xa0); // rotate on non-specific EOI: IR5 lowest
  p.pulse(5);
  assert.equal(p.pic.acknowledge(), 0x30);
  p.m(0, 0x20);
  assert.equal(p.pic.acknowledge(), 0x35);
});

test('special mask mode: what is masked in service blocks nobody', () => {
  const p = build();
  p.pulse(2 + 1);
  assert.equal(p.pic.acknowledge(), 0x33);
  p.pulse(6);
  assert.equal(p.output.level, false);
  p.m(1, 0x08);
  p.m(0, 0x68);
  assert.equal(p.pic.acknowledge(), 0x36);
});

test('poll: a read is INTA', () => {
  const p = build();
  p.m(0, 0x0c);
  assert.equal(p.master.read(0, 1) & 0x80, 0);
  p.pulse(6);
  p.m(0, 0x0c);
  assert.equal(p.master.read(0, 1), 0x86);
  assert.equal(p.output.level, false);
  p.m(0, 0x0b);
  assert.equal(p.master.read(0, 1), 0x40);
});

test('ICW1 forgets edges and unmasks', () => {
  const p = build();
  p.m(1, 0xff);
  p.pulse(1);
  p.initialise();
  assert.equal(p.master.read(1, 1), 0);
  assert.equal(p.master.read(0, 1), 0);
  assert.equal(p.output.level, false);
});
