// What runs next: the block at CS:RIP, found as a processor fetches it. What is found is entered where branches look for it without
// leaving the wasm code: the jump cache, the table of all blocks (find-block.ts), the branch that came here.
import { MODE_FLAT_CS } from '../../x86/decode/mode.ts';
import { GP, GuestFault } from '../../x86/exceptions/fault.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import type { SoftMmu } from '../soft/mmu.ts';
import { BlockTable } from './block-table.ts';
import type { CodeCache } from './code-cache.ts';
import { HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { TABLE_SIZE } from './handlers.ts';
import { JumpCache } from './jump-cache.ts';
import { JumpKeys } from './jump-key.ts';

export class BlockFinder {
  readonly #state: CpuState;
  readonly #mmu: Pick<SoftMmu, 'translateExecute'>;
  readonly #code: CodeCache;
  readonly #jumps: JumpCache;
  readonly #keys: JumpKeys;
  readonly #blocks: BlockTable;
  /** Linear and guest-physical address of the block that was found last, if it was looked up by place. */
  linear = 0;
  physical = 0;
  /** Called when a block is found that is run by a region, with its slot and linear address. */
  onRegion: (slot: number, linear: number) => void = () => {};

  constructor(state: CpuState, mmu: Pick<SoftMmu, 'translateExecute'>, code: CodeCache) {
    this.#state = state;
    this.#mmu = mmu;
    this.#code = code;
    this.#jumps = new JumpCache(state);
    this.#blocks = new BlockTable(state);
    this.#keys = new JumpKeys(state, () => this.#jumps.clear());
    code.blockHandlers.onSlot = (descriptor, slot) => this.#jumps.setSlot(descriptor, slot);
  }

  /** All blocks are gone. */
  forget(): void {
    this.#jumps.clear();
    this.#blocks.clear();
    this.#keys.renew(true);
    this.#keys.renew(false);
  }
  /** Translations of the user's or of the supervisor's addresses have changed. */
  translationsChanged(user: boolean): void {
    this.#keys.renew(user);
  }

  /**
   * The descriptor of the block at CS:RIP. `link`: that of the branch that came here, or 0. With `byPlace` its addresses are wanted, which
   * the jump cache does not know. Throws the fault of fetching.
   */
  find(link: number, byPlace: boolean): number {
    const state = this.#state;
    const { u32 } = state;
    const mode = u32[L.MODE >> 2]!;
    const rip = state.rip;
    let linear = rip;
    let limit = 0x1_0000_0000;
    if ((mode & 3) !== 2) {
      const cs = state.segments[L.CS]!;
      if (rip > cs.limit) throw new GuestFault(GP, 0);
      limit = cs.limit - rip + 1;
      linear = (rip + cs.base) >>> 0;
    }
    const base = rip - (linear & 0xfff);
    // After an event nothing has to be looked up again for a handler that is known.
    const known = link === 0 && !byPlace && limit >= 4096 ? this.#known(linear) : 0;
    const descriptor = known !== 0 ? known : this.#lookUp(linear, base, mode, limit, link);
    state.setNumber(E.RIP_BASE, base);
    u32[E.JUMP_KEY >> 2] = this.#keys.current();
    return descriptor;
  }
  /** The descriptor that the jump cache has for an address, or 0. */
  #known(linear: number): number {
    const descriptor = this.#jumps.find(linear, this.#keys.current());
    if (descriptor === 0) return 0;
    const handler = this.#state.u32[(descriptor + D.D_HANDLER) >> 2]!;
    // What was dropped is a stop; the entries of regions are told to the translator.
    return handler === HANDLER_STOP || handler >= TABLE_SIZE ? 0 : descriptor;
  }
  /** The block at a linear address, decoded if need be; `base` is the RIP of its page's first byte, `limit` what CS leaves from it on. */
  #lookUp(linear: number, base: number, mode: number, limit: number, link: number): number {
    const code = this.#code;
    const { u32 } = this.#state;
    const physical = this.#mmu.translateExecute(linear);
    this.linear = linear;
    this.physical = physical;
    const { flushes } = code;
    const descriptor = code.find(physical, mode, limit, this.#secondPage);
    if (code.cacheable) {
      // A flush on the way has given the branch's descriptor to other code.
      const linkable = link !== 0 && code.linkable && code.flushes === flushes;
      if (linkable && base === this.#state.getNumber(E.RIP_BASE)) u32[(link + D.D_LINK) >> 2] = descriptor;
      this.#jumps.enter(linear, this.#keys.current(), descriptor);
      if ((mode & MODE_FLAT_CS) !== 0) this.#blocks.enter(descriptor);
    }
    const handler = u32[descriptor >> 2]!;
    if (handler >= TABLE_SIZE) this.onRegion(handler, linear);
    return descriptor;
  }
  /** Physical address of the page after the one that the block begins in. */
  readonly #secondPage = (): number => {
    const linear = this.linear - (this.linear & 0xfff) + 4096;
    return this.#mmu.translateExecute((this.#state.u32[L.MODE >> 2]! & 3) === 2 ? linear : linear >>> 0);
  };
}
