// The AHCI adapter, driven as drivers do (Serial ATA AHCI 1.3.1, section 10: software guidelines).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { emptyMemoryDisk, imageDisk } from '../../backend/block/memory-disk.ts';
import { contents } from '../../backend/block/testing.ts';
import { FakeClock, randomNumbers } from '../testing.ts';
import { AhciDriver, CI, DATA, FRE, lba48, PORT, queued, SACT, SCTL, SERR, ST } from './ahci-testing.ts';
import { AtaDisk } from './ata-disk.ts';
import { AtapiCdrom } from './atapi-cdrom.ts';
import { commandFis } from './sata-fis.ts';
import { sectorPattern } from './testing.ts';

const SECTORS = 6000;
const SEEDS = Number(process.env.DOPPEL_FUZZ_SEEDS ?? 12);

function build(medium: BlockDevice = imageDisk(sectorPattern(SECTORS)), staggered = false) {
  const clock = new FakeClock(1000);
  const disk = new AtaDisk({ medium, clock, serialAta: true });
  const disc = imageDisk(sectorPattern(100, 2048), { readOnly: true });
  const cdrom = new AtapiCdrom({ medium: disc, clock, serialAta: true });
  const ahci = new AhciDriver(clock, [disk.interface, undefined, cdrom.interface], staggered);
  return { clock, disk, cdrom, ahci, medium };
}

const sectorsOf = (first: number, count: number): Uint8Array =>
  sectorPattern(first + count).subarray(first * 512);

test('the adapter says what it is, and which ports have devices', () => {
  const { ahci } = build();
  assert.equal(ahci.generic(0x00), 0xc124_9f05);
  assert.equal(ahci.generic(0x04), 0x8000_0000);
  assert.equal(ahci.generic(0x0c), 0x3f);
  assert.equal(ahci.generic(0x10), 0x0001_0301);
  const seen = [0, 1, 2].map((port) => {
    ahci.port = port;
    return [ahci.read(PORT.SSTS), ahci.read(PORT.SIG), ahci.read(PORT.TFD)];
  });
  assert.deepEqual(seen, [
    [0x123, 0x0000_0101, 0x0150],
    [0, 0xffff_ffff, 0x7f],
    [0x123, 0xeb14_0101, 0x0100],
  ]);
});

