// The command line of `doppel run`, parsed and checked: every mistake is one sentence that says what
// to write instead.
import { parseArgs } from 'node:util';
import { DoppelError } from '../base/errors.ts';
import { checkMachineName } from '../host/node/control/socket-path.ts';
import type { DebugDevice } from '../machine/pc/board.ts';
import type { BootOrder } from '../machine/pc/own-bios.ts';
import { STORAGE_BUSES, type StorageBus } from '../machine/pc/storage.ts';
import { type NetworkOption, parseNetwork } from './network.ts';
import { parseBytes } from './size.ts';

/** What firmware can be told in two bytes of milliseconds. */
const MOST_MENU_SECONDS = 60;
const MOST_SERIAL_LINES = 4;
/** What one can boot from. */
const BOOTABLE = ['floppy', 'cdrom', 'disk'] as const;

export type Accelerator = 'auto' | 'interp' | 'jit' | 'kvm';

/** Where a serial line goes. */
export type SerialTarget =
  | { readonly kind: 'stdio' | 'none' }
  | { readonly kind: 'file'; readonly path: string };

/** Where the screen is shown. */
export type DisplayTarget =
  | { readonly kind: 'none' | 'text' }
  | { readonly kind: 'vnc'; readonly host: string; readonly port: number };

/** A drive's file and what it is plugged into. */
export interface DriveFile {
  readonly path: string;
  readonly bus: StorageBus;
}

export interface RunOptions {
  /** Files without a flag: what they are is seen by their content. */
  readonly files: readonly string[];
  readonly disks: readonly DriveFile[];
  readonly cdrom: DriveFile | undefined;
  readonly floppies: readonly string[];
  readonly networks: readonly NetworkOption[];
  readonly bootOrder: BootOrder | undefined;
  /** Milliseconds. */
  readonly bootMenu: number | undefined;
  readonly kernel: string | undefined;
  /** Firmware to start in, instead of a kernel. */
  readonly bios: string | undefined;
  /** Writable flash memory below that firmware, or that holds it. */
  readonly flash: string | undefined;
  /** Expansion ROM of the display adapter. */
  readonly videoBios: string | undefined;
  readonly initrd: string | undefined;
  readonly append: string;
  /** Modules of PVH and Multiboot kernels: "FILE" or "FILE ARGUMENTS". */
  readonly modules: readonly string[];
  /** Bytes. */
  readonly memory: number;
  readonly cpus: number;
  readonly accelerator: Accelerator;
  /** COM1 and those that follow, up to four. */
  readonly serial: readonly SerialTarget[];
  /** What the machine is called for `doppel ctl`; made up unless given. */
  readonly name: string | undefined;
  readonly display: DisplayTarget;
  /** A file whose first line VNC clients have to know. */
  readonly vncPasswordFile: string | undefined;
  /** Seconds; 0 is none. */
  readonly timeout: number;
  readonly exitOn: string | undefined;
  readonly stats: boolean;
  /** What is traced, and into which file; standard error if none is given. */
  readonly trace: { readonly what: 'jit'; readonly file: string | undefined } | undefined;
  /** Start of the real-time clock: the host's time in UTC, local time, or a fixed moment (ms since 1970). */
  readonly rtc: 'utc' | 'localtime' | number;
  readonly debugExitPort: number | undefined;
  readonly debugDevices: readonly DebugDevice[];
  readonly deterministic: boolean;
  readonly noReboot: boolean;
}

