// Moves of MMX and SSE (SDM 1, 9.4.1, 10.4.1, 11.4.1, 12.3), MXCSR, EMMS. Non-temporal hints are ignored.
//
// MASKMOVQ and MASKMOVDQU: see docs/quirks.md. Bytes that the mask leaves out are read and written back.
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64, V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { leaveMmx, requireMmx } from '../mmx-state.ts';
import {
  joinLow,
  lane64,
  readLow,
  readVector,
  registerOf,
  shuffle,
  simd,
  storeVector,
  unaryMeaning,
  vectorBits,
  vectorMeaning,
  writeLow,
  writeMmx,
  writeVector,
  zeroExtended,
} from './vector.ts';

// ---- whole vectors ----

function moveVector(mnemonic: string, aligned: boolean): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    if (b.isMemory(0)) storeVector(b, 0, readVector(b, 1), aligned);
    else writeVector(b, 0, readVector(b, 1, { memoryBits: 128, aligned }));
  });
}

// ---- 32 and 64 bits ----

/** MOVD, MOVQ: to an XMM register zero-extended; to memory, MMX and general registers as they are. */
function moveLow(mnemonic: string, bits: 32 | 64): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const value = readLow(b, 1, bits);
    const kind = b.operand(0).kind;
    if (kind === 'xmm') writeVector(b, 0, zeroExtended(b, value));
    else if (kind === 'mm') writeMmx(b, 0, b.toI64(value));
    else if (kind === 'mem') b.storeTo(b.reference(0), bits, value);
    else b.write(0, value);
  });
}

/** MOVSS, MOVSD: between registers the upper part stays, from memory it becomes zero. */
function moveScalar(mnemonic: string, bits: 32 | 64): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const value = readLow(b, 1, bits);
    if (b.isMemory(0)) b.storeTo(b.reference(0), bits, value);
    else if (b.isMemory(1)) writeVector(b, 0, zeroExtended(b, value));
    else writeLow(b, 0, bits, value);
  });
}

/** A half of an XMM register, in and out of memory; the other half stays. */
function moveHalf(mnemonic: string, half: 0 | 8): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const register = { ...registerOf(b, b.isMemory(0) ? 1 : 0), displacement: half };
    if (b.isMemory(0)) b.storeTo(b.reference(0), 64, b.getAt(64, register));
    else b.setAt(64, register, readLow(b, 1, 64));
  });
}

/** MOVHLPS, MOVLHPS: from one half of a register to the other half of another. */
function moveAcross(mnemonic: string, to: 0 | 8): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const value = b.getAt(64, { ...registerOf(b, 1), displacement: 8 - to });
    b.setAt(64, { ...registerOf(b, 0), displacement: to }, value);
  });
}

function storeOnly(mnemonic: string): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    if (vectorBits(b, 1) === 64) b.storeTo(b.reference(0), 64, readLow(b, 1, 64));
    else storeVector(b, 0, readVector(b, 1), true);
  });
}

// ---- masked stores ----

function maskedStore(mnemonic: string): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const bits = vectorBits(b);
    const mask = simd(b, 'i8x16.shr_s', readVector(b, 1), b.i32(7));
    const place = b.implicitReference(b.toI64(b.gpr(b.form.addressSize, S.RDI)));
    const address = b.linear(place, bits / 8, 'write');
    const old = b.loadLinear(bits, address, 'write', place.stack);
    const whole = bits === 128 ? (old as V128) : simd(b, 'i64x2.splat', old as I64);
    const result = simd(b, 'v128.bitselect', readVector(b, 0), whole, mask);
    b.storeLinear(bits, address, bits === 128 ? result : lane64(b, result), place.stack);
  });
}

// ---- control and state ----

const MXCSR_RESERVED = 0xffff0000 | 0;
const GP = 13;

const loadControl: Meaning = {
  mnemonic: 'LDMXCSR',
  build: (b) => {
    b.requireUnit('sse');
    const value = b.read(0) as I32;
    b.faultIf(b.and(value, MXCSR_RESERVED), GP, 0);
    b.set(32, S.MXCSR, value);
  },
};
const storeControl: Meaning = {
  mnemonic: 'STMXCSR',
  build: (b) => {
    b.requireUnit('sse');
    b.write(0, b.get(32, S.MXCSR));
  },
};
const empty: Meaning = {
  mnemonic: 'EMMS',
  build: (b) => {
    requireMmx(b);
    leaveMmx(b);
  },
};
function duplicate(b: Builder, s: V128, lanes: readonly number[]): V128 {
  return shuffle(b, 4, lanes, s);
}

export const simdMoveMeanings: readonly Meaning[] = [
  ...['MOVAPS', 'MOVAPD', 'MOVDQA', 'MOVNTDQA'].map((mnemonic) => moveVector(mnemonic, true)),
  ...['MOVUPS', 'MOVUPD', 'MOVDQU', 'LDDQU'].map((mnemonic) => moveVector(mnemonic, false)),
  moveLow('MOVD', 32),
  moveLow('MOVQ', 64),
  moveLow('MOVQ2DQ', 64),
  moveLow('MOVDQ2Q', 64),
  moveScalar('MOVSS', 32),
  moveScalar('MOVSD', 64),
  moveHalf('MOVLPS', 0),
  moveHalf('MOVLPD', 0),
  moveHalf('MOVHPS', 8),
  moveHalf('MOVHPD', 8),
  moveAcross('MOVHLPS', 0),
  moveAcross('MOVLHPS', 8),
  ...['MOVNTPS', 'MOVNTPD', 'MOVNTDQ', 'MOVNTQ'].map(storeOnly),
  unaryMeaning('MOVDDUP', (b, s) => joinLow(b, s, s), { memoryBits: 64 }),
  unaryMeaning('MOVSLDUP', (b, s) => duplicate(b, s, [0, 0, 2, 2])),
  unaryMeaning('MOVSHDUP', (b, s) => duplicate(b, s, [1, 1, 3, 3])),
  maskedStore('MASKMOVQ'),
  maskedStore('MASKMOVDQU'),
  loadControl,
  storeControl,
  empty,
];
