// The PC's system control ports, and the A20 gate and reset lines that several chips share.
//
//   port 0x92 (A)    0 fast reset (its rise resets the processor)   1 fast A20
//   port 0x61 (B)    0 GATE of PIT counter 2   1 speaker   2, 3 parity and channel check off
//                    4 refresh toggle (read)   5 OUT of counter 2 (read)   6, 7 checks (read as 0)
//   port 0xCF9       1 system reset (hard)   2 its rise resets, as 1 says      (PIIX3 data sheet, RCR)
//
// IBM PS/2 technical reference for ports 0x61 and 0x92. The refresh toggle changes every 15,085 ns,
// as often as counter 1 of the PIT once asked for a refresh.
import type { Clock } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';

/** Address line 20 passes where any of its drivers lets it (fast A20 and the keyboard controller). */
export class A20Gate {
  readonly #changed: (enabled: boolean) => void;
  #drivers = new Map<string, boolean>();
  #enabled = false;

  /** @param changed is told each change; the line begins as disabled. */
  constructor(changed: (enabled: boolean) => void) {
    this.#changed = changed;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  drive(driver: string, enabled: boolean): void {
    this.#drivers.set(driver, enabled);
    const now = [...this.#drivers.values()].some((level) => level);
    if (now === this.#enabled) return;
    this.#enabled = now;
    this.#changed(now);
  }
}

/** What port 0x61 needs of the PIT. */
export interface SpeakerTimer {
  setGate(index: 2, level: boolean): void;
  output(index: 2): boolean;
}

const PORT_A_RESET = 0x01;
const PORT_A_A20 = 0x02;
const PORT_A_SHAPE = { value: uint(8) };

export interface SystemControlPortAOptions {
  readonly a20: A20Gate;
  /** The processor's INIT (a soft reset). */
  readonly reset: () => void;
}

export class SystemControlPortA implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #options: SystemControlPortAOptions;
  readonly #state: StateOf<typeof PORT_A_SHAPE> = initialState(PORT_A_SHAPE);

  constructor(options: SystemControlPortAOptions) {
    this.#options = options;
    const registers: readonly Register<SystemControlPortA>[] = [
      {
        name: 'PORTA',
        offset: 0,
        width: 1,
        reset: 0,
        access: 'RW',
        read: () => this.#state.value,
        write: (port, value) => port.#write(value),
      },
    ];
    this.regions = [registerRegion('system-control-a', 1, registers, this)];
    options.a20.drive('port-92', false);
  }

  reset(): void {
    resetState(PORT_A_SHAPE, this.#state);
    this.#options.a20.drive('port-92', false);
  }

  save(): StateRecord {
    return saveState('system-control-a', 1, PORT_A_SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('system-control-a', 1, PORT_A_SHAPE, this.#state, record);
    this.#options.a20.drive('port-92', (this.#state.value & PORT_A_A20) !== 0);
  }

  #write(value: number): void {
    const rises = (value & ~this.#state.value & PORT_A_RESET) !== 0;
    this.#state.value = value;
    this.#options.a20.drive('port-92', (value & PORT_A_A20) !== 0);
    if (rises) this.#options.reset();
  }
}

const PORT_B_SHAPE = { control: uint(4) };
const REFRESH_NANOSECONDS = 15_085;

export interface SystemControlPortBOptions {
  readonly clock: Clock;
  readonly timer: SpeakerTimer;
  /** Told the speaker's data bit where somebody listens. */
  readonly speaker?: (on: boolean) => void;
}

export class SystemControlPortB implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #options: SystemControlPortBOptions;
  readonly #state: StateOf<typeof PORT_B_SHAPE> = initialState(PORT_B_SHAPE);

  constructor(options: SystemControlPortBOptions) {
    this.#options = options;
    const registers: readonly Register<SystemControlPortB>[] = [
      {
        name: 'PORTB',
        offset: 0,
        width: 1,
        access: 'RW',
        read: (port) => port.#read(),
        write: (port, value) => port.#write(value),
      },
    ];
    this.regions = [registerRegion('system-control-b', 1, registers, this)];
    options.timer.setGate(2, false);
  }

  /** Call after the PIT's own reset. */
  reset(): void {
    resetState(PORT_B_SHAPE, this.#state);
    this.#drive();
  }

  save(): StateRecord {
    return saveState('system-control-b', 1, PORT_B_SHAPE, this.#state);
  }

  /** The PIT restores its GATE itself. */
  restore(record: StateRecord): void {
    restoreState('system-control-b', 1, PORT_B_SHAPE, this.#state, record);
  }

  #read(): number {
    const refresh = Math.floor(this.#options.clock.now() / REFRESH_NANOSECONDS) % 2;
    return this.#state.control | (refresh << 4) | (this.#options.timer.output(2) ? 0x20 : 0);
  }

  #write(value: number): void {
    this.#state.control = value & 0x0f;
    this.#drive();
  }

  #drive(): void {
    this.#options.timer.setGate(2, (this.#state.control & 1) !== 0);
    this.#options.speaker?.((this.#state.control & 2) !== 0);
  }
}

const RESET_HARD = 0x02;
const RESET_NOW = 0x04;
const RESET_SHAPE = { value: flag() };

/** Which reset a guest asks for: the processor alone (INIT) or the whole machine. */
export type ResetKind = 'soft' | 'hard';

/** Port 0xCF9, the FADT's reset register (value 6). */
export class ResetControl implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #reset: (kind: ResetKind) => void;
  readonly #state: StateOf<typeof RESET_SHAPE> = initialState(RESET_SHAPE);

  constructor(reset: (kind: ResetKind) => void) {
    this.#reset = reset;
    const registers: readonly Register<ResetControl>[] = [
      {
        name: 'RCR',
        offset: 0,
        width: 1,
        reset: 0,
        access: 'RW',
        read: () => (this.#state.value ? RESET_HARD : 0),
        write: (port, value) => port.#write(value),
      },
    ];
    this.regions = [registerRegion('reset-control', 1, registers, this)];
  }

  reset(): void {
    resetState(RESET_SHAPE, this.#state);
  }

  save(): StateRecord {
    return saveState('reset-control', 1, RESET_SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('reset-control', 1, RESET_SHAPE, this.#state, record);
  }

  #write(value: number): void {
    this.#state.value = (value & RESET_HARD) !== 0;
    if ((value & RESET_NOW) !== 0) this.#reset(this.#state.value ? 'hard' : 'soft');
  }
}
