// The thread of NodeRegionService (region-service.ts): compiles what comes in by its clients' ports and
// sends the modules back. A module is shared between threads, not copied.
//
// The compiler is imported once the compile cache is on, as it is for the main thread where that has one.
import * as modules from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { CompileRequest } from '../../engine/jit/region-service.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import type { RegionWorkerClient, RegionWorkerData, RegionWorkerReply } from './region-service.ts';

const { cacheDirectory } = workerData as RegionWorkerData;
if (cacheDirectory !== undefined) modules.enableCompileCache?.(cacheDirectory);
const { compileRequest } = await import('../../engine/jit/compile-request.ts');

/** Requests after which the machine code of the compiler itself is kept for the next start. */
const WARM = 40;
let served = 0;

parentPort!.on('message', ({ port, features }: RegionWorkerClient) => {
  port.on('message', (request: CompileRequest) => {
    port.postMessage(reply(request, features));
    if (++served === WARM) modules.flushCompileCache?.();
  });
});

function reply(request: CompileRequest, features: DecodeFeatures): RegionWorkerReply {
  const began = processorTime();
  const { ticket } = request;
  try {
    const bytes = compileRequest(request, features);
    const module = new WebAssembly.Module(bytes);
    const time = processorTime() - began;
    return { ticket, result: { ticket, module, bytes: bytes.length, time } };
  } catch (error) {
    return { ticket, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Nanoseconds that this thread has run. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}
