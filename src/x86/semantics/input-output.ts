// IN and OUT (SDM 1, 19; the string forms are in string.ts). The block ends after each: the access
// may have changed an interrupt line, or ended the machine.
import { checkIo, portIn, portOut } from '../helpers/io.ts';
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import type { I32 } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';

/** #GP(0) unless IOPL or the TSS's bitmap permits the ports. */
export function requireIoPermission(b: Builder, port: I32, bytes: number): void {
  const { protection } = b.form.mode;
  if (protection === 'real') return;
  if (protection === 'v86') {
    b.call(checkIo, port, b.i32(bytes));
    return;
  }
  const iopl = b.and(b.shrU(b.get(32, S.FLAGS), 12), 3);
  b.if(b.gtU(b.get(32, S.CPL), iopl), () => {
    b.call(checkIo, port, b.i32(bytes));
  });
}

/** The port operand: imm8, zero-extended, or DX. */
function portOperand(b: Builder, index: number): I32 {
  if (b.operand(index).kind !== 'imm') return b.gpr(16, S.RDX) as I32;
  return b.and(b.wrap(b.immediate()), 0xff);
}

function input(b: Builder): void {
  const bytes = b.bits(0) / 8;
  const port = portOperand(b, 1);
  requireIoPermission(b, port, bytes);
  b.write(0, b.call(portIn, port, b.i32(bytes)) as I32);
  b.endBlock();
}

function output(b: Builder): void {
  const bytes = b.bits(1) / 8;
  const port = portOperand(b, 0);
  requireIoPermission(b, port, bytes);
  b.call(portOut, port, b.i32(bytes), b.read(1));
  b.endBlock();
}

export const inputOutputMeanings: readonly Meaning[] = [
  { mnemonic: 'IN', build: input },
  { mnemonic: 'OUT', build: output },
];
