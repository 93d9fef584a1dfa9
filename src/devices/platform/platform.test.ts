import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, LineProbe } from '../testing.ts';
import { Pit } from '../timer/pit.ts';
import { DebugConsole, DebugExit, PostPort } from './debug-ports.ts';
import { I8042 } from './i8042.ts';
import { A20Gate, SystemControlPortA, SystemControlPortB } from './system-control.ts';

function buildI8042() {
  const keyboardIrq = new LineProbe();
  const mouseIrq = new LineProbe();
  const levels: boolean[] = [];
  const a20 = new A20Gate((enabled) => levels.push(enabled));
  let resets = 0;
  const chip = new I8042({ keyboardIrq, mouseIrq, a20, reset: () => resets++ });
  const [data, command] = chip.regions;
  return {
    chip,
    keyboardIrq,
    mouseIrq,
    a20,
    levels,
    resets: () => resets,
    data: (value?: number) => (value === undefined ? data!.read(0, 1) : data!.write(0, 1, value)),
    command: (value: number) => command!.write(0, 1, value),
    status: () => command!.read(0, 1),
  };
}

test('i8042: self-test, interface tests and the configuration byte', () => {
  const k = buildI8042();
  assert.equal(k.status(), 0x14);
  k.command(0xaa);
  assert.equal(k.status() & 0x09, 0x09);
  assert.equal(k.data(), 0x55);
  k.command(0xab);
  assert.equal(k.data(), 0x00);
  k.command(0x60);
  k.data(0x65);
  k.command(0x20);
  assert.equal(k.data(), 0x65);
  assert.equal(k.status() & 1, 0);
});

test('i8042: the mouse loop gives the byte back as the mouse', () => {
  const k = buildI8042();
  k.command(0xd3);
  k.data(0x5a);
  assert.equal(k.status() & 0x21, 0x21);
  assert.equal(k.mouseIrq.level, true);
  assert.equal(k.keyboardIrq.level, false);
  assert.equal(k.data(), 0x5a);
  assert.equal(k.mouseIrq.level, false);
});

test('i8042: nobody at the keyboard port answers with a timeout at once', () => {
  const k = buildI8042();
  k.data(0xf2);
  assert.equal(k.status() & 0x61, 0x41);
  assert.equal(k.keyboardIrq.level, true);
  assert.equal(k.data(), 0xfe);
  k.command(0xd4);
  k.data(0xf2);
  assert.equal(k.status() & 0x61, 0x61);
});

test('i8042: an attached keyboard gets the bytes and sends its own, each with an edge', () => {
  const k = buildI8042();
  const got: number[] = [];
  k.chip.attachKeyboard({ write: (byte) => got.push(byte) });
  k.data(0xed);
  assert.deepEqual(got, [0xed]);
  assert.equal(k.chip.sendFromKeyboard(0xfa), true);
  assert.equal(k.chip.sendFromKeyboard(0x1c), true);
  assert.equal(k.keyboardIrq.edges, 1);
  assert.equal(k.data(), 0xfa);
  assert.equal(k.keyboardIrq.edges, 2);
  k.command(0xad);
  assert.equal(k.chip.sendFromKeyboard(0x1d), false);
});

test('i8042: reset pulse, output port and A20', () => {
  const k = buildI8042();
  assert.equal(k.a20.enabled, true);
  k.command(0xfe);
  assert.equal(k.resets(), 1);
  k.command(0xff);
  assert.equal(k.resets(), 1);
  k.command(0xd1);
  k.data(0xdd);
  assert.equal(k.a20.enabled, false);
  k.command(0xd0);
  assert.equal((k.data() as number) & 3, 1);
  k.command(0xdf);
  assert.deepEqual(k.levels, [true, false, true]);
});

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
  assert.deepEqual(statuses, [33, 1]);

  const post = new PostPort();
  post.regions[0]!.write(0, 1, 0xab);
  assert.equal(post.code, 0xab);
  assert.equal(post.regions[0]!.read(0, 1), 0xab);
});
