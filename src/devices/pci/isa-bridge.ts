// Intel 82371SB (PIIX3), function 0: the PCI-to-ISA bridge (data sheet 290550, section 2.3). Its PIRQ route
// control registers lead PCI interrupts to the interrupt controllers. The other registers are stored and read
// back: bus timing, what the bridge decodes (everything behind it answers always), and SMI, which never comes since
// there is no system management mode.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip } from '../chip.ts';
import { record, restoreState, saveState } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { ConfigRegister, PciFunction } from './config-space.ts';
import { CONFIG_SHAPE, headerType0, PciConfigSpace } from './config-space.ts';
import { INTERRUPT_ROUTER_SHAPE, PciInterruptRouter, PIRQRC_RESET } from './interrupt-router.ts';
import { SUBSYSTEM } from './subsystem.ts';

const NAME = 'piix3-isa';
const PIRQRC = 0x60;
const PIRQS = 4;

const register = (
  name: string,
  offset: number,
  width: AccessWidth,
  reset: number,
  writable: number,
): ConfigRegister => ({ name, offset, width, reset, writable });

export const ISA_BRIDGE_REGISTERS: readonly ConfigRegister[] = [
  ...headerType0({
    vendor: 0x8086,
    device: 0x7000,
    revision: 0,
    classCode: 0x06_01_00,
    command: 0x0007,
    commandWritable: 0x0008,
    status: 0x0200,
    headerType: 0x80,
    ...SUBSYSTEM,
  }),
  register('IORT', 0x4c, 1, 0x4d, 0xff),
  register('XBCS', 0x4e, 2, 0x0003, 0xffff),
  ...['A', 'B', 'C', 'D'].map((name, i) => register(`PIRQRC${name}`, PIRQRC + i, 1, PIRQRC_RESET, 0x8f)),
  register('TOM', 0x69, 1, 0x02, 0xfe),
  register('MSTAT', 0x6a, 2, 0, 0x8000),
  register('MBIRQ0', 0x70, 1, 0x80, 0xef),
  register('MBDMA0', 0x76, 1, 0x0c, 0x87),
  register('MBDMA1', 0x77, 1, 0x0c, 0x87),
  register('PCSC', 0x78, 2, 0x0002, 0xffff),
  register('APICBASE', 0x80, 1, 0, 0x7f),
  register('DLC', 0x82, 1, 0, 0x0f),
  register('SMICNTL', 0xa0, 1, 0x08, 0x1f),
  register('SMIEN', 0xa2, 2, 0, 0xff),
  register('SEE', 0xa4, 4, 0, 0xffff_ffff),
  register('FTMR', 0xa8, 1, 0x0f, 0xff),
  register('SMIREQ', 0xaa, 2, 0, 0xff),
  register('CTLTMR', 0xac, 1, 0, 0xff),
  register('CTHTMR', 0xae, 1, 0, 0xff),
];

const SHAPE = { config: record(CONFIG_SHAPE), interrupts: record(INTERRUPT_ROUTER_SHAPE) };

export class Piix3IsaBridge implements Chip, PciFunction {
  readonly regions = [];
  readonly config: PciConfigSpace;
  readonly #router: PciInterruptRouter;

  /** @param irq an input of the interrupt controllers that the bridge may drive besides others. */
  constructor(irq: (number: number) => IrqLine) {
    this.#router = new PciInterruptRouter(irq);
    this.config = new PciConfigSpace(NAME, ISA_BRIDGE_REGISTERS, (offset, bytes) =>
      this.#written(offset, bytes),
    );
  }

  /** Where the interrupt pin of a function on the bus leads to: 1 for INTA# to 4 for INTD#. */
  pin(device: number, func: number, pin: number): IrqLine {
    return this.#router.pin(device, func, pin);
  }

  readConfig(offset: number, width: AccessWidth): number {
    return this.config.readConfig(offset, width);
  }

  writeConfig(offset: number, width: AccessWidth, value: number): void {
    this.config.writeConfig(offset, width, value);
  }

  reset(): void {
    this.config.reset();
    this.#router.reset();
  }

  save(): StateRecord {
    return saveState(NAME, 1, SHAPE, { config: this.config.state, interrupts: this.#router.state });
  }

  /** Repeats the levels of the interrupts. */
  restore(saved: StateRecord): void {
    const state = { config: this.config.state, interrupts: this.#router.state };
    restoreState(NAME, 1, SHAPE, state, saved);
    this.config.takeOver(state.config);
    this.#router.state = state.interrupts;
    this.#written(0, 256);
  }

  #written(offset: number, bytes: number): void {
    for (let pirq = 0; pirq < PIRQS; pirq++) {
      const at = PIRQRC + pirq;
      if (at >= offset && at < offset + bytes) this.#router.route(pirq, this.config.readConfig(at, 1));
    }
  }
}
