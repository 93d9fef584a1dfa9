// The memory accesses that the paging programs make: their bytes, and what the model says that they do. DI is the
// address (SI that of the source), AX the value, CX the count.
import { USER_STACK } from './paging-layout.ts';
import { ModelFault, type PagingModel } from './paging-model.ts';

export interface Registers {
  ax: bigint;
  cx: bigint;
  si: number;
  di: number;
}

export interface AccessKind {
  readonly name: string;
  readonly hex: string;
  /** Only for 64-bit code. */
  readonly wide?: boolean;
  /** Only by user code: it needs the stack pointer. */
  readonly userOnly?: boolean;
  /** Element size of a string instruction. */
  readonly element?: number;
  readonly run: (model: PagingModel, registers: Registers, user: boolean, bits: 32 | 64) => void;
}

/** On the stack an address that is not canonical is #SS(0). */
function onStack<T>(resolve: () => T): T {
  try {
    return resolve();
  } catch (thrown) {
    throw thrown instanceof ModelFault && thrown.vector === 13 ? new ModelFault(12, 0, 0) : thrown;
  }
}
const low = (bytes: number) => (1n << BigInt(8 * bytes)) - 1n;

/** The low bytes of AX become `value`; 4 bytes clear the rest. */
function setAx(registers: Registers, value: bigint, bytes: number): void {
  registers.ax = bytes >= 4 ? value : (registers.ax & ~low(bytes)) | value;
}
function read(name: string, hex: string, bytes: number): AccessKind {
  return {
    name,
    hex,
    wide: bytes === 8,
    run: (model, r, user) => setAx(r, model.get(model.resolve(r.di, bytes, 'read', user)), bytes),
  };
}
function write(name: string, hex: string, bytes: number): AccessKind {
  return {
    name,
    hex,
    wide: bytes === 8,
    run: (model, r, user) => model.set(model.resolve(r.di, bytes, 'write', user), r.ax & low(bytes)),
  };
}
function modify(
  name: string,
  hex: string,
  bytes: number,
  change: (old: bigint, ax: bigint) => { memory: bigint; ax?: bigint },
): AccessKind {
  return {
    name,
    hex,
    wide: bytes === 8,
    run(model, r, user) {
      const places = model.resolve(r.di, bytes, 'write', user);
      const { memory, ax } = change(model.get(places), r.ax & low(bytes));
      model.set(places, memory & low(bytes));
      if (ax !== undefined) setAx(r, ax, bytes);
    },
  };
}
function repeat(name: string, hex: string, element: number, copies: boolean): AccessKind {
  return {
    name,
    hex,
    wide: element === 8,
    element,
    run(model, r, user) {
      while (r.cx !== 0n) {
        const value = copies ? model.get(model.resolve(r.si, element, 'read', user)) : r.ax & low(element);
        model.set(model.resolve(r.di, element, 'write', user), value);
        r.di += element;
        if (copies) r.si += element;
        r.cx--;
      }
    },
  };
}

export const ACCESSES: readonly AccessKind[] = [
  read('read 1', '8a07', 1),
  read('read 2', '668b07', 2),
  read('read 4', '8b07', 4),
  read('read 8', '488b07', 8),
  write('write 1', '8807', 1),
  write('write 2', '668907', 2),
  write('write 4', '8907', 4),
  write('write 8', '488907', 8),
  modify('add 1', '0007', 1, (old, ax) => ({ memory: old + ax })),
  modify('add 4', '0107', 4, (old, ax) => ({ memory: old + ax })),
  modify('add 8', '480107', 8, (old, ax) => ({ memory: old + ax })),
  modify('xchg 4', '8707', 4, (old, ax) => ({ memory: ax, ax: old })),
  modify('xadd 2', '66f00fc107', 2, (old, ax) => ({ memory: old + ax, ax: old })),
  modify('bts 4', 'f00fba2f05', 4, (old) => ({ memory: old | 0x20n })),
  {
    name: 'copy 16',
    hex: '0f10060f1107',
    run(model, r, user) {
      const value = model.get(model.resolve(r.si, 16, 'read', user));
      model.set(model.resolve(r.di, 16, 'write', user), value);
    },
  },
  repeat('rep movsb', 'f3a4', 1, true),
  repeat('rep movsw', '66f3a5', 2, true),
  repeat('rep movsd', 'f3a5', 4, true),
  repeat('rep movsq', 'f348a5', 8, true),
  repeat('rep stosb', 'f3aa', 1, false),
  repeat('rep stosd', 'f3ab', 4, false),
  {
    name: 'push',
    hex: '4887fc504887fc',
    userOnly: true,
    run(model, r, _user, bits) {
      const bytes = bits / 8;
      const to = r.di - bytes;
      // Until the stub changes the registers back.
      r.di = USER_STACK;
      model.set(
        onStack(() => model.resolve(to, bytes, 'write', true)),
        r.ax,
      );
      r.di = to;
    },
  },
];

/** The bytes of an access for code of a size. */
export function accessBytes(kind: AccessKind, bits: 32 | 64): number[] {
  const hex = kind.userOnly && bits === 32 ? kind.hex.replaceAll('48', '') : kind.hex;
  return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}
