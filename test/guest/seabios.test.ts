// SeaBIOS (Debian package seabios) as the machine's firmware: its power-on self-test, followed on its debug port
// 0x402, finds the chipset, memory, fw_cfg, serial port and keyboard, and ends where it looks for something to boot.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { VgaScreen } from '../../src/devices/display/vga-screen.ts';
import { InterpVcpu } from '../../src/engine/interp/interp-vcpu.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianPackage, readDebianPackage } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { BootOrder } from '../../src/machine/pc/own-bios.ts';
import type { StorageOptions } from '../../src/machine/pc/storage.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineOptions } from '../../src/machine/vm/machine-options.ts';

const MIB = 2 ** 20;
const FLOPPY_BYTES = 1_474_560;
const images = new Map<string, Uint8Array>();

before(async () => {
  for (const [name, wanted] of [
    ['seabios', /\/(bios|bios-256k|vgabios-stdvga)\.bin$/],
    ['grub-rescue-pc', /\/grub-rescue-(cdrom\.iso|floppy\.img)$/],
  ] as const) {
    const file = fetchDebianPackage(name, 'amd64');
    for await (const member of readDebianPackage(file, (path) => wanted.test(path))) {
      if (member.kind === 'file') images.set(member.path.split('/').at(-1)!, member.bytes);
    }
  }
});

interface Start extends Partial<MachineOptions> {
  readonly image: string;
  /** Ends the run once the firmware has written this. */
  readonly until: string;
}

/** Runs firmware until it writes a text; all that it wrote. */
async function post(start: Start): Promise<string> {
  return (await postAndLook(start)).text;
}
/** And what the screen says then. */
async function postAndLook({ image, until, ...options }: Start): Promise<{ text: string; screen: string[] }> {
  let text = '';
  const firmware = images.get(image);
  assert.ok(firmware, `the package has no ${image}`);
  const machine = new Machine({
    memory: 64 * MIB,
    boot: { firmware },
    serial: { write() {} },
    firmwareConsole: {
      write: (byte) => {
        text += String.fromCharCode(byte);
        if (text.endsWith(until)) machine.stop('found');
      },
    },
    time: 'deterministic',
    host: nodeHost(),
    ...options,
  });
  const timer = setTimeout(() => machine.stop('timeout'), 240_000);
  const end = await machine.run();
  clearTimeout(timer);
  machine.close();
  assert.deepEqual(end, { reason: 'stopped', by: 'found' }, text);
  const { vga } = machine.board;
  return { text, screen: vga ? [...new VgaScreen(vga).text()!.lines] : [] };
}

const END = 'enter handle_18:\n';

for (const [name, engine] of [
  ['interpreter', (wires) => new InterpVcpu(wires)],
  ['translator', (wires) => new JitVcpu(wires)],
] as const satisfies readonly (readonly [string, MachineOptions['engine']])[]) {
  test(`the self-test under the ${name}`, async () => {
    const text = await post({ image: 'bios-256k.bin', until: END, engine });
    for (const line of [
      'Running on QEMU (i440fx)',
      'QEMU fw_cfg DMA interface supported',
      'qemu/e820: addr 0x0000000000000000 len 0x0000000004000000 [RAM]',
      'PCI: init bdf=00:01.3 id=8086:7113',
      'PIIX3/PIIX4 init: elcr=00 0c',
      'Found 1 cpu(s) max supported 1 cpu(s)',
      'PS2 keyboard initialized',
      'All threads complete.',
      '00000000fffc0000 - 0000000100000000 = 2 RESERVED',
      'Boot failed: could not read the boot disk',
    ]) {
      assert.ok(text.includes(line), `${line} is missing in:\n${text}`);
    }
  });
}

test('the image of 128 KiB takes an order of booting from fw_cfg', async () => {
  const boot = { firmware: images.get('bios.bin')!, bootOrder: ['/rom@genroms/none.bin', '/disk'] };
  const text = await post({ image: 'bios.bin', until: END, boot });
  assert.match(text, /boot order:\n1: \/rom@genroms\/none.bin\n2: \/disk\n/);
});

test('with nothing to boot it resets the machine after a minute, through the processor and the chipset', async () => {
  // HALT as the last entry: nothing that is not in the list is tried.
  const boot = { firmware: images.get('bios.bin')!, bootOrder: ['HALT'] };
  const text = await post({ image: 'bios.bin', until: 'Attempting a hard reboot\nSeaBIOS', boot });
  assert.match(text, /No bootable device. {2}Retrying in 60 seconds/);
});

test('with its VGA BIOS it shows on the screen what it does', async () => {
  const { text, screen } = await postAndLook({
    image: 'bios-256k.bin',
    until: 'No bootable device.',
    display: { rom: images.get('vgabios-stdvga.bin')! },
  });
  assert.match(text, /Running option rom at c000:0003\nStart SeaVGABIOS/);
  assert.match(text, /VBE DISPI: lfb_addr=[0-9a-f]{8}, size 16 MB/);
  assert.match(screen[0]!, /^SeaBIOS \(version /);
  assert.match(screen[1]!, /^Booting from /);
  assert.ok(
    screen.some((line) => line.startsWith('No bootable device')),
    screen.join('\n'),
  );
});

const image = (name: string, size = 0) => {
  const bytes = new Uint8Array(Math.max(images.get(name)!.length, size));
  bytes.set(images.get(name)!);
  return imageDisk(bytes, { name });
};

const MEDIA: readonly (readonly [string, BootOrder, () => StorageOptions, RegExp])[] = [
  [
    'a CD before a disk',
    ['cdrom', 'disk'],
    () => ({ cdrom: image('grub-rescue-cdrom.iso'), disks: [image('grub-rescue-cdrom.iso')] }),
    /Booting from DVD\/CD/,
  ],
  [
    'a disk before a CD',
    ['disk', 'cdrom'],
    () => ({ cdrom: image('grub-rescue-cdrom.iso'), disks: [image('grub-rescue-cdrom.iso')] }),
    /Booting from Hard Disk/,
  ],
  [
    'a diskette',
    ['floppy', 'disk'],
    () => ({ floppies: [image('grub-rescue-floppy.img', FLOPPY_BYTES)] }),
    /Booting from Floppy/,
  ],
];

for (const [what, mediaOrder, storage, says] of MEDIA) {
  test(`it boots ${what}`, async () => {
    const { text } = await postAndLook({
      image: 'bios-256k.bin',
      until: 'Booting from 0000:7c00\n',
      boot: { firmware: images.get('bios-256k.bin')!, mediaOrder },
      storage: storage(),
      display: { rom: images.get('vgabios-stdvga.bin')! },
      // It waits for drives, seconds of them: instructions take longer to count.
      time: 'real',
      engine: (wires) => new JitVcpu(wires),
    });
    assert.match(text, says);
    // Our ACPI tables, placed by the script.
    assert.match(text, /^Moving pm_base to 0x600$/m);
    assert.match(text, /^table\(50434146\)=0x[0-9a-f]+ \(via xsdt\)$/m);
  });
}
