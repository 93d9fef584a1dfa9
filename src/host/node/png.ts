// A frame as a PNG file (W3C, "Portable Network Graphics", third edition): 8 bits a channel without alpha, each line
// with the filter Sub or Up, whichever leaves less.
import { crc32, deflateSync } from 'node:zlib';
import type { Frame } from '../../backend/display/screen.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const FILTER_SUB = 1;
const FILTER_UP = 2;

function chunk(type: string, data: Uint8Array): Buffer {
  const result = Buffer.alloc(12 + data.length);
  result.writeUInt32BE(data.length, 0);
  result.write(type, 4, 'latin1');
  result.set(data, 8);
  result.writeUInt32BE(crc32(result.subarray(4, 8 + data.length)), 8 + data.length);
  return result;
}

/** The bytes of the file. */
export function encodePng({ width, height, pixels }: Frame): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const bytesPerLine = 3 * width;
  const filtered = Buffer.alloc(height * (1 + bytesPerLine));
  const previous = new Uint8Array(bytesPerLine);
  const line = new Uint8Array(bytesPerLine);
  const sub = new Uint8Array(bytesPerLine);
  const up = new Uint8Array(bytesPerLine);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = pixels[y * width + x]!;
      line[3 * x] = pixel >> 16;
      line[3 * x + 1] = pixel >> 8;
      line[3 * x + 2] = pixel;
    }
    let subSum = 0;
    let upSum = 0;
    for (let i = 0; i < bytesPerLine; i++) {
      sub[i] = line[i]! - (i < 3 ? 0 : line[i - 3]!);
      up[i] = line[i]! - previous[i]!;
      subSum += Math.min(sub[i]!, 256 - sub[i]!);
      upSum += Math.min(up[i]!, 256 - up[i]!);
    }
    const at = y * (1 + bytesPerLine);
    filtered[at] = upSum <= subSum ? FILTER_UP : FILTER_SUB;
    filtered.set(upSum <= subSum ? up : sub, at + 1);
    previous.set(line);
  }
  return Buffer.concat([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}
