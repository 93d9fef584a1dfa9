// What a file without a flag is taken for, and where it goes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openMedia, recogniseFile } from './media.ts';
import { parseRunOptions } from './options.ts';

const directory = mkdtempSync(join(tmpdir(), 'doppel-kinds-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Parts {
  readonly bootSector?: boolean;
  readonly partition?: boolean;
  readonly iso?: boolean;
  readonly bootRecord?: boolean;
}

function file(name: string, size: number, { bootSector, partition, iso, bootRecord }: Parts): string {
  const bytes = new Uint8Array(size);
  if (bootSector || partition) bytes.set([0x55, 0xaa], 510);
  if (bootSector) bytes.set([0xeb, 0x63, 0x90]);
  if (partition) bytes.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 446);
  const types = iso ? [1, ...(bootRecord ? [0] : []), 255] : [];
  types.forEach((type, i) => {
    const at = 32_768 + 2048 * i;
    bytes[at] = type;
    bytes.set(new TextEncoder().encode('CD001'), at + 1);
    if (type === 0) bytes.set(new TextEncoder().encode('EL TORITO SPECIFICATION'), at + 7);
  });
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const FLOPPY = 1_474_560;
const everything = { bootSector: true, partition: true, iso: true, bootRecord: true };

for (const [name, size, parts, kind] of [
  ['plain.iso', 400_000, { iso: true }, 'cdrom'],
  ['bootable.iso', 400_000, { iso: true, bootRecord: true }, 'cdrom'],
  ['hybrid.iso', 400_000, everything, 'cdrom'],
  ['rescue-floppy.img', 1_296_384, everything, 'floppy'],
  ['padded', FLOPPY, everything, 'floppy'],
  ['rescue-usb.img', 5_000_192, everything, 'cdrom'],
  ['stick.img', 5_000_192, { ...everything, bootRecord: false }, 'disk'],
  ['diskette', FLOPPY, { bootSector: true }, 'floppy'],
  ['disk.img', 4_000_256, { bootSector: true, partition: true }, 'disk'],
] as const) {
  test(`${name} of ${size} bytes is a ${kind}`, () => {
    assert.equal(recogniseFile(file(name, size, parts)), kind);
  });
}

test('what is nothing that can be run is refused, with what to do', () => {
  const written = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(directory, name), bytes);
    return join(directory, name);
  };
  const noise = Uint8Array.from({ length: 10_000 }, (_, i) => i * 37);
  assert.throws(() => recogniseFile(written('noise', noise)), /no kernel, CD-ROM or disk.*--disk/);
  assert.throws(() => recogniseFile(written('noise.iso', noise)), /download complete.*--disk/);
  assert.throws(() => recogniseFile(written('page.iso', '<!DOCTYPE html>')), /a web page.*download go wrong/);
  assert.throws(
    () => recogniseFile(written('x.img.gz', gzipSync(noise))),
    /unpack it first \(gunzip -k .*x\.img\.gz\)/,
  );
  assert.throws(() => recogniseFile(directory), /is a folder/);
  assert.throws(() => recogniseFile(join(directory, 'none')), /there is no such file/);
});

test("disks: another program's format is refused with a flag too, a name that is wrong is told", () => {
  const said: string[] = [];
  const open = (name: string, head: readonly number[]) => {
    const bytes = new Uint8Array(4096);
    bytes.set(head);
    writeFileSync(join(directory, name), bytes);
    const options = parseRunOptions(['--disk', join(directory, name)]);
    openMedia(options!, (message) => said.push(message)).close();
  };
  assert.throws(() => open('q.img', [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3]), /QCOW image.*qemu-img convert/);
  open('x.img', []);
  assert.deepEqual(said, []);
  open('x.iso', []);
  assert.match(said.join(), /x\.iso is a hard disk/);
});
