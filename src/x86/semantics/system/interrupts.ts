// Software interrupts and the flags that govern interrupts (SDM 2A, 2B): INT n, INT3, INTO,
// INT1, PUSHF, POPF, CLI, STI, HLT.
import {
  ACTIVITY_HALTED,
  FLAG_AC,
  FLAG_DF,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VM,
} from '../../state/cpu-state.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import { FLAG_OF, FLAGS_STATUS, type I32 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  breakpointTrapHelper,
  clearVirtualInterruptHelper,
  debugTrapHelper,
  overflowTrapHelper,
  popFlagsHelper,
  pushedFlagsHelper,
  setVirtualInterruptHelper,
  softwareInterruptHelper,
} from './helpers.ts';

/** CPL <= IOPL. */
function mayControlInterrupts(b: Builder): I32 {
  return b.leU(b.get(32, S.CPL), b.and(b.shrU(b.get(32, S.FLAGS), 12), 3));
}

function pushFlags(b: Builder): void {
  const size = b.form.operandSize;
  let flags: I32;
  if (b.form.mode.protection === 'v86') {
    flags = b.call(pushedFlagsHelper, b.i32(size)) as I32;
  } else {
    flags = b.or(b.and(b.get(32, S.FLAGS), ~(FLAG_VM | FLAG_RF)), b.flagsGet(FLAGS_STATUS));
  }
  b.push(size, size === 64 ? b.toI64(flags) : flags);
}

function popFlags(b: Builder): void {
  const size = b.form.operandSize;
  const value = b.toI32(b.peek(size));
  if (b.form.mode.protection === 'v86') {
    b.call(popFlagsHelper, value, b.i32(size));
    b.drop(size / 8);
    b.endBlock();
    return;
  }
  const always = FLAG_TF | FLAG_DF | FLAG_NT | (size === 16 ? 0 : FLAG_AC | FLAG_ID);
  let mask = b.i32(always | FLAG_IF | FLAG_IOPL);
  if (b.form.mode.protection === 'protected') {
    const withIf = b.select(mayControlInterrupts(b), b.i32(always | FLAG_IF), b.i32(always));
    mask = b.select(b.eqz(b.get(32, S.CPL)), mask, withIf);
  }
  const old = b.get(32, S.FLAGS);
  const flags = b.or(b.and(b.and(old, b.not(mask)), ~FLAG_RF), b.and(value, mask));
  const accessRights = b.and(b.xor(old, flags), FLAG_AC);
  const waits = b.and(flags, b.get(32, S.EVENT_WAITS));
  const set = (): void => {
    b.drop(size / 8);
    b.set(32, S.FLAGS, flags);
    b.flagsSet(FLAGS_STATUS, value);
  };
  // The block goes on unless somebody has to look: a single step, an open window for an interrupt that waits.
  b.if(
    b.or(b.or(b.and(flags, FLAG_TF), accessRights), waits),
    () => {
      set();
      b.endBlock();
    },
    set,
  );
}

function clearInterrupt(b: Builder): void {
  const clear = () => b.set(32, S.FLAGS, b.and(b.get(32, S.FLAGS), ~FLAG_IF));
  if (b.form.mode.protection === 'real') {
    clear();
    return;
  }
  b.if(mayControlInterrupts(b), clear, () => b.call(clearVirtualInterruptHelper));
}

/** Interrupts stay blocked for one more instruction when they were. */
function setInterrupt(b: Builder): void {
  const set = () => {
    const flags = b.get(32, S.FLAGS);
    b.if(b.eqz(b.and(flags, FLAG_IF)), () => {
      b.set(32, S.SHADOW, b.i32(1));
      b.set(32, S.FLAGS, b.or(flags, FLAG_IF));
      b.endBlockForEvents();
    });
  };
  if (b.form.mode.protection === 'real') set();
  else {
    b.if(mayControlInterrupts(b), set, () => {
      b.call(setVirtualInterruptHelper);
      b.endBlock();
    });
  }
}

export const interruptMeanings: readonly Meaning[] = [
  {
    mnemonic: 'INT',
    build: (b) => {
      b.call(softwareInterruptHelper, b.toI32(b.readInt(0)));
      b.endBlock();
    },
  },
  {
    mnemonic: 'INT3',
    build: (b) => {
      b.call(breakpointTrapHelper);
      b.endBlock();
    },
  },
  {
    mnemonic: 'INTO',
    reads: FLAG_OF,
    build: (b) => {
      b.if(b.condition(0), () => {
        b.call(overflowTrapHelper);
        b.endBlock();
      });
    },
  },
  {
    mnemonic: 'INT1',
    build: (b) => {
      b.call(debugTrapHelper);
      b.endBlock();
    },
  },
  { mnemonic: 'PUSHF', reads: FLAGS_STATUS, build: pushFlags },
  { mnemonic: 'POPF', build: popFlags },
  { mnemonic: 'CLI', build: clearInterrupt },
  { mnemonic: 'STI', build: setInterrupt },
  {
    mnemonic: 'HLT',
    build: (b) => {
      b.requireCpl0();
      b.set(32, S.ACTIVITY, b.i32(ACTIVITY_HALTED));
      b.endBlock();
    },
  },
];
