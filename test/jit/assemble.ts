// From the tree of a region torture program to its bytes.
//
// Layout: the functions, the first one first, then tables of addresses for computed jumps.
import { Assembler } from '../torture/assembler.ts';
import type { Node, RegionProgram } from './nodes.ts';
import { ALIAS, CODE, COUNTERS, END_VECTOR, PROGRAM_PAGES } from './world.ts';

export interface Assembled {
  readonly code: Uint8Array;
  /** A line for each node, with its address. */
  readonly listing: readonly string[];
}

const AX = 0;
const CX = 1;

class Emitter {
  readonly #code: Assembler;
  readonly #wide: boolean;
  readonly #functions: readonly Node[][];
  readonly #recursive: ReadonlySet<number>;
  /** Soft bytes that exist, and places of addresses to fill in once all labels are known. */
  readonly #softs = new Map<number, number>();
  readonly #later: (() => void)[] = [];
  readonly #tables: { label: string; entries: string[] }[] = [];
  readonly listing: string[] = [];
  #labels = 0;
  /** Function being emitted. */
  #self = 0;

  constructor({ bits, functions }: RegionProgram) {
    this.#code = new Assembler(CODE, bits);
    this.#wide = bits === 64;
    this.#functions = functions;
    this.#recursive = new Set(functions.flatMap((body, i) => (callsItself(body, i) ? [i] : [])));
  }

