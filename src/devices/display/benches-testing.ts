// The display on a bench (see test-benches.ts).
import { type BenchMaker, bundle, recorder } from '../bench-testing.ts';
import { plainMemory, withMemory } from '../plain-memory-testing.ts';
import { buildEdid } from './edid.ts';
import { Vga } from './vga.ts';
import { vgaMmio } from './vga-pci.ts';
import { VgaScreen } from './vga-screen.ts';

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
