// The tables in the BIOS's segment, read as systems read them: by signature and checksum, and by dmidecode.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildLowTables, smbiosFiles } from '../../firmware/tables/low-tables.ts';
import { pcAcpiPlatform, pcSmbiosPlatform } from './acpi.ts';
import { BIOS_TABLES, BIOS_TABLES_SIZE } from './memory.ts';

const MIB = 2 ** 20;
const platform = pcAcpiPlatform(2, { slots: [0, 1, 2, 3] });
const smbios = pcSmbiosPlatform(2, 256 * MIB);
const bytes = buildLowTables(platform, smbios, BIOS_TABLES, BIOS_TABLES_SIZE);
const view = new DataView(bytes.buffer);
const text = (at: number, size: number) => String.fromCharCode(...bytes.subarray(at, at + size));
const sum = (at: number, size: number) => bytes.subarray(at, at + size).reduce((a, b) => a + b, 0) & 0xff;

/** Offset of a signature on a 16-byte boundary. */
function find(signature: string): number {
  for (let at = 0; at < bytes.length; at += 16) if (text(at, signature.length) === signature) return at;
  return assert.fail(`no ${signature}`);
}

describe('the MP table', () => {
  const floating = find('_MP_');
  const table = view.getUint32(floating + 4, true) - BIOS_TABLES;
  const entries: number[][] = [];
  let at = table + 44;
  for (let i = 0; i < view.getUint16(table + 34, true); i++) {
    const length = bytes[at] === 0 ? 20 : 8;
    entries.push([...bytes.subarray(at, at + length)]);
    at += length;
  }

  test('holds together', () => {
    assert.equal(sum(floating, 16), 0);
    assert.equal(text(table, 4), 'PCMP');
    assert.equal(sum(table, view.getUint16(table + 4, true)), 0);
    assert.equal(at, table + view.getUint16(table + 4, true));
    assert.equal(view.getUint32(table + 36, true), 0xfee0_0000);
    // In the order of their types, as the specification wants them.
    const types = entries.map(([type]) => type!);
    assert.deepEqual(types, types.toSorted());
  });
  test('names two processors, the first one to start', () => {
    const processors = entries.filter(([type]) => type === 0);
    assert.deepEqual(
      processors.map((entry) => entry.slice(1, 4)),
      [
        [0, 0x14, 3],
        [1, 0x14, 1],
      ],
    );
  });
  test('wires the pins of PCI slots to two inputs, and ISA to the others', () => {
    const interrupts = entries.filter(([type]) => type === 3);
    const input = (bus: number, source: number) =>
      interrupts.find((entry) => entry[4] === bus && entry[5] === source)?.[7];
    assert.deepEqual(
      [0, 1, 2, 3].map((pin) => input(0, (3 << 2) | pin)),
      [11, 10, 11, 10],
    );
    assert.deepEqual([input(1, 0), input(1, 1), input(1, 14)], [2, 1, 14]);
    assert.deepEqual([input(1, 2), input(1, 10), input(1, 11)], [undefined, undefined, undefined]);
  });
});

test('$PIR says which link each pin has', () => {
  const at = find('$PIR');
  const size = view.getUint16(at + 6, true);
  assert.equal(size, 32 + 4 * 16);
  assert.equal(sum(at, size), 0);
  assert.equal(bytes[at + 9], 1 << 3);
  const links = (entry: number) => [2, 5, 8, 11].map((offset) => bytes[at + 32 + 16 * entry + offset]);
  assert.deepEqual(links(1), [0x60, 0x61, 0x62, 0x63]);
  assert.deepEqual(links(3), [0x62, 0x63, 0x60, 0x61]);
  assert.equal(view.getUint16(at + 32 + 3, true), 0x0c00);
});

describe('SMBIOS', () => {
  test('has both entry points, for one table', () => {
    const [old, late] = [find('_SM_'), find('_SM3_')];
    assert.equal(sum(old, 31), 0);
    assert.equal(sum(old + 16, 15), 0);
    assert.equal(sum(late, 24), 0);
    assert.equal(view.getUint32(old + 24, true), view.getUint32(late + 16, true));
    assert.equal(view.getUint16(old + 22, true), view.getUint32(late + 12, true));
  });
  test('the largest structure and the count are as the entry point says', () => {
    const at = find('_SM_');
    let place = view.getUint32(at + 24, true) - BIOS_TABLES;
    const end = place + view.getUint16(at + 22, true);
    let [count, largest] = [0, 0];
    while (place < end) {
      let next = place + bytes[place + 1]!;
      while (view.getUint16(next, true) !== 0) next++;
      largest = Math.max(largest, next + 2 - place);
      place = next + 2;
      count++;
    }
    assert.deepEqual(
      [place, count, largest],
      [end, view.getUint16(at + 28, true), view.getUint16(at + 8, true)],
    );
  });
  const dmidecode = ['dmidecode', '/usr/sbin/dmidecode'].find(
    (program) => spawnSync(program, ['--version']).status === 0,
  );
  test('dmidecode reads it without complaint', { skip: dmidecode ? false : 'no dmidecode' }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'doppel-smbios-'));
    try {
      // A dump of dmidecode's own: the entry point, and the table behind it at 20h.
      const files = smbiosFiles({ ...smbios, uuid: Uint8Array.from({ length: 16 }, (_, i) => i) });
      const dump = new Uint8Array(0x20 + files.get('etc/smbios/smbios-tables')!.length);
      const anchor = files.get('etc/smbios/smbios-anchor')!;
      dump.set(anchor);
      dump[24] = 0x20;
      dump[21]! -= 0x20;
      dump.set(files.get('etc/smbios/smbios-tables')!, 0x20);
      const file = join(directory, 'dump');
      writeFileSync(file, dump);
      const run = spawnSync(dmidecode!, ['--from-dump', file], { encoding: 'utf8' });
      assert.equal(run.stderr, '');
      assert.doesNotMatch(run.stdout, /bad|wrong|broken|invalid|out of spec|truncated|inactive/i);
      for (const expected of [
        /SMBIOS 2\.8 present/,
        /Vendor: Doppel\n/,
        /UUID: 00010203-0405-0607-0809-0a0b0c0d0e0f/,
        /Version: Doppel virtual x86-64 processor/,
        /Size: 256 MB/,
        /Range Size: 256 MB/,
        /System is a virtual machine/,
      ]) {
        assert.match(run.stdout, expected);
      }
      assert.equal(run.stdout.match(/^Processor Information$/gm)?.length, 2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

test('sizes are checked', () => {
  assert.throws(() => buildLowTables(platform, smbios, BIOS_TABLES, 512), /do not fit/);
  assert.throws(() => smbiosFiles({ ...smbios, uuid: new Uint8Array(3) }), /16 bytes/);
});
