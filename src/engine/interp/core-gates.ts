// Entering the handler of an exception or interrupt as systems set them up, as a function of the core module: through an
// interrupt or trap gate of 64 bits in long mode, of 32 bits outside it, to flat code of level 0 in the GDT, on the same stack
// or one of the TSS. Every page that is needed must be in the supervisor's TLB, and the frame must lie in one page. For
// everything else it gives 0 with nothing changed, and x86/exceptions does it, of which this is a copy for speed.
//
//   gate of 64 bits   127..96 reserved  95..32+16 offset 63:16  47 P 46..45 DPL 44..40 type 34..32 IST  31..16 selector  15..0 offset 15:0
import type { FunctionBuilder } from '../../wasm/function.ts';
import {
  MODE_FLAT_CS,
  MODE_FLAT_DS,
  MODE_FLAT_ES,
  MODE_FLAT_SS,
  MODE_KEY_64,
} from '../../x86/decode/mode.ts';
import {
  CODE_32,
  CODE_32_DESCRIPTOR,
  CODE_64,
  CODE_64_DESCRIPTOR,
  DATA_32,
  DATA_32_DESCRIPTOR,
  MODE_32_BITS,
} from '../../x86/semantics/system/flat-segments.ts';
import * as C from '../../x86/state/control-bits.ts';
import { FLAG_IF, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VM, FLAGS_STATUS } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { emitEntryOffset } from '../soft/tlb-offset.ts';

const segment = (number: number, field: number): number => S.SEGMENT + number * S.SEGMENT_SIZE + field;
const RSP = S.GPR + 8 * S.RSP;
const LOW32 = 0xffff_ffffn;
const TABLE_INDICATOR = 4;
const STACK_32 = 1 << 2;
const STACK_SIZE = 3 << 2;

// Parameters.
const VECTOR = 0;
const ERROR = 1;
const SOFTWARE = 2;

/** The body of enterGate: (vector, error code or -1, whether INT n and its like) -> 1 when the handler has been entered. */
export function emitEnterGate(f: FunctionBuilder, flagsGet: number): void {
  const g = new Gate(f, flagsGet);
  g.get(S.FLAGS);
  f.i32Const(FLAG_VM);
  f.op('i32.and');
  g.get(S.MODE);
  f.i32Const(MODE_32_BITS & ~5);
  f.op('i32.and');
  f.op('i32.eqz');
  f.op('i32.or');
  g.refuse();
  g.get(S.CPL);
  f.localSet(g.cpl);
  // The table of the processor's own accesses.
  f.i32Const(E.TLB_SUPERVISOR);
  f.i32Const(E.TLB_SUPERVISOR_AC);
  g.get(S.CR4);
  f.i32Const(C.CR4_SMAP);
  f.op('i32.and');
  f.op('select');
  f.localSet(g.table);
  g.get(S.EFER);
  f.i32Const(C.EFER_LMA);
  f.op('i32.and');
  f.if_('i32');
  g.enter64();
  f.else_();
  g.enter32();
  f.end();
}

/** INT n. What is emitted next is done if the handler has been entered: the caller closes the condition. */
export function emitSoftwareInterrupt(f: FunctionBuilder, enterGate: number, pushVector: () => void): void {
  pushVector();
  f.i32Const(0xff);
  f.op('i32.and');
  f.i32Const(-1);
  f.i32Const(1);
  f.call(enterGate);
  f.if_(undefined, 'likely');
  // A single step does not trap in the handler.
  f.i32Const(0);
  f.i32Const(1);
  f.store('i32.store', S.STEP_SUPPRESSED);
}

class Gate {
  readonly f: FunctionBuilder;
  readonly #flagsGet: number;
  readonly cpl: number;
  readonly table: number;
  readonly #address: number;
  readonly #host: number;
  /** The gate's first 64 bits, and their upper half. */
  readonly #gate: number;
  readonly #high: number;
  readonly #target: number;
  readonly #pointer: number;
  readonly #bottom: number;
  readonly #selector: number;
  readonly #stackSelector: number;

