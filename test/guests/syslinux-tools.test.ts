// Syslinux's own tools (package syslinux-common), from a CD: what they find out by the BIOS and its tables, and the graphical
// menu, which draws in a VBE mode. Under Doppel's own BIOS.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles } from './packages.ts';

/** Milliseconds: generous, since the host may be shared. */
const WAIT = 180_000;
const skip = missing(CD_PACKAGES, CD_TOOLS);

/** Boots a CD whose ISOLINUX starts this tool; a second entry is there for menus. */
async function start(t: TestContext, tool: string): Promise<Machine> {
  const files = await packageFiles(CD_PACKAGES, /modules\/bios\/[^/]+\.c32$/);
  const entries = `LABEL one\n  COM32 /isolinux/${tool}\nLABEL two\n  MENU LABEL Second\n  COM32 /isolinux/reboot.c32\n`;
  const cd = await makeCd(
    `DEFAULT one\n${entries}`,
    [...files].map(([name, bytes]) => ({ path: `isolinux/${name}`, bytes })),
  );
  const machine = new Machine({
    memory: 128 << 20,
    boot: { media: ['cdrom'] },
    storage: { cdrom: imageDisk(cd, { readOnly: true }), disks: [imageDisk(new Uint8Array(16 << 20))] },
    display: {},
    serial: { write() {} },
    engine: (wires) => new JitVcpu(wires),
    host: nodeHost(),
  });
  const ended = machine.run();
  t.after(async () => {
    machine.stop();
    await ended;
    machine.close();
  });
  return machine;
}

test('disk.c32: EDD', { skip }, async (t) => {
  const machine = await start(t, 'disk.c32');
  const says = await waitForScreenText(machine, /Interface type: +ATA/, WAIT);
  assert.match(says, /EDD version: 30/);
  assert.match(says, /16 heads, 32 cylinders\n +32768 sectors, 512 bytes/);
});

test('meminfo.c32: the memory map', { skip }, async (t) => {
  const machine = await start(t, 'meminfo.c32');
  const says = await waitForScreenText(machine, /0000000008000000x 1 \[1\] usable/, WAIT);
  assert.match(says, /DOS RAM: 639K/);
});

test('hdt.c32: PCI, DMI, VESA', { skip }, async (t) => {
  const machine = await start(t, 'hdt.c32');
  await waitForScreenText(machine, /PCI Devices\( ?\d+\).*>/, WAIT);
  // System, the seventh entry.
  for (let i = 0; i < 6; i++)
    await machine.pressKeys([
      { code: 'ArrowDown', pressed: true },
      { code: 'ArrowDown', pressed: false },
    ]);
  await machine.type('\n');
  await waitForScreenText(machine, /Manufacturer|Vendor/, WAIT);
});

test('vesamenu.c32: the graphical menu', { skip }, async (t) => {
  const machine = await start(t, 'vesamenu.c32');
  const end = performance.now() + WAIT;
  // The background has thousands of shades, a text screen sixteen.
  const shades = () => new Set(machine.screen!.frame().pixels).size;
  while (machine.screen!.text() !== undefined || shades() < 100) {
    assert.ok(performance.now() < end, 'no graphical menu');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { width, height } = machine.screen!.frame();
  assert.deepEqual([width, height], [640, 480]);
});