export const RUN_HELP = `Usage: doppel run FILE... [options]
       doppel run --kernel FILE [options]

Boots from a disk or CD-ROM image, or boots a kernel (Linux bzImage, ELF with a PVH note, or Multiboot 1; 32 or 64 bits).
What a FILE without a flag is (kernel, CD-ROM, hard disk, diskette) is seen by its content.

  --disk FILE[,bus=BUS]   a hard disk: a raw image, see \`doppel disk\`; on ide (default) or ahci; may be repeated
  --cdrom FILE[,bus=BUS]  a CD-ROM: an ISO 9660 image; none for a drive that is empty at first (see \`doppel ctl\`)
  --floppy FILE           a diskette, 160 KB to 2.88 MB, or none; may be given twice
  --net KEY=VALUE,...     a network card, may be repeated: model=e1000 (default), ne2k_pci or ne2k_isa
                          (port 300h, IRQ 5), mac=ADDRESS,
                          backend=none (no cable, default) or loopback, pcap=FILE (frames for tcpdump)
  --boot ORDER            what to boot from (default floppy,cdrom,disk)
  --boot-menu SECONDS     wait so long for F12, which shows a menu of the drives (SeaBIOS: Escape)
  --kernel FILE           the kernel
  --bios FILE             a ROM image of 64 KiB to 16 MiB that the processor starts in (SeaBIOS, OVMF), not Doppel's own BIOS
  --pflash FILE           writable flash memory right below that ROM, where UEFI firmware keeps its variables; without
                          --bios it holds the firmware itself
  --video-bios FILE       the display adapter's ROM, with --bios or --pflash
  --initrd FILE           initial RAM disk (Linux)
  --module "FILE [ARGS]"  module of a PVH or Multiboot kernel; may be repeated
  --append TEXT           kernel command line
  --memory SIZE           guest memory, e.g. 64M, 512M, 2G (default 512M, at most 3G)
  --cpus N                virtual processors (default 1, the only number so far)
  --accel NAME            interp: the interpreter alone; jit: with the translator of hot code;
                          auto (default): the fastest that the host can run, which is jit; kvm comes later
  --name NAME             what \`doppel ctl\` calls the machine (unless given: after what it boots)
  --serial TARGET         stdio (default, but none with --display text), file:PATH or none; may be repeated for
                          COM2 to COM4
  --display TARGET        none (default), text: the text screen and keyboard on this terminal, or vnc, vnc=PORT,
                          vnc=HOST:PORT (127.0.0.1:5900 unless given)
  --vnc-password-file F   viewers must know the first line of this file (8 characters count)
  --timeout SECONDS       end the run after so long, with status 124
  --exit-on TEXT          end with status 0 once the serial output contains TEXT
  --stats                 print a table of counters at the end (counting takes a fifth of the speed)
  --trace jit[=FILE]      write down every region as it is translated: guest code, micro-operations, wasm
                          (to standard error, or a file)
  --rtc START             utc (default), localtime, or a moment such as 2026-01-31T12:00:00
  --debug-exit-port PORT  isa-debug-exit: a write of VALUE ends with status (VALUE << 1) | 1
  --debug-device NAME     a device that test suites for hypervisors expect: pc-testdev
  --deterministic         time counts instructions: the same inputs give the same run
  --no-reboot             end when the guest resets the machine
  --help                  this text

On the terminal: Ctrl-A X leaves, Ctrl-A A sends Ctrl-A, Ctrl-A H helps.
What the guest writes to port 0xe9 goes to standard error, and with --bios to port 0x402 as well.
Status: 0 after power-off or --exit-on, 1 for an error, 3 for a triple fault, 124 for a timeout,
130 after an interrupt, 141 when nobody reads the output any more.
`;

