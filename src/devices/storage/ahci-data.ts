// The data of an AHCI port's command (Serial ATA AHCI 1.3.1, sections 4.2.3 and 5.6): between the blocks of a device and the
// memory that the command's descriptors say. Only the command whose data is moved at present has a position; the descriptors
// are read again with each block.
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import * as A from './ahci-bits.ts';
import type { CommandHeader, CommandMemory } from './ahci-command.ts';
import { listOf, type PortState } from './ahci-port-state.ts';

/** Descriptors whose memory is lent at once. */
const MOST_PIECES = 512;

export interface AhciDataOptions {
  readonly memory: CommandMemory;
  readonly state: () => PortState;
  /** A bit of PxIS. */
  readonly interrupt: (bit: number) => void;
}

export class AhciData {
  readonly #options: AhciDataOptions;
  /** Where the command is when what was lent is filled. */
  #ahead = { entry: 0, skip: 0, moved: 0, interrupts: false };

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

  /** SataHost.lend. */
  lend(bytes: number): readonly Uint8Array[] | undefined {
    const { memory } = this.#options;
    const s = this.#options.state();
    const header = memory.header(listOf(s), s.data);
    const pieces: Uint8Array[] = [];
    const ahead = { entry: s.entry, skip: s.skip, moved: s.moved + bytes, interrupts: false };
    for (let left = bytes; left > 0; ) {
      if (ahead.entry >= header.descriptors || pieces.length >= MOST_PIECES) return undefined;
      const descriptor = memory.descriptor(header, ahead.entry);
      const count = Math.min(descriptor.bytes - ahead.skip, left);
      if (count <= 0 || count % SECTOR_SIZE !== 0) return undefined;
      const piece = memory.lend(descriptor.address + ahead.skip, count);
      if (!piece) return undefined;
      pieces.push(piece);
      left -= count;
      ahead.skip += count;
      if (ahead.skip < descriptor.bytes) continue;
      ahead.entry++;
      ahead.skip = 0;
      ahead.interrupts ||= descriptor.interrupt;
    }
    this.#ahead = ahead;
    return pieces;
  }
  /** SataHost.filled. */
  filled(): void {
    const { memory, state, interrupt } = this.#options;
    const s = state();
    s.entry = this.#ahead.entry;
    s.skip = this.#ahead.skip;
    s.moved = this.#ahead.moved >>> 0;
    memory.setMoved(memory.header(listOf(s), s.data), s.moved);
    if (this.#ahead.interrupts) interrupt(A.PORT_DPS);
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
