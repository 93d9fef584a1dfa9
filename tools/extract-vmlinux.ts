// Takes the ELF kernel (vmlinux) out of a bzImage, for booting it through PVH:
//
//   node tools/extract-vmlinux.ts BZIMAGE VMLINUX
//
// The setup header says where the compressed payload is (Documentation/arch/x86/boot.rst, payload_offset
// and payload_length); its last four bytes are the size of the ELF file. xz, zstd and lzma need the
// command of that name; gzip needs nothing.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SETUP_SECTS = 0x1f1;

function decompress(payload: Buffer): Buffer {
  const magic = payload.subarray(0, 6).toString('hex');
  if (magic.startsWith('1f8b')) return gunzipSync(payload);
  if (magic.startsWith('28b52ffd')) return zstdDecompressSync(payload);
  if (magic !== 'fd377a585a00') throw new Error(`unknown compression (begins with ${magic})`);
  const result = spawnSync('xz', ['-dc'], { input: payload, maxBuffer: 2 ** 29 });
  if (result.stdout === null || result.stdout.length === 0) throw new Error('xz cannot unpack the payload');
  return result.stdout;
}

const [input, output] = process.argv.slice(2);
if (input === undefined || output === undefined) {
  console.error('usage: node tools/extract-vmlinux.ts BZIMAGE VMLINUX');
  process.exitCode = 2;
} else {
  const file = readFileSync(input);
  const start = (file.readUInt8(SETUP_SECTS) + 1) * 512 + file.readUInt32LE(PAYLOAD_OFFSET);
  const end = start + file.readUInt32LE(PAYLOAD_LENGTH);
  writeFileSync(output, decompress(file.subarray(start, end - 4)));
}
