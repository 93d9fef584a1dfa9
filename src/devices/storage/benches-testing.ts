// The storage chips on benches (see ../test-benches.ts). Their media remember nothing, so that a copy of a
// chip finds what the original found: sectors read as a pattern, and what is written is only noted.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { checkRange } from '../../backend/block/block-device.ts';
import { type BenchMaker, bundle, recorder } from '../bench-testing.ts';
import type { Chip } from '../chip.ts';
import { I8237Pair } from '../dma/i8237.ts';
import type { FakeClock } from '../testing.ts';
import { Ahci } from './ahci.ts';
import { AtaDisk } from './ata-disk.ts';
import { AtapiCdrom } from './atapi-cdrom.ts';
import { BusMasterIde } from './bus-master-ide.ts';
import { FloppyController } from './floppy-controller.ts';
import { IdeChannel } from './ide-channel.ts';

/** A medium whose every sector is filled with its number. */
function patternMedium(sectors: number, note: (value?: unknown) => void): BlockDevice {
  const device: BlockDevice = {
    name: 'pattern',
    sectors,
    readOnly: false,
    read(offset, target, done) {
      for (let i = 0; i < target.length; i += 512) target.fill((offset + i) >> 9, i, i + 512);
      done(checkRange(device, offset, target.length));
    },
    write(offset, source, done) {
      note([offset, source.length, source.reduce((a, b) => (a * 31 + b) | 0, 0)]);
      done(checkRange(device, offset, source.length));
    },
    flush(done) {
      note('flush');
      done(null);
    },
    discard(offset, length, done) {
      note([offset, length]);
      done(null);
    },
  };
  return device;
}

/** Memory that holds descriptor tables wherever one looks. */
const notedMemory = (note: (value?: unknown) => void) => ({
  read(address: number, target: Uint8Array) {
    for (let i = 0; i < target.length; i++) target[i] = ((address + i) * 37) >> 3;
  },
  write(address: number, source: Uint8Array) {
    note([address, source.length, source[0] ?? 0]);
  },
});

/** A chip whose record has another name: a bundle tells its parts by them. */
function renamed(chip: Chip, name: string): Chip {
  const own = chip.save().name;
  return {
    regions: chip.regions,
    reset: () => chip.reset(),
    save: () => ({ ...chip.save(), name }),
    restore: (record) => chip.restore({ ...record, name: own }),
  };
}

const COMMON_COMMANDS = [0x20, 0x30, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0x25, 0x35, 0xec, 0x40, 0x06, 0xe7, 0xef];

/** A channel with two disks; its first region may be fuzzed, commands come as pushes too. */
const makeIde: BenchMaker = {
  name: 'ide',
  make(clock: FakeClock) {
    const { log, lines, line, note } = recorder();
    const disk = new AtaDisk({ medium: patternMedium(5000, note('disk 0')), clock });
    const other = new AtaDisk({ medium: patternMedium(5000, note('disk 1')), clock });
    const channel = new IdeChannel({ irq: line('irq14'), devices: [disk.interface, other.interface] });
    const empty = new IdeChannel({ irq: line('irq15'), devices: [undefined, undefined] });
    const master = new BusMasterIde({ channels: [channel, empty], memory: notedMemory(note('memory')) });
    const chip = bundle('ide', [channel, master, renamed(disk, 'device 0'), renamed(other, 'device 1')]);
    const [command] = channel.regions;
    return {
      chip: { ...chip, regions: [...channel.regions, ...master.regions] },
      log,
      lines,
      pushes: [
        (value) => command!.write(7, 1, COMMON_COMMANDS[value % COMMON_COMMANDS.length]!),
        (value) => command!.write(6, 1, 0xe0 | ((value & 1) << 4)),
        (value) => command!.write(3, 1, value),
        (value) => command!.write(4, 2, value & 15),
        () => Array.from({ length: 256 }, () => command!.read(0, 2)).join(),
        (value) => Array.from({ length: 256 }, (_, i) => command!.write(0, 2, i * value)).length,
        (value) => master.regions[0]!.write(0, 1, value & 9),
      ],
    };
  },
};

