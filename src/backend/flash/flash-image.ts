// What lies behind a flash chip: where its content comes from and where changes of it go.
//
// Flash is small and read all the time, so the machine holds all of it in memory: a back end gives the content once, when
// the machine is built, and then only hears of what has changed.

export interface FlashImage {
  /** For messages: a file's path. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** The chip refuses to program and to erase. */
  readonly readOnly: boolean;
  /** Fills `target`, which has `size` bytes. Throws DoppelError where it cannot be read. */
  load(target: Uint8Array): void;
  /** The guest has changed these bytes. False where that could not be kept: the guest is told of a failure, and sees what was. */
  store(offset: number, bytes: Uint8Array): boolean;
}

/** Flash over bytes of the caller's, which change with it. */
export function memoryFlash(bytes: Uint8Array, name = 'memory'): FlashImage {
  return {
    name,
    size: bytes.length,
    readOnly: false,
    load: (target) => target.set(bytes),
    store(offset, changed) {
      bytes.set(changed, offset);
      return true;
    },
  };
}
