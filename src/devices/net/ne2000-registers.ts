// The registers of the DP8390D in its four pages (data sheet, section 10; page 3 and the identification of page 0: RTL8029AS
// data sheet, section 6). CR bits 7:6 say which page shows.
import type { Register } from '../registers.ts';
import type { Ne2000 } from './ne2000.ts';

/** CR: stop, start, transmit, remote DMA command, page. */
export const CR_STP = 0x01;
export const CR_STA = 0x02;
export const CR_TXP = 0x04;
export const CR_DMA = 0x38;
export const CR_REMOTE_READ = 0x08;
export const CR_REMOTE_WRITE = 0x10;
export const CR_SEND_PACKET = 0x18;
export const CR_NO_DMA = 0x20;

/** ISR. */
export const ISR_PRX = 0x01;
export const ISR_PTX = 0x02;
export const ISR_RDC = 0x40;
export const ISR_RST = 0x80;
export const ISR_SOURCES = 0x7f;

/** DCR: words at the data port. */
export const DCR_WTS = 0x01;

export const TCR_LOOPBACK = 0x06;
export const TSR_PTX = 0x01;

export const RCR_BROADCAST = 0x04;
export const RCR_MULTICAST = 0x08;
export const RCR_PROMISCUOUS = 0x10;
export const RCR_MONITOR = 0x20;

export const RSR_PRX = 0x01;
/** The frame came by a multicast or broadcast address. */
export const RSR_PHY = 0x20;

type Page = 0 | 1 | 2 | 3;
const onPage = (page: Page) => (chip: Ne2000) => chip.state.command >> 6 === page;
const low = (value: number) => value & 0xff;
const high = (value: number) => value >> 8;

const read = (page: Page, offset: number, name: string, get: (chip: Ne2000) => number): Register<Ne2000> => ({
  name,
  offset,
  width: 1,
  access: 'RO',
  when: onPage(page),
  read: get,
});

const write = (
  page: Page,
  offset: number,
  name: string,
  put: (chip: Ne2000, value: number) => void,
): Register<Ne2000> => ({ name, offset, width: 1, access: 'WO', when: onPage(page), write: put });

const PAGE_0: readonly Register<Ne2000>[] = [
  read(0, 0x1, 'CLDA0', (chip) => low(chip.state.localAddress)),
  write(0, 0x1, 'PSTART', (chip, value) => {
    chip.state.pageStart = value;
  }),
  read(0, 0x2, 'CLDA1', (chip) => high(chip.state.localAddress)),
  write(0, 0x2, 'PSTOP', (chip, value) => {
    chip.state.pageStop = value;
  }),
  read(0, 0x3, 'BNRY', (chip) => chip.state.boundary),
  write(0, 0x3, 'BNRY', (chip, value) => {
    chip.state.boundary = value;
    chip.boundaryMoved();
  }),
  read(0, 0x4, 'TSR', (chip) => chip.state.transmitStatus),
  write(0, 0x4, 'TPSR', (chip, value) => {
    chip.state.transmitPage = value;
  }),
  read(0, 0x5, 'NCR', () => 0),
  write(0, 0x5, 'TBCR0', (chip, value) => {
    chip.state.transmitCount = (chip.state.transmitCount & 0xff00) | value;
  }),
  read(0, 0x6, 'FIFO', () => 0),
  write(0, 0x6, 'TBCR1', (chip, value) => {
    chip.state.transmitCount = (chip.state.transmitCount & 0xff) | (value << 8);
  }),
  read(0, 0x7, 'ISR', (chip) => chip.state.interruptStatus),
  write(0, 0x7, 'ISR', (chip, value) => chip.acknowledge(value)),
  read(0, 0x8, 'CRDA0', (chip) => low(chip.state.remoteAddress)),
  write(0, 0x8, 'RSAR0', (chip, value) => {
    chip.state.remoteStart = (chip.state.remoteStart & 0xff00) | value;
  }),
  read(0, 0x9, 'CRDA1', (chip) => high(chip.state.remoteAddress)),
  write(0, 0x9, 'RSAR1', (chip, value) => {
    chip.state.remoteStart = (chip.state.remoteStart & 0xff) | (value << 8);
  }),
  read(0, 0xa, '8029ID0', (chip) => (chip.realtek ? 0x50 : 0xff)),
  write(0, 0xa, 'RBCR0', (chip, value) => {
    chip.state.remoteCount = (chip.state.remoteCount & 0xff00) | value;
  }),
  read(0, 0xb, '8029ID1', (chip) => (chip.realtek ? 0x43 : 0xff)),
  write(0, 0xb, 'RBCR1', (chip, value) => {
    chip.state.remoteCount = (chip.state.remoteCount & 0xff) | (value << 8);
  }),
  read(0, 0xc, 'RSR', (chip) => chip.state.receiveStatus),
  write(0, 0xc, 'RCR', (chip, value) => {
    chip.state.receiveConfiguration = value;
  }),
  read(0, 0xd, 'CNTR0', () => 0),
  write(0, 0xd, 'TCR', (chip, value) => {
    chip.state.transmitConfiguration = value;
  }),
  read(0, 0xe, 'CNTR1', () => 0),
  write(0, 0xe, 'DCR', (chip, value) => {
    chip.state.dataConfiguration = value;
  }),
  read(0, 0xf, 'CNTR2', (chip) => {
    const { missed } = chip.state;
    chip.state.missed = 0;
    return missed;
  }),
  write(0, 0xf, 'IMR', (chip, value) => {
    chip.state.interruptMask = value;
    chip.interruptChanged();
  }),
];