/** A disk by itself: what a snapshot of it holds. */
const makeDisk: BenchMaker = {
  name: 'ata-disk',
  make(clock: FakeClock) {
    const { log, lines, line, note } = recorder();
    const chip = new AtaDisk({ medium: patternMedium(5000, note('disk')), clock });
    const { interface: ata } = chip;
    const irq = line('intrq');
    ata.adapter = { interruptChanged: () => irq.set(ata.state.interrupt), dmaReady: note('dma') };
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => ata.writeCommand(COMMON_COMMANDS[value % COMMON_COMMANDS.length]!),
        (value) => ata.writeRegister(2, value & 7),
        (value) => ata.writeRegister(3 + (value % 4), value & 0x4f),
        () => ata.readStatus(),
        (value) => ata.dmaDirection !== null && ata.moved(value * 256),
        () => Array.from({ length: 256 }, () => ata.readData(2)).join(),
        (value) => Array.from({ length: 256 }, (_, i) => ata.writeData(2, i * value)).length,
        () => ata.softReset(),
        (value) => {
          ata.writeRegister(1, 0xd0 + (value % 11));
          ata.writeRegister(2, 1);
          ata.writeRegister(3, [0, 1, 2, 6, 0x7f, 0x81][value % 6]!);
          ata.writeRegister(4, 0x4f);
          ata.writeRegister(5, 0xc2);
          ata.writeCommand(0xb0);
        },
      ],
    };
  },
};

const SERIAL_COMMANDS = [0x60, 0x61, 0x60, 0x25, 0x35, 0xec, 0xa0, 0x2f, 0x20, 0x30, 0x90, 0xe7, 0x08];

/** Two disks and a CD-ROM drive; the driver's part is to point the ports at memory, and to start them. */
const makeAhci: BenchMaker = {
  name: 'ahci',
  make(clock: FakeClock) {
    const { log, lines, line, note } = recorder();
    const disk = new AtaDisk({ medium: patternMedium(5000, note('disk')), clock, serialAta: true });
    const cdrom = new AtapiCdrom({ medium: patternMedium(4096, note('disc')), clock, serialAta: true });
    // Command headers and FISes wherever one looks: a slot's command is the same each time, its table is at slot * 1 KiB.
    const memory = notedMemory(note('memory'));
    const commandOf = (slot: number): number => SERIAL_COMMANDS[slot % SERIAL_COMMANDS.length]!;
    const chip = new Ahci({
      devices: [disk.interface, undefined, cdrom.interface],
      clock,
      irq: line('irq'),
      again: note('again'),
      memory: {
        ...memory,
        read(address, target) {
          memory.read(address, target);
          const fields = new DataView(target.buffer, target.byteOffset, target.length);
          const slot = (address >> (target.length === 32 ? 5 : 10)) & 31;
          const command = commandOf(slot);
          if (target.length === 32) {
            const descriptors = (slot % 9) << 16;
            fields.setUint32(0, (5 | (command === 0xa0 ? 0x20 : 0) | descriptors) >>> 0, true);
            fields.setUint32(8, slot << 10, true);
          } else if (target.length === 20) {
            target.set([0x27, 0x80, command, slot + 1, slot, 0, 0, 0x40, 0, 0, 0, 0, slot << 3, 0, 0, 0]);
          } else if (target.length === 12) target.set(PACKETS[slot % PACKETS.length]!);
        },
      },
    });
    const [registers] = chip.regions;
    const port = (value: number): number => 0x100 + ((value & 1) !== 0 ? 0x100 : 0);
    return {
      chip: { ...bundle('ahci', [chip, disk, cdrom]), regions: chip.regions },
      log,
      lines,
      pushes: [
        (value) => {
          registers!.write(port(value) + 0x18, 4, 0x11);
          registers!.write(port(value) + 0x14, 4, 0xffff_ffff);
          registers!.write(4, 4, 2);
        },
        (value) => {
          const slot = (value >> 1) & 31;
          if ((value & 0x80) !== 0) {
            registers!.write(port(value) + 0x2c, 4, (value >> 6) & 1);
            registers!.write(port(value) + 0x2c, 4, 0);
            registers!.write(port(value) + 0x18, 4, 0x10);
            registers!.write(port(value) + 0x18, 4, 0x11);
          }
          registers!.write(port(value) + 0x34, 4, 2 ** slot);
          registers!.write(port(value) + 0x38, 4, 2 ** slot);
        },
        (value) => {
          registers!.write(port(value) + 0x18, 4, 0x10);
          registers!.write(port(value) + 0x2c, 4, 1);
          registers!.write(port(value) + 0x2c, 4, 0);
          registers!.write(port(value) + 0x18, 4, 0x11);
        },
        (value) => registers!.write(port(value) + 0x10, 4, 0xffff_ffff),
        () => registers!.write(8, 4, 0x3f),
        (value) => registers!.read(port(value) + 0x38, 4),
      ],
    };
  },
};

const PACKETS = [
  [0x00],
  [0x03, 0, 0, 0, 18],
  [0x12, 0, 0, 0, 36],
  [0x1b, 0, 0, 0, 2],
  [0x1b, 0, 0, 0, 3],
  [0x1e, 0, 0, 0, 1],
  [0x1e],
  [0x25],
  [0x28, 0, 0, 0, 0, 5, 0, 0, 70],
  [0x43, 2, 0, 0, 0, 0, 0, 0, 12],
  [0x46, 0, 0, 0, 0, 0, 0, 0, 255],
  [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8],
  [0x55, 0, 0, 0, 0, 0, 0, 0, 40],
  [0x5a, 0, 0x3f, 0, 0, 0, 0, 1, 0],
  [0xbe, 4, 0, 0, 0, 9, 0, 0, 2, 0x10],
];

