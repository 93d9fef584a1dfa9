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
    this.#stretches(offset, target.length, (number, first, count, done) => {
      const cluster = this.#clusters.get(number);
      if (cluster === undefined) return;
      for (let index = first; index < first + count; index++, done += SECTOR_SIZE) {
        if (cluster.written[index] === 0) continue;
        target.set(cluster.data.subarray(index * SECTOR_SIZE, (index + 1) * SECTOR_SIZE), done);
      }
    });
  }

  /** Whether every sector of the range was written. */
  holds(offset: number, length: number): boolean {
    let all = true;
    this.#stretches(offset, length, (number, first, count) => {
      const written = this.#clusters.get(number)?.written;
      if (written === undefined || written.subarray(first, first + count).includes(0)) all = false;
    });
    return all;
  }

  write(offset: number, source: Uint8Array): void {
    this.#stretches(offset, source.length, (number, first, count, done) => {
      let cluster = this.#clusters.get(number);
      if (cluster === undefined) {
        cluster = {
          data: new Uint8Array(CLUSTER_SECTORS * SECTOR_SIZE),
          written: new Uint8Array(CLUSTER_SECTORS),
        };
        this.#clusters.set(number, cluster);
      }
      cluster.data.set(source.subarray(done, done + count * SECTOR_SIZE), first * SECTOR_SIZE);
      cluster.written.fill(1, first, first + count);
    });
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

  /** Divides a range by clusters: which cluster, its first sector and how many, and the bytes of the range before them. */
  #stretches(
    offset: number,
    length: number,
    visit: (cluster: number, first: number, count: number, done: number) => void,
  ): void {
    const end = (offset + length) / SECTOR_SIZE;
    for (let sector = offset / SECTOR_SIZE; sector < end; ) {
      const first = sector % CLUSTER_SECTORS;
      const count = Math.min(CLUSTER_SECTORS - first, end - sector);
      visit((sector - first) / CLUSTER_SECTORS, first, count, sector * SECTOR_SIZE - offset);
      sector += count;
    }
  }
}
