// How APICs talk to each other (Intel SDM volume 3, "Advanced Programmable Interrupt Controller":
// "Issuing Interprocessor Interrupts", "Message Signalled Interrupts"). The bus knows all local APICs;
// I/O APICs, MSI writes and interprocessor interrupts become one kind of message.
//
// An interrupt with lowest-priority delivery goes to the addressed APIC of the lowest processor
// priority; of several, to the one with the lowest identifier. Focus processors are not modelled.
import type { MsiTarget } from '../lines.ts';

/** Delivery modes, as encoded in ICR, LVT, redirection entries and MSI data (bits 10:8). */
export const DELIVER_FIXED = 0;
export const DELIVER_LOWEST_PRIORITY = 1;
export const DELIVER_SMI = 2;
export const DELIVER_NMI = 4;
export const DELIVER_INIT = 5;
export const DELIVER_STARTUP = 6;
export const DELIVER_EXTINT = 7;

export interface InterruptMessage {
  /** APIC identifier or logical destination: 8 bits, or 32 from an x2APIC. */
  readonly destination: number;
  readonly destinationMode: 'physical' | 'logical';
  /** Goes to everyone, whatever `destination` says. */
  readonly broadcast: boolean;
  /** One of the DELIVER constants. */
  readonly deliveryMode: number;
  /** 0..255. */
  readonly vector: number;
  readonly levelTriggered: boolean;
}

/** A local APIC as the bus sees it. */
export interface ApicAgent {
  readonly id: number;
  /** Whether the APIC takes part in arbitration for lowest-priority delivery, and with which priority. */
  readonly accepting: boolean;
  readonly processorPriority: number;
  matches(destination: number, mode: 'physical' | 'logical'): boolean;
  /** False where the APIC takes no interrupts: it is switched off. */
  accept(deliveryMode: number, vector: number, levelTriggered: boolean): boolean;
}

/** An I/O APIC, which waits for the EOI of its level-triggered interrupts. */
export interface EndOfInterruptListener {
  endOfInterrupt(vector: number): void;
  /** A local APIC takes interrupts that took none before. */
  retry(): void;
}

export class ApicBus implements MsiTarget {
  readonly #agents: ApicAgent[] = [];
  readonly #listeners = new Set<EndOfInterruptListener>();

  attach(agent: ApicAgent): void {
    this.#agents.push(agent);
    this.#agents.sort((a, b) => a.id - b.id);
  }

  attachListener(listener: EndOfInterruptListener): void {
    this.#listeners.add(listener);
  }

  /**
   * Delivers to every addressed APIC (but `except`), or to one of them where the mode says so. Whether any of them has
   * accepted the message.
   */
  deliver(message: InterruptMessage, except?: ApicAgent): boolean {
    const { deliveryMode, vector, levelTriggered } = message;
    const addressed = this.#agents.filter(
      (agent) =>
        agent !== except &&
        (message.broadcast || agent.matches(message.destination, message.destinationMode)),
    );
    if (deliveryMode !== DELIVER_LOWEST_PRIORITY) {
      const answers = addressed.map((agent) => agent.accept(deliveryMode, vector, levelTriggered));
      return answers.includes(true);
    }
    let chosen: ApicAgent | undefined;
    for (const agent of addressed) {
      if (!agent.accepting) continue;
      if (chosen === undefined || agent.processorPriority < chosen.processorPriority) chosen = agent;
    }
    return chosen?.accept(DELIVER_FIXED, vector, levelTriggered) ?? false;
  }

  /** A local APIC has been switched on: what none accepted before is sent again. */
  retry(): void {
    for (const listener of this.#listeners) listener.retry();
  }

  /** EOI of a level-triggered vector, to all I/O APICs. */
  endOfInterrupt(vector: number): void {
    for (const listener of this.#listeners) listener.endOfInterrupt(vector);
  }

  /**
   * A message-signalled interrupt: a write to FEEx_xxxxh (volume 3, "Message Signalled Interrupts").
   *
   *   address  19:12 destination   3 redirection hint: to one processor   2 logical destination, with the hint
   *   data     15 level-triggered  14 assert (of a level)   10:8 delivery mode   7:0 vector
   *
   * With the hint a logical destination gets it at the lowest priority. The end of a level is not sent on by anybody here.
   */
  send(address: number, data: number): void {
    const destination = (address >>> 12) & 0xff;
    const hint = (address & 0x08) !== 0;
    const logical = (address & 0x04) !== 0;
    const levelTriggered = (data & 0x8000) !== 0;
    if (levelTriggered && (data & 0x4000) === 0) return;
    const deliveryMode = (data >>> 8) & 7;
    this.deliver({
      destination,
      destinationMode: logical ? 'logical' : 'physical',
      broadcast: !logical && destination === 0xff,
      deliveryMode:
        hint && logical && deliveryMode === DELIVER_FIXED ? DELIVER_LOWEST_PRIORITY : deliveryMode,
      vector: data & 0xff,
      levelTriggered,
    });
  }
}
