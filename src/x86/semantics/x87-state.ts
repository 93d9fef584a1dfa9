// Instructions on the state of the x87 and SSE units: control and status words, environment, FNSAVE, FXSAVE,
// XSAVE and their counterparts, FFREE, FINCSTP, FWAIT.
//
// Sources: Intel SDM volume 1, 8.1, 10.5, 13; volume 2, the instructions named; volume 3A, 2.5 (FWAIT and CR0).
import { MF, NM, SS, UD } from '../exceptions/fault.ts';
import type { Helper } from '../helpers/helper.ts';
import * as control from '../helpers/x87/control.ts';
import * as xsave from '../helpers/xsave.ts';
import { CR0_MP, CR0_TS, CR4_OSXSAVE } from '../state/control-bits.ts';
import * as L from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import type { I32, I64 } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { waiting } from './x87-common.ts';

const FSW_EXCEPTIONS = 0x3f;
const FSW_SF = 0x40;
/** ES and B. */
const FSW_PENDING = 0x8080;
const FSW_C1 = 0x200;
const FSW_TOP = 0x3800;

/** Adds to TOP and clears C1. */
function moveTop(b: Builder, by: number): void {
  const fsw = b.get(32, L.FSW);
  const top = b.and(b.add(fsw, by << 11), FSW_TOP);
  b.set(32, L.FSW, b.or(b.and(fsw, ~(FSW_TOP | FSW_C1)), top));
}

/** Marks ST(i) of the operand empty (and ST(0), if it is popped too) and clears C1. */
function freeRegister(b: Builder, pops: boolean): void {
  const operand = b.operand(0);
  if (operand.kind !== 'st') throw new Error(`${b.form.mnemonic}: not a register`);
  const top = b.shrU(b.get(32, L.FSW), 11);
  const bitOf = (number: I32): I32 => b.shl(b.i32(1), b.and(number, 7));
  let bit = bitOf(b.add(top, b.registerField(operand.field)));
  if (pops) bit = b.or(bit, bitOf(top));
  b.set(32, L.FTW, b.and(b.get(32, L.FTW), b.xor(bit, 0xff)));
  b.set(32, L.FSW, b.and(b.get(32, L.FSW), ~FSW_C1));
}

/** FWAIT heeds CR0.MP and TS, not EM. */
function wait(b: Builder): void {
  const both = CR0_MP | CR0_TS;
  b.faultIf(b.eq(b.and(b.get(32, L.CR0), both), both), NM);
  b.faultIf(b.and(b.get(32, L.FSW), 0x80), MF);
}

/** Linear address of an area that a helper reads or writes. The helper raises #GP(0) where it is not canonical; #SS(0) is raised here. */
function areaAddress(b: Builder, bytes: number, access: 'read' | 'write'): I64 {
  const reference = b.reference(0);
  const address = b.linear(reference, bytes, access);
  if (b.form.mode.bits === 64 && reference.stack) {
    const outside = (place: I64): I32 => b.ne(b.shrS(b.shl(place, 16), 16), place);
    b.faultIf(b.or(outside(address), outside(b.add(address, bytes - 1))), SS, 0);
  }
  return address;
}

/** The area of FNSTENV and its kin: checked, and passed with the format to a helper that may fault. */
function environmentArea(b: Builder, helper: Helper, save: boolean, access: 'read' | 'write'): void {
  const wide = b.form.operandSize !== 16;
  const bytes = (wide ? 28 : 14) + (save ? 80 : 0);
  const address = areaAddress(b, bytes, access);
  const format =
    (wide ? control.FORMAT_32 : 0) | (b.form.mode.protection === 'protected' ? control.FORMAT_PROTECTED : 0);
  b.call(helper, address, b.i32(format));
}

function extendedFormat(b: Builder): I32 {
  const rex = b.form.operandSize === 64 ? xsave.FORMAT_REX_W : 0;
  return b.i32(rex | (b.form.mode.bits === 64 ? xsave.FORMAT_64_BIT_MODE : 0));
}

