// Control, debug, model-specific and extended control registers, translations, identification and time
// (SDM 2A to 2C). What can be inline is: reads of CR0, CR2, CR3 and CR4, CR0.TS, bases of FS and GS, SWAPGS, STAC, CLAC.
//
// MONITOR and MWAIT do nothing beyond their checks. RSM is undefined outside system-management mode.
import * as C from '../../state/control-bits.ts';
import { FLAG_AC } from '../../state/cpu-state.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { F64, I32, I64, Int } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  cpuidHelper,
  invalidatePageHelper,
  invalidatePcidHelper,
  loadMachineStatusHelper,
  readDebugHelper,
  readMsrHelper,
  readTaskPriorityHelper,
  timeStampHelper,
  writeControlHelper,
  writeDebugHelper,
  writeMsrHelper,
  writeXcrHelper,
} from './helpers.ts';
import { asNumber, checkUserModePrevention } from './segments.ts';

const UD = 6;
const NM = 7;
const GP = 13;
/** IA32_FS_BASE; IA32_GS_BASE and IA32_KERNEL_GS_BASE follow. */
const MSR_FS_BASE = 0xc000_0100;
const CONTROL_OFFSETS: Readonly<Record<number, number>> = { 0: S.CR0, 2: S.CR2, 3: S.CR3, 4: S.CR4 };
const baseOf = (segment: number) => S.SEGMENT + segment * S.SEGMENT_SIZE + S.SEGMENT_BASE;

/** An operand of 32 or 64 bits as two halves. */
function halvesOf(b: Builder, index: number): { low: I32; high: I32 } {
  const value = b.readInt(index);
  if (value.type === 'i32') return { low: value as I32, high: b.i32(0) };
  return { low: b.wrap(value as I64), high: b.wrap(b.shrU(value as I64, 32)) };
}

function sized(b: Builder, index: number, value: I64): Int {
  return b.bits(index) === 64 ? value : b.wrap(value);
}

function moveControl(b: Builder): void {
  const [to, from] = [b.operand(0), b.operand(1)];
  if (to.kind === 'control') {
    if (to.number !== 8 && CONTROL_OFFSETS[to.number] === undefined) {
      b.fault(UD);
      return;
    }
    b.requireCpl0();
    if (to.number === 2) {
      b.set(64, S.CR2, b.toI64(b.readInt(1)));
      return;
    }
    const { low, high } = halvesOf(b, 1);
    const write = (): void => {
      b.call(writeControlHelper, b.i32(to.number), low, high);
      b.endBlock();
    };
    if (to.number === 0) switchTask(b, low, high, write);
    else write();
    return;
  }
  if (from.kind !== 'control') throw new Error('MOV_CR without a control register');
  const offset = CONTROL_OFFSETS[from.number];
  if (offset === undefined && from.number !== 8) {
    b.fault(UD);
    return;
  }
  b.requireCpl0();
  if (offset === undefined) b.write(0, sized(b, 0, b.extendU(b.call(readTaskPriorityHelper) as I32)));
  else b.write(0, b.bits(0) === 64 ? b.get(64, offset) : b.get(32, offset));
}

/** CR0 with nothing but TS changed, which every task switch of some systems does; otherwise as told. */
function switchTask(b: Builder, low: I32, high: I32, otherwise: () => void): void {
  const changed = b.and(b.xor(low, b.get(32, S.CR0)), ~C.CR0_TS);
  b.if(b.or(changed, high), otherwise, () => setControlZero(b, low));
}

/** CR0 takes the value, and what CR0.EM and CR0.TS say of the x87, MMX and SSE is derived (state/derived.ts). */
function setControlZero(b: Builder, value: I32): void {
  const switched = b.select(b.and(value, C.CR0_TS), b.i32(NM), b.i32(0));
  const emulated = b.and(value, C.CR0_EM);
  const noSse = b.or(emulated, b.eqz(b.and(b.get(32, S.CR4), C.CR4_OSFXSR)));
  b.set(32, S.CR0, value);
  b.set(32, S.X87_TRAP, b.select(emulated, b.i32(NM), switched));
  b.set(32, S.MMX_TRAP, b.select(emulated, b.i32(UD), switched));
  b.set(32, S.SSE_TRAP, b.select(noSse, b.i32(UD), switched));
}

