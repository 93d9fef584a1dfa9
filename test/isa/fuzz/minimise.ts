// Makes a program with a mismatch smaller while the mismatch stays: instructions become NOPs or go with the
// end of the program, registers and memory become plain.
import * as I from './image.ts';
import { decodeProgram, isSoundProgram, type Program } from './program.ts';

/** Whether the mismatch is still there. */
export type StillFails = (program: Program) => boolean;

const NOP = 0x90;

function withCode(program: Program, code: Uint8Array): Program {
  const initial = program.initial.clone();
  initial.bytes.fill(0, I.CODE_AT, I.DATA_AT);
  initial.bytes.set(code, I.CODE_AT);
  return { bits: program.bits, initial, code };
}

/** The state that minimised programs tend to. */
export function plainImage(bits: 32 | 64): I.Image {
  const image = new I.Image();
  image.setGpr(4, BigInt(I.DATA + 0x1000));
  image.set64(I.RIP_AT, BigInt(I.CODE));
  image.set64(I.RFLAGS_AT, 0x202n);
  image.set16(I.CS_AT, bits === 64 ? I.CS_64 : I.CS_32);
  image.set16(I.SS_AT, I.SS_USER);
  image.set32(I.DATA_SELECTOR_AT, bits === 64 ? 0 : I.SS_USER);
  image.set16(I.FCW_AT, 0x37f);
  image.set32(I.MXCSR_AT, 0x1f80);
  return image;
}

/** Ranges of the image that are made plain one by one. */
function ranges(): [number, number][] {
  const list: [number, number][] = [];
  for (let r = 0; r < 16; r++) list.push([I.GPR_AT[r]!, 8]);
  list.push(
    [I.RFLAGS_AT, 8],
    [I.FCW_AT, 2],
    [I.FSW_AT, 3],
    [I.MXCSR_AT, 4],
    [I.FS_BASE_AT, 8],
    [I.GS_BASE_AT, 8],
  );
  for (let i = 0; i < 8; i++) list.push([I.ST_AT + 16 * i, 16]);
  for (let i = 0; i < 16; i++) list.push([I.XMM_AT + 16 * i, 16]);
  return list;
}

export function minimise(program: Program, fails: StillFails): Program {
  const plain = plainImage(program.bits);
  let best = program;
  const attempt = (candidate: Program): boolean => {
    if (!isSoundProgram(candidate) || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  const reset = (at: number, size: number): boolean => {
    const range = best.initial.bytes.subarray(at, at + size);
    const wanted = plain.bytes.subarray(at, at + size);
    if (Buffer.compare(range, wanted) === 0) return true;
    const initial = best.initial.clone();
    initial.bytes.set(wanted, at);
    return attempt({ ...best, initial });
  };
  // Data by halves, down to eight bytes.
  const simplify = (at: number, size: number): void => {
    if (reset(at, size) || size <= 8) return;
    simplify(at, size / 2);
    simplify(at + size / 2, size / 2);
  };
  shorten(() => best, attempt);
  for (const [at, size] of ranges()) reset(at, size);
  simplify(I.DATA_AT, I.DATA_SIZE);
  shorten(() => best, attempt);
  return best;
}

function shorten(best: () => Program, attempt: (candidate: Program) => boolean): void {
  // End early.
  for (const { at } of decodeProgram(best()).slice(1)) {
    const code = new Uint8Array(at + 2);
    code.set(best().code.subarray(0, at));
    code.set([0x0f, 0x0b], at);
    if (at + 2 < best().code.length && attempt(withCode(best(), code))) break;
  }
  for (const { at, length } of decodeProgram(best()).slice(0, -1)) {
    const code = best()
      .code.slice()
      .fill(NOP, at, at + length);
    if (best().code[at] === NOP && length === 1) continue;
    attempt(withCode(best(), code));
  }
  // Take out the NOPs, where no branch goes over them.
  const compact = decodeProgram(best()).filter(
    ({ at, length }) => !(length === 1 && best().code[at] === NOP),
  );
  if (compact.every(({ target }) => target < 0)) {
    const code = compact.flatMap(({ at, length }) => [...best().code.subarray(at, at + length)]);
    if (code.length < best().code.length) attempt(withCode(best(), Uint8Array.from(code)));
  }
}

/** How a program's start differs from the plain image: `offset=bytes`, in hexadecimal. */
export function imageText(program: Program): string {
  const plain = plainImage(program.bits);
  const parts: string[] = [];
  for (let at = 0; at < I.IMAGE_SIZE; at += 8) {
    if (at >= I.CODE_AT && at < I.DATA_AT) continue;
    const bytes = Buffer.from(program.initial.bytes.subarray(at, at + 8));
    if (Buffer.compare(bytes, plain.bytes.subarray(at, at + 8)) !== 0)
      parts.push(`${at.toString(16)}=${bytes.toString('hex')}`);
  }
  return parts.join(' ');
}

/** A program from its bytes and the text of imageText. */
export function programFromText(bits: 32 | 64, code: string, image: string): Program {
  const initial = plainImage(bits);
  const bytes = Uint8Array.from(Buffer.from(code, 'hex'));
  initial.bytes.set(bytes, I.CODE_AT);
  for (const part of image.split(' ').filter(Boolean)) {
    const [at, value] = part.split('=') as [string, string];
    initial.bytes.set(Buffer.from(value, 'hex'), Number.parseInt(at, 16));
  }
  return { bits, initial, code: bytes };
}
