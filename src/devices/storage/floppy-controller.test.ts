import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { imageDisk } from '../../backend/block/memory-disk.ts';
import { FaultyDisk } from '../../backend/block/testing.ts';
import { I8237Pair } from '../dma/i8237.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { FloppyController } from './floppy-controller.ts';
import { sectorPattern, TestMemory } from './testing.ts';

const DOR = 2;
const MSR = 4;
const FIFO = 5;
const SPT = 18;
const BUFFER = 0x1_0000;

/** A controller as a BIOS leaves it: out of reset, 500 kbit/s, drive A's motor on. */
function build(a: BlockDevice | null = imageDisk(sectorPattern(2880)), b?: BlockDevice | null) {
  const clock = new FakeClock(5000);
  const irq = new LineProbe();
  const memory = new TestMemory(0x10_0000);
  const dma = new I8237Pair(memory);
  const chip = new FloppyController({ clock, irq, dma: dma.channel(2), media: [a, b] });
  const [registers, dir] = chip.regions;
  const out = (offset: number, value: number): void => registers!.write(offset, 1, value);
  const inb = (offset: number): number => registers!.read(offset, 1);
  const interrupt = (): void => {
    clock.advance(100_000);
    assert.equal(irq.level, true, 'an interrupt');
  };
  const send = (...bytes: number[]): void => {
    for (const byte of bytes) {
      assert.equal(inb(MSR) & 0xc0, 0x80, 'ready for a byte');
      out(FIFO, byte);
    }
  };
  const result = (): number[] => {
    const bytes: number[] = [];
    while ((inb(MSR) & 0xd0) === 0xd0) bytes.push(inb(FIFO));
    return bytes;
  };
  const ask = (...bytes: number[]): number[] => {
    send(...bytes);
    return result();
  };
  /** Programs channel 2 for so many bytes, from the drive (0x46) or to it (0x4a). */
  const program = (mode: number, count: number): void => {
    const dmaOut = (port: number, value: number): void => dma.regions[0]!.write(port, 1, value);
    dmaOut(10, 6);
    dmaOut(12, 0);
    dmaOut(11, mode);
    dmaOut(4, BUFFER & 0xff);
    dmaOut(4, (BUFFER >> 8) & 0xff);
    dmaOut(5, (count - 1) & 0xff);
    dmaOut(5, (count - 1) >> 8);
    dma.regions[2]!.write(0, 1, BUFFER >> 16);
    dmaOut(10, 2);
  };
  /** A transfer command, to its result. */
  const transfer = (...bytes: number[]): number[] => {
    send(...bytes);
    interrupt();
    const answer = result();
    assert.equal(irq.level, false, 'the result takes the interrupt back');
    return answer;
  };
  const seek = (track: number, unit = 0): void => {
    send(0x0f, unit, track);
    interrupt();
    assert.deepEqual(ask(0x08), [0x20 | unit, track]);
  };
  out(DOR, 0x1c);
  interrupt();
  assert.deepEqual(
    [0, 1, 2, 3].map(() => ask(0x08)[0]),
    [0xc0, 0xc1, 0xc2, 0xc3],
  );
  send(0x03, 0xaf, 0x02);
  dir!.write(0, 1, 0);
  return {
    clock,
    irq,
    memory,
    dma,
    chip,
    out,
    inb,
    dir: dir!,
    interrupt,
    send,
    result,
    ask,
    program,
    transfer,
    seek,
  };
}

const sectorsOf = (first: number, count: number): Uint8Array =>
  sectorPattern(2880).subarray(first * 512, (first + count) * 512);

test('version, configure, lock, perpendicular and the register dump, as Linux looks for a 82077AA', () => {
  const f = build();
  assert.deepEqual(f.ask(0x10), [0x90]);
  f.send(0x13, 0, 0x57, 0x12);
  f.send(0x12, 0x80);
  assert.deepEqual(f.ask(0x94), [0x10]);
  assert.deepEqual(f.ask(0x0e), [0, 0, 0, 0, 0xaf, 0x02, 0, 0x80, 0x57, 0x12]);
  f.out(DOR, 0x18);
  f.out(DOR, 0x1c);
  f.interrupt();
  assert.deepEqual(f.ask(0x0e).slice(8), [0x07, 0x12], 'locked: the FIFO settings stay over a reset');
  assert.deepEqual(f.ask(0x14), [0x00]);
  assert.deepEqual(f.ask(0x18), [0x80], 'PART ID is a later chip');
  f.out(MSR, 0x80);
  f.interrupt();
  assert.deepEqual(f.ask(0x0e).slice(7), [0x00, 0x20, 0x00]);
});

