// `doppel run`: reads the files, builds a machine, connects its serial line, runs it to the end and
// turns the way it ended into a status.
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { ByteSink } from '../backend/char.ts';
import type { FlashImage } from '../backend/flash/flash-image.ts';
import { DoppelError } from '../base/errors.ts';
import { SerialLog } from '../control/serial-log.ts';
import { traceRegion } from '../debug/trace-region.ts';
import { InterpVcpu } from '../engine/interp/interp-vcpu.ts';
import { JitVcpu } from '../engine/jit/jit-vcpu.ts';
import type { BootModule } from '../firmware/boot/request.ts';
import type { ControlServer } from '../host/node/control/server.ts';
import { whyNot, whyNotMade } from '../host/node/file-reasons.ts';
import { openFlashFile } from '../host/node/flash-file.ts';
import { hostClock, hostWallClock, nodeHost } from '../host/node/platform.ts';
import { machineCodeBytes, processorTime, residentBytes } from '../host/node/process-figures.ts';
import { regionServiceOfHost, startRegionThread } from '../host/node/region-service.ts';
import { checkVideoRom, type DisplayOptions } from '../machine/pc/display.ts';
import type { NetworkCard } from '../machine/pc/network.ts';
import { Machine } from '../machine/vm/machine.ts';
import type { Boot, KernelBoot, MachineEnd } from '../machine/vm/machine-options.ts';
import { detectWasmFeatures, missingWasmFeatures } from '../wasm/features.ts';
import { openControl } from './control.ts';
import { openDisplay } from './display.ts';
import { type OpenMedia, openMedia, placeFiles } from './media.ts';
import { openNetwork } from './network.ts';
import type { RunOptions, SerialTarget } from './options.ts';
import { formatStatistics } from './statistics.ts';
import { attachTerminal } from './terminal.ts';
import { openTrace } from './trace.ts';

export const STATUS_TRIPLE_FAULT = 3;
export const STATUS_TIMEOUT = 124;
/** Nobody reads the standard output any more: what a shell shows for SIGPIPE. */
export const STATUS_BROKEN_PIPE = 141;
/** Signals that end a run in an orderly way: files are closed, and their locks and the control socket are gone. */
const INTERRUPTIONS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** What Node's timers can count, in milliseconds: 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** No kernel or initrd can be bigger than the biggest guest memory. */
const LARGEST_FILE = 3 * 2 ** 30;

const tell = (message: string): void => void process.stderr.write(`doppel: ${message}\n`);

/** The files of a boot; read again when the guest restarts. */
export type BootFiles = () => Omit<KernelBoot, 'commandLine'>;

export async function run(given: RunOptions, prepared?: BootFiles): Promise<number> {
  const options = placeFiles(given);
  const missing = missingWasmFeatures(detectWasmFeatures());
  if (missing.length > 0) {
    throw new DoppelError(
      `This Node.js lacks WebAssembly ${missing.join(', ')}; Doppel needs Node.js 24 or newer.`,
    );
  }
  const media = openMedia(options, tell);
  try {
    const network = openNetwork(options.networks, tell);
    try {
      const flash = options.flash === undefined ? undefined : openFlashFile(options.flash, { report: tell });
      try {
        return await runWith(options, { media, network: network.cards, flash }, prepared);
      } finally {
        flash?.close();
      }
    } finally {
      network.close();
    }
  } finally {
    media.close();
  }
}

/** What the options name, opened. */
interface OpenParts {
  readonly media: OpenMedia;
  readonly network: readonly NetworkCard[];
  readonly flash: FlashImage | undefined;
}

