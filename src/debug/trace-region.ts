// What `doppel run --trace jit` writes for a region that has been compiled: where it is, its guest code with
// its bytes, the micro-operations of every instruction, the WebAssembly, and how much of it there is.
import { printMicroOperations, printWasm } from '../engine/jit/print-listing.ts';
import { placeText, printEnd } from '../engine/jit/print-region.ts';
import type { Region, RegionBlock } from '../engine/jit/region.ts';
import type { RegionListing } from '../engine/jit/region-listing.ts';
import { analyse } from '../engine/jit/structure.ts';
import { printInstruction } from '../x86/decode/print.ts';

/** Bytes of guest-physical memory, `length` of them; fewer where it ends. */
export type ReadPhysical = (address: number, length: number) => Uint8Array;

const hexadecimal = (value: number) => value.toString(16);
/** Bytes shown on an instruction's line, at most. */
const SHOWN_BYTES = 8;

/** The text of one region; it ends with an empty line. */
export function traceRegion(listing: RegionListing, read: ReadPhysical): string {
  const { region, id, linear } = listing.job;
  const flow = analyse(region.blocks);
  const instructions = region.blocks.reduce((sum, block) => sum + block.instructions.length, 0);
  const perInstruction = (listing.bytes / instructions).toFixed(0);
  const sizes = `${plural(region.blocks.length, 'block')}, ${plural(instructions, 'instruction')}, ${listing.bytes} bytes of wasm (${perInstruction} an instruction)`;
  const pages = region.pages.map(
    ({ index, frame }) => `${placeText(4096 * index)} in frame 0x${hexadecimal(frame)}`,
  );
  const base = linear - region.entry;
  return [
    `==== region ${id} at 0x${address(base + region.entry, region)}: ${sizes}`,
    `     ${region.mode.bits}-bit code; pages ${pages.join(', ')}${region.plainFloats ? '; SSE assumed plain' : ''}`,
    '',
    '---- guest code',
    ...region.blocks.flatMap((block) => [
      blockHead(block, flow.isLoopHeader[block.index] !== 0, flow.longest[block.index]!),
      ...block.instructions.map(({ offset, instruction }) => {
        const bytes = bytesAt(region, offset, instruction.length, read);
        const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) =>
          hexadecimal(byte).padStart(2, '0'),
        );
        const text = shown.join(' ') + (bytes.length > SHOWN_BYTES ? ' ..' : '');
        const place = address(base + offset, region);
        return `  ${place}  ${text.padEnd(3 * SHOWN_BYTES + 2)}  ${printInstruction(instruction)}`;
      }),
      `  => ${printEnd(block.end)}`,
    ]),
    '',
    '---- micro-operations',
    printMicroOperations(region).trimEnd(),
    '',
    '---- wasm',
    printWasm(listing),
    '',
  ].join('\n');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function blockHead({ index, offset }: RegionBlock, header: boolean, longest: number): string {
  return `${index}: ${placeText(offset)}${header ? `  loop, longest way round ${longest}` : ''}`;
}

/** A linear address (sign-extended) with all its digits; 16 in 64-bit code, 8 in 32-bit code. */
function address(linear: number, { mode }: Region): string {
  return BigInt.asUintN(mode.bits, BigInt(linear))
    .toString(16)
    .padStart(mode.bits / 4, '0');
}

/** An instruction's bytes, from the one or two pages in which it lies. */
function bytesAt(region: Region, offset: number, length: number, read: ReadPhysical): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const at = offset + done;
    const index = Math.floor(at / 4096);
    const inPage = at - 4096 * index;
    const part = Math.min(length - done, 4096 - inPage);
    const page = region.pages.find((candidate) => candidate.index === index);
    if (page) bytes.set(read(4096 * page.frame + inPage, part), done);
    done += part;
  }
  return bytes;
}
