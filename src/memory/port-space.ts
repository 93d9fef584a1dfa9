// PortSpace: the 65,536 I/O ports. Devices map ranges of ports; an access finds its device through
// a table of one entry a port. An access wider than what is mapped, or over the edge of a device's
// range, is split into bytes, as the ISA bus does with 8-bit devices.
//
// Ports with a fixed owner (map) belong to it. What the guest places itself, PCI devices by their BARs
// (overlay), gets the ports that are left, the range that was placed first before later ones.
import type { Port } from '../base/addresses.ts';
import type { AccessWidth } from '../base/guest-bus.ts';
import type { Region, Unmap } from './region.ts';

interface MappedPorts {
  readonly start: number;
  readonly end: number;
  readonly region: Region;
}

const PORTS = 65_536;

export class PortSpace {
  /** Index into #mapped plus one; 0 is unclaimed. */
  readonly #owner = new Uint16Array(PORTS);
  readonly #mapped: (MappedPorts | undefined)[] = [];
  /** Places in #mapped of what overlay() mapped, in the order in which it was placed. */
  #overlays: number[] = [];

  /** Name of the device that claims one of `count` ports from `start`; undefined where all are free. */
  owner(start: Port, count: number): string | undefined {
    for (let port = start; port < start + count; port++) {
      const owner = this.#owner[port];
      if (owner) return this.#mapped[owner - 1]!.region.name;
    }
    return undefined;
  }
  /** Maps `count` ports from `start` for good. Ports may have one owner only. */
  map(start: Port, count: number, region: Region): void {
    const owner = this.owner(start, count);
    if (owner !== undefined) throw new Error(`${region.name} overlaps ${owner} at port ${start}`);
    this.#mapped.push({ start, end: start + count, region });
    this.#owner.fill(this.#mapped.length, start, start + count);
  }
  /** Maps those of `count` ports from `start` that are free, until they are given back. */
  overlay(start: Port, count: number, region: Region): Unmap {
    const end = Math.min(start + count, PORTS);
    const mapped = { start, end, region };
    const free = this.#mapped.indexOf(undefined);
    const place = free < 0 ? this.#mapped.length : free;
    this.#mapped[place] = mapped;
    this.#overlays.push(place);
    this.#claim(place, start, end);
    return () => {
      if (this.#mapped[place] !== mapped) return;
      this.#overlays = this.#overlays.filter((other) => other !== place);
      this.#mapped[place] = undefined;
      for (let port = start; port < end; port++) {
        if (this.#owner[port] === place + 1) this.#owner[port] = 0;
      }
      for (const other of this.#overlays) this.#claim(other, start, end);
    };
  }
  #claim(place: number, start: Port, end: Port): void {
    const mapped = this.#mapped[place]!;
    for (let port = Math.max(start, mapped.start); port < Math.min(end, mapped.end); port++) {
      if (this.#owner[port] === 0) this.#owner[port] = place + 1;
    }
  }
  read(port: Port, width: AccessWidth): number {
    const owner = this.#owner[port]!;
    const mapped = owner ? this.#mapped[owner - 1]! : undefined;
    if (mapped && port + width <= mapped.end) return mapped.region.read(port - mapped.start, width) >>> 0;
    if (width === 1 || !this.#anyOwner(port, width)) return 0xffffffff >>> (32 - 8 * width);
    let value = 0;
    for (let i = 0; i < width; i++) value |= this.read((port + i) & 0xffff, 1) << (8 * i);
    return value >>> 0;
  }
  write(port: Port, width: AccessWidth, value: number): void {
    const owner = this.#owner[port]!;
    const mapped = owner ? this.#mapped[owner - 1]! : undefined;
    if (mapped && port + width <= mapped.end) {
      mapped.region.write(port - mapped.start, width, value >>> 0);
    } else if (width > 1 && this.#anyOwner(port, width)) {
      for (let i = 0; i < width; i++) this.write((port + i) & 0xffff, 1, (value >>> (8 * i)) & 0xff);
    }
  }
  #anyOwner(port: number, width: number): boolean {
    for (let i = 0; i < width; i++) if (this.#owner[(port + i) & 0xffff]) return true;
    return false;
  }
}
