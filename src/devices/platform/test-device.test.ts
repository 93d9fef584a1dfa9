// pc-testdev, with what QEMU's answers to the same accesses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessWidth } from '../../base/guest-bus.ts';
import { TEST_LINES, TestDevice } from './test-device.ts';

function device() {
  const levels: string[] = [];
  const lines = Array.from({ length: TEST_LINES }, (_, n) => ({
    set: (level: boolean) => void levels.push(`${n} ${level}`),
  }));
  const [echo, flush, bytes, irqs, memory] = new TestDevice(lines).regions;
  return { echo: echo!, flush: flush!, bytes: bytes!, irqs: irqs!, memory: memory!, levels };
}

test('the echo keeps 32 bits at any width and alignment', () => {
  const { echo, bytes } = device();
  const steps: readonly (readonly [number, AccessWidth, number, number])[] = [
    [0, 4, 0x12345678, 0x12345678],
    [0, 2, 0xabcd, 0x1234abcd],
    [0, 1, 0x11, 0x1234ab11],
    [1, 1, 0x22, 0x12342211],
    [2, 2, 0x3344, 0x33442211],
    [3, 1, 0x55, 0x55442211],
    [1, 4, 0x66778899, 0x77889911],
  ];
  for (const [offset, width, value, result] of steps) {
    echo.write(offset, width, value);
    assert.equal(echo.read(0, 4), result);
    assert.equal(bytes.read(0, 4), result);
  }
  assert.equal(echo.read(1, 4), 0x77_8899);
  bytes.write(1, 1, 0x99);
  bytes.write(2, 2, 0x1357);
  assert.equal(echo.read(0, 4), 0x1357_9911);
});

test('a page is flushed, which nobody sees', () => {
  const { flush, echo } = device();
  flush.write(0, 4, 0x1000);
  assert.equal(flush.read(0, 4), 0);
  assert.equal(flush.read(1, 2), 0);
  assert.equal(echo.read(0, 4), 0);
});

test('a port for each line, high for anything but 0', () => {
  const { irqs, levels } = device();
  irqs.write(5, 1, 1);
  irqs.write(5, 1, 0);
  irqs.write(23, 1, 0x80);
  irqs.write(14, 2, 0x0100);
  assert.deepEqual(levels, ['5 true', '5 false', '23 true', '14 false', '15 true']);
  assert.equal(irqs.read(5, 1), 0);
});

test('memory of 64 KiB', () => {
  const { memory } = device();
  memory.write(0, 4, 0x11223344);
  memory.write(7, 1, 0x99);
  memory.write(0x1fff, 2, 0x5c6d);
  assert.equal(memory.read(0, 2), 0x3344);
  assert.equal(memory.read(4, 4), 0x9900_0000);
  assert.equal(memory.read(0x1fff, 2), 0x5c6d);
  assert.equal(memory.read(0xffff, 1), 0);
});
