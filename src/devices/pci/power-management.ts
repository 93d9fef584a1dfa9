// Intel 82371AB (PIIX4), function 3: power management and SMBus (data sheet 290562, chapter 7). It decides where two
// blocks of ports are; what the PM1 registers, the timer and the SMBus mean is said in AcpiPm and Smbus.
//
//   PMBASE  40h, enabled by PMREGMISC bit 0      64 ports:  0 PM1 event  4 PM1 control  8 timer  C and up: below
//   SMBBA   90h, enabled by SMBHSTCFG bit 0      16 ports
//
// The rest of the PM block is general-purpose status and enables, global and device traps, throttling and
// general-purpose pins: enables and outputs are stored and read back, statuses read 0, since nothing happens there.
// SMIs never come; DEVACTB says from the start that firmware has dealt with them.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Region, Unmap } from '../../memory/region.ts';
import type { Chip } from '../chip.ts';
import { bytes, initialState, record, resetState, restoreState, saveState } from '../chip.ts';
import type { RegisterDeclaration, RegisterRegion } from '../registers.ts';
import type { ConfigRegister, PciFunction } from './config-space.ts';
import { CONFIG_SHAPE, headerType0, PciConfigSpace } from './config-space.ts';
import type { PciAddressSpaces } from './endpoint.ts';
import { SUBSYSTEM } from './subsystem.ts';

const NAME = 'piix4-pm';
export const PMBASE = 0x40;
export const PMREGMISC = 0x80;
export const SMBBA = 0x90;
export const SMBHSTCFG = 0xd2;
const PM_PORTS = 64;
const SMBUS_PORTS = 16;
const OTHERS = 0x0c;

const register = (name: string, offset: number, width: AccessWidth, reset: number, writable: number) =>
  ({ name, offset, width, reset, writable }) as const;

/** DEVACTB: APMC_EN, a write to APMC may raise an SMI; firmware takes it for a sign that SMM is set up. */
const APMC_EN = 1 << 25;

export const POWER_MANAGEMENT_REGISTERS: readonly ConfigRegister[] = [
  ...headerType0({
    vendor: 0x8086,
    device: 0x7113,
    revision: 3,
    classCode: 0x06_80_00,
    commandWritable: 0x0001,
    status: 0x0280,
    interruptPin: 1,
    ...SUBSYSTEM,
  }),
  register('PMBASE', PMBASE, 4, 1, 0xffc0),
  register('CNTA', 0x44, 4, 0, 0xffff_ffff),
  register('CNTB', 0x48, 4, 0, 0xffff_ffff),
  register('GPICTL', 0x4c, 4, 0, 0xffff_ffff),
  register('DEVRESD', 0x50, 4, 0, 0xffff_ffff),
  register('DEVACTA', 0x54, 4, 0, 0xffff_ffff),
  register('DEVACTB', 0x58, 4, APMC_EN, 0xffff_ffff),
  ...['A', 'B', 'C', 'E', 'F', 'G', 'H', 'I', 'J'].map((name, i) =>
    register(`DEVRES${name}`, 0x5c + 4 * i, 4, 0, 0xffff_ffff),
  ),
  register('PMREGMISC', PMREGMISC, 1, 0, 0x01),
  register('SMBBA', SMBBA, 4, 1, 0xfff0),
  register('SMBHSTCFG', SMBHSTCFG, 1, 0, 0x0f),
  register('SMBSLVC', 0xd3, 1, 0, 0xff),
  register('SMBSHDW1', 0xd4, 1, 0, 0xff),
  register('SMBSHDW2', 0xd5, 1, 0, 0xff),
  register('SMBREV', 0xd6, 1, 0, 0),
];

/** Those of the PM block that are stored. */
const STORED_REGISTERS: readonly RegisterDeclaration[] = [
  { name: 'GPEN', offset: 0x0e, width: 2, reset: 0, access: 'RW' },
  { name: 'PCNTRL', offset: 0x10, width: 4, reset: 0, access: 'RW' },
  { name: 'GLBEN', offset: 0x20, width: 2, reset: 0, access: 'RW' },
  { name: 'GLBCTL', offset: 0x28, width: 4, reset: 0, access: 'RW' },
  { name: 'DEVCTL', offset: 0x2c, width: 4, reset: 0, access: 'RW' },
  { name: 'GPOREG', offset: 0x34, width: 4, reset: 0, access: 'RW' },
];

