// Two images that should be equal: what differs, in words.
import * as I from './image.ts';
import { type Program, undefinedFlagsAt } from './program.ts';

const NAMES = ['RAX', 'RCX', 'RDX', 'RBX', 'RSP', 'RBP', 'RSI', 'RDI'];
const PAGE_FAULT = 14;
/** Linux keeps this page unused, and hides what is above. */
const LAST_USER_PAGE = 0x7fff_ffff_f000n;
/** All but IF and what the processor does not keep. */
const RFLAGS_COMPARED = 0x3f_7dd5n;

const registerName = (r: number) => NAMES[r] ?? `R${r}`;
const hex = (value: bigint | number, digits = 1) => value.toString(16).padStart(digits, '0');

/** Differences between what was expected and what was found after running `program`. */
export function differences(program: Program, expected: I.Image, found: I.Image): string[] {
  const list: string[] = [];
  const check = (name: string, a: bigint | number, b: bigint | number) => {
    if (a !== b) list.push(`${name}: expected ${hex(a)}, found ${hex(b)}`);
  };
  const { is64 } = program.initial;
  for (let r = 0; r < 16; r++) {
    const mask = is64 || r >= 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
    check(registerName(r), expected.gpr(r) & mask, found.gpr(r) & mask);
  }
  const rip = expected.get64(I.RIP_AT);
  check('RIP', rip, found.get64(I.RIP_AT));
  const ignored = BigInt(undefinedFlagsAt(program, Number(rip) - I.CODE));
  const flags = RFLAGS_COMPARED & ~ignored;
  check('RFLAGS', expected.get64(I.RFLAGS_AT) & flags, found.get64(I.RFLAGS_AT) & flags);
  check('CS', expected.get16(I.CS_AT), found.get16(I.CS_AT));
  check('SS', expected.get16(I.SS_AT), found.get16(I.SS_AT));
  check('DS', expected.get32(I.DATA_SELECTOR_AT), found.get32(I.DATA_SELECTOR_AT));
  const vector = expected.get64(I.VECTOR_AT);
  check('vector', vector, found.get64(I.VECTOR_AT));
  const fault = expected.get64(I.CR2_AT);
  // What the kernel's part of the address space holds is not told.
  const errorMask = vector === BigInt(PAGE_FAULT) && fault >= LAST_USER_PAGE ? 6n : 0xffn;
  check('error code', expected.get64(I.ERROR_AT) & errorMask, found.get64(I.ERROR_AT) & errorMask);
  if (vector === BigInt(PAGE_FAULT)) check('CR2', fault, found.get64(I.CR2_AT));
  check('FS base', expected.get64(I.FS_BASE_AT), found.get64(I.FS_BASE_AT));
  check('GS base', expected.get64(I.GS_BASE_AT), found.get64(I.GS_BASE_AT));
  list.push(...floatingPoint(expected, found), ...memory(expected, found));
  return list;
}

function floatingPoint(expected: I.Image, found: I.Image): string[] {
  const list: string[] = [];
  const check = (name: string, a: string, b: string) => {
    if (a !== b) list.push(`${name}: expected ${a}, found ${b}`);
  };
  for (const [name, at] of [
    ['FCW', I.FCW_AT],
    ['FSW', I.FSW_AT],
  ] as const) {
    check(name, hex(expected.get16(at)), hex(found.get16(at)));
  }
  check('FTW', hex(expected.bytes[I.FTW_AT]!), hex(found.bytes[I.FTW_AT]!));
  check('MXCSR', hex(expected.get32(I.MXCSR_AT)), hex(found.get32(I.MXCSR_AT)));
  for (let i = 0; i < 8; i++) {
    const st = (image: I.Image) =>
      `${hex(image.get16(I.ST_AT + 16 * i + 8), 4)}:${hex(image.get64(I.ST_AT + 16 * i), 16)}`;
    check(`ST${i}`, st(expected), st(found));
  }
  for (let i = 0; i < 16; i++) {
    const at = I.XMM_AT + 16 * i;
    const xmm = (image: I.Image) => `${hex(image.get64(at + 8), 16)}_${hex(image.get64(at), 16)}`;
    check(`XMM${i}`, xmm(expected), xmm(found));
  }
  return list;
}

function memory(expected: I.Image, found: I.Image): string[] {
  const a = Buffer.from(expected.bytes.buffer, expected.bytes.byteOffset, I.IMAGE_SIZE);
  const b = Buffer.from(found.bytes.buffer, found.bytes.byteOffset, I.IMAGE_SIZE);
  if (a.compare(b, I.CODE_AT, I.IMAGE_SIZE, I.CODE_AT, I.IMAGE_SIZE) === 0) return [];
  const list: string[] = [];
  for (let at = I.CODE_AT; at < I.IMAGE_SIZE && list.length < 8; at += 8) {
    if (a.readBigUInt64LE(at) === b.readBigUInt64LE(at)) continue;
    const address = at < I.DATA_AT ? I.CODE + at - I.CODE_AT : I.DATA + at - I.DATA_AT;
    list.push(
      `memory ${hex(address)}: expected ${hex(a.readBigUInt64LE(at), 16)}, found ${hex(b.readBigUInt64LE(at), 16)}`,
    );
  }
  return list;
}
