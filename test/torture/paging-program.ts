// Random programs on random page tables. A program is a list of operations: accesses of all kinds from CPL 0 and 3,
// changes of table entries, of CR0.WP, CR4 (SMEP, SMAP, PSE, PGE, PCIDE), EFER.NXE, EFLAGS.AC and CR3. The model
// does each as it is generated, so that the log which the program will write is known beforehand. Whatever is
// changed is flushed, by one of the ways that the architecture gives for it, before anything relies on it.
import * as C from '../../src/x86/state/control-bits.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { Assembler, AX, BP, CX, DI, SI } from './assembler.ts';
import { ACCESSES, type AccessKind, accessBytes, type Registers } from './paging-accesses.ts';
import * as Y from './paging-layout.ts';
import { type Format, ModelFault, P, PagingModel } from './paging-model.ts';
import { RandomTables } from './paging-tables.ts';

/** What the log must hold of an operation. */
export interface Expected {
  readonly what: string;
  readonly vector: number;
  readonly error: number;
  readonly cr2: number | null;
  readonly rip: number | null;
  readonly registers: Registers;
}

export interface PagingCase {
  readonly format: Format;
  readonly cr4: number;
  /** RAM at the start. */
  readonly ram: Uint8Array;
  readonly model: PagingModel;
  readonly expected: readonly Expected[];
}

const FETCH_CODE = 6;

class Generator {
  readonly #random: Random;
  readonly #format: Format;
  readonly #bits: 32 | 64;
  readonly #model: PagingModel;
  readonly #code: Assembler;
  readonly #stubs = new Assembler(Y.USER_CODE, 32);
  readonly #stubAt = new Map<AccessKind, number>();
  #fetchStub = 0;
  readonly #expected: Expected[] = [];
  readonly #globals: boolean;
  readonly #tables: RandomTables;
  #cr4: number;
  #space = 0;
  #labels = 0;
  /** Places that are used again and again. */
  readonly #favourites: number[] = [];

  constructor(random: Random, format: Format) {
    this.#random = random;
    this.#format = format;
    this.#bits = Y.bitsOf(format);
    this.#globals = random.chance(50);
    this.#cr4 = random.chance(60) ? C.CR4_PGE : 0;
    this.#model = new PagingModel(format, new Uint8Array(Y.PAGING_RAM));
    this.#tables = new RandomTables(random, this.#model, this.#globals);
    this.#code = new Assembler(Y.PROGRAM, this.#bits);
    this.#makeStubs();
  }

