// What an 82540EM holds, as it is saved.
import type { StateOf } from '../chip.ts';
import { bytes, flag, integer, moment, record, uint, words } from '../chip.ts';
import { EEPROM_SHAPE } from './e1000-eeprom.ts';
import { PHY_SHAPE } from './e1000-phy.ts';
import { STORED_REGISTERS, storedReset } from './e1000-stored.ts';

/** Bytes of one packet that descriptors may gather: 64 KiB of segments, their headers, and a little. */
export const LONGEST_PACKET = 0x1_0200;
/** Statistics registers, 4000h to 40FFh. */
export const STATISTICS = 64;

/** One descriptor ring. */
const RING_SHAPE = { base: uint(32), baseHigh: uint(32), length: uint(20), head: uint(16), tail: uint(16) };

/** A context descriptor: where the checksums of the packets after it go, and how segments are made. */
export const CONTEXT_SHAPE = {
  ipStart: uint(8),
  ipOffset: uint(8),
  ipEnd: uint(16),
  tcpStart: uint(8),
  tcpOffset: uint(8),
  tcpEnd: uint(16),
  payload: uint(20),
  command: uint(8),
  headerLength: uint(8),
  segment: uint(16),
};

/** An interrupt that waits for more of its kind: when at the latest since the last one, and since the first. */
const DELAY_SHAPE = { packet: moment(-1), absolute: moment(-1) };

export const E1000_SHAPE = {
  control: uint(32),
  controlExtended: uint(32),
  linkUp: flag(true),
  eeprom: record(EEPROM_SHAPE),
  eepromRead: uint(32),
  phy: record(PHY_SHAPE),
  mdi: uint(32),
  /** Registers that are stored and read back, in the order of STORED_REGISTERS. */
  stored: { ...words(STORED_REGISTERS.length), initial: storedReset },
  cause: uint(17),
  mask: uint(17),
  /** ITR, in units of 256 ns, and before when no interrupt may rise again. */
  throttle: uint(16),
  quietUntil: moment(0),
  irq: flag(),
  receiveControl: uint(32),
  transmitControl: uint(32),
  receiveRing: record(RING_SHAPE),
  transmitRing: record(RING_SHAPE),
  receiveDelay: record(DELAY_SHAPE),
  transmitDelay: record(DELAY_SHAPE),
  /** Descriptors are left over for later: when. */
  transmitAt: moment(-1),
  receiveAddresses: words(32),
  multicastTable: words(128),
  vlanTable: words(128),
  statistics: words(STATISTICS),
  checksumContext: record(CONTEXT_SHAPE),
  segmentContext: record(CONTEXT_SHAPE),
  /** The packet that descriptors have gathered so far, and what its first data descriptor asked for. */
  packet: bytes(LONGEST_PACKET),
  packetLength: integer(0, LONGEST_PACKET),
  packetBegun: flag(),
  packetOptions: uint(8),
  packetCommand: uint(8),
  packetTag: uint(16),
  ioAddress: uint(32),
};

export type E1000State = StateOf<typeof E1000_SHAPE>;
export type Ring = E1000State['receiveRing'];
export type DelayState = E1000State['receiveDelay'];
export type Context = E1000State['checksumContext'];

/** Descriptors of 16 bytes in a ring. */
export const ringSize = (ring: Ring): number => ring.length >>> 4;

export const descriptorAddress = (ring: Ring, index: number): number =>
  ring.baseHigh * 2 ** 32 + ring.base + 16 * index;
