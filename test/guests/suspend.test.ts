// Suspend to RAM (ACPI S3) of Debian's Linux, as a kernel without firmware, under Doppel's own BIOS, SeaBIOS and OVMF: the machine
// sleeps without using the host's processor, an alarm, a key and the power button wake it, and its disks work as before. And to
// disk (S4).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { memoryFlash } from '../../src/backend/flash/flash-image.ts';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import {
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineOptions } from '../../src/machine/vm/machine-options.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from '../guest/session.ts';
import {
  CD_PACKAGES,
  CD_TOOLS,
  type CdFile,
  makeCd,
  makeUefiCd,
  missing,
  packageFiles,
  UEFI_CD_PACKAGES,
} from './packages.ts';

/** Seconds: generous, since the host may be shared. */
const BOOT_SECONDS = 600;
const COMMAND_SECONDS = 120;
const COMMAND_LINE = 'console=ttyS0 no_timer_check quiet';
const MODULES = ['ata_piix', 'ahci', 'sd_mod'];

interface System {
  readonly kernel: DebianKernel;
  readonly architecture: 'amd64' | 'i386';
  readonly packages: readonly string[];
  /** How a machine starts this kernel and initramfs. */
  readonly start: (
    kernel: Uint8Array,
    initrd: Uint8Array,
  ) => Promise<Pick<MachineOptions, 'boot' | 'display' | 'flash'> & { cd?: Uint8Array }>;
}

const files = (kernel: Uint8Array, initrd: Uint8Array): CdFile[] => [
  { path: 'vmlinuz', bytes: kernel },
  { path: 'initrd', bytes: initrd },
];
const isolinuxCd = (kernel: Uint8Array, initrd: Uint8Array) =>
  makeCd(
    `DEFAULT linux\nLABEL linux\n  KERNEL /vmlinuz\n  INITRD /initrd\n  APPEND ${COMMAND_LINE}\n`,
    files(kernel, initrd),
  );
const rom = async (packageName: string, name: string): Promise<Uint8Array> =>
  (await packageFiles([packageName], new RegExp(`/${name}$`))).get(name)!;

const SYSTEMS: Readonly<Record<string, System>> = {
  'no firmware': {
    kernel: 'amd64',
    architecture: 'amd64',
    packages: [],
    start: async (kernel, initrd) => ({
      boot: { kernel, commandLine: COMMAND_LINE, modules: [{ bytes: initrd }] },
    }),
  },
  'own BIOS': {
    kernel: '686',
    architecture: 'i386',
    packages: CD_PACKAGES,
    start: async (kernel, initrd) => ({
      boot: { media: ['cdrom'] },
      display: {},
      cd: await isolinuxCd(kernel, initrd),
    }),
  },
  SeaBIOS: {
    kernel: 'amd64',
    architecture: 'amd64',
    packages: [...CD_PACKAGES, 'seabios'],
    start: async (kernel, initrd) => ({
      boot: { firmware: await rom('seabios', 'bios-256k.bin'), mediaOrder: ['cdrom'] },
      display: { rom: await rom('seabios', 'vgabios-stdvga.bin') },
      cd: await isolinuxCd(kernel, initrd),
    }),
  },
  OVMF: {
    kernel: 'amd64',
    architecture: 'amd64',
    packages: [...UEFI_CD_PACKAGES, 'ovmf'],
    start: async (kernel, initrd) => ({
      boot: { firmware: await rom('ovmf', 'OVMF_CODE_4M.fd'), mediaOrder: ['cdrom'] },
      flash: memoryFlash((await rom('ovmf', 'OVMF_VARS_4M.fd')).slice()),
      display: {},
      cd: await makeUefiCd(`linux /vmlinuz ${COMMAND_LINE}\ninitrd /initrd\nboot\n`, files(kernel, initrd)),
    }),
  },
};

const content = (factor: number) => Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * factor) ^ (i >> 8));
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

/** Firmware boots as ever then. */
const HIBERNATE: ReadonlySet<string> = new Set(['no firmware', 'own BIOS']);

/** What wakes the machine, some time after it has gone to sleep. */
const WAKERS: readonly {
  name: string;
  before: string;
  wake?: (machine: Machine) => void;
  seconds: number;
}[] = [
  { name: 'the alarm', before: 'echo +3 > /sys/class/rtc/rtc0/wakealarm', seconds: 2 },
  { name: 'a key', before: 'true', wake: (machine) => machine.key('KeyA', true), seconds: 0 },
  { name: 'the power button', before: 'true', wake: (machine) => machine.pressPowerButton(), seconds: 0 },
];

