import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadLinux } from './linux.ts';
import { makeBzImage, TEST_AREA, testRequest } from './testing.ts';

const ZERO_PAGE = TEST_AREA.information;

function zeroPage(ram: Uint8Array): DataView {
  return new DataView(ram.buffer, ZERO_PAGE, 4096);
}

test('a 64-bit kernel is entered in long mode 0x200 bytes into its code', () => {
  const code = Uint8Array.from({ length: 8192 }, (_, i) => i * 7);
  const request = testRequest(makeBzImage({ code }));
  const state = loadLinux(request);
  assert.equal(state.rip, 0x100_0200n);
  assert.equal(state.general.rsi, BigInt(ZERO_PAGE));
  assert.equal(state.segments.cs.selector, 0x10);
  assert.equal(state.segments.cs.attributes, 0xa09b);
  assert.equal(state.segments.ss.selector, 0x18);
  assert.equal(state.cr0 >> 31n, 1n);
  assert.equal(state.efer, 0x500n);
  assert.equal(state.rflags, 2n);
  assert.deepEqual(request.ram.subarray(0x100_0000, 0x100_2000), code);
});

test('the 32-bit entry is the start of the code, with paging off', () => {
  const state = loadLinux(testRequest(makeBzImage({ xloadflags: 0 })));
  assert.equal(state.rip, 0x100_0000n);
  assert.equal(state.segments.cs.attributes, 0xc09b);
  assert.equal(state.cr0, 0x11n);
  assert.equal(state.efer, 0n);
  assert.equal(loadLinux(testRequest(makeBzImage(), { linuxEntry: '32-bit' })).rip, 0x100_0000n);
  assert.throws(
    () => loadLinux(testRequest(makeBzImage({ xloadflags: 0 }), { linuxEntry: '64-bit' })),
    /no 64-bit/,
  );
});

test('a kernel is told of the text mode that the VGA is in', () => {
  const textMode = { mode: 3, columns: 80, rows: 25, characterHeight: 16 };
  const request = testRequest(makeBzImage(), { textMode });
  loadLinux(request);
  const page = zeroPage(request.ram);
  assert.deepEqual(
    [0x06, 0x07, 0x0e, 0x0f, 0x10].map((at) => page.getUint8(at)),
    [3, 80, 25, 1, 16],
  );
});

test('identity page tables map the first 4 GiB', () => {
  const request = testRequest(makeBzImage());
  const root = Number(loadLinux(request).cr3);
  const view = new DataView(request.ram.buffer);
  const entry = (table: number, index: number) => Number(view.getBigUint64(table + index * 8, true));
  for (const address of [0, 0x10_0000, 0x1234_5678, 0xbfff_ffff, 0xfee0_0000, 0xffff_ffff]) {
    const pdpt = entry(root, 0);
    const directory = entry(pdpt - (pdpt % 4096), Math.floor(address / 2 ** 30));
    const page = entry(directory - (directory % 4096), Math.floor(address / 2 ** 21) % 512);
    assert.equal(page, Math.floor(address / 2 ** 21) * 2 ** 21 + 0x83);
  }
  assert.equal(entry(root, 1), 0);
});

test('the boot GDT holds the descriptors that the selectors name', () => {
  const request = testRequest(makeBzImage());
  const { gdtr } = loadLinux(request);
  const view = new DataView(request.ram.buffer, gdtr.base, gdtr.limit + 1);
  assert.equal(view.getBigUint64(0x10, true), 0x00af_9b00_0000_ffffn);
  assert.equal(view.getBigUint64(0x18, true), 0x00cf_9300_0000_ffffn);
});

test('boot_params holds the setup header, memory map, command line and RSDP', () => {
  const kernel = makeBzImage();
  const request = testRequest(kernel, { commandLine: 'console=ttyS0 quiet', rsdp: 0xe0000 });
  loadLinux(request);
  const params = zeroPage(request.ram);
  assert.equal(params.getUint32(0x202, true), 0x5372_6448);
  assert.equal(params.getUint32(0x260, true), 0x40_0000);
  assert.equal(params.getUint8(0x210), 0xff);
  assert.equal(params.getUint32(0x214, true), 0x100_0000);
  assert.equal(params.getBigUint64(0x70, true), 0xe0000n);
  assert.equal(params.getUint8(0x1e8), 4);
  assert.equal(params.getBigUint64(0x2d0 + 60, true), 0x10_0000n);
  assert.equal(params.getBigUint64(0x2d0 + 68, true), BigInt(31 * 2 ** 20));
  assert.equal(params.getUint32(0x2d0 + 76, true), 1);
  const at = params.getUint32(0x228, true);
  assert.equal(new TextDecoder().decode(request.ram.subarray(at, at + 20)), 'console=ttyS0 quiet\0');
});

test('the initrd lies as high as the kernel allows, page-aligned, several joined', () => {
  const modules = [{ bytes: new Uint8Array(5).fill(1) }, { bytes: new Uint8Array(4096).fill(2) }];
  const request = testRequest(makeBzImage(), { modules });
  loadLinux(request);
  const params = zeroPage(request.ram);
  const at = params.getUint32(0x218, true);
  assert.equal(at, 32 * 2 ** 20 - 8192);
  assert.equal(params.getUint32(0x21c, true), 8 + 4096);
  assert.deepEqual([...request.ram.subarray(at, at + 9)], [1, 1, 1, 1, 1, 0, 0, 0, 2]);
  const lower = testRequest(makeBzImage({ initrdAddressMax: 0x17f_ffff }), { modules });
  loadLinux(lower);
  assert.equal(zeroPage(lower.ram).getUint32(0x218, true), 0x180_0000 - 8192);
});

test('kernels of old protocols go where those say', () => {
  const fixed = loadLinux(testRequest(makeBzImage({ version: 0x0204, xloadflags: 0, relocatable: false })));
  assert.equal(fixed.rip, 0x10_0000n);
  const relocatable = loadLinux(testRequest(makeBzImage({ version: 0x0209, xloadflags: 0 })));
  assert.equal(relocatable.rip, 0x20_0000n);
});

test('what the user can mend is said plainly', () => {
  const load =
    (kernel: Uint8Array, changes = {}) =>
    () =>
      loadLinux(testRequest(kernel, changes));
  assert.throws(load(makeBzImage().subarray(0, 3000)), /truncated/);
  assert.throws(load(makeBzImage({ initSize: 0x200_0000 })), /too big for the machine's memory of 32 MiB/);
  assert.throws(load(makeBzImage({ version: 0x0201 })), /older than boot protocol/);
  assert.throws(load(makeBzImage(), { commandLine: 'x'.repeat(2048) }), /2048 bytes.*at most 2047/);
  assert.throws(
    load(makeBzImage(), { modules: [{ bytes: new Uint8Array(13 * 2 ** 20) }] }),
    /initrd of 13 MiB/,
  );
});
