// The display on a bench (see test-benches.ts).
import { DoppelError } from '../../base/errors.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import { type BenchMaker, bundle, recorder } from '../bench-testing.ts';
import type { Chip } from '../chip.ts';
import { buildEdid } from './edid.ts';
import { Vga } from './vga.ts';
import { vgaMmio } from './vga-pci.ts';
import { VgaScreen } from './vga-screen.ts';

/** Plain memory without a guest that could write to it. */
function plainMemory(name: string, size: number): PlainMemory {
  const written = new Set<number>();
  return {
    name,
    writable: true,
    bytes: new Uint8Array(size),
    written: (offset) => void written.add(offset >> 12),
    takeWritten(pages) {
      for (const page of written) pages[page] = 1;
      const any = written.size > 0;
      written.clear();
      return any;
    },
  };
}

/** A chip whose memory is saved and restored with it. */
function withMemory(chip: Chip, memory: PlainMemory): Chip {
  return {
    ...chip,
    save() {
      const record = chip.save();
      return { ...record, fields: { ...record.fields, memory: memory.bytes.slice() } };
    },
    restore(record) {
      const { memory: saved } = record.fields;
      if (!(saved instanceof Uint8Array) || saved.length !== memory.bytes.length) {
        throw new DoppelError('the memory is missing');
      }
      chip.restore(record);
      memory.bytes.set(saved);
    },
  };
}

/** A VGA with its memory, which elsewhere is saved with the guest's. */
const makeVga: BenchMaker = {
  name: 'vga',
  make(clock) {
    const memory = plainMemory('video-memory', 0x4_0000);
    const vga = new Vga({ clock, memory });
    const mmio = vgaMmio(vga, buildEdid({ width: 1024, height: 768 }));
    const screen = new VgaScreen(vga);
    const { log, lines } = recorder();
    return {
      chip: withMemory({ ...bundle('display', [vga]), regions: [...vga.regions, mmio] }, memory),
      log,
      lines,
      pushes: [
        // Looking changes nothing, whatever the registers say.
        () => void screen.refresh(),
        () => screen.text()?.columns,
        (value) => vga.regions[4]!.write(value * 0x101, 4, value * 0x0101_0101),
        (value) => vga.regions[4]!.read(0x1_8000 + value, 2),
      ],
    };
  },
};

export const DISPLAY_BENCHES: readonly BenchMaker[] = [makeVga];
