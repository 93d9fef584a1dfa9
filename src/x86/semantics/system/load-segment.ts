// Loads of ES, SS, DS, FS and GS (segmentation/load.ts has them whole). In protected mode null selectors and, at
// CPL 0, ordinary data segments of the GDT are loaded in micro-operations; the block ends only where the mode
// changes (flat segments, stack size). FS and GS are not part of the mode.
import { MODE_FLAT_DS, MODE_FLAT_ES } from '../../decode/mode.ts';
import * as C from '../../state/control-bits.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import { inGlobalTable, loadDescriptor, readsTablesAsProcessor, setUnusable } from './flat-segments.ts';
import { loadSegmentHelper } from './helpers.ts';

/** Of the descriptor's access byte: P, S, code, expand-down and accessed; a data segment that is used as it is. */
const ACCESS_MASK = 0x9d;
const ORDINARY_DATA = 0x91;
const GRANULAR = 1 << 23;

const fieldOf = (segment: number, field: number): number => S.SEGMENT + segment * S.SEGMENT_SIZE + field;

/** The bit of the mode key that tells whether the segment is flat; 0 where the mode does not depend on it. */
function flatBit(b: Builder, number: number): number {
  if (b.form.mode.bits === 64) return 0;
  return number === S.ES ? MODE_FLAT_ES : number === S.DS ? MODE_FLAT_DS : 0;
}

/**
 * Loads a segment register other than CS with a selector (16 bits) and then does `rest`, which may not fault.
 * `shadow`: a load of SS holds interrupts back for one instruction.
 */
export function loadSegmentRegister(
  b: Builder,
  number: number,
  selector: I32,
  rest: () => void,
  shadow: boolean,
): void {
  const slow = (): void => {
    b.call(loadSegmentHelper, b.i32(number), selector);
    rest();
    if (number === S.SS && shadow) b.set(32, S.SHADOW, b.i32(2));
    if (number <= S.DS) b.endBlock();
  };
  if (b.form.mode.protection !== 'protected' || number === S.SS) {
    slow();
    return;
  }
  b.if(
    b.eqz(b.and(selector, 0xfffc)),
    () => {
      const commit = () => setUnusable(b, number, selector, b.i32(C.SEGMENT_UNUSABLE));
      finish(b, number, b.i32(0), commit, rest);
    },
    () => {
      b.if(
        b.and(readsTablesAsProcessor(b), inGlobalTable(b, selector)),
        () => loadFromTable(b, number, selector, rest, slow),
        slow,
      );
    },
  );
}

function loadFromTable(b: Builder, number: number, selector: I32, rest: () => void, slow: () => void): void {
  const descriptor = loadDescriptor(b, selector);
  const low = b.wrap(descriptor);
  const high = b.wrap(b.shrU(descriptor, 32) as I64);
  const dpl = b.and(b.shrU(high, 13), 3);
  const ordinary = b.eq(b.and(b.shrU(high, 8), ACCESS_MASK), ORDINARY_DATA);
  b.if(
    b.and(ordinary, b.geU(dpl, b.and(selector, 3))),
    () => {
      const base = b.or(b.or(b.shrU(low, 16), b.shl(b.and(high, 0xff), 16)), b.and(high, 0xff00_0000 | 0));
      const units = b.or(b.and(low, 0xffff), b.and(high, 0xf_0000));
      const limit = b.select(b.and(high, GRANULAR), b.or(b.shl(units, 12), 0xfff), units);
      const writable = b.and(b.shrU(high, 9), 1);
      const fast = b.or(b.shl(writable, 1), S.SEGMENT_FAST_READ);
      const flat = b.and(b.and(writable, b.eqz(base)), b.eq(limit, -1));
      const commit = (): void => {
        b.set(32, fieldOf(number, S.SEGMENT_SELECTOR), selector);
        b.set(32, fieldOf(number, S.SEGMENT_ATTRIBUTES), b.and(b.shrU(high, 8), 0xf0ff));
        b.set(32, fieldOf(number, S.SEGMENT_LIMIT), limit);
        b.set(32, fieldOf(number, S.SEGMENT_FAST), fast);
        b.set(64, fieldOf(number, S.SEGMENT_BASE), b.extendU(base));
      };
      finish(b, number, flat, commit, rest);
    },
    slow,
  );
}

/** Writes the register, does the rest, and ends the block where the mode becomes another. `flat` is 0 or 1. */
function finish(b: Builder, number: number, flat: I32, commit: () => void, rest: () => void): void {
  const bit = flatBit(b, number);
  const whole = (): void => {
    commit();
    rest();
  };
  if (bit === 0) {
    whole();
    return;
  }
  const { key } = b.form.mode;
  b.if(
    b.ne(flat, key & bit ? 1 : 0),
    () => {
      whole();
      b.set(32, S.MODE, b.i32(key ^ bit));
      b.endBlock();
    },
    whole,
  );
}
