// The registers of the 82540EM (the manual's chapter 13), with what reading and writing them does.
import type { Register } from '../registers.ts';
import { merge } from '../registers.ts';
import type { E1000 } from './e1000.ts';
import { RAH_STORED } from './e1000-bits.ts';
import { readPins } from './e1000-eeprom.ts';
import type { Ring } from './e1000-state.ts';
import { readStatistic, STATISTICS_REGISTERS } from './e1000-statistics.ts';
import { STORED_REGISTERS } from './e1000-stored.ts';

type Read = (chip: E1000) => number;
type Write = (chip: E1000, value: number, lanes: number) => void;

const both = (name: string, offset: number, read: Read, write: Write, reset?: number): Register<E1000> => ({
  name,
  offset,
  width: 4,
  access: 'RW',
  read,
  write,
  reset,
});
const readOnly = (name: string, offset: number, read: Read): Register<E1000> => ({
  name,
  offset,
  width: 4,
  access: 'RO',
  read,
});
const writeOnly = (name: string, offset: number, write: Write): Register<E1000> => ({
  name,
  offset,
  width: 4,
  access: 'WO',
  write,
});

/** Base, length, head and tail of a ring. */
function ring(
  letter: 'R' | 'T',
  at: number,
  of: (chip: E1000) => Ring,
  moved: (chip: E1000) => void,
): Register<E1000>[] {
  const field = (name: string, offset: number, key: keyof Ring, mask: number, then?: (chip: E1000) => void) =>
    both(
      `${letter}${name}`,
      at + offset,
      (chip) => of(chip)[key],
      (chip, value, lanes) => {
        of(chip)[key] = (merge(of(chip)[key], value, lanes) & mask) >>> 0;
        then?.(chip);
      },
      0,
    );
  return [
    field('DBAL', 0x00, 'base', 0xffff_fff0),
    field('DBAH', 0x04, 'baseHigh', 0xffff_ffff),
    field('DLEN', 0x08, 'length', 0xf_ff80),
    field('DH', 0x10, 'head', 0xffff),
    field('DT', 0x18, 'tail', 0xffff, moved),
  ];
}

const table = (
  name: string,
  offset: number,
  length: number,
  of: (chip: E1000) => Uint32Array,
  stored: (index: number) => number = () => 0xffff_ffff,
): Register<E1000>[] =>
  Array.from({ length }, (_, i) =>
    both(
      `${name}${i}`,
      offset + 4 * i,
      (chip) => of(chip)[i]!,
      (chip, value, lanes) => {
        of(chip)[i] = merge(of(chip)[i]!, value, lanes) & stored(i);
      },
    ),
  );

export const E1000_REGISTERS: readonly Register<E1000>[] = [
  both(
    'CTRL',
    0x0000,
    (c) => c.state.control,
    (c, value, lanes) => c.writeControl(merge(c.state.control, value, lanes)),
    0x201,
  ),
  readOnly('STATUS', 0x0008, (c) => c.status),
  both(
    'EECD',
    0x0010,
    (c) => readPins(c.state.eeprom),
    (c, value, lanes) => c.writeEeprom(merge(c.state.eeprom.pins, value, lanes)),
  ),
  both(
    'EERD',
    0x0014,
    (c) => c.state.eepromRead,
    (c, value) => c.readEepromWord(value),
    0,
  ),
  both(
    'CTRL_EXT',
    0x0018,
    (c) => c.state.controlExtended,
    (c, value, lanes) => {
      c.state.controlExtended = (merge(c.state.controlExtended, value, lanes) & ~0x2000) >>> 0;
    },
    0,
  ),
  both(
    'MDIC',
    0x0020,
    (c) => c.state.mdi,
    (c, value) => c.manageData(value),
    0,
  ),
  both(
    'ICR',
    0x00c0,
    (c) => c.takeCauses(),
    (c, value) => c.clearCauses(value),
    0,
  ),
  both(
    'ITR',
    0x00c4,
    (c) => c.state.throttle,
    (c, value, lanes) => {
      c.state.throttle = merge(c.state.throttle, value, lanes) & 0xffff;
    },
    0,
  ),
  writeOnly('ICS', 0x00c8, (c, value) => c.raise(value)),
  both(
    'IMS',
    0x00d0,
    (c) => c.state.mask,
    (c, value) => c.setMask(c.state.mask | value),
    0,
  ),
  writeOnly('IMC', 0x00d8, (c, value) => c.setMask(c.state.mask & ~value)),
  both(
    'RCTL',
    0x0100,
    (c) => c.state.receiveControl,
    (c, value, lanes) => {
      c.state.receiveControl = merge(c.state.receiveControl, value, lanes);
      c.receiveChanged();
    },
    0,
  ),
  both(
    'TCTL',
    0x0400,
    (c) => c.state.transmitControl,
    (c, value, lanes) => {
      c.state.transmitControl = merge(c.state.transmitControl, value, lanes);
      c.transmit();
    },
    0,
  ),
  ...ring(
    'R',
    0x2800,
    (c) => c.state.receiveRing,
    (c) => c.receiveChanged(),
  ),
  ...ring(
    'T',
    0x3800,
    (c) => c.state.transmitRing,
    (c) => c.transmit(),
  ),
  ...STORED_REGISTERS.map(([name, offset, writable, reset], i) =>
    both(
      name,
      offset,
      (c) => c.state.stored[i]!,
      (c, value, lanes) => {
        c.state.stored[i] = merge(c.state.stored[i]!, value, lanes & writable);
      },
      reset,
    ),
  ),
  ...STATISTICS_REGISTERS.map(([name, offset]) =>
    readOnly(name, offset, (c) => readStatistic(c.state.statistics, offset)),
  ),
  ...table('MTA', 0x5200, 128, (c) => c.state.multicastTable),
  ...table(
    'RA',
    0x5400,
    32,
    (c) => c.state.receiveAddresses,
    (i) => (i % 2 === 0 ? 0xffff_ffff : RAH_STORED),
  ),
  ...table('VFTA', 0x5600, 128, (c) => c.state.vlanTable),
];

export const IO_REGISTERS: readonly Register<E1000>[] = [
  both(
    'IOADDR',
    0,
    (c) => c.state.ioAddress,
    (c, value, lanes) => {
      c.state.ioAddress = merge(c.state.ioAddress, value, lanes);
    },
    0,
  ),
  both(
    'IODATA',
    4,
    (c) => c.regions[0]!.read(c.state.ioAddress, 4),
    (c, value) => c.regions[0]!.write(c.state.ioAddress, 4, value),
  ),
];
