// Message-signalled interrupts (PCI Local Bus 3.0, section 6.8.1): a function interrupts by writing 16 bits that the
// guest chose to an address that it chose. All of the state is in the configuration space.
//
//   +2  Message Control   0 enable  3:1 vectors that it would like (2^n)  6:4 vectors that it may use (2^n)
//                         7 64-bit address  8 masks of single vectors
//   +4  Message Address   +8 Message Upper Address (with bit 7)   +8 or +C Message Data
//   then, with bit 8:     Mask Bits, Pending Bits
//
// Of several vectors the number replaces the low bits of the data. A vector that is masked stays pending, and is sent
// when the mask goes, unless the function withdraws it before.
import type { MsiTarget } from '../lines.ts';
import { CapabilityPlace, type PciCapability } from './capabilities.ts';
import type { ConfigRegister } from './config-space.ts';

const MSI_ID = 0x05;
const CONTROL = 0x02;
const ADDRESS = 0x04;
const UPPER_ADDRESS = 0x08;

const CONTROL_ENABLE = 0x0001;
const CONTROL_ENABLED_VECTORS = 0x0070;
const CONTROL_64_BIT = 0x0080;
const CONTROL_MASKABLE = 0x0100;

export interface MsiOptions {
  /** Vectors that the function would like to have. */
  readonly vectors?: 1 | 2 | 4 | 8 | 16 | 32;
  /** Takes addresses of 64 bits; true unless given. */
  readonly wide?: boolean;
  /** Has masks of single vectors; false unless given. */
  readonly maskable?: boolean;
  /** Where the capability stands in configuration space. */
  readonly at?: number;
}

export class Msi {
  readonly capability: PciCapability;
  readonly place = new CapabilityPlace();
  readonly #most: number;
  readonly #data: number;
  /** 0 where there are no masks. */
  readonly #mask: number;
  readonly #target: MsiTarget;

  constructor(options: MsiOptions, target: MsiTarget) {
    const { vectors = 1, wide = true, maskable = false } = options;
    this.#most = Math.log2(vectors);
    this.#data = wide ? 0x0c : 0x08;
    this.#mask = maskable ? this.#data + 4 : 0;
    this.#target = target;
    const features = (wide ? CONTROL_64_BIT : 0) | (maskable ? CONTROL_MASKABLE : 0);
    const every = vectors === 32 ? 0xffff_ffff : (1 << vectors) - 1;
    const registers: ConfigRegister[] = [
      {
        name: 'MSI Message Control',
        offset: CONTROL,
        width: 2,
        reset: (this.#most << 1) | features,
        writable: CONTROL_ENABLE | CONTROL_ENABLED_VECTORS,
      },
      { name: 'MSI Message Address', offset: ADDRESS, width: 4, reset: 0, writable: 0xffff_fffc },
      { name: 'MSI Message Data', offset: this.#data, width: 2, reset: 0, writable: 0xffff },
    ];
    if (wide) {
      registers.push({
        name: 'MSI Message Upper Address',
        offset: UPPER_ADDRESS,
        width: 4,
        reset: 0,
        writable: 0xffff_ffff,
      });
    }
    if (maskable) {
      registers.push(
        { name: 'MSI Mask Bits', offset: this.#mask, width: 4, reset: 0, writable: every },
        { name: 'MSI Pending Bits', offset: this.#mask + 4, width: 4, reset: 0 },
      );
    }
    const size = maskable ? this.#mask + 8 : this.#data + 2;
    this.capability = { name: 'MSI', id: MSI_ID, size, registers, at: options.at };
  }

  get enabled(): boolean {
    return (this.#control & CONTROL_ENABLE) !== 0;
  }
  /** Vectors that the guest has allotted: a power of two. */
  get vectors(): number {
    return 1 << Math.min((this.#control & CONTROL_ENABLED_VECTORS) >> 4, this.#most);
  }

  /** Sends a vector, or remembers it while it is masked. Numbers beyond those allotted share the ones that are. */
  signal(vector: number): void {
    if (!this.enabled) return;
    const number = vector & (this.vectors - 1);
    const bit = 2 ** number;
    if (this.#mask !== 0 && (this.place.read(this.#mask, 4) & bit) !== 0) {
      this.place.write(this.#mask + 4, 4, this.place.read(this.#mask + 4, 4) | bit);
    } else this.#send(number);
  }
  /** What was to be told has been seen to: a vector that is still masked need not be sent. */
  withdraw(vector: number): void {
    if (this.#mask === 0) return;
    const bit = 2 ** (vector & (this.vectors - 1));
    this.place.write(this.#mask + 4, 4, this.place.read(this.#mask + 4, 4) & ~bit);
  }

  /** Configuration space has been written: what is pending and no longer masked goes out. */
  written(): void {
    if (this.#mask === 0 || !this.enabled) return;
    const pending = this.place.read(this.#mask + 4, 4);
    const ready = (pending & ~this.place.read(this.#mask, 4)) >>> 0;
    if (ready === 0) return;
    this.place.write(this.#mask + 4, 4, pending & ~ready);
    for (let vector = 0; vector < 32; vector++) if (((ready >>> vector) & 1) !== 0) this.#send(vector);
  }

  get #control(): number {
    return this.place.read(CONTROL, 2);
  }
  #send(vector: number): void {
    const upper = this.#data === UPPER_ADDRESS ? 0 : this.place.read(UPPER_ADDRESS, 4);
    const low = this.vectors - 1;
    const data = (this.place.read(this.#data, 2) & ~low) | (vector & low);
    this.#target.send(upper * 2 ** 32 + this.place.read(ADDRESS, 4), data);
  }
}
