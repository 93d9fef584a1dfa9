// The processor's registers as text, for a person who wants to know how a guest died.
import { GENERAL_REGISTER_NAMES, SEGMENT_NAMES } from '../../firmware/boot/boot-state.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';

const hex = (value: bigint | number, digits: number) =>
  (typeof value === 'number' ? BigInt.asUintN(64, BigInt(Math.trunc(value))) : value)
    .toString(16)
    .toUpperCase()
    .padStart(digits, '0');

/** A dozen lines: general registers, RIP and RFLAGS, segments, tables, control registers. */
export function describeRegisters(state: CpuState): string {
  const lines: string[] = [];
  for (let row = 0; row < 16; row += 4) {
    lines.push(
      GENERAL_REGISTER_NAMES.slice(row, row + 4)
        .map((name, i) => `${name.toUpperCase().padEnd(3)} ${hex(state.gpr(row + i), 16)}`)
        .join('  '),
    );
  }
  lines.push(`RIP ${hex(state.get64(L.RIP), 16)}  RFLAGS ${hex(state.rflags, 8)}  CPL ${state.cpl}`);
  SEGMENT_NAMES.forEach((name, i) => {
    const segment = state.segments[i]!;
    lines.push(
      `${name.toUpperCase().padEnd(4)} ${hex(segment.selector, 4)}  base ${hex(segment.base, 16)}  ` +
        `limit ${hex(segment.limit, 8)}  attributes ${hex(segment.attributes, 5)}`,
    );
  });
  lines.push(`GDTR base ${hex(state.get64(L.GDTR_BASE), 16)} limit ${hex(state.get32(L.GDTR_LIMIT), 4)}`);
  lines.push(`IDTR base ${hex(state.get64(L.IDTR_BASE), 16)} limit ${hex(state.get32(L.IDTR_LIMIT), 4)}`);
  lines.push(
    `CR0 ${hex(state.get64(L.CR0), 8)}  CR2 ${hex(state.get64(L.CR2), 16)}  CR3 ${hex(state.get64(L.CR3), 16)}  ` +
      `CR4 ${hex(state.get64(L.CR4), 8)}  EFER ${hex(state.get64(L.EFER), 4)}`,
  );
  return `${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

const GENERAL_REGISTERS = 8;

/**
 * Differs where general registers differ, in all likelihood (FNV-1a over the lower halves).
 *
 * @param withoutTime but for those that RDTSC writes to: EAX and EDX
 */
export function sumOfRegisters(state: CpuState, withoutTime = false): number {
  let sum = 0x811c9dc5;
  const add = (value: number) => {
    sum = Math.imul(sum ^ value, 0x0100_0193);
  };
  for (let register = 0; register < GENERAL_REGISTERS; register++) {
    if (!withoutTime || (register !== L.RAX && register !== L.RDX)) add(state.gpr32(register));
  }
  add(state.segments[L.SS]!.selector);
  add(state.segments[L.DS]!.selector);
  return sum;
}