const OPTIONS = {
  disk: { type: 'string', multiple: true },
  cdrom: { type: 'string' },
  floppy: { type: 'string', multiple: true },
  net: { type: 'string', multiple: true },
  boot: { type: 'string' },
  'boot-menu': { type: 'string' },
  kernel: { type: 'string' },
  bios: { type: 'string' },
  pflash: { type: 'string' },
  'video-bios': { type: 'string' },
  initrd: { type: 'string' },
  append: { type: 'string' },
  module: { type: 'string', multiple: true },
  memory: { type: 'string' },
  cpus: { type: 'string' },
  accel: { type: 'string' },
  serial: { type: 'string', multiple: true },
  name: { type: 'string' },
  display: { type: 'string' },
  'vnc-password-file': { type: 'string' },
  timeout: { type: 'string' },
  'exit-on': { type: 'string' },
  stats: { type: 'boolean' },
  trace: { type: 'string' },
  rtc: { type: 'string' },
  'debug-exit-port': { type: 'string' },
  'debug-device': { type: 'string', multiple: true },
  deterministic: { type: 'boolean' },
  'no-reboot': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Parses the words after `run`; null when help was asked for. Throws DoppelError. */
export function parseRunOptions(words: readonly string[]): RunOptions | null {
  let values: ReturnType<typeof parse>['values'];
  let files: string[];
  try {
    ({ values, positionals: files } = parse(words));
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/\. |\n/, 1)[0]! : String(error);
    const [, flag] = /^Option '(--[a-z-]+)' argument is ambiguous/.exec(message) ?? [];
    const what = flag
      ? `${flag} needs a value: one that begins with a hyphen is written ${flag}=VALUE`
      : message;
    throw new DoppelError(`${what.replace(/\.$/, '')}. \`doppel run --help\` lists the options.`);
  }
  if (values.help) return null;
  for (const flag of ['kernel', 'initrd', 'module', 'append'] as const) {
    const firmware =
      values.bios !== undefined ? '--bios' : values.pflash !== undefined ? '--pflash' : undefined;
    if (firmware && values[flag] !== undefined) {
      throw new DoppelError(
        `${firmware} starts in firmware, which knows of no --${flag}: give one or the other.`,
      );
    }
  }
  if (values['video-bios'] !== undefined && values.bios === undefined && values.pflash === undefined) {
    throw new DoppelError('--video-bios is run by firmware: give that too, with --bios.');
  }
  const display = parseDisplay(values.display ?? 'none');
  const serial = parseSerialLines(values.serial ?? [display.kind === 'text' ? 'none' : 'stdio']);
  const onTerminal = serial.filter(({ kind }) => kind === 'stdio').length;
  if (onTerminal > 1) throw new DoppelError('--serial stdio can be given once: there is one terminal.');
  if (values.name !== undefined) checkMachineName(values.name);
  if (display.kind === 'text' && onTerminal > 0) {
    throw new DoppelError('--display text and --serial stdio both want this terminal: give one of them up.');
  }
  if (values['vnc-password-file'] !== undefined && display.kind !== 'vnc') {
    throw new DoppelError('--vnc-password-file is for --display vnc.');
  }
  return {
    files,
    disks: (values.disk ?? []).map((text) => parseDrive('--disk', text)),
    cdrom: values.cdrom === undefined ? undefined : parseDrive('--cdrom', values.cdrom),
    floppies: values.floppy ?? [],
    networks: (values.net ?? []).map(parseNetwork),
    bootOrder: values.boot === undefined ? undefined : parseBootOrder(values.boot),
    bootMenu: values['boot-menu'] === undefined ? undefined : parseBootMenu(values['boot-menu']),
    kernel: values.kernel,
    bios: values.bios,
    flash: values.pflash,
    videoBios: values['video-bios'],
    initrd: values.initrd,
    append: values.append ?? '',
    modules: values.module ?? [],
    memory: parseSize(values.memory ?? '512M'),
    cpus: parseCpus(values.cpus ?? '1'),
    accelerator: parseAccelerator(values.accel ?? 'auto'),
    serial,
    name: values.name,
    display,
    vncPasswordFile: values['vnc-password-file'],
    timeout: parseTimeout(values.timeout ?? '0'),
    exitOn: parseExitText(values['exit-on']),
    stats: values.stats ?? false,
    trace: parseTrace(values.trace),
    rtc: parseRtc(values.rtc ?? 'utc'),
    debugExitPort: values['debug-exit-port'] === undefined ? undefined : parsePort(values['debug-exit-port']),
    debugDevices: (values['debug-device'] ?? []).map(parseDebugDevice),
    deterministic: values.deterministic ?? false,
    noReboot: values['no-reboot'] ?? false,
  };
}

function parse(words: readonly string[]) {
  return parseArgs({ args: [...words], options: OPTIONS, strict: true, allowPositionals: true });
}

/** "disk.img" or "disk.img,bus=ahci". */
function parseDrive(flag: string, text: string): DriveFile {
  const [, path = text, name = 'ide'] = /^(.*),bus=([^,]*)$/s.exec(text) ?? [];
  const bus = STORAGE_BUSES.find((known) => known === name);
  if (bus === undefined) {
    throw new DoppelError(`${flag} ${text}: there is no bus ${name}; choose ${STORAGE_BUSES.join(' or ')}.`);
  }
  return { path, bus };
}

/** "disk,cdrom" and the like. */
function parseBootOrder(text: string): BootOrder {
  const kinds = text.split(',').map((word) => word.trim());
  const order = BOOTABLE.filter((kind) => kinds.includes(kind));
  if (kinds.length !== order.length) {
    throw new DoppelError(
      `--boot ${text} is no order: write ${BOOTABLE.join(', ')}, or some of them with commas.`,
    );
  }
  return order.sort((a, b) => kinds.indexOf(a) - kinds.indexOf(b));
}

