// Where a form's fields lie in its descriptors (descriptor.ts), as far as that differs from form to form: decided from
// the fields that its micro-operations use, so that the writer of descriptors and the handler agree.
import type { Uop } from '../../x86/uops/ir.ts';
import * as D from './descriptor.ts';
import { someUop } from './some-uop.ts';

export interface FieldPlaces {
  /** It branches relatively: there is a link and a target. */
  readonly branches: boolean;
  /** It has a displacement: the immediate is the lower half only, to be sign-extended. */
  readonly displacement: boolean;
  /** The two upper bits of the order's byte are the scale. */
  readonly scale: boolean;
  /** r2 lies in the immediate's place. */
  readonly r2: boolean;
  /** The second immediate lies in the index's place. */
  readonly immediate2: boolean;
  /** Offset of the field `seg`, in the place of one that the form does not use; 0: it has none. */
  readonly segment: number;
}

const FREE_FOR_SEGMENT = [
  ['r0', D.D_R0],
  ['r1', D.D_R1],
  ['base', D.D_BASE],
  ['index', D.D_INDEX],
] as const;

function usesField(uops: readonly Uop[], field: string): boolean {
  const at = (location: { readonly kind: string; readonly field?: string }) =>
    location.kind === 'field' && location.field === field;
  return someUop(
    uops,
    (uop) =>
      (uop.op === 'field' && uop.field === field) ||
      ((uop.op === 'get' || uop.op === 'set') && at(uop.location)) ||
      (uop.op === 'linear' && at(uop.segment)),
  );
}

/** Throws where two fields would have to lie in one place: no meaning of today's is such. */
export function fieldPlaces(uops: readonly Uop[]): FieldPlaces {
  const uses = (field: string) => usesField(uops, field);
  const places = {
    branches: someUop(uops, (uop) => uop.op === 'branch'),
    displacement: uses('disp'),
    scale: uses('scale'),
    r2: uses('r2'),
    immediate2: uses('imm2'),
    segment: 0,
  };
  const addressed = uses('base') || uses('index');
  if ((places.branches || places.immediate2) && addressed)
    throw new Error('an address in the place of a link');
  if (places.r2 && uses('imm')) throw new Error('r2 in the place of the immediate');
  if (!uses('seg')) return places;
  const free = FREE_FOR_SEGMENT.find(([field]) => !uses(field));
  if (!free || places.branches || places.immediate2) throw new Error('no place for the segment');
  return { ...places, segment: free[1] };
}
