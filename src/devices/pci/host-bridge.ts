// Intel 82441FX host bridge (440FX data sheet, 290549, section 3.2): the function 00:0.0 that tells an
// operating system that there is a PCI bus. The registers are stored and read back; PAM and SMRAM,
// which decide what the BIOS area shows, are passed on to whoever maps memory. DRAM timing and error
// reporting have no effect.

import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip } from '../chip.ts';
import type { ConfigRegister, PciFunction } from './config-space.ts';
import { headerType0, PciConfigSpace } from './config-space.ts';
import { SUBSYSTEM } from './subsystem.ts';

const PAM0 = 0x59;
const PAM_COUNT = 7;
const SMRAM = 0x72;

const byte = (name: string, offset: number, reset: number, writable: number): ConfigRegister => ({
  name,
  offset,
  width: 1,
  reset,
  writable,
});

export const HOST_BRIDGE_REGISTERS: readonly ConfigRegister[] = [
  ...headerType0({
    vendor: 0x8086,
    device: 0x1237,
    revision: 0x02,
    classCode: 0x06_00_00,
    command: 0x0006,
    commandWritable: 0x0140,
    status: 0x0280,
    ...SUBSYSTEM,
  }),
  { name: 'PMCCFG', offset: 0x50, width: 2, reset: 0, writable: 0xffff },
  byte('DETURBO', 0x52, 0, 0xff),
  byte('DBC', 0x53, 0x80, 0xff),
  byte('AXC', 0x54, 0, 0xff),
  { name: 'DRT', offset: 0x55, width: 2, reset: 0, writable: 0xffff },
  byte('DRAMC', 0x57, 0x01, 0xff),
  byte('DRAMT', 0x58, 0x10, 0xff),
  ...Array.from({ length: PAM_COUNT }, (_, index) => byte(`PAM${index}`, PAM0 + index, 0, 0x33)),
  ...Array.from({ length: 8 }, (_, index) => byte(`DRB${index}`, 0x60 + index, 0x01, 0xff)),
  byte('FDHC', 0x68, 0, 0xff),
  byte('MTT', 0x70, 0x10, 0xff),
  byte('CLT', 0x71, 0x10, 0xff),
  byte('SMRAM', SMRAM, 0x02, 0x78),
  byte('ERRCMD', 0x90, 0, 0xff),
  { name: 'ERRSTS', offset: 0x91, width: 1, reset: 0, clearable: 0x11 },
];

export interface HostBridgeOptions {
  /** PAM0..PAM6 have changed: two bits a segment, 0 read from RAM, 1 write to RAM (data sheet, table 3-3). */
  readonly shadowChanged?: (pam: readonly number[]) => void;
}

export class HostBridge440Fx implements Chip, PciFunction {
  readonly regions = [];
  readonly #config: PciConfigSpace;
  readonly #options: HostBridgeOptions;

  constructor(options: HostBridgeOptions = {}) {
    this.#options = options;
    this.#config = new PciConfigSpace('i440fx', HOST_BRIDGE_REGISTERS, (offset, width) =>
      this.#onWrite(offset, width),
    );
  }

  readConfig(offset: number, width: AccessWidth): number {
    return this.#config.readConfig(offset, width);
  }

  writeConfig(offset: number, width: AccessWidth, value: number): void {
    this.#config.writeConfig(offset, width, value);
  }

  /** PAM0..PAM6. */
  get pam(): readonly number[] {
    return Array.from({ length: PAM_COUNT }, (_, index) => this.#config.readConfig(PAM0 + index, 1));
  }

  reset(): void {
    this.#config.reset();
    this.#options.shadowChanged?.(this.pam);
  }

  save(): StateRecord {
    return this.#config.save();
  }

  restore(record: StateRecord): void {
    this.#config.restore(record);
    this.#options.shadowChanged?.(this.pam);
  }

  #onWrite(offset: number, width: AccessWidth): void {
    if (offset < PAM0 + PAM_COUNT && offset + width > PAM0) this.#options.shadowChanged?.(this.pam);
  }
}
