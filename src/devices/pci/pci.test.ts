import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoppelError } from '../../base/errors.ts';
import { ResetControl } from '../platform/system-control.ts';
import { PciBus, PciConfigPorts } from './config-ports.ts';
import { headerType0, ioBar, memoryBar, PciConfigSpace } from './config-space.ts';
import { HostBridge440Fx } from './host-bridge.ts';

function build() {
  const resets: string[] = [];
  const shadow: (readonly number[])[] = [];
  const bus = new PciBus();
  const bridge = new HostBridge440Fx({ shadowChanged: (pam) => shadow.push(pam) });
  bus.attach(0, 0, bridge);
  const resetControl = new ResetControl((kind) => resets.push(kind));
  const ports = new PciConfigPorts(bus, resetControl.regions[0]);
  return { bus, bridge, resets, shadow, port: ports.regions[0]! };
}

test('the host bridge answers, an empty slot does not', () => {
  const p = build();
  p.port.write(0, 4, 0x8000_0000);
  assert.equal(p.port.read(0, 4), 0x8000_0000);
  assert.equal(p.port.read(4, 4), 0x1237_8086);
  assert.equal(p.port.read(6, 2), 0x1237);
  p.port.write(0, 4, 0x8000_0008);
  assert.equal(p.port.read(4, 4), 0x0600_0002);
  p.port.write(0, 4, 0x8000_0800);
  assert.equal(p.port.read(4, 4), 0xffff_ffff);
  p.port.write(0, 4, 0x8001_0000);
  assert.equal(p.port.read(4, 4), 0xffff_ffff);
  p.port.write(0, 4, 0);
  assert.equal(p.port.read(4, 2), 0xffff);
});

test('CONFIG_ADDRESS takes dwords only; a byte at 0xCF9 is the reset control', () => {
  const p = build();
  p.port.write(0, 4, 0x8000_0000);
  p.port.write(0, 1, 0x55);
  p.port.write(1, 1, 0x06);
  assert.equal(p.port.read(0, 4), 0x8000_0000);
  assert.deepEqual(p.resets, ['hard']);
  p.port.write(1, 1, 0x04);
  assert.deepEqual(p.resets, ['hard', 'soft']);
});

test('read-only registers stay, PAM is passed on', () => {
  const p = build();
  p.port.write(0, 4, 0x8000_0000);
  p.port.write(4, 4, 0);
  assert.equal(p.port.read(4, 4), 0x1237_8086);
  p.port.write(0, 4, 0x8000_0058);
  p.port.write(6, 1, 0xff);
  assert.equal(p.port.read(6, 1), 0x33);
  assert.deepEqual(p.shadow.at(-1), [0, 0x33, 0, 0, 0, 0, 0]);
});

test('a BAR shows its size in its writable bits; status bits are cleared by ones', () => {
  const space = new PciConfigSpace('test', [
    ...headerType0({
      vendor: 1,
      device: 2,
      revision: 3,
      classCode: 0x020000,
      status: 0x2210,
      interruptPin: 1,
    }),
    ioBar(0, 32),
    memoryBar(1, 0x10000),
  ]);
  space.writeConfig(0x10, 4, 0xffff_ffff);
  space.writeConfig(0x14, 4, 0xffff_ffff);
  assert.equal(space.readConfig(0x10, 4), 0xffff_ffe1);
  assert.equal(space.readConfig(0x14, 4), 0xffff_0000);
  space.writeConfig(0x06, 2, 0xffff);
  assert.equal(space.readConfig(0x06, 2), 0x0210);
  space.writeConfig(0x3c, 2, 0x0a0b);
  assert.equal(space.readConfig(0x3c, 2), 0x010b);
  assert.equal(space.readConfig(0x80, 4), 0);
});

test('a snapshot of another device is refused', () => {
  const one = new PciConfigSpace('x', headerType0({ vendor: 1, device: 2, revision: 0, classCode: 0 }));
  const two = new PciConfigSpace('x', headerType0({ vendor: 1, device: 3, revision: 0, classCode: 0 }));
  assert.throws(() => one.restore(two.save()), DoppelError);
});

test('a slot takes one function', () => {
  const p = build();
  assert.throws(() => p.bus.attach(0, 0, p.bridge), RangeError);
  assert.throws(() => p.bus.attach(32, 0, p.bridge), RangeError);
});
