// Compiles regions in a worker thread of Node. The thread starts with the service; it does not keep the
// process alive.
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
  readonly port: MessagePort;
  readonly features: DecodeFeatures;
  /** Where this process keeps compiled JavaScript, if it does. */
  readonly cacheDirectory: string | undefined;
}
/** What comes back for each request. */
export type RegionWorkerReply =
  | { readonly ticket: number; readonly result: CompiledRegions }
  /** A defect of the compiler: a stack, for a person. */
  | { readonly ticket: number; readonly failed: string };

/** MiB. The compiler needs about 20; what it leaves behind of a batch dies young. */
const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };

export class NodeRegionService implements RegionService {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  #ended: Error | undefined;

  /** `entry` is for tests: the module that the thread runs. */
  constructor(features: DecodeFeatures, entry: URL = workerEntry()) {
    const { port1, port2 } = new MessageChannel();
    const workerData: RegionWorkerData = {
      port: port2,
      features,
      cacheDirectory: modules.getCompileCacheDir?.(),
    };
    this.#port = port1;
    this.#worker = new Worker(entry, { workerData, transferList: [port2], resourceLimits: LIMITS });
    this.#worker.unref();
    this.#worker.on('error', (cause: Error) => {
      this.#ended = new Error(`The thread that compiles regions has ended: ${cause.message}`, { cause });
    });
  }
  submit(request: CompileRequest): void {
    this.#port.postMessage(
      request,
      request.jobs.flatMap(({ words, code }) => [words.buffer, code.buffer] as ArrayBuffer[]),
    );
  }
  poll(): CompiledRegions | null {
    if (this.#ended) throw this.#ended;
    const message = receiveMessageOnPort(this.#port)?.message as RegionWorkerReply | undefined;
    if (!message) return null;
    if ('failed' in message) throw new Error(`Regions could not be compiled: ${message.failed}`);
    return message.result;
  }
  close(): void {
    this.#port.close();
    void this.#worker.terminate();
  }
}

/** region-worker.ts beside this file; .js in a built package. */
function workerEntry(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`region-worker${extension}`, import.meta.url);
}

/** A thread for compiling where the host can run one beside the vCPU's; elsewhere nothing. */
export function regionServiceOfHost(): RegionServiceFactory | undefined {
  return availableParallelism() > 1 ? (features) => new NodeRegionService(features) : undefined;
}
