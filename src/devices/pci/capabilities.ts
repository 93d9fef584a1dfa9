// The capability list of a PCI function (PCI Local Bus 3.0, section 6.7): a chain through its configuration space.
//
//   34h  pointer to the first     each capability:  +0 identifier   +1 pointer to the next, 0 at the end   +2 its own
//   STATUS bit 4 says that there is a list.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { ConfigRegister, PciConfigSpace } from './config-space.ts';

export const CAPABILITY_POINTER = 0x34;
export const STATUS_CAPABILITY_LIST = 0x0010;
const FIRST_CAPABILITY = 0x40;

/** A capability, declared by its registers. */
export interface PciCapability {
  readonly name: string;
  /** Capability identifier (appendix H). */
  readonly id: number;
  /** Bytes, with the two of the header. */
  readonly size: number;
  /** Offsets count from the capability's first byte. */
  readonly registers: readonly ConfigRegister[];
  /** Where it stands, a multiple of 4 from 40h on; behind the one before it unless given. */
  readonly at?: number | undefined;
}

/** Where a capability stands, for the chip's part that reads its registers: their offsets count from its first byte. */
export class CapabilityPlace {
  #config: PciConfigSpace | undefined;
  #offset = 0;

  /** Once the capabilities have been placed. */
  set(config: PciConfigSpace, offset: number): void {
    this.#config = config;
    this.#offset = offset;
  }
  read(register: number, width: AccessWidth): number {
    return this.#config!.readConfig(this.#offset + register, width);
  }
  /** Also what the guest cannot write. */
  write(register: number, width: AccessWidth, value: number): void {
    this.#config!.set(this.#offset + register, width, value >>> 0);
  }
}

export interface PlacedCapabilities {
  /** With pointers and identifiers, for the configuration space. */
  readonly registers: readonly ConfigRegister[];
  /** Of each capability. */
  readonly offsets: readonly number[];
}

/** Places capabilities in the order given. Throws RangeError where they do not fit or overlap. */
export function placeCapabilities(capabilities: readonly PciCapability[]): PlacedCapabilities {
  if (capabilities.length === 0) return { registers: [], offsets: [] };
  let end = FIRST_CAPABILITY;
  const offsets = capabilities.map(({ at, size, name }) => {
    const offset = at ?? (end + 3) & ~3;
    if (offset < end || (offset & 3) !== 0 || offset + size > 256) {
      throw new RangeError(`no room for the capability ${name} at ${offset}`);
    }
    end = offset + size;
    return offset;
  });
  const registers: ConfigRegister[] = [
    { name: 'Capabilities Pointer', offset: CAPABILITY_POINTER, width: 1, reset: offsets[0]! },
  ];
  capabilities.forEach(({ name, id, registers: own }, i) => {
    const offset = offsets[i]!;
    registers.push(
      { name: `${name} Capability ID`, offset, width: 1, reset: id },
      { name: `${name} Next Pointer`, offset: offset + 1, width: 1, reset: offsets[i + 1] ?? 0 },
      ...own.map((register) => ({ ...register, offset: register.offset + offset })),
    );
  });
  return { registers, offsets };
}
