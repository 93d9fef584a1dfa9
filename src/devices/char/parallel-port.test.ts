import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProbe } from '../testing.ts';
import { ParallelPort } from './parallel-port.ts';

test('a byte is printed as BIOSes and Linux do: not busy, data, strobe; the acknowledgement interrupts', () => {
  const printed: number[] = [];
  const irq = new LineProbe();
  const port = new ParallelPort({ irq, printer: { write: (byte) => printed.push(byte) } }).regions[0]!;
  port.write(2, 1, 0x0c);
  for (const byte of [0x48, 0x69]) {
    assert.equal(port.read(1, 1) & 0x80, 0x80);
    port.write(0, 1, byte);
    port.write(2, 1, 0x0d);
    port.write(2, 1, 0x0c);
  }
  assert.deepEqual(printed, [0x48, 0x69]);
  assert.equal(irq.edges, 0);
  port.write(2, 1, 0x1d);
  assert.equal(irq.edges, 1);
  assert.equal(printed.length, 3);
});

test('probing: data and control keep what is written; as an input it reads as ones', () => {
  const port = new ParallelPort({ irq: new LineProbe(), printer: { write() {} } }).regions[0]!;
  for (const value of [0xaa, 0x55]) {
    port.write(0, 1, value);
    assert.equal(port.read(0, 1), value);
  }
  port.write(2, 1, 0x2c);
  assert.equal(port.read(2, 1), 0xec);
  assert.equal(port.read(0, 1), 0xff);
});
