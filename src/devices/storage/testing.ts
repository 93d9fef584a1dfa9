// A driver for IDE channels as operating systems have them, in a few lines: for tests.
import assert from 'node:assert/strict';
import { type FakeClock, LineProbe } from '../testing.ts';
import type { AtaInterface } from './ata-interface.ts';
import * as R from './ata-registers.ts';
import { BusMasterIde } from './bus-master-ide.ts';
import { IdeChannel } from './ide-channel.ts';

/** Memory that a device can reach, with the rest reading as ones. */
export class TestMemory {
  readonly bytes: Uint8Array;
  /** Whether it is lent, and how many pieces were. */
  lends = false;
  lent = 0;
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
  read(address: number, target: Uint8Array): void {
    target.fill(0xff);
    if (address < this.bytes.length) target.set(this.bytes.subarray(address, address + target.length));
  }
  write(address: number, source: Uint8Array): void {
    const room = Math.max(0, this.bytes.length - address);
    this.bytes.set(source.subarray(0, room), Math.min(address, this.bytes.length));
  }
  lend(address: number, length: number): Uint8Array | undefined {
    if (!this.lends || address + length > this.bytes.length) return undefined;
    this.lent++;
    return this.bytes.subarray(address, address + length);
  }
}

export interface TaskFile {
  readonly features?: number;
  readonly count?: number;
  readonly low?: number;
  readonly mid?: number;
  readonly high?: number;
  readonly device?: number;
}

/** The registers that address a sector by LBA28. */
export const lba28 = (lba: number, count: number): TaskFile => ({
  count,
  low: lba & 0xff,
  mid: (lba >>> 8) & 0xff,
  high: (lba >>> 16) & 0xff,
  device: 0xe0 | (lba >>> 24),
});

export class IdeDriver {
  readonly clock: FakeClock;
  readonly irq = new LineProbe();
  readonly memory = new TestMemory(1 << 20);
  readonly channel: IdeChannel;
  readonly master: BusMasterIde;
  device: 0 | 1 = 0;

  constructor(clock: FakeClock, first: AtaInterface | undefined, second?: AtaInterface) {
    this.clock = clock;
    this.channel = new IdeChannel({ irq: this.irq, devices: [first, second] });
    const other = new IdeChannel({ irq: new LineProbe(), devices: [undefined, undefined] });
    this.master = new BusMasterIde({ channels: [this.channel, other], memory: this.memory });
  }

  read(offset: number): number {
    return this.channel.regions[0]!.read(offset, 1);
  }
  write(offset: number, value: number): void {
    this.channel.regions[0]!.write(offset, 1, value);
  }
  get alternateStatus(): number {
    return this.channel.regions[1]!.read(0, 1);
  }
  control(value: number): void {
    this.channel.regions[1]!.write(0, 1, value);
  }
  select(device: 0 | 1): void {
    this.device = device;
    this.write(R.REGISTER_DEVICE, 0xa0 | (device << 4));
  }

  /** Polls until the device is not busy, and says its status. */
  wait(): number {
    for (let i = 0; i < 100; i++) {
      const status = this.alternateStatus;
      if ((status & R.STATUS_BSY) === 0) return status;
      this.clock.advance(10_000);
    }
    return assert.fail('the device stays busy');
  }

  /** Writes registers and the command; `extended` writes the upper halves first. */
  command(command: number, file: TaskFile = {}, extended?: TaskFile): void {
    this.write(R.REGISTER_DEVICE, (file.device ?? 0xa0) | (this.device << 4));
    for (const part of extended === undefined ? [file] : [extended, file]) {
      this.write(R.REGISTER_FEATURES, part.features ?? 0);
      this.write(R.REGISTER_COUNT, part.count ?? 0);
      this.write(R.REGISTER_LOW, part.low ?? 0);
      this.write(R.REGISTER_MID, part.mid ?? 0);
      this.write(R.REGISTER_HIGH, part.high ?? 0);
    }
    this.write(R.REGISTER_COMMAND, command);
  }

  /** Waits for an interrupt, takes it back, and says the status. */
  interrupt(): number {
    for (let i = 0; i < 100 && !this.irq.level; i++) this.clock.advance(10_000);
    assert.equal(this.irq.level, true, 'an interrupt');
    const status = this.read(R.REGISTER_COMMAND);
    assert.equal(this.irq.level, false, 'reading the status takes the interrupt back');
    return status;
  }

  /** A command without data. Its status. */
  plain(command: number, file: TaskFile = {}, extended?: TaskFile): number {
    this.command(command, file, extended);
    return this.interrupt();
  }

  /** Reads `length` bytes in blocks of `block`, an interrupt each. */
  pioIn(length: number, block = 512): Uint8Array {
    const data = new Uint8Array(length);
    for (let at = 0; at < length; at += block) {
      const status = this.interrupt();
      assert.equal(status & (R.STATUS_DRQ | R.STATUS_ERR), R.STATUS_DRQ, `block at ${at}`);
      this.words(data.subarray(at, Math.min(length, at + block)));
    }
    return data;
  }
  /** Reads what fills `target` from the data port. */
  words(target: Uint8Array): void {
    for (let i = 0; i < target.length; i += 2) {
      const word = this.channel.regions[0]!.read(0, 2);
      target[i] = word;
      target[i + 1] = word >> 8;
    }
  }

