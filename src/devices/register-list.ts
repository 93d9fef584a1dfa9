// The registers of all chips as a page of documentation, made from the tables that the chips run on.
import type { Chip } from './chip.ts';
import type { ConfigRegister } from './pci/config-space.ts';
import type { RegisterRegion } from './registers.ts';

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

/** One table a region: offset, name, width, access and value after reset. */
export function describeRegion(region: RegisterRegion): string {
  const title = `### ${region.name} (${region.size} bytes)`;
  if (region.registers.length === 0)
    return [title, '', 'No registers: its source has the protocol.', ''].join('\n');
  const digits = region.size > 256 ? 3 : 2;
  const rows = region.registers.map((register) => {
    const reset = register.reset === undefined ? '' : hex(register.reset, 2 * register.width);
    return `| ${hex(register.offset, digits)} | ${register.name} | ${8 * register.width} | ${register.access} | ${reset} |`;
  });
  return [
    title,
    '',
    '| offset | register | bits | access | reset |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** The configuration space of a PCI function. */
export function describeConfigSpace(name: string, registers: readonly ConfigRegister[]): string {
  const rows = registers.map((register) => {
    const digits = 2 * register.width;
    const writable = register.writable ? hex(register.writable, digits) : '';
    const clearable = register.clearable ? hex(register.clearable, digits) : '';
    const reset = hex(register.reset, digits);
    return `| ${hex(register.offset, 2)} | ${register.name} | ${8 * register.width} | ${reset} | ${writable} | ${clearable} |`;
  });
  return [
    `### ${name} (PCI configuration space)`,
    '',
    '| offset | register | bits | reset | writable | cleared by ones |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** All regions of a chip under its name. */
export function describeChip(name: string, chip: Chip): string {
  return [`## ${name}`, '', ...chip.regions.map(describeRegion)].join('\n');
}