  emit(): Uint8Array {
    const code = this.#code;
    this.#functions.forEach((body, i) => {
      this.#self = i;
      code.label(`function${i}`);
      this.#say(0, `function ${i}:`);
      if (this.#recursive.has(i)) {
        // CMP dword [counter], 0; JE out; DEC dword [counter]
        code.raw(0x83, ...this.#absolute(7, COUNTERS + 4 * i), 0).jcc(4, `out${i}`);
        code.raw(0xff, ...this.#absolute(1, COUNTERS + 4 * i));
      }
      this.#list(body, 1);
      code.label(`out${i}`);
      if (i === 0) code.raw(0xcd, END_VECTOR);
      else if (popsArgument(i)) code.raw(0xc2, this.#wide ? 8 : 4, 0);
      else code.raw(0xc3);
    });
    while (code.bytes.length % 8 !== 0) code.raw(0x90);
    for (const { label, entries } of this.#tables) {
      code.label(label);
      for (const entry of entries) {
        const delta = entry.startsWith('~') ? ALIAS - CODE : 0;
        this.#address(delta ? entry.slice(1) : entry, delta);
        if (this.#wide) code.number(0, 4);
      }
    }
    for (const fill of this.#later) fill();
    return code.assemble();
  }

  /** Four bytes: the address of a label, later. */
  #address(label: string, delta = 0): void {
    const code = this.#code;
    const at = code.bytes.length;
    code.number(0, 4);
    this.#later.push(() => {
      const value = code.at(label) + delta;
      for (let i = 0; i < 4; i++) code.bytes[at + i] = (value >>> (8 * i)) & 255;
    });
  }
  /** ModRM of an absolute address. */
  #absolute(reg: number, address: number): number[] {
    const bytes = [0, 8, 16, 24].map((shift) => (address >>> shift) & 255);
    return this.#wide ? [(reg << 3) | 4, 0x25, ...bytes] : [(reg << 3) | 5, ...bytes];
  }
  #fresh(): string {
    return `l${this.#labels++}`;
  }
  #say(depth: number, text: string): void {
    this.listing.push(`${this.#code.here.toString(16)} ${'  '.repeat(depth)}${text}`);
  }
  #rex(register: number): number[] {
    return register >= 8 ? [0x41] : [];
  }
  #push(register: number): void {
    this.#code.raw(...this.#rex(register), 0x50 | (register & 7));
  }
  #pop(register: number): void {
    this.#code.raw(...this.#rex(register), 0x58 | (register & 7));
  }

  #list(list: readonly Node[], depth: number): void {
    for (const node of list) this.#node(node, depth);
  }

  #node(node: Node, depth: number): void {
    const code = this.#code;
    switch (node.kind) {
      case 'code': {
        const { bytes, guarded } = node;
        const hex = Buffer.from(bytes).toString('hex');
        // NOP dword [rAX + length]
        if (guarded) code.raw(0x0f, 0x1f, 0x40, bytes.length);
        this.#say(depth, `${hex}${guarded ? ' (guarded)' : ''}`);
        code.raw(...bytes);
        return;
      }
      case 'loop':
        this.#loop(node, depth);
        return;
      case 'if':
        this.#if(node, depth);
        return;
      case 'tangle':
        this.#tangle(node, depth);
        return;
      case 'switch':
        this.#switch(node, depth);
        return;
      case 'call':
        this.#call(node, depth);
        return;
      case 'goto': {
        const next = this.#fresh();
        this.#say(depth, `goto next by ${node.how}${node.alias ? ' in the other mapping' : ''}`);
        this.#jump(node.how, next, node.alias);
        code.label(next);
        return;
      }
      case 'stack':
        this.#say(depth, `push ${node.push}`);
        this.#push(node.push);
        this.#list(node.body, depth + 1);
        this.#say(depth, `pop ${node.pop}`);
        this.#pop(node.pop);
        return;
      case 'edge': {
        const end = (Math.floor((code.bytes.length + 5 + node.bytes) / 4096) + 1) * 4096;
        const distance = end - node.bytes - code.bytes.length - 5;
        this.#say(depth, `jmp to ${node.bytes} bytes before a page's end`);
        code.raw(0xe9).number(distance, 4);
        for (let i = 0; i < distance; i++) code.raw(0x90);
        return;
      }
      case 'soft':
        this.#say(depth, `soft ${node.id}: ${Buffer.from(node.bytes).toString('hex')}`);
        this.#softs.set(node.id, code.bytes.length + node.at);
        code.label(`soft${node.id}`);
        code.raw(...node.bytes);
        return;
      case 'patch':
        this.#patch(node, depth);
    }
  }

  #loop({ style, register, count, body }: Node & { kind: 'loop' }, depth: number): void {
    const code = this.#code;
    const top = this.#fresh();
    const out = this.#fresh();
    this.#say(depth, `loop ${count} times by ${style}`);
    const rex = this.#rex(register);
    const move = () => code.raw(...rex, 0xb8 | (register & 7)).number(style === 'up' ? 0 : count, 4);
    const saved = style === 'loop' || register === CX;
    if (style === 'stack') code.raw(0x6a, count).label(top);
    else {
      const counter = style === 'loop' ? CX : register;
      this.#push(counter);
      if (style === 'loop') code.raw(0xb9).number(count, 4);
      else move();
      code.label(top);
      if (saved) this.#push(counter);
    }
    this.#list(body, depth + 1);
    this.#say(depth, 'end of loop');
    if (style === 'stack') {
      code.raw(0xff, 0x0c, 0x24).jcc(5, top);
      // LEA SP, [SP+word]
      code.raw(...(this.#wide ? [0x48] : []), 0x8d, 0x64, 0x24, this.#wide ? 8 : 4);
      return;
    }
    if (saved) this.#pop(style === 'loop' ? CX : register);
    if (style === 'loop') code.raw(0xe2, 2, 0xeb, 5).jmp(top);
    else if (style === 'up') {
      code.raw(...rex, 0xff, 0xc0 | (register & 7));
      code.raw(...rex, 0x81, 0xf8 | (register & 7)).number(count, 4);
      code.jcc(2, top);
    } else {
      code.raw(...rex, 0xff, 0xc8 | (register & 7));
      code.jcc(5, top);
    }
    code.label(out);
    this.#pop(style === 'loop' ? CX : register);
  }

  #if({ condition, then, otherwise }: Node & { kind: 'if' }, depth: number): void {
    const code = this.#code;
    const no = this.#fresh();
    const end = this.#fresh();
    this.#say(depth, `if not condition ${condition}`);
    const short = then.every(({ kind }) => kind === 'code') && then.length < 5 && otherwise.length === 0;
    if (condition === 16) code.raw(0xe3, 2, 0xeb, 5).jmp(no);
    else if (short) code.raw(0x70 | condition).ref(no, 1, true);
    else code.jcc(condition, no);
    this.#list(then, depth + 1);
    if (otherwise.length > 0) {
      code.jmp(end).label(no);
      this.#say(depth, 'else');
      this.#list(otherwise, depth + 1);
    } else code.label(no);
    code.label(end);
    this.#say(depth, 'end of if');
  }

  #tangle({ condition, count, body, otherwise }: Node & { kind: 'tangle' }, depth: number): void {
    const code = this.#code;
    const [one, two, out] = [this.#fresh(), this.#fresh(), this.#fresh()];
    this.#say(depth, `tangle ${count} times, condition ${condition}`);
    code.raw(0x6a, count).jcc(condition, two);
    code.label(one);
    this.#list(body, depth + 1);
    code.label(two);
    this.#say(depth, 'second entry');
    this.#list(otherwise, depth + 1);
    this.#say(depth, 'end of tangle');
    code.raw(0xff, 0x0c, 0x24).jcc(4, out).jcc(condition, two).jmp(one).label(out);
    code.raw(...(this.#wide ? [0x48] : []), 0x8d, 0x64, 0x24, this.#wide ? 8 : 4);
  }

  #switch({ register, how, cases }: Node & { kind: 'switch' }, depth: number): void {
    const code = this.#code;
    const end = this.#fresh();
    const table = this.#fresh();
    const labels = cases.map(() => this.#fresh());
    this.#tables.push({ label: table, entries: labels });
    this.#say(depth, `switch on register ${register} by ${how}`);
    // MOV EAX, register; AND EAX, cases - 1
    code.raw(...(register >= 8 ? [0x44] : []), 0x89, 0xc0 | ((register & 7) << 3));
    code.raw(0x25).number(cases.length - 1, 4);
    const scaled = this.#wide ? 0xc5 : 0x85;
    if (how === 'memory') {
      code.raw(0xff, 0x24, scaled);
      this.#address(table);
    } else {
      code.raw(0x8b, 0x04, scaled);
      this.#address(table);
      if (how === 'register') code.raw(0xff, 0xe0);
      else code.raw(0x50, 0xc3);
    }
    cases.forEach((body, i) => {
      code.label(labels[i]!);
      this.#say(depth, `case ${i}`);
      this.#list(body, depth + 1);
      if (i < cases.length - 1) code.jmp(end);
    });
    code.label(end);
    this.#say(depth, 'end of switch');
  }

  #call({ callee, how, depth: levels }: Node & { kind: 'call' }, depth: number): void {
    const code = this.#code;
    const target = `function${callee}`;
    this.#say(depth, `call function ${callee}${how === 'direct' ? '' : ` by ${how}`}`);
    if (callee >= this.#functions.length) return;
    if (callee !== this.#self && this.#recursive.has(callee))
      code.storeAbsolute(COUNTERS + 4 * callee, levels);
    if (popsArgument(callee)) this.#push(AX);
    if (how === 'direct') code.call(target);
    else if (how === 'memory') {
      const table = this.#fresh();
      this.#tables.push({ label: table, entries: [target] });
      code.raw(0xff, 0x14, 0x25);
      this.#address(table);
    } else if (how === 'register') {
      code.raw(0xb8 | AX);
      this.#address(target);
      code.raw(0xff, 0xd0);
    } else {
      // A return into the function, with a return address below.
      const back = this.#fresh();
      code.raw(0x68);
      this.#address(back);
      code.raw(0x68);
      this.#address(target);
      code.raw(0xc3).label(back);
    }
  }

  #jump(how: string, label: string, alias: boolean): void {
    const code = this.#code;
    const delta = alias ? ALIAS - CODE : 0;
    if (how === 'return') {
      code.raw(0x68);
      this.#address(label, delta);
      code.raw(0xc3);
    } else if (how === 'register') {
      code.raw(0xb8 | AX);
      this.#address(label, delta);
      code.raw(0xff, 0xe0);
    } else {
      const table = this.#fresh();
      this.#tables.push({ label: table, entries: [`${alias ? '~' : ''}${label}`] });
      code.raw(0xff, 0x24, 0x25);
      this.#address(table);
    }
  }

  #patch({ id, bytes, alias }: Node & { kind: 'patch' }, depth: number): void {
    const code = this.#code;
    this.#say(
      depth,
      `patch ${id}: ${Buffer.from(bytes).toString('hex')}${alias ? ' by the other mapping' : ''}`,
    );
    const [opcode, reg] = bytes as [number, number];
    code.raw(opcode, ...this.#absolute(reg >> 3, COUNTERS + 0x800));
    const at = code.bytes.length - 4;
    // What it changes may have been taken out of the program: then a counter.
    this.#later.push(() => {
      const soft = this.#softs.get(id);
      if (soft === undefined) return;
      const value = soft + (alias ? ALIAS : CODE);
      for (let i = 0; i < 4; i++) code.bytes[at + i] = (value >>> (8 * i)) & 255;
    });
  }
}

/** Some functions take an argument off the stack: RET imm16. */
const popsArgument = (index: number) => index % 3 === 2;

function callsItself(list: readonly Node[], self: number): boolean {
  return list.some((node) => {
    if (node.kind === 'call') return node.callee === self;
    return childLists(node).some((child) => callsItself(child, self));
  });
}

/** The lists of nodes inside a node. */
export function childLists(node: Node): Node[][] {
  switch (node.kind) {
    case 'loop':
    case 'stack':
      return [node.body];
    case 'if':
      return [node.then, node.otherwise];
    case 'tangle':
      return [node.body, node.otherwise];
    case 'switch':
      return node.cases;
    default:
      return [];
  }
}

/** The program's bytes from CODE on and a listing; null when it does not fit. */
export function assembleRegionProgram(program: RegionProgram): Assembled | null {
  const emitter = new Emitter(program);
  const code = emitter.emit();
  return code.length <= PROGRAM_PAGES * 4096 ? { code, listing: emitter.listing } : null;
}