async function runWith(
  options: RunOptions,
  { media, network, flash }: OpenParts,
  prepared: BootFiles | undefined,
): Promise<number> {
  const boot = bootOf(options, media, prepared);
  const kernel = bootsKernel(options, prepared);
  const translates = options.accelerator !== 'interp';
  if (options.trace && !translates) {
    throw new DoppelError('--trace jit shows what the translator makes: it needs --accel jit.');
  }
  const trace = options.trace && openTrace(options.trace.file);
  const service = regionServiceOfHost();
  if (translates && !options.trace) startRegionThread();
  let machine: Machine;
  let outputError = '';
  const lines = openSerialLines(options.serial, (code) => {
    outputError = code;
    machine.stop('output');
  });
  const readPhysical = (address: number, length: number) =>
    machine.memory.u8.subarray(address, address + length);
  const watcher =
    options.exitOn === undefined ? undefined : new TextWatcher(options.exitOn, () => machine.stop('found'));
  const [serial, ...moreSerial] = lines.map(
    (line, i) =>
      new SerialLog({
        write: (byte) => {
          line.write(byte);
          if (i === 0) watcher?.write(byte);
        },
      }),
  );
  let switches: ControlServer | undefined;
  const trayMoved = (open: boolean) => switches?.tell({ event: 'tray', open });
  machine = new Machine({
    memory: options.memory,
    boot,
    serial: serial!,
    moreSerial,
    debugConsole: toStandardError,
    storage: { ...media.storage, trayMoved },
    network,
    ...(flash && { flash }),
    ...(kernel ? {} : { firmwareConsole: firmwareConsoleOf(options) }),
    ...(kernel && options.display.kind === 'none' ? {} : { display: displayOf(options) }),
    debugDevices: options.debugDevices,
    ...(options.debugExitPort === undefined ? {} : { debugExitPort: options.debugExitPort }),
    time: options.deterministic ? 'deterministic' : 'real',
    rtcStart: rtcStart(options),
    reboot: options.noReboot ? 'end' : 'restart',
    countTlbHits: options.stats,
    engine: (wires) =>
      translates
        ? new JitVcpu(wires, {
            counts: options.stats,
            clock: hostClock,
            ...(service && { service }),
            ...(trace && { onListing: (listing) => trace.write(traceRegion(listing, readPhysical)) }),
          })
        : new InterpVcpu(wires),
    host: nodeHost(),
  });
  const terminal = options.serial.findIndex(({ kind }) => kind === 'stdio');
  const detach =
    terminal >= 0
      ? attachTerminal({
          input: (bytes) => machine.serialInput(bytes, terminal),
          backlog: () => machine.serialBacklog(terminal),
          leave: () => machine.stop('left'),
        })
      : () => {};
  const interrupted = () => machine.stop('interrupted');
  for (const signal of INTERRUPTIONS) process.on(signal, interrupted);
  const timer =
    options.timeout > 0
      ? setTimeout(() => machine.stop('timeout'), Math.min(options.timeout * 1000, LONGEST_TIMER))
      : undefined;
  let closeDisplay = () => {};
  try {
    switches = await openControl(machine, options, [serial!, ...moreSerial]);
    // Ctrl-C is the guest's there. Quickstart has said so already.
    const keys = process.stdin.isTTY && process.stderr.isTTY && !prepared;
    if (keys && (terminal >= 0 || options.display.kind === 'text')) tell('Ctrl-A X leaves');
    closeDisplay = await openDisplay(machine, options);
    const started = hostClock.now();
    const startedProcessor = processorTime();
    const end = await machine.run();
    for (const line of lines) line.flush();
    closeDisplay();
    detach();
    if (options.stats)
      process.stderr.write(
        formatStatistics(machine.statistics(), {
          elapsed: hostClock.now() - started,
          processor: processorTime() - startedProcessor,
          resident: residentBytes(),
          machineCode: machineCodeBytes(),
        }),
      );
    return report(end, options, outputError);
  } finally {
    clearTimeout(timer);
    for (const signal of INTERRUPTIONS) process.off(signal, interrupted);
    closeDisplay();
    detach();
    switches?.close();
    machine.close();
    for (const line of lines) line.close();
    trace?.close();
  }
}

function report(end: MachineEnd, options: RunOptions, outputError: string): number {
  switch (end.reason) {
    case 'power-off':
    case 'reset':
      return 0;
    case 'debug-exit':
      return end.status;
    case 'triple-fault':
      process.stderr.write(`\ndoppel: the guest's processor shut down: ${end.cause}\n${end.registers}`);
      return STATUS_TRIPLE_FAULT;
    case 'halted':
      process.stderr.write('\ndoppel: the guest has halted with interrupts off; nothing can wake it.\n');
      return 0;
    case 'stopped':
      switch (end.by) {
        case 'timeout':
          process.stderr.write(`\ndoppel: not finished after ${options.timeout} seconds (--timeout).\n`);
          return STATUS_TIMEOUT;
        case 'interrupted':
          return 130;
        case 'left':
          process.stderr.write('\n');
          return 0;
        case 'output':
          if (outputError === 'EPIPE') return STATUS_BROKEN_PIPE;
          process.stderr.write(`\ndoppel: the serial output cannot be written: ${outputError}.\n`);
          return 1;
        default:
          return 0;
      }
  }
}

/** Firmware's messages would be written over the text screen. */
const firmwareConsoleOf = ({ display }: RunOptions): ByteSink =>
  display.kind === 'text' && process.stderr.isTTY ? { write() {} } : toStandardError;

const toStandardError: ByteSink = { write: (byte) => void process.stderr.write(Uint8Array.of(byte)) };

const bootsKernel = (options: RunOptions, prepared: BootFiles | undefined): boolean =>
  prepared !== undefined || options.kernel !== undefined;

/** A flag that tells a kernel something, where one is given. */
const kernelFlag = ({ initrd, modules, append }: RunOptions): string | undefined =>
  initrd !== undefined
    ? '--initrd'
    : modules.length > 0
      ? '--module'
      : append !== ''
        ? '--append'
        : undefined;

