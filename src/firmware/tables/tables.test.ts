import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buffer, eisaId, integer, nameString, packageOf, string } from './aml.ts';
import { biosDataArea } from './bios-data-area.ts';
import { buildMemoryMap, encodeE820, endOfExtendedMemory, highestUsable, isUsableRam } from './memory-map.ts';

const MIB = 2 ** 20;
const shape = { extendedBiosDataArea: 0x9fc00, firmwareArea: 0xe0000, pciHole: 0xc000_0000 };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('AML terms have the bytes of the specification', () => {
  assert.equal(hex(nameString('\\_SB.PCI0')), '5c2e5f53425f50434930');
  assert.equal(hex(nameString('A.B.C')), '2f03415f5f5f425f5f5f435f5f5f');
  assert.deepEqual([0, 1, 2, 0x100, 0x12345678].map(integer).map(hex), [
    '00',
    '01',
    '0a02',
    '0b0001',
    '0c78563412',
  ]);
  assert.equal(hex(eisaId('PNP0A03')), '0c41d00a03');
  assert.equal(hex(string('hi')), '0d686900');
  assert.equal(hex(packageOf([integer(5), integer(0)])), '1205020a0500');
  // Lengths count themselves and change form at 63 and 4095 bytes.
  assert.equal(hex(buffer(new Uint8Array(58))).slice(0, 8), '113d0a3a');
  assert.equal(hex(buffer(new Uint8Array(61))).slice(0, 10), '1141040a3d');
  assert.equal(hex(buffer(new Uint8Array(5000))).slice(0, 14), '118e38010b8813');
});

test('the memory map is that of a PC', () => {
  const map = buildMemoryMap({ ...shape, ramSize: 512 * MIB });
  assert.deepEqual(
    map.map(({ base, size, type }) => [base, base + size, type]),
    [
      [0, 0x9fc00, 1],
      [0x9fc00, 0xa0000, 2],
      [0xe0000, 0x100000, 2],
      [0x100000, 512 * MIB, 1],
    ],
  );
  const large = buildMemoryMap({ ...shape, ramSize: 4096 * MIB });
  assert.deepEqual(large.at(-1), { base: 2 ** 32, size: 1024 * MIB, type: 1 });
  assert.equal(endOfExtendedMemory(large), 0xc000_0000);
  const entries = encodeE820(map);
  assert.equal(entries.length, 80);
  assert.equal(hex(entries.subarray(20, 40)), '00fc0900000000000004000000000000' + '02000000');
});

test('places are found in usable RAM only', () => {
  const map = buildMemoryMap({ ...shape, ramSize: 16 * MIB });
  assert.equal(isUsableRam(map, 0x9f000, 0xc00), true);
  assert.equal(isUsableRam(map, 0x9f000, 0xc01), false);
  assert.equal(highestUsable(map, 5000, 0, 2 ** 32, 4096), 16 * MIB - 8192);
  assert.equal(highestUsable(map, 5000, 16 * MIB - 8192, 2 ** 32, 4096), 16 * MIB - 8192);
  assert.equal(highestUsable(map, 5000, 16 * MIB - 8191, 2 ** 32, 4096), undefined);
  assert.equal(highestUsable(map, 4096, 0, 0xf0000, 4096), 0x9e000);
});

test('the BIOS data area says where conventional memory ends', () => {
  const bytes = biosDataArea([0x3f8], 0x9fc00);
  const view = new DataView(bytes.buffer);
  assert.deepEqual(
    [0, 2, 0x0e, 0x10, 0x13].map((at) => view.getUint16(at, true)),
    [0x3f8, 0, 0x9fc0, 0x202, 639],
  );
});
