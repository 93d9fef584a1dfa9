import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, LineProbe } from '../testing.ts';
import { Pit } from '../timer/pit.ts';
import { DebugConsole, DebugExit, PostPort } from './debug-ports.ts';
import { A20Gate, SystemControlPortA, SystemControlPortB } from './system-control.ts';

test('port 0x92: A20 from either driver, reset on the rise of bit 0', () => {
  const levels: boolean[] = [];
  const a20 = new A20Gate((enabled) => levels.push(enabled));
  let resets = 0;
  const chip = new SystemControlPortA({ a20, reset: () => resets++ });
  const port = chip.regions[0]!;
  port.write(0, 1, 0x02);
  assert.equal(a20.enabled, true);
  port.write(0, 1, 0x03);
  port.write(0, 1, 0x03);
  assert.equal(resets, 1);
  assert.equal(port.read(0, 1), 0x03);
  a20.drive('i8042', true);
  port.write(0, 1, 0x00);
  assert.equal(a20.enabled, true);
  assert.deepEqual(levels, [true]);
});

test('port 0x61: gates counter 2, shows its output and the refresh toggle', () => {
  const clock = new FakeClock();
  const pit = new Pit({ clock, irq: new LineProbe() });
  const port = new SystemControlPortB({ clock, timer: pit }).regions[0]!;
  const timer = pit.regions[0]!;
  port.write(0, 1, 0x01);
  timer.write(3, 1, 0xb0);
  timer.write(2, 1, 0xa9);
  timer.write(2, 1, 0x04); // 1193 ticks, about 1 ms
  assert.equal(port.read(0, 1) & 0x21, 0x01);
  clock.advance(990_000);
  assert.equal(port.read(0, 1) & 0x20, 0);
  clock.advance(20_000);
  assert.equal(port.read(0, 1) & 0x20, 0x20);
  const before = port.read(0, 1) & 0x10;
  clock.advance(15_085);
  assert.equal(port.read(0, 1) & 0x10, before ^ 0x10);
});

test('debug ports', () => {
  const output: number[] = [];
  const console = new DebugConsole({ write: (byte) => output.push(byte) }).regions[0]!;
  console.write(0, 1, 0x48);
  assert.deepEqual(output, [0x48]);
  assert.equal(console.read(0, 1), 0xe9);

  const statuses: number[] = [];
  const exit = new DebugExit((status) => statuses.push(status)).regions[0]!;
  exit.write(0, 4, 0x10);
  exit.write(0, 1, 0);
  // As QEMU's: at any of its ports.
  exit.write(1, 1, 0x21);
  exit.write(0, 4, 0x1_ff21);
  assert.deepEqual(statuses, [33, 1, 67, 67]);

  const post = new PostPort();
  post.regions[0]!.write(0, 1, 0xab);
  assert.equal(post.code, 0xab);
  assert.equal(post.regions[0]!.read(0, 1), 0xab);
});
