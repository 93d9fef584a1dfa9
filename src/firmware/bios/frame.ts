// The registers of whoever called a BIOS service. At the trap the stack holds the service's number and ES, pushed by the
// stub, which pops ES again, and above them what INT pushed: IP, CS, FLAGS.
import type { Linear } from '../../base/addresses.ts';
import type { BiosCpu, BiosMemory } from './wires.ts';
import { DS, EAX, EBP, EBX, ECX, EDI, EDX, ES, ESI, ESP, SS } from './wires.ts';

const SERVICE = 0;
const SAVED_ES = 2;
const RETURN_IP = 4;
const RETURN_CS = 6;
const RETURN_FLAGS = 8;
const CARRY = 0x0001;
const ZERO = 0x0040;

export class BiosFrame {
  readonly cpu: BiosCpu;
  readonly memory: BiosMemory;

  constructor(cpu: BiosCpu, memory: BiosMemory) {
    this.cpu = cpu;
    this.memory = memory;
  }

  #stack(offset: number): Linear {
    return this.cpu.base(SS) + ((this.cpu.register(ESP) + offset) & 0xffff);
  }
  /** The number that the stub pushed. */
  get service(): number {
    return this.memory.read16(this.#stack(SERVICE)) & 0xff;
  }
  get flags(): number {
    return this.memory.read16(this.#stack(RETURN_FLAGS));
  }
  set flags(value: number) {
    this.memory.write16(this.#stack(RETURN_FLAGS), value);
  }
  /** CF that the caller finds after the call. */
  set carry(value: boolean) {
    this.flags = value ? this.flags | CARRY : this.flags & ~CARRY;
  }
  get zero(): boolean {
    return (this.flags & ZERO) !== 0;
  }
  /** ZF that the caller finds after the call. */
  set zero(value: boolean) {
    this.flags = value ? this.flags | ZERO : this.flags & ~ZERO;
  }

  get eax(): number {
    return this.cpu.register(EAX);
  }
  set eax(value: number) {
    this.cpu.setRegister(EAX, value);
  }
  get ebx(): number {
    return this.cpu.register(EBX);
  }
  set ebx(value: number) {
    this.cpu.setRegister(EBX, value);
  }
  get ecx(): number {
    return this.cpu.register(ECX);
  }
  set ecx(value: number) {
    this.cpu.setRegister(ECX, value);
  }
  get edx(): number {
    return this.cpu.register(EDX);
  }
  set edx(value: number) {
    this.cpu.setRegister(EDX, value);
  }
  get edi(): number {
    return this.cpu.register(EDI);
  }
  set edi(value: number) {
    this.cpu.setRegister(EDI, value);
  }
  get ax(): number {
    return this.eax & 0xffff;
  }
  set ax(value: number) {
    this.#set16(EAX, value);
  }
  get bx(): number {
    return this.ebx & 0xffff;
  }
  set bx(value: number) {
    this.#set16(EBX, value);
  }
  get cx(): number {
    return this.ecx & 0xffff;
  }
  set cx(value: number) {
    this.#set16(ECX, value);
  }
  get dx(): number {
    return this.edx & 0xffff;
  }
  set dx(value: number) {
    this.#set16(EDX, value);
  }
  get bp(): number {
    return this.cpu.register(EBP) & 0xffff;
  }
  set bp(value: number) {
    this.#set16(EBP, value);
  }
  get si(): number {
    return this.cpu.register(ESI) & 0xffff;
  }
  set si(value: number) {
    this.#set16(ESI, value);
  }
  get di(): number {
    return this.cpu.register(EDI) & 0xffff;
  }
  set di(value: number) {
    this.#set16(EDI, value);
  }
  #set16(register: number, value: number): void {
    this.cpu.setRegister(register, ((this.cpu.register(register) & 0xffff_0000) | (value & 0xffff)) >>> 0);
  }

  get al(): number {
    return this.eax & 0xff;
  }
  set al(value: number) {
    this.ax = (this.ax & 0xff00) | (value & 0xff);
  }
  get ah(): number {
    return (this.eax >>> 8) & 0xff;
  }
  set ah(value: number) {
    this.ax = (this.ax & 0x00ff) | ((value & 0xff) << 8);
  }
  get bl(): number {
    return this.ebx & 0xff;
  }
  set bl(value: number) {
    this.bx = (this.bx & 0xff00) | (value & 0xff);
  }
  get bh(): number {
    return (this.ebx >>> 8) & 0xff;
  }
  set bh(value: number) {
    this.bx = (this.bx & 0x00ff) | ((value & 0xff) << 8);
  }
  get cl(): number {
    return this.ecx & 0xff;
  }
  set cl(value: number) {
    this.cx = (this.cx & 0xff00) | (value & 0xff);
  }
  get ch(): number {
    return (this.ecx >>> 8) & 0xff;
  }
  set ch(value: number) {
    this.cx = (this.cx & 0x00ff) | ((value & 0xff) << 8);
  }
  get dl(): number {
    return this.edx & 0xff;
  }
  set dl(value: number) {
    this.dx = (this.dx & 0xff00) | (value & 0xff);
  }
  get dh(): number {
    return (this.edx >>> 8) & 0xff;
  }
  set dh(value: number) {
    this.dx = (this.dx & 0x00ff) | ((value & 0xff) << 8);
  }

  /** Linear address of DS:offset and ES:offset. */
  ds(offset: number): Linear {
    return this.cpu.base(DS) + (offset & 0xffff);
  }
  es(offset: number): Linear {
    return this.cpu.base(ES) + (offset & 0xffff);
  }

  /** ES for the caller to find. */
  setEs(selector: number): void {
    this.memory.write16(this.#stack(SAVED_ES), selector);
  }
  /** Where the stub's IRET goes. */
  setReturn(selector: number, offset: number): void {
    this.memory.write16(this.#stack(RETURN_IP), offset);
    this.memory.write16(this.#stack(RETURN_CS), selector);
  }

  /** The usual end of a service that failed: CF and a code in AH. */
  fail(code: number): void {
    this.ah = code;
    this.carry = true;
  }
  /** AH = 0 and CF clear. */
  succeed(): void {
    this.ah = 0;
    this.carry = false;
  }
}

/** The registers of 32-bit code that has called an entry of the ROM directly: CF goes back in the flags as they are. */
export class DirectFrame extends BiosFrame {
  override set carry(value: boolean) {
    this.cpu.setCarry(value);
  }
}
