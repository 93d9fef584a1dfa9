// The DSDT: the devices that the operating system cannot find by probing, and the sleeping states.
//
//   \_S3, _S4, _S5  SLP_TYP values of suspend to RAM, suspend to disk and soft off
//   \_SB.Cnnn       processors (ACPI0007); _UID ties them to the MADT
//   \_SB.PCI0       root bridge (PNP0A03) with its windows (_CRS) and interrupts (_PRT)
//   \_SB.PCI0.*     ISA devices
import { type Aml, concatenate, device, eisaId, integer, name, packageOf, scope, string } from './aml.ts';
import type { AcpiPlatform, IsaDevice } from './platform.ts';
import {
  busNumbers,
  dmaChannel,
  fixedMemory,
  ioPorts,
  ioWindow,
  isaInterrupt,
  memoryWindow,
  resourceTemplate,
} from './resources.ts';

/** Present, enabled, shown, functioning. */
const STATUS_PRESENT = 0x0f;
/** Three letters and four digits, as ISA devices have; ACPI's own identifiers are a letter longer. */
const EISA_LENGTH = 7;
const PCI_SLOTS = 32;
const PCI_PINS = 4;

/** The AML of the DSDT, without table header. */
export function dsdtBody(platform: AcpiPlatform): Aml {
  return concatenate([
    ...Object.entries(platform.sleepTypes).map(([state, type]) =>
      name(`\\_${state}`, packageOf([type, type, 0, 0].map(integer))),
    ),
    scope('\\_SB', [
      ...Array.from({ length: platform.processors }, (_, index) => processor(index)),
      rootBridge(platform),
    ]),
  ]);
}

function processor(index: number): Aml {
  return device(`C${index.toString(16).toUpperCase().padStart(3, '0')}`, [
    name('_HID', string('ACPI0007')),
    name('_UID', integer(index)),
    name('_STA', integer(STATUS_PRESENT)),
  ]);
}

function rootBridge(platform: AcpiPlatform): Aml {
  const { configuration, memory, videoMemory } = platform.pci;
  const afterConfiguration = configuration.port + configuration.count;
  return device('PCI0', [
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_BBN', integer(0)),
    name(
      '_CRS',
      resourceTemplate([
        busNumbers(0, 0xff),
        ioPorts(configuration.port, configuration.count),
        ioWindow(0, configuration.port - 1),
        ioWindow(afterConfiguration, 0xffff),
        memoryWindow(videoMemory.start, videoMemory.end - 1),
        memoryWindow(memory.start, memory.end - 1),
      ]),
    ),
    name('_PRT', packageOf(routing(platform.pci.interrupts))),
    ...platform.isaDevices.map(isaDevice),
  ]);
}

/** _PRT (section 6.2.13): {slot and any function, pin, no link device, global system interrupt}. */
function routing(interrupts: readonly number[]): Aml[] {
  return Array.from({ length: (PCI_SLOTS - 1) * PCI_PINS }, (_, i) => {
    const slot = 1 + Math.floor(i / PCI_PINS);
    const pin = i % PCI_PINS;
    const gsi = interrupts[(slot + pin) % interrupts.length]!;
    return packageOf([integer(slot * 0x1_0000 + 0xffff), integer(pin), integer(0), integer(gsi)]);
  });
}

function isaDevice(isa: IsaDevice): Aml {
  return device(isa.name, [
    name('_HID', isa.identifier.length === EISA_LENGTH ? eisaId(isa.identifier) : string(isa.identifier)),
    ...(isa.unique === undefined ? [] : [name('_UID', integer(isa.unique))]),
    name('_STA', integer(STATUS_PRESENT)),
    name(
      '_CRS',
      resourceTemplate([
        ...isa.ports.map(({ port, count }) => ioPorts(port, count)),
        ...(isa.memory === undefined ? [] : [fixedMemory(isa.memory.start, isa.memory.size)]),
        ...(isa.irq === undefined ? [] : [isaInterrupt(isa.irq)]),
        ...(isa.dma === undefined ? [] : [dmaChannel(isa.dma)]),
      ]),
    ),
  ]);
}