/** A CD-ROM drive, with someone who changes its medium. */
const makeCdrom: BenchMaker = {
  name: 'atapi-cdrom',
  make(clock: FakeClock) {
    const { log, lines, line, note } = recorder();
    const medium = patternMedium(4096, note('disc'));
    const trayMoved = note('tray');
    const chip = new AtapiCdrom({ medium, clock, trayMoved });
    const { interface: ata } = chip;
    const irq = line('intrq');
    ata.adapter = { interruptChanged: () => irq.set(ata.state.interrupt), dmaReady: note('dma') };
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => {
          ata.writeRegister(1, value & 1);
          ata.writeCommand(0xa0);
          const packet = PACKETS[value % PACKETS.length]!;
          for (let i = 0; i < 12; i += 2) ata.writeData(2, (packet[i] ?? 0) | ((packet[i + 1] ?? 0) << 8));
        },
        (value) => {
          for (let i = 0; i < 6; i++) ata.writeData(2, value * 0x101);
        },
        (value) => ata.writeCommand([0xa0, 0xa1, 0x08, 0xec, 0xef, 0xe5][value % 6]!),
        (value) => ata.writeRegister(4 + (value & 1), value),
        () => ata.readStatus(),
        (value) => ata.dmaDirection !== null && ata.moved(value * 256),
        () => Array.from({ length: 256 }, () => ata.readData(2)).join(),
        () => chip.insert(medium),
        () => (chip.trayOpen ? undefined : chip.insert(medium)),
        () => ata.softReset(),
      ],
    };
  },
};

const FLOPPY_COMMANDS = [
  [0xe6, 0, 0, 0, 1, 2, 18, 0x1b, 0xff],
  [0x66, 4, 1, 1, 18, 2, 18, 0x1b, 0xff],
  [0xc5, 0, 0, 0, 17, 2, 18, 0x1b, 0xff],
  [0x4d, 0, 2, 3, 0x54, 0xf6],
  [0x4a, 0],
  [0x07, 0],
  [0x0f, 0, 1],
  [0x08],
  [0x03, 0xaf, 2],
  [0x03, 0xaf, 3],
  [0x0e],
  [0x13, 0, 0x57, 0],
  [0x56, 0, 0, 0, 1, 2, 18, 0x1b, 0xff],
];

/** A floppy controller with its DMA channel, and someone who changes the disk. */
const makeFloppy: BenchMaker = {
  name: 'i82077aa',
  make(clock: FakeClock) {
    const { log, lines, line, note } = recorder();
    const dma = new I8237Pair(notedMemory(note('memory')));
    const medium = patternMedium(2880, note('floppy'));
    const chip = new FloppyController({ clock, irq: line('irq6'), dma: dma.channel(2), media: [medium] });
    const [registers] = chip.regions;
    const out = (port: number, value: number): void => dma.regions[0]!.write(port, 1, value);
    return {
      chip: { ...bundle('i82077aa', [chip, dma]), regions: [...chip.regions, dma.regions[0]!] },
      log,
      lines,
      pushes: [
        (value) => registers!.write(2, 1, (value & 15) === 0 ? 0x18 : 0x1c),
        (value) => {
          for (const byte of FLOPPY_COMMANDS[value % FLOPPY_COMMANDS.length]!) registers!.write(5, 1, byte);
        },
        (value) => {
          out(11, (value & 1) === 0 ? 0x46 : 0x4a);
          out(12, 0);
          out(5, value);
          out(5, value & 31);
          out(10, 2);
        },
        () => Array.from({ length: 10 }, () => registers!.read(5, 1)).join(),
        () => Array.from({ length: 512 }, () => registers!.read(5, 1)).length,
        () => chip.changeMedium(0, medium),
      ],
    };
  },
};

const makeDma: BenchMaker = {
  name: 'i8237-pair',
  make() {
    const { log, lines, note } = recorder();
    const chip = new I8237Pair(notedMemory(note('memory')));
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => chip.channel(value & 3).transfer(new Uint8Array(value), (value & 4) !== 0),
        (value) => chip.channel(5 + (value % 3)).transfer(new Uint8Array(value), (value & 4) !== 0),
      ],
    };
  },
};

export const STORAGE_BENCHES: readonly BenchMaker[] = [
  makeIde,
  makeAhci,
  makeDisk,
  makeCdrom,
  makeDma,
  makeFloppy,
];
