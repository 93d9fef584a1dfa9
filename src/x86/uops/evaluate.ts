// The reference evaluator: runs the micro-operations of one instruction exactly as ir.ts defines
// them, slowly and plainly. Other engines are measured against it.
//
// Values: i32 is a number (signed 32 bits), i64 a bigint (signed 64 bits), f32 and f64 numbers,
// v128 a Uint8Array of 16 bytes that nobody changes once it is made.
import { breakpointsArmed, dataBreakpoints } from '../control/debug-registers.ts';
import type { Fields, Instruction } from '../decode/instruction.ts';
import { AC, GP, GuestFault, SS } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import { CR0_AM } from '../state/control-bits.ts';
import { FLAG_AC } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { conditionHolds, setArithmeticFlags } from './flags.ts';
import type { AccessBits, I64, Location, Uop, Value } from './ir.ts';
import { bytesOfScalar, evaluateBinary, evaluateUnary, type RuntimeValue } from './operators.ts';
import { type Routine, routineBody } from './routine.ts';
import { segmentLinear } from './segment.ts';
import { evaluateSimd } from './simd-evaluate.ts';

/**
 * How an instruction ended. RIP in the state is already where execution continues:
 * the next instruction, the target of a jump or taken branch, or (repeat) the same instruction.
 */
export type Ending = 'next' | 'jump' | 'branch' | 'repeat' | 'endBlock';

const CANONICAL = 2 ** 47;

export class Evaluator {
  readonly #cpu: Cpu;
  readonly #values: RuntimeValue[] = [];
  readonly #variables: RuntimeValue[] = [];
  #inner: Evaluator | null = null;
  #instruction!: Instruction;
  #current = 0;
  #next = 0;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  /**
   * Runs one instruction that lies at RIP of the state. Throws GuestFault where it faults: RIP is then
   * that of the next instruction, and nothing else has changed.
   */
  run(uops: readonly Uop[], instruction: Instruction): Ending {
    const state = this.#cpu.state;
    this.#instruction = instruction;
    this.#current = state.rip;
    const sum = this.#current + instruction.length;
    this.#next = instruction.form.mode.bits === 64 ? sum : sum >>> 0;
    state.rip = this.#next;
    return this.#block(uops) ?? 'next';
  }

