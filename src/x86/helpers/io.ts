// I/O ports: permission (SDM 1, 19.5: IOPL and the TSS's I/O permission bitmap) and the access itself.

import type { AccessWidth } from '../../base/guest-bus.ts';
import { breakpointsArmed, portBreakpoints } from '../control/debug-registers.ts';
import { generalProtection } from '../exceptions/fault.ts';
import * as L from '../state/layout.ts';
import type { Cpu } from './cpu.ts';
import { helper } from './helper.ts';

/** Offset of the I/O map base in a 32- or 64-bit TSS. */
const TSS_IO_MAP_BASE = 102;
const TYPE_TSS_AVAILABLE = 9;
const TYPE_TSS_BUSY = 11;

/** Whether the TSS permits the ports from `port` on; a 16-bit TSS has no bitmap and permits none. */
function bitmapPermits(cpu: Cpu, port: number, bytes: number): boolean {
  const tss = cpu.state.segments[L.TR]!;
  const type = tss.attributes & 15;
  if (type !== TYPE_TSS_AVAILABLE && type !== TYPE_TSS_BUSY) return false;
  if (tss.limit < TSS_IO_MAP_BASE + 1) return false;
  const map = cpu.memory.read16(tss.base + TSS_IO_MAP_BASE, 'supervisor');
  const offset = map + (port >> 3);
  // Two bytes are always read, since the bits of four ports may lie in both.
  if (offset + 1 > tss.limit) return false;
  const bits = cpu.memory.read16(tss.base + offset, 'supervisor');
  return ((bits >> (port & 7)) & ((1 << bytes) - 1)) === 0;
}

/**
 * #GP(0) unless the TSS permits access to `bytes` ports from `port` on. Called where CPL > IOPL, and
 * always in virtual-8086 mode.
 */
export const checkIo = helper('checkIo', ['i32', 'i32'], null, (cpu, port, bytes) => {
  if (!bitmapPermits(cpu, port & 0xffff, bytes)) generalProtection();
});

/** Reads `bytes` (1, 2, 4) from a port. */
export const portIn = helper(
  'portIn',
  ['i32', 'i32'],
  'i32',
  (cpu, port, bytes) => {
    watchPort(cpu, port, bytes);
    return cpu.bus.portRead(port & 0xffff, bytes as AccessWidth) | 0;
  },
  { faults: false },
);

/** An I/O breakpoint that the access meets is due after the instruction. */
function watchPort(cpu: Cpu, port: number, bytes: number): void {
  const { state } = cpu;
  if (breakpointsArmed(state) === 0) return;
  state.u32[L.DEBUG_PENDING >> 2]! |= portBreakpoints(state, port & 0xffff, bytes);
}

/** Writes the low `bytes` of a value to a port. */
export const portOut = helper(
  'portOut',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, port, bytes, value) => {
    watchPort(cpu, port, bytes);
    const unsigned = bytes === 4 ? value >>> 0 : value & ((1 << (8 * bytes)) - 1);
    cpu.bus.portWrite(port & 0xffff, bytes as AccessWidth, unsigned);
  },
  { faults: false },
);
