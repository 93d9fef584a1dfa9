// Where everything lies in the paging programs, and the start of a machine: kernel, handlers that write down every
// exception and go on where EBP says, user stubs, and page tables, of which the kernel's are never changed.
//
//   001000 GDT   002000 IDT   003000 TSS   004000 handlers   005000 INVPCID descriptor   008000 stack, downwards
//   010000 user code (linear 1000000)   011000 user stack (linear 1001000)
//   100000 program   200000 tables that are changed   280000 roots and tables of the kernel   300000 log
//   400000..BFFFFF   frames
//
// The kernel sees all RAM at its physical address. A record of the log is RECORD bytes, fields of 8 bytes:
//   +0 vector (FFFFFFFFh: no exception; 80h: user code has finished)  +8 error code  +10 RIP  +18 CS  +20 RFLAGS
//   +28 CR2  +30 CX  +38 DI  +40 SI  +48 AX
import * as C from '../../src/x86/state/control-bits.ts';
import * as L from '../../src/x86/state/layout.ts';
import { Assembler, BX, SP } from './assembler.ts';
import type { Format } from './paging-model.ts';
import type { TortureMachine } from './pair.ts';

export const PAGING_RAM = 0xc0_0000;
const GDT = 0x1000;
const IDT = 0x2000;
const TSS = 0x3000;
const HANDLERS = 0x4000;
export const INVPCID_DESCRIPTOR = 0x5000;
export const STACK = 0x8000;
const USER_CODE_PAGE = 0x1_0000;
export const USER_CODE = 0x100_0000;
export const USER_STACK = 0x100_1800;
export const PROGRAM = 0x10_0000;
export const TABLES = 0x20_0000;
export const TABLES_END = 0x24_0000;
export const ROOTS = [0x28_0000, 0x28_1000];
const KERNEL_TABLES = 0x28_4000;
export const LOG = 0x30_0000;
export const RECORD = 0x50;
export const FRAMES = 0x40_0000;
export const DONE = 0x80;
/** Selectors. */
export const KERNEL_CS = 0x08;
const KERNEL_DS = 0x10;
export const USER_CS = 0x1b;
export const USER_DS = 0x23;
const TSS_SELECTOR = 0x28;
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];

export const bitsOf = (format: Format): 32 | 64 => (format === '4-level' ? 64 : 32);

/** MOV [EBX + offset] of a register, full width. */
export function logRegister(code: Assembler, register: number, offset: number): void {
  if (code.bits === 64) code.raw(0x48);
  code.raw(0x89, 0x43 | (register << 3), offset);
}

/** The handlers' code: vector and error code are popped into the log like the rest of the frame. */
function handlers(format: Format): { code: Assembler; entries: Map<number, number> } {
  const code = new Assembler(HANDLERS, bitsOf(format));
  const entries = new Map<number, number>();
  for (const vector of [...Array.from({ length: 20 }, (_, i) => i), DONE]) {
    entries.set(vector, code.here);
    if (!WITH_ERROR_CODE.includes(vector)) code.push(0);
    code.push(vector).jmp('common');
  }
  code.label('common');
  logRegister(code, 0, 0x48);
  code.raw(0x8f, 0x03);
  for (const offset of [0x08, 0x10, 0x18, 0x20]) code.raw(0x8f, 0x43, offset);
  code.raw(0x0f, 0x20, 0xd0);
  logRegister(code, 0, 0x28);
  logRegister(code, 1, 0x30);
  logRegister(code, 7, 0x38);
  logRegister(code, 6, 0x40);
  code.raw(0x83, 0xc3, RECORD);
  code.mov(SP, STACK).raw(0xff, 0xe5);
  return { code, entries };
}

function descriptor(view: DataView, at: number, base: number, limit: number, rights: number): void {
  view.setUint16(at, limit & 0xffff, true);
  view.setUint32(at + 2, (base & 0xff_ffff) | ((rights & 0xff) << 24), true);
  view.setUint8(at + 6, ((rights >> 8) & 0xf0) | (limit >> 16));
  view.setUint8(at + 7, base >>> 24);
}

