// An AHCI host bus adapter (Serial ATA Advanced Host Controller Interface 1.3.1): six ports with a Serial ATA device each,
// or none; 32 command slots a port, native command queuing, 64-bit addresses.
//
//   region ahci, 4 KiB:  00h generic host control   100h + 80h * n  port n (ahci-port.ts)
//
// The interrupt is a level, IS and GHC.IE; `again` is told of what comes while it is high, for messages.
// Not modelled: registers of IDE (GHC.AE is always 1), port multipliers, command completion coalescing, enclosure
// management, hot plugging, power management of the link, handing over from firmware.
import type { AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, records, restoreState, saveState, uint } from '../chip.ts';
import type { DmaView, IrqLine } from '../lines.ts';
import type { RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import * as A from './ahci-bits.ts';
import { CommandMemory } from './ahci-command.ts';
import { AhciPort } from './ahci-port.ts';
import { PORT_SHAPE, type PortState } from './ahci-port-state.ts';
import { AHCI_REGISTERS } from './ahci-registers.ts';
import type { AtaInterface } from './ata-interface.ts';

const NAME = 'ahci';
const VERSION = 1;
export const AHCI_REGION_SIZE = 0x1000;

const SHAPE = {
  /** GHC.IE. */
  enabled: flag(),
  /** IS. */
  pending: uint(A.MOST_PORTS),
  ports: records(A.MOST_PORTS, PORT_SHAPE),
};

/** A reset of the adapter leaves these alone (section 10.4.3). */
const ADDRESSES: readonly (keyof PortState)[] = ['list', 'listUpper', 'area', 'areaUpper'];

export interface AhciOptions {
  /** At the ports, up to six; undefined for a port that nothing is plugged into. */
  readonly devices: readonly (AtaInterface | undefined)[];
  readonly memory: DmaView;
  readonly clock: AlarmSource;
  readonly irq: IrqLine;
  /** The interrupt is high, and there is more to tell: what messages are sent again for. */
  readonly again?: () => void;
  /** Devices start when the guest says so (CAP.SSS); at once unless given. */
  readonly staggered?: boolean;
}

export class Ahci implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly ports: readonly AhciPort[];
  readonly capabilities: number;
  readonly #options: AhciOptions;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  /** The interrupt as it was driven last. */
  #level = false;

  constructor(options: AhciOptions) {
    this.#options = options;
    const { clock, devices, staggered = false } = options;
    const memory = new CommandMemory(options.memory);
    this.capabilities =
      ((A.MOST_PORTS - 1) |
        ((A.COMMAND_SLOTS - 1) << 8) |
        A.CAP_PMD |
        A.CAP_SAM |
        A.CAP_ISS_3G |
        A.CAP_SCLO |
        (staggered ? A.CAP_SSS : 0) |
        A.CAP_SNCQ |
        A.CAP_S64A) >>>
      0;
    this.ports = this.#state.ports.map((_, index) => {
      const changed = (isNew: boolean): void => this.#portChanged(index, isNew);
      return new AhciPort({ device: devices[index], memory, clock, staggered, changed });
    });
    this.regions = [registerRegion('ahci', AHCI_REGION_SIZE, AHCI_REGISTERS, this, { unclaimed: 0 })];
    this.reset();
  }

  reset(): void {
    this.#resetAdapter([]);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(saved: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, saved);
    this.ports.forEach((port, index) => {
      port.restored(this.#state.ports[index]!);
    });
    this.#level = this.#wanted;
  }

  // ---- what the register table calls ----

  get control(): number {
    return (A.GHC_AE | (this.#state.enabled ? A.GHC_IE : 0)) >>> 0;
  }
  writeControl(value: number, lanes: number): void {
    if ((value & A.GHC_HR) !== 0) {
      this.#resetAdapter(ADDRESSES);
      return;
    }
    if ((lanes & A.GHC_IE) !== 0) this.#state.enabled = (value & A.GHC_IE) !== 0;
    this.#drive(false);
  }

  get interrupts(): number {
    for (const port of this.ports) port.catchUp();
    return this.#state.pending;
  }
  /** A port that still has something to tell says so again. */
  clearInterrupts(value: number): void {
    const s = this.#state;
    s.pending &= ~value;
    this.ports.forEach((port, index) => {
      if (port.interrupting) s.pending |= 1 << index;
    });
    this.#drive(true);
  }

  #resetAdapter(keep: readonly (keyof PortState)[]): void {
    const s = this.#state;
    s.enabled = false;
    s.pending = 0;
    this.ports.forEach((port, index) => {
      port.state = s.ports[index]!;
      port.reset(keep);
    });
    s.pending = 0;
    this.#drive(false);
  }

  #portChanged(index: number, isNew: boolean): void {
    if (!this.ports[index]?.interrupting) return;
    this.#state.pending |= 1 << index;
    this.#drive(isNew);
  }

  get #wanted(): boolean {
    return this.#state.enabled && this.#state.pending !== 0;
  }

  #drive(isNew: boolean): void {
    const wanted = this.#wanted;
    if (wanted && this.#level && isNew) this.#options.again?.();
    this.#level = wanted;
    this.#options.irq.set(wanted);
  }
}
