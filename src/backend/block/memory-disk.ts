// Disks that live in memory: an empty one of any size (memory is taken where it is written), one from
// an image at hand, and a layer over another disk that keeps the writes to itself.
import { DoppelError } from '../../base/errors.ts';
import type { BlockDevice, BlockError } from './block-device.ts';
import { checkRange, SECTOR_SIZE } from './block-device.ts';
import { SectorStore } from './sector-store.ts';

export interface MemoryDiskOptions {
  readonly name?: string;
  readonly readOnly?: boolean;
}

/** An empty disk of `sectors` sectors, which read as zeros. */
export function emptyMemoryDisk(sectors: number, options: MemoryDiskOptions = {}): BlockDevice {
  if (!Number.isSafeInteger(sectors) || sectors < 1 || sectors > 2 ** 44) {
    throw new DoppelError(`A disk of ${sectors} sectors cannot be had: give 1 to 2^44.`);
  }
  const store = new SectorStore();
  const device: BlockDevice = {
    name: options.name ?? 'memory',
    sectors,
    readOnly: options.readOnly ?? false,
    read(offset, target, done) {
      const error = checkRange(device, offset, target.length);
      if (error === null) {
        target.fill(0);
        store.read(offset, target);
      }
      done(error);
    },
    readNow: (offset, targets) => readEach(device, offset, targets),
    write(offset, source, done) {
      const error = device.readOnly ? 'read-only' : checkRange(device, offset, source.length);
      if (error === null) store.write(offset, source);
      done(error);
    },
    flush: (done) => done(null),
    discard(offset, length, done) {
      const error = device.readOnly ? 'read-only' : checkRange(device, offset, length);
      if (error === null) store.forget(offset, length);
      done(error);
    },
  };
  return device;
}

/** A disk whose content is `image`, in place: writes change the array. Bytes beyond the last whole sector are left out. */
export function imageDisk(image: Uint8Array, options: MemoryDiskOptions = {}): BlockDevice {
  if (image.length < SECTOR_SIZE) throw new DoppelError('A disk image has at least one sector of 512 bytes.');
  const device: BlockDevice = {
    name: options.name ?? 'image',
    sectors: Math.floor(image.length / SECTOR_SIZE),
    readOnly: options.readOnly ?? false,
    read(offset, target, done) {
      const error = checkRange(device, offset, target.length);
      if (error === null) target.set(image.subarray(offset, offset + target.length));
      done(error);
    },
    readNow: (offset, targets) => readEach(device, offset, targets),
    write(offset, source, done) {
      const error = device.readOnly ? 'read-only' : checkRange(device, offset, source.length);
      if (error === null) image.set(source, offset);
      done(error);
    },
    flush: (done) => done(null),
    discard: (offset, length, done) =>
      done(device.readOnly ? 'read-only' : checkRange(device, offset, length)),
  };
  return device;
}

/** BlockDevice.readNow of a device whose `read` calls back during the call. */
function readEach(device: BlockDevice, offset: number, targets: readonly Uint8Array[]): BlockError | null {
  let at = offset;
  let failed: BlockError | null = null;
  for (const target of targets) {
    device.read(at, target, (error) => {
      failed ??= error;
    });
    at += target.length;
  }
  return failed;
}

/** A disk that shows `base` and keeps what is written in memory: `base` is only read. */
export function overlayDisk(base: BlockDevice): BlockDevice {
  const store = new SectorStore();
  const device: BlockDevice = {
    name: base.name,
    sectors: base.sectors,
    readOnly: false,
    read(offset, target, done) {
      const error = checkRange(device, offset, target.length);
      if (error !== null) done(error);
      else if (store.holds(offset, target.length)) {
        store.read(offset, target);
        done(null);
      } else {
        base.read(offset, target, (baseError) => {
          if (baseError === null) store.read(offset, target);
          done(baseError);
        });
      }
    },
    ...(base.readNow && {
      readNow: (offset: number, targets: readonly Uint8Array[]) => readEach(device, offset, targets),
    }),
    write(offset, source, done) {
      const error = checkRange(device, offset, source.length);
      if (error === null) store.write(offset, source);
      done(error);
    },
    flush: (done) => done(null),
    // What was written may be the only copy that the guest still reads: it is kept.
    discard: (offset, length, done) => done(checkRange(device, offset, length)),
  };
  return device;
}