test('a reset interrupts once and tells of four drives; without an interrupt SENSE is invalid', () => {
  const f = build();
  assert.equal(f.irq.level, false);
  assert.deepEqual(f.ask(0x08), [0x80]);
  f.out(DOR, 0x18);
  assert.equal(f.inb(MSR), 0);
  f.out(DOR, 0x0c);
  assert.equal(f.inb(MSR), 0);
  f.interrupt();
  assert.equal(f.inb(MSR), 0x80);
  f.out(DOR, 0x04);
  assert.equal(f.irq.level, false, 'the gate is shut');
});

test('recalibrate, seek and the state of a drive', () => {
  const f = build(imageDisk(sectorPattern(2880), { readOnly: true }));
  f.seek(40);
  assert.deepEqual(f.ask(0x04, 0x04), [0x6c], 'write protected, head 1');
  f.send(0x07, 0);
  assert.equal(f.inb(MSR), 0x81, 'drive 0 is on its way');
  f.interrupt();
  assert.deepEqual(f.ask(0x08), [0x20, 0]);
  assert.deepEqual(f.ask(0x04, 0x00), [0x78]);
  f.send(0x07, 1);
  f.interrupt();
  assert.deepEqual(f.ask(0x08), [0x71, 0], 'nobody there');
  f.send(0xcf, 0, 5);
  f.interrupt();
  assert.deepEqual(f.ask(0x08), [0x20, 5], 'relative, inwards');
  f.send(0x8f, 0, 2);
  f.interrupt();
  assert.deepEqual(f.ask(0x08), [0x20, 3]);
});

test('sectors are read by DMA until the terminal count, on both sides', () => {
  const f = build();
  f.program(0x46, 1024);
  assert.deepEqual(f.transfer(0xe6, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff), [0x00, 0, 0, 0, 0, 3, 2]);
  assert.deepEqual(f.memory.bytes.subarray(BUFFER, BUFFER + 1024), sectorsOf(0, 2));
  f.seek(3);
  f.program(0x46, 36 * 512);
  assert.deepEqual(f.transfer(0xe6, 0, 3, 0, 1, 2, SPT, 0x1b, 0xff), [0x04, 0, 0, 4, 0, 1, 2]);
  assert.deepEqual(f.memory.bytes.subarray(BUFFER, BUFFER + 36 * 512), sectorsOf(3 * 36, 36));
  f.program(0x46, 512);
  assert.deepEqual(f.transfer(0x66, 4, 3, 1, 7, 2, SPT, 0x1b, 0xff), [0x04, 0, 0, 3, 1, 8, 2]);
  assert.deepEqual(f.memory.bytes.subarray(BUFFER, BUFFER + 512), sectorsOf(3 * 36 + 18 + 6, 1));
});

test('a transfer that ends before the terminal count has come to the end of the cylinder', () => {
  const f = build();
  f.program(0x46, 8192);
  assert.deepEqual(f.transfer(0x66, 0, 0, 0, 17, 2, SPT, 0x1b, 0xff), [0x40, 0x80, 0, 1, 0, 1, 2]);
});

test('sectors are written', () => {
  const image = new Uint8Array(2880 * 512);
  const f = build(imageDisk(image));
  f.memory.bytes.set(sectorPattern(3), BUFFER);
  f.program(0x4a, 1536);
  assert.deepEqual(f.transfer(0xc5, 0, 0, 0, 17, 2, SPT, 0x1b, 0xff), [0x04, 0, 0, 0, 1, 2, 2]);
  assert.deepEqual(image.subarray(16 * 512, 19 * 512), sectorPattern(3));
  const locked = build(imageDisk(image, { readOnly: true }));
  locked.program(0x4a, 512);
  assert.deepEqual(locked.transfer(0x45, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff).slice(0, 3), [0x40, 0x02, 0]);
});

