// Addresses of sectors: cylinder, head and sector, 28-bit and 48-bit LBA (ATA/ATAPI-5 clause 6.2 for the
// geometry, ATA/ATAPI-7 volume 1 clause 6.2 for LBA).
//
//   CHS     Device[3:0] head   High:Mid cylinder           Low sector, from 1
//   LBA28   Device[3:0]:High:Mid:Low
//   LBA48   High':Mid':Low':High:Mid:Low, where ' is what was written before
import type { StateOf } from '../chip.ts';
import type { INTERFACE_SHAPE } from './ata-interface.ts';
import { DEVICE_LBA } from './ata-registers.ts';

/** How a drive divides its sectors for CHS addresses. */
export interface Geometry {
  /** 1 to 65,535. */
  readonly cylinders: number;
  /** 1 to 16. */
  readonly heads: number;
  /** 1 to 255 on a track. */
  readonly sectors: number;
}

type Registers = StateOf<typeof INTERFACE_SHAPE>;

/** The translation that a drive of this many sectors has after power-on: 16 heads, 63 sectors, at most 16,383 cylinders. */
export function defaultGeometry(sectors: number): Geometry {
  return geometryWith(sectors, 16, 63);
}

/** The drive's sectors divided as INITIALIZE DEVICE PARAMETERS asks. */
export function geometryWith(sectors: number, heads: number, perTrack: number): Geometry {
  const cylinders = Math.floor(sectors / (heads * perTrack));
  return { cylinders: Math.min(16_383, Math.max(1, cylinders)), heads, sectors: perTrack };
}

/** The sector that the registers address, or undefined where CHS names none. */
export function addressOf(r: Registers, geometry: Geometry, extended: boolean): number | undefined {
  if (extended) {
    const upper = (r.high >> 8) * 2 ** 40 + (r.mid >> 8) * 2 ** 32 + (r.low >> 8) * 2 ** 24;
    return upper + ((r.high & 0xff) << 16) + ((r.mid & 0xff) << 8) + (r.low & 0xff);
  }
  const head = r.device & 15;
  const cylinder = ((r.high & 0xff) << 8) | (r.mid & 0xff);
  const sector = r.low & 0xff;
  if ((r.device & DEVICE_LBA) !== 0) return head * 2 ** 24 + cylinder * 256 + sector;
  if (sector === 0 || sector > geometry.sectors || head >= geometry.heads) return undefined;
  if (cylinder >= geometry.cylinders) return undefined;
  return (cylinder * geometry.heads + head) * geometry.sectors + sector - 1;
}

/** Shows a sector in the registers, in the form in which the command addressed it. */
export function showAddress(r: Registers, geometry: Geometry, extended: boolean, lba: number): void {
  if (extended) {
    const upper = Math.floor(lba / 2 ** 24);
    r.low = (lba & 0xff) | ((upper & 0xff) << 8);
    r.mid = ((lba >>> 8) & 0xff) | (upper & 0xff00);
    r.high = ((lba >>> 16) & 0xff) | ((upper >>> 8) & 0xff00);
    return;
  }
  let head = Math.floor(lba / 2 ** 24) & 15;
  let cylinder = (lba >>> 8) & 0xffff;
  let sector = lba & 0xff;
  if ((r.device & DEVICE_LBA) === 0) {
    const track = Math.floor(lba / geometry.sectors);
    sector = (lba % geometry.sectors) + 1;
    head = track % geometry.heads;
    cylinder = Math.floor(track / geometry.heads);
  }
  r.low = sector;
  r.mid = cylinder & 0xff;
  r.high = (cylinder >> 8) & 0xff;
  r.device = (r.device & 0xf0) | head;
}