const PAGE_1: readonly Register<Ne2000>[] = [
  ...[0, 1, 2, 3, 4, 5].flatMap((i) => [
    read(1, 0x1 + i, `PAR${i}`, (chip) => chip.state.physical[i]!),
    write(1, 0x1 + i, `PAR${i}`, (chip, value) => {
      chip.state.physical[i] = value;
    }),
  ]),
  read(1, 0x7, 'CURR', (chip) => chip.state.current),
  write(1, 0x7, 'CURR', (chip, value) => {
    chip.state.current = value;
  }),
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [
    read(1, 0x8 + i, `MAR${i}`, (chip) => chip.state.multicast[i]!),
    write(1, 0x8 + i, `MAR${i}`, (chip, value) => {
      chip.state.multicast[i] = value;
    }),
  ]),
];

/** What page 0 takes and does not show; for diagnostics. */
const PAGE_2: readonly Register<Ne2000>[] = [
  read(2, 0x1, 'PSTART', (chip) => chip.state.pageStart),
  read(2, 0x2, 'PSTOP', (chip) => chip.state.pageStop),
  read(2, 0x4, 'TPSR', (chip) => chip.state.transmitPage),
  read(2, 0xc, 'RCR', (chip) => chip.state.receiveConfiguration | 0xc0),
  read(2, 0xd, 'TCR', (chip) => chip.state.transmitConfiguration | 0xe0),
  read(2, 0xe, 'DCR', (chip) => chip.state.dataConfiguration | 0x80),
  read(2, 0xf, 'IMR', (chip) => chip.state.interruptMask | 0x80),
];

/** RTL8029AS: full duplex at whatever medium there is; the identification at the end. */
const PAGE_3: readonly Register<Ne2000>[] = [
  read(3, 0x1, '9346CR', () => 0),
  read(3, 0x3, 'CONFIG0', () => 0),
  read(3, 0x5, 'CONFIG2', () => 0x40),
  read(3, 0x6, 'CONFIG3', () => 0x40),
  read(3, 0xe, '8029ASID0', (chip) => (chip.realtek ? 0x29 : 0xff)),
  read(3, 0xf, '8029ASID1', (chip) => (chip.realtek ? 0x80 : 0xff)),
];

export const NE2000_REGISTERS: readonly Register<Ne2000>[] = [
  {
    name: 'CR',
    offset: 0,
    width: 1,
    reset: CR_STP | CR_NO_DMA,
    access: 'RW',
    read: (chip) => chip.state.command,
    write: (chip, value) => chip.writeCommand(value),
  },
  ...PAGE_0,
  ...PAGE_1,
  ...PAGE_2,
  ...PAGE_3,
];
