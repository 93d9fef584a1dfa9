// Bridges and functions on benches (see ../test-benches.ts).
import type { Unmap } from '../../memory/region.ts';
import { type Bench, type BenchMaker, recorder } from '../bench-testing.ts';
import { PciBus, PciConfigPorts } from './config-ports.ts';
import type { PciFunction } from './config-space.ts';
import { type PciAddressSpaces, PciEndpoint } from './endpoint.ts';
import { HostBridge440Fx } from './host-bridge.ts';
import { Piix3IsaBridge } from './isa-bridge.ts';
import { Piix4PowerManagement } from './power-management.ts';

const makePciConfig: BenchMaker = {
  name: 'pci-config',
  make() {
    const { log, lines, note } = recorder();
    const reset = note('cf9');
    const resetControl = {
      name: 'cf9',
      read: () => 0x5a,
      write: (_: number, __: number, value: number) => reset(value),
    };
    const configWrite = note('write');
    const bus = new PciBus();
    bus.attach(0, 0, {
      readConfig: (offset, width) => ((offset * 0x0101_0101) >>> 0) % 2 ** (8 * width),
      writeConfig: (offset, width, value) => configWrite([offset, width, value]),
    });
    return { chip: new PciConfigPorts(bus, resetControl), log, lines, pushes: [] };
  },
};

const makeHostBridge: BenchMaker = {
  name: 'i440fx',
  make() {
    const { log, lines, note } = recorder();
    const chip = new HostBridge440Fx({ shadowChanged: note('pam') });
    return {
      chip,
      log,
      lines,
      pushes: configPushes(chip),
    };
  },
};

/** Random accesses to the configuration space of a function, as pushes. */
const configPushes = (target: PciFunction): Bench['pushes'] => {
  const config = (value: number) => (value * 0x0100_0193) >>> 0;
  return [
    (value) => target.readConfig(value & 0xfc, 4),
    (value) => target.writeConfig(value & 0xfc, 4, config(value)),
    (value) => target.writeConfig(value & 0x3c, 4, config(value)),
    (value) => target.writeConfig(0x04, 1, value),
    (value) => target.writeConfig(value, 1, config(value) & 0xff),
  ];
};

/** Address spaces that note where BARs are placed. */
const notedSpaces = (log: string[]): PciAddressSpaces => {
  const place =
    (space: string) =>
    (start: number, size: number): Unmap => {
      log.push(`${space} ${start} ${size}`);
      return () => log.push(`${space} ${start} unmapped`);
    };
  return { ports: place('ports'), memory: place('memory') };
};

const makeEndpoint: BenchMaker = {
  name: 'pci-endpoint',
  make() {
    const { log, lines, line } = recorder();
    const shows = { name: 'registers', read: () => 0, write() {} };
    const chip = new PciEndpoint({
      name: 'card',
      header: { vendor: 0x1234, device: 0x5678, revision: 0, classCode: 0x020000, interruptPin: 1 },
      bars: [
        { space: 'ports', index: 0, size: 32, shows },
        { space: 'memory', index: 2, size: 0x1_0000, shows },
        { space: 'memory', index: 'rom', size: 0x8000, shows },
      ],
      spaces: notedSpaces(log),
      pin: line('pin'),
    });
    return { chip, log, lines, pushes: [...configPushes(chip), (value) => chip.interrupt.set(value > 127)] };
  },
};

/** With messages, MSI or MSI-X; its own regions are the table of MSI-X. */
const makeMessages: BenchMaker = {
  name: 'pci-messages',
  make() {
    const { log, lines, line, note } = recorder();
    const sent = note('message');
    const chip = new PciEndpoint({
      name: 'card',
      header: { vendor: 0x1234, device: 0x5679, revision: 0, classCode: 0x020000, interruptPin: 1 },
      msi: { vectors: 8, maskable: true },
      msix: { vectors: 5, bar: 1 },
      messages: { send: (address, data) => sent([address, data]) },
      spaces: notedSpaces(log),
      pin: line('pin'),
    });
    const [table] = chip.regions;
    return {
      chip,
      log,
      lines,
      pushes: [
        ...configPushes(chip),
        (value) => chip.writeConfig(0x42, 2, value),
        (value) => chip.writeConfig(0x50, 4, value),
        (value) => chip.writeConfig(0x5a, 2, value << 8),
        (value) => table!.write((value % 5) * 16 + 12, 4, value >> 7),
        (value) => chip.message(value % 9),
        (value) => chip.message(value % 5),
        (value) => chip.withdraw(value % 9),
        (value) => chip.interrupt.set(value > 127),
        () => [chip.interruptMode, chip.vectors],
      ],
    };
  },
};

const makeIsaBridge: BenchMaker = {
  name: 'piix3-isa',
  make() {
    const { log, lines, line } = recorder();
    const chip = new Piix3IsaBridge((number) => line(`irq${number}`));
    return {
      chip,
      log,
      lines,
      pushes: [
        ...configPushes(chip),
        (value) => chip.writeConfig(0x60 + (value & 3), 1, value >> 2),
        (value) => chip.pin(value & 31, 0, 1 + (value & 3)).set(value > 127),
      ],
    };
  },
};

const makePowerManagement: BenchMaker = {
  name: 'piix4-pm',
  make() {
    const { log, lines, note } = recorder();
    const region = (name: string) => {
      const write = note(name);
      return { name, read: () => 0, write: (...what: unknown[]) => write(what) };
    };
    const chip = new Piix4PowerManagement({
      pm1: [region('event'), region('control'), region('timer')],
      smbus: region('smbus'),
      spaces: notedSpaces(log),
    });
    return {
      chip,
      log,
      lines,
      pushes: [...configPushes(chip), (value) => chip.writeConfig(0x80, 1, value)],
    };
  },
};

export const PCI_BENCHES: readonly BenchMaker[] = [
  makePciConfig,
  makeHostBridge,
  makeEndpoint,
  makeMessages,
  makeIsaBridge,
  makePowerManagement,
];