test('a track is formatted', () => {
  const image = sectorPattern(2880);
  const f = build(imageDisk(image));
  f.seek(2);
  for (let i = 0; i < SPT; i++) f.memory.bytes.set([2, 1, i + 1, 2], BUFFER + 4 * i);
  f.program(0x4a, 4 * SPT);
  assert.deepEqual(f.transfer(0x4d, 4, 2, SPT, 0x54, 0xf6).slice(0, 3), [0x04, 0, 0]);
  const track = (2 * 2 + 1) * SPT * 512;
  assert.ok(image.subarray(track, track + SPT * 512).every((byte) => byte === 0xf6));
  assert.deepEqual(image.subarray(0, track), sectorsOf(0, 90));
});

test('errors: no such sector, another cylinder, another rate, no medium, a host that fails', () => {
  const medium = new FaultyDisk(imageDisk(sectorPattern(2880)));
  const f = build(medium);
  const read = (c: number, h: number, r: number): number[] => {
    f.program(0x46, 512);
    return f.transfer(0x66, h << 2, c, h, r, 2, SPT, 0x1b, 0xff).slice(0, 3);
  };
  assert.deepEqual(read(0, 0, 19), [0x40, 0x04, 0]);
  assert.deepEqual(read(0, 0, 0), [0x40, 0x04, 0]);
  assert.deepEqual(read(1, 0, 1), [0x40, 0x04, 0x10]);
  f.dir.write(0, 1, 2);
  assert.deepEqual(read(0, 0, 1), [0x40, 0x01, 0]);
  f.dir.write(0, 1, 0);
  medium.fail = 'io';
  assert.deepEqual(read(0, 0, 1), [0x40, 0x20, 0x20]);
  f.chip.changeMedium(0, null);
  assert.deepEqual(read(0, 0, 1), [0x40, 0x01, 0]);
});

test('READ ID tells the formats apart by the rate that reads them', () => {
  for (const [sectors, rate] of [
    [2880, 0],
    [5760, 3],
    [1440, 2],
    [2400, 0],
    [720, 1],
    [720, 2],
    [320, 2],
  ] as const) {
    const f = build(imageDisk(new Uint8Array(sectors * 512)));
    for (const wrong of [0, 1, 2, 3]) {
      f.dir.write(0, 1, wrong);
      const [st0, st1] = f.transfer(0x4a, 0);
      const fits = wrong === rate || (sectors <= 720 && (wrong === 1 || wrong === 2));
      assert.deepEqual([st0, st1], fits ? [0, 0] : [0x40, 0x01], `${sectors} sectors at rate ${wrong}`);
    }
  }
});

test('the disk change line is active until the head steps over a medium', () => {
  const f = build();
  const changed = (): boolean => f.dir.read(0, 1) === 0x80;
  assert.equal(changed(), true);
  f.send(0x07, 0);
  f.interrupt();
  f.ask(0x08);
  assert.equal(changed(), true, 'no step at track 0');
  f.seek(1);
  assert.equal(changed(), false);
  f.chip.changeMedium(0, null);
  f.seek(0);
  assert.equal(changed(), true);
  f.chip.changeMedium(0, imageDisk(sectorPattern(1440)));
  assert.equal(changed(), true);
  f.seek(1);
  assert.equal(changed(), false);
  f.out(DOR, 0x0c);
  assert.equal(changed(), false, 'the motor is off');
});

test('an image that ends before its disk is empty behind, and takes no writes there', () => {
  const f = build(imageDisk(sectorPattern(2532)));
  f.seek(79);
  f.memory.bytes.fill(1, BUFFER, BUFFER + 512);
  f.program(0x46, 512);
  assert.equal(f.transfer(0x66, 0, 79, 0, 1, 2, SPT, 0x1b, 0xff)[0], 0);
  assert.ok(f.memory.bytes.subarray(BUFFER, BUFFER + 512).every((byte) => byte === 0));
  f.program(0x4a, 512);
  assert.deepEqual(f.transfer(0x45, 0, 79, 0, 1, 2, SPT, 0x1b, 0xff).slice(0, 3), [0x40, 0x20, 0x20]);
});

test('a disk of 40 tracks lies on every second track of a drive of 80', () => {
  const f = build(imageDisk(new Uint8Array(2400 * 512)));
  f.chip.changeMedium(0, imageDisk(sectorPattern(720)));
  f.dir.write(0, 1, 1);
  f.seek(10);
  f.program(0x46, 512);
  assert.equal(f.transfer(0x66, 0, 5, 0, 2, 2, 9, 0x2a, 0xff)[0], 0);
  assert.deepEqual(f.memory.bytes.subarray(BUFFER, BUFFER + 512), sectorsOf(5 * 18 + 1, 1));
});

