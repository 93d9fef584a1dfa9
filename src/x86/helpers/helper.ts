// A Helper is a part of an instruction's meaning that is too long for micro-operations: plain
// TypeScript over the vCPU state, shared by every engine. It is passed by identity in `call`.
import type { Cpu } from './cpu.ts';

export type HelperType = 'i32' | 'i64' | 'f64';

/** An i32 arrives as a number (signed 32 bits), an i64 as a bigint (signed), an f64 as a number. */
export interface Helper {
  readonly name: string;
  readonly parameters: readonly HelperType[];
  readonly result: HelperType | null;
  /**
   * May throw GuestFault: the engine then delivers the exception with the address of this instruction.
   * State must not have been changed before (except where the manual says so).
   */
  // biome-ignore lint/suspicious/noExplicitAny: the parameter list is described by `parameters`
  readonly run: (cpu: Cpu, ...args: any[]) => any;
  /** False when run never throws GuestFault: writes may precede it. */
  readonly faults: boolean;
}

/** Declares a helper. The types of `run` follow from the parameter list. */
export function helper<const P extends readonly HelperType[], R extends HelperType | null>(
  name: string,
  parameters: P,
  result: R,
  run: (
    cpu: Cpu,
    ...args: { -readonly [K in keyof P]: HelperValue<P[K]> }
  ) => R extends HelperType ? HelperValue<R> : void,
  options: { faults?: boolean } = {},
): Helper {
  return { name, parameters, result, run, faults: options.faults ?? true };
}

export type HelperValue<T extends HelperType> = T extends 'i64' ? bigint : number;
