// What a guest that waits costs the host: CPU time of all threads of `doppel run`, as a share of one core. Each guest is
// brought to where it waits by the machine's control socket, as a user would, and then left alone. It is measured in slices,
// so that one collection of garbage, which is a matter of a slice, is seen as what it is.
//
//   node bench/idle.ts [options], see IDLE_HELP
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildBusyboxInitramfs } from '../src/backend/initramfs/busybox.ts';
import { ControlClient } from '../src/host/node/control/client.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../src/host/node/debian-packages.ts';
import { TestClient } from '../src/host/node/vnc/testing.ts';
import { fatImage } from '../test/guests/fat-image.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles } from '../test/guests/packages.ts';
import { wholeNumber } from './options.ts';
import { cpuTime } from './peers/process-cost.ts';
import { type Goal, goalRows, hostLine, median, progress, progressDone, table } from './report.ts';

/** Percent of a core. */
const GOAL = 3;
/** Seconds between coming to where it waits and the measurement, of a slice of it, and for coming there. */
const SETTLING = 3;
const SLICE = 3;
const LIMIT = 240;
/** Seconds between two looks at the screen until then. */
const LOOK = 0.25;
const OUTPUT_KEPT = 2000;

interface Guest {
  readonly name: string;
  readonly what: string;
  /** Options of `doppel run`. */
  readonly arguments: readonly string[];
  /** Does what is to be done until it waits. */
  readonly lead: (guide: Guide) => Promise<void>;
  /** Whether a VNC client looks on. */
  readonly viewer?: boolean;
}

/** Works a machine through its control socket. */
interface Guide {
  readonly see: (text: string) => Promise<void>;
  readonly seeOnLine: (text: string) => Promise<void>;
  readonly type: (text: string) => Promise<void>;
  readonly press: (...keys: string[]) => Promise<void>;
  readonly sleep: (seconds: number) => Promise<void>;
}

const SEABIOS = ['seabios', 'grub-rescue-pc'];

/** Boot sectors that wait, by the loop that they are in (at 0000:7C00, interrupts on). */
const LOOPS: Readonly<Record<string, readonly [what: string, code: readonly number[]]>> = {
  hlt: ['HLT, woken 18 times a second', [0xf4, 0xeb, 0xfd]],
  'int-16': ['INT 16h, AH=01h', [0xb4, 0x01, 0xcd, 0x16, 0x74, 0xfa, 0xeb, 0xf8]],
  jump: ['jumps to itself', [0xeb, 0xfe]],
  pit: [
    'reads the PIT until its count is what it never is',
    // xor al,al; out 43h,al; in al,40h; mov ah,al; in al,40h; or ax,ax... : `jmp` back whatever it reads
    [0x30, 0xc0, 0xe6, 0x43, 0xe4, 0x40, 0x88, 0xc4, 0xe4, 0x40, 0xeb, 0xf4],
  ],
};

export const IDLE_HELP = `node bench/idle.ts [options]: what guests that wait cost, in percent of one core

  --seconds N      how long each is measured, in slices of ${SLICE} (default 30)
  --only A,B       only these of linux, linux-text, linux-picture, grub, grub-seabios, ${Object.keys(LOOPS).join(', ')}
`;

export interface IdleOptions {
  readonly seconds: number;
  readonly only: readonly string[] | null;
}

