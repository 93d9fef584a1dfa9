// Intel 82540EM, a gigabit Ethernet controller on PCI (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
// Manual, 317453). Its parts: descriptors to frames (e1000-transmit.ts), frames to descriptors (e1000-receive.ts), EEPROM, PHY,
// statistics, registers that are only stored. Here: interrupts with their delays and throttle, resets, and the cable.
//
//   region 0, 128 KiB   registers        region 1, 64 ports   0 IOADDR, 4 IODATA: the same registers
//
// A frame for which no descriptor is free waits at the network (packet-backend.ts) instead of overrunning. Sending takes no
// time. Not modelled: wake-up, flow control, TXD_LOW, the flash, diagnostic access to the packet buffer.
import type { MacAddress } from '../../backend/net/ethernet.ts';
import { padded } from '../../backend/net/ethernet.ts';
import type { PacketPort, PacketReceiver } from '../../backend/net/packet-backend.ts';
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip } from '../chip.ts';
import { initialState, resetState, restoreState, saveState } from '../chip.ts';
import type { DmaView, IrqLine } from '../lines.ts';
import { type RegisterRegion, registerRegion } from '../registers.ts';
import * as B from './e1000-bits.ts';
import { eepromWords, writePins } from './e1000-eeprom.ts';
import { readPhy, writePhy } from './e1000-phy.ts';
import { filter, freeDescriptors, isOversize, store } from './e1000-receive.ts';
import { E1000_REGISTERS, IO_REGISTERS } from './e1000-registers.ts';
import { type DelayState, descriptorAddress, E1000_SHAPE, type E1000State, ringSize } from './e1000-state.ts';
import { count, countFrame, MISSED, OVERSIZE } from './e1000-statistics.ts';
import { STORED_RADV, STORED_RDTR, STORED_TADV, STORED_TIDV } from './e1000-stored.ts';
import { takeDescriptor } from './e1000-transmit.ts';

const NAME = 'e1000';
const VERSION = 1;
const REGISTERS_SIZE = 0x2_0000;
const IO_PORTS = 64;
/** Descriptors, and frames made of them, in one go. */
const BATCH = 256;
const BATCH_FRAMES = 1024;
const BATCH_PAUSE = 10_000;
/** Nanoseconds of the units of delays and of ITR. */
const DELAY_UNIT = 1024;
const THROTTLE_UNIT = 256;
export const E1000_DEVICE = 0x100e;
const SUBSYSTEM = 0x001e;
const INTEL = 0x8086;

export interface E1000Options {
  readonly mac: MacAddress;
  readonly network: PacketPort;
  readonly memory: DmaView;
  readonly irq: IrqLine;
  readonly clock: AlarmSource;
}

export class E1000 implements Chip, PacketReceiver {
  readonly regions: readonly RegisterRegion[];
  readonly state: E1000State = initialState(E1000_SHAPE);
  readonly words: Uint16Array;
  readonly #options: E1000Options;
  readonly #alarm: Alarm;

  constructor(options: E1000Options) {
    this.#options = options;
    this.words = eepromWords(options.mac, SUBSYSTEM, INTEL, E1000_DEVICE);
    this.#alarm = options.clock.alarm(() => this.#due());
    const unclaimed = { unclaimed: 0 };
    this.regions = [
      registerRegion('e1000', REGISTERS_SIZE, E1000_REGISTERS, this, unclaimed),
      registerRegion('e1000-io', IO_PORTS, IO_REGISTERS, this, unclaimed),
    ];
    this.reset();
  }

  reset(): void {
    this.#resetKeeping(['linkUp', 'irq']);
    this.state.linkUp = this.#options.network.linkUp;
  }

