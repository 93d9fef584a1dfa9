// The data of an AHCI port's command (Serial ATA AHCI 1.3.1, sections 4.2.3 and 5.6): between the blocks of a device and the
// memory that the command's descriptors say. Only the command whose data is moved at present has a position; the descriptors
// are read again with each block.
import * as A from './ahci-bits.ts';
import type { CommandHeader, CommandMemory } from './ahci-command.ts';
import { listOf, type PortState } from './ahci-port-state.ts';

export interface AhciDataOptions {
  readonly memory: CommandMemory;
  readonly state: () => PortState;
  /** A bit of PxIS. */
  readonly interrupt: (bit: number) => void;
}

export class AhciData {
  readonly #options: AhciDataOptions;

  constructor(options: AhciDataOptions) {
    this.#options = options;
  }

  /** What follows is the data of a slot's command, from its beginning. */
  begin(slot: number): void {
    const s = this.#options.state();
    s.data = slot;
    s.entry = 0;
    s.skip = 0;
    s.moved = 0;
    s.packetSent = false;
  }

  /** SataHost.move. */
  move(block: Uint8Array, toHost: boolean): number {
    const { memory, interrupt } = this.#options;
    const s = this.#options.state();
    const header = memory.header(listOf(s), s.data);
    if (!toHost && header.atapi && !s.packetSent) {
      memory.packet(header, block);
      s.packetSent = true;
      return block.length;
    }
    const moved = this.#walk(header, block, toHost);
    s.moved = (s.moved + moved) >>> 0;
    memory.setMoved(header, s.moved);
    if (!toHost || moved === block.length) return moved;
    interrupt(A.PORT_OFS);
    return block.length;
  }

  /** Bytes that descriptors had room for. */
  #walk(header: CommandHeader, block: Uint8Array, toHost: boolean): number {
    const { memory, interrupt } = this.#options;
    const s = this.#options.state();
    let moved = 0;
    while (moved < block.length && s.entry < header.descriptors) {
      const descriptor = memory.descriptor(header, s.entry);
      const count = Math.max(0, Math.min(descriptor.bytes - s.skip, block.length - moved));
      memory.move(descriptor.address + s.skip, block.subarray(moved, moved + count), toHost);
      moved += count;
      s.skip += count;
      if (s.skip < descriptor.bytes) continue;
      s.entry++;
      s.skip = 0;
      if (descriptor.interrupt) interrupt(A.PORT_DPS);
    }
    return moved;
  }
}
