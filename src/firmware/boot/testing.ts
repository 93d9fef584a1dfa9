// Small kernels made by hand, for tests: each has the headers of its kind and a recognisable body.
import { buildMemoryMap } from '../tables/memory-map.ts';
import type { BootArea, BootRequest } from './request.ts';

export const TEST_AREA: BootArea = {
  gdt: 0x1000,
  information: 0x2000,
  pageTables: 0x3000,
  commandLine: 0x1_0000,
  commandLineSize: 0x1_0000,
};

/** A request with 32 MiB of RAM, no modules and an empty command line. */
export function testRequest(kernel: Uint8Array, changes: Partial<BootRequest> = {}): BootRequest {
  const ramSize = 32 * 2 ** 20;
  return {
    kernel,
    commandLine: '',
    modules: [],
    memoryMap: buildMemoryMap({
      ramSize,
      extendedBiosDataArea: 0x9fc00,
      firmwareArea: 0xe0000,
      pciHole: 0xc000_0000,
    }),
    ram: new Uint8Array(ramSize),
    area: TEST_AREA,
    ...changes,
  };
}

export interface BzImageShape {
  readonly version?: number;
  readonly relocatable?: boolean;
  readonly xloadflags?: number;
  readonly prefAddress?: number;
  readonly initSize?: number;
  readonly commandLineSize?: number;
  readonly initrdAddressMax?: number;
  readonly code?: Uint8Array;
}

/** A bzImage of protocol 2.15 with one setup sector, unless told otherwise. */
export function makeBzImage(shape: BzImageShape = {}): Uint8Array {
  const code = shape.code ?? new Uint8Array(4096).fill(0xc0);
  const file = new Uint8Array(1024 + code.length);
  const view = new DataView(file.buffer);
  view.setUint8(0x1f1, 1);
  view.setUint32(0x1f4, Math.ceil(code.length / 16), true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint16(0x200, 0x6aeb, true);
  view.setUint32(0x202, 0x5372_6448, true);
  view.setUint16(0x206, shape.version ?? 0x020f, true);
  view.setUint8(0x211, 1);
  view.setUint32(0x214, 0x10_0000, true);
  view.setUint32(0x22c, shape.initrdAddressMax ?? 0x7fff_ffff, true);
  view.setUint32(0x230, 0x20_0000, true);
  view.setUint8(0x234, shape.relocatable === false ? 0 : 1);
  view.setUint16(0x236, shape.xloadflags ?? 1, true);
  view.setUint32(0x238, shape.commandLineSize ?? 2047, true);
  view.setBigUint64(0x258, BigInt(shape.prefAddress ?? 0x100_0000), true);
  view.setUint32(0x260, shape.initSize ?? 0x40_0000, true);
  file.set(code, 1024);
  return file;
}

export interface ElfShape {
  readonly width: 32 | 64;
  readonly physical: number;
  readonly virtual?: number;
  readonly entry?: number;
  readonly body: Uint8Array;
  readonly memorySize?: number;
  /** Adds a PVH note with this entry point. */
  readonly pvh?: number;
}

/** An executable of one PT_LOAD segment, with its body from file offset 0x100 on. */
export function makeElf(shape: ElfShape): Uint8Array {
  const { width, body } = shape;
  const wide = width === 64;
  const file = new Uint8Array(0x100 + body.length + 32);
  const view = new DataView(file.buffer);
  const word = (at: number, value: number) =>
    wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  const noteAt = 0x100 + body.length;
  const virtual = shape.virtual ?? shape.physical;
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, wide ? 62 : 3, true);
  word(24, shape.entry ?? virtual);
  word(wide ? 32 : 28, wide ? 64 : 52);
  view.setUint16(wide ? 54 : 42, wide ? 56 : 32, true);
  view.setUint16(wide ? 56 : 44, 2, true);
  const header = (index: number, type: number, fields: readonly number[]) => {
    const at = (wide ? 64 : 52) + index * (wide ? 56 : 32);
    view.setUint32(at, type, true);
    fields.forEach((value, i) => {
      word(at + (wide ? 8 + i * 8 : 4 + i * 4), value);
    });
  };
  header(0, 1, [0x100, virtual, shape.physical, body.length, shape.memorySize ?? body.length]);
  header(1, 4, [noteAt, 0, 0, 20, 20]);
  file.set(body, 0x100);
  [4, 4, shape.pvh === undefined ? 17 : 18, 0x006e_6558, shape.pvh ?? 0].forEach((value, i) => {
    view.setUint32(noteAt + i * 4, value, true);
  });
  return file;
}

/** The 12 or 32 bytes of a Multiboot header; `addresses`: header, load, load end, bss end, entry. */
export function multibootHeader(flags: number, addresses: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(12 + addresses.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x1bad_b002, true);
  view.setUint32(4, flags, true);
  view.setUint32(8, -(0x1bad_b002 + flags) >>> 0, true);
  addresses.forEach((address, i) => {
    view.setUint32(12 + i * 4, address, true);
  });
  return bytes;
}
