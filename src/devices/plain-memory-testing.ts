// Plain memory for chips on benches, without a guest that could write to it.
import { DoppelError } from '../base/errors.ts';
import type { PlainMemory } from '../memory/plain-memory.ts';
import type { Chip } from './chip.ts';

/** `size` zero bytes. */
export function plainMemory(name: string, size: number): PlainMemory {
  const written = new Set<number>();
  return {
    name,
    writable: true,
    bytes: new Uint8Array(size),
    written: (offset) => void written.add(offset >> 12),
    takeWritten(pages) {
      for (const page of written) pages[page] = 1;
      const any = written.size > 0;
      written.clear();
      return any;
    },
  };
}

/** A chip whose memory is saved and restored with it. */
export function withMemory(chip: Chip, memory: PlainMemory): Chip {
  return {
    regions: chip.regions,
    reset: () => chip.reset(),
    save() {
      const record = chip.save();
      return { ...record, fields: { ...record.fields, memory: memory.bytes.slice() } };
    },
    restore(record) {
      const { memory: saved } = record.fields;
      if (!(saved instanceof Uint8Array) || saved.length !== memory.bytes.length) {
        throw new DoppelError('the memory is missing');
      }
      chip.restore(record);
      memory.bytes.set(saved);
    },
  };
}
