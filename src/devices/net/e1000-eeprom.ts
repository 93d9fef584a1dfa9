// The EEPROM of an 82540EM: 64 words behind a Microwire bus (the manual's chapter 5; instructions of a 93C46). The words are
// those that its driver needs: the address, identification, control words, and a checksum.
//
//   bits go in at rising edges of SK while CS is high:  1  opcode, 2 bits  address, 6 bits
//   READ (10): then come 16 bits out, most significant first; the next word follows by itself
//
// Not modelled: writing (EWEN is not known, so that words stay as they are).
import type { MacAddress } from '../../backend/net/ethernet.ts';
import type { StateOf } from '../chip.ts';
import { flag, integer, uint } from '../chip.ts';
import { EECD_CS, EECD_DI, EECD_DO, EECD_FWE, EECD_GNT, EECD_PRES, EECD_REQ, EECD_SK } from './e1000-bits.ts';

export const EEPROM_WORDS = 64;
const CHECKSUM = 0xbaba;
const COMMAND_BITS = 9;
const READ = 0b110;
const PINS = EECD_SK | EECD_CS | EECD_DI | EECD_FWE | EECD_REQ;

export const EEPROM_SHAPE = {
  /** The pins as last written. */
  pins: uint(7, 0x10),
  /** Bits of the instruction that have come, and how many: the start bit is the first that is 1. */
  shift: uint(9),
  count: integer(0, COMMAND_BITS),
  /** The word that is read, and the bit that DO shows next; 16 before the first. */
  reading: flag(),
  address: uint(6),
  bit: integer(0, 16),
  out: flag(true),
};

/** The words of a card with this address. */
export function eepromWords(
  mac: MacAddress,
  subsystem: number,
  subsystemVendor: number,
  device: number,
): Uint16Array {
  const words = new Uint16Array(EEPROM_WORDS);
  for (let i = 0; i < 3; i++) words[i] = mac[2 * i]! | (mac[2 * i + 1]! << 8);
  words.set([0x3000, 0x1000, 0xffff, 0xffff, 0xffff], 3);
  // Initialization control 1: word 0Ah is valid, load subsystem and device identifiers.
  words.set([0x4408, subsystem, subsystemVendor, device, 0x8086, 0x3040], 0x0a);
  words[EEPROM_WORDS - 1] = CHECKSUM - words.reduce((sum, word) => sum + word, 0);
  return words;
}

type State = StateOf<typeof EEPROM_SHAPE>;

/** EECD. */
export function readPins(s: State): number {
  const granted = (s.pins & EECD_REQ) !== 0 ? EECD_GNT : 0;
  return s.pins | granted | EECD_PRES | (s.out ? EECD_DO : 0);
}

export function writePins(s: State, words: Uint16Array, value: number): void {
  const before = s.pins;
  s.pins = value & PINS;
  if ((value & EECD_CS) === 0) {
    s.shift = 0;
    s.count = 0;
    s.reading = false;
    s.out = true;
    return;
  }
  if ((before & EECD_SK) === 0 && (value & EECD_SK) !== 0) clock(s, words, (value & EECD_DI) !== 0);
}

function clock(s: State, words: Uint16Array, dataIn: boolean): void {
  if (s.reading) {
    if (s.bit === 0) {
      s.bit = 16;
      s.address = (s.address + 1) % EEPROM_WORDS;
    }
    s.bit--;
    s.out = ((words[s.address]! >> s.bit) & 1) !== 0;
    return;
  }
  if (s.count === 0 && !dataIn) return;
  if (s.count === COMMAND_BITS) return;
  s.shift = (s.shift << 1) | (dataIn ? 1 : 0);
  s.count++;
  if (s.count < COMMAND_BITS || s.shift >> 6 !== READ) return;
  s.reading = true;
  s.address = s.shift & (EEPROM_WORDS - 1);
  s.bit = 16;
  s.out = false;
}
