// The PHY inside an 82540EM: registers 0 to 15 as IEEE 802.3, clauses 22 and 40 have them, and what drivers look at of Marvell's
// behind them (the manual's chapter on the PHY). The link partner is a gigabit switch that agrees at once, as long as a cable
// is plugged in. Not modelled: other speeds, the PHY's interrupts, cable diagnostics.
import type { StateOf } from '../chip.ts';
import { words } from '../chip.ts';

const CONTROL = 0;
const STATUS = 1;
const AUTO_NEGOTIATION_EXPANSION = 6;
const LINK_PARTNER = 5;
const GIGABIT_STATUS = 10;
const SPECIFIC_STATUS = 17;
const INTERRUPT_STATUS = 19;

/** Bits of CONTROL that come back as 0: reset, and restarting negotiation. */
const CONTROL_SELF_CLEARING = 0x8200;
const CONTROL_RESET = 0x8000;
const CONTROL_RESTART = 0x0200;
const STATUS_LINK = 0x0004;
const STATUS_NEGOTIATED = 0x0020;

const RESET: Readonly<Record<number, number>> = {
  0: 0x1140, // auto-negotiation, full duplex, 1000 Mb/s
  1: 0x7949, // 10 and 100 Mb/s, extended status and registers
  2: 0x0141,
  3: 0x0c20,
  4: 0x0de1,
  7: 0x2001,
  9: 0x0e00,
  15: 0x3000, // 1000BASE-T, both duplexes
  16: 0x0360,
  20: 0x0d60,
};
const WRITABLE: Readonly<Record<number, number>> = {
  0: 0x7d80,
  4: 0xffff,
  7: 0xffff,
  9: 0xff00,
  16: 0xffff,
  18: 0xffff,
  20: 0xffff,
  24: 0xffff,
  29: 0xffff,
  30: 0xffff,
};

const resetWords = (): Uint32Array => Uint32Array.from({ length: 32 }, (_, i) => RESET[i] ?? 0);
export const PHY_SHAPE = { registers: { ...words(32), initial: resetWords } };

type State = StateOf<typeof PHY_SHAPE>;

export function readPhy(s: State, register: number, linkUp: boolean): number {
  const value = s.registers[register]!;
  switch (register) {
    case STATUS:
      return linkUp ? value | STATUS_LINK | STATUS_NEGOTIATED : value;
    case LINK_PARTNER:
      return linkUp ? 0x45e1 : 0;
    case AUTO_NEGOTIATION_EXPANSION:
      return linkUp ? 0x000f : 0x0004;
    case GIGABIT_STATUS:
      return linkUp ? 0x7c00 : 0;
    case SPECIFIC_STATUS:
      return linkUp ? 0xac08 : 0;
    case INTERRUPT_STATUS:
      return 0;
    default:
      return value;
  }
}

/** True where negotiation begins anew, at whose end the link changes. */
export function writePhy(s: State, register: number, value: number): boolean {
  if (register === CONTROL && (value & CONTROL_RESET) !== 0) {
    s.registers.set(resetWords());
    return true;
  }
  const mask = WRITABLE[register] ?? 0;
  s.registers[register] =
    (s.registers[register]! & ~mask) | (value & mask & ~(register === 0 ? CONTROL_SELF_CLEARING : 0));
  return register === CONTROL && (value & CONTROL_RESTART) !== 0;
}
