// The registers of an AHCI host bus adapter (Serial ATA AHCI 1.3.1, section 3) in the 4 KiB of BAR 5.
import type { Register } from '../registers.ts';
import { merge } from '../registers.ts';
import type { Ahci } from './ahci.ts';
import * as A from './ahci-bits.ts';
import type { PortState } from './ahci-port-state.ts';

const dword = (
  name: string,
  offset: number,
  rest: Omit<Register<Ahci>, 'name' | 'offset' | 'width'>,
): Register<Ahci> => ({ name, offset, width: 4, ...rest });

const fixed = (name: string, offset: number, value: number): Register<Ahci> =>
  dword(name, offset, { access: 'RO', reset: value, read: () => value });

const GENERIC: readonly Register<Ahci>[] = [
  dword('CAP', 0x00, { access: 'RO', read: (hba) => hba.capabilities }),
  dword('GHC', 0x04, {
    access: 'RW',
    reset: A.GHC_AE >>> 0,
    read: (hba) => hba.control,
    write: (hba, value, lanes) => hba.writeControl(value, lanes),
  }),
  dword('IS', 0x08, {
    access: 'RW1C',
    reset: 0,
    read: (hba) => hba.interrupts,
    write: (hba, value) => hba.clearInterrupts(value),
  }),
  fixed('PI', 0x0c, (1 << A.MOST_PORTS) - 1),
  fixed('VS', 0x10, A.VERSION_1_3_1),
  fixed('CCC_CTL', 0x14, 0),
  fixed('CCC_PORTS', 0x18, 0),
  fixed('EM_LOC', 0x1c, 0),
  fixed('EM_CTL', 0x20, 0),
  fixed('CAP2', 0x24, 0),
  fixed('BOHC', 0x28, 0),
];

type Address = 'list' | 'listUpper' | 'area' | 'areaUpper';

function portRegisters(index: number): Register<Ahci>[] {
  const at = 0x100 + 0x80 * index;
  const port = (hba: Ahci) => hba.ports[index]!;
  const now = (hba: Ahci): PortState => {
    port(hba).catchUp();
    return port(hba).state;
  };
  const address = (name: string, offset: number, field: Address, mask: number): Register<Ahci> =>
    dword(`P${index}${name}`, at + offset, {
      access: 'RW',
      reset: 0,
      read: (hba) => port(hba).state[field],
      write: (hba, value, lanes) => {
        const { state } = port(hba);
        state[field] = merge(state[field], value & mask, lanes);
      },
    });
  return [
    address('CLB', 0x00, 'list', 0xffff_fc00),
    address('CLBU', 0x04, 'listUpper', 0xffff_ffff),
    address('FB', 0x08, 'area', 0xffff_ff00),
    address('FBU', 0x0c, 'areaUpper', 0xffff_ffff),
    dword(`P${index}IS`, at + 0x10, {
      access: 'RW1C',
      read: (hba) => {
        port(hba).catchUp();
        return port(hba).interrupts;
      },
      write: (hba, value) => port(hba).clearInterrupts(value),
    }),
    dword(`P${index}IE`, at + 0x14, {
      access: 'RW',
      reset: 0,
      read: (hba) => port(hba).state.enabled,
      write: (hba, value, lanes) => port(hba).setEnabled(value, lanes),
    }),
    dword(`P${index}CMD`, at + 0x18, {
      access: 'RW',
      read: (hba) => port(hba).command,
      write: (hba, value, lanes) => port(hba).writeCommand(value, lanes),
    }),
    dword(`P${index}TFD`, at + 0x20, { access: 'RO', read: (hba) => now(hba).taskFile }),
    dword(`P${index}SIG`, at + 0x24, { access: 'RO', read: (hba) => port(hba).state.signature }),
    dword(`P${index}SSTS`, at + 0x28, { access: 'RO', read: (hba) => port(hba).linkStatus }),
    dword(`P${index}SCTL`, at + 0x2c, {
      access: 'RW',
      reset: 0,
      read: (hba) => port(hba).state.control,
      write: (hba, value, lanes) => port(hba).writeControl(value, lanes),
    }),
    dword(`P${index}SERR`, at + 0x30, {
      access: 'RW1C',
      read: (hba) => port(hba).state.error,
      write: (hba, value) => port(hba).clearErrors(value),
    }),
    dword(`P${index}SACT`, at + 0x34, {
      access: 'RW',
      reset: 0,
      read: (hba) => now(hba).active,
      write: (hba, value) => port(hba).activate(value),
    }),
    dword(`P${index}CI`, at + 0x38, {
      access: 'RW',
      reset: 0,
      read: (hba) => now(hba).issued,
      write: (hba, value) => port(hba).issue(value),
    }),
    dword(`P${index}SNTF`, at + 0x3c, { access: 'RO', reset: 0, read: () => 0 }),
    dword(`P${index}FBS`, at + 0x40, { access: 'RO', reset: 0, read: () => 0 }),
  ];
}

export const AHCI_REGISTERS: readonly Register<Ahci>[] = [
  ...GENERIC,
  ...Array.from({ length: A.MOST_PORTS }, (_, index) => portRegisters(index)).flat(),
];
