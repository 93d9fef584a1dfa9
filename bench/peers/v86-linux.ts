// v86 (npm) as an emulator with its serial line on standard input and output, as QEMU has it with -serial stdio:
// boots a Linux kernel with SeaBIOS. Arguments: kernel, initrd, command line, MiB of memory.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';
import { SEABIOS } from './emulators.ts';

const [kernel, initrd, append, memory] = process.argv.slice(2) as [string, string, string, string];

function image(path: string): { buffer: ArrayBuffer } {
  const bytes = readFileSync(path);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer };
}

const emulator = new V86({
  wasm_path: fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86'))),
  memory_size: Number(memory) * 2 ** 20,
  vga_memory_size: 2 ** 20,
  bios: image(`${SEABIOS}/bios.bin`),
  vga_bios: image(`${SEABIOS}/vgabios-stdvga.bin`),
  bzimage: image(kernel),
  initrd: image(initrd),
  cmdline: append,
  acpi: false, // its default; with ACPI the boot takes longer
  fastboot: true,
  disable_speaker: true,
  autostart: true,
});

let pending: number[] = [];
emulator.add_listener('serial0-output-byte', (byte: number) => {
  pending.push(byte);
  if (pending.length > 1) return;
  setImmediate(() => {
    process.stdout.write(Uint8Array.from(pending));
    pending = [];
  });
});
process.stdin.on('data', (data: Buffer) => emulator.serial_send_bytes(0, data));
