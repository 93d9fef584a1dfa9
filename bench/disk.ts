// A disk that is read and written at full speed: `dd` in a Linux guest on an IDE and on an AHCI disk, Doppel against
// QEMU's TCG, the same kernel, drivers (Debian's ata_piix and ahci), initramfs and image, in turns. The image is in the
// host's page cache for both, so that what counts is what the emulators do. Time is taken outside of the guest, between
// two lines on its serial line.
//
//   node bench/disk.ts [options], see DISK_HELP
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBusyboxInitramfs } from '../src/backend/initramfs/busybox.ts';
import type { CpioEntry } from '../src/backend/initramfs/cpio.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../src/host/node/debian-packages.ts';
import { fetchKernelModules } from '../test/guest/kernel-modules.ts';
import { wholeNumber } from './options.ts';
import { type EmulatorCommand, emulatorCommand, type GuestFiles, missing } from './peers/emulators.ts';
import { type Cost, LinuxGuest, type ProgramRun } from './peers/linux-guest.ts';
import {
  type Goal,
  goalRows,
  hostLine,
  median,
  progress,
  progressDone,
  ratio,
  seconds,
  table,
} from './report.ts';

type Peer = 'doppel' | 'qemu';
type Bus = 'ide' | 'ahci';
const BUSES: readonly Bus[] = ['ide', 'ahci'];

/** MiB of the image: the first are read, the last written. */
const IMAGE = 512;
const READ = 384;
/** How often without the guest's page cache. */
const TIMES = 8;
const WRITTEN = 128;
/** Small requests: MiB, as there are so many of them. */
const SMALL = 64;
/** MiB whose sum is compared. */
const SAMPLE = 8;
const LIMIT = 300;
const TIME_GOAL = 1.5;

interface Row {
  readonly name: string;
  readonly what: string;
  /** What is timed, a shell command, and what comes before. */
  readonly command: string;
  readonly before?: string;
  /** The goal of the project is about those. */
  readonly counts: boolean;
  readonly mebibytes: number;
}

const times = (dd: string) => `for i in $(seq ${TIMES}); do ${dd} || exit 1; done`;
const COLD = 'echo 3 > /proc/sys/vm/drop_caches';
const ROWS: readonly Row[] = [
  {
    name: 'read',
    what: 'read, bs=1M',
    command: `dd if=/dev/sda of=/dev/null bs=1M count=${READ}`,
    before: COLD,
    counts: true,
    mebibytes: READ,
  },
  {
    name: 'read-direct',
    what: 'read, bs=1M iflag=direct',
    command: times(`dd if=/dev/sda of=/dev/null bs=1M count=${READ} iflag=direct`),
    counts: true,
    mebibytes: TIMES * READ,
  },
  {
    name: 'read-small',
    what: 'read, bs=4k iflag=direct',
    command: `dd if=/dev/sda of=/dev/null bs=4k count=${SMALL * 256} iflag=direct`,
    counts: true,
    mebibytes: SMALL,
  },
  {
    name: 'write',
    what: 'write, bs=1M conv=fsync',
    command: `dd if=/dev/zero of=/dev/sda bs=1M count=${WRITTEN} seek=${IMAGE - WRITTEN} conv=fsync`,
    counts: false,
    mebibytes: WRITTEN,
  },
  {
    name: 'write-direct',
    what: 'write, bs=1M oflag=direct',
    command: times(`dd if=/dev/zero of=/dev/sda bs=1M count=${WRITTEN} seek=${IMAGE - WRITTEN} oflag=direct`),
    counts: false,
    mebibytes: TIMES * WRITTEN,
  },
];

export const DISK_HELP = `node bench/disk.ts [options]: dd in a Linux guest on IDE and AHCI disks, Doppel and QEMU's TCG in turns

  --rounds N       boots of each, with a run of everything; medians count (default 3)
  --bus ide|ahci   one of them (default: both)
  --only A,B       only these of ${ROWS.map(({ name }) => name).join(', ')}
  --no-qemu        Doppel alone
  --clock wall|cpu what the goals compare (default wall); cpu is the CPU time of all of an emulator's threads
  --append TEXT    more words for the kernel's command line
`;

