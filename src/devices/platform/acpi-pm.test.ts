import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, LineProbe } from '../testing.ts';
import { AcpiPm } from './acpi-pm.ts';

function build(timerBits: 24 | 32 = 32) {
  const clock = new FakeClock();
  const sci = new LineProbe();
  const events: string[] = [];
  const pm = new AcpiPm({
    clock,
    sci,
    powerOff: () => events.push('off'),
    suspend: () => events.push('suspend'),
    timerBits,
  });
  const [event, control, timer] = pm.regions;
  return { clock, sci, events, pm, event: event!, control: control!, timer: timer! };
}

test('the timer runs at 3,579,545 Hz and wraps at its width', () => {
  const p = build(24);
  p.clock.advance(1_000_000_000);
  assert.equal(p.timer.read(0, 4), 3_579_545);
  p.clock.advance(9_000_000_000);
  assert.equal(p.timer.read(0, 4), 35_795_450 % 2 ** 24);
  const wide = build();
  wide.clock.advance(10_000_000_000);
  assert.equal(wide.timer.read(0, 4), 35_795_450);
  assert.equal(wide.timer.read(1, 1), (35_795_450 >> 8) & 0xff);
});

test('TMR_STS follows the highest bit, and SCI where enabled', () => {
  const p = build(24);
  p.event.write(2, 2, 0x0001);
  p.clock.advance(2_400_000_000); // 2^23 ticks take 2.34 s
  assert.equal(p.sci.level, true);
  assert.equal(p.event.read(0, 2), 1);
  p.event.write(0, 2, 1);
  assert.equal(p.sci.level, false);
  p.clock.advance(2_400_000_000);
  assert.equal(p.sci.edges, 2);
});

test('the power button raises SCI once it is enabled, by bytes too', () => {
  const p = build();
  p.pm.pressPowerButton();
  assert.equal(p.sci.level, false);
  p.event.write(3, 1, 0x01);
  assert.equal(p.event.read(2, 2), 0x0100);
  assert.equal(p.sci.level, true);
  p.event.write(1, 1, 0x01);
  assert.equal(p.sci.level, false);
  assert.equal(p.event.read(0, 4), 0x0100_0000);
});

test('the real-time clock sets RTC_STS each time that it asserts its interrupt', () => {
  const p = build();
  p.event.write(2, 2, 0x0400);
  p.pm.rtcInterrupt.set(true);
  assert.equal(p.sci.level, true);
  p.event.write(0, 2, 0x0400);
  p.pm.rtcInterrupt.set(true);
  assert.equal(p.sci.level, false, 'still asserted: nothing new');
  p.pm.rtcInterrupt.set(false);
  p.pm.rtcInterrupt.set(true);
  assert.equal(p.event.read(0, 2), 0x0400);
  assert.equal(p.sci.level, true);
});

test('S5 turns the machine off, other sleep types do not', () => {
  const p = build();
  assert.equal(p.control.read(0, 2), 0x0001);
  p.control.write(0, 2, (3 << 10) | 0x2001);
  assert.deepEqual(p.events, []);
  p.control.write(0, 2, (5 << 10) | 1);
  assert.deepEqual(p.events, []);
  assert.equal(p.control.read(0, 2), 0x1401);
  p.control.write(1, 1, 0x20);
  assert.deepEqual(p.events, ['off']);
});

const SLP_EN = 1 << 13;
const sleepAs = (type: number) => SLP_EN | (type << 10);

test('S4 turns the machine off; a type that no table offers does nothing', () => {
  const p = build();
  p.control.write(0, 2, sleepAs(2));
  assert.deepEqual(p.events, ['off']);
  p.control.write(0, 2, sleepAs(3));
  p.control.write(0, 2, 1 << 10);
  assert.deepEqual(p.events, ['off']);
  assert.equal(p.pm.sleeping, false);
});

test('S3 lasts until an enabled event, or the power button, which sets WAK_STS', () => {
  const p = build();
  p.event.write(2, 2, 0x0400); // RTC_EN
  p.control.write(0, 2, sleepAs(1));
  assert.deepEqual(p.events, ['suspend']);
  assert.equal(p.pm.sleeping, true);
  p.pm.rtcInterrupt.set(true);
  assert.equal(p.pm.sleeping, false);
  assert.equal(p.event.read(0, 2), 0x8400);
  // What is pending already keeps it from sleeping.
  p.control.write(0, 2, sleepAs(1));
  assert.equal(p.pm.sleeping, false);
  p.event.write(0, 2, 0xffff);
  p.event.write(2, 2, 0);
  p.control.write(0, 2, sleepAs(1));
  p.pm.rtcInterrupt.set(false);
  p.pm.rtcInterrupt.set(true);
  assert.equal(p.pm.sleeping, true, 'the alarm is not enabled');
  const record = p.pm.save();
  p.pm.pressPowerButton();
  assert.equal(p.pm.sleeping, false);
  assert.equal(p.event.read(0, 2), 0x8500);
  p.pm.restore(record);
  assert.equal(p.pm.sleeping, true);
  p.pm.reset();
  assert.equal(p.pm.sleeping, false);
});
