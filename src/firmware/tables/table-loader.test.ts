// Executes the script as firmware does, and looks at the tables that come of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pcAcpiPlatform } from '../../machine/layout/acpi.ts';
import { buildAcpiTables } from './acpi.ts';
import { acpiFiles } from './table-loader.ts';

test('what firmware places by the script is what is built for that place', () => {
  const platform = pcAcpiPlatform(1);
  const files = new Map(
    [...acpiFiles(() => platform)].map(([name, bytes]) => [
      name,
      typeof bytes === 'function' ? bytes() : bytes.slice(),
    ]),
  );
  const places = new Map<string, number>();
  const script = files.get('etc/table-loader')!;
  const free = { 1: 0x1fe_0000, 2: 0xf_5000 } as Record<number, number>;
  for (let at = 0; at < script.length; at += 128) {
    const view = new DataView(script.buffer, at, 128);
    const text = (offset: number) =>
      new TextDecoder().decode(script.subarray(at + offset, at + offset + 56)).replace(/\0.*/s, '');
    const bytes = files.get(text(4))!;
    const fields = new DataView(bytes.buffer);
    switch (view.getUint32(0, true)) {
      case 1: {
        const zone = view.getUint8(64);
        assert.equal(free[zone]! % view.getUint32(60, true), 0);
        places.set(text(4), free[zone]!);
        break;
      }
      case 2: {
        const offset = view.getUint32(116, true);
        const target = files.get(text(60))!;
        const pointer = fields.getUint32(offset, true);
        assert.ok(pointer > 0 && pointer < target.length);
        fields.setUint32(offset, pointer + places.get(text(60))!, true);
        break;
      }
      case 3: {
        const start = view.getUint32(64, true);
        assert.equal(bytes[view.getUint32(60, true)], 0);
        const sum = bytes.subarray(start, start + view.getUint32(68, true)).reduce((a, b) => a + b, 0);
        bytes[view.getUint32(60, true)]! -= sum;
        break;
      }
      default:
        assert.fail('an unknown command');
    }
  }
  const built = buildAcpiTables(platform, free[1]!, 0x1_0000);
  const tables = files.get('etc/acpi/tables')!;
  assert.deepEqual(tables.slice(64), built.bytes.slice(64));
  assert.deepEqual(files.get('etc/acpi/rsdp'), built.bytes.slice(0, 36));
});

test('the tables say where the chipset is when they are read', () => {
  let pmBase = 0x600;
  const files = acpiFiles(() => pcAcpiPlatform(1, { pmBase }));
  const tables = files.get('etc/acpi/tables') as () => Uint8Array;
  const before = tables();
  pmBase = 0xb000;
  const after = tables();
  assert.equal(after.length, before.length);
  const fadt = String.fromCharCode(...after).indexOf('FACP');
  const view = new DataView(after.buffer);
  assert.equal(view.getUint32(fadt + 56, true), 0xb000);
  assert.equal(view.getUint32(fadt + 76, true), 0xb008);
});
