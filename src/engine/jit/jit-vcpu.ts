// The interpreter with a translator behind it: what is hot becomes WebAssembly.
import { type InterpOptions, InterpVcpu } from '../interp/interp-vcpu.ts';
import { regionCompiler } from './compile.ts';
import type { RegionCompiler } from './region-compiler.ts';
import { Translator } from './translator.ts';
import type { TranslatorOptions } from './translator-options.ts';

export interface JitTuning extends TranslatorOptions {
  /** For tests of what is around it. */
  readonly compiler?: RegionCompiler;
}

export class JitVcpu extends InterpVcpu {
  readonly translator: Translator;

  constructor(options: InterpOptions, tuning: JitTuning = {}) {
    let translator: Translator | undefined;
    super({
      ...options,
      ...(tuning.sampleInterval === undefined ? {} : { sampleInterval: tuning.sampleInterval }),
      translator: (host) => {
        translator = new Translator(host, tuning.compiler ?? regionCompiler, tuning);
        return translator;
      },
    });
    this.translator = translator!;
  }

  /** Ends what runs beside the vCPU. It may run on, without new regions. */
  close(): void {
    this.translator.close();
  }

  override statistics(): Map<string, number> {
    return new Map([...super.statistics(), ...this.translator.statistics()]);
  }
}
