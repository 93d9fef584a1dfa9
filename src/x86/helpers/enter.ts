// ENTER with a nesting level above zero (SDM 2A, ENTER): copies the enclosing frames' pointers into
// the new frame's display. Compilers do not use it, so it is TypeScript.
import type { Linear } from '../../base/addresses.ts';
import * as L from '../state/layout.ts';
import { segmentLinear } from '../uops/segment.ts';
import type { Cpu } from './cpu.ts';
import { helper } from './helper.ts';

const SS_RECORD = L.SEGMENT + L.SS * L.SEGMENT_SIZE;

/** Linear address of a stack offset, truncated to the stack's width and checked. */
function stackLinear(
  cpu: Cpu,
  offset: bigint,
  bytes: number,
  stack: number,
  access: 'read' | 'write',
): Linear {
  if (stack === 64) return Number(BigInt.asIntN(64, offset));
  const truncated = Number(BigInt.asUintN(stack, offset));
  return segmentLinear(cpu.state, SS_RECORD, truncated, bytes, access, true);
}

/**
 * Writes level - 1 frame pointers, found below rBP, and the new frame pointer below `frame` (the
 * place where rBP itself will be pushed). `size` is the operand size, `stack` the stack's, in bits.
 * Everything is checked before the first write.
 */
export const enterNested = helper(
  'enterNested',
  ['i32', 'i64', 'i32', 'i32'],
  null,
  (cpu, level, frame, size, stack) => {
    const bytes = size / 8;
    const enclosing = cpu.state.gpr(L.RBP);
    const step = BigInt(bytes);
    const sources: Linear[] = [];
    const targets: Linear[] = [];
    for (let i = 1; i <= level; i++) {
      if (i < level) {
        const from = stackLinear(cpu, enclosing - step * BigInt(i), bytes, stack, 'read');
        cpu.memory.probeRead(from, bytes);
        sources.push(from);
      }
      const to = stackLinear(cpu, frame - step * BigInt(i), bytes, stack, 'write');
      cpu.memory.probeWrite(to, bytes);
      targets.push(to);
    }
    sources.forEach((from, i) => {
      copy(cpu, from, targets[i]!, bytes);
    });
    writeStack(cpu, targets[level - 1]!, frame, bytes);
  },
);

function copy(cpu: Cpu, from: Linear, to: Linear, bytes: number): void {
  const { memory } = cpu;
  const value = bytes === 2 ? memory.read16(from) : bytes === 4 ? memory.read32(from) : memory.read64(from);
  writeStack(cpu, to, BigInt(value), bytes);
}

function writeStack(cpu: Cpu, to: Linear, value: bigint, bytes: number): void {
  if (bytes === 2) cpu.memory.write16(to, Number(BigInt.asUintN(16, value)));
  else if (bytes === 4) cpu.memory.write32(to, Number(BigInt.asUintN(32, value)));
  else cpu.memory.write64(to, BigInt.asUintN(64, value));
}
