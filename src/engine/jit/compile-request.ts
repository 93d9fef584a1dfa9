// What a thread that compiles regions does with a request (region-service.ts).
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import { regionCompiler } from './compile.ts';
import { unpackRegion } from './packed-region.ts';
import type { CompileRequest } from './region-service.ts';

/** The module's bytes. */
export function compileRequest(request: CompileRequest, features: DecodeFeatures): Uint8Array<ArrayBuffer> {
  const jobs = request.jobs.map(({ slot, plain, id, cells, linear, ...packed }) => {
    return { region: unpackRegion(packed, features), slot, plain, id, cells, linear };
  });
  return regionCompiler.compileRegions(jobs, request.options) as Uint8Array<ArrayBuffer>;
}
