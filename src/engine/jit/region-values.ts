// Values in a region: registers live in locals, and what is computed once and used once is computed
// where it is used, so that the wasm is an expression and not a list of assignments (the baseline
// compiler makes better code of it, and there is less of it).
//
// A value is one of: a constant; a view of a register's local (good until the register is written);
// an operation put off; a local of its own. Before a register or the flags change, whatever still has
// to be read from the old ones is computed into locals.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { ValueType as WasmType } from '../../wasm/types.ts';
import type { Location, Uop, Value, ValueType } from '../../x86/uops/ir.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import { stateLoad, storeOp } from '../soft/lower-memory.ts';
import { Lowering, type PureUop } from '../soft/lowering.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import { registerAt } from './registers.ts';

type Constant = Uop & { op: 'const' };
/** What may be put off: reads of registers and flags, and operations on values. */
type Postponed = PureUop | (Uop & { op: 'get' | 'condition' | 'flagsGet' });

interface Slot {
  readonly id: number;
  readonly type: ValueType;
  constant: Constant | null;
  postponed: Postponed | null;
  /** Registers on whose present content it depends, and whether on the flags. */
  registers: number;
  flags: boolean;
  local: number;
  /** Depth of loops inside the instruction at which its local was taken; -1 while it has none. */
  loopDepth: number;
}

export abstract class RegionValues extends Lowering {
  /** 64-bit code: general registers are i64 locals, otherwise i32. */
  protected readonly wide: boolean;
  /** Local of each register that the region touches. */
  protected readonly registerLocals = new Map<number, number>();
  #slots: Slot[] = [];
  /** Uses of every value that are to come, and all of them. */
  #uses: Uint16Array = new Uint16Array(0);
  #counted: Uint16Array = this.#uses;
  /** Value -> general register that it is an address by. */
  #bases: (number | undefined)[] = [];
  #postponed: Slot[] = [];
  #taken: Slot[] = [];
  protected loopDepth = 0;

  constructor(f: FunctionBuilder, core: CoreFunctions, wide: boolean) {
    super(f, core);
    this.wide = wide;
  }

  /** Pushes the condition, or the flags in the mask, that a postponed reader asks for. */
  protected abstract pushFlags(uop: Uop & { op: 'condition' | 'flagsGet' }): void;

  // ---- an instruction's values ----

  protected beginInstruction({ uses }: Pick<InstructionFacts, 'uses'>): void {
    this.endInstruction();
    this.#uses = uses.slice();
    this.#counted = uses;
    this.#bases = [];
    this.loopDepth = 0;
  }
  protected endInstruction(): void {
    for (const slot of this.#taken) if (slot.loopDepth >= 0) this.f.release(slot.local);
    this.#slots = [];
    this.#postponed = [];
    this.#taken = [];
  }
  /** Somebody who was counted as a user will not push the value. */
  protected forgo(value: Value | null): void {
    if (value && this.#uses[value.id]! > 0) this.#uses[value.id]!--;
  }
  /** The value will be pushed more often than it was counted. */
  protected keep(value: Value): void {
    this.#uses[value.id]! += 100;
  }
  protected constantOf(value: Value): number | bigint | Uint8Array | undefined {
    return this.#slots[value.id]?.constant?.value;
  }

  /** More than one operation of the instruction asks for it. */
  protected isShared(value: Value): boolean {
    return this.#counted[value.id]! > 1;
  }

  #slot(value: Value): Slot {
    const slot: Slot = {
      id: value.id,
      type: value.type,
      constant: null,
      postponed: null,
      registers: 0,
      flags: false,
      local: -1,
      loopDepth: -1,
    };
    this.#slots[value.id] = slot;
    return slot;
  }
  #of(value: Value): Slot {
    const slot = this.#slots[value.id];
    if (!slot) throw new Error(`value ${value.id} is used before it is defined`);
    return slot;
  }

