// Suspend to RAM (ACPI S3) as the machine sees it: from the guest's write to PM1_CNT until something has woken it. The processor
// halts, so to speak, while alarms go off; then firmware goes on where the board resets to, or, where there is none, the system
// that suspended the machine at the waking vector that it has left in the FACS.
import type { CpuState } from '../../x86/state/cpu-state.ts';
import type { Board } from '../pc/board.ts';
import { programMtrrs } from '../pc/mtrr.ts';
import { enterRealMode } from './boot-registers.ts';
import type { MachineEvent, MachineVcpu } from './machine-options.ts';

export interface SuspendedMachine {
  readonly board: Board;
  readonly vcpu: MachineVcpu & { readonly state: CpuState };
  /** Firmware of the user's wakes the system. */
  readonly firmware: boolean;
  /** Nothing is left to go on at. */
  readonly restart: () => void;
  readonly tell: (event: MachineEvent) => void;
}

export class Suspension {
  readonly #machine: SuspendedMachine;
  #wanted = false;
  #active = false;

  constructor(machine: SuspendedMachine) {
    this.#machine = machine;
  }

  /** The processor stands still until wake() says otherwise. */
  get active(): boolean {
    return this.#active;
  }

  /** The guest has written SLP_EN: `begin` is to be called as soon as the processor has stopped. */
  want(): void {
    this.#wanted = true;
    this.#machine.vcpu.kick();
  }

  /** Whether the machine sleeps from now on. */
  begin(): boolean {
    if (!this.#wanted) return false;
    const { board, vcpu, tell } = this.#machine;
    this.#wanted = false;
    this.#active = true;
    board.suspend();
    vcpu.reset();
    tell({ event: 'suspended' });
    return true;
  }

  /** The machine is reset. */
  forget(): void {
    this.#wanted = false;
    this.#active = false;
  }

  /** Whether something has woken the machine; then the processor goes on. */
  wake(): boolean {
    const { board, vcpu, firmware, restart, tell } = this.#machine;
    if (board.power.sleeping) return false;
    this.#active = false;
    tell({ event: 'woken' });
    if (firmware) return true;
    const vector = board.wakeAsFirmware();
    if (vector === null) {
      restart();
      return true;
    }
    programMtrrs(vcpu.state);
    enterRealMode(vcpu.state, vector);
    vcpu.stateChanged();
    return true;
  }
}
