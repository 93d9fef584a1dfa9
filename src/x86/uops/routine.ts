// A Routine is a part of meanings that is written in micro-operations but too long to be repeated in
// each instruction: a function of values. Engines compile it once and call it; the reference
// evaluator runs its body. What a body may do is said at `routine` in ir.ts, and verified.
import type { Uop, Value, ValueType } from './ir.ts';
import { OperationBuilder } from './operation-builder.ts';

export interface Routine {
  /** Unique among routines. */
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  /**
   * It may write the x87 state: then either it does all that it is for and gives a non-zero i32, or it
   * changes nothing and gives 0. Without `writes` it may still write SCRATCH.
   */
  readonly writes: boolean;
  /** It also gives 0 where the x87 unit may not be used, or an exception is pending: no check need come before it. */
  readonly checksX87: boolean;
  readonly build: (b: OperationBuilder, ...args: never[]) => Value;
}

/** The micro-operations of a routine, over values numbered from its parameters on. */
export interface RoutineBody {
  readonly parameters: readonly Value[];
  readonly body: readonly Uop[];
  readonly result: Value;
}

type Parameters<P extends readonly ValueType[]> = { -readonly [K in keyof P]: Value<P[K]> };

/** Declares a routine. The types of `build` follow from the parameter list; it is called when the body is needed. */
export function routine<const P extends readonly ValueType[], const R extends ValueType>(
  name: string,
  parameters: P,
  result: R,
  build: (b: OperationBuilder, ...args: Parameters<P>) => Value<R>,
  options: { writes?: boolean; checksX87?: boolean } = {},
): Routine {
  const { writes = false, checksX87 = false } = options;
  return { name, parameters, result, writes, checksX87, build: build as Routine['build'] };
}

const bodies = new WeakMap<Routine, RoutineBody>();

/** The body, built when it is first asked for. */
export function routineBody(routine: Routine): RoutineBody {
  let body = bodies.get(routine);
  if (!body) {
    const builder = new RoutineBuilder();
    const parameters = routine.parameters.map((type) => builder.parameter(type));
    const result = routine.build(builder, ...(parameters as never[]));
    body = { parameters, body: builder.uops, result };
    bodies.set(routine, body);
  }
  return body;
}

class RoutineBuilder extends OperationBuilder {
  parameter(type: ValueType): Value {
    return this.value(type);
  }
}
