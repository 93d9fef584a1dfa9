// Placing what ELF and Multiboot kernels consist of: their segments, then modules after them.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';
import { isUsableRam } from '../tables/memory-map.ts';
import { cString, type RamWriter } from './bytes.ts';
import {
  type BootModule,
  type BootRequest,
  checkKernelRange,
  type LoadSegment,
  moduleDoesNotFit,
} from './request.ts';

/** Checks and loads the segments. Answers the end of the highest. Throws DoppelError where one does not fit. */
export function loadSegments(
  request: BootRequest,
  ram: RamWriter,
  segments: readonly LoadSegment[],
): GuestPhysical {
  for (const segment of segments) checkKernelRange(request, segment.address, segment.memorySize);
  for (const { address, bytes, memorySize } of segments) {
    ram.bytes(address, bytes);
    ram.zero(address + bytes.length, memorySize - bytes.length);
  }
  return Math.max(...segments.map(({ address, memorySize }) => address + memorySize));
}

/** Throws DoppelError unless the entry point lies in a loaded segment. */
export function checkEntry(entry: GuestPhysical, segments: readonly LoadSegment[]): void {
  if (!segments.some((s) => entry >= s.address && entry < s.address + s.memorySize)) {
    throw new DoppelError(`the kernel's entry point 0x${entry.toString(16)} lies outside what it loads`);
  }
}

export interface PlacedModule {
  readonly address: GuestPhysical;
  readonly size: number;
  /** Where its command line is, NUL-terminated. */
  readonly commandLine: GuestPhysical;
}

export interface PlacedModules {
  /** Where the kernel's command line is. */
  readonly commandLine: GuestPhysical;
  readonly modules: readonly PlacedModule[];
}

/**
 * Writes the command lines to the boot area, and the modules, each on a page of its own, after the
 * kernel's end. Throws DoppelError where something does not fit.
 */
export function placeModules(
  request: BootRequest,
  ram: RamWriter,
  commandLine: string,
  kernelEnd: GuestPhysical,
): PlacedModules {
  const { area } = request;
  let nextString = area.commandLine;
  const placeString = (text: string): GuestPhysical => {
    const bytes = cString(text);
    const address = nextString;
    nextString += bytes.length;
    if (nextString > area.commandLine + area.commandLineSize) {
      throw new DoppelError(
        `the command line is too long: all together may have ${area.commandLineSize} bytes`,
      );
    }
    ram.bytes(address, bytes);
    return address;
  };
  const kernelCommandLine = placeString(commandLine);
  let next = Math.max(kernelEnd, 0x10_0000);
  const modules = request.modules.map((module: BootModule): PlacedModule => {
    const address = Math.ceil(next / 4096) * 4096;
    const size = module.bytes.length;
    if (!isUsableRam(request.memoryMap, address, size) || address + size > request.ram.length) {
      return moduleDoesNotFit(request, 'the module or initrd', size);
    }
    ram.bytes(address, module.bytes);
    next = address + size;
    return { address, size, commandLine: placeString(module.commandLine ?? '') };
  });
  return { commandLine: kernelCommandLine, modules };
}