  #int32(value: Value): number {
    return this.#values[value.id] as number;
  }
  #int64(value: Value): bigint {
    return this.#values[value.id] as bigint;
  }

  #block(uops: readonly Uop[]): Ending | null {
    for (const uop of uops) {
      const ending = this.#step(uop);
      if (ending !== null) return ending;
    }
    return null;
  }

  #step(uop: Uop): Ending | null {
    const values = this.#values;
    const state = this.#cpu.state;
    switch (uop.op) {
      case 'const':
        values[uop.result.id] = uop.value;
        return null;
      case 'field':
        values[uop.result.id] = this.#field(uop.field);
        return null;
      case 'get':
        values[uop.result.id] = this.#get(uop.result, uop.bits, this.#offset(uop.location));
        return null;
      case 'set':
        this.#set(uop.bits, this.#offset(uop.location), uop.value);
        return null;
      case 'linear': {
        const offset = Number(BigInt.asUintN(32, this.#int64(uop.offset)));
        const record = this.#offset(uop.segment);
        values[uop.result.id] = BigInt(
          segmentLinear(state, record, offset, uop.bytes, uop.access, uop.stack),
        );
        return null;
      }
      case 'load':
        values[uop.result.id] = this.#load(uop.result, uop.bits, uop.address, uop.intent, uop.stack);
        this.#watch(uop.address, uop.bits / 8, 'read');
        return null;
      case 'store':
        this.#store(uop.bits, uop.address, uop.value, uop.stack);
        this.#watch(uop.address, uop.bits / 8, 'write');
        return null;
      case 'binary':
        values[uop.result.id] = evaluateBinary(
          uop.operator,
          uop.a.type,
          values[uop.a.id]!,
          values[uop.b.id]!,
        );
        return null;
      case 'unary':
        values[uop.result.id] = evaluateUnary(uop.operator, uop.a.type, values[uop.a.id]!);
        return null;
      case 'simd':
        values[uop.result.id] = evaluateSimd(
          uop.name,
          uop.args.map((value) => values[value.id]!),
          uop.lane ?? 0,
          uop.lanes ?? [],
        );
        return null;
      case 'select':
        values[uop.result.id] = values[(this.#int32(uop.condition) ? uop.a : uop.b).id]!;
        return null;
      case 'variable':
      case 'setVariable':
        this.#variables[uop.variable] = values[uop.value.id]!;
        return null;
      case 'getVariable':
        values[uop.result.id] = this.#variables[uop.variable]!;
        return null;
      case 'if':
        return this.#block(this.#int32(uop.condition) ? uop.then : uop.else);
      case 'loop':
        do {
          const ending = this.#block(uop.body);
          if (ending !== null) return ending;
        } while (this.#int32(uop.condition));
        return null;
      case 'flagsArith':
        setArithmeticFlags(
          state,
          uop.kind,
          uop.bits,
          BigInt(values[uop.result.id] as number | bigint),
          uop.a ? BigInt(values[uop.a.id] as number | bigint) : 0n,
          uop.b ? BigInt(values[uop.b.id] as number | bigint) : 0n,
          uop.keepCarry,
        );
        return null;
      case 'flagsSet':
        state.statusFlags = (state.statusFlags & ~uop.mask) | (this.#int32(uop.value) & uop.mask);
        return null;
      case 'flagsGet':
        values[uop.result.id] = state.statusFlags & uop.mask;
        return null;
      case 'condition':
        values[uop.result.id] = conditionHolds(uop.code, state.statusFlags) ? 1 : 0;
        return null;
      case 'faultIf':
        if (this.#int32(uop.condition)) {
          throw new GuestFault(this.#int32(uop.vector), uop.errorCode ? this.#int32(uop.errorCode) : -1);
        }
        return null;
      case 'call': {
        const result: RuntimeValue | undefined = uop.helper.run(
          this.#cpu,
          ...uop.args.map((value) => values[value.id]!),
        );
        if (uop.result) values[uop.result.id] = normalize(uop.result, result!);
        return null;
      }
      case 'routine':
        values[uop.result.id] = this.#routine(
          uop.routine,
          uop.args.map((value) => values[value.id]!),
        );
        return null;
      case 'getIndexed':
        values[uop.result.id] = this.#get(uop.result, uop.bits, uop.offset + this.#int32(uop.index));
        return null;
      case 'setIndexed':
        this.#set(uop.bits, uop.offset + this.#int32(uop.index), uop.value);
        return null;
      case 'rip':
        values[uop.result.id] = BigInt(uop.which === 'current' ? this.#current : this.#next);
        return null;
      case 'branch':
        if (uop.condition && !this.#int32(uop.condition)) return null;
        state.rip = this.#branchTarget(uop.bits);
        return 'branch';
      case 'jump':
        state.set64(L.RIP, this.#int64(uop.target));
        return 'jump';
      case 'repeat':
        state.rip = this.#current;
        return 'repeat';
      case 'endBlock':
        return 'endBlock';
      case 'userPages':
        // Every access asks the state for itself.
        return null;
    }
  }

  /** A routine numbers its values for itself, so another evaluator runs it. */
  #routine(routine: Routine, args: readonly RuntimeValue[]): RuntimeValue {
    this.#inner ??= new Evaluator(this.#cpu);
    const { body, parameters, result } = routineBody(routine);
    parameters.forEach((value, i) => {
      this.#inner!.#values[value.id] = args[i]!;
    });
    this.#inner.#block(body);
    return this.#inner.#values[result.id]!;
  }

  #field(field: Extract<Uop, { op: 'field' }>['field']): RuntimeValue {
    if (field === 'imm') return this.#instruction.imm;
    if (field === 'disp') return BigInt(this.#instruction.disp);
    return this.#instruction[field] | 0;
  }

  #offset(location: Location): number {
    if (location.kind === 'state') return location.offset;
    return (this.#instruction as Fields)[location.field] + location.displacement;
  }

  #get(result: Value, bits: AccessBits, at: number): RuntimeValue {
    const { view, u8 } = this.#cpu.state;
    if (bits === 128) return u8.slice(at, at + 16);
    if (bits === 64) return view.getBigInt64(at, true);
    const value =
      bits === 8 ? view.getUint8(at) : bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
    return result.type === 'i64' ? BigInt(value) : value | 0;
  }

  #set(bits: AccessBits, at: number, value: Value): void {
    const { view, u8 } = this.#cpu.state;
    if (value.type === 'i32' && bits <= 32) {
      const number = this.#int32(value);
      if (bits === 8) view.setUint8(at, number);
      else if (bits === 16) view.setUint16(at, number, true);
      else view.setInt32(at, number, true);
    } else {
      u8.set(bytesOfScalar(value.type, this.#values[value.id]!).subarray(0, bits / 8), at);
    }
  }

  /** A linear address that memory will accept or refuse; a non-canonical stack address faults here, with #SS. */
  #address(address: I64, bytes: number, stack: boolean): number {
    const linear = Number(this.#int64(address));
    if (stack && this.#instruction.form.mode.bits === 64) {
      if (linear < -CANONICAL || linear + bytes > CANONICAL) throw new GuestFault(SS, 0);
    }
    return linear;
  }

  /** #AC before the page faults of a write that is announced by a read; otherwise up to 64 bits memory sees to it. */
  #checkAlignment(linear: number, bytes: number): void {
    const { state } = this.#cpu;
    if ((linear & (bytes - 1)) === 0 || state.cpl !== 3) return;
    if ((state.cr0 & CR0_AM) === 0 || (state.u32[L.FLAGS >> 2]! & FLAG_AC) === 0) return;
    if (linear >= -CANONICAL && linear + bytes <= CANONICAL) throw new GuestFault(AC, 0);
  }

  /** A data breakpoint that the access meets is due after the instruction. */
  #watch(address: I64, bytes: number, access: 'read' | 'write'): void {
    const { state } = this.#cpu;
    if (breakpointsArmed(state) === 0) return;
    state.u32[L.DEBUG_PENDING >> 2]! |= dataBreakpoints(state, Number(this.#int64(address)), bytes, access);
  }

  #load(
    result: Value,
    bits: AccessBits,
    address: I64,
    intent: 'read' | 'write',
    stack: boolean,
  ): RuntimeValue {
    const memory = this.#cpu.memory;
    const linear = this.#address(address, bits / 8, stack);
    if (intent === 'write' || bits === 128) this.#checkAlignment(linear, bits / 8);
    if (intent === 'write') memory.probeWrite(linear, bits / 8);
    if (bits === 128) {
      const bytes = new Uint8Array(16);
      memory.readBytes(linear, bytes);
      return bytes;
    }
    if (bits === 64) return BigInt.asIntN(64, memory.read64(linear));
    const value =
      bits === 8 ? memory.read8(linear) : bits === 16 ? memory.read16(linear) : memory.read32(linear);
    return result.type === 'i64' ? BigInt(value) : value | 0;
  }

  #store(bits: AccessBits, address: I64, value: Value, stack: boolean): void {
    const memory = this.#cpu.memory;
    const linear = this.#address(address, bits / 8, stack);
    const content = this.#values[value.id]!;
    if (value.type === 'i32' && bits <= 32) {
      const number = content as number;
      if (bits === 8) memory.write8(linear, number & 0xff);
      else if (bits === 16) memory.write16(linear, number & 0xffff);
      else memory.write32(linear, number >>> 0);
      return;
    }
    const bytes = bytesOfScalar(value.type, content);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (bits === 128) {
      this.#checkAlignment(linear, 16);
      memory.writeBytes(linear, bytes);
    } else if (bits === 64) memory.write64(linear, view.getBigUint64(0, true));
    else if (bits === 32) memory.write32(linear, view.getUint32(0, true));
    else if (bits === 16) memory.write16(linear, view.getUint16(0, true));
    else memory.write8(linear, view.getUint8(0));
  }

  #branchTarget(bits: 16 | 32 | 64): number {
    const state = this.#cpu.state;
    const sum = this.#next + Number(this.#instruction.imm);
    if (bits === 64) {
      if (sum < -CANONICAL || sum >= CANONICAL) throw new GuestFault(GP, 0);
      return sum;
    }
    const target = bits === 32 ? sum >>> 0 : sum & 0xffff;
    if (!this.#instruction.form.mode.flatCs && target > state.segments[L.CS]!.limit) {
      throw new GuestFault(GP, 0);
    }
    return target;
  }
}

/** A helper's result in the form of its type, whatever sign it was returned with. */
function normalize(value: Value, result: RuntimeValue): RuntimeValue {
  if (value.type === 'i32') return (result as number) | 0;
  if (value.type === 'i64') return BigInt.asIntN(64, result as bigint);
  return result;
}
