import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A20Gate } from '../platform/system-control.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { I8042 } from './i8042.ts';
import { Ps2Keyboard } from './keyboard.ts';
import { Ps2Mouse } from './mouse.ts';

const MILLISECOND = 1_000_000;

function build(plugged = true) {
  const clock = new FakeClock();
  const keyboardIrq = new LineProbe();
  const mouseIrq = new LineProbe();
  const levels: boolean[] = [];
  const a20 = new A20Gate((enabled) => levels.push(enabled));
  let resets = 0;
  const keyboard = new Ps2Keyboard({ clock });
  const mouse = new Ps2Mouse({ clock });
  const devices = plugged ? { keyboard, mouse } : {};
  const chip = new I8042({ clock, keyboardIrq, mouseIrq, ...devices, a20, reset: () => resets++ });
  const [data, command] = chip.regions;
  const read = () => {
    clock.advance(MILLISECOND);
    return data!.read(0, 1);
  };
  return {
    chip,
    clock,
    keyboard,
    mouse,
    keyboardIrq,
    mouseIrq,
    a20,
    levels,
    resets: () => resets,
    read,
    write: (value: number) => data!.write(0, 1, value),
    command: (value: number) => command!.write(0, 1, value),
    status: () => command!.read(0, 1),
    /** Reads as long as the status says that there is something. */
    drain: () => {
      const bytes: number[] = [];
      clock.advance(MILLISECOND);
      while ((command!.read(0, 1) & 1) !== 0 && bytes.length < 100) {
        bytes.push(data!.read(0, 1));
        clock.advance(MILLISECOND);
      }
      return bytes;
    },
  };
}

test('self-test, interface tests and the configuration byte', () => {
  const k = build();
  assert.equal(k.status(), 0x14);
  k.command(0xaa);
  assert.equal(k.status() & 0x09, 0x09);
  assert.equal(k.read(), 0x55);
  k.command(0xab);
  assert.equal(k.read(), 0x00);
  k.command(0x60);
  k.write(0x65);
  k.command(0x20);
  assert.equal(k.read(), 0x65);
  assert.equal(k.status() & 1, 0);
});

test('the mouse loop gives the byte back as the mouse', () => {
  const k = build();
  k.command(0xd3);
  k.write(0x5a);
  assert.equal(k.status() & 0x21, 0x21);
  assert.equal(k.mouseIrq.level, true);
  assert.equal(k.keyboardIrq.level, false);
  assert.equal(k.read(), 0x5a);
  assert.equal(k.mouseIrq.level, false);
});

test('nobody at a port answers with a timeout at once', () => {
  const k = build(false);
  k.write(0xf2);
  assert.equal(k.status() & 0x61, 0x41);
  assert.equal(k.keyboardIrq.level, true);
  assert.equal(k.read(), 0xfe);
  k.command(0xd4);
  k.write(0xf2);
  assert.equal(k.status() & 0x61, 0x61);
});

test('a key is an interrupt for each byte, translated to set 1', () => {
  const k = build();
  k.keyboard.key('KeyA', true);
  assert.equal(k.keyboardIrq.edges, 1);
  k.keyboard.key('KeyA', false);
  k.keyboard.key('ArrowUp', true);
  k.keyboard.key('ArrowUp', false);
  assert.deepEqual(k.drain(), [0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8]);
  assert.equal(k.keyboardIrq.edges, 6);
});

test('the data port shows the byte again until the next one has come over the cable', () => {
  const k = build();
  k.keyboard.key('KeyA', true);
  k.keyboard.key('KeyA', false);
  const [data] = k.chip.regions;
  assert.equal(data!.read(0, 1), 0x1e);
  assert.equal(data!.read(0, 1), 0x1e);
  assert.equal(k.status() & 1, 0);
  k.clock.advance(MILLISECOND);
  assert.equal(k.status() & 1, 1);
  assert.equal(data!.read(0, 1), 0x9e);
});

test('without translation the guest sees set 2', () => {
  const k = build();
  k.command(0x60);
  k.write(0x05);
  k.keyboard.key('KeyA', true);
  k.keyboard.key('KeyA', false);
  assert.deepEqual(k.drain(), [0x1c, 0xf0, 0x1c]);
});

test('a port that is switched off leaves the bytes in the device', () => {
  const k = build();
  k.command(0xad);
  k.keyboard.key('KeyA', true);
  assert.deepEqual(k.drain(), []);
  k.command(0xae);
  assert.deepEqual(k.drain(), [0x1e]);
});

test('a driver identifies keyboard and mouse; the mouse is told apart by the status', () => {
  const k = build();
  k.write(0xf2);
  assert.deepEqual(k.drain(), [0xfa, 0xab, 0x41]);
  k.command(0xd4);
  k.write(0xff);
  assert.equal(k.status() & 0x21, 0x21);
  assert.deepEqual(k.drain(), [0xfa, 0xaa, 0x00]);
  k.command(0xd4);
  k.write(0xf4);
  k.mouse.move(5, -3, 0, 1);
  assert.deepEqual(k.drain(), [0xfa, 0x09, 0x05, 0x03]);
});

test('the keyboard comes before the mouse, and neither is lost', () => {
  const k = build();
  k.command(0xd4);
  k.write(0xf4);
  assert.deepEqual(k.drain(), [0xfa]);
  k.mouse.move(1, 0, 0, 0);
  k.keyboard.key('KeyB', true);
  assert.deepEqual(k.drain(), [0x08, 0x30, 0x01, 0x00]);
});

test('reset pulse, output port and A20', () => {
  const k = build();
  assert.equal(k.a20.enabled, true);
  k.command(0xfe);
  assert.equal(k.resets(), 1);
  k.command(0xff);
  assert.equal(k.resets(), 1);
  k.command(0xd1);
  k.write(0xdd);
  assert.equal(k.a20.enabled, false);
  k.command(0xd0);
  assert.equal(k.read() & 3, 1);
  k.command(0xdf);
  assert.deepEqual(k.levels, [true, false, true]);
});
