// SeaBIOS boots GRUB from every kind of medium: the rescue images of Debian's package grub-rescue-pc, as CD, as floppy and
// as hard disk (the CD's image is for USB sticks too). BIOSes read them by PIO, by the 8237, by LBA, and
// through AHCI.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { VgaScreen } from '../../src/devices/display/vga-screen.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianPackage, readDebianPackage } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { StorageOptions } from '../../src/machine/pc/storage.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { noGuests } from './session.ts';

/** Milliseconds: generous, since the host may be shared. */
const LIMIT = 120_000;
const files = new Map<string, Uint8Array>();

before(async () => {
  if (noGuests() !== false) return;
  for (const name of ['seabios', 'grub-rescue-pc']) {
    const wanted = /\/(bios-256k\.bin|vgabios-stdvga\.bin|grub-rescue-(cdrom\.iso|floppy\.img))$/;
    for await (const member of readDebianPackage(fetchDebianPackage(name, 'amd64'), (path) =>
      wanted.test(path),
    )) {
      if (member.kind === 'file') files.set(member.path.split('/').at(-1)!, member.bytes);
    }
  }
});

/** Runs until GRUB's menu is on the screen; the screen's lines, and what the firmware said. */
async function bootToMenu(storage: StorageOptions): Promise<{ screen: string; messages: string }> {
  let messages = '';
  const machine = new Machine({
    memory: 64 << 20,
    boot: { firmware: files.get('bios-256k.bin')! },
    display: { rom: files.get('vgabios-stdvga.bin')! },
    serial: { write() {} },
    firmwareConsole: {
      write: (byte) => {
        messages += String.fromCharCode(byte);
      },
    },
    storage,
    engine: (wires) => new JitVcpu(wires),
    host: nodeHost(),
  });
  const screen = (): string => [...(new VgaScreen(machine.board.vga!).text()?.lines ?? [])].join('\n');
  const look = setInterval(() => {
    if (screen().includes('Press enter to boot the selected OS')) machine.stop('menu');
  }, 250);
  const limit = setTimeout(() => machine.stop('timeout'), LIMIT);
  const end = await machine.run();
  clearInterval(look);
  clearTimeout(limit);
  machine.close();
  assert.deepEqual(end, { reason: 'stopped', by: 'menu' }, `${messages.slice(-1000)}\n${screen()}`);
  return { screen: screen(), messages };
}

const medium = (name: string) => imageDisk(files.get(name)!.slice(), { readOnly: true });
const ahciDisk = (name: string) => ({ medium: medium(name), bus: 'ahci' as const });
const onAhci = (name: string) => ({ cdrom: medium(name), cdromBus: 'ahci' as const });

for (const [kind, storage, message] of [
  ['CD', () => ({ cdrom: medium('grub-rescue-cdrom.iso') }), 'Booting from DVD/CD...'],
  ['floppy', () => ({ floppies: [medium('grub-rescue-floppy.img')] }), 'Booting from Floppy...'],
  ['hard disk', () => ({ disks: [medium('grub-rescue-cdrom.iso')] }), 'Booting from Hard Disk...'],
  ['CD on AHCI', () => ({ ...onAhci('grub-rescue-cdrom.iso') }), 'Booting from DVD/CD...'],
  ['hard disk on AHCI', () => ({ disks: [ahciDisk('grub-rescue-cdrom.iso')] }), 'Booting from Hard Disk...'],
] as const satisfies readonly (readonly [string, () => StorageOptions, string])[]) {
  test(`GRUB's menu from a ${kind}`, { skip: noGuests() }, async () => {
    const { screen, messages } = await bootToMenu(storage());
    assert.match(screen, /GNU GRUB {2}version 2/);
    assert.ok(messages.includes(message), messages.slice(-1000));
  });
}
