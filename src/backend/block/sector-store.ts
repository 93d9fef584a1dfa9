// Sectors kept in memory, sparsely: clusters of 64 sectors that come into being when they are written,
// each with a mark for the sectors that it holds. Memory disks and overlays are made of it.
import { SECTOR_SIZE } from './block-device.ts';

const CLUSTER_SECTORS = 64;

interface Cluster {
  readonly data: Uint8Array;
  /** 1 for each sector that was written. */
  readonly written: Uint8Array;
}

export class SectorStore {
  readonly #clusters = new Map<number, Cluster>();

  /** Sectors that take memory, written or not. */
  get allocatedSectors(): number {
    return this.#clusters.size * CLUSTER_SECTORS;
  }

  /** Copies those sectors from byte `offset` that were written; the rest of `target` stays. */
  read(offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; done += SECTOR_SIZE) {
      const sector = (offset + done) / SECTOR_SIZE;
      const cluster = this.#clusters.get(Math.floor(sector / CLUSTER_SECTORS));
      const index = sector % CLUSTER_SECTORS;
      if (cluster === undefined || cluster.written[index] === 0) continue;
      target.set(cluster.data.subarray(index * SECTOR_SIZE, (index + 1) * SECTOR_SIZE), done);
    }
  }

  /** Whether every sector of the range was written. */
  holds(offset: number, length: number): boolean {
    for (let done = 0; done < length; done += SECTOR_SIZE) {
      const sector = (offset + done) / SECTOR_SIZE;
      const cluster = this.#clusters.get(Math.floor(sector / CLUSTER_SECTORS));
      if (cluster === undefined || cluster.written[sector % CLUSTER_SECTORS] === 0) return false;
    }
    return true;
  }

  write(offset: number, source: Uint8Array): void {
    for (let done = 0; done < source.length; done += SECTOR_SIZE) {
      const sector = (offset + done) / SECTOR_SIZE;
      const number = Math.floor(sector / CLUSTER_SECTORS);
      let cluster = this.#clusters.get(number);
      if (cluster === undefined) {
        cluster = {
          data: new Uint8Array(CLUSTER_SECTORS * SECTOR_SIZE),
          written: new Uint8Array(CLUSTER_SECTORS),
        };
        this.#clusters.set(number, cluster);
      }
      const index = sector % CLUSTER_SECTORS;
      cluster.data.set(source.subarray(done, done + SECTOR_SIZE), index * SECTOR_SIZE);
      cluster.written[index] = 1;
    }
  }

  /** Gives back the clusters that lie in the range as a whole. */
  forget(offset: number, length: number): void {
    const first = Math.ceil(offset / SECTOR_SIZE / CLUSTER_SECTORS);
    const end = Math.floor((offset + length) / SECTOR_SIZE / CLUSTER_SECTORS);
    if (end - first > this.#clusters.size) {
      for (const number of this.#clusters.keys()) {
        if (number >= first && number < end) this.#clusters.delete(number);
      }
    } else for (let number = first; number < end; number++) this.#clusters.delete(number);
  }
}
