// The registers with which a kernel begins, or goes on.
import { type BootState, GENERAL_REGISTER_NAMES, SEGMENT_NAMES } from '../../firmware/boot/boot-state.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';

/** Loads the registers that a boot protocol prescribes. */
export function applyBootState(state: CpuState, boot: BootState): void {
  GENERAL_REGISTER_NAMES.forEach((name, i) => {
    state.setGpr(i, boot.general[name]);
  });
  SEGMENT_NAMES.forEach((name, i) => {
    const { selector, base, limit, attributes } = boot.segments[name];
    const segment = state.segments[i]!;
    segment.selector = selector;
    segment.base = base;
    segment.limit = limit;
    segment.attributes = attributes;
  });
  state.setNumber(L.GDTR_BASE, boot.gdtr.base);
  state.set32(L.GDTR_LIMIT, boot.gdtr.limit);
  state.setNumber(L.IDTR_BASE, boot.idtr.base);
  state.set32(L.IDTR_LIMIT, boot.idtr.limit);
  state.set64(L.CR0, boot.cr0);
  state.set64(L.CR3, boot.cr3);
  state.set64(L.CR4, boot.cr4);
  state.set64(L.EFER, boot.efer);
  state.rflags = Number(boot.rflags);
  state.set64(L.RIP, boot.rip);
  state.cpl = 0;
}

/** After a reset: goes on at a place in real mode. */
export function enterRealMode(
  state: CpuState,
  { segment, offset }: { segment: number; offset: number },
): void {
  const code = state.segments[L.CS]!;
  code.selector = segment;
  code.base = segment << 4;
  state.rip = offset;
}