export interface DiskOptions {
  readonly rounds: number;
  readonly buses: readonly Bus[];
  readonly rows: readonly Row[];
  readonly peers: readonly Peer[];
  readonly clock: keyof Cost;
  readonly append: string;
}

/** Runs the comparison, prints its table, and answers how it compares with the goal. */
export async function diskBenchmark(options: DiskOptions): Promise<Goal[]> {
  const peers = options.peers.filter((peer) => {
    const why = missing(peer, 64);
    if (why) process.stderr.write(`${why}; left out of the comparison\n`);
    return why === null;
  });
  process.stdout.write(`\nDisks (${await hostLine()})\n\n`);
  const folder = mkdtempSync(join(tmpdir(), 'doppel-bench-'));
  try {
    const image = join(folder, 'disk.img');
    const sample = writeImage(image);
    const files = await guestFiles(folder, options);
    const runs = new Map<string, Cost[]>();
    for (let round = 1; round <= options.rounds; round++) {
      for (const bus of options.buses) {
        for (const peer of peers) {
          const say = (what: string) =>
            progress(`round ${round} of ${options.rounds}: ${peer}, ${bus}, ${what}`);
          const visited = await visit(peer, bus, files, image, options.rows, sample, say);
          for (const [name, cost] of visited) {
            const key = `${peer} ${bus} ${name}`;
            runs.set(key, [...(runs.get(key) ?? []), cost]);
          }
        }
      }
    }
    progressDone();
    return report(runs, peers, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An image without holes or repetitions; answers the first digits of its first SAMPLE MiB's md5. */
export function writeImage(path: string): string {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16, 2));
  const zeros = new Uint8Array(1 << 20);
  const file = openSync(path, 'w');
  const hash = createHash('md5');
  for (let index = 0; index < IMAGE; index++) {
    const bytes = stream.update(zeros);
    if (index < SAMPLE) hash.update(bytes);
    writeSync(file, bytes);
  }
  closeSync(file);
  return `0x${hash.digest('hex').slice(0, 8)}`;
}

/** Everything of the image is in the host's cache afterwards. */
function warm(path: string): void {
  const file = openSync(path, 'r');
  const piece = new Uint8Array(1 << 20);
  while (readSync(file, piece) > 0);
  closeSync(file);
}

export async function guestFiles(folder: string, options: DiskOptions): Promise<GuestFiles> {
  const kernel = await fetchDebianKernel('amd64');
  const busybox = await fetchDebianBusybox('amd64');
  const modules = await fetchKernelModules('amd64', ['ata_piix', 'ahci', 'sd_mod']);
  const script = (name: string, ...lines: string[]): CpioEntry => ({
    kind: 'file',
    path: `bench/${name}`,
    mode: 0o755,
    bytes: new TextEncoder().encode(`#!/bin/sh\n${lines.join('\n')}\n`),
  });
  const ended = (sum: string) => `echo @end 0x${sum}`;
  const initrd = join(folder, 'initramfs');
  const extra = [
    ...modules.files,
    { kind: 'directory', path: 'bench' } as const,
    script('load', 'echo @begin', modules.load, 'until [ -b /dev/sda ]; do sleep 0.2; done', ended('0')),
    script(
      'sample',
      'echo @begin',
      `sum=$(dd if=/dev/sda bs=1M count=${SAMPLE} 2>/dev/null | md5sum | head -c 8)`,
      ended('$sum'),
    ),
    ...ROWS.map(({ name, before, command }) =>
      script(name, before ?? '', 'echo @begin', 'exec 2>/tmp/said', `${command} && ${ended('0')}`),
    ),
  ];
  writeFileSync(initrd, buildBusyboxInitramfs(busybox.bytes, extra));
  const append = `console=ttyS0 quiet mitigations=off ${options.append}`.trim();
  return { kernel: kernel.path, initrd, append };
}

function command(peer: Peer, bus: Bus, files: GuestFiles, image: string): EmulatorCommand {
  const base = emulatorCommand(peer, 64, files, 'jit');
  const own = ['--disk', bus === 'ide' ? image : `${image},bus=ahci`];
  const drive = ['-drive', `file=${image},format=raw,if=${bus === 'ide' ? 'ide' : 'none,id=disk'}`];
  const adapter = bus === 'ide' ? [] : ['-device', 'ahci,id=sata', '-device', 'ide-hd,drive=disk,bus=sata.0'];
  return { ...base, arguments: [...base.arguments, ...(peer === 'doppel' ? own : [...drive, ...adapter])] };
}

async function visit(
  peer: Peer,
  bus: Bus,
  files: GuestFiles,
  image: string,
  rows: readonly Row[],
  sample: string,
  say: (what: string) => void,
): Promise<ReadonlyMap<string, Cost>> {
  say('boot');
  warm(image);
  const { guest } = await LinuxGuest.boot(peer, command(peer, bus, files, image), LIMIT);
  try {
    await guest.run('load', 0, LIMIT);
    const { checksum } = await guest.run('sample', 0, LIMIT);
    if (checksum !== sample) throw new Error(`${peer} ${bus}: the guest reads ${checksum}, not ${sample}`);
    const runs = new Map<string, ProgramRun>();
    for (const { name } of rows) {
      say(name);
      runs.set(name, await guest.run(name, 0, LIMIT));
    }
    return runs;
  } finally {
    await guest.stop();
  }
}

function report(runs: ReadonlyMap<string, Cost[]>, peers: readonly Peer[], options: DiskOptions): Goal[] {
  const both = peers.includes('qemu');
  const goals: Goal[] = [];
  const rows: string[][] = [
    ['', 'Doppel', 'MiB/s', ...(both ? ['QEMU TCG', 'MiB/s', 'ratio', 'CPU time'] : ['CPU time'])],
  ];
  for (const bus of options.buses) {
    for (const { name, what, counts, mebibytes } of options.rows) {
      const of = (peer: Peer, clock: keyof Cost) =>
        runs.get(`${peer} ${bus} ${name}`)!.map((cost) => cost[clock]);
      const show = (peer: Peer) => {
        const time = median(of(peer, 'wall'));
        return [seconds(time), ((mebibytes * 1e9) / time).toFixed(0)];
      };
      const compare = (clock: keyof Cost) => {
        const times = of('qemu', clock);
        return median(of('doppel', clock).map((time, i) => time / times[i]!));
      };
      const title = `${bus === 'ide' ? 'IDE' : 'AHCI'} ${what}`;
      const goal = counts && bus === 'ide';
      const text = `${title} within ${TIME_GOAL} times QEMU TCG's time`;
      if (!both) {
        rows.push([title, ...show('doppel'), seconds(median(of('doppel', 'cpu')))]);
        if (goal) goals.push({ text, measured: 'not measured', met: null });
        continue;
      }
      rows.push([title, ...show('doppel'), ...show('qemu'), ratio(compare('wall')), ratio(compare('cpu'))]);
      const measured = compare(options.clock);
      if (goal) goals.push({ text, measured: ratio(measured), met: measured <= TIME_GOAL });
    }
  }
  process.stdout.write(`${table(rows)}\n`);
  return goals;
}

/** null when help was asked for. Throws an Error that says which word is wrong. */
export function parseDiskOptions(words: readonly string[]): DiskOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '3' },
      bus: { type: 'string' },
      only: { type: 'string' },
      'no-qemu': { type: 'boolean', default: false },
      clock: { type: 'string', default: 'wall' },
      append: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const buses = BUSES.filter((bus) => values.bus === undefined || values.bus === bus);
  if (buses.length === 0) throw new Error(`--bus ${values.bus} is neither ide nor ahci`);
  if (values.clock !== 'wall' && values.clock !== 'cpu') {
    throw new Error(`--clock ${values.clock} is neither wall nor cpu`);
  }
  return {
    rounds: wholeNumber('--rounds', values.rounds, 100),
    buses,
    rows: values.only === undefined ? ROWS : values.only.split(',').map(findRow),
    peers: values['no-qemu'] ? ['doppel'] : ['doppel', 'qemu'],
    clock: values.clock,
    append: values.append,
  };
}

function findRow(name: string): Row {
  const found = ROWS.find((row) => row.name === name);
  if (!found) throw new Error(`--only ${name}: --help lists them`);
  return found;
}

if (import.meta.main) {
  try {
    const options = parseDiskOptions(process.argv.slice(2));
    process.stdout.write(options ? goalRows(await diskBenchmark(options)) : DISK_HELP);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
