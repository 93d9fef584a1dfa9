// What regions agree on with those who make, print and install them: their place, the word that tells their
// tail where they are left, why they are left, and their cells for ways out.
//
// The word, WHERE:
//
//   31     29 28            17 16     9 8         0
//   +--------+----------------+--------+-----------+
//   |  page  | offset in page | flags  |   count   |      page: index into region.pages, or FAR
//   +--------+----------------+--------+-----------+
//
// `count` is how many instructions of the block were not executed. If it is not 0, the interpreter must execute the
// instruction there: it faults, reaches a device or changes code, or its rare case needs a helper. Nothing of it has
// been done yet (decision D6).
import type { Routine } from '../../x86/uops/routine.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import type { BlockEnd, Edge, Region, RegionBlock } from './region.ts';

/** What a module of regions offers to each of them. */
export interface RegionModule {
  readonly core: CoreFunctions;
  /** Type index of a handler, (i32) -> (). */
  readonly handlerType: number;
  /** Table index of the handler table. */
  readonly table: number;
  /** Regions count their instructions and their ways out. */
  readonly counts: boolean;
  routine(routine: Routine): number;
}
/** Where a region's function goes, and what it goes back to. */
export interface RegionPlace {
  /** Identifier, not 0, for samples. */
  readonly id: number;
  /** Slot of the handler that runs the entry's block otherwise. */
  readonly plain: number;
  /** Byte address of its first link cell. */
  readonly cells: number;
}

/** Causes of leaving, as counted at COUNT_REGION_LEAVES. */
export const LEAVE_LINK = 0;
export const LEAVE_JUMP = 1;
export const LEAVE_COLD = 2;
export const LEAVE_BUDGET = 3;
export const LEAVE_BAIL = 4;
export const LEAVE_CAUSES = [
  'linked branch',
  'jump',
  'cold branch',
  'budget',
  'left to the interpreter',
] as const;
export const FAR = 7;
export const WHERE_PAGE = 29;
export const WHERE_OFFSET = 17;
export const WHERE_FLAGS = 9;
export const WHERE_FLAGS_MASK = 0xff;
export const WHERE_COUNT = 0x1ff;

/** Cells that a region needs: link cells, one for every exit, taken often, to its own pages; then one for each jump site. */
export function linkCellCount(region: Region): number {
  return linkedExits(region).length + jumpSites(region).length;
}
/**
 * Offsets of the instructions that jump to a computed address and may leave the region by it. Where they went last
 * is in their cell, relative to the first byte of the entry's page (0: they have not left yet).
 */
export function jumpSites(region: Region): number[] {
  return jumpBlocks(region).map(({ offset, instructions }) => instructions.at(-1)?.offset ?? offset);
}
/** The blocks that leave by a computed jump. */
export function jumpBlocks(region: Region): RegionBlock[] {
  return region.blocks.filter(({ end }) => end.kind === 'jump');
}
/** Offsets in its own pages to which a region leaves often. */
export function linkedExits(region: Region): number[] {
  return region.blocks.flatMap((block) => exitsOf(block.end, region, false));
}
/** Offsets in its own pages to which a region may leave, but for computed jumps. */
export function exitsInPages(region: Region): number[] {
  return region.blocks.flatMap((block) => exitsOf(block.end, region, true));
}
function exitsOf(end: BlockEnd, region: Region, cold: boolean): number[] {
  const linked = (edge: Edge) =>
    edge.kind === 'exit' && (cold || !edge.cold) && hasPage(region, edge.offset) ? [edge.offset] : [];
  switch (end.kind) {
    case 'goto':
      return linked(end.to);
    case 'branch':
      return [...linked(end.taken), ...linked(end.next)];
    case 'interpret':
      return hasPage(region, end.offset) ? [end.offset] : [];
    case 'jump':
      return [];
  }
}
/** An offset is in one of the region's own pages. */
export function hasPage(region: Region, offset: number): boolean {
  return region.pages.some((page) => page.index === offset >> 12);
}
