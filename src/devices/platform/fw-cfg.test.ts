import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { FwCfg } from './fw-cfg.ts';

const text = (bytes: Uint8Array | number[]) => String.fromCharCode(...bytes);

function build() {
  const memory = new GuestMemory(1 << 20);
  const chip = new FwCfg({
    memory,
    contents: {
      items: new Map([[5, Uint8Array.of(1, 0)]]),
      files: new Map([
        ['etc/e820', Uint8Array.from({ length: 9000 }, (_, i) => i)],
        ['bootorder', new TextEncoder().encode('/disk\n')],
      ]),
    },
  });
  const [ports, dma] = chip.regions;
  const read = (item: number, count: number) => {
    ports!.write(0, 2, item);
    return Array.from({ length: count }, () => ports!.read(1, 1));
  };
  /** As drivers do it: high half, low half, both big-endian; the control word afterwards. */
  const transfer = (control: number, length: number, target: number) => {
    const view = new DataView(new ArrayBuffer(16));
    [control, length, 0, target].forEach((word, i) => {
      view.setUint32(4 * i, word);
    });
    memory.write(0x1000, new Uint8Array(view.buffer));
    dma!.write(0, 4, 0);
    dma!.write(4, 4, 0x0010_0000); // 0x1000, swapped
    memory.read(0x1000, new Uint8Array(view.buffer));
    return view.getUint32(0);
  };
  return { memory, chip, dma: dma!, read, transfer };
}

test('signature, interfaces, an item by number; nothing behind the end', () => {
  const { read, dma } = build();
  assert.equal(text(read(0, 4)), 'QEMU');
  assert.deepEqual(read(1, 5), [3, 0, 0, 0, 0]);
  assert.deepEqual(read(5, 3), [1, 0, 0]);
  assert.deepEqual(read(0x1234, 2), [0, 0]);
  assert.equal(dma.read(0, 4), 0x554d_4551);
  assert.equal(dma.read(4, 4), 0x4746_4320);
});

test('the directory names the files in alphabetical order', () => {
  const { read } = build();
  const directory = Uint8Array.from(read(0x19, 4 + 2 * 64));
  const view = new DataView(directory.buffer);
  assert.equal(view.getUint32(0), 2);
  assert.deepEqual([view.getUint32(4), view.getUint16(8)], [6, 0x20]);
  assert.equal(text(directory.subarray(12, 22)), 'bootorder\0');
  assert.deepEqual([view.getUint32(68), view.getUint16(72)], [9000, 0x21]);
  assert.equal(text(read(0x20, 6)), '/disk\n');
});

test('DMA: select and read, skip, read over the end, refuse writes', () => {
  const { memory, transfer } = build();
  assert.equal(transfer(0x0021_000a, 5000, 0x8000), 0);
  assert.equal(memory.read8(0x8000 + 4999), 4999 & 0xff);
  assert.equal(transfer(0x0000_0004, 3000, 0), 0);
  assert.equal(transfer(0x0000_0002, 2000, 0x8000), 0);
  assert.equal(memory.read8(0x8000), 8000 & 0xff);
  assert.equal(memory.read8(0x8000 + 999), 8999 & 0xff);
  assert.equal(memory.read8(0x8000 + 1000), 0);
  assert.equal(transfer(0x0020_0018, 4, 0x8000), 1);
  assert.equal(transfer(0x0000_0002, 0xffff_ffff, 0x8000), 1);
});

test('DMA to where there is no memory is an error; what is behind the end of RAM is left out', () => {
  const { memory, dma, transfer } = build();
  const END = 1 << 20;
  assert.equal(transfer(0x0000_000a, 4, 0xd000_0000), 1);
  assert.equal(transfer(0x0000_000a, 8, END - 2), 1);
  assert.deepEqual([memory.read8(END - 2), memory.read8(END - 1)], [0x51, 0x45]);
  assert.equal(transfer(0x0000_000a, 0, 0xd000_0000), 0, 'nothing to nowhere');
  memory.protect(0x8_0000, 0x1000);
  assert.equal(transfer(0x0000_000a, 4, 0x8_0000), 1, 'to ROM');
  assert.equal(transfer(0x0fff_000a, 4, 0xd000_0000), 1, 'no item either');
  assert.equal(transfer(0x0000_0012, 2, 0x8000), 0, 'reading goes before writing');
  // A description half behind the end of RAM is none.
  memory.write32(END - 8, 0x0a00_2100);
  dma.write(4, 4, 0xf8ff_0f00);
  assert.equal(memory.read32(END - 8), 0x0100_0000);
});

test("the selector takes words only, without QEMU's bit for writing; both ports give the next byte", () => {
  const { chip, read } = build();
  const [ports] = chip.regions;
  assert.equal(text([ports!.read(0, 1), ports!.read(1, 1)]), 'QE');
  assert.equal(ports!.read(0, 2), 0);
  ports!.write(0, 1, 5);
  ports!.write(1, 1, 0x55);
  assert.equal(text([ports!.read(1, 1), ports!.read(1, 1)]), 'MU');
  assert.equal(text(read(0x4000, 4)), 'QEMU');
});

test('a file that depends on the machine is made when it is selected', () => {
  let value = 7;
  const chip = new FwCfg({ memory: new GuestMemory(1 << 20) });
  chip.offer(() => ({ files: new Map([['state', () => Uint8Array.of(value, value + 1)]]) }));
  const [ports] = chip.regions;
  const read = () => {
    ports!.write(0, 2, 0x20);
    return [ports!.read(1, 1), ports!.read(1, 1), ports!.read(1, 1)];
  };
  assert.deepEqual(read(), [7, 8, 0]);
  value = 9;
  assert.deepEqual(read(), [9, 10, 0]);
});