  /** Pops the top of the stack into the value. */
  override define(value: Value): void {
    if (this.#uses[value.id] === 0) {
      this.f.op('drop');
      return;
    }
    this.#take(this.#slot(value));
  }
  #take(slot: Slot): void {
    slot.local = this.f.scratch(slot.type as WasmType);
    slot.loopDepth = this.loopDepth;
    slot.postponed = null;
    slot.registers = 0;
    slot.flags = false;
    this.#taken.push(slot);
    this.f.localSet(slot.local);
  }

  override push(value: Value): void {
    const slot = this.#of(value);
    if (this.#uses[value.id]! > 0) this.#uses[value.id]!--;
    if (slot.constant) this.#pushConstant(slot.type, slot.constant.value);
    else if (slot.postponed) this.#pushPostponed(slot.postponed);
    else {
      this.f.localGet(slot.local);
      this.#freeUnused(slot);
    }
  }
  #freeUnused(slot: Slot): void {
    if (this.#uses[slot.id] !== 0 || slot.loopDepth !== this.loopDepth) return;
    this.f.release(slot.local);
    slot.loopDepth = -1;
  }
  #pushConstant(type: ValueType, value: number | bigint | Uint8Array): void {
    const { f } = this;
    if (type === 'i32') f.i32Const(Number(value));
    else if (type === 'i64') f.i64Const(value as bigint);
    else if (type === 'f32') f.f32Const(Number(value));
    else if (type === 'f64') f.f64Const(Number(value));
    else f.v128Const(value as Uint8Array);
  }
  #pushPostponed(uop: Postponed): void {
    if (uop.op === 'get') this.#pushRegister(uop);
    else if (uop.op === 'unary' && this.#pushLane(uop)) return;
    else if (uop.op === 'condition' || uop.op === 'flagsGet') this.pushFlags(uop);
    else this.pushResult(uop);
  }

  /**
   * The value in a local, its own or a register's where it is the whole of one: good until `release`, which must be called,
   * and while no register is written. It counts as one use.
   */
  protected localOf(value: Value): { readonly local: number; readonly release: () => void } {
    const slot = this.#of(value);
    if (slot.postponed?.op === 'get' && this.#isWhole(slot.postponed)) {
      this.forgo(value);
      return {
        local: this.registerLocals.get(registerAt(offsetOf(slot.postponed.location)))!,
        release: () => {},
      };
    }
    if (slot.local >= 0) {
      const release = () => {
        this.forgo(value);
        this.#freeUnused(slot);
      };
      return { local: slot.local, release };
    }
    const local = this.f.scratch(value.type as WasmType);
    this.push(value);
    this.f.localSet(local);
    return { local, release: () => this.f.release(local) };
  }
  /** Pushes the low 32 bits of an i64 value, without computing the upper half where that can be avoided. */
  protected pushLow(value: Value): void {
    const { f } = this;
    if (value.type === 'i32') {
      this.push(value);
      return;
    }
    const slot = this.#of(value);
    if (slot.constant) {
      this.forgo(value);
      f.i32Const(Number(BigInt.asIntN(32, slot.constant.value as bigint)));
      return;
    }
    const uop = slot.postponed;
    if (uop?.op === 'unary' && (uop.operator === 'extend_u' || uop.operator === 'extend_s')) {
      this.forgo(value);
      this.push(uop.a);
      return;
    }
    if (uop?.op === 'binary' && LOW_OPERATORS.has(uop.operator)) {
      this.forgo(value);
      if (uop.operator === 'and' && this.constantOf(uop.b) === 0xffff_ffffn) {
        this.forgo(uop.b);
        this.pushLow(uop.a);
        return;
      }
      this.pushLow(uop.a);
      this.pushLow(uop.b);
      f.op(`i32.${uop.operator}` as 'i32.add');
      return;
    }
    this.push(value);
    f.op('i32.wrap_i64');
  }

  // ---- registers ----

  #isWhole(uop: Uop & { op: 'get' }): boolean {
    const register = registerAt(offsetOf(uop.location));
    if (register < 0) return false;
    return (
      uop.bits === (register >= 16 ? 128 : this.wide ? 64 : 32) &&
      (uop.result.type !== 'i32') === (register >= 16 || this.wide)
    );
  }
  #pushRegister(uop: Uop & { op: 'get' }): void {
    const { f } = this;
    const offset = offsetOf(uop.location);
    const register = registerAt(offset);
    const local = this.registerLocals.get(register)!;
    const { bits } = uop;
    f.localGet(local);
    if (register >= 16) {
      const byte = offset & 15;
      if (bits === 64) f.lane('i64x2.extract_lane', byte >> 3);
      else if (bits === 32) f.lane('i32x4.extract_lane', byte >> 2);
      else if (bits === 16) f.lane('i16x8.extract_lane_u', byte >> 1);
      else if (bits === 8) f.lane('i8x16.extract_lane_u', byte);
      if (bits < 64 && uop.result.type === 'i64') f.op('i64.extend_i32_u');
      return;
    }
    const byte = offset & 7;
    if (bits === 64) return;
    if (this.wide) f.op('i32.wrap_i64');
    if (byte === 1) {
      f.i32Const(8);
      f.op('i32.shr_u');
    } else if (byte !== 0) throw new Error('part of a register that no instruction names');
    if (bits === 8) {
      f.i32Const(0xff);
      f.op('i32.and');
    } else if (bits === 16) {
      f.i32Const(0xffff);
      f.op('i32.and');
    }
    if (uop.result.type === 'i64') f.op('i64.extend_i32_u');
  }
  /** A float out of an XMM register's local, not by way of an integer; false where the operation is something else. */
  #pushLane(uop: Uop & { op: 'unary' }): boolean {
    const bits = uop.operator === 'bits_to_f64' ? 64 : uop.operator === 'bits_to_f32' ? 32 : 0;
    const source = this.#slots[uop.a.id]?.postponed;
    if (source?.op !== 'get' || source.bits !== bits) return false;
    const offset = offsetOf(source.location);
    const register = registerAt(offset);
    if (register < 16) return false;
    this.forgo(uop.a);
    this.f.localGet(this.registerLocals.get(register)!);
    if (bits === 64) this.f.lane('f64x2.extract_lane', (offset & 15) >> 3);
    else this.f.lane('f32x4.extract_lane', (offset & 15) >> 2);
    return true;
  }
  /** Likewise into one, over the vector on the stack. */
  #replaceLane(value: Value, bits: number, byte: number): boolean {
    const source = this.#slots[value.id]?.postponed;
    if (source?.op !== 'unary') return false;
    const { operator, a } = source;
    if (operator === 'f64_to_bits' && bits === 64) {
      this.forgo(value);
      this.push(a);
      this.f.lane('f64x2.replace_lane', byte >> 3);
      return true;
    }
    if (operator !== 'f32_to_bits' || bits !== 32) return false;
    this.forgo(value);
    this.push(a);
    this.f.lane('f32x4.replace_lane', byte >> 2);
    return true;
  }
  #writeRegister(uop: Uop & { op: 'set' }): void {
    const { f } = this;
    const offset = offsetOf(uop.location);
    const register = registerAt(offset);
    const local = this.registerLocals.get(register)!;
    const { bits, value } = uop;
    if (register >= 16) {
      const byte = offset & 15;
      if (bits < 128) f.localGet(local);
      const replaced = this.#replaceLane(value, bits, byte);
      if (!replaced) {
        if (bits < 64 && value.type === 'i64') this.pushLow(value);
        else this.push(value);
      }
      if (replaced) {
        // The lane is a float's.
      } else if (bits === 64) f.lane('i64x2.replace_lane', byte >> 3);
      else if (bits === 32) f.lane('i32x4.replace_lane', byte >> 2);
      else if (bits === 16) f.lane('i16x8.replace_lane', byte >> 1);
      else if (bits === 8) f.lane('i8x16.replace_lane', byte);
    } else if (bits === 64) {
      if (this.wide) this.push(value);
      else this.pushLow(value);
    } else if (bits === 32 && !this.wide) {
      this.pushLow(value);
    } else {
      // Part of the register: the rest stays.
      const type = this.wide ? 'i64' : 'i32';
      const shift = (offset & 7) * 8;
      const mask = bits === 32 ? 0xffff_ffff : (1 << bits) - 1;
      const constant = (number: bigint) => {
        if (this.wide) f.i64Const(number);
        else f.i32Const(Number(BigInt.asIntN(32, number)));
      };
      f.localGet(local);
      constant(~(BigInt(mask) << BigInt(shift)));
      f.op(`${type}.and`);
      this.pushLow(value);
      if (bits !== 32) {
        f.i32Const(mask);
        f.op('i32.and');
      }
      if (this.wide) f.op('i64.extend_i32_u');
      if (shift) {
        constant(BigInt(shift));
        f.op(`${type}.shl`);
      }
      f.op(`${type}.or`);
    }
    this.settle(1 << register, false);
    f.localSet(local);
  }

  /** Computes into locals what still has to be read from these registers, or from the flags, as they are now. */
  protected settle(registers: number, flags: boolean): void {
    if (this.#postponed.length === 0) return;
    const rest: Slot[] = [];
    for (const slot of this.#postponed) {
      if (slot.postponed === null || this.#uses[slot.id] === 0) continue;
      if ((slot.registers & registers) === 0 && !(flags && slot.flags)) {
        rest.push(slot);
        continue;
      }
      this.#pushPostponed(slot.postponed);
      this.#take(slot);
    }
    this.#postponed = rest;
  }

  /** Puts an operation off; false where it has to be done now. */
  #postpone(uop: Postponed): boolean {
    const { result } = uop;
    let registers = 0;
    let flags = false;
    const uses = this.#uses[result.id]!;
    switch (uop.op) {
      case 'get': {
        const register = registerAt(offsetOf(uop.location));
        if (register < 0) return false;
        registers = 1 << register;
        break;
      }
      case 'condition':
      case 'flagsGet':
        if (uses > 1) return false;
        flags = true;
        break;
      default: {
        if (uses > 1) return false;
        const operands =
          uop.op === 'unary'
            ? [uop.a]
            : uop.op === 'binary'
              ? [uop.a, uop.b]
              : uop.op === 'select'
                ? [uop.a, uop.b, uop.condition]
                : uop.args;
        for (const operand of operands) {
          const slot = this.#of(operand);
          registers |= slot.registers;
          flags ||= slot.flags;
        }
      }
    }
    if (uses === 0) {
      this.#slot(result);
      return true;
    }
    const slot = this.#slot(result);
    slot.postponed = uop;
    slot.registers = registers;
    slot.flags = flags;
    this.#postponed.push(slot);
    return true;
  }

  /** Number of the general register on which an address is based, or -1. */
  protected baseOf(address: Value): number {
    return this.#bases[address.id] ?? -1;
  }
  /** The displacement of an address without a base register, as far as one is known: its low 32 bits. */
  protected displacementOf(address: Value): number {
    const slot = this.#slots[address.id];
    if (slot?.constant) return Number(BigInt.asIntN(32, BigInt(slot.constant.value as bigint | number)));
    const uop = slot?.postponed;
    if (uop?.op === 'unary') return this.displacementOf(uop.a);
    return uop?.op === 'binary' ? this.displacementOf(uop.b) : 0;
  }
  #noteBase(uop: Uop): void {
    if (uop.op === 'get') {
      const register = registerAt(offsetOf(uop.location));
      if (register >= 0 && register < 16) this.#bases[uop.result.id] = register;
    } else if (uop.op === 'unary') {
      const base = this.#bases[uop.a.id];
      if (base !== undefined) this.#bases[uop.result.id] = base;
    } else if (uop.op === 'binary' && BASED.has(uop.operator)) {
      const base = this.#bases[uop.a.id] ?? this.#bases[uop.b.id];
      if (base !== undefined) this.#bases[uop.result.id] = base;
    }
  }

  override lower(uop: Uop): void {
    this.#noteBase(uop);
    switch (uop.op) {
      case 'const':
        this.#slot(uop.result).constant = uop;
        return;
      case 'get':
        if (this.#postpone(uop)) return;
        this.f.i32Const(0);
        this.f.load(stateLoad(uop.bits), offsetOf(uop.location));
        if (uop.bits < 64 && uop.result.type === 'i64') this.f.op('i64.extend_i32_u');
        this.define(uop.result);
        return;
      case 'set':
        if (registerAt(offsetOf(uop.location)) >= 0) {
          this.#writeRegister(uop);
          return;
        }
        this.f.i32Const(0);
        this.push(uop.value);
        this.f.store(storeOp(uop.bits, uop.value.type), offsetOf(uop.location));
        return;
      case 'binary':
      case 'unary':
      case 'simd':
      case 'select':
      case 'condition':
      case 'flagsGet':
        if (this.#postpone(uop)) return;
        this.#pushPostponed(uop);
        this.define(uop.result);
        return;
      default:
        super.lower(uop);
    }
  }
}

/** Operations whose result is an address by the same register as their first operand that is one. */
const BASED = new Set(['add', 'sub', 'and']);
const LOW_OPERATORS = new Set(['add', 'sub', 'mul', 'and', 'or', 'xor']);

export function offsetOf(location: Location): number {
  if (location.kind !== 'state') throw new Error('a micro-operation was not specialized');
  return location.offset;
}
