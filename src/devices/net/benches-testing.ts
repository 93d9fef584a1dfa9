// Network cards on benches (see ../test-benches.ts), at a cable that only notes what leaves.
import { type BenchMaker, recorder } from '../bench-testing.ts';
import { E1000 } from './e1000.ts';
import { Ne2000 } from './ne2000.ts';

const makeNe2000: BenchMaker = {
  name: 'ne2000',
  make() {
    const { log, lines, line, note } = recorder();
    const sent = note('sent');
    const room = note('room');
    const network = {
      linkUp: true,
      send: (frame: Uint8Array) => sent([frame.length, frame[0] ?? 0]),
      onRoom: () => room(),
    };
    const chip = new Ne2000({ mac: [2, 0, 0, 0, 0, 1], network, irq: line('irq'), realtek: true });
    const ports = chip.regions[0]!;
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => chip.receive(new Uint8Array(value * 6 + 14).fill((value & 1) === 0 ? 0xff : value)),
        // A ring from page 46h to 80h, as drivers have it, and started.
        (value) => {
          for (const [port, byte] of [
            [0, 0x21],
            [1, 0x46],
            [2, 0x80],
            [3, 0x46 + (value % 0x3a)],
            [0xc, (value & 0x1f) | 4],
            [0xf, value],
            [0xd, 0],
            [0, 0x22],
          ] as const)
            ports.write(port, 1, byte);
        },
        (value) => ports.write(0, 1, value),
        (value) => ports.write(0x10, 2, value * 257),
        () => ports.read(0x10, 4),
      ],
    };
  },
};

const makeE1000: BenchMaker = {
  name: 'e1000',
  make(clock) {
    const { log, lines, line, note } = recorder();
    const sent = note('sent');
    const room = note('room');
    const written = note('memory');
    const chip = new E1000({
      mac: [2, 0, 0, 0, 0, 1],
      network: {
        linkUp: true,
        send: (frame) => sent([frame.length, frame[0] ?? 0]),
        onRoom: () => room(),
      },
      // Memory that holds descriptors wherever one looks.
      memory: {
        read(address, target) {
          for (let i = 0; i < target.length; i++) target[i] = ((address + i) * 37) >> 3;
        },
        write: (address, source) => written([address, source.length, source[0] ?? 0]),
      },
      irq: line('irq'),
      clock,
    });
    const registers = chip.regions[0]!;
    const out = (offset: number, value: number) => registers.write(offset, 4, value);
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => chip.receive(new Uint8Array(value * 6 + 14).fill((value & 1) === 0 ? 0xff : value)),
        (value) => {
          out(0x100, 0x802e | ((value & 3) << 16));
          out(0x2808, 1024);
          out(0x2818, value & 63);
        },
        (value) => {
          out(0x400, 0xa);
          out(0x3800, value * 16);
          out(0x3808, 1024);
          out(0x3818, value & 63);
        },
        (value) => out(0xd0, value),
        (value) => out(0x2820, value & 3),
        (value) => out(0xc4, value),
        (value) => chip.linkChanged((value & 1) === 0),
        () => registers.read(0xc0, 4),
      ],
    };
  },
};

export const NETWORK_BENCHES: readonly BenchMaker[] = [makeNe2000, makeE1000];
