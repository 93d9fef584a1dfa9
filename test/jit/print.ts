// A region torture program as text: the nodes of its tree, and every instruction with its address.
import * as iced from 'iced-x86';
import { assembleRegionProgram } from './assemble.ts';
import type { RegionProgram } from './nodes.ts';
import { CODE } from './world.ts';

export function listRegionProgram(program: RegionProgram): string[] {
  const assembled = assembleRegionProgram(program);
  if (!assembled) return ['(longer than the code pages)'];
  const notes = Map.groupBy(assembled.listing, (line) => Number.parseInt(line, 16));
  const lines: string[] = [];
  const decoder = new iced.Decoder(program.bits, assembled.code, iced.DecoderOptions.None);
  decoder.ip = BigInt(CODE);
  const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
  let nops = 0;
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    const at = Number(instruction.ip);
    for (const note of notes.get(at) ?? []) lines.push(`          ${note.slice(note.indexOf(' ') + 1)}`);
    const bytes = Buffer.from(assembled.code.subarray(at - CODE, at - CODE + instruction.length)).toString(
      'hex',
    );
    nops = bytes === '90' ? nops + 1 : 0;
    if (nops < 3) lines.push(`${at.toString(16)}  ${bytes.padEnd(24)} ${formatter.format(instruction)}`);
    instruction.free();
  }
  formatter.free();
  decoder.free();
  return lines;
}
