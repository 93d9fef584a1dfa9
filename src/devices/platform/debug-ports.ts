// Ports that firmware and test programs talk to: three chips of one register each.
//
//   debug console (0xE9)   Bochs and QEMU: a write sends a character, a read gives 0xE9
//   debug exit (0x501, 0xF4)  QEMU's isa-debug-exit: a write ends the machine with status (value << 1) | 1
//   POST (0x80)            the last code of the power-on self-test; also the port that kernels write to wait

import type { ByteSink } from '../../backend/char.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { merge, registerRegion } from '../registers.ts';

const NO_STATE = {};

/** Port 0xE9. */
export class DebugConsole implements Chip {
  readonly regions: readonly RegisterRegion[];

  constructor(sink: ByteSink) {
    const registers: readonly Register<ByteSink>[] = [
      {
        name: 'DEBUG',
        offset: 0,
        width: 1,
        reset: 0xe9,
        access: 'RW',
        read: () => 0xe9,
        write: (s, value) => s.write(value),
      },
    ];
    this.regions = [registerRegion('debug-console', 1, registers, sink)];
  }

  reset(): void {}

  save(): StateRecord {
    return saveState('debug-console', 1, NO_STATE, {});
  }

  restore(record: StateRecord): void {
    restoreState('debug-console', 1, NO_STATE, {}, record);
  }
}

/**
 * isa-debug-exit: four ports, any of which takes a value of any width. The callback gets the process's exit status,
 * (value << 1) | 1 cut to 8 bits.
 */
export class DebugExit implements Chip {
  readonly regions: readonly RegisterRegion[];

  constructor(exit: (status: number) => void) {
    const registers: readonly Register<(status: number) => void>[] = [
      {
        name: 'EXIT',
        offset: 0,
        width: 4,
        reset: 0,
        access: 'RW',
        read: () => 0,
        write: (callback, value) => callback(((value << 1) | 1) & 0xff),
      },
    ];
    const region = registerRegion('debug-exit', 4, registers, exit);
    this.regions = [{ ...region, write: (_offset, width, value) => region.write(0, width, value) }];
  }

  reset(): void {}

  save(): StateRecord {
    return saveState('debug-exit', 1, NO_STATE, {});
  }

  restore(record: StateRecord): void {
    restoreState('debug-exit', 1, NO_STATE, {}, record);
  }
}

const POST_SHAPE = { code: uint(8) };

/** Port 0x80. */
export class PostPort implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #state: StateOf<typeof POST_SHAPE> = initialState(POST_SHAPE);

  constructor() {
    this.regions = [registerRegion('post', 1, POST_REGISTERS, this)];
  }

  /** The last code written. */
  get code(): number {
    return this.#state.code;
  }

  set code(value: number) {
    this.#state.code = value;
  }

  reset(): void {
    resetState(POST_SHAPE, this.#state);
  }

  save(): StateRecord {
    return saveState('post', 1, POST_SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('post', 1, POST_SHAPE, this.#state, record);
  }
}

const POST_REGISTERS: readonly Register<PostPort>[] = [
  {
    name: 'POST',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (post) => post.code,
    write: (post, value, lanes) => {
      post.code = merge(post.code, value, lanes);
    },
  },
];
