// Exceptions as a helper raises them: a GuestFault is thrown, caught at the engine's border, and
// delivered through the guest's IDT. Vectors are those of SDM 3A, table 6-1.

export const DE = 0;
export const DB = 1;
export const NMI = 2;
export const BP = 3;
export const OF = 4;
export const BR = 5;
export const UD = 6;
export const NM = 7;
export const DF = 8;
export const TS = 10;
export const NP = 11;
export const SS = 12;
export const GP = 13;
export const PF = 14;
export const MF = 16;
export const AC = 17;
export const MC = 18;
export const XM = 19;

/** Thrown by helpers and memory access on behalf of the guest; never escapes an engine. */
export class GuestFault {
  readonly vector: number;
  /** Error code pushed, or -1 where the vector has none. */
  readonly errorCode: number;
  /**
   * True when the state (RIP included) is already that of the context in which the fault is to be
   * delivered, as for faults in the new task after a task switch; normally RIP goes back to the instruction.
   */
  readonly committed: boolean;
  constructor(vector: number, errorCode = -1, committed = false) {
    this.vector = vector;
    this.errorCode = errorCode;
    this.committed = committed;
  }
}

/** Raises #GP with an error code (0 unless a selector is to blame). */
export function generalProtection(errorCode = 0): never {
  throw new GuestFault(GP, errorCode);
}

export function undefinedOpcode(): never {
  throw new GuestFault(UD);
}
