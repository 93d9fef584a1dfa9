// Differences between two vCPUs' architectural states and two memories, in words.
import type { CpuState } from '../../../src/x86/state/cpu-state.ts';
import * as L from '../../../src/x86/state/layout.ts';

/** Parts of the status flags: RFLAGS is compared instead, whose representation is each engine's own. */
const REPRESENTATION = new Set(['flagAux', 'flagResult']);

/** Every architectural field that differs, by name; `a` and `b` say whose values they are. */
export function compareStates(a: CpuState, b: CpuState): string[] {
  const differences: string[] = [];
  if (a.rflags !== b.rflags) differences.push(`rflags: ${a.rflags.toString(16)}, ${b.rflags.toString(16)}`);
  for (const { name, offset, count, stride, architectural } of L.STATE_FIELDS) {
    if (!architectural || REPRESENTATION.has(name)) continue;
    for (let i = 0; i < count; i++) {
      const [x, y] = [a, b].map((state) =>
        Buffer.from(state.u8.slice(offset + i * stride, offset + (i + 1) * stride)),
      );
      // The fast-access bits of a segment are derived.
      if (name === 'segment') for (const bytes of [x!, y!]) bytes.fill(0, L.SEGMENT_FAST, L.SEGMENT_FAST + 4);
      if (x!.equals(y!)) continue;
      const text = (bytes: Buffer) => bytes.reverse().toString('hex');
      differences.push(`${name}${count > 1 ? i : ''}: ${text(x!)}, ${text(y!)}`);
    }
  }
  return differences;
}

/** The first byte that differs. */
export function compareMemories(a: Uint8Array, b: Uint8Array): string[] {
  if (Buffer.compare(a, b) === 0) return [];
  const at = a.findIndex((byte, address) => byte !== b[address]);
  return [`memory ${at.toString(16)}: ${a[at]!.toString(16)}, ${b[at]!.toString(16)}`];
}