test('without DMA every byte goes through the FIFO, with an interrupt', () => {
  const image = sectorPattern(2880);
  const f = build(imageDisk(image));
  f.send(0x03, 0xaf, 0x03);
  f.send(0x66, 0, 0, 0, 18, 2, SPT, 0x1b, 0xff);
  f.interrupt();
  const data = Array.from({ length: 512 }, () => {
    assert.equal(f.inb(MSR), 0xf0);
    return f.inb(FIFO);
  });
  assert.deepEqual(Uint8Array.from(data), sectorsOf(17, 1));
  assert.deepEqual(f.result(), [0x40, 0x80, 0, 1, 0, 1, 2]);
  f.send(0x45, 0, 0, 0, 18, 2, SPT, 0x1b, 0xff);
  f.interrupt();
  for (let i = 0; i < 512; i++) {
    assert.equal(f.inb(MSR), 0xb0);
    f.out(FIFO, 0x77);
  }
  assert.deepEqual(f.result().slice(0, 2), [0x40, 0x80]);
  assert.equal(image[17 * 512 + 511], 0x77);
});

test('a channel that is not programmed holds the transfer; a reset gives it up', () => {
  const f = build();
  f.send(0x66, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff);
  f.clock.advance(1e9);
  assert.equal(f.irq.level, false);
  assert.equal(f.inb(MSR), 0x10);
  f.program(0x46, 512);
  assert.equal(f.irq.level, true);
  assert.equal(f.result()[0], 0);
  f.send(0x66, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff);
  f.out(DOR, 0x18);
  f.out(DOR, 0x1c);
  f.interrupt();
  assert.equal(f.ask(0x08)[0], 0xc0);
});

test('a medium that takes its time, and one that is gone when it answers', () => {
  const medium = new FaultyDisk(imageDisk(sectorPattern(2880)));
  const f = build(medium);
  medium.held = true;
  f.program(0x46, 512);
  f.send(0x66, 0, 0, 0, 5, 2, SPT, 0x1b, 0xff);
  f.clock.advance(1e6);
  assert.equal(f.inb(MSR), 0x10);
  assert.equal(medium.log.length, 1);
  medium.release();
  assert.equal(f.result()[0], 0);
  assert.deepEqual(f.memory.bytes.subarray(BUFFER, BUFFER + 512), sectorsOf(4, 1));
});

test('VERIFY reads without moving data, READ DELETED finds a mark that is not deleted', () => {
  const f = build();
  assert.deepEqual(f.transfer(0x56, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff).slice(0, 3), [0, 0, 0]);
  f.program(0x46, 1024);
  assert.deepEqual(f.transfer(0x4c, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff).slice(0, 3), [0, 0, 0x40]);
  assert.deepEqual(f.transfer(0x6c, 0, 0, 0, 1, 2, SPT, 0x1b, 0xff).slice(0, 3), [0x40, 0x04, 0]);
});

test('perpendicular mode: the bits of drives need OW, the mode bits end with a software reset', () => {
  const f = build();
  const mode = (): number => f.ask(0x0e)[7]!;
  f.send(0x12, 0x80 | 0x2b);
  assert.equal(mode(), 0x2b);
  f.send(0x12, 0x14); // without OW
  assert.equal(mode(), 0x28);
  f.send(0x12, 0x02);
  assert.equal(mode(), 0x2a);
  f.out(DOR, 0x18);
  f.out(DOR, 0x1c);
  f.clock.advance(100_000);
  assert.equal(mode(), 0x28);
});

test('VERIFY with EC looks at so many sectors, and fails where the track ends before', () => {
  const f = build();
  f.send(0x03, 0xaf, 0x02);
  f.seek(5);
  const verify = (ec: number, first: number, count: number): number[] =>
    f.transfer(0x56, ec, 5, 0, first, 2, SPT, 0x1b, count);
  assert.deepEqual(verify(0x80, 3, 4), [0, 0, 0, 5, 0, 7, 2]);
  assert.deepEqual(verify(0x80, 15, 4), [0, 0, 0, 6, 0, 1, 2]);
  assert.deepEqual(verify(0x80, 15, 5).slice(0, 2), [0x40, 0x80]);
  assert.deepEqual(verify(0x00, 15, 0xff), [0, 0, 0, 6, 0, 1, 2]);
});