const SHAPE = { config: record(CONFIG_SHAPE), others: bytes(PM_PORTS) };

export interface PowerManagementOptions {
  /** AcpiPm's regions: PM1 event, PM1 control, timer. */
  readonly pm1: readonly Region[];
  readonly smbus: Region;
  readonly spaces: PciAddressSpaces;
}

export class Piix4PowerManagement implements Chip, PciFunction {
  /** The PM block, 64 ports; the function maps it itself. */
  readonly regions: readonly RegisterRegion[];
  readonly config: PciConfigSpace;
  readonly #options: PowerManagementOptions;
  readonly #state = initialState({ others: SHAPE.others });
  readonly #placed = { pm: { start: 0, unmap: noUnmap }, smbus: { start: 0, unmap: noUnmap } };

  constructor(options: PowerManagementOptions) {
    this.#options = options;
    this.config = new PciConfigSpace(NAME, POWER_MANAGEMENT_REGISTERS, () => this.#place());
    this.regions = [
      {
        name: 'piix4-pm',
        size: PM_PORTS,
        registers: STORED_REGISTERS,
        read: (offset, width) => this.#read(offset, width),
        write: (offset, width, value) => this.#write(offset, width, value),
      },
    ];
  }

  readConfig(offset: number, width: AccessWidth): number {
    return this.config.readConfig(offset, width);
  }

  writeConfig(offset: number, width: AccessWidth, value: number): void {
    this.config.writeConfig(offset, width, value);
  }

  reset(): void {
    this.config.reset();
    resetState({ others: SHAPE.others }, this.#state);
    this.#place();
  }

  save(): StateRecord {
    return saveState(NAME, 1, SHAPE, { config: this.config.state, others: this.#state.others });
  }

  restore(saved: StateRecord): void {
    const state = { config: this.config.state, others: this.#state.others };
    restoreState(NAME, 1, SHAPE, state, saved);
    this.config.takeOver(state.config);
    this.#state.others = state.others;
    this.#place();
  }

  /** Where the power management ports are; undefined where nowhere. */
  get base(): number | undefined {
    return this.#placed.pm.start === 0 ? undefined : this.#placed.pm.start;
  }

  #place(): void {
    const base = (at: number, enable: number) =>
      (this.config.readConfig(enable, 1) & 1) !== 0 ? this.config.readConfig(at, 4) & 0xfff0 : 0;
    this.#move(this.#placed.pm, base(PMBASE, PMREGMISC), PM_PORTS, this.regions[0]!);
    this.#move(this.#placed.smbus, base(SMBBA, SMBHSTCFG), SMBUS_PORTS, this.#options.smbus);
  }
  #move(placed: { start: number; unmap: Unmap }, start: number, size: number, shows: Region): void {
    if (placed.start === start) return;
    placed.unmap();
    placed.start = start;
    placed.unmap = start === 0 ? noUnmap : this.#options.spaces.ports(start, size, shows);
  }

  /** The region of AcpiPm behind an offset, and where it begins. */
  #pm1(offset: number): readonly [region: Region, first: number] {
    const [event, control, timer] = this.#options.pm1;
    return offset < 4 ? [event!, 0] : offset < 8 ? [control!, 4] : [timer!, 8];
  }
  #read(offset: number, width: AccessWidth): number {
    if (offset + width <= OTHERS) {
      const [region, first] = this.#pm1(offset);
      // PM1 control has two ports; the two behind it read 0.
      if (first === 4) return offset >= 6 ? 0 : region.read(offset - 4, width === 4 ? 2 : width);
      return region.read(offset - first, width);
    }
    let value = 0;
    for (let i = 0; i < width; i++) value |= (this.#state.others[offset + i] ?? 0xff) << (8 * i);
    return value >>> 0;
  }
  #write(offset: number, width: AccessWidth, value: number): void {
    if (offset + width <= OTHERS) {
      const [region, first] = this.#pm1(offset);
      if (first === 4 && offset >= 6) return;
      const narrow = first === 4 && width === 4;
      region.write(offset - first, narrow ? 2 : width, narrow ? value & 0xffff : value);
      return;
    }
    for (let i = 0; i < width; i++) {
      const at = offset + i;
      if (STORED_REGISTERS.some((stored) => at >= stored.offset && at < stored.offset + stored.width)) {
        this.#state.others[at] = value >>> (8 * i);
      }
    }
  }
}

const noUnmap: Unmap = () => {};
