// The registers of a local APIC (Intel SDM volume 3, tables "Local APIC Register Address Map" and
// "Local APIC Register Address Map Supported by x2APIC"). Offsets are those of the MMIO page; the MSR
// of a register is 0x800 + offset / 16.
import type { Register } from '../registers.ts';
import type { LocalApic } from './local-apic.ts';

export interface LocalApicRegister extends Register<LocalApic> {
  /** Bits that an x2APIC WRMSR may have set; others raise #GP. Absent: no MSR, or not writable there. */
  readonly msrWritable?: number;
  /** The register has no MSR. */
  readonly mmioOnly?: boolean;
}

/** Version 0x14 with six LVT entries. */
export const LOCAL_APIC_VERSION = 0x0005_0014;

/** What a write to each LVT entry stores: timer, thermal, performance, LINT0, LINT1, error. */
export const LVT_MASKS: readonly number[] = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff];

const LVT_DELIVERY_STATUS = 1 << 12;
const LVT_REMOTE_IRR = 1 << 14;

/** 32-bit registers of 256 vectors: IRR, ISR, TMR. */
function vectorRegisters(
  name: string,
  offset: number,
  of: (apic: LocalApic) => Uint32Array,
): LocalApicRegister[] {
  return Array.from({ length: 8 }, (_, word) => ({
    name: `${name}${word}`,
    offset: offset + 16 * word,
    width: 4,
    reset: 0,
    access: 'RO',
    read: (apic) => of(apic)[word]!,
  }));
}

function lvt(name: string, offset: number, index: number): LocalApicRegister {
  return {
    name,
    offset,
    width: 4,
    reset: 0x1_0000,
    access: 'RW',
    read: (apic) => apic.state.lvt[index]!,
    write: (apic, value) => apic.writeLvt(index, value),
    // The read-only bits may be written back as they were read.
    msrWritable: LVT_MASKS[index]! | LVT_DELIVERY_STATUS | (index === 3 || index === 4 ? LVT_REMOTE_IRR : 0),
  };
}

export const LOCAL_APIC_REGISTERS: readonly LocalApicRegister[] = [
  {
    name: 'ID',
    offset: 0x020,
    width: 4,
    access: 'RO',
    read: (apic) => (apic.x2apic ? apic.id : (apic.id << 24) >>> 0),
  },
  {
    name: 'VERSION',
    offset: 0x030,
    width: 4,
    reset: LOCAL_APIC_VERSION,
    access: 'RO',
    read: () => LOCAL_APIC_VERSION,
  },
  {
    name: 'TPR',
    offset: 0x080,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.taskPriority,
    write: (apic, value) => {
      apic.taskPriority = value;
    },
    msrWritable: 0xff,
  },
  {
    name: 'APR',
    offset: 0x090,
    width: 4,
    reset: 0,
    access: 'RO',
    read: (apic) => apic.processorPriority,
    mmioOnly: true,
  },
  { name: 'PPR', offset: 0x0a0, width: 4, reset: 0, access: 'RO', read: (apic) => apic.processorPriority },
  {
    name: 'EOI',
    offset: 0x0b0,
    width: 4,
    access: 'WO',
    write: (apic) => apic.endOfInterrupt(),
    msrWritable: 0,
  },
  {
    name: 'LDR',
    offset: 0x0d0,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.logicalDestination,
    write: (apic, value) => {
      apic.logicalDestination = value;
    },
  },
  {
    name: 'DFR',
    offset: 0x0e0,
    width: 4,
    reset: 0xffff_ffff,
    access: 'RW',
    read: (apic) => apic.state.destinationFormat,
    write: (apic, value) => {
      apic.destinationFormat = value;
    },
    mmioOnly: true,
  },
  {
    name: 'SVR',
    offset: 0x0f0,
    width: 4,
    reset: 0xff,
    access: 'RW',
    read: (apic) => apic.state.spurious,
    write: (apic, value) => {
      apic.spurious = value;
    },
    msrWritable: 0x1ff,
  },
  ...vectorRegisters('ISR', 0x100, (apic) => apic.state.inService),
  ...vectorRegisters('TMR', 0x180, (apic) => apic.state.triggerMode),
  ...vectorRegisters('IRR', 0x200, (apic) => apic.state.requests),
  {
    name: 'ESR',
    offset: 0x280,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.state.errors,
    write: (apic) => apic.latchErrors(),
    msrWritable: 0,
  },
  {
    name: 'ICR',
    offset: 0x300,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.state.commandLow,
    write: (apic, value) => apic.writeCommandLow(value),
    msrWritable: 0x000c_dfff,
  },
  {
    name: 'ICR high',
    offset: 0x310,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.state.commandHigh,
    write: (apic, value) => apic.writeCommandHigh((value & 0xff00_0000) >>> 0),
    mmioOnly: true,
  },
  lvt('LVT timer', 0x320, 0),
  lvt('LVT thermal', 0x330, 1),
  lvt('LVT performance', 0x340, 2),
  lvt('LVT LINT0', 0x350, 3),
  lvt('LVT LINT1', 0x360, 4),
  lvt('LVT error', 0x370, 5),
  {
    name: 'Initial count',
    offset: 0x380,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.state.timer.initialCount,
    write: (apic, value) => apic.timer.writeInitialCount(value >>> 0),
    msrWritable: 0xffff_ffff,
  },
  {
    name: 'Current count',
    offset: 0x390,
    width: 4,
    reset: 0,
    access: 'RO',
    read: (apic) => apic.timer.currentCount(),
  },
  {
    name: 'Divide configuration',
    offset: 0x3e0,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (apic) => apic.state.timer.divide,
    write: (apic, value) => apic.timer.writeDivide(value),
    msrWritable: 0x0b,
  },
];
