// The state that a program starts from: registers with a bias to values that break implementations, and
// pointers into the data pages.
import { randomBinary32, randomBinary64, randomExtended } from '../native/operands.ts';
import * as I from './image.ts';
import type { Random } from './random.ts';

const EDGES: readonly bigint[] = [
  0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x100n, 0x7fffn, 0x8000n, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn,
  0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn, 0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_ff80n, 0x5555_5555_5555_5555n, 0x0123_4567_89ab_cdefn,
]; // biome-ignore format: a list

export function interesting(random: Random): bigint {
  switch (random.below(6)) {
    case 0:
    case 1:
      return random.pick(EDGES);
    case 2:
      return BigInt(random.below(80));
    case 3:
      return BigInt.asUintN(64, (1n << BigInt(random.below(64))) - BigInt(random.below(2)));
    case 4:
      return BigInt(random.u32());
    default:
      return random.u64();
  }
}

/** Registers that hold addresses, with the values that they have at the start. */
export interface Pointers {
  /** Register numbers and their values; memory operands are made with these. */
  readonly bases: readonly (readonly [number, number])[];
  /** A register with a small value, for scaled indexes. */
  readonly index: readonly [number, number];
}

/** Fills an image but for the code. */
export function fillInitial(random: Random, image: I.Image, bits: 32 | 64): Pointers {
  const registers = bits === 64 ? 16 : 8;
  for (let r = 0; r < registers; r++) image.setGpr(r, interesting(random));
  // For REP: mostly short.
  if (random.chance(70)) image.setGpr(1, BigInt(random.below(24)));
  const bases: [number, number][] = [];
  const pointer = (register: number) => {
    const spread = random.chance(80) ? 64 * random.below(128) : random.below(I.DATA_SIZE + 64);
    const value = I.DATA + spread;
    image.setGpr(register, BigInt(value));
    bases.push([register, value]);
  };
  for (const register of [6, 7, 5]) if (random.chance(85)) pointer(register);
  pointer(random.pick([0, 2, 3]));
  if (bits === 64) pointer(8 + random.below(4));
  const index: [number, number] = [
    bits === 64 ? 12 + random.below(4) : random.pick([1, 3]),
    random.below(9) - 2,
  ];
  image.setGpr(index[0], BigInt(index[1]));
  if (bits === 32) {
    for (let r = 0; r < 8; r++) image.setGpr(r, BigInt.asUintN(32, image.gpr(r)));
  }
  const stack = I.DATA + 0x800 + 16 * random.below(0x100) + (random.chance(15) ? random.below(16) : 0);
  image.setGpr(4, BigInt(random.chance(96) ? stack : I.DATA + 0x1ff0 + random.below(32)));
  image.set64(I.RIP_AT, BigInt(I.CODE));
  image.set64(I.RFLAGS_AT, BigInt(0x202 | (random.u32() & (random.chance(25) ? 0xcd5 : 0x8d5))));
  image.set16(I.CS_AT, bits === 64 ? I.CS_64 : I.CS_32);
  image.set16(I.SS_AT, I.SS_USER);
  image.set32(I.DATA_SELECTOR_AT, bits === 64 ? 0 : I.SS_USER);
  image.set64(I.FS_BASE_AT, BigInt(I.DATA + 64 * random.below(64)));
  image.set64(I.GS_BASE_AT, random.chance(50) ? BigInt(I.DATA) : random.u64() >> 18n);
  fillFloatingPoint(random, image);
  fillData(random, image);
  return { bases, index };
}

function fillFloatingPoint(random: Random, image: I.Image): void {
  const masks = random.chance(85) ? 63 : random.below(64);
  const precision = random.chance(70) ? 3 : random.below(4);
  image.set16(I.FCW_AT, 0x40 | masks | (precision << 8) | ((random.chance(60) ? 0 : random.below(4)) << 10));
  const empty = random.below(8);
  image.set16(
    I.FSW_AT,
    (empty << 11) | (random.u32() & 0x4700) | (random.chance(10) ? random.below(64) & masks : 0),
  );
  // A stack with some registers filled, or anything.
  const filled = random.below(9);
  let tags = 0;
  for (let i = 0; i < filled; i++) tags |= 1 << ((empty + i) & 7);
  image.bytes[I.FTW_AT] = random.chance(85) ? tags : random.below(256);
  for (let i = 0; i < 8; i++) {
    const value = randomExtended(random.u32);
    image.set64(I.ST_AT + 16 * i, value & 0xffff_ffff_ffff_ffffn);
    image.set16(I.ST_AT + 16 * i + 8, Number(value >> 64n));
  }
  const sseMasks = random.chance(85) ? 0x1f80 : random.below(64) << 7;
  const mode =
    (random.chance(60) ? 0 : random.below(4) << 13) | (random.chance(80) ? 0 : random.u32() & 0x8040);
  image.set32(I.MXCSR_AT, sseMasks | mode | (random.chance(50) ? 0 : random.below(64)));
  for (let i = 0; i < 16; i++) fillVector(random, image, I.XMM_AT + 16 * i);
}

/** 16 bytes of one kind: integers of a width, binary32, binary64. */
function fillVector(random: Random, image: I.Image, at: number): void {
  const kind = random.below(5);
  for (let i = 0; i < 2; i++) {
    const word = at + 8 * i;
    if (kind === 0) image.set64(word, random.u64());
    else if (kind === 1) {
      image.set32(word, randomBinary32(random.u32));
      image.set32(word + 4, randomBinary32(random.u32));
    } else if (kind === 2) image.set64(word, randomBinary64(random.u32));
    else if (kind === 3) image.set64(word, interesting(random));
    else {
      for (let j = 0; j < 8; j += 2) image.set16(word + j, Number(interesting(random) & 0xffffn));
    }
  }
}

/** Cheap filling everywhere, and vectors of chosen values in places. */
function fillData(random: Random, image: I.Image): void {
  let x = random.u32() | 1;
  for (let at = I.DATA_AT; at < I.IMAGE_SIZE; at += 4) {
    x = Math.imul(x, 0x915f77f5) + 0x3c6ef35f;
    image.set32(at, x ^ (x >>> 15));
  }
  for (let i = 0; i < 96; i++) fillVector(random, image, I.DATA_AT + 16 * random.below(I.DATA_SIZE / 16));
}
