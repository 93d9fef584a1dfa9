// IRET (exceptions/iret.ts has it whole). The returns that a system makes all the time, from CPL 0 to flat 64-bit
// code, and outside long mode from CPL 0 to flat 32-bit code, are micro-operations; for every other the helper
// begins anew. Values are read from the frame and the GDT in the helper's order, so that a fault is the same.

import { MODE_FLAT_CS, MODE_FLAT_SS } from '../../decode/mode.ts';
import * as C from '../../state/control-bits.ts';
import {
  FLAG_AC,
  FLAG_DF,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
  FLAGS_STATUS,
} from '../../state/cpu-state.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  CODE_32,
  CODE_32_DESCRIPTOR,
  CODE_64,
  CODE_64_DESCRIPTOR,
  DATA_32,
  DATA_32_DESCRIPTOR,
  inGlobalTable,
  isFlat,
  loadDescriptor,
  MODE_32_BITS,
  mayStay,
  readsTablesAsProcessor,
  setFlatCode,
  setFlatData,
  setUnusable,
} from './flat-segments.ts';
import { interruptReturnHelper } from './helpers.ts';

/** What IRET at CPL 0 takes from the frame; RF is dropped, since no breakpoint is armed. */
const RETURNED_FLAGS =
  FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_AC | FLAG_VIF | FLAG_VIP | FLAG_ID;
const DATA_SEGMENTS = [S.ES, S.DS, S.FS, S.GS] as const;

/** Goes on in the innermost of nested conditions; where one fails, whatever follows the whole runs. */
function whenAll(b: Builder, conditions: readonly (() => I32)[], then: () => void): void {
  const [first, ...others] = conditions;
  if (first) b.if(first(), () => whenAll(b, others, then));
  else then();
}

function setReturnedFlags(b: Builder, flags: I32): void {
  const kept = b.and(b.get(32, S.FLAGS), ~(RETURNED_FLAGS | FLAG_RF));
  b.set(32, S.FLAGS, b.or(kept, b.and(flags, RETURNED_FLAGS)));
  b.flagsSet(FLAGS_STATUS, flags);
  b.set(32, S.NMI_BLOCKED, b.i32(0));
}

/** Whether the data segments may stay as they are at level `rpl`. */
function allMayStay(b: Builder, rpl: I32): I32 {
  const stay = DATA_SEGMENTS.map((segment) => mayStay(b, segment)).reduce((a, c) => b.and(a, c));
  return b.or(b.eqz(rpl), stay);
}

function quadword(b: Builder, index: number): I64 {
  return b.peek(64, 8 * index) as I64;
}

function returnTo64(b: Builder): void {
  const possible = b.and(readsTablesAsProcessor(b), b.eqz(b.and(b.get(32, S.FLAGS), FLAG_NT)));
  b.if(possible, () => {
    const rip = quadword(b, 0);
    const cs = b.and(b.wrap(quadword(b, 1)), 0xffff);
    const flags = b.wrap(quadword(b, 2));
    const rpl = b.and(cs, 3);
    whenAll(
      b,
      [
        () => inGlobalTable(b, cs),
        () => isFlat(b, loadDescriptor(b, cs), CODE_64_DESCRIPTOR, rpl),
        () => b.and(allMayStay(b, rpl), b.eq(b.shrS(b.shl(rip, 16), 16), rip)),
      ],
      () => {
        const rsp = quadword(b, 3);
        const ss = b.and(b.wrap(quadword(b, 4)), 0xffff);
        const commit = (setStack: () => void): void => {
          setReturnedFlags(b, flags);
          setFlatCode(b, cs, b.or(b.shl(rpl, C.SEGMENT_DPL_SHIFT), CODE_64));
          b.set(64, S.RIP, rip);
          b.set(32, S.CPL, rpl);
          setStack();
          b.setGpr(64, S.RSP, rsp);
          b.endBlock();
        };
        const matches = b.eq(b.and(ss, 3), rpl);
        const isNull = b.eqz(b.and(ss, 0xfffc));
        b.if(b.and(b.and(matches, isNull), b.ne(rpl, 3)), () => {
          commit(() => setUnusable(b, S.SS, ss, b.or(b.shl(rpl, C.SEGMENT_DPL_SHIFT), C.SEGMENT_UNUSABLE)));
        });
        whenAll(
          b,
          [
            () => b.and(matches, inGlobalTable(b, ss)),
            () => isFlat(b, loadDescriptor(b, ss), DATA_32_DESCRIPTOR, rpl),
          ],
          () => commit(() => setFlatData(b, S.SS, ss, b.or(b.shl(rpl, C.SEGMENT_DPL_SHIFT), DATA_32))),
        );
      },
    );
  });
}

/** Outside long mode; the frame of a return to the same level has no stack pointer. */
function returnTo32(b: Builder): void {
  const { key } = b.form.mode;
  const special = b.or(b.and(b.get(32, S.FLAGS), FLAG_NT), b.and(b.get(32, S.EFER), C.EFER_LMA));
  b.if(b.and(readsTablesAsProcessor(b), b.eqz(special)), () => {
    const eip = b.peek(32) as I32;
    const cs = b.and(b.peek(32, 4) as I32, 0xffff);
    const flags = b.peek(32, 8) as I32;
    const rpl = b.and(cs, 3);
    whenAll(
      b,
      [
        () => b.and(inGlobalTable(b, cs), b.eqz(b.and(flags, FLAG_VM))),
        () => isFlat(b, loadDescriptor(b, cs), CODE_32_DESCRIPTOR, rpl),
      ],
      () => {
        const commit = (mode: number): void => {
          setReturnedFlags(b, flags);
          setFlatCode(b, cs, b.or(b.shl(rpl, C.SEGMENT_DPL_SHIFT), CODE_32));
          b.set(64, S.RIP, b.extendU(eip));
          b.set(32, S.MODE, b.i32(key | mode));
          b.endBlock();
        };
        b.if(b.eqz(rpl), () => {
          b.drop(12);
          commit(MODE_FLAT_CS);
        });
        b.if(allMayStay(b, rpl), () => {
          const esp = b.peek(32, 12) as I32;
          const ss = b.and(b.peek(32, 16) as I32, 0xffff);
          whenAll(
            b,
            [
              () => b.and(b.eq(b.and(ss, 3), rpl), inGlobalTable(b, ss)),
              () => isFlat(b, loadDescriptor(b, ss), DATA_32_DESCRIPTOR, rpl),
            ],
            () => {
              setFlatData(b, S.SS, ss, b.or(b.shl(rpl, C.SEGMENT_DPL_SHIFT), DATA_32));
              b.set(32, S.CPL, rpl);
              b.set(64, S.GPR + 8 * S.RSP, b.extendU(esp));
              commit(MODE_FLAT_CS | MODE_FLAT_SS);
            },
          );
        });
      },
    );
  });
}

function interruptReturn(b: Builder): void {
  const { mode, operandSize } = b.form;
  const flat32 = mode.protection === 'protected' && (mode.key & MODE_32_BITS) === MODE_32_BITS;
  if (mode.bits === 64 && operandSize === 64) returnTo64(b);
  else if (mode.bits === 32 && operandSize === 32 && flat32) returnTo32(b);
  b.call(interruptReturnHelper, b.i32(operandSize));
  b.endBlock();
}

export const interruptReturnMeanings: readonly Meaning[] = [{ mnemonic: 'IRET', build: interruptReturn }];