  #resetKeeping(keep: (keyof E1000State & string)[]): void {
    const s = this.state;
    resetState(E1000_SHAPE, s, keep);
    s.control = B.CTRL_FD | 0x200;
    const { mac } = this.#options;
    s.receiveAddresses[0] = (mac[0]! | (mac[1]! << 8) | (mac[2]! << 16) | (mac[3]! << 24)) >>> 0;
    s.receiveAddresses[1] = (0x8000_0000 | mac[4]! | (mac[5]! << 8)) >>> 0;
    this.#interruptChanged();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, E1000_SHAPE, this.state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, E1000_SHAPE, this.state, record);
    this.#schedule();
  }

  // ---- what the register tables call ----

  writeControl(value: number): void {
    const s = this.state;
    if ((value & B.CTRL_RST) !== 0) {
      this.#resetKeeping(['linkUp', 'irq', 'eeprom', 'phy', 'ioAddress']);
      return;
    }
    const rises = (value & ~s.control & B.CTRL_SLU) !== 0;
    s.control = (value & ~B.CTRL_PHY_RST) >>> 0;
    if (rises) this.raise(B.ICR_LSC);
  }

  get status(): number {
    const up = this.state.linkUp && (this.state.control & B.CTRL_SLU) !== 0;
    return B.STATUS_FD | B.STATUS_SPEED_1000 | B.STATUS_ASDV_1000 | (up ? B.STATUS_LU : 0);
  }

  writeEeprom(value: number): void {
    writePins(this.state.eeprom, this.words, value);
  }

  readEepromWord(value: number): void {
    const address = (value >>> 8) & 0xff;
    const word = address < this.words.length ? this.words[address]! : 0xffff;
    const done = (value & B.EERD_START) !== 0;
    this.state.eepromRead = done ? ((word << 16) | (address << 8) | B.EERD_DONE) >>> 0 : value & 0xff00;
  }

  /** MDIC: 15:0 data, 20:16 register, 25:21 PHY (1), 27:26 operation (1 write, 2 read), 28 ready, 30 error. */
  manageData(value: number): void {
    const s = this.state;
    const register = (value >>> 16) & 31;
    const operation = (value >>> 26) & 3;
    s.mdi = ((value & 0x2fff_ffff) | 0x1000_0000) >>> 0;
    if (((value >>> 21) & 31) !== 1 || operation === 0 || operation === 3)
      s.mdi = (s.mdi | 0x4000_0000) >>> 0;
    else if (operation === 2) s.mdi = ((s.mdi & 0xffff_0000) | readPhy(s.phy, register, s.linkUp)) >>> 0;
    else if (writePhy(s.phy, register, value & 0xffff)) this.raise(B.ICR_LSC);
    if ((value & 0x2000_0000) !== 0) this.raise(B.ICR_MDAC);
  }

  /** ICR: reading takes all causes back. */
  takeCauses(): number {
    const { cause } = this.state;
    this.state.cause = 0;
    this.#interruptChanged();
    return cause;
  }
  clearCauses(value: number): void {
    this.state.cause &= ~value;
    this.#interruptChanged();
  }
  raise(causes: number): void {
    this.state.cause |= causes & B.ICR_ALL;
    this.#interruptChanged();
  }
  setMask(value: number): void {
    this.state.mask = value & B.ICR_ALL;
    this.#interruptChanged();
  }

  /** RCTL, RDT and what else may make room. */
  receiveChanged(): void {
    this.#options.network.onRoom();
  }

  /** TDT, TCTL: sends what the ring has. */
  transmit(): void {
    const s = this.state;
    s.transmitAt = -1;
    if ((s.transmitControl & B.TCTL_EN) === 0) return;
    const ring = s.transmitRing;
    const size = ringSize(ring);
    if (ring.head >= size || ring.tail >= size) return;
    const { memory } = this.#options;
    const descriptor = new Uint8Array(16);
    const view = new DataView(descriptor.buffer);
    let frames = 0;
    const emit = (frame: Uint8Array) => {
      frames++;
      this.#emit(frame);
    };
    let causes = 0;
    for (let done = 0; ring.head !== ring.tail; done++) {
      if (done === BATCH || frames > BATCH_FRAMES) {
        s.transmitAt = this.#options.clock.now() + BATCH_PAUSE;
        break;
      }
      const at = descriptorAddress(ring, ring.head);
      memory.read(at, descriptor);
      takeDescriptor(s, memory, view, emit);
      const command = descriptor[11]!;
      if ((command & (B.TXC_RS | B.TXC_RPS)) !== 0) {
        memory.write(at + 12, Uint8Array.of(descriptor[12]! | B.TXD_DD));
        if ((command & B.TXC_IDE) === 0 || s.stored[STORED_TIDV] === 0) causes |= B.ICR_TXDW;
        else this.#delay(s.transmitDelay, s.stored[STORED_TIDV]!, s.stored[STORED_TADV]!);
      }
      ring.head = (ring.head + 1) % size;
    }
    if (ring.head === ring.tail) causes |= B.ICR_TXQE;
    this.raise(causes);
    this.#schedule();
  }

  #emit(frame: Uint8Array): void {
    const s = this.state;
    countFrame(s.statistics, frame, 'sent');
    if ((s.receiveControl & B.RCTL_LBM) !== 0) this.#take(padded(frame));
    else if (s.linkUp) this.#options.network.send(frame);
  }

  // ---- the network's side ----

  linkChanged(up: boolean): void {
    this.state.linkUp = up;
    this.raise(B.ICR_LSC);
  }

  receive(frame: Uint8Array): boolean {
    return (this.state.receiveControl & B.RCTL_LBM) !== 0 || this.#take(padded(frame));
  }

  /** False where the ring has no room now. */
  #take(frame: Uint8Array): boolean {
    const s = this.state;
    if ((s.receiveControl & B.RCTL_EN) === 0 || !s.linkUp) return true;
    const way = filter(s, frame);
    if (way === null) return true;
    if (isOversize(s, frame)) {
      count(s.statistics, OVERSIZE);
      return true;
    }
    const before = freeDescriptors(s);
    const outcome = store(s, this.#options.memory, frame, way === 'exact');
    if (outcome === 'later') return false;
    if (outcome === 'never') {
      count(s.statistics, MISSED);
      return true;
    }
    countFrame(s.statistics, frame, 'received');
    const few = ringSize(s.receiveRing) >> (1 + ((s.receiveControl >>> 8) & 3));
    let causes = before > few && freeDescriptors(s) <= few ? B.ICR_RXDMT0 : 0;
    if (s.stored[STORED_RDTR] === 0) causes |= B.ICR_RXT0;
    else this.#delay(s.receiveDelay, s.stored[STORED_RDTR]!, s.stored[STORED_RADV]!);
    this.raise(causes);
    return true;
  }

  // ---- interrupts and time ----

  #delay(delay: DelayState, packet: number, absolute: number): void {
    const now = this.#options.clock.now();
    delay.packet = now + packet * DELAY_UNIT;
    if (absolute !== 0 && delay.absolute < 0) delay.absolute = now + absolute * DELAY_UNIT;
    this.#schedule();
  }

  #interruptChanged(): void {
    const s = this.state;
    const wanted = (s.cause & s.mask) !== 0;
    if (wanted === s.irq) return;
    const now = this.#options.clock.now();
    if (wanted && now < s.quietUntil) {
      this.#schedule();
      return;
    }
    s.irq = wanted;
    if (wanted) s.quietUntil = now + s.throttle * THROTTLE_UNIT;
    this.#options.irq.set(wanted);
  }

  #schedule(): void {
    const s = this.state;
    const times = [s.transmitAt, dueAt(s.receiveDelay), dueAt(s.transmitDelay)];
    if ((s.cause & s.mask) !== 0 && !s.irq) times.push(s.quietUntil);
    const first = Math.min(...times.filter((time) => time >= 0));
    if (Number.isFinite(first)) this.#alarm.schedule(first);
    else this.#alarm.cancel();
  }

  #due(): void {
    const s = this.state;
    const now = this.#options.clock.now();
    const over = (delay: DelayState, cause: number): number => {
      if (dueAt(delay) < 0 || dueAt(delay) > now) return 0;
      delay.packet = -1;
      delay.absolute = -1;
      return cause;
    };
    this.raise(over(s.receiveDelay, B.ICR_RXT0) | over(s.transmitDelay, B.ICR_TXDW));
    if (s.transmitAt >= 0 && s.transmitAt <= now) this.transmit();
    this.#schedule();
  }
}

/** When a delayed interrupt is due, -1 where there is none. */
function dueAt({ packet, absolute }: DelayState): number {
  return absolute >= 0 ? Math.min(packet, absolute) : packet;
}
