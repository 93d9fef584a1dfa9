// The part of the WebAssembly JavaScript API that Doppel uses, declared here because the layers below
// `host` compile without the DOM's types. Source: WebAssembly JavaScript Interface 3.0.

declare namespace WebAssembly {
  type ImportValue = Memory | Table | Global | ((...args: never[]) => unknown) | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;
  type ExportValue = Memory | Table | Global | ExportedFunction;
  type ExportedFunction = (...args: (number | bigint)[]) => unknown;
  type ValueTypeName = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'anyfunc' | 'externref';

  interface MemoryDescriptor {
    /** In pages of 64 KiB; a bigint for a memory with 64-bit addresses. */
    readonly initial: number | bigint;
    readonly maximum?: number | bigint;
    readonly shared?: boolean;
    readonly address?: 'i32' | 'i64';
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    grow(delta: number): number;
  }

  class Table {
    constructor(descriptor: {
      readonly element: 'anyfunc' | 'externref';
      readonly initial: number;
      readonly maximum?: number;
    });
    readonly length: number;
    get(index: number): ExportedFunction | null;
    set(index: number, value: ExportedFunction | null): void;
    grow(delta: number, value?: ExportedFunction | null): number;
  }

  class Global {
    constructor(
      descriptor: { readonly value: ValueTypeName; readonly mutable?: boolean },
      value?: number | bigint,
    );
    value: number | bigint;
  }

  class Module {
    constructor(bytes: ArrayBufferView | ArrayBufferLike);
    static customSections(module: Module, name: string): ArrayBuffer[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Readonly<Record<string, ExportValue>>;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  /** Present where the host has the JavaScript Promise Integration. */
  const Suspending: undefined | (new (fn: (...args: never[]) => unknown) => object);

  function validate(bytes: ArrayBufferView | ArrayBufferLike): boolean;
  function compile(bytes: ArrayBufferView | ArrayBufferLike): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