function moveDebug(b: Builder): void {
  const [to, from] = [b.operand(0), b.operand(1)];
  if (to.kind === 'debug') {
    const { low, high } = halvesOf(b, 1);
    b.call(writeDebugHelper, b.i32(to.number), low, high);
    b.endBlock();
  } else if (from.kind === 'debug') {
    const value = b.call(readDebugHelper, b.i32(from.number)) as I64;
    b.write(0, sized(b, 0, value));
  }
}

/** #GP(0) outside CPL 0 when CR4.TSD is set. */
function checkTimeStampDisable(b: Builder): void {
  b.if(b.and(b.get(32, S.CR4), C.CR4_TSD), () => b.requireCpl0());
}

/** The time-stamp counter to EDX:EAX. */
function readTimeStamp(b: Builder): void {
  checkTimeStampDisable(b);
  const count = b.unary('i64_from_f64_s', b.call(timeStampHelper) as F64) as I64;
  const counter = b.add(count, b.get(64, S.TSC_OFFSET));
  b.setGpr(64, S.RAX, b.truncate(32, counter));
  b.setGpr(64, S.RDX, b.shrU(counter, 32));
}

function swapGs(b: Builder): void {
  b.requireCpl0();
  const current = b.get(64, baseOf(S.GS));
  const kernel = b.get(64, S.KERNEL_GS_BASE);
  b.set(64, baseOf(S.GS), kernel);
  b.set(64, S.KERNEL_GS_BASE, current);
}

/** STAC and CLAC. */
function alignmentFlag(set: boolean): (b: Builder) => void {
  return (b) => {
    b.faultIf(b.get(32, S.CPL), UD);
    const flags = b.get(32, S.FLAGS);
    b.set(32, S.FLAGS, set ? b.or(flags, FLAG_AC) : b.and(flags, ~FLAG_AC));
    b.userPages(set ? 'open' : 'closed');
  };
}

/** The bases of FS and GS and the one that SWAPGS brings, which every switch of processes writes; all others by the helper. */
function writeMsr(b: Builder): void {
  b.requireCpl0();
  const index = b.gpr(32, S.RCX) as I32;
  const low = b.extendU(b.gpr(32, S.RAX) as I32);
  const value = b.or(b.shl(b.extendU(b.gpr(32, S.RDX) as I32), 32), low);
  const canonical = b.eq(b.shrS(b.shl(value, 16), 16), value);
  const number = b.sub(index, MSR_FS_BASE | 0);
  const write = (offset: number) => () => b.set(64, offset, value);
  b.if(
    b.and(canonical, b.ltU(number, 3)),
    () => {
      b.if(b.eqz(number), write(baseOf(S.FS)), () => {
        b.if(b.eq(number, 1), write(baseOf(S.GS)), write(S.KERNEL_GS_BASE));
      });
    },
    () => {
      b.call(writeMsrHelper);
      b.endBlock();
    },
  );
}

function requireBit(b: Builder, bit: number): void {
  b.faultIf(b.eqz(b.and(b.get(32, S.CR4), bit)), UD);
}

function readBase(segment: number): (b: Builder) => void {
  return (b) => {
    requireBit(b, C.CR4_FSGSBASE);
    const base = b.get(64, baseOf(segment));
    b.write(0, sized(b, 0, base));
  };
}

function writeBase(segment: number): (b: Builder) => void {
  return (b) => {
    requireBit(b, C.CR4_FSGSBASE);
    const base = b.toI64(b.readInt(0));
    if (b.bits(0) === 64) b.faultIf(b.ne(b.shrS(b.shl(base, 16), 16), base), GP, 0);
    b.set(64, baseOf(segment), base);
  };
}

/** INVLPG takes an address, not an operand: no limit or type is checked, only the base added. */
function invalidatePage(b: Builder): void {
  b.requireCpl0();
  const reference = b.reference(0);
  let linear = reference.offset;
  if (reference.segment !== 'flat' && reference.record.kind === 'field') {
    const base = b.getAt(64, { ...reference.record, displacement: S.SEGMENT_BASE }) as I64;
    linear = b.add(linear, base);
    if (b.form.mode.bits !== 64) linear = b.truncate(32, linear);
  }
  b.call(invalidatePageHelper, asNumber(b, linear));
  b.endBlock();
}

