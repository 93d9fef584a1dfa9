import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import type { Frame } from '../../backend/display/screen.ts';
import { randomNumbers } from '../../devices/testing.ts';
import { encodePng } from './png.ts';

/** Reads what encodePng writes: chunks with their checksums, filters 0 to 2. */
function decode(file: Uint8Array): Frame {
  const bytes = Buffer.from(file);
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    assert.equal(bytes.readUInt32BE(at + 8 + length), crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.set(bytes.subarray(at + 4, at + 8).toString(), bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const header = chunks.get('IHDR')!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const data = inflateSync(chunks.get('IDAT')!);
  assert.equal(data.length, height * (1 + 3 * width));
  const pixels = new Uint32Array(width * height);
  let previous = Buffer.alloc(3 * width);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (1 + 3 * width)]!;
    const line = Buffer.from(data.subarray(y * (1 + 3 * width) + 1, (y + 1) * (1 + 3 * width)));
    for (let i = 0; i < line.length; i++) {
      if (filter === 1 && i >= 3) line[i] = line[i]! + line[i - 3]!;
      if (filter === 2) line[i] = line[i]! + previous[i]!;
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = line.readUIntBE(3 * x, 3);
    previous = line;
  }
  return { width, height, pixels };
}

test('a frame comes back out of the file', () => {
  const random = randomNumbers(3);
  for (const [width, height] of [
    [1, 1],
    [33, 17],
    [320, 200],
  ] as const) {
    const pixels = Uint32Array.from({ length: width * height }, (_, i) =>
      i % 3 === 0 ? random(1 << 24) : (i * 0x010203) & 0xffffff,
    );
    const frame = { width, height, pixels };
    assert.deepEqual(decode(encodePng(frame)), frame);
  }
});
