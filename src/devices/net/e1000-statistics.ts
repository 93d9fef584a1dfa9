// The statistics of the 82540EM that count here (the manual's section 13.7). Each is cleared when it is read, those of 64 bits
// when their upper half is.
import { FCS_SIZE, isBroadcast, isMulticast } from '../../backend/net/ethernet.ts';
import { STATISTICS } from './e1000-state.ts';

const FIRST = 0x4000;
const at = (offset: number) => (offset - FIRST) / 4;

/** Packets by size: 64, up to 127, 255, 511, 1023, and more bytes. */
const SIZES = [64, 127, 255, 511, 1023];

const RECEIVED = {
  sizes: at(0x405c),
  good: at(0x4074),
  broadcast: at(0x4078),
  multicast: at(0x407c),
  goodOctets: at(0x4088),
  octets: at(0x40c0),
  packets: at(0x40d0),
};
const SENT = {
  sizes: at(0x40d8),
  good: at(0x4080),
  broadcast: at(0x40f4),
  multicast: at(0x40f0),
  goodOctets: at(0x4090),
  octets: at(0x40c8),
  packets: at(0x40d4),
};
export const MISSED = at(0x4010);
export const OVERSIZE = at(0x40ac);
export const SEGMENTATIONS = at(0x40f8);
/** First of each pair that makes 64 bits. */
const WIDE = [RECEIVED.goodOctets, RECEIVED.octets, SENT.goodOctets, SENT.octets];

/** Offset and name of those that count. */
export const STATISTICS_REGISTERS: readonly (readonly [name: string, offset: number])[] = [
  ['MPC', 0x4010],
  ...['64', '127', '255', '511', '1023', '1522'].map((size, i) => [`PRC${size}`, 0x405c + 4 * i] as const),
  ['GPRC', 0x4074],
  ['BPRC', 0x4078],
  ['MPRC', 0x407c],
  ['GPTC', 0x4080],
  ['GORCL', 0x4088],
  ['GORCH', 0x408c],
  ['GOTCL', 0x4090],
  ['GOTCH', 0x4094],
  ['ROC', 0x40ac],
  ['TORL', 0x40c0],
  ['TORH', 0x40c4],
  ['TOTL', 0x40c8],
  ['TOTH', 0x40cc],
  ['TPR', 0x40d0],
  ['TPT', 0x40d4],
  ...['64', '127', '255', '511', '1023', '1522'].map((size, i) => [`PTC${size}`, 0x40d8 + 4 * i] as const),
  ['MPTC', 0x40f0],
  ['BPTC', 0x40f4],
  ['TSCTC', 0x40f8],
];

/** Counts one, up to the most that the register holds. */
export function count(statistics: Uint32Array, place: number): void {
  if (statistics[place]! < 0xffff_ffff) statistics[place]!++;
}

function addOctets(statistics: Uint32Array, place: number, octets: number): void {
  const sum = statistics[place]! + octets;
  statistics[place] = sum;
  if (sum > 0xffff_ffff) statistics[place + 1]!++;
}

/** A frame, without frame check sequence, has been sent or received. */
export function countFrame(statistics: Uint32Array, frame: Uint8Array, direction: 'sent' | 'received'): void {
  const rows = direction === 'sent' ? SENT : RECEIVED;
  const octets = frame.length + FCS_SIZE;
  const size = SIZES.findIndex((limit) => octets <= limit);
  count(statistics, rows.sizes + (size < 0 ? SIZES.length : size));
  count(statistics, rows.good);
  count(statistics, rows.packets);
  addOctets(statistics, rows.goodOctets, octets);
  addOctets(statistics, rows.octets, octets);
  if (isBroadcast(frame)) count(statistics, rows.broadcast);
  else if (isMulticast(frame)) count(statistics, rows.multicast);
}

/** What a read of 4000h to 40FFh gives. */
export function readStatistic(statistics: Uint32Array, offset: number): number {
  const place = at(offset);
  const value = statistics[place % STATISTICS]!;
  if (WIDE.includes(place)) return value;
  statistics[place % STATISTICS] = 0;
  if (WIDE.includes(place - 1)) statistics[place - 1] = 0;
  return value;
}