  constructor(f: FunctionBuilder, flagsGet: number) {
    this.f = f;
    this.#flagsGet = flagsGet;
    this.cpl = f.local('i32');
    this.table = f.local('i32');
    this.#address = f.local('i64');
    this.#host = f.local('i32');
    this.#gate = f.local('i64');
    this.#high = f.local('i32');
    this.#target = f.local('i64');
    this.#pointer = f.local('i64');
    this.#bottom = f.local('i64');
    this.#selector = f.local('i32');
    this.#stackSelector = f.local('i32');
  }

  // ---- pieces ----

  get(offset: number): void {
    this.f.i32Const(0);
    this.f.load('i32.load', offset);
  }
  #get64(offset: number): void {
    this.f.i32Const(0);
    this.f.load('i64.load', offset);
  }
  #set(offset: number, push: () => void): void {
    this.f.i32Const(0);
    push();
    this.f.store('i32.store', offset);
  }
  #set64(offset: number, push: () => void): void {
    this.f.i32Const(0);
    push();
    this.f.store('i64.store', offset);
  }
  /** Pops a condition under which this is no usual case. */
  refuse(): void {
    const { f } = this;
    f.if_(undefined, 'unlikely');
    f.i32Const(0);
    f.op('return');
    f.end();
  }
  /** Finds the place of #address in memory 1, from where `bytes` lie in one page: #host. */
  #find(bytes: number, array: number, table = this.table): void {
    const { f } = this;
    f.localGet(this.#address);
    f.op('i32.wrap_i64');
    f.i32Const(0xfff);
    f.op('i32.and');
    f.i32Const(4096 - bytes);
    f.op('i32.gt_u');
    this.refuse();
    f.localGet(table);
    f.localGet(this.#address);
    f.op('i32.wrap_i64');
    emitEntryOffset(f);
    f.op('i32.add');
    f.localTee(this.#host);
    f.load('i64.load', array + E.TLB_TAG);
    f.localGet(this.#address);
    f.i64Const(-4096n);
    f.op('i64.and');
    f.op('i64.ne');
    this.refuse();
    f.localGet(this.#host);
    f.load('i32.load', array + E.TLB_ADDEND);
    f.localGet(this.#address);
    f.op('i32.wrap_i64');
    f.op('i32.add');
    f.localSet(this.#host);
  }
  /** The gate of the vector, `bytes` long, into #gate and #high; its type and rights are looked at. #host stays at it. */
  #readGate(bytes: 8 | 16): void {
    const { f } = this;
    f.localGet(VECTOR);
    f.i32Const(bytes);
    f.op('i32.mul');
    f.i32Const(bytes - 1);
    f.op('i32.add');
    this.get(S.IDTR_LIMIT);
    f.op('i32.gt_u');
    this.refuse();
    this.#get64(S.IDTR_BASE);
    f.localGet(VECTOR);
    f.i32Const(bytes);
    f.op('i32.mul');
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    if (bytes === 8) this.#cut();
    f.localSet(this.#address);
    this.#find(bytes, 0);
    f.localGet(this.#host);
    f.load('i64.load', 0, 1);
    f.localTee(this.#gate);
    f.i64Const(32);
    f.op('i64.shr_u');
    f.op('i32.wrap_i64');
    f.localTee(this.#high);
    // Present, of type 14 or 15.
    f.i32Const(0x9e00);
    f.op('i32.and');
    f.i32Const(0x8e00);
    f.op('i32.ne');
    f.localGet(SOFTWARE);
    f.localGet(this.#high);
    f.i32Const(13);
    f.op('i32.shr_u');
    f.i32Const(3);
    f.op('i32.and');
    f.localGet(this.cpl);
    f.op('i32.lt_u');
    f.op('i32.and');
    f.op('i32.or');
    this.refuse();
    f.localGet(this.#gate);
    f.op('i32.wrap_i64');
    f.i32Const(16);
    f.op('i32.shr_u');
    f.localSet(this.#selector);
  }
  /** i64 on the stack, cut to 32 bits. */
  #cut(): void {
    this.f.i64Const(LOW32);
    this.f.op('i64.and');
  }
  /** The selector in a local must name this descriptor of the GDT. */
  #requireDescriptor(selector: number, descriptor: bigint, wide: boolean): void {
    const { f } = this;
    f.localGet(selector);
    f.i32Const(0xfffc);
    f.op('i32.and');
    f.op('i32.eqz');
    f.localGet(selector);
    f.i32Const(TABLE_INDICATOR);
    f.op('i32.and');
    f.op('i32.or');
    f.localGet(selector);
    f.i32Const(7);
    f.op('i32.or');
    this.get(S.GDTR_LIMIT);
    f.op('i32.gt_u');
    f.op('i32.or');
    this.refuse();
    this.#get64(S.GDTR_BASE);
    f.localGet(selector);
    f.i32Const(0xfff8);
    f.op('i32.and');
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    if (!wide) this.#cut();
    f.localSet(this.#address);
    this.#find(8, 0);
    f.localGet(this.#host);
    f.load('i64.load', 0, 1);
    f.i64Const(descriptor);
    f.op('i64.ne');
    this.refuse();
  }
  /** #bottom so many bytes below #pointer, and eight or four more for an error code; #host is its place. */
  #makeRoom(push: () => void, unit: 4 | 8, table = this.table): void {
    const { f } = this;
    f.localGet(this.#pointer);
    push();
    f.i32Const(unit);
    f.i32Const(0);
    f.localGet(ERROR);
    f.i32Const(0);
    f.op('i32.ge_s');
    f.op('select');
    f.op('i32.add');
    f.op('i64.extend_i32_u');
    f.op('i64.sub');
    f.localTee(this.#bottom);
    f.localTee(this.#address);
    // In one page, which also keeps it from reaching below address 0.
    f.localGet(this.#pointer);
    f.i64Const(1);
    f.op('i64.sub');
    f.op('i64.xor');
    f.i64Const(12);
    f.op('i64.shr_u');
    f.i64Const(0);
    f.op('i64.ne');
    this.refuse();
    this.#find(1, E.TLB_WRITES, table);
    f.localGet(ERROR);
    f.i32Const(0);
    f.op('i32.ge_s');
    f.if_();
    f.localGet(this.#host);
    if (unit === 8) {
      f.localGet(ERROR);
      f.op('i64.extend_i32_u');
      f.store('i64.store', 0, 1);
    } else {
      f.localGet(ERROR);
      f.store('i32.store', 0, 1);
    }
    f.localGet(this.#host);
    f.i32Const(unit);
    f.op('i32.add');
    f.localSet(this.#host);
    f.end();
  }
  #store(index: number, unit: 4 | 8, push: () => void): void {
    const { f } = this;
    f.localGet(this.#host);
    push();
    f.store(unit === 8 ? 'i64.store' : 'i32.store', unit * index, 1);
  }
  #pushSelector(number: number, unit: 4 | 8): void {
    this.f.i32Const(0);
    this.f.load(unit === 8 ? 'i64.load32_u' : 'i32.load', segment(number, S.SEGMENT_SELECTOR));
  }
  /** RFLAGS, i32. */
  #pushFlags(): void {
    const { f } = this;
    this.get(S.FLAGS);
    f.i32Const(~FLAGS_STATUS);
    f.op('i32.and');
    f.i32Const(2);
    f.op('i32.or');
    f.call(this.#flagsGet);
    f.op('i32.or');
  }
  /** A flat segment register, or with a `limit` of 0 an unusable one. */
  #setSegment(
    number: number,
    pushSelector: () => void,
    attributes: number,
    limit: number,
    fast: number,
  ): void {
    const { f } = this;
    this.#set(segment(number, S.SEGMENT_SELECTOR), pushSelector);
    this.#set(segment(number, S.SEGMENT_ATTRIBUTES), () => f.i32Const(attributes));
    this.#set(segment(number, S.SEGMENT_LIMIT), () => f.i32Const(limit));
    this.#set(segment(number, S.SEGMENT_FAST), () => f.i32Const(fast));
    this.#set64(segment(number, S.SEGMENT_BASE), () => f.i64Const(0));
  }
  /** CS, RIP and the flags, for both kinds of gates. */
  #commitCode(attributes: number): void {
    const { f } = this;
    const selector = () => {
      f.localGet(this.#selector);
      f.i32Const(0xfffc);
      f.op('i32.and');
    };
    this.#setSegment(S.CS, selector, attributes, -1, S.SEGMENT_FAST_READ);
    this.#set64(S.RIP, () => f.localGet(this.#target));
    this.#set(S.FLAGS, () => {
      this.get(S.FLAGS);
      f.i32Const(~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM));
      f.i32Const(~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | FLAG_IF));
      f.localGet(this.#high);
      f.i32Const(0x100);
      f.op('i32.and');
      f.op('select');
      f.op('i32.and');
    });
    this.#set(S.CPL, () => f.i32Const(0));
  }

  // ---- the two kinds ----

  enter64(): void {
    const { f } = this;
    this.#readGate(16);
    // Offset 63:32, 31:16 and 15:0.
    f.localGet(this.#host);
    f.load('i64.load32_u', 8, 1);
    f.i64Const(32);
    f.op('i64.shl');
    f.localGet(this.#high);
    f.i32Const(-0x1_0000);
    f.op('i32.and');
    f.op('i64.extend_i32_u');
    f.op('i64.or');
    f.localGet(this.#gate);
    f.i64Const(0xffff);
    f.op('i64.and');
    f.op('i64.or');
    f.localTee(this.#target);
    f.localGet(this.#target);
    f.i64Const(16);
    f.op('i64.shl');
    f.i64Const(16);
    f.op('i64.shr_s');
    f.op('i64.ne');
    this.refuse();
    this.#requireDescriptor(this.#selector, CODE_64_DESCRIPTOR, true);
    this.#stack64();
    this.#makeRoom(() => f.i32Const(40), 8);
    this.#store(4, 8, () => this.#pushSelector(S.SS, 8));
    this.#store(3, 8, () => this.#get64(RSP));
    this.#store(2, 8, () => {
      this.#pushFlags();
      f.op('i64.extend_i32_u');
    });
    this.#store(1, 8, () => this.#pushSelector(S.CS, 8));
    this.#store(0, 8, () => this.#get64(S.RIP));

    this.#set64(RSP, () => f.localGet(this.#bottom));
    f.localGet(this.cpl);
    f.if_();
    this.#setSegment(S.SS, () => f.i32Const(0), C.SEGMENT_UNUSABLE, 0, 0);
    f.end();
    this.#set(S.MODE, () => f.i32Const(MODE_KEY_64));
    this.#commitCode(CODE_64);
    f.i32Const(1);
  }
  /** #pointer: RSP, or what the TSS has for the gate's IST or for level 0; aligned to 16 bytes. */
  #stack64(): void {
    const { f } = this;
    const offset = f.scratch('i32');
    this.#get64(RSP);
    f.localSet(this.#pointer);
    f.localGet(this.#high);
    f.i32Const(7);
    f.op('i32.and');
    f.localTee(offset);
    f.localGet(this.cpl);
    f.op('i32.or');
    f.if_();
    f.localGet(offset);
    f.i32Const(3);
    f.op('i32.shl');
    f.i32Const(0x1c);
    f.op('i32.add');
    f.i32Const(4);
    f.localGet(offset);
    f.op('select');
    f.localTee(offset);
    f.i32Const(7);
    f.op('i32.add');
    this.get(segment(S.TR, S.SEGMENT_LIMIT));
    f.op('i32.gt_u');
    this.refuse();
    this.#get64(segment(S.TR, S.SEGMENT_BASE));
    f.localGet(offset);
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    f.localSet(this.#address);
    this.#find(8, 0);
    f.localGet(this.#host);
    f.load('i64.load', 0, 1);
    f.localSet(this.#pointer);
    f.end();
    f.localGet(this.#pointer);
    f.i64Const(-16n);
    f.op('i64.and');
    f.localSet(this.#pointer);
    f.release(offset);
  }

  enter32(): void {
    const { f } = this;
    this.#readGate(8);
    f.localGet(this.#high);
    f.i32Const(-0x1_0000);
    f.op('i32.and');
    f.localGet(this.#gate);
    f.op('i32.wrap_i64');
    f.i32Const(0xffff);
    f.op('i32.and');
    f.op('i32.or');
    f.op('i64.extend_i32_u');
    f.localSet(this.#target);
    this.#requireDescriptor(this.#selector, CODE_32_DESCRIPTOR, false);
    const table = f.scratch('i32');
    f.localGet(this.table);
    f.localSet(table);
    f.localGet(this.cpl);
    f.if_();
    this.#stack32();
    f.else_();
    // On the same stack, which must be flat.
    this.get(S.MODE);
    f.i32Const(MODE_FLAT_SS | STACK_SIZE);
    f.op('i32.and');
    f.i32Const(MODE_FLAT_SS | STACK_32);
    f.op('i32.ne');
    this.refuse();
    f.i32Const(0);
    f.load('i64.load32_u', RSP);
    f.localSet(this.#pointer);
    this.get(E.TLB_TABLE);
    f.localSet(table);
    f.end();
    this.#makeRoom(
      () => {
        f.i32Const(20);
        f.i32Const(12);
        f.localGet(this.cpl);
        f.op('select');
      },
      4,
      table,
    );
    f.localGet(this.cpl);
    f.if_();
    this.#store(4, 4, () => this.#pushSelector(S.SS, 4));
    this.#store(3, 4, () => this.get(RSP));
    this.#setSegment(
      S.SS,
      () => f.localGet(this.#stackSelector),
      DATA_32,
      -1,
      S.SEGMENT_FAST_READ | S.SEGMENT_FAST_WRITE,
    );
    f.end();
    this.#store(2, 4, () => this.#pushFlags());
    this.#store(1, 4, () => this.#pushSelector(S.CS, 4));
    this.#store(0, 4, () => this.get(S.RIP));
    this.#set64(RSP, () => f.localGet(this.#bottom));
    this.#set(S.MODE, () => {
      this.get(S.MODE);
      f.i32Const(MODE_FLAT_DS | MODE_FLAT_ES);
      f.op('i32.and');
      f.i32Const(MODE_32_BITS | MODE_FLAT_CS | MODE_FLAT_SS);
      f.op('i32.or');
    });
    this.#commitCode(CODE_32);
    f.i32Const(1);
    f.release(table);
  }
  /** #pointer and #stackSelector: the stack of level 0 in a 32-bit TSS. */
  #stack32(): void {
    const { f } = this;
    this.get(segment(S.TR, S.SEGMENT_ATTRIBUTES));
    f.i32Const(8);
    f.op('i32.and');
    f.op('i32.eqz');
    this.get(segment(S.TR, S.SEGMENT_LIMIT));
    f.i32Const(4 + 5);
    f.op('i32.lt_u');
    f.op('i32.or');
    this.refuse();
    this.#get64(segment(S.TR, S.SEGMENT_BASE));
    f.i64Const(4);
    f.op('i64.add');
    this.#cut();
    f.localSet(this.#address);
    this.#find(6, 0);
    f.localGet(this.#host);
    f.load('i64.load32_u', 0, 1);
    f.localSet(this.#pointer);
    f.localGet(this.#host);
    f.load('i32.load16_u', 4, 1);
    f.localTee(this.#stackSelector);
    f.i32Const(3);
    f.op('i32.and');
    this.refuse();
    this.#requireDescriptor(this.#stackSelector, DATA_32_DESCRIPTOR, false);
  }
}
