// Compiles regions in a worker thread of Node: one thread for all machines of the process. It starts when the
// first of them has something to compile (or when told to), ends when the last one is closed, and does not keep the process alive.
//
// Each service has a channel of its own to the thread, which it reads without the event loop.
import * as modules from 'node:module';
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type {
  CompiledRegions,
  CompileRequest,
  RegionService,
  RegionServiceFactory,
} from '../../engine/jit/region-service.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';

/** What the thread is told at its start. */
export interface RegionWorkerData {
  /** Where this process keeps compiled JavaScript, if it does. */
  readonly cacheDirectory: string | undefined;
}
/** What it is told for each service: requests will come by this port. */
export interface RegionWorkerClient {
  readonly port: MessagePort;
  readonly features: DecodeFeatures;
}
/** What comes back for each request. */
export type RegionWorkerReply =
  | { readonly ticket: number; readonly result: CompiledRegions }
  /** A defect of the compiler: a stack, for a person. */
  | { readonly ticket: number; readonly failed: string };

/** MiB. The compiler needs about 20; what it leaves behind of a batch dies young. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };

/** The thread and those who use it. */
class RegionThread {
  readonly #worker: Worker;
  #users = 0;
  /** Why it has ended by itself. */
  failure: Error | undefined;

  constructor(entry: URL) {
    const workerData: RegionWorkerData = { cacheDirectory: modules.getCompileCacheDir?.() };
    this.#worker = new Worker(entry, { workerData, resourceLimits: LIMITS, name: 'doppel regions' });
    this.#worker.unref();
    this.#worker.on('error', (cause: Error) => {
      this.failure = new Error(`The thread that compiles regions has ended: ${cause.message}`, { cause });
    });
  }
  open(features: DecodeFeatures): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const client: RegionWorkerClient = { port: port2, features };
    this.#worker.postMessage(client, [port2]);
    this.#users++;
    return port1;
  }
  /** Ends the thread with its last user; true then. */
  close(): boolean {
    if (--this.#users > 0) return false;
    void this.#worker.terminate();
    return true;
  }
}

let shared: RegionThread | undefined;
function sharedThread(): RegionThread {
  if (!shared || shared.failure) shared = new RegionThread(workerEntry());
  return shared;
}

export class NodeRegionService implements RegionService {
  readonly #thread: RegionThread;
  readonly #port: MessagePort;

  /** `entry` is for tests: a thread of its own runs that module. */
  constructor(features: DecodeFeatures, entry?: URL) {
    this.#thread = entry ? new RegionThread(entry) : sharedThread();
    this.#port = this.#thread.open(features);
  }
  submit(request: CompileRequest): void {
    this.#port.postMessage(
      request,
      request.jobs.flatMap(({ words, code }) => [words.buffer, code.buffer] as ArrayBuffer[]),
    );
  }
  poll(): CompiledRegions | null {
    if (this.#thread.failure) throw this.#thread.failure;
    const message = receiveMessageOnPort(this.#port)?.message as RegionWorkerReply | undefined;
    if (!message) return null;
    if ('failed' in message) throw new Error(`Regions could not be compiled: ${message.failed}`);
    return message.result;
  }
  close(): void {
    this.#port.close();
    if (this.#thread.close() && shared === this.#thread) shared = undefined;
  }
}

/** region-worker.ts beside this file; .js in a built package. */
function workerEntry(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`region-worker${extension}`, import.meta.url);
}

/** Starts the thread that regionServiceOfHost() will want, if any, for a program that is sure to: that takes 0.1 s or more. */
export function startRegionThread(): void {
  if (availableParallelism() > 1) sharedThread();
}

/** A thread for compiling where the host can run one beside the vCPU's; elsewhere nothing. */
export function regionServiceOfHost(): RegionServiceFactory | undefined {
  return availableParallelism() > 1 ? (features) => new NodeRegionService(features) : undefined;
}
