// An X server without a screen (Xvfb), and a real VNC viewer (TigerVNC) on it, for tests: from the Debian packages xvfb,
// tigervnc-viewer, xdotool and x11-apps, where they are installed.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** Never the kind that waits: the VNC server runs in this process. */
const runProgram = promisify(execFile);

const PROGRAMS = ['Xvfb', 'xtigervncviewer', 'xdotool', 'xwd'];

/** Why there can be no viewer here; false where there can. */
export function noViewer(): string | false {
  const missing = PROGRAMS.filter((program) => spawnSync('which', [program]).status !== 0);
  return missing.length > 0 ? `${missing.join(', ')} not installed` : false;
}

export class Viewer {
  readonly #server: ChildProcess;
  readonly #viewer: ChildProcess;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(server: ChildProcess, display: string, port: number) {
    this.#server = server;
    this.#environment = { ...process.env, DISPLAY: display };
    this.#viewer = spawn('xtigervncviewer', [`127.0.0.1::${port}`], {
      env: this.#environment,
      stdio: 'ignore',
    });
  }

  /** Starts both; the viewer connects to a port of this host. */
  static async open(port: number): Promise<Viewer> {
    const arguments_ = ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'];
    const server = spawn('Xvfb', arguments_, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const number = await new Promise<string>((resolve, reject) => {
      server.once('exit', () => reject(new Error('Xvfb does not start')));
      server.stdio[3]!.once('data', (data: Buffer) => resolve(data.toString().trim()));
    });
    return new Viewer(server, `:${number}`, port);
  }

  close(): void {
    this.#viewer.kill('SIGKILL');
    this.#server.kill();
  }

  /** Presses keys by their X names, one after the other, in the viewer's window. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#xdotool('search', '--name', 'TigerVNC', 'windowfocus');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await this.#xdotool('key', '--delay', '60', ...keys);
  }

  /** Pixels of a colour (0xRRGGBB) on the X server's screen. */
  async count(colour: number): Promise<number> {
    const options = { env: this.#environment, maxBuffer: 2 ** 25, encoding: 'buffer' } as const;
    const { stdout: dump } = await runProgram('xwd', ['-root', '-silent'], options);
    // X11/XWDFile.h: the header's size, and the number of colour map entries of 12 bytes behind it.
    const start = dump.readUInt32BE(0) + 12 * dump.readUInt32BE(76);
    let count = 0;
    for (let at = start; at + 4 <= dump.length; at += 4) {
      if ((dump.readUInt32LE(at) & 0xffffff) === colour) count++;
    }
    return count;
  }

  async #xdotool(...words: readonly string[]): Promise<void> {
    await runProgram('xdotool', words, { env: this.#environment, timeout: 20_000 });
  }
}
