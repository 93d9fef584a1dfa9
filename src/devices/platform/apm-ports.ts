// The advanced power management ports of the PIIX4 (82371AB data sheet, 290562, section 7.1): APMC at 0xB2, with which
// software calls the system management mode, and APMS at 0xB3, where the two leave each other a byte.
//
// There is no system management mode: both are stored, and no SMI follows.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import { type Register, type RegisterRegion, registerRegion } from '../registers.ts';

const SHAPE = { command: uint(8), status: uint(8) };

export class ApmPorts implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor() {
    this.regions = [registerRegion('apm', 2, REGISTERS, this)];
  }

  reset(): void {
    resetState(SHAPE, this.state);
  }

  save(): StateRecord {
    return saveState('apm', 1, SHAPE, this.state);
  }

  restore(record: StateRecord): void {
    restoreState('apm', 1, SHAPE, this.state, record);
  }
}

const stored = (name: string, offset: number, member: 'command' | 'status'): Register<ApmPorts> => ({
  name,
  offset,
  width: 1,
  reset: 0,
  access: 'RW',
  read: (ports) => ports.state[member],
  write: (ports, value) => {
    ports.state[member] = value;
  },
});

const REGISTERS = [stored('APMC', 0, 'command'), stored('APMS', 1, 'status')];