  make(operations: number): PagingCase {
    const { ram } = this.#model;
    Y.buildKernel(ram, this.#format, this.#stubs.assemble(), this.#globals);
    for (let at = Y.FRAMES; at < Y.FRAMES + 0x2_0000; at += 4) {
      new DataView(ram.buffer).setUint32(at, this.#random.u32(), true);
    }
    const cr4 = this.#cr4;
    this.#tables.fill();
    this.#model.loadRoot(Y.ROOTS[0]!);
    for (let i = 0; i < 10; i++) this.#favourites.push(this.#tables.page());
    const start = ram.slice();
    this.#model.floor = Y.FRAMES;
    this.#model.ceiling = Y.FRAMES;
    for (let i = 0; i < operations; i++) this.#operation();
    this.#code.raw(0xf4);
    const program = this.#code.assemble();
    if (program.length > 0xf_0000) throw new Error('the program is too long');
    start.set(program, Y.PROGRAM);
    return { format: this.#format, cr4, ram: start, model: this.#model, expected: this.#expected };
  }

  #makeStubs(): void {
    for (const kind of ACCESSES) {
      this.#stubAt.set(kind, this.#stubs.here);
      this.#stubs.raw(...accessBytes(kind, this.#bits), 0xcd, Y.DONE);
    }
    this.#fetchStub = this.#stubs.here;
    this.#stubs.raw(0xff, 0xd7, 0xcd, Y.DONE);
  }

  // ---- operations ----

  #operation(): void {
    const kind = this.#random.below(100);
    if (kind < 56) this.#access();
    else if (kind < 75) this.#fetch();
    else if (kind < 88) this.#edit();
    else if (kind < 92) this.#control();
    else if (kind < 96) this.#accessControl();
    else this.#changeSpace();
  }

  #address(): number {
    const random = this.#random;
    if (this.#bits === 64 && random.chance(2))
      return random.pick([2 ** 47 - 3, 2 ** 47, -(2 ** 47) - 8, 2 ** 55]);
    if (random.chance(2)) return Y.FRAMES + random.below(0x8000);
    const page = random.chance(70) ? random.pick(this.#favourites) : this.#tables.page();
    const offset = random.chance(30)
      ? 0x1000 - random.below(17)
      : random.pick([0, 1, 6, 0x10, 0x7fd, random.below(0x1000)]);
    return page + offset;
  }
  #access(): void {
    const random = this.#random;
    const user = random.chance(50);
    let kind = random.pick(ACCESSES);
    while ((kind.wide && this.#bits === 32) || (kind.userOnly && !user)) kind = random.pick(ACCESSES);
    const count = random.chance(70) ? random.below(30) : random.below(3000);
    const registers: Registers = {
      ax: BigInt(random.chance(10) ? 0x5a5a_5a5a : random.below(0x7fff_ffff)),
      cx: BigInt(kind.element ? Math.floor(count / kind.element) : count),
      si: this.#address(),
      di: this.#address(),
    };
    const what = `${kind.name} ${user ? 'user' : 'kernel'} di ${registers.di.toString(16)} si ${registers.si.toString(16)}`;
    const label = `l${this.#labels++}`;
    this.#load(registers, label, user ? this.#stubAt.get(kind)! : 0);
    if (!user) this.#code.raw(...accessBytes(kind, this.#bits));
    this.#expect(what, registers, user, label, null, () =>
      kind.run(this.#model, registers, user, this.#bits),
    );
  }
  /** Sets EBP and the operands; for user code enters the stub. */
  #load({ ax, cx, si, di }: Registers, label: string, stub: number): void {
    const code = this.#code;
    code.movLabel(BP, label);
    if (stub !== 0) code.push(Y.USER_DS).push(Y.USER_STACK).push(2).push(Y.USER_CS).push(stub);
    code.mov(AX, ax).mov(CX, cx).mov(SI, si).mov(DI, di);
    if (stub !== 0) code.raw(...(this.#bits === 64 ? [0x48, 0xcf] : [0xcf]));
  }
  /** Runs the model and notes what the log must say; a supervisor's success is logged by the program itself. */
  #expect(
    what: string,
    registers: Registers,
    user: boolean,
    label: string,
    rip: number | null,
    run: () => void,
  ): void {
    let vector = user ? Y.DONE : 0xffff_ffff;
    let error = 0;
    let cr2: number | null = null;
    let place = rip;
    try {
      run();
      place = null;
    } catch (thrown) {
      if (!(thrown instanceof ModelFault)) throw thrown;
      ({ vector, error } = thrown);
      if (vector === 14) cr2 = thrown.cr2;
    }
    if (user) this.#model.ac = false;
    if (!user) {
      const code = this.#code;
      code.raw(0xc7, 0x03).number(-1, 4);
      Y.logRegister(code, AX, 0x48);
      Y.logRegister(code, CX, 0x30);
      Y.logRegister(code, DI, 0x38);
      Y.logRegister(code, SI, 0x40);
      code.raw(0x83, 0xc3, Y.RECORD);
    }
    this.#code.label(label);
    this.#expected.push({
      what: `${this.#expected.length}: ${what}`,
      vector,
      error,
      cr2,
      rip: place,
      registers: { ...registers },
    });
  }

  /**
   * MOV EAX, immediate; RET, written through the kernel's own mapping where the address leads, and called. Where such
   * code lies already it is mostly left alone: it may have been decoded before, at this address or another.
   */
  #fetch(address = this.#fetchAddress()): void {
    const random = this.#random;
    const user = random.chance(50);
    const value = random.u32() & 0x7fff_ffff;
    const bytes = [0xb8, value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24, 0xc3];
    if (!this.#holdsCode(address) || random.chance(25)) {
      for (const [i, byte] of bytes.entries()) this.#plant(address + i, byte);
    }
    this.#executed[random.below(12)] = address;
    const registers: Registers = { ax: 0n, cx: BigInt(random.below(1000)), si: 0, di: address };
    const label = `l${this.#labels++}`;
    this.#load(registers, label, user ? this.#fetchStub : 0);
    if (!user) this.#code.raw(0xff, 0xd7);
    const state = { rip: address };
    const before = this.#expected.length;
    this.#expect(
      `fetch ${user ? 'user' : 'kernel'} ${address.toString(16)}`,
      registers,
      user,
      label,
      0,
      () => {
        const first = this.#model.resolve(address, FETCH_CODE - 1, 'fetch', user);
        registers.ax = this.#model.get(first.slice(1));
        state.rip = address + 5;
        this.#model.resolve(address + 5, 1, 'fetch', user);
      },
    );
    const found = this.#expected[before]!;
    if (found.rip !== null) this.#expected[before] = { ...found, rip: state.rip };
  }
  /** Addresses that were called before. */
  readonly #executed: number[] = [];
  #holdsCode(address: number): boolean {
    const places = Array.from({ length: FETCH_CODE }, (_, i) => this.#look(address + i));
    const byte = (i: number) => (places[i] === null ? -1 : this.#model.ram[places[i]!]);
    return !places.includes(null) && byte(0) === 0xb8 && byte(FETCH_CODE - 1) === 0xc3;
  }
  #fetchAddress(): number {
    const random = this.#random;
    for (;;) {
      const page = random.chance(70) ? random.pick(this.#favourites) : this.#tables.page();
      const offset = random.chance(60)
        ? random.pick([0x100, 0x240, 0xffb, 0xffd, 0xfff])
        : random.below(0x1000);
      const before = random.pick([...this.#executed, undefined]);
      const address = before !== undefined && random.chance(60) ? before : page + offset;
      if (this.#inRam(address)) return address;
    }
  }
  /** Code in unmapped physical memory reads as ones, an undefined instruction: that is left to others. */
  #inRam(address: number): boolean {
    for (let i = 0; i < FETCH_CODE; i++) {
      if ((this.#look(address + i) ?? 0) >= Y.PAGING_RAM) return false;
    }
    return true;
  }
  /** Where a fetch would find a byte, whoever is allowed to; null where no page is mapped. */
  #look(linear: number): number | null {
    const visits = this.#model.visits(linear);
    const leaf = visits[visits.length - 1];
    if (!leaf?.leaf || (leaf.value & P) === 0n) return null;
    for (const user of [true, false]) {
      try {
        return this.#model.translate(linear, 'fetch', user, 'look');
      } catch {
        // The other privilege may be allowed.
      }
    }
    return null;
  }
  #plant(linear: number, byte: number): void {
    const physical = this.#look(linear);
    if (physical === null) return;
    this.#model.set([physical], BigInt(byte));
    const code = this.#code;
    if (this.#bits === 64) code.raw(0xc6, 0x04, 0x25);
    else code.raw(0xc6, 0x05);
    code.number(physical, 4).raw(byte);
  }

  // ---- changes ----

  #setEntry(at: number, value: bigint): void {
    this.#model.writeEntry(at, value);
    const code = this.#code;
    if (this.#bits === 64) code.mov(AX, value).raw(0x48, 0x89, 0x04, 0x25).number(at, 4);
    else {
      code.storeAbsolute(at, Number(value & 0xffff_ffffn));
      if (this.#format === 'PAE') code.storeAbsolute(at + 4, Number(value >> 32n));
    }
  }
  #edit(): void {
    const random = this.#random;
    // The entry on the way to something in use, mostly, so that the change is noticed.
    const executed = random.pick([...this.#executed, undefined]);
    const code = random.chance(40) ? executed : undefined;
    const data = random.chance(80) ? random.pick(this.#favourites) : this.#tables.page();
    const visits = this.#model.visits(code ?? data);
    const visit = random.chance(65) ? visits[visits.length - 1] : random.pick(visits);
    if (!visit) {
      this.#reload();
      return;
    }
    const level = this.#tables.levelOf(visit.shift);
    const old = visit.value;
    const value = random.chance(30)
      ? this.#tables.entry(level)
      : this.#tables.altered(old, visit.shift, visit.leaf);
    const uses = visit.leaf ? this.#tables.regionsOf(visit.address, visit.shift) : null;
    const wasPresent = (old & P) !== 0n;
    this.#setEntry(visit.address, value);
    if (wasPresent || random.chance(50)) {
      if (uses && uses.length <= 10 && random.chance(75)) {
        for (const linear of uses) this.#flushPage(linear, visit.shift);
      } else this.#flushAll();
    }
    if (code !== undefined && random.chance(70) && this.#inRam(code)) this.#fetch(code);
  }
  #flushPage(linear: number, shift: number): void {
    const random = this.#random;
    // Any address in the page will do.
    const within = Math.floor(linear / 2 ** shift) * 2 ** shift + random.below(2 ** Math.min(shift, 30));
    if (!this.#globals && random.chance(30)) {
      this.#invpcid(0, within);
      return;
    }
    this.#code.mov(DI, within).raw(0x0f, 0x01, 0x3f);
  }
  #invpcid(type: number, linear: number): void {
    const code = this.#code;
    const pcid = this.#cr4 & C.CR4_PCIDE ? this.#space + 1 : 0;
    for (const [at, value] of [
      [0, pcid],
      [4, 0],
      [8, BigInt.asIntN(32, BigInt(linear))],
      [12, Math.floor(linear / 2 ** 32)],
    ] as const) {
      code.storeAbsolute(Y.INVPCID_DESCRIPTOR + at, Number(value));
    }
    code.mov(CX, type).mov(DI, Y.INVPCID_DESCRIPTOR).raw(0x66, 0x0f, 0x38, 0x82, 0x0f);
  }
  #flushAll(): void {
    const random = this.#random;
    const ways: (() => void)[] = [() => this.#invpcid(2, 0), () => this.#togglePge()];
    if (!this.#globals) {
      ways.push(
        () => this.#reload(),
        () => this.#reload(),
        () => this.#invpcid(3, 0),
        () => this.#invpcid(1, 0),
      );
    }
    if (this.#bits === 32) ways.push(() => this.#togglePaging());
    random.pick(ways)();
    // Pointers are read by MOV CR3 and by some changes of CR4 and CR0.
    if (this.#format === 'PAE') this.#reload();
  }
  #reload(): void {
    const pcid = this.#cr4 & C.CR4_PCIDE ? this.#space + 1 : 0;
    this.#model.loadRoot(Y.ROOTS[this.#space]!);
    this.#code.mov(AX, Y.ROOTS[this.#space]! | pcid).raw(0x0f, 0x22, 0xd8);
  }
  #togglePge(): void {
    const code = this.#code;
    for (let i = 0; i < 2; i++) code.raw(0x0f, 0x20, 0xe0, 0x35).number(C.CR4_PGE, 4).raw(0x0f, 0x22, 0xe0);
  }
  #togglePaging(): void {
    this.#code.hex('0f20c0 25ffffff7f 0f22c0 0d00000080 0f22c0');
  }
  #changeCr4(bit: number): void {
    this.#cr4 ^= bit;
    this.#code.raw(0x0f, 0x20, 0xe0, 0x35).number(bit, 4).raw(0x0f, 0x22, 0xe0);
    // SMEP, PSE and PGE make PAE read its pointers again, and they have not changed since.
    this.#model.loadRoot(Y.ROOTS[this.#space]!);
  }

  #control(): void {
    const random = this.#random;
    const model = this.#model;
    switch (random.below(6)) {
      case 0:
        model.wp = !model.wp;
        this.#code.hex('0f20c0 3500000100 0f22c0');
        break;
      case 1:
        model.smep = !model.smep;
        this.#changeCr4(C.CR4_SMEP);
        break;
      case 2:
        model.smap = !model.smap;
        this.#changeCr4(C.CR4_SMAP);
        break;
      case 3:
        this.#changeCr4(C.CR4_PGE);
        break;
      case 4:
        if (this.#format === '32-bit') {
          // Without PSE the large pages' entries lead to tables in the frames, which spoils most programs.
          if (!random.chance(12)) break;
          model.pse = !model.pse;
          this.#changeCr4(C.CR4_PSE);
        } else {
          model.nxe = !model.nxe;
          this.#code.hex('b9800000c0 0f32 3500080000 0f30');
          this.#flushAll();
        }
        break;
      default:
        if (this.#bits === 64) this.#togglePcide();
    }
  }
  #togglePcide(): void {
    if ((this.#cr4 & C.CR4_PCIDE) === 0) this.#reload();
    this.#changeCr4(C.CR4_PCIDE);
    this.#reload();
  }
  #accessControl(): void {
    this.#model.ac = this.#random.chance(50);
    this.#code.raw(0x0f, 0x01, this.#model.ac ? 0xcb : 0xca);
  }
  /** The other root; with PCIDs perhaps without a flush, after which this one's translations are flushed all the same. */
  #changeSpace(): void {
    if (this.#globals) {
      this.#reload();
      return;
    }
    this.#space ^= 1;
    const pcide = (this.#cr4 & C.CR4_PCIDE) !== 0;
    this.#model.loadRoot(Y.ROOTS[this.#space]!);
    if (!pcide || this.#random.chance(50)) {
      this.#reload();
      return;
    }
    this.#code.mov(AX, BigInt(Y.ROOTS[this.#space]! | (this.#space + 1)) | (1n << 63n)).raw(0x0f, 0x22, 0xd8);
    this.#invpcid(1, 0);
  }
}

export function makePagingCase(random: Random, format: Format, operations: number): PagingCase {
  return new Generator(random, format).make(operations);
}