function fxArea(mnemonic: string, helper: Helper, access: 'read' | 'write'): Meaning {
  return {
    mnemonic,
    build: (b) => {
      b.requireUnit('x87');
      const address = areaAddress(b, 512, access);
      b.requireAligned(address, 16);
      b.call(helper, b.unary('f64_from_i64_s', address), extendedFormat(b));
    },
  };
}

function xArea(mnemonic: string, helper: Helper, access: 'read' | 'write'): Meaning {
  return {
    mnemonic,
    build: (b) => {
      b.faultIf(b.eq(b.and(b.get(32, L.CR4), CR4_OSXSAVE), 0), UD);
      b.faultIf(b.and(b.get(32, L.CR0), CR0_TS), NM);
      const address = areaAddress(b, 576, access);
      b.requireAligned(address, 64);
      b.call(helper, b.unary('f64_from_i64_s', address), b.gpr(32, L.RAX), extendedFormat(b));
    },
  };
}

export const x87StateMeanings: Meaning[] = [
  { mnemonic: 'FNOP', build: waiting },
  { mnemonic: 'FWAIT', build: wait },
  {
    mnemonic: 'FNINIT',
    build: (b) => {
      b.requireUnit('x87');
      b.call(control.x87Initialise);
    },
  },
  {
    mnemonic: 'FNCLEX',
    build: (b) => {
      b.requireUnit('x87');
      b.set(32, L.FSW, b.and(b.get(32, L.FSW), ~(FSW_PENDING | FSW_SF | FSW_EXCEPTIONS)));
    },
  },
  {
    mnemonic: 'FLDCW',
    build: (b) => {
      waiting(b);
      const word = b.readInt(0) as I32;
      const fsw = b.get(32, L.FSW);
      const unmasked = b.and(b.and(fsw, b.not(word)), FSW_EXCEPTIONS);
      b.if(
        b.or(unmasked, b.and(fsw, FSW_PENDING)),
        () => b.call(control.x87LoadControlWord, word),
        () => b.set(32, L.FCW, b.or(b.and(word, 0x1f3f), 0x40)),
      );
    },
  },
  {
    mnemonic: 'FNSTCW',
    build: (b) => {
      b.requireUnit('x87');
      b.write(0, b.get(32, L.FCW));
    },
  },
  {
    mnemonic: 'FNSTSW',
    build: (b) => {
      b.requireUnit('x87');
      b.write(0, b.get(32, L.FSW));
    },
  },
  {
    mnemonic: 'FINCSTP',
    build: (b) => {
      waiting(b);
      moveTop(b, 1);
    },
  },
  {
    mnemonic: 'FDECSTP',
    build: (b) => {
      waiting(b);
      moveTop(b, -1);
    },
  },
  {
    mnemonic: 'FFREE',
    build: (b) => {
      waiting(b);
      freeRegister(b, false);
    },
  },
  {
    mnemonic: 'FFREEP',
    build: (b) => {
      waiting(b);
      freeRegister(b, true);
      moveTop(b, 1);
    },
  },
  {
    mnemonic: 'FNSTENV',
    build: (b) => {
      b.requireUnit('x87');
      environmentArea(b, control.x87StoreEnvironment, false, 'write');
    },
  },
  {
    mnemonic: 'FLDENV',
    build: (b) => {
      waiting(b);
      environmentArea(b, control.x87LoadEnvironment, false, 'read');
    },
  },
  {
    mnemonic: 'FNSAVE',
    build: (b) => {
      b.requireUnit('x87');
      environmentArea(b, control.x87Save, true, 'write');
    },
  },
  {
    mnemonic: 'FRSTOR',
    build: (b) => {
      waiting(b);
      environmentArea(b, control.x87Restore, true, 'read');
    },
  },
  fxArea('FXSAVE', xsave.fxsave, 'write'),
  fxArea('FXRSTOR', xsave.fxrstor, 'read'),
  xArea('XSAVE', xsave.xsave, 'write'),
  xArea('XSAVEOPT', xsave.xsave, 'write'),
  xArea('XRSTOR', xsave.xrstor, 'read'),
];
