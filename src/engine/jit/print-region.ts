// A region as text, for --trace jit and golden files:
//
//   region 0x123 (64-bit): 2 blocks, 7 instructions, pages 0=0x1a2b 1=0x1a2c
//   0: +0x123           loop, longest 3
//      +0x123    ADD RAX, RCX
//      ...
//      branch 1 else exit +0x200 (cold)
import { printInstruction } from '../../x86/decode/print.ts';
import type { BlockEnd, Edge, Region, RegionBlock } from './region.ts';
import { analyse } from './structure.ts';

const hexadecimal = (value: number) =>
  value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
/** An offset of a region: '+0x123', or '-0x10' in a page before the entry's. */
export const placeText = (offset: number) => (offset < 0 ? hexadecimal(offset) : `+${hexadecimal(offset)}`);

function edgeText(edge: Edge): string {
  if (edge.kind === 'block') return `${edge.block}`;
  return `exit ${placeText(edge.offset)}${edge.cold ? ' (cold)' : ''}`;
}

/** The end of a block on one line: 'branch 1 else exit +0x200 (cold)'. */
export function printEnd(end: BlockEnd): string {
  switch (end.kind) {
    case 'goto':
      return `goto ${edgeText(end.to)}`;
    case 'branch':
      return `branch ${edgeText(end.taken)} else ${edgeText(end.next)}`;
    case 'jump':
      return end.predicted.length > 0 ? `jump, likely ${end.predicted.join(' ')}` : 'jump';
    case 'interpret':
      return `interpret ${placeText(end.offset)}`;
  }
}

function blockLines(block: RegionBlock, note: string): string[] {
  const lines = [`${`${block.index}: ${placeText(block.offset)}`.padEnd(20)}${note}`.trimEnd()];
  for (const { offset, instruction } of block.instructions) {
    lines.push(`   ${placeText(offset).padEnd(9)} ${printInstruction(instruction)}`);
  }
  lines.push(`   ${printEnd(block.end)}`);
  return lines;
}

/** The whole region, a line an instruction, with a newline after each. Places are offsets as in region.ts. */
export function printRegion(region: Region): string {
  const { blocks, mode, entry, pages } = region;
  const flow = analyse(blocks);
  const count = blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);
  const held = pages.map(({ index, frame }) => `${index}=${hexadecimal(frame)}`).join(' ');
  const lines = [
    `region ${placeText(entry)} (${mode.bits}-bit): ${blocks.length} blocks, ${count} instructions, pages ${held}`,
  ];
  for (const block of blocks) {
    const notes = [
      flow.isLoopHeader[block.index] ? `loop, longest ${flow.longest[block.index]}` : '',
      flow.isMerge[block.index] ? 'merge' : '',
    ];
    lines.push(...blockLines(block, notes.filter((note) => note !== '').join(', ')));
  }
  return `${lines.join('\n')}\n`;
}
