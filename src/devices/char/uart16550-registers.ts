// The register list of the 16550A (PC16550D data sheet, table II). What the bits are and do is said in
// uart16550.ts; RBR, THR and IER give way to the divisor latch while DLAB is set.
import type { Register } from '../registers.ts';
import type { Uart16550 } from './uart16550.ts';

const unlatched = (uart: Uart16550): boolean => !uart.dlab;
const latched = (uart: Uart16550): boolean => uart.dlab;

export const UART_REGISTERS: readonly Register<Uart16550>[] = [
  { name: 'RBR', offset: 0, width: 1, reset: 0, access: 'RO', when: unlatched, read: (u) => u.readData() },
  { name: 'THR', offset: 0, width: 1, access: 'WO', when: unlatched, write: (u, v) => u.writeData(v) },
  {
    name: 'DLL',
    offset: 0,
    width: 1,
    reset: 1,
    access: 'RW',
    when: latched,
    read: (u) => u.state.divisor & 0xff,
    write: (u, v) => u.writeDivisor((u.state.divisor & 0xff00) | v),
  },
  {
    name: 'IER',
    offset: 1,
    width: 1,
    reset: 0,
    access: 'RW',
    when: unlatched,
    read: (u) => u.state.ier,
    write: (u, v) => u.writeInterruptEnable(v),
  },
  {
    name: 'DLM',
    offset: 1,
    width: 1,
    reset: 0,
    access: 'RW',
    when: latched,
    read: (u) => u.state.divisor >> 8,
    write: (u, v) => u.writeDivisor((u.state.divisor & 0xff) | (v << 8)),
  },
  { name: 'IIR', offset: 2, width: 1, reset: 1, access: 'RO', read: (u) => u.readInterruptIdentification() },
  { name: 'FCR', offset: 2, width: 1, access: 'WO', write: (u, v) => u.writeFifoControl(v) },
  {
    name: 'LCR',
    offset: 3,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (u) => u.state.lcr,
    write: (u, v) => u.writeLineControl(v),
  },
  {
    name: 'MCR',
    offset: 4,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (u) => u.state.mcr,
    write: (u, v) => u.writeModemControl(v),
  },
  { name: 'LSR', offset: 5, width: 1, reset: 0x60, access: 'RO', read: (u) => u.readLineStatus() },
  { name: 'MSR', offset: 6, width: 1, reset: 0xb0, access: 'RO', read: (u) => u.readModemStatus() },
  {
    name: 'SCR',
    offset: 7,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (u) => u.state.scratch,
    write: (u, v) => u.writeScratch(v),
  },
];
