// docs/device-registers.md is what the tables say. After a change of a table, accept the new page with
//   DOPPEL_ACCEPT=1 node --test src/devices/register-list.test.ts
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { HOST_BRIDGE_REGISTERS } from './pci/host-bridge.ts';
import { ISA_BRIDGE_REGISTERS } from './pci/isa-bridge.ts';
import { POWER_MANAGEMENT_REGISTERS } from './pci/power-management.ts';
import { describeChip, describeConfigSpace } from './register-list.ts';
import { BENCHES } from './test-benches.ts';
import { FakeClock } from './testing.ts';

const PAGE = new URL('../../docs/device-registers.md', import.meta.url);

function page(): string {
  const chips = BENCHES.map((bench) => ({ name: bench.name, chip: bench.make(new FakeClock()).chip }));
  return [
    '# Registers of the devices',
    '',
    'Generated from the register tables under `src/devices` (see `src/devices/register-list.test.ts`).',
    'Offsets and values are hexadecimal; a reset value that depends on wires or time is left out.',
    'RW1C: writing a one clears the bit. Registers of the same offset take turns by direction or mode.',
    '',
    ...chips.filter(({ chip }) => chip.regions.length > 0).map(({ name, chip }) => describeChip(name, chip)),
    '## Chipset',
    '',
    describeConfigSpace('i440fx', HOST_BRIDGE_REGISTERS),
    describeConfigSpace('piix3-isa', ISA_BRIDGE_REGISTERS),
    describeConfigSpace('piix4-pm', POWER_MANAGEMENT_REGISTERS),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

test('the page of device registers is up to date', () => {
  if (process.env.DOPPEL_ACCEPT === '1') writeFileSync(PAGE, page());
  assert.equal(readFileSync(PAGE, 'utf8'), page());
});
