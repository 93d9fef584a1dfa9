// Diskettes for INT 13h: what an image stands for that is shorter than a disk, an empty drive, and how many there are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLOPPY_FORMATS, floppyFormatFor } from '../../../backend/block/floppy-formats.ts';
import { FakeMachine, fakeDrive } from '../testing.ts';
import { floppyGeometry } from './geometry.ts';

const NO_DISKETTES = 0x00c1;

describe('diskettes', () => {
  test('an image has the geometry that the floppy controller gives it', () => {
    for (const sectors of [
      1, 300, 700, 1000, 2000, 2399, 2532, 2881, 5000, 320, 720, 2400, 2880, 3360, 5760,
    ]) {
      const format = floppyFormatFor(sectors)!;
      const { cylinders, heads, sectors: perTrack } = floppyGeometry(sectors);
      assert.deepEqual(
        [cylinders, heads, perTrack],
        [format.cylinders, format.heads, format.sectorsPerTrack],
        `${sectors} sectors`,
      );
    }
    for (const { cylinders, heads, sectorsPerTrack } of FLOPPY_FORMATS) {
      const { sectors } = floppyGeometry(cylinders * heads * sectorsPerTrack);
      assert.equal(sectors, sectorsPerTrack);
    }
  });

  test('an image that is cut off behind its content is empty there, and takes no writes', () => {
    const image = fakeDrive('floppy', new Uint8Array(2000 * 512).fill(0x11));
    const machine = new FakeMachine({ drives: [image] });
    const parameters = machine.call(0x13, { eax: 0x0800 });
    assert.deepEqual([parameters.ecx, parameters.edx >> 8, parameters.ebx & 0xff], [0x4f12, 1, 4]);
    // Sector 18 of a track, as its file system counts them.
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 0x0012, ebx: 0x8000 }).carry, false);
    assert.equal(machine.bytes[0x8000], 0x11);
    // Sectors 1998 to 2001: cylinder 55, head 1, from sector 1.
    assert.equal(machine.call(0x13, { eax: 0x0204, ecx: 0x3701, edx: 0x0100, ebx: 0x8000 }).carry, false);
    assert.deepEqual(
      [0x8000, 0x83ff, 0x8400, 0x87ff].map((at) => machine.bytes[at]),
      [0x11, 0x11, 0, 0],
    );
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 0x4f12, edx: 0x0100, ebx: 0x8000 }).carry, false);
    const write = machine.call(0x13, { eax: 0x0301, ecx: 0x4f12, edx: 0x0100, ebx: 0x8000 });
    assert.deepEqual([write.carry, write.eax >> 8], [true, 0x04]);
    assert.equal(image.bytes.length, 2000 * 512);
  });

  test('an empty drive is one of 1.44 MB', () => {
    const machine = new FakeMachine({ drives: [fakeDrive('floppy', new Uint8Array(0))] });
    const parameters = machine.call(0x13, { eax: 0x0800 });
    assert.deepEqual([parameters.carry, parameters.ecx, parameters.ebx & 0xff], [false, 0x4f12, 4]);
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 1, ebx: 0x8000 }).eax >> 8, 0x80);
  });
});

describe('a CD-ROM that is a diskette', () => {
  function disc(): Uint8Array {
    const bytes = new Uint8Array(2048 * 2000);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('\0CD001\x01EL TORITO SPECIFICATION'), 17 * 2048);
    view.setUint32(17 * 2048 + 0x47, 19, true);
    bytes.set([1, 0], 19 * 2048);
    view.setUint16(19 * 2048 + 30, 0xaa55, true);
    view.setUint16(19 * 2048 + 28, 0x10000 - 0xaa55 - 1, true);
    bytes.set([0x88, 2], 19 * 2048 + 32);
    view.setUint16(19 * 2048 + 38, 1, true);
    view.setUint32(19 * 2048 + 40, 25, true);
    return bytes;
  }
  const diskettes = (machine: FakeMachine) => machine.call(0x11).eax & NO_DISKETTES;

  test('counts in the equipment word while it is there', () => {
    const machine = new FakeMachine({ drives: [fakeDrive('cdrom', disc())] });
    assert.equal(diskettes(machine), 0);
    machine.call(0x19);
    assert.equal(diskettes(machine), 0x0001);
    assert.equal(machine.call(0x13, { eax: 0x4b00, edx: 0, esi: 0x6000 }).carry, false);
    assert.equal(diskettes(machine), 0);
    const other = new FakeMachine({
      drives: [fakeDrive('floppy', new Uint8Array(2880 * 512)), fakeDrive('cdrom', disc())],
      bootOrder: ['cdrom'],
    });
    other.call(0x19);
    assert.equal(diskettes(other), 0x0041);
  });
  test('tells its geometry in the specification packet', () => {
    const machine = new FakeMachine({ drives: [fakeDrive('cdrom', disc())] });
    machine.call(0x19);
    machine.call(0x13, { eax: 0x4b01, edx: 0, esi: 0x6000 });
    const { ecx, edx } = machine.call(0x13, { eax: 0x0800 });
    assert.deepEqual([...machine.bytes.subarray(0x6010, 0x6013)], [ecx >> 8, ecx & 0xff, edx >> 8]);
    assert.deepEqual([ecx, edx >> 8], [0x4f12, 1]);
  });
});