function buildDescriptors(view: DataView, format: Format, entries: Map<number, number>): void {
  const long = format === '4-level';
  const code = long ? 0xa09b : 0xc09b;
  descriptor(view, GDT + 0x08, 0, 0xf_ffff, code);
  descriptor(view, GDT + 0x10, 0, 0xf_ffff, 0xc093);
  descriptor(view, GDT + 0x18, 0, 0xf_ffff, code | 0x60);
  descriptor(view, GDT + 0x20, 0, 0xf_ffff, 0xc0f3);
  descriptor(view, GDT + TSS_SELECTOR, TSS, 0x67, 0x8b);
  view.setUint32(TSS + 4, STACK, true);
  if (!long) view.setUint16(TSS + 8, KERNEL_DS, true);
  for (const [vector, handler] of entries) {
    const at = IDT + (long ? 16 : 8) * vector;
    view.setUint32(at, (KERNEL_CS << 16) | handler, true);
    view.setUint32(at + 4, vector === DONE ? 0xee00 : 0x8e00, true);
  }
}

/** Entries of the kernel have all rights but U/S, and their accessed and dirty flags are set already. */
function buildKernelTables(view: DataView, format: Format, global: boolean): void {
  const large = format === '32-bit' ? 4 : 8;
  const set = (at: number, value: number) => {
    view.setUint32(at, value, true);
  };
  const span = format === '32-bit' ? 1024 : 512;
  const leaf = 0x63 | (global ? 0x100 : 0);
  let next = KERNEL_TABLES;
  const take = () => {
    next += 0x1000;
    return next - 0x1000;
  };
  const directory = take();
  for (let page = 0; page < PAGING_RAM >> 12; page += span) {
    const table = take();
    set(directory + large * (page / span), table | 0x63);
    for (let i = 0; i < span; i++) set(table + large * i, ((page + i) << 12) | leaf);
  }
  const user = take();
  set(directory + large * ((USER_CODE >> 12) / span), user | 0x67);
  set(user, USER_CODE_PAGE | 0x67);
  set(user + large, (USER_CODE_PAGE + 0x1000) | 0x67);
  const pointers = take();
  set(pointers, directory | 0x67);
  for (const root of ROOTS) {
    if (format === '32-bit') {
      for (let i = 0; i < 64; i++) set(root + 4 * i, view.getUint32(directory + 4 * i, true));
    } else if (format === 'PAE') set(root, directory | 1);
    else set(root, pointers | 0x67);
  }
}

/** The kernel, its tables and the user's stubs, without the program and the tables that change. */
export function buildKernel(ram: Uint8Array, format: Format, stubs: Uint8Array, global: boolean): void {
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  const { code, entries } = handlers(format);
  ram.set(code.assemble(), HANDLERS);
  buildDescriptors(view, format, entries);
  buildKernelTables(view, format, global);
  ram.set(stubs, USER_CODE_PAGE);
}

/** Registers at the start of a program: CPL 0, paging on with the first root. */
export function enterPaging(machine: TortureMachine, format: Format, cr4: number): void {
  const { state } = machine.vcpu;
  const { view } = machine.memory;
  const long = format === '4-level';
  state.cr0 = (C.CR0_PE | C.CR0_ET | C.CR0_NE | C.CR0_WP | C.CR0_PG) >>> 0;
  state.cr4 = cr4 | C.CR4_OSFXSR | C.CR4_OSXMMEXCPT | (format === '32-bit' ? C.CR4_PSE : C.CR4_PAE);
  state.efer = (format === '32-bit' ? 0 : C.EFER_NXE) | (long ? C.EFER_LME | C.EFER_LMA : 0);
  state.setNumber(L.CR3, ROOTS[0]!);
  if (format === 'PAE') {
    for (let i = 0; i < 4; i++) state.set64(L.PDPTE + 8 * i, view.getBigUint64(ROOTS[0]! + 8 * i, true));
  }
  state.setNumber(L.GDTR_BASE, GDT);
  state.set32(L.GDTR_LIMIT, 0xff);
  state.setNumber(L.IDTR_BASE, IDT);
  state.set32(L.IDTR_LIMIT, 0xfff);
  const load = (number: number, selector: number, base: number, limit: number, attributes: number) => {
    Object.assign(state.segments[number]!, { selector, base, limit, attributes });
  };
  for (let number = L.ES; number <= L.GS; number++) {
    if (number === L.CS) load(number, KERNEL_CS, 0, 0xffff_ffff, long ? 0xa09b : 0xc09b);
    else if (number === L.SS) load(number, KERNEL_DS, 0, 0xffff_ffff, 0xc093);
    else load(number, USER_DS, 0, 0xffff_ffff, 0xc0f3);
  }
  load(L.TR, TSS_SELECTOR, TSS, 0x67, 0x8b);
  state.rflags = 2;
  state.rip = PROGRAM;
  state.setGpr32(SP, STACK);
  state.setGpr32(BX, LOG);
}