/** A machine with the first of the disks on IDE, the other on AHCI, at its prompt. */
async function start(
  t: TestContext,
  system: System,
  kernel: Uint8Array,
  initrd: Uint8Array,
  disks: readonly [Uint8Array, Uint8Array],
): Promise<GuestSession> {
  const { cd, ...options } = await system.start(kernel, initrd);
  const guest = await GuestSession.start(
    (serial) =>
      new Machine({
        memory: 512 << 20,
        ...options,
        storage: {
          disks: [imageDisk(disks[0]), { medium: imageDisk(disks[1]), bus: 'ahci' }],
          ...(cd && { cdrom: imageDisk(cd, { readOnly: true }) }),
        },
        serial: { write: serial },
        engine: (wires) => new JitVcpu(wires),
        host: nodeHost(),
        reboot: 'end',
      }),
  );
  t.after(async () => {
    await guest.stop();
    guest.machine.close();
  });
  await guest.waitFor(PROMPT, BOOT_SECONDS);
  return guest;
}

async function suspendAndWake(t: TestContext, system: System): Promise<void> {
  const kernel = await fetchDebianKernel(system.kernel);
  const busybox = await fetchDebianBusybox(system.architecture);
  const modules = await fetchKernelModules(system.kernel, MODULES);
  const initrd = buildBusyboxInitramfs(busybox.bytes, modules.files);
  const disks = [content(11), content(7)] as const;
  const guest = await start(t, system, kernel.bytes, initrd, disks);
  const { machine } = guest;
  const run = async (command: string) => (await guest.command(command, COMMAND_SECONDS)).output;
  assert.doesNotMatch(await run(modules.load), /fails/);
  assert.match(await run('cat /sys/power/mem_sleep'), /\[deep\]/);
  for (const { name, before, wake, seconds } of WAKERS) {
    const events: string[] = [];
    let busy = 0;
    machine.onEvent = ({ event }) => {
      events.push(event);
      if (event !== 'suspended') {
        busy = process.cpuUsage().user - busy;
        return;
      }
      busy = process.cpuUsage().user;
      assert.equal(machine.suspended, true);
      if (wake) setTimeout(() => wake(machine), 1500);
    };
    await run(before);
    const began = Date.now();
    const said = await run('echo mem > /sys/power/state; dmesg | tail -30; date +%s');
    const took = (Date.now() - began) / 1000;
    assert.deepEqual(events, ['suspended', 'woken'], `${name}: ${said}`);
    assert.match(said, /Waking up from system sleep state S3/);
    assert.ok(took > 1.5 && took >= seconds, `${name}: after ${took} seconds`);
    assert.ok(busy < 700_000, `${busy} microseconds of the host's processor while the machine slept`);
    assert.ok(Math.abs(Number(/^\d{10}\r?$/m.exec(said)![0]) - Date.now() / 1000) < 5, 'the time of day');
    const sums = await run('echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/sda /dev/sdb');
    for (const disk of disks) assert.match(sums, new RegExp(md5(disk)), name);
    console.log(`${name} has woken it`);
  }
  guest.type('poweroff -f\n');
  assert.deepEqual(await guest.ended, { reason: 'power-off' });
}

/** S4: Linux writes itself to the disk and turns the machine off; another machine with that disk goes on where it stopped. */
async function hibernate(t: TestContext, system: System): Promise<void> {
  const kernel = await fetchDebianKernel(system.kernel);
  const busybox = await fetchDebianBusybox(system.architecture);
  const modules = await fetchKernelModules(system.kernel, MODULES);
  const initrd = buildBusyboxInitramfs(busybox.bytes, modules.files);
  const disks = [new Uint8Array(512 << 20), content(7)] as const;
  const first = await start(t, system, kernel.bytes, initrd, disks);
  const run = async (guest: GuestSession, command: string) =>
    (await guest.command(command, COMMAND_SECONDS)).output;
  assert.doesNotMatch(await run(first, modules.load), /fails/);
  assert.match(await run(first, 'cat /sys/power/disk'), /\[platform\]/);
  await run(first, 'mkswap /dev/sda > /dev/null; swapon /dev/sda; echo it was written before > /told');
  await run(first, 'echo 8:0 > /sys/power/resume');
  first.type('echo disk > /sys/power/state; cat /told; md5sum /dev/sdb; echo all do"ne"\n');
  assert.deepEqual(await first.ended, { reason: 'power-off' });
  const second = await start(t, system, kernel.bytes, initrd, disks);
  assert.doesNotMatch(await run(second, modules.load), /fails/);
  second.type('echo 8:0 > /sys/power/resume\n');
  const said = await second.waitFor('all done', COMMAND_SECONDS);
  assert.match(said, /it was written before/);
  assert.match(said, new RegExp(md5(disks[1])));
  await second.waitFor(PROMPT, COMMAND_SECONDS);
  assert.match(await run(second, 'dmesg'), /PM: hibernation: hibernation exit/);
}

for (const [name, system] of Object.entries(SYSTEMS)) {
  const skip = noGuests() || missing(system.packages, system.packages.length > 0 ? CD_TOOLS : []);
  test(`Linux is suspended and wakes: ${name}`, { skip }, (t) => suspendAndWake(t, system));
  if (HIBERNATE.has(name)) {
    test(`Linux hibernates and goes on: ${name}`, { skip }, (t) => hibernate(t, system));
  }
}