/** Measures each guest, prints the table, and answers how they compare with the goal. */
export async function idleBenchmark(options: IdleOptions): Promise<Goal[]> {
  const why = missing([...SEABIOS, ...CD_PACKAGES], CD_TOOLS);
  if (why !== false) {
    process.stdout.write(`\nIdle guests: left out, ${why}\n`);
    return [];
  }
  process.stdout.write(`\nGuests that wait (${await hostLine()})\n\n`);
  const folder = mkdtempSync(join(tmpdir(), 'doppel-bench-'));
  const rows = [['guest, % of a core', 'mean', 'median', 'first', 'dearest']];
  const goals: Goal[] = [];
  const port = await freePort();
  try {
    for (const guest of await guests(folder, options.only, port)) {
      progress(`idle: ${guest.what}`);
      const slices = (await measure(guest, options.seconds, port)).map((share) => share * 100);
      const mean = slices.reduce((sum, share) => sum + share, 0) / slices.length;
      const figures = [mean, median(slices), slices[0]!, Math.max(...slices)];
      rows.push([guest.what, ...figures.map((share) => share.toFixed(2))]);
      const text = `costs below ${GOAL} % of a core while it waits: ${guest.what}`;
      goals.push({ text, measured: `${mean.toFixed(2)} %`, met: mean < GOAL });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  progressDone();
  process.stdout.write(`${table(rows)}\n`);
  return goals;
}

async function guests(folder: string, only: readonly string[] | null, port: number): Promise<Guest[]> {
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const { bytes: kernelBytes, path: kernel } = await fetchDebianKernel('amd64');
  const initrdBytes = buildBusyboxInitramfs((await fetchDebianBusybox('amd64')).bytes);
  const initrd = file('initramfs', initrdBytes);
  const files = await packageFiles(SEABIOS, /\/(bios-256k\.bin|vgabios-stdvga\.bin|grub-rescue-cdrom\.iso)$/);
  const cd = await makeCd(
    'DEFAULT linux\nLABEL linux\nKERNEL /vmlinuz\nINITRD /initrd\nAPPEND vga=791 console=tty0 console=ttyS0 quiet\n',
    [
      { path: 'vmlinuz', bytes: kernelBytes },
      { path: 'initrd', bytes: initrdBytes },
    ],
  );
  const picture = file('picture.iso', cd);
  // Partitionless: GRUB looks for files on the whole disk.
  const menu = 'set timeout=100000\nmenuentry "This one" { true }\nmenuentry "That one" { true }\n';
  const config = file('config.img', fatImage('grub.cfg', new TextEncoder().encode(menu)));
  const grub = ['--cdrom', file('grub.iso', files.get('grub-rescue-cdrom.iso')!), '--disk', config];
  const seabios = [
    ...['--bios', file('bios.bin', files.get('bios-256k.bin')!)],
    ...['--video-bios', file('vgabios.bin', files.get('vgabios-stdvga.bin')!)],
  ];
  const screen = ['--serial', 'none', '--display', `vnc=${port}`];
  const grubMenu = async ({ see, type, press }: Guide): Promise<void> => {
    await see('*GNU');
    await press('c');
    await see('grub>');
    await type('configfile (hd0)/grub.cfg\n');
    await see('executed automatically');
  };
  const text = ['--kernel', kernel, '--initrd', initrd, '--append', 'console=tty0 quiet', ...screen];
  const all: Guest[] = [
    {
      name: 'linux',
      what: 'Linux at a prompt on its serial line',
      arguments: ['--kernel', kernel, '--initrd', initrd, '--append', 'console=ttyS0 quiet'],
      lead: ({ seeOnLine }) => seeOnLine('doppel:~#'),
    },
    {
      name: 'linux-text',
      what: 'Linux on the text screen, a VNC client looks on',
      arguments: text,
      lead: ({ see }) => see('doppel:~#'),
      viewer: true,
    },
    {
      name: 'linux-picture',
      what: 'Linux on a framebuffer of 1024 x 768, a VNC client looks on',
      arguments: ['--cdrom', picture, '--display', `vnc=${port}`],
      // What the screen says cannot be read there.
      lead: ({ seeOnLine }) => seeOnLine('doppel:~#'),
      viewer: true,
    },
    { name: 'grub', what: "GRUB's menu with its countdown", arguments: [...grub, ...screen], lead: grubMenu },
    {
      name: 'grub-seabios',
      what: 'the same under SeaBIOS',
      arguments: [...seabios, ...grub, '--boot', 'cdrom', ...screen],
      lead: grubMenu,
    },
    ...Object.entries(LOOPS).map(([name, [what, code]]): Guest => {
      const sector = new Uint8Array(1 << 20);
      sector.set([0xfb, ...code]);
      sector.set([0x55, 0xaa], 510);
      return {
        name,
        what: `a boot sector that ${/^[A-Z]/.test(what) ? `does ${what}` : what}`,
        arguments: ['--disk', file(`${name}.img`, sector), ...screen],
        lead: ({ sleep }) => sleep(2),
      };
    }),
  ];
  const unknown = only?.find((name) => !all.some((guest) => guest.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no guest ${unknown}`);
  return only === null ? all : all.filter(({ name }) => only.includes(name));
}

/** The share of one core, from 0 up, in each slice. */
async function measure(guest: Guest, seconds: number, port: number): Promise<number[]> {
  const name = `bench-idle-${guest.name}-${process.pid}`;
  const doppel = fileURLToPath(new URL('../bin/doppel.js', import.meta.url));
  const child = spawn(process.execPath, [doppel, 'run', ...guest.arguments, '--name', name], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes).slice(-OUTPUT_KEPT);
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let viewer: TestClient | undefined;
  try {
    const control = await connected(name, child);
    await guest.lead(guide(control));
    if (guest.viewer) viewer = await look(port);
    control.close();
    await pause(SETTLING);
    const slices: number[] = [];
    while (slices.length < Math.max(1, Math.round(seconds / SLICE))) {
      const [cpu, time] = [cpuTime(child.pid!), performance.now()];
      await pause(SLICE);
      slices.push((cpuTime(child.pid!) - cpu) / ((performance.now() - time) * 1e6));
    }
    return slices;
  } catch (error) {
    const how = child.exitCode === null ? '' : ` (doppel run has ended with status ${child.exitCode})`;
    throw new Error(`${guest.name}: ${(error as Error).message}${how}\n${said}`, { cause: error });
  } finally {
    viewer?.close();
    child.kill('SIGTERM');
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    process.off('exit', kill);
  }
}

/** A TCP port that nobody uses now. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0));
    });
  });
}

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function connected(name: string, child: ChildProcess): Promise<ControlClient> {
  const end = performance.now() + LIMIT * 1000;
  for (;;) {
    try {
      return await ControlClient.connect(name);
    } catch (error) {
      if (child.exitCode !== null || performance.now() > end) throw error;
      await pause(LOOK);
    }
  }
}

function guide(control: ControlClient): Guide {
  const wait = async (text: string, on: 'screen' | 'serial'): Promise<void> => {
    await control.perform({ action: 'wait', text, regex: false, on, line: 0, seconds: LIMIT });
  };
  return {
    see: (text) => wait(text, 'screen'),
    seeOnLine: (text) => wait(text, 'serial'),
    type: async (text) => {
      await control.perform({ action: 'type', text });
    },
    press: async (...keys) => {
      await control.perform({ action: 'key', keys });
    },
    sleep: pause,
  };
}

/** A client that looks on for as long as there is something to see. */
async function look(port: number): Promise<TestClient> {
  const client = TestClient.connect(port);
  await client.open();
  // CopyRect, ZRLE, Raw, DesktopSize.
  client.setEncodings([1, 16, 0, -223]);
  const goOn = async (): Promise<void> => {
    await client.update(false);
    for (;;) await client.update();
  };
  goOn().catch(() => {});
  return client;
}

/** null when help is asked for. */
export function parseIdleOptions(words: readonly string[]): IdleOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seconds: { type: 'string', default: '30' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  return { seconds: wholeNumber('--seconds', values.seconds, 3600), only: values.only?.split(',') ?? null };
}

if (import.meta.main) {
  try {
    const options = parseIdleOptions(process.argv.slice(2));
    if (options) process.stdout.write(goalRows(await idleBenchmark(options)));
    else process.stdout.write(IDLE_HELP);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
