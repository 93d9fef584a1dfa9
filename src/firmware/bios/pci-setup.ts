// What firmware does for PCI at start: addresses for the base address registers, interrupt lines, decoding switched on.
// PCI Local Bus Specification 3.0, section 6.2.5.1 (sizing by writing ones); PCI-to-ISA bridge: Intel 82371SB (PIIX3),
// PIRQRC registers 60h to 63h.
import { pciFunctions, readPci, writePci } from './pci-services.ts';
import type { BiosPorts } from './wires.ts';

const COMMAND = 0x04;
const CLASS = 0x08;
const HEADER_TYPE = 0x0e;
const FIRST_BAR = 0x10;
const BARS = 6;
const ROM_BAR = 0x30;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;
const PIRQ_ROUTES = 0x60;
const IO = 0x1;
const IO_SPACE = 0x1;
const MEMORY_SPACE = 0x2;
const BUS_MASTER = 0x4;
const ISA_BRIDGE = 0x0601;
const HOST_BRIDGE = 0x0600;

export interface PciWindows {
  /** First I/O port and first address that may be given out, and the ends of both. */
  readonly io: number;
  readonly ioEnd: number;
  readonly memory: number;
  readonly memoryEnd: number;
  /** Interrupts (ISA) for PIRQA# to PIRQD#. */
  readonly routes: readonly number[];
}

interface Bar {
  readonly slot: number;
  readonly register: number;
  readonly io: boolean;
  readonly size: number;
}

/** Gives every function of bus 0 its addresses and interrupt. What does not fit stays off; its slots are the result. */
export function setUpPci(ports: BiosPorts, windows: PciWindows): number[] {
  const homeless: number[] = [];
  const slots = [...pciFunctions(ports)];
  const bars = slots.flatMap((slot) => barsOf(ports, slot));
  // The largest first, so that every one lies on a multiple of its size without gaps.
  bars.sort((a, b) => b.size - a.size);
  let io = windows.io;
  let memory = windows.memory;
  for (const bar of bars) {
    const at = alignUp(bar.io ? io : memory, bar.size);
    if (at + bar.size > (bar.io ? windows.ioEnd : windows.memoryEnd)) {
      homeless.push(bar.slot);
      continue;
    }
    writePci(ports, bar.slot, bar.register, 4, at);
    if (bar.io) io = at + bar.size;
    else memory = at + bar.size;
  }
  for (const slot of slots) {
    const kind = readPci(ports, slot, CLASS, 4) >>> 16;
    if (kind === ISA_BRIDGE) {
      for (const [i, irq] of windows.routes.entries()) writePci(ports, slot, PIRQ_ROUTES + i, 1, irq);
    }
    const pin = readPci(ports, slot, INTERRUPT_PIN, 1);
    // The slot's INTA# is wired to another PIRQ in each slot.
    if (pin >= 1 && pin <= 4) {
      const route = windows.routes[((slot >> 3) + pin - 2) & 3];
      if (route !== undefined) writePci(ports, slot, INTERRUPT_LINE, 1, route);
    }
    if (kind === HOST_BRIDGE || homeless.includes(slot)) continue;
    const command = readPci(ports, slot, COMMAND, 2);
    writePci(ports, slot, COMMAND, 2, command | IO_SPACE | MEMORY_SPACE | BUS_MASTER);
  }
  return homeless;
}

function barsOf(ports: BiosPorts, slot: number): Bar[] {
  // Bridges have other registers there.
  if ((readPci(ports, slot, HEADER_TYPE, 1) & 0x7f) !== 0) return [];
  // Decoding is off while a register holds ones.
  const command = readPci(ports, slot, COMMAND, 2);
  writePci(ports, slot, COMMAND, 2, command & ~(IO_SPACE | MEMORY_SPACE));
  const bars: Bar[] = [];
  const registers = [...Array.from({ length: BARS }, (_, i) => FIRST_BAR + 4 * i), ROM_BAR];
  for (const register of registers) {
    const before = readPci(ports, slot, register, 4);
    const io = register !== ROM_BAR && (before & IO) !== 0;
    const ones = register === ROM_BAR ? 0xffff_f800 : 0xffff_ffff;
    writePci(ports, slot, register, 4, ones);
    const answer = readPci(ports, slot, register, 4);
    writePci(ports, slot, register, 4, before);
    const mask = register === ROM_BAR ? answer & 0xffff_f800 : io ? answer & 0xfffc : answer & 0xffff_fff0;
    if (mask === 0) continue;
    bars.push({ slot, register, io, size: (mask & -mask) >>> 0 });
  }
  writePci(ports, slot, COMMAND, 2, command);
  return bars;
}

const alignUp = (value: number, size: number): number => Math.ceil(value / size) * size;
