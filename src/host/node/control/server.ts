// The control socket of a running machine: connections that send actions and get answers and events.
import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { DoppelError } from '../../../base/errors.ts';
import { ControlError } from '../../../control/actions.ts';
import type { MachineControl } from '../../../control/machine-control.ts';
import {
  type Answer,
  type ControlEvent,
  failure,
  type Hello,
  LONGEST_LINE,
  MOST_PENDING,
  PROTOCOL_VERSION,
  parseRequest,
  RequestError,
} from '../../../control/protocol.ts';
import { whyNot, whyNotMade } from '../file-reasons.ts';
import { isListening } from './client.ts';
import { LineReader } from './line-reader.ts';
import { socketPath } from './socket-path.ts';

const MOST_CONNECTIONS = 32;
/** Bytes that may wait for a client that does not read. */
const BACKLOG = 64 << 20;

export class ControlServer {
  readonly path: string;
  readonly #control: MachineControl;
  readonly #hello: Hello;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, control: MachineControl, version: string) {
    this.path = path;
    this.#control = control;
    this.#hello = {
      event: 'hello',
      protocol: PROTOCOL_VERSION,
      doppel: version,
      name: control.name,
      pid: process.pid,
    };
    this.#server = createServer((socket) => this.#connected(socket));
    // A connection does not keep a process alive whose machine has ended.
    this.#server.unref();
  }

  /**
   * Listens on the socket of the machine's name, in place of one that a dead process has left. Throws DoppelError where
   * another machine has the name, or the socket cannot be made.
   */
  static async listen(control: MachineControl, version: string): Promise<ControlServer> {
    const path = socketPath(control.name);
    const server = new ControlServer(path, control, version);
    if (!(await server.#bind())) {
      if (await isListening(path)) {
        throw new DoppelError(`A machine named '${control.name}' runs already: choose another --name.`);
      }
      removeSocket(path);
      if (!(await server.#bind()))
        throw new DoppelError(`A machine named '${control.name}' has just been started.`);
    }
    chmodSync(path, 0o600);
    return server;
  }

  /** False where the path is taken. */
  #bind(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const server = this.#server;
      const failed = (cause: NodeJS.ErrnoException) => {
        server.off('listening', listening);
        if (cause.code === 'EADDRINUSE') resolve(false);
        else reject(new DoppelError(`${this.path} cannot be listened on: ${whyNotMade(cause)}.`, { cause }));
      };
      const listening = () => {
        server.off('error', failed);
        resolve(true);
      };
      server.once('error', failed);
      server.once('listening', listening);
      server.listen(this.path);
    });
  }

  /** Tells every connection. */
  tell(event: ControlEvent): void {
    for (const socket of this.#sockets) send(socket, event);
  }

  /** Removes the socket, and ends the connections once what was asked of the machine, its end for instance, has been answered. */
  close(): void {
    setImmediate(() => {
      for (const socket of this.#sockets) socket.end();
    });
    this.#server.close();
  }

  #connected(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#sockets.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.unref();
    send(socket, this.#hello);
    let pending = 0;
    // One a turn of the event loop: however many come at once, and however long each takes, the machine runs in between.
    const waiting: string[] = [];
    const next = (): void => {
      void this.#answer(waiting.shift()!, () => socket.destroyed).then((answer) => {
        pending--;
        send(socket, answer);
      });
      if (waiting.length > 0) setImmediate(next);
    };
    const lines = new LineReader(LONGEST_LINE, (line) => {
      if (line.trim() === '') return;
      if (pending >= MOST_PENDING) {
        send(socket, failure(null, new ControlError('busy', `There are ${MOST_PENDING} actions under way.`)));
        return;
      }
      pending++;
      if (waiting.push(line) === 1) setImmediate(next);
    });
    socket.on('data', (bytes: Buffer) => {
      if (lines.push(bytes)) return;
      send(
        socket,
        failure(null, new ControlError('bad-request', `A line has at most ${LONGEST_LINE} bytes.`)),
      );
      socket.end();
      socket.removeAllListeners('data');
    });
  }

  async #answer(line: string, gone: () => boolean): Promise<Answer> {
    let id: Answer['id'] = null;
    try {
      const request = parseRequest(line);
      ({ id } = request);
      return { id, result: await this.#control.perform(request.action, gone) };
    } catch (error) {
      return error instanceof RequestError ? failure(error.id, error.cause) : failure(id, error);
    }
  }
}

/** Bytes become base64. */
const encode = (value: object): string =>
  JSON.stringify(value, (_, item: unknown) =>
    item instanceof Uint8Array
      ? Buffer.from(item.buffer, item.byteOffset, item.length).toString('base64')
      : item,
  );

function send(socket: Socket, value: object): void {
  if (socket.destroyed || socket.writableEnded) return;
  if (socket.writableLength > BACKLOG) socket.destroy();
  else socket.write(`${encode(value)}\n`);
}

/** A socket file that nobody listens on. */
export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT')
      throw new DoppelError(`${path} cannot be removed: ${whyNot(error)}.`, { cause: error });
  }
}
