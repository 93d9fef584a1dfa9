// The time-stamp counter and its adjustment (SDM 3B 17.17): the engine's count plus TSC_OFFSET.
import type { Cpu } from '../helpers/cpu.ts';
import * as L from '../state/layout.ts';

/** 64 bits, unsigned. */
export function readTsc(cpu: Cpu): bigint {
  return BigInt.asUintN(64, BigInt(cpu.timeStamp()) + cpu.state.get64(L.TSC_OFFSET));
}

/** WRMSR to IA32_TIME_STAMP_COUNTER: TSC_ADJUST moves by as much. */
export function writeTsc(cpu: Cpu, value: bigint): void {
  const difference = value - readTsc(cpu);
  shift(cpu, difference);
  cpu.state.set64(L.TSC_ADJUST, BigInt.asUintN(64, cpu.state.get64(L.TSC_ADJUST) + difference));
}

/** WRMSR to IA32_TSC_ADJUST: the counter moves by the difference to the old value. */
export function writeTscAdjust(cpu: Cpu, value: bigint): void {
  shift(cpu, value - cpu.state.get64(L.TSC_ADJUST));
  cpu.state.set64(L.TSC_ADJUST, value);
}

function shift({ state, apic }: Cpu, difference: bigint): void {
  state.set64(L.TSC_OFFSET, BigInt.asUintN(64, state.get64(L.TSC_OFFSET) + difference));
  apic.timeStampChanged();
}
