// The wires between chips, given to a device when it is built.

/** A level-sensitive interrupt line (an ISA IRQ, a PCI INTx, the PIC's INTR output). */
export interface IrqLine {
  /** Drives the line; repeating the same level is harmless. An edge is `set(true)` after `set(false)`. */
  set(level: boolean): void;
}

/** Where message-signalled interrupts go. */
export interface MsiTarget {
  /** A write of `data`, 32 bits, to `address` as on the memory bus. Interrupts are those to FEEx_xxxxh. */
  send(address: number, data: number): void;
}

/** Bounds-checked access of a device to guest RAM. Out-of-range parts read as ones and swallow writes. */
export interface DmaView {
  read(address: number, target: Uint8Array): void;
  write(address: number, source: Uint8Array): void;
  /**
   * The bytes of RAM themselves, for data that goes to or comes from the host in one piece; undefined where the range is
   * not RAM throughout. They are the device's until it returns to its caller: the guest may not run on the while. To be
   * written to, they count as written.
   */
  lend?(address: number, length: number, use: 'read' | 'write'): Uint8Array | undefined;
}

/** A view that says whether all of a range was memory that can be read, or written. */
export interface ReportingDmaView extends DmaView {
  read(address: number, target: Uint8Array): boolean;
  write(address: number, source: Uint8Array): boolean;
}

/** A line that nobody listens to. */
export const unconnected: IrqLine = { set() {} };
