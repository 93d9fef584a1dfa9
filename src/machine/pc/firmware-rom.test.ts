// Where firmware and its flash lie, and what of them shows below 1 MiB.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlashImage, memoryFlash } from '../../backend/flash/flash-image.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { checkFirmware, type FirmwareParts, installFirmware, romMemorySize } from './firmware-rom.ts';

const KIB = 1024;
const FOUR_GIB = 2 ** 32;
const filled = (size: number, byte: number) => new Uint8Array(size).fill(byte);

function install(parts: FirmwareParts) {
  const memory = new GuestMemory(2 * 1024 * KIB, romMemorySize(parts));
  const { roms, flash } = installFirmware(memory, parts);
  return { memory, low: roms.bytes.subarray(0x2_0000), flash };
}

test('flash lies right below the firmware, and takes commands there', () => {
  const bytes = filled(0x84000, 0xff);
  const { memory, low } = install({ rom: filled(0x37c000, 0x90), flash: memoryFlash(bytes) });
  const start = 0xffc0_0000;
  assert.equal(memory.read8(FOUR_GIB - 1), 0x90);
  assert.equal(memory.read8(start + 0x84000), 0x90);
  assert.equal(memory.read8(start + 0x83fff), 0xff);
  assert.equal(memory.read8(start - 1), 0xff);
  memory.write8(start + 0x1005, 0x40);
  assert.equal(memory.read8(start), 0x80);
  memory.write8(start + 0x1005, 0x12);
  memory.write8(start, 0xff);
  assert.equal(memory.read8(start + 0x1005), 0x12);
  assert.equal(bytes[0x1005], 0x12);
  // The ROM takes none.
  memory.write8(FOUR_GIB - 16, 0x70);
  assert.equal(memory.read8(FOUR_GIB - 16), 0x90);
  assert.ok(low.every((byte) => byte === 0x90));
});

test('flash alone holds the firmware, whose end shows below 1 MiB', () => {
  const bytes = filled(256 * KIB, 0x11).fill(0x22, 128 * KIB);
  const { memory, low, flash } = install({ rom: new Uint8Array(), flash: memoryFlash(bytes) });
  assert.equal(memory.read8(FOUR_GIB - 1), 0x22);
  assert.ok(low.every((byte) => byte === 0x22));
  memory.write8(FOUR_GIB - 16, 0x90);
  assert.equal(memory.read8(FOUR_GIB - 1), 0);
  flash!.reset();
  assert.equal(memory.read8(FOUR_GIB - 1), 0x22);
});

test('sizes that firmware and flash can have', () => {
  const flash = (size: number): FlashImage => ({ ...memoryFlash(new Uint8Array(size)), name: 'VARS.fd' });
  const refuses = (rom: number, image: FlashImage | undefined, message: RegExp) => {
    assert.throws(() => checkFirmware({ rom: new Uint8Array(rom), flash: image }), message);
  };
  refuses(0, undefined, /0 bytes/);
  refuses(60 * KIB, undefined, /64 KiB to 16 MiB/);
  refuses(64 * KIB + 512, undefined, /whole 4 KiB/);
  refuses(256 * KIB, flash(1000), /VARS.fd has 1000 bytes: flash memory has whole blocks/);
  refuses(256 * KIB, flash(16 * 1024 * KIB), /with the 16777216 of VARS.fd/);
  checkFirmware({ rom: new Uint8Array(0x37c000), flash: flash(0x84000) });
  checkFirmware({ rom: new Uint8Array(), flash: flash(64 * KIB) });
});
