import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLOPPY_FORMATS, floppyFormat, floppyFormatFor, floppySectors } from './floppy-formats.ts';
import { examineMedium, MEDIUM_HEAD, type Medium, recogniseMedium } from './medium.ts';
import { imageDisk } from './memory-disk.ts';
import { FaultyDisk } from './testing.ts';

const put = (image: Uint8Array, offset: number, text: string): void => {
  for (let i = 0; i < text.length; i++) image[offset + i] = text.charCodeAt(i);
};

/** A volume with its descriptors; `boot` is the block of the boot catalogue. */
function iso(boot?: number): Uint8Array {
  const image = new Uint8Array(MEDIUM_HEAD);
  let at = 32768;
  const descriptor = (type: number): number => {
    image[at] = type;
    put(image, at + 1, 'CD001\x01');
    at += 2048;
    return at - 2048;
  };
  const primary = descriptor(1);
  put(image, primary + 40, 'DEBIAN 12'.padEnd(32));
  new DataView(image.buffer).setUint32(primary + 80, 5000, true);
  if (boot !== undefined) {
    const record = descriptor(0);
    put(image, record + 7, 'EL TORITO SPECIFICATION');
    new DataView(image.buffer).setUint32(record + 71, boot, true);
  }
  descriptor(255);
  return image;
}

function withPartition(image: Uint8Array): Uint8Array {
  image[446 + 4] = 0x83;
  image[446 + 12] = 10;
  image[510] = 0x55;
  image[511] = 0xaa;
  return image;
}

test('discs with and without a boot record, and for USB sticks too', () => {
  const expected = {
    kind: 'cdrom',
    label: 'DEBIAN 12',
    volumeBlocks: 5000,
    hybrid: false,
    fitsDiskette: false,
  };
  assert.deepEqual(recogniseMedium(iso(), 20000), { ...expected, bootCatalog: undefined } as Medium);
  assert.deepEqual(recogniseMedium(iso(25), 20000), { ...expected, bootCatalog: 25 } as Medium);
  assert.deepEqual(recogniseMedium(withPartition(iso(25)), 20000), {
    ...expected,
    bootCatalog: 25,
    hybrid: true,
  } as Medium);
  const small = recogniseMedium(withPartition(iso(25)), 2532);
  assert.ok(small.kind === 'cdrom' && small.fitsDiskette);
  assert.deepEqual(
    recogniseMedium(iso().subarray(0, 32768), 20000).kind,
    'disk',
    'cut off before its descriptors',
  );
});

test('partition tables', () => {
  const disk = (partitions: string, bootable: boolean) => ({ kind: 'disk', partitions, bootable });
  assert.deepEqual(recogniseMedium(new Uint8Array(1024), 10000), disk('none', false));
  const mbr = withPartition(new Uint8Array(1024));
  assert.deepEqual(recogniseMedium(mbr, 10000), disk('mbr', true));
  put(mbr, 512, 'EFI PART');
  assert.deepEqual(recogniseMedium(mbr, 10000), disk('gpt', true));
  const bootSector = new Uint8Array(512).fill(0x41);
  bootSector.set([0x55, 0xaa], 510);
  assert.deepEqual(recogniseMedium(bootSector, 10000), disk('none', true), 'code where a table would be');
});

test('floppies by their size', () => {
  assert.deepEqual(
    FLOPPY_FORMATS.map((f) => floppySectors(f) / 2),
    [160, 180, 320, 360, 720, 1200, 1440, 1680, 2880],
  );
  const medium = recogniseMedium(new Uint8Array(1024), 2880);
  assert.deepEqual(medium, { kind: 'floppy', format: floppyFormat(2880), bootable: false });
  assert.equal(floppyFormat(2881), undefined);
  assert.deepEqual(
    [1, 2532, 2881, 5760, 5761].map((sectors) => floppyFormatFor(sectors)?.sectorsPerTrack),
    [18, 18, 36, 36, undefined],
  );
});

test('images of other formats are told by name', () => {
  for (const [magic, offset, format] of [
    ['QFI\xfb', 0, 'QCOW'],
    ['KDMV', 0, 'VMDK'],
    ['vhdxfile', 0, 'VHDX'],
    ['conectix', 0, 'VHD'],
    ['\x7f\x10\xda\xbe', 64, 'VDI'],
  ] as const) {
    const image = new Uint8Array(512);
    put(image, offset, magic);
    assert.deepEqual(recogniseMedium(image, 2880), { kind: 'container', format });
  }
});

test('any bytes are some medium', () => {
  for (const length of [0, 1, 511, 512, 513, 33000, 34000, MEDIUM_HEAD]) {
    for (const value of [0, 0x55, 0xff]) recogniseMedium(new Uint8Array(length).fill(value), length);
  }
});

test('a device is examined by its first sectors', () => {
  const disk = new FaultyDisk(imageDisk(withPartition(new Uint8Array(4096))));
  let answer: unknown;
  const keep = (...values: unknown[]): void => {
    answer = values;
  };
  examineMedium(disk, keep);
  assert.deepEqual(answer, [null, { kind: 'disk', partitions: 'mbr', bootable: true }]);
  disk.fail = 'io';
  examineMedium(disk, keep);
  assert.deepEqual(answer, ['io']);
});
