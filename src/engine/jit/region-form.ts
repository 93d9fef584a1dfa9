// Which instructions regions may hold, judged by the micro-operations of their forms: those that plain
// code completes, or leaves to the interpreter before anything architectural is written. And what they
// are to the flow of control.
//
// A helper's call under a condition is a rare path on which the region bails, so nothing may have been
// written before it there; what comes after it on that path is never reached in a region.
import type { Form } from '../../x86/decode/instruction.ts';
import { buildMeaning } from '../../x86/semantics/index.ts';
import { softwareInterruptHelper, timeStampHelper } from '../../x86/semantics/system/helpers.ts';
import { ACTIVITY, MODE } from '../../x86/state/layout.ts';
import type { Location, Uop } from '../../x86/uops/ir.ts';
import { bulkKind } from '../interp/bulk-string.ts';

export interface RegionForm {
  /** May be an instruction of a region. The rest says something only where this is true. */
  readonly allowed: boolean;
  /** Branches relatively: not at all, on a condition, or always (JMP, CALL). */
  readonly branch: 'none' | 'conditional' | 'always';
  /** Jumps to a computed address (RET, JMP r/m, CALL r/m). */
  readonly jump: boolean;
  /** A near CALL, relative or computed. */
  readonly call: boolean;
  /** A near RET. */
  readonly returns: boolean;
  /** Nothing follows it: control goes on wherever the state says then, perhaps in another mode (SYSCALL, IRET). */
  readonly ends: boolean;
}

const NOT_ALLOWED: RegionForm = {
  allowed: false,
  branch: 'none',
  jump: false,
  call: false,
  returns: false,
  ends: false,
};

/** Guest-visible state, not operands of helpers in the scratch area. */
function isArchitectural(location: Location): boolean {
  return location.kind !== 'state' || location.offset < MODE;
}

/**
 * Where control is after a list of micro-operations: it goes on, has bailed or ended its block for sure, or the list is not for
 * regions.
 */
type Reach = 'goes on' | 'bails' | 'ends' | 'unfit';

/** Follows the paths of one instruction. */
class Walk {
  written = false;
  /** Some path ends the block. */
  ends = false;

  list(uops: readonly Uop[], nested: boolean): Reach {
    for (let i = 0; i < uops.length; i++) {
      const uop = uops[i]!;
      switch (uop.op) {
        case 'set':
          // Nothing is gained by a region for HLT.
          if (uop.location.kind === 'state' && uop.location.offset === ACTIVITY) return 'unfit';
          if (isArchitectural(uop.location)) this.written = true;
          break;
        case 'store':
        case 'flagsArith':
        case 'flagsSet':
          this.written = true;
          break;
        case 'userPages':
          this.written = true;
          break;
        case 'call':
          if (uop.helper === timeStampHelper) break;
          // INT n, unless it is an unusual one.
          if (uop.helper === softwareInterruptHelper && !this.written) {
            this.ends = true;
            return 'ends';
          }
          return this.written ? 'unfit' : 'bails';
        case 'repeat':
          return 'unfit';
        case 'endBlock':
          if (uop.stays) break;
          this.ends = true;
          return 'ends';
        case 'branch':
        case 'jump':
          if (nested || i < uops.length - 1) return 'unfit';
          break;
        case 'if': {
          const reach = this.#ways(uop.then, uop.else);
          if (reach !== 'goes on') return reach;
          break;
        }
        case 'loop': {
          const reach = this.list(uop.body, true);
          if (reach !== 'goes on') return reach;
          // A second turn begins with what the first has written.
          if (this.written && this.list(uop.body, true) !== 'goes on') return 'unfit';
          break;
        }
        default:
          break;
      }
    }
    return 'goes on';
  }

  #ways(then: readonly Uop[], otherwise: readonly Uop[]): Reach {
    const before = this.written;
    const first = this.list(then, true);
    const afterFirst = this.written;
    this.written = before;
    const second = this.list(otherwise, true);
    if (first === 'unfit' || second === 'unfit') return 'unfit';
    // A way that bails or ends does not come back with what it wrote.
    this.written = (first === 'goes on' && afterFirst) || (second === 'goes on' && this.written) || before;
    if (first === 'goes on' || second === 'goes on') return 'goes on';
    return first === 'ends' || second === 'ends' ? 'ends' : 'bails';
  }
}

/** Raises an exception each time (UD2, and bytes that are no instruction). */
function alwaysFaults(uops: readonly Uop[]): boolean {
  const certain = new Set<number>();
  for (const uop of uops) {
    if (uop.op === 'const' && typeof uop.value === 'number' && uop.value !== 0) certain.add(uop.result.id);
    if (uop.op === 'faultIf' && certain.has(uop.condition.id)) return true;
  }
  return false;
}

function classify(form: Form): RegionForm {
  if (bulkKind(form) >= 0) return { ...NOT_ALLOWED, allowed: true };
  const { uops } = buildMeaning(form);
  const walk = new Walk();
  const reach = walk.list(uops, false);
  if (alwaysFaults(uops) || reach === 'unfit' || (reach === 'bails' && !walk.ends)) return NOT_ALLOWED;
  const last = uops.at(-1);
  const branch = last?.op === 'branch' ? last : null;
  // A branch that cuts RIP to 16 bits leads elsewhere than its displacement says.
  if (branch && branch.bits !== form.mode.bits) return NOT_ALLOWED;
  return {
    allowed: true,
    branch: branch === null ? 'none' : branch.condition ? 'conditional' : 'always',
    jump: last?.op === 'jump',
    call: form.mnemonic === 'CALL',
    returns: form.mnemonic === 'RET',
    ends: reach !== 'goes on',
  };
}

/** As many as there are forms at a time (forms.ts). */
const MAXIMUM_KNOWN = 65_536;
const known = new Map<number, RegionForm>();

/** What a form is to regions; remembered by its id. */
export function regionForm(form: Form): RegionForm {
  let result = known.get(form.id);
  if (!result) {
    if (known.size >= MAXIMUM_KNOWN) known.clear();
    result = classify(form);
    known.set(form.id, result);
  }
  return result;
}
