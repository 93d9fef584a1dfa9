// The x2APIC's MSRs (Intel SDM volume 3, "x2APIC Register Address Space"): the registers of the MMIO
// page under other names, with ICR as one register of 64 bits and SELF IPI added. Outside x2APIC mode
// there are none; IA32_TSC_DEADLINE is there in every mode, where the timer has one.

import type { LocalApic } from './local-apic.ts';
import type { LocalApicRegister } from './local-apic-registers.ts';
import { LOCAL_APIC_REGISTERS } from './local-apic-registers.ts';

export const IA32_TSC_DEADLINE = 0x6e0;
export const X2APIC_FIRST = 0x800;

const X2APIC_ICR = 0x830;
const X2APIC_SELF_IPI = 0x83f;
const LOW = 0xffff_ffffn;

const BY_MSR: ReadonlyMap<number, LocalApicRegister> = new Map(
  LOCAL_APIC_REGISTERS.filter((register) => register.mmioOnly !== true).map((register) => [
    X2APIC_FIRST + (register.offset >> 4),
    register,
  ]),
);

/** The register's value, or undefined for #GP. */
export function readMsr(apic: LocalApic, index: number): bigint | undefined {
  if (index === IA32_TSC_DEADLINE) return apic.timer.supportsTscDeadline ? apic.timer.deadline : undefined;
  const register = apic.x2apic ? BY_MSR.get(index) : undefined;
  if (register?.read === undefined) return undefined;
  const low = BigInt(register.read(apic) >>> 0);
  return index === X2APIC_ICR ? (BigInt(apic.state.commandHigh) << 32n) | low : low;
}

/** False for #GP. */
export function writeMsr(apic: LocalApic, index: number, value: bigint): boolean {
  if (index === IA32_TSC_DEADLINE) {
    if (!apic.timer.supportsTscDeadline) return false;
    apic.timer.deadline = BigInt.asUintN(64, value);
    return true;
  }
  if (!apic.x2apic) return false;
  const low = Number(value & LOW);
  const high = Number((value >> 32n) & LOW);
  if (index === X2APIC_SELF_IPI) {
    if (high !== 0 || low > 0xff) return false;
    apic.sendSelf(low);
    return true;
  }
  const register = BY_MSR.get(index);
  if (register?.write === undefined || register.msrWritable === undefined) return false;
  if ((low & ~register.msrWritable) !== 0) return false;
  if (index === X2APIC_ICR) apic.writeCommandHigh(high);
  else if (high !== 0) return false;
  register.write(apic, low, 0xffff_ffff);
  return true;
}
