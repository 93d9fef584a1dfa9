// A kernel that is booted without firmware: placed in memory as its boot protocol has it, with what a BIOS would have left.
import type { GuestPhysical } from '../../base/addresses.ts';
import { setTextMode } from '../../firmware/bios/video/video-services.ts';
import { loadKernel } from '../../firmware/boot/load.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import { BOOT_AREA, pcMemoryMap } from '../layout/memory.ts';
import { biosMemory } from '../pc/bios-access.ts';
import type { Board } from '../pc/board.ts';
import { programMtrrs } from '../pc/mtrr.ts';
import { applyBootState } from './boot-registers.ts';
import type { KernelBoot } from './machine-options.ts';

/**
 * Places the kernel and gives the processor, which has been reset, the registers to begin with. `rsdp`: where the ACPI tables are found.
 * Throws DoppelError where it is no kernel, or memory is too small for it.
 */
export function startKernel(
  { board, memory, state }: { board: Board; memory: GuestMemory; state: CpuState },
  boot: KernelBoot,
  rsdp: GuestPhysical,
): void {
  const textMode = board.vga && setTextMode(biosMemory(state, memory), board);
  const start = loadKernel({
    kernel: boot.kernel,
    ...(boot.kernelName === undefined ? {} : { kernelName: boot.kernelName }),
    commandLine: boot.commandLine,
    modules: boot.modules,
    memoryMap: pcMemoryMap(memory.size),
    ram: memory.ram,
    area: BOOT_AREA,
    rsdp,
    ...(boot.linuxEntry === undefined ? {} : { linuxEntry: boot.linuxEntry }),
    ...(textMode && { textMode }),
  });
  programMtrrs(state);
  applyBootState(state, start);
}
