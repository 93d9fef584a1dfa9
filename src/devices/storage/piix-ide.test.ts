import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageDisk } from '../../backend/block/memory-disk.ts';
import type { Region } from '../../memory/region.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { AtaDisk } from './ata-disk.ts';
import { PiixIde } from './piix-ide.ts';
import { sectorPattern, TestMemory } from './testing.ts';

function build() {
  const clock = new FakeClock();
  const disk = new AtaDisk({ medium: imageDisk(sectorPattern(64)), clock });
  const memory = new TestMemory(0x10000);
  const irqs = [new LineProbe(), new LineProbe()] as const;
  const placed = new Map<number, Region>();
  const ide = new PiixIde({
    spaces: {
      ports(start, _, shows) {
        placed.set(start, shows);
        return () => placed.delete(start);
      },
      memory: () => () => {},
    },
    memory,
    irqs,
    devices: [
      [undefined, undefined],
      [disk.interface, undefined],
    ],
  });
  return { clock, memory, irqs, placed, ide, command: ide.channels[1].regions[0]! };
}

test('the function is that of a PIIX3, with a bus master at BAR 4', () => {
  const { ide, placed } = build();
  assert.equal(ide.pci.readConfig(0, 4), 0x7010_8086);
  assert.equal(ide.pci.readConfig(8, 4), 0x0101_8000);
  ide.pci.writeConfig(0x20, 4, 0xffff_ffff);
  assert.equal(ide.pci.readConfig(0x20, 4), 0xffff_fff1);
  ide.pci.writeConfig(0x20, 4, 0xc040);
  ide.pci.writeConfig(4, 2, 5);
  assert.deepEqual([...placed.keys()], [0xc040]);
  placed.get(0xc040)!.write(12, 4, 0x1234_5677);
  assert.equal(placed.get(0xc040)!.read(12, 4), 0x1234_5674);
  assert.equal(placed.get(0xc040)!.read(6, 2), 0);
});

test('a channel answers once firmware has switched it on', () => {
  const { ide, command } = build();
  assert.equal(command.read(7, 1), 0x7f);
  ide.pci.writeConfig(4, 2, 1);
  assert.equal(command.read(7, 1), 0x50);
  for (const [value, status] of [
    [0, 0x7f],
    [0x8000, 0x50],
  ] as const) {
    for (const timing of [0x40, 0x42]) ide.pci.writeConfig(timing, 2, value);
    assert.equal(command.read(7, 1), status);
  }
  ide.pci.reset();
  assert.equal(command.read(7, 1), 0x7f);
  ide.enableChannels();
  assert.equal(command.read(7, 1), 0x50);
});

test('without the right to be bus master nothing reaches memory', () => {
  const { ide, clock, command, memory, irqs } = build();
  ide.enableChannels();
  const read = (): void => {
    new DataView(memory.bytes.buffer).setUint32(0x1000, 0x2000, true);
    new DataView(memory.bytes.buffer).setUint32(0x1004, 0x8000_0200, true);
    const master = ide.busMaster.regions[0]!;
    master.write(8, 1, 0);
    master.write(10, 1, 6);
    master.write(12, 4, 0x1000);
    command.write(2, 4, 0x0000_0301);
    command.write(6, 1, 0xe0);
    command.write(7, 1, 0xc8);
    master.write(8, 1, 9);
    clock.advance(1e6);
  };
  read();
  assert.equal(memory.bytes[0x2001], 0);
  assert.equal(command.read(7, 1), 0x50);
  assert.equal(irqs[0].edges, 0);
  ide.pci.writeConfig(4, 2, 5);
  read();
  assert.deepEqual(memory.bytes.subarray(0x2000, 0x2200), sectorPattern(64).subarray(3 * 512, 4 * 512));
  assert.equal(irqs[1].level, true);
  assert.equal(ide.busMaster.regions[0]!.read(10, 1) & 7, 4);
});
