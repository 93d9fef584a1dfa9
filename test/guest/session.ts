// A Linux guest as tests talk to it: boots one of Debian's kernels with the busybox userland, waits for text on
// the serial line and types. Text already waited for is not found again.
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import type { CpioEntry } from '../../src/backend/initramfs/cpio.ts';
import type { LinuxEntry } from '../../src/firmware/boot/request.ts';
import { hasApt } from '../../src/host/node/apt.ts';
import {
  architectureOf,
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { NetworkCard } from '../../src/machine/pc/network.ts';
import type { StorageOptions } from '../../src/machine/pc/storage.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineEnd, MachineOptions } from '../../src/machine/vm/machine-options.ts';

export interface GuestSetup {
  readonly kernel: DebianKernel;
  /** Another image of that kernel than Debian's file. */
  readonly image?: Uint8Array;
  /** What a reset by the guest does; ends the machine unless given. */
  readonly reboot?: 'restart' | 'end';
  /** More files for the initramfs. */
  readonly files?: readonly CpioEntry[];
  readonly time?: 'real' | 'deterministic';
  readonly linuxEntry?: LinuxEntry;
  /** Added to the kernel's command line. */
  readonly append?: string;
  readonly storage?: StorageOptions;
  readonly network?: readonly NetworkCard[];
  /** MiB. */
  readonly memory?: number;
  /** The interpreter unless given. */
  readonly engine?: NonNullable<MachineOptions['engine']>;
}

/** The end of a command as the shell's line editor echoes it: a long line may be broken anywhere. */
const ECHOED_END = new RegExp(`${[...'status='].join('(\\r*\\n)?')}(\\r*\\n)?\\$(\\r*\\n)?\\?(\\r*\\n)+`);

/** Where the shell of our userland waits. */
export const PROMPT = /doppel:[^ ]*# /;

/** Why no Debian guest can be booted here; false where one can. */
export function noGuests(): string | false {
  return hasApt() ? false : 'no apt on this host to fetch a Debian kernel with';
}

/** The machine of a setup, not running yet. `serial` gets every byte that the guest writes. */
export async function debianMachine(setup: GuestSetup, serial: (byte: number) => void): Promise<Machine> {
  const kernel = await fetchDebianKernel(setup.kernel);
  const busybox = await fetchDebianBusybox(architectureOf(setup.kernel));
  return new Machine({
    memory: (setup.memory ?? 256) * 2 ** 20,
    boot: {
      kernel: setup.image ?? kernel.bytes,
      kernelName: `vmlinuz-${setup.kernel}`,
      // A busy host cannot promise the ten ticks in ten ticks' time that the kernel wants to see at its start.
      commandLine: `console=ttyS0 quiet no_timer_check ${setup.append ?? ''}`.trim(),
      modules: [{ bytes: buildBusyboxInitramfs(busybox.bytes, setup.files) }],
      ...(setup.linuxEntry === undefined ? {} : { linuxEntry: setup.linuxEntry }),
    },
    serial: { write: serial },
    time: setup.time ?? 'real',
    ...(setup.time === 'deterministic' ? { rtcStart: Date.UTC(2000, 0, 1) } : {}),
    reboot: setup.reboot ?? 'end',
    storage: setup.storage ?? {},
    network: setup.network ?? [],
    ...(setup.engine === undefined ? {} : { engine: setup.engine }),
    host: nodeHost(),
  });
}

interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (text: string) => void;
}

export class GuestSession {
  readonly machine: Machine;
  /** Resolves when the machine ends. */
  readonly ended: Promise<MachineEnd>;
  readonly #output: string[];
  #seen = 0;
  #waiter: Waiter | undefined;

  private constructor(machine: Machine, output: string[]) {
    this.machine = machine;
    this.#output = output;
    this.ended = machine.run();
    this.ended.catch(() => {}); // whoever waits sees it
  }

  /** Fetches (or finds in the cache) what is needed and starts the machine. */
  static boot(setup: GuestSetup): Promise<GuestSession> {
    return GuestSession.start((serial) => debianMachine(setup, serial));
  }

  /** Starts any machine. `make` is given what takes the bytes that the guest writes on its first serial line. */
  static async start(
    make: (serial: (byte: number) => void) => Machine | Promise<Machine>,
  ): Promise<GuestSession> {
    const output: string[] = [''];
    let session: GuestSession | undefined;
    const machine = await make((byte) => {
      const character = String.fromCharCode(byte);
      output[0] += character;
      if (character === '\n' || character === ' ') session?.look();
    });
    session = new GuestSession(machine, output);
    return session;
  }

  /** Everything that the guest has written. */
  get output(): string {
    return this.#output[0]!;
  }

  /**
   * Waits until `pattern` appears in what came after the last thing waited for; answers the text up to its end.
   * Throws after `timeout` seconds of host time, or when the machine ends first, with the output's tail.
   */
  async waitFor(pattern: string | RegExp, timeout: number): Promise<string> {
    const wanted =
      typeof pattern === 'string' ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : pattern;
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      const fail = (why: string) => {
        this.#waiter = undefined;
        reject(
          new Error(`${wanted} did not appear: ${why}. The guest's last words:\n${this.output.slice(-1500)}`),
        );
      };
      timer = setTimeout(() => fail(`${timeout} seconds have passed`), timeout * 1000);
      this.ended.then(
        (end) => fail(`the machine ended (${JSON.stringify(end)})`),
        (error) => fail(String(error)),
      );
    });
    const found = new Promise<string>((resolve) => {
      this.#waiter = { pattern: wanted, resolve };
      this.look();
    });
    try {
      return await Promise.race([found, failed]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Serves whoever waits: called when something was written. */
  look(): void {
    if (!this.#waiter) return;
    const rest = this.output.slice(this.#seen);
    const match = this.#waiter.pattern.exec(rest);
    if (!match) return;
    const end = match.index + match[0].length;
    this.#seen += end;
    this.#waiter.resolve(rest.slice(0, end));
    this.#waiter = undefined;
  }

  /** Types on the serial line; a line ends with "\n". */
  type(text: string): void {
    this.machine.serialInput(new TextEncoder().encode(text.replaceAll('\n', '\r')));
  }

  /**
   * Runs a shell command at the prompt; answers what it printed and its status. Waits for the next prompt too:
   * what is typed before it would be echoed twice, by the kernel and by the shell's line editor.
   */
  async command(line: string, timeout: number): Promise<{ output: string; status: number }> {
    // The echo of what is typed contains no digit after "status=".
    this.type(`${line}; echo status=$?\n`);
    await this.waitFor(ECHOED_END, timeout);
    const text = await this.waitFor(/status=\d+\r*\n/, timeout);
    await this.waitFor(PROMPT, timeout);
    const at = text.lastIndexOf('status=');
    return { output: text.slice(0, at), status: Number.parseInt(text.slice(at + 7), 10) };
  }

  /** Ends the machine, however it stands. */
  async stop(): Promise<void> {
    this.machine.stop('test');
    await this.ended.catch(() => {});
  }
}
