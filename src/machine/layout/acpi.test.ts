import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildAcpiTables } from '../../firmware/tables/acpi.ts';
import { pcAcpiPlatform } from './acpi.ts';
import { ACPI_TABLES, ACPI_TABLES_SIZE } from './memory.ts';

const { bytes, rsdp } = buildAcpiTables(pcAcpiPlatform(2), ACPI_TABLES, ACPI_TABLES_SIZE);
const view = new DataView(bytes.buffer);
const sum = (start: number, size: number) =>
  bytes.subarray(start, start + size).reduce((total, byte) => total + byte, 0) & 0xff;
const text = (start: number, size: number) => new TextDecoder().decode(bytes.subarray(start, start + size));

/** Finds tables as an operating system does: RSDP, XSDT, then the FADT's pointers. */
function tables(): Map<string, Uint8Array> {
  const at = (address: number) => {
    const start = address - ACPI_TABLES;
    return bytes.subarray(start, start + view.getUint32(start + 4, true));
  };
  const found = new Map<string, Uint8Array>();
  const xsdt = view.getUint32(rsdp - ACPI_TABLES + 24, true) - ACPI_TABLES;
  found.set(text(xsdt, 4), at(xsdt + ACPI_TABLES));
  const rsdt = view.getUint32(rsdp - ACPI_TABLES + 16, true) - ACPI_TABLES;
  found.set(text(rsdt, 4), at(rsdt + ACPI_TABLES));
  for (let entry = xsdt + 36; entry < xsdt + view.getUint32(xsdt + 4, true); entry += 8) {
    const address = view.getUint32(entry, true);
    found.set(text(address - ACPI_TABLES, 4), at(address));
  }
  const fadt = found.get('FACP')!;
  const pointers = new DataView(fadt.buffer, fadt.byteOffset);
  for (const offset of [36, 40]) {
    const address = pointers.getUint32(offset, true);
    found.set(text(address - ACPI_TABLES, 4), at(address));
  }
  return found;
}

test('the RSDP has both checksums and its signature on a 16-byte boundary', () => {
  assert.equal(rsdp % 16, 0);
  assert.equal(text(0, 8), 'RSD PTR ');
  assert.equal(sum(0, 20), 0);
  assert.equal(sum(0, 36), 0);
});

test('every table is found, with a length and a checksum that hold', () => {
  const found = tables();
  assert.deepEqual([...found.keys()].sort(), ['APIC', 'DSDT', 'FACP', 'FACS', 'HPET', 'RSDT', 'XSDT']);
  for (const [signature, table] of found) {
    const total = table.reduce((all, byte) => all + byte, 0) & 0xff;
    if (signature !== 'FACS') assert.equal(total, 0, signature);
  }
});

test('processors and areas are checked', () => {
  assert.throws(() => buildAcpiTables(pcAcpiPlatform(0), ACPI_TABLES, ACPI_TABLES_SIZE), /1 to 254/);
  assert.throws(() => buildAcpiTables(pcAcpiPlatform(1), ACPI_TABLES, 1024), /do not fit/);
  assert.ok(buildAcpiTables(pcAcpiPlatform(254), ACPI_TABLES, ACPI_TABLES_SIZE).bytes.length > 0);
});

test('iasl disassembles the tables and compiles them again', (context) => {
  if (spawnSync('iasl', ['-v']).error !== undefined) {
    return context.skip('iasl (package acpica-tools) is not installed');
  }
  const directory = mkdtempSync(join(tmpdir(), 'doppel-acpi-'));
  try {
    for (const [signature, table] of tables()) {
      if (signature === 'RSDT' || signature === 'XSDT') continue;
      const file = join(directory, signature);
      writeFileSync(`${file}.dat`, table);
      const disassembly = spawnSync('iasl', ['-p', file, '-d', `${file}.dat`], { encoding: 'utf8' });
      assert.equal(disassembly.status, 0, disassembly.stderr);
      const source = readFileSync(`${file}.dsl`, 'utf8');
      assert.doesNotMatch(source, /error|incorrect checksum|unknown|\/\/\*\*\*\*/i, source);
      const compiled = spawnSync('iasl', ['-oa', '-p', `${file}-new`, `${file}.dsl`], { encoding: 'utf8' });
      assert.equal(compiled.status, 0, compiled.stdout);
      assert.match(
        compiled.stdout + compiled.stderr,
        /0 Errors, 0 Warnings|successful. 0 Errors$|Table Compiler/i,
      );
      // The compiler's own header fields differ (revision, creator); the AML must not.
      if (signature === 'DSDT') {
        assert.deepEqual(new Uint8Array(readFileSync(`${file}-new.aml`)).subarray(36), table.slice(36));
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
