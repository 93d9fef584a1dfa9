// The processor and its memory as the BIOS sees them (firmware/bios/wires.ts). A service runs while its stub's OUT is
// executed: all registers are in the state, and nobody has decoded anything from them that a service may change.
import type { Linear } from '../../base/addresses.ts';
import type { BiosCpu, BiosMemory } from '../../firmware/bios/wires.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_DEVICE } from '../../memory/memory-map.ts';
import {
  ACCESS_READ,
  ACCESS_WRITE,
  newPageTranslation,
  translate,
  VIEW_SUPERVISOR,
} from '../../x86/paging/walk.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';

const PAGE = 4096;
const CARRY = 1;

export function biosCpu(state: CpuState): BiosCpu {
  return {
    register: (number) => state.gpr32(number),
    setRegister: (number, value) => state.setGpr32(number, value),
    base: (segment) => state.segments[segment]!.base,
    setCarry: (value) => {
      state.statusFlags = (state.statusFlags & ~CARRY) | (value ? CARRY : 0);
    },
  };
}

/** `memory` by linear address, as the processor's tables translate it now; services act as the supervisor. */
export function biosMemory(state: CpuState, memory: GuestMemory): BiosMemory {
  const found = newPageTranslation();
  /** Physical address, or -1. */
  const place = (linear: Linear, access: number): number => {
    if (!translate(state, memory, linear >>> 0, access, VIEW_SUPERVISOR, found)) return -1;
    return found.frame + (linear & (PAGE - 1));
  };
  const readByte = (linear: Linear): number => {
    const at = place(linear, ACCESS_READ);
    return at < 0 ? 0xff : memory.read8(at);
  };
  const writeByte = (linear: Linear, value: number): void => {
    const at = place(linear, ACCESS_WRITE);
    if (at >= 0) memory.write8(at, value);
  };
  const inPage = (linear: Linear, bytes: number): boolean => (linear & (PAGE - 1)) + bytes <= PAGE;
  const read16 = (linear: Linear): number => {
    if (!inPage(linear, 2)) return readByte(linear) | (readByte(linear + 1) << 8);
    const at = place(linear, ACCESS_READ);
    return at < 0 ? 0xffff : memory.read16(at);
  };
  const write16 = (linear: Linear, value: number): void => {
    if (!inPage(linear, 2)) {
      writeByte(linear, value & 0xff);
      writeByte(linear + 1, (value >>> 8) & 0xff);
      return;
    }
    const at = place(linear, ACCESS_WRITE);
    if (at >= 0) memory.write16(at, value & 0xffff);
  };
  /** Calls `piece` for each part of a range that lies in one page. */
  const pieces = (
    linear: Linear,
    length: number,
    access: number,
    piece: (physical: number, from: number, to: number) => void,
  ): void => {
    for (let done = 0; done < length; ) {
      const to = Math.min(length, done + PAGE - ((linear + done) & (PAGE - 1)));
      piece(place(linear + done, access), done, to);
      done = to;
    }
  };
  const isDevice = (physical: number): boolean => memory.kind(physical) === PAGE_DEVICE;
  const readPhysical = (physical: number, target: Uint8Array): void => {
    if (!isDevice(physical)) memory.read(physical, target);
    else for (let i = 0; i < target.length; i++) target[i] = memory.read8(physical + i);
  };
  const writePhysical = (physical: number, source: Uint8Array): void => {
    if (!isDevice(physical)) memory.write(physical, source);
    else for (let i = 0; i < source.length; i++) memory.write8(physical + i, source[i]!);
  };
  return {
    read8: readByte,
    read16,
    read32: (linear) => (read16(linear) | (read16(linear + 2) << 16)) >>> 0,
    write8: (linear, value) => writeByte(linear, value & 0xff),
    write16,
    write32: (linear, value) => {
      write16(linear, value & 0xffff);
      write16(linear + 2, value >>> 16);
    },
    read: (linear, target) =>
      pieces(linear, target.length, ACCESS_READ, (physical, from, to) => {
        if (physical < 0) target.fill(0xff, from, to);
        else readPhysical(physical, target.subarray(from, to));
      }),
    write: (linear, source) =>
      pieces(linear, source.length, ACCESS_WRITE, (physical, from, to) => {
        if (physical >= 0) writePhysical(physical, source.subarray(from, to));
      }),
    readPhysical: (physical, target) => eachPage(physical, target, readPhysical),
    writePhysical: (physical, source) => eachPage(physical, source, writePhysical),
  };
}

/** Calls `move` for each page that an array covers: the next one may be of another kind. */
function eachPage(
  physical: number,
  bytes: Uint8Array,
  move: (physical: number, part: Uint8Array) => void,
): void {
  for (let done = 0; done < bytes.length; ) {
    const to = Math.min(bytes.length, done + PAGE - ((physical + done) % PAGE));
    move(physical + done, bytes.subarray(done, to));
    done = to;
  }
}
