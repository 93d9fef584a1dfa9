// The other end of a control socket: for `doppel ctl`, and for programs on Node.
import { connect, type Socket } from 'node:net';
import { DoppelError } from '../../../base/errors.ts';
import { type Action, ControlError } from '../../../control/actions.ts';
import { type Answer, type ControlEvent, type Hello, PROTOCOL_VERSION } from '../../../control/protocol.ts';
import { whyNot } from '../file-reasons.ts';
import { LineReader } from './line-reader.ts';
import { socketPath } from './socket-path.ts';

/** Milliseconds that a machine has for its first line. */
const PATIENCE = 10_000;
/** Bytes of an answer: a screenshot is the longest. */
const LONGEST_ANSWER = 256 << 20;

interface Waiting {
  readonly resolve: (result: object) => void;
  readonly reject: (error: Error) => void;
}

/** Whether somebody listens on a socket. */
export async function isListening(path: string): Promise<boolean> {
  try {
    (await open(path)).destroy();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A socket whose queue is full has somebody behind it.
    return code !== 'ECONNREFUSED' && code !== 'ENOENT';
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #waiting = new Map<number, Waiting>();
  #hello!: Hello;
  #nextId = 1;
  /** Told of what happens to the machine. */
  onEvent: (event: ControlEvent) => void = () => {};
  /** Resolved when the connection has ended: in general since the machine has. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, name: string, greeted: (hello: Hello) => void) {
    this.#socket = socket;
    this.#name = name;
    const lines = new LineReader(LONGEST_ANSWER, (line) => {
      const message = JSON.parse(line) as Hello | ControlEvent | Answer;
      if (!('event' in message)) this.#answered(message);
      else if (message.event === 'hello') greeted(message);
      else this.onEvent(message);
    });
    socket.on('data', (bytes: Buffer) => {
      try {
        if (!lines.push(bytes)) socket.destroy();
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        for (const { reject } of this.#waiting.values()) {
          reject(new ControlError('ended', `The machine '${this.#name}' has ended.`));
        }
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Throws DoppelError where no such machine runs. */
  static async connect(name: string): Promise<ControlClient> {
    let socket: Socket;
    try {
      socket = await open(socketPath(name));
    } catch (error) {
      if (error instanceof DoppelError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const why =
        code === 'ENOENT' || code === 'ECONNREFUSED'
          ? `No machine named '${name}' runs. \`doppel ctl\` lists those that do.`
          : `The machine '${name}' cannot be reached: ${whyNot(error)}.`;
      throw new DoppelError(why, { cause: error });
    }
    const greeting = Promise.withResolvers<Hello>();
    const client = new ControlClient(socket, name, greeting.resolve);
    const timer = setTimeout(() => socket.destroy(), PATIENCE);
    void client.closed.then(() => greeting.reject(new DoppelError(`The machine '${name}' does not answer.`)));
    try {
      client.#hello = await greeting.promise;
    } finally {
      clearTimeout(timer);
    }
    if (client.#hello.protocol !== PROTOCOL_VERSION) {
      client.close();
      throw new DoppelError(
        `The machine '${name}' belongs to Doppel ${client.#hello.doppel}, which is controlled in another way.`,
      );
    }
    return client;
  }

  /** What the machine said of itself. */
  get hello(): Hello {
    return this.#hello;
  }

  /** Has it done. Throws ControlError. */
  perform(action: Action): Promise<object> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new ControlError('ended', `The machine '${this.#name}' has ended.`));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ id, ...action })}\n`);
    });
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(Number(answer.id));
    if (waiting === undefined) return;
    this.#waiting.delete(Number(answer.id));
    if ('result' in answer) waiting.resolve(answer.result);
    else waiting.reject(new ControlError(answer.error.code, answer.error.message));
  }

  close(): void {
    this.#socket.destroy();
  }
}
