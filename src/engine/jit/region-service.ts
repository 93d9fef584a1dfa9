// Compiling regions on another thread: the seam between the translator and the host, which has threads.
// The vCPU's thread does not turn its event loop while the guest runs, so what is finished is asked for.
//
//   translator: submit(request) ... poll() -> CompiledRegions     worker: compileRequest(request)
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import type { PackedRegion } from './packed-region.ts';
import type { CompileOptions, RegionJob } from './region-compiler.ts';

/** A RegionJob that can be sent to another thread. */
export type PackedJob = Omit<RegionJob, 'region'> & PackedRegion;

/** Regions for one module. */
export interface CompileRequest {
  /** Chosen by the sender; comes back with the result. */
  readonly ticket: number;
  readonly jobs: readonly PackedJob[];
  readonly options: Omit<CompileOptions, 'onListing'>;
}

export interface CompiledRegions {
  readonly ticket: number;
  /** Imports what a module of RegionCompiler.compileRegions does. */
  readonly module: WebAssembly.Module;
  /** Of wasm. */
  readonly bytes: number;
  /** Nanoseconds for which its thread ran. */
  readonly time: number;
}

export interface RegionService {
  /** Hands regions over and returns at once. */
  submit(request: CompileRequest): void;
  /**
   * A result that has not been fetched yet, in the order of the requests; null when there is none. Throws the
   * error of a request that failed, or of a thread that ended.
   */
  poll(): CompiledRegions | null;
  /** Ends the thread. What it has not finished is lost; submit() and poll() must not be called any more. */
  close(): void;
}

/** Called once for each translator, when it has the first regions to compile. */
export type RegionServiceFactory = (features: DecodeFeatures) => RegionService;