  /** Writes blocks: the first when DRQ shows, each further one after an interrupt. The last status. */
  pioOut(data: Uint8Array, block = 512): number {
    let status = this.wait();
    for (let at = 0; at < data.length; at += block) {
      assert.equal(status & (R.STATUS_DRQ | R.STATUS_ERR), R.STATUS_DRQ, `block at ${at}`);
      this.putWords(data.subarray(at, at + block));
      status = this.interrupt();
    }
    return status;
  }
  putWords(data: Uint8Array): void {
    for (let i = 0; i < data.length; i += 2) {
      this.channel.regions[0]!.write(0, 2, data[i]! | (data[i + 1]! << 8));
    }
  }

  /** Writes a table of (address, bytes) at `at` and gives it to the bus master. */
  descriptors(at: number, list: readonly (readonly [number, number])[]): void {
    const view = new DataView(this.memory.bytes.buffer);
    list.forEach(([address, bytes], i) => {
      view.setUint32(at + 8 * i, address, true);
      view.setUint32(at + 8 * i + 4, (bytes & 0xffff) | (i === list.length - 1 ? 0x8000_0000 : 0), true);
    });
    this.master.regions[0]!.write(4, 4, at);
  }
  startDma(toMemory: boolean): void {
    this.master.regions[0]!.write(0, 1, toMemory ? 0x09 : 0x01);
  }
  stopDma(): void {
    this.master.regions[0]!.write(0, 1, 0);
  }
  get dmaStatus(): number {
    return this.master.regions[0]!.read(2, 1);
  }
  /** Clears what a transfer leaves in the status. */
  clearDma(): void {
    this.master.regions[0]!.write(2, 1, 0x06);
  }

  /** A whole transfer by DMA as libata does it. The status at its end. */
  transfer(
    command: number,
    toMemory: boolean,
    list: readonly (readonly [number, number])[],
    file: TaskFile,
    extended?: TaskFile,
  ): number {
    this.descriptors(0x1000, list);
    this.clearDma();
    this.command(command, file, extended);
    this.startDma(toMemory);
    const status = this.interrupt();
    assert.equal(this.dmaStatus & 0x04, 0x04);
    this.stopDma();
    this.clearDma();
    return status;
  }
}

/** What a packet command came to: its data, and the sense key of a failure (0: none). */
export interface PacketResult {
  readonly data: Uint8Array;
  readonly key: number;
}

/** Pads a command descriptor block to 12 bytes and sends it. */
export function sendPacket(ide: IdeDriver, cdb: readonly number[], limit: number, dma: boolean): void {
  ide.command(0xa0, { features: dma ? 1 : 0, mid: limit & 0xff, high: limit >> 8 });
  assert.equal(ide.wait() & R.STATUS_DRQ, R.STATUS_DRQ);
  assert.equal(ide.read(R.REGISTER_COUNT) & 3, R.REASON_COMMAND);
  assert.equal(ide.irq.level, false, 'no interrupt for the packet');
  ide.putWords(Uint8Array.from({ length: 12 }, (_, i) => cdb[i] ?? 0));
}

/** A packet command by PIO, with an interrupt for each block of data and one for the status. */
export function packetPio(
  ide: IdeDriver,
  cdb: readonly number[],
  limit = 0xfffe,
  out?: Uint8Array,
): PacketResult {
  sendPacket(ide, cdb, limit, false);
  const parts: number[] = [];
  for (;;) {
    const status = ide.interrupt();
    const reason = ide.read(R.REGISTER_COUNT) & 3;
    if ((status & R.STATUS_DRQ) === 0) {
      assert.equal(reason, R.REASON_COMMAND | R.REASON_TO_HOST);
      const failed = (status & R.STATUS_ERR) !== 0;
      return { data: Uint8Array.from(parts), key: failed ? ide.read(R.REGISTER_FEATURES) >> 4 : 0 };
    }
    const count = ide.read(R.REGISTER_MID) | (ide.read(R.REGISTER_HIGH) << 8);
    assert.ok(count > 0 && count <= limit, `${count} bytes`);
    if (reason === R.REASON_TO_HOST) {
      const data = new Uint8Array(count + (count & 1));
      ide.words(data);
      parts.push(...data.subarray(0, count));
    } else {
      ide.putWords((out ?? new Uint8Array(0)).subarray(0, count + (count & 1)));
    }
  }
}

/** A packet command by DMA. */
export function packetDma(ide: IdeDriver, cdb: readonly number[], length: number): PacketResult {
  ide.descriptors(
    0x1000,
    Array.from({ length: Math.ceil(length / 0x1_0000) }, (_, i) => [
      0x2000 + i * 0x1_0000,
      Math.min(0x1_0000, length - i * 0x1_0000),
    ]),
  );
  ide.clearDma();
  sendPacket(ide, cdb, 0, true);
  ide.startDma(true);
  const status = ide.interrupt();
  ide.stopDma();
  const failed = (status & R.STATUS_ERR) !== 0;
  const key = failed ? ide.read(R.REGISTER_FEATURES) >> 4 : 0;
  return { data: ide.memory.bytes.slice(0x2000, 0x2000 + length), key };
}

/** Bytes that tell each sector from all others. */
export function sectorPattern(sectors: number, size = 512): Uint8Array {
  return Uint8Array.from({ length: sectors * size }, (_, i) => (Math.floor(i / size) * 31 + i) & 0xff);
}
