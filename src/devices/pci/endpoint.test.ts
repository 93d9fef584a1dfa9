import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { isPlainMemory } from '../../memory/plain-memory.ts';
import { PortSpace } from '../../memory/port-space.ts';
import type { Region } from '../../memory/region.ts';
import { LineProbe } from '../testing.ts';
import { PciEndpoint } from './endpoint.ts';

const registers = (name: string): Region => ({
  name,
  read: (offset) => offset,
  write() {},
});

function build(name = 'card') {
  const ports = new PortSpace();
  const memory = new GuestMemory(1 << 20);
  const pin = new LineProbe();
  const endpoint = new PciEndpoint({
    name,
    header: { vendor: 0x10ec, device: 0x8029, revision: 0, classCode: 0x020000, interruptPin: 1 },
    bars: [
      { space: 'ports', index: 0, size: 32, shows: registers('ports') },
      { space: 'memory', index: 1, size: 0x2000, shows: registers('registers') },
      { space: 'memory', index: 'rom', size: 0x1000, shows: registers('rom') },
    ],
    spaces: {
      ports: (start, size, shows) => ports.overlay(start, size, shows),
      memory: (start, size, shows) => {
        assert.ok(!isPlainMemory(shows));
        return memory.overlay(start, size, shows);
      },
    },
    pin,
  });
  return { endpoint, ports, memory, pin };
}

test('BARs: sized by ones as drivers do, decoded where and while the guest says', () => {
  const { endpoint, ports, memory } = build();
  for (const [bar, ones] of [
    [0x10, 0xffff_ffe1],
    [0x14, 0xffff_e000],
    [0x30, 0xffff_f001],
  ] as const) {
    endpoint.writeConfig(bar, 4, 0xffff_ffff);
    assert.equal(endpoint.readConfig(bar, 4), ones);
  }
  endpoint.writeConfig(0x04, 2, 3);
  assert.deepEqual(
    ([0, 1, 'rom'] as const).map((bar) => endpoint.addressOf(bar)),
    [undefined, undefined, undefined],
  );
  endpoint.writeConfig(0x10, 4, 0xc000);
  endpoint.writeConfig(0x14, 4, 0xe000_0000);
  endpoint.writeConfig(0x30, 4, 0xe001_0000);
  assert.equal(ports.read(0xc004, 1), 4);
  assert.equal(memory.mmioRead(0xe000_1ffc, 4), 0x1ffc);
  assert.equal(memory.mmioRead(0xe001_0010, 4), 0xffff_ffff);
  endpoint.writeConfig(0x30, 4, 0xe001_0001);
  assert.equal(memory.mmioRead(0xe001_0010, 4), 0x10);
  // Moved, then switched off.
  endpoint.writeConfig(0x10, 4, 0xc100);
  assert.equal(ports.read(0xc004, 1), 0xff);
  assert.equal(ports.read(0xc104, 1), 4);
  endpoint.writeConfig(0x04, 2, 0);
  assert.equal(ports.read(0xc104, 1), 0xff);
  assert.equal(memory.mmioRead(0xe000_0000, 4), 0xffff_ffff);
});

test('BARs over RAM, over fixed ports and over each other: what was there first answers', () => {
  const { endpoint, ports, memory } = build();
  const other = build('other');
  ports.map(0xc010, 4, { ...registers('fixed'), read: () => 0x77 });
  endpoint.writeConfig(0x10, 4, 0xc000);
  endpoint.writeConfig(0x14, 4, 0x000f_f000);
  endpoint.writeConfig(0x04, 2, 3);
  assert.equal(ports.read(0xc010, 1), 0x77);
  assert.equal(ports.read(0xc00f, 1), 0x0f);
  assert.equal(ports.read(0xc01f, 1), 0x1f);
  memory.write8(0xff000, 0x12);
  assert.equal(memory.read8(0xff000), 0x12);
  assert.equal(other.ports.read(0xc000, 1), 0xff);

  const first = memory.overlay(0xe000_0000, 0x2000, { ...registers('first'), read: () => 1 });
  const second = memory.overlay(0xe000_1000, 0x2000, { ...registers('second'), read: () => 2 });
  assert.deepEqual(
    [0, 0x2000, 0x1000].map((at) => memory.read8(0xe000_0000 + at)),
    [1, 2, 1],
  );
  first();
  assert.deepEqual(
    [0, 0x1000, 0x2000].map((at) => memory.read8(0xe000_0000 + at)),
    [0xff, 2, 2],
  );
  first();
  second();
  assert.equal(memory.read8(0xe000_2000), 0xff);
});

test('the interrupt: in STATUS always, at the pin unless it is switched off', () => {
  const { endpoint, pin } = build();
  endpoint.interrupt.set(true);
  assert.equal(pin.level, true);
  assert.equal(endpoint.readConfig(0x06, 2) & 8, 8);
  endpoint.writeConfig(0x04, 2, 0x400);
  assert.equal(pin.level, false);
  assert.equal(endpoint.readConfig(0x06, 2) & 8, 8);
  endpoint.writeConfig(0x04, 2, 0);
  assert.equal(pin.level, true);
  endpoint.interrupt.set(false);
  assert.equal(pin.level, false);
  assert.equal(endpoint.readConfig(0x06, 2) & 8, 0);
});

test('memory is reached while the function may be bus master only', () => {
  const { endpoint, memory } = build();
  const dma = endpoint.dma(memory);
  const bytes = new Uint8Array(2);
  dma.write(0x1000, Uint8Array.of(1, 2));
  dma.read(0x1000, bytes);
  assert.deepEqual([...bytes], [0xff, 0xff]);
  assert.equal(memory.read16(0x1000), 0);
  endpoint.writeConfig(0x04, 2, 4);
  dma.write(0x1000, Uint8Array.of(1, 2));
  dma.read(0x1000, bytes);
  assert.deepEqual([...bytes], [1, 2]);
});

test('reset and restore place the BARs', () => {
  const one = build();
  one.endpoint.writeConfig(0x10, 4, 0xc000);
  one.endpoint.writeConfig(0x04, 2, 1);
  const two = build();
  two.endpoint.restore(one.endpoint.save());
  assert.equal(two.ports.read(0xc001, 1), 1);
  one.endpoint.reset();
  assert.equal(one.ports.read(0xc001, 1), 0xff);
});