function invalidatePcid(b: Builder): void {
  b.requireCpl0();
  const reference = b.reference(1);
  const pcid = b.loadFrom(reference, 64) as I64;
  const linear = b.loadFrom(b.displaced(reference, 8), 64) as I64;
  const type = b.toI64(b.readInt(0));
  b.call(invalidatePcidHelper, asNumber(b, type), asNumber(b, pcid), asNumber(b, linear));
  b.endBlock();
}

function getExtended(b: Builder): void {
  requireBit(b, C.CR4_OSXSAVE);
  b.faultIf(b.gpr(32, S.RCX) as I32, GP, 0);
  b.setGpr(32, S.RAX, b.get(32, S.XCR0));
  b.setGpr(32, S.RDX, b.get(32, S.XCR0 + 4));
}

function setExtended(b: Builder): void {
  requireBit(b, C.CR4_OSXSAVE);
  b.requireCpl0();
  b.call(writeXcrHelper);
}

/** MONITOR checks its address as a load of a byte would be. */
function monitor(b: Builder): void {
  b.faultIf(b.get(32, S.CPL), UD);
  b.faultIf(b.gpr(32, S.RCX) as I32, GP, 0);
  b.loadFrom(b.implicitReference(b.toI64(b.gpr(b.form.addressSize, S.RAX))), 8);
}

function wait(b: Builder): void {
  b.faultIf(b.get(32, S.CPL), UD);
  b.faultIf(b.gtU(b.gpr(32, S.RCX) as I32, 1), GP, 0);
}

function storeMachineStatus(b: Builder): void {
  checkUserModePrevention(b);
  b.write(0, !b.isMemory(0) && b.bits(0) === 64 ? b.get(64, S.CR0) : b.get(32, S.CR0));
}

function cachesOnly(b: Builder): void {
  b.requireCpl0();
}

export const controlRegisterMeanings: readonly Meaning[] = [
  { mnemonic: 'MOV_CR', build: moveControl },
  { mnemonic: 'MOV_DR', build: moveDebug },
  { mnemonic: 'SMSW', build: storeMachineStatus },
  {
    mnemonic: 'LMSW',
    build: (b) => {
      b.requireCpl0();
      b.call(loadMachineStatusHelper, b.toI32(b.readInt(0)));
      b.endBlock();
    },
  },
  {
    mnemonic: 'CLTS',
    build: (b) => {
      b.requireCpl0();
      setControlZero(b, b.and(b.get(32, S.CR0), ~C.CR0_TS));
    },
  },
  {
    mnemonic: 'RDMSR',
    build: (b) => {
      b.requireCpl0();
      b.call(readMsrHelper);
    },
  },
  {
    mnemonic: 'WRMSR',
    build: writeMsr,
  },
  { mnemonic: 'CPUID', build: (b) => void b.call(cpuidHelper) },
  {
    mnemonic: 'RDTSC',
    build: readTimeStamp,
  },
  {
    mnemonic: 'RDTSCP',
    build: (b) => {
      readTimeStamp(b);
      b.setGpr(32, S.RCX, b.get(32, S.TSC_AUX));
    },
  },
  // No performance counters: every index is out of range.
  { mnemonic: 'RDPMC', build: (b) => b.fault(GP, 0) },
  { mnemonic: 'XGETBV', build: getExtended },
  { mnemonic: 'XSETBV', build: setExtended },
  { mnemonic: 'INVLPG', build: invalidatePage },
  { mnemonic: 'INVPCID', build: invalidatePcid },
  { mnemonic: 'INVD', build: cachesOnly },
  { mnemonic: 'WBINVD', build: cachesOnly },
  { mnemonic: 'SWAPGS', build: swapGs },
  { mnemonic: 'STAC', build: alignmentFlag(true) },
  { mnemonic: 'CLAC', build: alignmentFlag(false) },
  { mnemonic: 'RDFSBASE', build: readBase(S.FS) },
  { mnemonic: 'RDGSBASE', build: readBase(S.GS) },
  { mnemonic: 'WRFSBASE', build: writeBase(S.FS) },
  { mnemonic: 'WRGSBASE', build: writeBase(S.GS) },
  { mnemonic: 'MONITOR', build: monitor },
  { mnemonic: 'MWAIT', build: wait },
  { mnemonic: 'RSM', build: (b) => b.fault(UD) },
];