/** What the machine does first. */
function bootOf(options: RunOptions, media: OpenMedia, prepared: BootFiles | undefined): () => Boot {
  const { bios, flash, bootMenu } = options;
  const menu = bootMenu === undefined ? {} : { bootMenu };
  if (bios !== undefined || flash !== undefined) {
    if (prepared) {
      throw new DoppelError('quickstart boots a kernel without firmware: leave --bios and --pflash out.');
    }
    const firmware = bios === undefined ? new Uint8Array() : readGuestFile('--bios', bios);
    return () => ({ firmware, ...menu, ...(media.any && { mediaOrder: media.bootOrder }) });
  }
  if (!bootsKernel(options, prepared)) {
    if (media.any) {
      const flag = kernelFlag(options);
      if (flag !== undefined) {
        throw new DoppelError(`${flag} is for a kernel (--kernel FILE): what is on a disk has its own.`);
      }
      return () => ({ media: media.bootOrder, ...menu });
    }
    throw new DoppelError(
      'Nothing to boot: name a disk image, a CD-ROM image or a kernel (or try `doppel quickstart`).',
    );
  }
  const files = prepared ?? (() => readBootFiles(options));
  return () => ({ ...files(), commandLine: options.append });
}

function displayOf({ videoBios }: RunOptions): DisplayOptions {
  if (videoBios === undefined) return {};
  const rom = readGuestFile('--video-bios', videoBios);
  checkVideoRom(rom);
  return { rom };
}

/** Reads the files that the options name. */
function readBootFiles(options: RunOptions): ReturnType<BootFiles> {
  const kernel = readGuestFile('--kernel', options.kernel!);
  const modules: BootModule[] = options.modules.map((text) => {
    const [file, ...words] = text.split(' ');
    return { bytes: readGuestFile('--module', file!), commandLine: [basename(file!), ...words].join(' ') };
  });
  if (options.initrd !== undefined) modules.unshift({ bytes: readGuestFile('--initrd', options.initrd) });
  return { kernel, kernelName: basename(options.kernel!), modules };
}

/** Reads a file of the user's, with a sentence for each way in which that fails. */
function readGuestFile(flag: string, path: string): Uint8Array {
  try {
    const file = statSync(path);
    if (file.isDirectory()) throw new DoppelError(`${flag} ${path} is a folder, not a file.`);
    if (!file.isFile() && !file.isFIFO()) throw new DoppelError(`${flag} ${path} is a device, not a file.`);
    if (file.size > LARGEST_FILE) throw new DoppelError(`${flag} ${path} is too big for any guest's memory.`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    throw new DoppelError(`${flag} ${path}: ${whyNot(error)}.`, { cause: error });
  }
}

interface SerialOutput extends ByteSink {
  flush(): void;
  close(): void;
}

/** Waits a millisecond, without a turn of the event loop. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

/** All serial lines, or none where one cannot be opened. */
function openSerialLines(targets: readonly SerialTarget[], failed: (code: string) => void): SerialOutput[] {
  const lines: SerialOutput[] = [];
  try {
    for (const target of targets) lines.push(openSerial(target, failed));
    return lines;
  } catch (error) {
    for (const line of lines) line.close();
    throw error;
  }
}

/**
 * Serial output in pieces: a byte at a time would cost a system call each. `failed` is called, once, with
 * the system's code when it cannot be written any more; what comes after that is dropped.
 */
function openSerial(target: SerialTarget, failed: (code: string) => void): SerialOutput {
  if (target.kind === 'none') return { write() {}, flush() {}, close() {} };
  const descriptor = target.kind === 'file' ? openOutput(target.path) : 1;
  const buffer = new Uint8Array(4096);
  let length = 0;
  let scheduled = false;
  let broken = false;
  const flush = () => {
    scheduled = false;
    for (let done = 0; done < length && !broken; ) {
      try {
        done += writeSync(descriptor, buffer, done, length - done);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') {
          pause();
          continue;
        }
        broken = true;
        failed(code ?? String(error));
      }
    }
    length = 0;
  };
  return {
    write: (byte) => {
      buffer[length++] = byte;
      if (length === buffer.length) flush();
      else if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
    },
    flush,
    close: () => {
      flush();
      if (target.kind === 'file') closeSync(descriptor);
    },
  };
}

function openOutput(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new DoppelError(`--serial file:${path} cannot be written: ${whyNotMade(error)}.`);
  }
}

/** Looks for a text in a stream of bytes. */
class TextWatcher implements ByteSink {
  readonly #wanted: Uint8Array;
  readonly #found: () => void;
  #recent: number[] = [];

  constructor(text: string, found: () => void) {
    this.#wanted = new TextEncoder().encode(text);
    this.#found = found;
  }
  write(byte: number): void {
    const { length } = this.#wanted;
    this.#recent.push(byte);
    if (this.#recent.length > length) this.#recent.shift();
    if (this.#recent.length === length && this.#recent.every((b, i) => b === this.#wanted[i])) this.#found();
  }
}

function rtcStart(options: RunOptions): number | undefined {
  if (typeof options.rtc === 'number') return options.rtc;
  const now = hostWallClock.nowMilliseconds();
  if (options.rtc === 'localtime') return now - new Date(now).getTimezoneOffset() * 60_000;
  return undefined;
}