test('the signature FIS waits until FISes are received', () => {
  const { ahci } = build();
  assert.equal(ahci.read(PORT.IS) & 0x0040_0040, 0x0040_0040);
  ahci.write(PORT.FB, 0x1800);
  assert.equal(ahci.fis(0x40)[0], 0);
  ahci.write(PORT.CMD, FRE);
  assert.deepEqual(ahci.fis(0x40), [0x34, 0, 0x50, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  ahci.write(SERR, 0xffff_ffff);
  assert.equal(ahci.read(PORT.IS), 0);
});

test('IDENTIFY DEVICE by PIO: a PIO setup FIS, no register FIS', () => {
  const { ahci } = build();
  ahci.start();
  const words = new DataView(ahci.fetch(0xec, {}, 512).buffer);
  assert.equal(words.getUint16(2 * 76, true), 0x0106, 'speeds, native command queuing');
  assert.equal(words.getUint16(2 * 75, true), 31);
  assert.equal(words.getUint16(2 * 84, true) & 0x20, 0x20, 'logs');
  assert.equal(words.getUint16(2 * 93, true), 0, 'no cable');
  assert.equal(words.getUint32(2 * 100, true), SECTORS);
  assert.equal(ahci.moved(0), 512);
  const setup = ahci.fis(0x20);
  assert.deepEqual([setup[0], setup[1], setup[2], setup[15], setup[17]], [0x5f, 0x60, 0x58, 0x50, 2]);
  assert.equal(ahci.read(PORT.IS), 2);
});

test('reads and writes by DMA, through pieces of any length', () => {
  const { ahci, medium } = build();
  ahci.start();
  assert.deepEqual(ahci.fetch(0x25, lba48(7, 300), 300 * 512), sectorsOf(7, 300));
  const register = ahci.fis(0x40);
  assert.deepEqual([register[0], register[1], register[2]], [0x34, 0x40, 0x50]);
  assert.equal(ahci.read(PORT.IS), 1);
  const pieces = [
    [DATA + 0x8000, 2],
    [DATA, 1000],
    [DATA + 0x9000, 22],
  ] as const;
  assert.equal(ahci.run({ command: 0xc8, registers: { low: 3, count: 2, device: 0x40 }, pieces }), 0x50);
  const parts = pieces.flatMap(([address, length]) => [...ahci.bytes(address, length)]);
  assert.deepEqual(parts, [...sectorsOf(3, 2)]);
  ahci.memory.bytes.set(sectorsOf(50, 4), DATA);
  const registers = lba48(SECTORS - 4, 4);
  assert.equal(ahci.run({ command: 0x35, registers, pieces: [[DATA, 2048]], write: true }), 0x50);
  assert.equal(ahci.moved(0), 2048);
  assert.deepEqual(contents(medium, (SECTORS - 4) * 512, 2048), sectorsOf(50, 4));
  assert.equal(ahci.run({ command: 0xea }), 0x50);
  // By PIO, two blocks, and a descriptor that tells when it is used up.
  ahci.write(PORT.IS, 0xffff_ffff);
  ahci.prepare(1, commandFis(0x24, lba48(9, 2)), { pieces: [[DATA, 1024]] });
  ahci.view.setUint32(0x4000 + 0x400 + 0x8c, 0x8000_03ff, true);
  ahci.write(CI, 2);
  ahci.wait();
  assert.deepEqual(ahci.bytes(DATA, 1024), sectorsOf(9, 2));
  assert.equal(ahci.read(PORT.IS), 0x22);
  ahci.memory.bytes.set(sectorsOf(60, 3), DATA);
  const pio = { command: 0x34, registers: lba48(20, 3), pieces: [[DATA, 1536]], write: true } as const;
  assert.equal(ahci.run(pio), 0x50);
  assert.deepEqual(contents(medium, 20 * 512, 1536), sectorsOf(60, 3));
});

test('a long command lets the processor go on now and then', () => {
  const { ahci } = build(emptyMemoryDisk(70_000));
  ahci.start();
  const pieces = Array.from({ length: 56 }, () => [DATA, 600_000] as const);
  for (const command of [0x25, 0x35]) {
    ahci.issue(0, { command, registers: lba48(0, 65_535), pieces, write: command === 0x35 });
    let pauses = 0;
    while (ahci.read(CI) !== 0) {
      pauses++;
      ahci.clock.advance(5_000);
    }
    assert.ok(pauses >= 15 && pauses <= 17, `${pauses} pauses`);
    assert.equal(ahci.moved(0), 65_535 * 512);
  }
});

test('slots go round; one command at a time', () => {
  const { ahci } = build();
  ahci.start();
  for (const slot of [4, 1, 31]) {
    const pieces = [[DATA + slot * 512, 512]] as const;
    ahci.prepare(slot, commandFis(0x25, lba48(slot, 1)), { pieces });
  }
  ahci.write(CI, 0x8000_0012);
  assert.equal((ahci.read(PORT.CMD) >> 8) & 31, 1);
  assert.equal(ahci.read(PORT.TFD) & 0x80, 0x80);
  ahci.wait();
  for (const slot of [4, 1, 31]) assert.deepEqual(ahci.bytes(DATA + slot * 512, 512), sectorsOf(slot, 1));
});

test('queued commands: PxCI when the device has them, PxSACT when they are done', () => {
  const { ahci, medium } = build();
  ahci.start();
  for (let tag = 0; tag < 32; tag++) {
    const pieces = [[DATA + tag * 1024, 1024]] as const;
    ahci.issue(tag, { command: 0x60, registers: queued(tag * 5, 2, tag), pieces }, true);
  }
  assert.equal(ahci.read(CI), 0);
  assert.notEqual(ahci.read(SACT), 0);
  assert.equal(ahci.read(PORT.TFD), 0x50, 'the device is not busy');
  assert.equal(ahci.wait(), 0x50);
  for (let tag = 0; tag < 32; tag++) {
    assert.deepEqual(ahci.bytes(DATA + tag * 1024, 1024), sectorsOf(tag * 5, 2), `tag ${tag}`);
  }
  assert.equal(ahci.read(PORT.IS), 8);
  assert.deepEqual(ahci.fis(0x58).slice(0, 8), [0xa1, 0x40, 0x50, 0, 0, 0, 0, 0x80]);
  assert.deepEqual(ahci.fis(0).slice(0, 5), [0x41, 0x20, 0, 0, 31]);
  ahci.memory.bytes.set(sectorsOf(70, 200), DATA);
  const write = { command: 0x61, pieces: [[DATA, 200 * 512]], write: true } as const;
  ahci.issue(9, { ...write, registers: { ...queued(1000, 200, 9), device: 0xc0 } }, true);
  assert.equal(ahci.wait(), 0x50);
  assert.deepEqual(contents(medium, 1000 * 512, 200 * 512), sectorsOf(70, 200));
});

test('a queued command that fails stops the port, and the log says which', () => {
  const { ahci } = build();
  ahci.start();
  const pieces = [[DATA, 512]] as const;
  ahci.issue(3, { command: 0x60, registers: queued(SECTORS + 5, 1, 3), pieces }, true);
  ahci.issue(4, { command: 0x60, registers: queued(1, 1, 4), pieces }, true);
  assert.equal(ahci.wait() & 0xff01, 0x1001);
  assert.equal(ahci.read(PORT.IS) & 0x4000_0008, 0x4000_0008);
  assert.equal(ahci.read(SACT), 0x18);
  const error = ahci.fis(0x58);
  assert.deepEqual([error[0], error[2], error[3]], [0xa1, 0x51, 0x10]);
  // Stopped and started again; everything but the log is aborted.
  const restart = () => {
    ahci.stop();
    assert.deepEqual([ahci.read(CI), ahci.read(SACT)], [0, 0]);
    ahci.start();
  };
  restart();
  assert.equal(ahci.run({ command: 0xc8, registers: { low: 1, count: 1, device: 0x40 }, pieces }), 0x51);
  restart();
  const log = ahci.fetch(0x2f, { low: 0x10, count: 1 }, 512);
  assert.deepEqual([...log.subarray(0, 4)], [3, 0, 0x51, 0x10]);
  assert.equal(log[4]! | (log[5]! << 8), SECTORS + 5);
  assert.deepEqual([log[8], log[12]], [0, 8 * 3]);
  assert.equal(log.reduce((sum, byte) => sum + byte, 0) & 0xff, 0);
  ahci.issue(4, { command: 0x60, registers: queued(1, 1, 4), pieces }, true);
  assert.equal(ahci.wait(), 0x50);
  assert.deepEqual(ahci.bytes(DATA, 512), sectorsOf(1, 1));
  assert.equal(ahci.fetch(0x2f, { low: 0, count: 1 }, 512)[32], 1, 'the directory');
});

test('what is queued is dropped where a tag comes twice, and where a command is not queued', () => {
  for (const second of [
    { command: 0x60, registers: queued(1, 1, 0) },
    { command: 0xec, registers: {} },
  ]) {
    const { ahci } = build();
    ahci.start();
    const pieces = [[DATA, 512]] as const;
    ahci.issue(0, { command: 0x60, registers: queued(1, 1, 0), pieces }, true);
    ahci.issue(1, { ...second, pieces });
    assert.equal(ahci.read(PORT.TFD), 0x0451);
    ahci.clock.advance(1e6);
    assert.equal(ahci.read(SACT), 1);
    ahci.stop();
    ahci.start();
    assert.deepEqual(ahci.fetch(0x25, lba48(7, 1), 512), sectorsOf(7, 1));
  }
});

test('a command that fails stops the port until it is started again', () => {
  const { ahci } = build();
  ahci.start();
  ahci.issue(0, { command: 0x25, registers: lba48(SECTORS, 1), pieces: [[DATA, 512]] });
  ahci.issue(1, { command: 0xec, pieces: [[DATA, 512]] });
  ahci.clock.advance(1e6);
  assert.equal(ahci.read(PORT.TFD), 0x1051);
  assert.equal(ahci.read(PORT.IS), 0x4000_0001);
  assert.equal(ahci.read(CI), 3);
  ahci.stop();
  ahci.start();
  assert.equal(ahci.run({ command: 0xf7 }), 0x51, 'unknown');
});

test('resets: by SCTL, by frames, of the adapter', () => {
  const { ahci } = build();
  ahci.start();
  ahci.stop();
  ahci.comreset();
  assert.deepEqual([ahci.read(PORT.SSTS), ahci.read(PORT.SIG), ahci.read(PORT.TFD)], [0x123, 0x101, 0x150]);
  assert.equal(ahci.read(SERR) & 0x0401_0000, 0x0401_0000);
  ahci.start();
  // As drivers do it: SRST set, BSY cleared at once; SRST cleared, and the signature comes.
  const control = (value: number): Uint8Array => {
    const fis = commandFis(0);
    fis[1] = 0;
    fis[15] = value;
    return fis;
  };
  ahci.prepare(0, control(4), {}, 0x500);
  ahci.write(CI, 1);
  assert.equal(ahci.read(CI), 0);
  ahci.memory.bytes.fill(0, 0x1840, 0x1860);
  ahci.prepare(0, control(0), {});
  ahci.write(CI, 1);
  assert.equal(ahci.read(CI), 0);
  assert.equal(ahci.fis(0x40)[0], 0x34);
  assert.equal(ahci.read(PORT.TFD), 0x150);
  // The speed that the guest wants; switched off.
  ahci.write(SCTL, 0x11);
  ahci.write(SCTL, 0x10);
  assert.equal(ahci.read(PORT.SSTS), 0x113);
  ahci.write(SCTL, 4);
  assert.equal(ahci.read(PORT.SSTS), 4);
  ahci.setGeneric(4, 3);
  assert.equal(ahci.generic(4), 0x8000_0000);
  assert.equal(ahci.read(PORT.CLB), 0x1000, 'addresses stay');
  assert.equal(ahci.read(PORT.CMD) & (ST | FRE), 0);
  ahci.start();
  assert.equal(ahci.fetch(0xec, {}, 512)[0], 0x40);
});

test('staggered spin-up: devices come when they are asked to', () => {
  const { ahci } = build(emptyMemoryDisk(100), true);
  assert.equal(ahci.generic(0) & 0x0800_0000, 0x0800_0000);
  assert.equal(ahci.read(PORT.SSTS), 0);
  ahci.write(PORT.CMD, 2);
  assert.equal(ahci.read(PORT.SSTS), 0x123);
});

test('memory that is too small: data is lost, or the device waits until it is reset', () => {
  const { ahci, medium } = build();
  ahci.start();
  ahci.memory.bytes.fill(0, DATA, DATA + 2048);
  const short = [[DATA, 600]] as const;
  assert.equal(ahci.run({ command: 0x25, registers: lba48(1, 2), pieces: short }), 0x50);
  assert.equal(ahci.read(PORT.IS) & 0x0100_0000, 0x0100_0000);
  assert.equal(ahci.moved(0), 600);
  assert.deepEqual(ahci.bytes(DATA, 600), sectorsOf(1, 2).subarray(0, 600));
  assert.equal(ahci.bytes(DATA + 600, 1)[0], 0);
  const before = contents(medium, 10 * 512, 1024);
  ahci.issue(0, { command: 0x35, registers: lba48(10, 2), pieces: short, write: true });
  ahci.clock.advance(1e6);
  assert.equal(ahci.read(CI), 1);
  assert.equal(ahci.read(PORT.TFD) & 0x80, 0x80);
  assert.deepEqual(contents(medium, 10 * 512, 1024), before);
  // Command list override does not help: a busy device takes nothing but a reset.
  ahci.stop();
  ahci.write(PORT.CMD, ahci.read(PORT.CMD) | 8);
  assert.equal(ahci.read(PORT.TFD) & 0x88, 0);
  ahci.start();
  ahci.issue(0, { command: 0xec, pieces: [[DATA, 512]] });
  ahci.clock.advance(1e6);
  assert.equal(ahci.read(CI), 1);
  ahci.stop();
  ahci.comreset();
  ahci.start();
  assert.equal(ahci.fetch(0xec, {}, 512)[0], 0x40);
});

test('lists and tables outside of memory, and FISes of no kind, stop the port', () => {
  const { ahci } = build();
  ahci.start();
  ahci.write(PORT.CLB, 0xf000_0000);
  ahci.write(0x04, 0xffff_ffff);
  ahci.write(CI, 0xffff_ffff);
  assert.equal(ahci.read(PORT.IS) & 0x0800_0000, 0x0800_0000);
  ahci.stop();
  ahci.write(0x04, 0);
  ahci.start();
  const fis = commandFis(0xec);
  for (const [type, length] of [
    [0x46, 5],
    [0x27, 1],
    [0x27, 17],
  ]) {
    fis[0] = type!;
    ahci.prepare(0, fis, {});
    ahci.view.setUint32(0x1000, length!, true);
    ahci.write(CI, 1);
    assert.equal(ahci.read(PORT.IS) & 0x0800_0000, 0x0800_0000);
    ahci.stop();
    ahci.start();
  }
  assert.equal(ahci.read(CI), 0);
  ahci.write(CI, 0);
  ahci.stop();
  ahci.write(CI, 1);
  assert.equal(ahci.read(CI), 0, 'a port that stands takes no commands');
});

test('the interrupt: PxIS and PxIE, IS, GHC.IE', () => {
  const { ahci } = build();
  ahci.start();
  ahci.write(PORT.IE, 0xffff_ffff);
  assert.equal(ahci.read(PORT.IE), 0xfdc0_00ff);
  ahci.run({ command: 0xe7 });
  assert.equal(ahci.generic(8), 1);
  assert.equal(ahci.irq.level, false);
  ahci.setGeneric(4, 2);
  assert.equal(ahci.irq.level, true);
  ahci.setGeneric(8, 1);
  assert.equal(ahci.irq.level, true, 'the port still says so');
  const { repeated } = ahci;
  ahci.run({ command: 0xe7 });
  assert.equal(ahci.repeated, repeated + 1);
  ahci.write(PORT.IS, 1);
  ahci.setGeneric(8, 1);
  assert.equal(ahci.irq.level, false);
});

test('a disk that answers later, and one that fails', () => {
  const pending: (() => void)[] = [];
  const base = imageDisk(sectorPattern(100));
  const later: BlockDevice = {
    ...base,
    read: (offset, target, done) => void pending.push(() => base.read(offset, target, done)),
    write: (_offset, _source, done) => void pending.push(() => done('no-space')),
  };
  const { ahci } = build(later);
  ahci.start();
  ahci.issue(5, { command: 0x60, registers: queued(3, 2, 5), pieces: [[DATA, 1024]] }, true);
  ahci.clock.advance(1e6);
  assert.equal(ahci.read(SACT), 0x20);
  pending.shift()!();
  assert.equal(ahci.wait(), 0x50);
  assert.deepEqual(ahci.bytes(DATA, 1024), sectorsOf(3, 2));
  ahci.issue(0, { command: 0x61, registers: queued(3, 2, 0), pieces: [[DATA, 1024]], write: true }, true);
  ahci.clock.advance(1e6);
  pending.shift()!();
  assert.equal(ahci.wait(), 0x0471, 'device fault');
});

test('ATAPI: packets from the command table, data by DMA and by PIO', () => {
  const { ahci } = build();
  ahci.port = 2;
  ahci.start();
  const packet = (cdb: readonly number[], length: number, dma: boolean): number =>
    ahci.run({
      command: 0xa0,
      registers: dma ? { features: 1 } : { mid: 2048 & 0xff, high: 2048 >> 8 },
      packet: Array.from({ length: 12 }, (_, i) => cdb[i] ?? 0),
      pieces: length === 0 ? [] : [[DATA, length]],
    });
  const restart = () => {
    ahci.stop();
    ahci.start();
  };
  assert.equal(packet([0x00], 0, false), 0x51, 'powered on');
  assert.equal(ahci.read(PORT.TFD) >> 8, 0x64);
  restart();
  assert.equal(packet([0x03, 0, 0, 0, 18], 18, false), 0x50);
  assert.equal(packet([0x00], 0, false), 0x50);
  assert.equal(packet([0x28, 0, 0, 0, 0, 7, 0, 0, 40], 40 * 2048, true), 0x50);
  assert.deepEqual(ahci.bytes(DATA, 40 * 2048), sectorPattern(47, 2048).subarray(7 * 2048));
  assert.equal(ahci.moved(0), 40 * 2048);
  ahci.memory.bytes.fill(0, DATA, DATA + 0x4000);
  assert.equal(packet([0x28, 0, 0, 0, 0, 9, 0, 0, 4], 4 * 2048, false), 0x50);
  assert.deepEqual(ahci.bytes(DATA, 4 * 2048), sectorPattern(13, 2048).subarray(9 * 2048));
  assert.equal(packet([0x12, 0, 0, 0, 36], 36, true), 0x50);
  assert.equal(new TextDecoder().decode(ahci.bytes(DATA + 8, 6)), 'DOPPEL');
  const words = new DataView(ahci.fetch(0xa1, {}, 512).buffer);
  assert.deepEqual([words.getUint16(0, true), words.getUint16(152, true)], [0x85c0, 0x0006]);
  assert.equal(ahci.run({ command: 0x08 }), 0x00, 'DEVICE RESET ends without an interrupt');
  assert.equal(ahci.run({ command: 0xec, pieces: [[DATA, 512]] }), 0x51);
  assert.equal(ahci.read(PORT.TFD) >> 8, 4);
});

test('a driver that does anything: after a reset the adapter works', () => {
  const COMMANDS = [
    0x60, 0x61, 0x25, 0x35, 0x20, 0x30, 0xc4, 0xa0, 0xa1, 0xec, 0x2f, 0x06, 0x90, 0x08, 0xe6, 0xef, 0xea,
  ];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = randomNumbers(seed * 77);
    const { ahci } = build(imageDisk(sectorPattern(SECTORS)), seed % 3 === 0);
    for (let step = 0; step < 300; step++) {
      ahci.port = random(3);
      switch (random(8)) {
        case 0:
          ahci.write(random(0x48), random(2) === 0 ? random(2 ** 32 - 1) : 2 ** random(32));
          break;
        case 1:
          ahci.setGeneric(random(12), random(4));
          break;
        case 2:
          ahci.write(PORT.CMD, [0x13, 0x12, 0x1b, 3][random(4)]!);
          break;
        case 3:
          for (let i = 0; i < 20; i++) ahci.memory.bytes[0x1000 + random(0x8000)] = random(256);
          break;
        case 4:
          ahci.write(PORT.CLB, 0x1000);
          ahci.write(0x04, 0);
          ahci.write(PORT.IS, 0xffff_ffff);
          break;
        case 5:
          ahci.clock.advance(random(20_000));
          break;
        default: {
          const slot = random(32);
          const registers = {
            features: random(300),
            count: slot << 3,
            low: random(60),
            mid: random(30),
            device: 0x40,
          };
          const fis = commandFis(COMMANDS[random(COMMANDS.length)]!, registers);
          if (random(20) === 0) fis.set([0, 0, random(256)], 1);
          if (random(20) === 0) fis[15] = 4;
          const pieces = Array.from(
            { length: random(6) },
            () => [random(2 ** 20), 1 + random(70_000)] as const,
          );
          const packet = [
            [0x28, 0, 0, 0, 0, random(120), 0, 0, random(99)],
            [0x12, 0, 0, 0, 96],
            [0x1b, 0, 0, 0, 2],
          ][random(3)]!;
          ahci.prepare(
            slot,
            fis,
            { pieces, write: random(2) === 0, ...(random(3) === 0 && { packet }) },
            random(2) << 10,
          );
          if (random(2) === 0) ahci.write(SACT, 2 ** slot);
          ahci.write(CI, 2 ** slot);
        }
      }
    }
    ahci.port = 0;
    ahci.setGeneric(4, 1);
    ahci.write(0x04, 0);
    ahci.write(PORT.CMD, 2);
    ahci.comreset();
    ahci.start();
    assert.equal(ahci.fetch(0xec, {}, 512)[0], 0x40, `seed ${seed}`);
    // What was written meanwhile is on the disk; what is read is what was written.
    ahci.memory.bytes.set(sectorsOf(3, 1), DATA + 4096);
    ahci.issue(
      1,
      { command: 0x61, registers: queued(9, 1, 1), pieces: [[DATA + 4096, 512]], write: true },
      true,
    );
    assert.equal(ahci.wait() & 0xff, 0x50);
    assert.deepEqual(ahci.fetch(0x25, lba48(9, 1), 512), sectorsOf(3, 1));
  }
});
