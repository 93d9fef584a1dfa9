// The state of a port of an AHCI host bus adapter (ahci-port.ts).
import type { StateOf } from '../chip.ts';
import { bytes, flag, integer, moment, record, uint } from '../chip.ts';
import * as A from './ahci-bits.ts';
import { SATA_DEVICE_SHAPE } from './sata-device.ts';

/** No slot. */
export const NONE = -1;
const MOST_ENTRIES = 0xffff;
const LARGEST_ENTRY = 1 << 22;

export const PORT_SHAPE = {
  list: uint(32),
  listUpper: uint(32),
  area: uint(32),
  areaUpper: uint(32),
  status: uint(32),
  enabled: uint(32),
  /** PxCMD as written. */
  command: uint(32),
  taskFile: uint(16, A.TFD_NOBODY),
  signature: uint(32, 0xffff_ffff),
  control: uint(32),
  error: uint(32),
  active: uint(32),
  issued: uint(32),
  /** PxCMD.CCS. */
  current: integer(0, A.COMMAND_SLOTS - 1),
  /** The command under way that is not queued. */
  slot: integer(NONE, A.COMMAND_SLOTS - 1, NONE),
  /** Whose data is moved, and how far it is: descriptor, bytes of it, bytes in all. */
  data: integer(0, A.COMMAND_SLOTS - 1),
  entry: integer(0, MOST_ENTRIES),
  skip: integer(0, LARGEST_ENTRY),
  moved: uint(32),
  /** The ATAPI command of it has gone to the device. */
  packetSent: flag(),
  /** After an error. */
  halted: flag(),
  /** The link is up. */
  linked: flag(),
  /** A register FIS that came while none could be received. */
  held: bytes(20),
  holding: flag(),
  /** The next register FIS brings the signature. */
  awaiting: flag(),
  /** When the next command is sent, or -1. */
  nextAt: moment(-1),
  device: record(SATA_DEVICE_SHAPE),
};

export type PortState = StateOf<typeof PORT_SHAPE>;

/** Address of the command list. */
export const listOf = (s: PortState): number => s.listUpper * 2 ** 32 + s.list;
