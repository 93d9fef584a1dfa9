// Flash on a bench (see ../test-benches.ts). Its content is saved with it, which elsewhere is saved with the guest's memory.
import { type BenchMaker, recorder } from '../bench-testing.ts';
import { plainMemory, withMemory } from '../plain-memory-testing.ts';
import { IntelFlash } from './intel-flash.ts';

const SIZE = 0x4000;
const COMMANDS = [0x20, 0x10, 0x40, 0xe8, 0x60, 0x70, 0x90, 0x98, 0x50, 0xff];

const makeFlash: BenchMaker = {
  name: 'intel-flash',
  make() {
    const { log, lines, line, note } = recorder();
    const stored = note('stored');
    const memory = plainMemory('flash', SIZE);
    const array = line('array');
    const chip = new IntelFlash({
      memory,
      image: {
        name: 'bench',
        size: SIZE,
        readOnly: false,
        load: (target) => void target.fill(0x5a),
        store(offset, bytes) {
          stored([offset, bytes.length, bytes[0]]);
          return offset % 5 !== 4;
        },
      },
      showArray: (shown) => array.set(shown),
    });
    const { write, read } = chip.regions[0]!;
    return {
      chip: withMemory(chip, memory),
      log,
      lines,
      pushes: [
        (value) => write(value << 6, 1, COMMANDS[value % COMMANDS.length]!),
        (value) => write(value << 6, 1, value & 1 ? 0xd0 : value & 7),
        (value) => [write(value << 6, 1, 0x20), write(value << 6, 1, 0xd0), read(value << 6, 4)],
        (value) => [
          write(value, 1, 0x40),
          write(value, 2, value * 0x101),
          write(value, 1, 0xff),
          read(value, 4),
        ],
      ],
    };
  },
};

export const FLASH_BENCHES: readonly BenchMaker[] = [makeFlash];
