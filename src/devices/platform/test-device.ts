// pc-testdev: the device that kvm-unit-tests' guests try a hypervisor with (the comments of its x86 tests; what QEMU answers).
//
//   echo        4 ports (E0h)     32 bits that stay: reads give what was written, at any width and alignment
//   flush-page  4 ports (E4h)     a write of a page's address has the hypervisor forget its translations of that page; reads 0
//   echo-bytes  4 ports (E8h)     the same 32 bits as `echo`, which hypervisors are to reach byte by byte
//   irq-lines   24 ports (2000h)  port n drives interrupt line n: 0 low, anything else high; reads 0
//   memory      64 KiB            memory that is reached as a device (MMIO)
//
// Nothing is forgotten at a flush: translations here are never out of date.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { bytes, initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import { merge, type Register, type RegisterRegion, registerRegion } from '../registers.ts';

export const TEST_LINES = 24;
const MEMORY_SIZE = 0x1_0000;

const SHAPE = { echo: uint(32), memory: bytes(MEMORY_SIZE) };

export class TestDevice implements Chip {
  /** echo, flush-page, echo-bytes, irq-lines, memory. */
  readonly regions: readonly RegisterRegion[];
  readonly #lines: readonly IrqLine[];
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  /** @param lines TEST_LINES of them */
  constructor(lines: readonly IrqLine[]) {
    this.#lines = lines;
    this.regions = [
      registerRegion('testdev-echo', 4, ECHO, this, { unclaimed: 0 }),
      registerRegion('testdev-flush-page', 4, FLUSH_PAGE, this, { unclaimed: 0 }),
      registerRegion('testdev-echo-bytes', 4, ECHO, this, { unclaimed: 0 }),
      registerRegion('testdev-irq-lines', TEST_LINES, IRQ_LINES, this),
      {
        name: 'testdev-memory',
        size: MEMORY_SIZE,
        registers: [],
        read: (offset, width) => {
          let value = 0;
          for (let i = 0; i < width; i++) value |= (this.#state.memory[offset + i] ?? 0xff) << (8 * i);
          return value >>> 0;
        },
        write: (offset, width, value) => {
          for (let i = 0; i < width; i++) this.#state.memory[offset + i] = value >>> (8 * i);
        },
      },
    ];
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    for (const line of this.#lines) line.set(false);
  }

  save(): StateRecord {
    return saveState('pc-testdev', 1, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('pc-testdev', 1, SHAPE, this.#state, record);
  }

  // What the register tables call.

  get echo(): number {
    return this.#state.echo;
  }

  set echo(value: number) {
    this.#state.echo = value;
  }

  setLine(number: number, level: boolean): void {
    this.#lines[number]!.set(level);
  }
}

const ECHO: readonly Register<TestDevice>[] = [
  {
    name: 'ECHO',
    offset: 0,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (device) => device.echo,
    write: (device, value, lanes) => {
      device.echo = merge(device.echo, value, lanes);
    },
  },
];

const FLUSH_PAGE: readonly Register<TestDevice>[] = [
  { name: 'PAGE', offset: 0, width: 4, reset: 0, access: 'RW', read: () => 0, write: () => {} },
];

const IRQ_LINES: readonly Register<TestDevice>[] = Array.from({ length: TEST_LINES }, (_, number) => ({
  name: `LINE ${number}`,
  offset: number,
  width: 1 as const,
  reset: 0,
  access: 'RW' as const,
  read: () => 0,
  write: (device: TestDevice, value: number) => device.setLine(number, value !== 0),
}));
