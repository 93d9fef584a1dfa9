// Network cards on benches (see ../test-benches.ts), at a cable that only notes what leaves.
import { type BenchMaker, recorder } from '../bench-testing.ts';
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

export const NETWORK_BENCHES: readonly BenchMaker[] = [makeNe2000];
