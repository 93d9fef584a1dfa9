// A VNC server for a machine's screen (RFC 6143, RFB 3.8): security none or VNC authentication; Raw, CopyRect, ZRLE and
// Tight; DesktopSize and ExtendedDesktopSize; QEMU's extended key events and relative pointer. Any number of clients up to a
// limit look at the same screen. The screen is looked at while somebody waits for an update, 30 times a second at most.
import { createServer, type Server } from 'node:net';
import { DoppelError } from '../../../base/errors.ts';
import { VncClient, type VncTarget } from './client.ts';

export interface VncServerOptions extends VncTarget {
  /** An address of this host; 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0 lets the system choose. 5900 is the usual first one. */
  readonly port: number;
  readonly name: string;
  /** VNC authentication, of which 8 characters count; none unless given. */
  readonly password?: string | undefined;
  /** Whether clients on this host, too, get everything compressed that can be. */
  readonly compressAlways?: boolean;
  /** A client may have changed what the machine waits for. */
  readonly wake?: () => void;
}

export const DEFAULT_HOST = '127.0.0.1';
const MOST_CLIENTS = 32;
/** Milliseconds between two looks at the screen: where it changes or somebody types, and the longest where neither has been for a while. */
const INTERVAL = 33;
const LONGEST_INTERVAL = 100;
/** How much longer the next one is, as long as nothing changes, and how much shorter where something has: a cursor may do no more than blink. */
const SLOWER = 1.15;
const FASTER = 0.6;

const WHY_NOT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'somebody else listens there; choose another port, or 0 for any that is free',
  EADDRNOTAVAIL: "that is no address of this host's",
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  EACCES: 'the host does not permit it; ports from 1024 are for everybody',
};

export class VncServer {
  readonly #options: VncServerOptions;
  readonly #server: Server;
  readonly #clients = new Set<VncClient>();
  #timer: NodeJS.Timeout | undefined;
  #lastLook = 0;
  #interval = INTERVAL;

  private constructor(options: VncServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      if (this.#clients.size >= MOST_CLIENTS) {
        socket.destroy();
        return;
      }
      const client = new VncClient({
        ...options,
        keys: { key: (code, pressed) => this.#woken(() => options.keys.key(code, pressed)) },
        pointer: {
          get absolute() {
            return options.pointer.absolute;
          },
          move: (dx, dy, wheel, buttons) => this.#woken(() => options.pointer.move(dx, dy, wheel, buttons)),
          moveTo: (x, y, wheel, buttons) => this.#woken(() => options.pointer.moveTo(x, y, wheel, buttons)),
        },
        password: options.password,
        socket,
        local: options.compressAlways !== true && isLoopback(socket.remoteAddress ?? ''),
        wanted: () => this.#schedule(),
        closed: () => this.#clients.delete(client),
      });
      this.#clients.add(client);
    });
  }

  /** Throws DoppelError where the address cannot be had. */
  static async listen(options: VncServerOptions): Promise<VncServer> {
    const server = new VncServer(options);
    const host = options.host ?? DEFAULT_HOST;
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const why = WHY_NOT[cause.code ?? ''] ?? cause.code;
        reject(new DoppelError(`VNC cannot listen on ${host}:${options.port}: ${why}.`, { cause }));
      });
      server.#server.listen(options.port, host, () => resolve());
    });
    return server;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  get clients(): number {
    return this.#clients.size;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const client of this.#clients) client.close();
    this.#server.close();
  }

  #woken(act: () => void): void {
    act();
    // Whoever types wants to see it.
    this.#interval = INTERVAL;
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#schedule();
    }
    this.#options.wake?.();
  }

  /** Looks at the screen soon: at once, if the last time is long enough ago. */
  #schedule(): void {
    if (this.#timer !== undefined) return;
    const since = performance.now() - this.#lastLook;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, this.#interval - since));
  }

  #look(): void {
    this.#timer = undefined;
    this.#lastLook = performance.now();
    this.#options.screen.refresh();
    let waiting = false;
    let changed = false;
    for (const client of this.#clients) {
      const waited = client.wantsUpdate;
      client.update();
      waiting ||= client.wantsUpdate;
      changed ||= waited && !client.wantsUpdate;
    }
    this.#interval = Math.min(
      LONGEST_INTERVAL,
      Math.max(INTERVAL, this.#interval * (changed ? FASTER : SLOWER)),
    );
    if (waiting) this.#schedule();
  }
}

const isLoopback = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);
