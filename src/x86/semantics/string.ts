// String instructions (SDM 1, 7.3.9): MOVS CMPS SCAS LODS STOS INS OUTS, alone and with REP, REPE,
// REPNE. One execution is one iteration; while more are due the instruction executes again, so that
// interrupts come in between and a fault leaves the registers of the iteration that failed.
//
// The one operand is the accumulator, which carries the width. Source DS:rSI (DS can be overridden),
// destination ES:rDI; the registers' width is the address size, DF gives the direction.
import { portIn, portOut } from '../helpers/io.ts';
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import type { I32, I64, Int } from '../uops/ir.ts';
import { requireIoPermission } from './input-output.ts';
import type { Meaning } from './meaning.ts';

/** Position of DF in RFLAGS. */
const DF_BIT = 10;

/** One element: its width, the step of the index registers (type of the address size), and its places. */
class Element {
  readonly b: Builder;
  readonly bits: 8 | 16 | 32 | 64;
  readonly bytes: number;
  constructor(b: Builder) {
    this.b = b;
    this.bits = b.bits(0);
    this.bytes = this.bits / 8;
  }
  index(register: number): I64 {
    return this.b.toI64(this.b.gpr(this.b.form.addressSize, register));
  }
  loadSource(): Int {
    return this.b.loadFrom(this.b.implicitReference(this.index(S.RSI)), this.bits) as Int;
  }
  loadDestination(): Int {
    return this.b.loadFrom(this.b.segmentReference(S.ES, this.index(S.RDI)), this.bits) as Int;
  }
  storeDestination(value: Int): void {
    this.b.storeTo(this.b.segmentReference(S.ES, this.index(S.RDI)), this.bits, value);
  }
  /** Moves index registers by one element, up or down by DF. */
  advance(...registers: number[]): void {
    const { b, bytes } = this;
    const size = b.form.addressSize;
    // 2 * bytes where DF is set, else 0.
    const log2 = Math.log2(2 * bytes);
    const back = b.and(b.shrU(b.get(32, S.FLAGS), DF_BIT - log2), 2 * bytes);
    const step = b.sub(b.i32(bytes), back);
    const delta: Int = size === 64 ? b.extendS(step) : step;
    for (const register of registers) b.setGpr(size, register, b.add(b.gpr(size, register), delta));
  }
}

/**
 * Runs one iteration under the repeat prefix. `iterate` returns, for CMPS and SCAS, whether the
 * elements were equal; REPE goes on while they are, REPNE while they are not.
 */
function repeated(
  b: Builder,
  iterate: (element: Element) => I32 | null,
  ending: () => void = () => {},
): void {
  const { repeat, addressSize } = b.form;
  const element = new Element(b);
  if (repeat === 'none') {
    iterate(element);
    ending();
    return;
  }
  const count = b.gpr(addressSize, S.RCX);
  b.if(b.ne(count, 0), () => {
    const equal = iterate(element);
    const left = b.sub(count, 1);
    b.setGpr(addressSize, S.RCX, left);
    const more = b.ne(left, 0);
    const wanted = equal && (repeat === 'rep' ? equal : b.eqz(equal));
    b.if(wanted ? b.and(more, wanted) : more, () => b.repeatInstruction(), ending);
  });
}

function moveString(element: Element): null {
  element.storeDestination(element.loadSource());
  element.advance(S.RSI, S.RDI);
  return null;
}

function compareStrings(element: Element): I32 {
  const { b, bits } = element;
  // The destination first: where both fault, processors report that one.
  const right = element.loadDestination();
  const left = element.loadSource();
  element.advance(S.RSI, S.RDI);
  b.flagsSub(bits, left, right, b.sub(left, right));
  return b.eq(left, right);
}

function scanString(element: Element): I32 {
  const { b, bits } = element;
  const left = b.readInt(0);
  const right = element.loadDestination();
  element.advance(S.RDI);
  b.flagsSub(bits, left, right, b.sub(left, right));
  return b.eq(left, right);
}

function loadString(element: Element): null {
  element.b.write(0, element.loadSource());
  element.advance(S.RSI);
  return null;
}

function storeString(element: Element): null {
  element.storeDestination(element.b.readInt(0));
  element.advance(S.RDI);
  return null;
}

/** The destination is known to be writable before the port is read. */
function inputString(element: Element): null {
  const { b, bits, bytes } = element;
  const port = b.gpr(16, S.RDX) as I32;
  const reference = b.segmentReference(S.ES, element.index(S.RDI));
  const address = b.linear(reference, bytes, 'write');
  b.loadLinear(bits, address, 'write');
  b.storeLinear(bits, address, b.call(portIn, port, b.i32(bytes)) as I32);
  element.advance(S.RDI);
  return null;
}

function outputString(element: Element): null {
  const { b, bytes } = element;
  const port = b.gpr(16, S.RDX) as I32;
  const value = element.loadSource();
  b.call(portOut, port, b.i32(bytes), value);
  element.advance(S.RSI);
  return null;
}

/** INS and OUTS: the port is checked even where the count is zero. */
function transfer(b: Builder, iterate: (element: Element) => null): void {
  requireIoPermission(b, b.gpr(16, S.RDX) as I32, b.bits(0) / 8);
  repeated(b, iterate, () => b.endBlock());
}

export const stringMeanings: readonly Meaning[] = [
  { mnemonic: 'MOVS', build: (b) => repeated(b, moveString) },
  { mnemonic: 'CMPS', build: (b) => repeated(b, compareStrings) },
  { mnemonic: 'SCAS', build: (b) => repeated(b, scanString) },
  { mnemonic: 'LODS', build: (b) => repeated(b, loadString) },
  { mnemonic: 'STOS', build: (b) => repeated(b, storeString) },
  { mnemonic: 'INS', build: (b) => transfer(b, inputString) },
  { mnemonic: 'OUTS', build: (b) => transfer(b, outputString) },
];
