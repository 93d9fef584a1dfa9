// The MP table (Intel MultiProcessor Specification 1.4, chapter 4): what systems without ACPI know processors and interrupt
// wiring by. A floating pointer of 16 bytes, found by its signature on a 16-byte boundary below 1 MiB, and the
// configuration table behind it.
//
//   processors, buses (0 is PCI, the next one ISA), the I/O APIC, its inputs, and the local inputs LINT0 and LINT1
import type { GuestPhysical } from '../../base/addresses.ts';
import { concatenate } from './aml.ts';
import { littleEndian, putText, setChecksum } from './bytes.ts';
import type { AcpiPlatform } from './platform.ts';

const FLOATING_SIZE = 16;
const HEADER_SIZE = 44;
const REVISION_1_4 = 4;
const OEM_ID = 'DOPPEL  ';
const PRODUCT_ID = 'PC          ';

const PCI_BUS = 0;
const ISA_BUS = 1;
const ISA_IRQS = 16;
const CASCADE = 2;

// Entry types (section 4.3).
const PROCESSOR = 0;
const BUS = 1;
const IO_APIC = 2;
const IO_INTERRUPT = 3;
const LOCAL_INTERRUPT = 4;

const LOCAL_APIC_VERSION = 0x14;
const IO_APIC_VERSION = 0x11;
const ENABLED = 1;
const BOOTSTRAP = 2;

// Interrupt types, and polarity (1:0) with trigger (3:2).
const INT = 0;
const NMI = 1;
const EXT_INT = 3;
const AS_THE_BUS = 0;
const SIGNALS = { 'as the bus': AS_THE_BUS, 'level, active high': 0b1101 } as const;
const ALL_LOCAL_APICS = 0xff;

const word = (value: number): number[] => [...littleEndian(value, 2)];
const doubleWord = (value: number): number[] => [...littleEndian(value, 4)];

/** The floating pointer at `base` (a multiple of 16, below 1 MiB) with the configuration table behind it. */
export function buildMpTable(platform: AcpiPlatform, base: GuestPhysical): Uint8Array {
  const entries = [
    ...processors(platform),
    [BUS, PCI_BUS, ...name('PCI')],
    [BUS, ISA_BUS, ...name('ISA')],
    [IO_APIC, platform.ioApic.id, IO_APIC_VERSION, ENABLED, ...doubleWord(platform.ioApic.address)],
    ...pciInterrupts(platform),
    ...isaInterrupts(platform),
    [LOCAL_INTERRUPT, EXT_INT, ...word(AS_THE_BUS), ISA_BUS, 0, ALL_LOCAL_APICS, 0],
    [LOCAL_INTERRUPT, NMI, ...word(AS_THE_BUS), ISA_BUS, 0, ALL_LOCAL_APICS, 1],
  ];
  const table = concatenate([new Uint8Array(HEADER_SIZE), Uint8Array.from(entries.flat())]);
  const view = new DataView(table.buffer);
  putText(table, 0, 'PCMP');
  view.setUint16(4, table.length, true);
  table[6] = REVISION_1_4;
  putText(table, 8, OEM_ID);
  putText(table, 16, PRODUCT_ID);
  view.setUint16(34, entries.length, true);
  view.setUint32(36, platform.localApic, true);
  setChecksum(table, 7);

  const floating = new Uint8Array(FLOATING_SIZE);
  putText(floating, 0, '_MP_');
  new DataView(floating.buffer).setUint32(4, base + FLOATING_SIZE, true);
  floating[8] = FLOATING_SIZE / 16;
  floating[9] = REVISION_1_4;
  // Feature bytes 0: there is a configuration table, and the PICs reach the processor by virtual wire.
  setChecksum(floating, 10);
  return concatenate([floating, table]);
}

const name = (bus: string): number[] => Array.from(bus.padEnd(6), (letter) => letter.charCodeAt(0));

function processors({ processors, signature, features }: AcpiPlatform): number[][] {
  return Array.from({ length: processors }, (_, id) => [
    ...[PROCESSOR, id, LOCAL_APIC_VERSION, ENABLED | (id === 0 ? BOOTSTRAP : 0)],
    ...[...doubleWord(signature), ...doubleWord(features), ...doubleWord(0), ...doubleWord(0)],
  ]);
}

/** Each pin of each slot that has something in it. */
function pciInterrupts({ pci, ioApic }: AcpiPlatform): number[][] {
  return pci.slots.flatMap((slot) =>
    [0, 1, 2, 3].map((pin) => {
      const input = pci.interrupts[(slot + pin) % pci.interrupts.length]!;
      return [IO_INTERRUPT, INT, ...word(AS_THE_BUS), PCI_BUS, (slot << 2) | pin, ioApic.id, input];
    }),
  );
}

/** The ISA interrupts, but the cascade and those that PCI has taken. */
function isaInterrupts({ pci, ioApic, overrides }: AcpiPlatform): number[][] {
  const irqs = Array.from({ length: ISA_IRQS }, (_, irq) => irq);
  return irqs
    .filter((irq) => irq !== CASCADE && !pci.interrupts.includes(irq))
    .map((irq) => {
      const override = overrides.find((other) => other.irq === irq);
      const signal = SIGNALS[override?.signal ?? 'as the bus'];
      return [IO_INTERRUPT, INT, ...word(signal), ISA_BUS, irq, ioApic.id, override?.gsi ?? irq];
    });
}