function parseBootMenu(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MOST_MENU_SECONDS)) {
    throw new DoppelError(`--boot-menu ${text} is no time: write seconds, up to ${MOST_MENU_SECONDS}.`);
  }
  return Math.round(seconds * 1000);
}

/** "512M" and the like in bytes; a number alone is MiB, as in QEMU. */
export function parseSize(text: string): number {
  const bytes = parseBytes(text, 2 ** 20);
  if (bytes === undefined) {
    throw new DoppelError(`--memory ${text} is not a size; write for example 512M or 2G.`);
  }
  const rounded = Math.ceil(bytes / 65536) * 65536;
  if (rounded < 2 * 2 ** 20 || rounded > 3 * 2 ** 30) {
    throw new DoppelError(`--memory ${text} cannot be had: a guest can have from 2M to 3G.`);
  }
  return rounded;
}

function parseCpus(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new DoppelError(`--cpus ${text} is not a number of processors.`);
  if (count > 1) throw new DoppelError('--cpus: this version has one virtual processor; leave the flag out.');
  return count;
}

function parseAccelerator(text: string): Accelerator {
  switch (text) {
    case 'auto':
    case 'interp':
    case 'jit':
      return text;
    case 'kvm':
      throw new DoppelError(`--accel ${text} is not there yet; use --accel jit or leave the flag out.`);
    default:
      throw new DoppelError(`--accel ${text} is unknown: choose auto, interp or jit.`);
  }
}

function parseSerialLines(texts: readonly string[]): SerialTarget[] {
  if (texts.length > MOST_SERIAL_LINES) {
    throw new DoppelError(
      `A PC has ${MOST_SERIAL_LINES} serial lines: --serial is given ${texts.length} times.`,
    );
  }
  return texts.map(parseSerial);
}

function parseSerial(text: string): SerialTarget {
  if (text === 'stdio' || text === 'none') return { kind: text };
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', path: text.slice(5) };
  throw new DoppelError(`--serial ${text} is unknown: choose stdio, file:PATH or none.`);
}

function parseDisplay(text: string): DisplayTarget {
  if (text === 'none' || text === 'text') return { kind: text };
  const match = /^vnc(?:=(?:(.*):)?(\d+))?$/.exec(text);
  const port = match ? Number(match[2] ?? 5900) : -1;
  if (port < 0 || port > 0xffff) {
    throw new DoppelError(`--display ${text} is unknown: choose none, text, vnc, vnc=PORT or vnc=HOST:PORT.`);
  }
  const host = (match![1] ?? '').replace(/^\[(.*)\]$/, '$1');
  return { kind: 'vnc', host: host === '' ? '127.0.0.1' : host, port };
}

function parseExitText(text: string | undefined): string | undefined {
  if (text === '') throw new DoppelError('--exit-on needs a text to wait for.');
  return text;
}

function parseTrace(text: string | undefined): RunOptions['trace'] {
  if (text === undefined) return undefined;
  const [what, file] = text.split(/=(.*)/s);
  if (what !== 'jit') throw new DoppelError(`--trace ${text} is unknown: choose jit or jit=FILE.`);
  if (file === '') throw new DoppelError('--trace jit= needs the name of a file, or leave the = out.');
  return { what, file };
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (text === '' || !Number.isFinite(seconds) || seconds < 0) {
    throw new DoppelError(`--timeout ${text} is not a number of seconds.`);
  }
  return seconds;
}

function parseRtc(text: string): 'utc' | 'localtime' | number {
  if (text === 'utc' || text === 'localtime') return text;
  const moment = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  if (Number.isNaN(moment)) {
    throw new DoppelError(
      `--rtc ${text} is unknown: choose utc, localtime or a moment such as 2026-01-31T12:00:00.`,
    );
  }
  return moment;
}

function parseDebugDevice(name: string): DebugDevice {
  if (name === 'pc-testdev') return name;
  throw new DoppelError(`--debug-device ${name} is unknown: choose pc-testdev.`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new DoppelError(`--debug-exit-port ${text} is not an I/O port; write for example 0xf4 or 0x501.`);
  }
  return port;
}
