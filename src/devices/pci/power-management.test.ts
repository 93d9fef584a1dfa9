import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortSpace } from '../../memory/port-space.ts';
import { AcpiPm } from '../platform/acpi-pm.ts';
import { Smbus } from '../platform/smbus.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { Piix4PowerManagement } from './power-management.ts';

function build() {
  const clock = new FakeClock();
  const ports = new PortSpace();
  const sci = new LineProbe();
  const irq = new LineProbe();
  let off = 0;
  const pm = new AcpiPm({ clock, sci, powerOff: () => off++ });
  const smbus = new Smbus(irq);
  const chip = new Piix4PowerManagement({
    pm1: pm.regions,
    smbus: smbus.regions[0]!,
    spaces: {
      ports: (start, size, shows) => ports.overlay(start, size, shows),
      memory: () => () => {},
    },
  });
  return { clock, ports, sci, irq, chip, pm, off: () => off };
}

test('the PM block is where PMBASE says while PMREGMISC allows it', () => {
  const { chip, ports, pm, sci, clock, off } = build();
  assert.equal(chip.readConfig(0, 4), 0x7113_8086);
  assert.equal(chip.readConfig(0x40, 4), 1);
  // As SeaBIOS and coreboot do.
  chip.writeConfig(0x40, 4, 0x601);
  assert.equal(ports.read(0x600, 2), 0xffff);
  chip.writeConfig(0x80, 1, 1);
  assert.equal(ports.read(0x600, 2), 0);
  ports.write(0x602, 2, 0x100);
  pm.pressPowerButton();
  assert.equal(sci.level, true);
  assert.equal(ports.read(0x600, 4), 0x0100_0100);
  assert.equal(ports.read(0x604, 4), 1);
  clock.advance(1_000_000_000);
  assert.ok(Math.abs(ports.read(0x608, 4) - 3_579_545) < 2);
  ports.write(0x62c, 4, 0x1234_5678);
  assert.equal(ports.read(0x62e, 2), 0x1234);
  ports.write(0x60c, 2, 0xffff);
  assert.equal(ports.read(0x60c, 2), 0);
  chip.writeConfig(0x40, 4, 0xb001);
  assert.equal(ports.read(0x600, 2), 0xffff);
  ports.write(0xb004, 2, 0x2000);
  assert.equal(off(), 1);
  chip.reset();
  assert.equal(ports.read(0xb004, 2), 0xffff);
});

test('the SMBus has nobody on it', () => {
  const { chip, ports, irq } = build();
  chip.writeConfig(0x90, 4, 0x701);
  chip.writeConfig(0xd2, 1, 9);
  // A quick write to address 50h, as i2cdetect does.
  ports.write(0x704, 1, 0xa0);
  ports.write(0x702, 1, 0x41);
  assert.equal(irq.level, true);
  assert.equal(ports.read(0x700, 1), 0x04);
  ports.write(0x700, 1, 0xff);
  assert.equal(ports.read(0x700, 1), 0);
  assert.equal(irq.level, false);
  for (const byte of [1, 2, 3]) ports.write(0x707, 1, byte);
  ports.read(0x702, 1);
  assert.deepEqual([ports.read(0x707, 1), ports.read(0x707, 1)], [1, 2]);
});
