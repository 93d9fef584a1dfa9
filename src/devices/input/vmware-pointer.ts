// The absolute pointer of VMware's backdoor: port 5658h, which a guest reads with IN EAX, DX. What is asked for is in the
// registers, and so is the answer. Described by Linux's drivers/input/mouse/vmmouse.c and open-vm-tools' vmmouse_defs.h.
//
//   EAX 564D5868h ("VMXh")  EBX argument  ECX 15:0 command  EDX 15:0 5658h
//
//   10 version      EAX = 6, EBX = 564D5868h, ECX = product
//   39 data         EBX words of the queue, one to four, in EAX, EBX, ECX, EDX
//   40 status       EAX 15:0 words in the queue; 31:16 all ones when the pointer is off or something went wrong
//   41 command      EBX: "READ" on (the queue then holds the version), 0F5h off, "RABS" places, "RREL" ways (off again)
//   86 restrict     who may use it: everybody who may use the port, whatever is asked for
//
//   packet, 4 words  status: 16 a way, not a place  5 left  4 right  3 middle    x and y: places 0 to FFFFh, or ways
//                    (upwards)    z: the wheel, 8 bits, towards the user
//
// That there is a packet is told by the PS/2 mouse: it sends one of its own, which the driver throws away. No other command of
// the backdoor is answered: nothing is told of the host.
import {
  BUTTON_LEFT,
  BUTTON_MIDDLE,
  BUTTON_RIGHT,
  FARTHEST_PLACE,
  type Pointer,
  type PointerReceiver,
} from '../../backend/input/pointer.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, queue, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';

const NAME = 'vmware-pointer';
const VERSION = 1;

const MAGIC = 0x564d_5868;
const GET_VERSION = 10;
const POINTER_DATA = 39;
const POINTER_STATUS = 40;
const POINTER_COMMAND = 41;
const POINTER_RESTRICT = 86;
const PROTOCOL_VERSION = 6;
const PRODUCT = 2;
const UNKNOWN = 0xffff_ffff;

const ENABLE = 0x4541_4552;
const DISABLE = 0xf5;
const REQUEST_ABSOLUTE = 0x5342_4152;
const REQUEST_RELATIVE = 0x4c45_5252;
const POINTER_VERSION = 0x3442_554a;
const ERROR = 0xffff;

const LEFT = 0x20;
const RIGHT = 0x10;
const MIDDLE = 0x08;
const RELATIVE = 0x1_0000;
const PACKET = 4;
const MOST_WORDS = 256 * PACKET;

/** The processor's registers while it reads the port; EAX is what the read gives. */
export interface BackdoorRegisters {
  readonly eax: number;
  ebx: number;
  ecx: number;
  edx: number;
}

const SHAPE = {
  /** The upper half of the status. */
  error: uint(16, ERROR),
  absolute: flag(),
  words: queue(MOST_WORDS, 32),
};

export interface VmwarePointerOptions {
  readonly registers: BackdoorRegisters;
  /** The mouse beside it, which gets what this one does not take. */
  readonly mouse: PointerReceiver & { announce(): void };
}

export class VmwarePointer implements Chip, Pointer {
  /** 4 bytes. */
  readonly regions: readonly RegisterRegion[];
  readonly #options: VmwarePointerOptions;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: VmwarePointerOptions) {
    this.#options = options;
    this.regions = [registerRegion(NAME, 4, REGISTERS, this)];
  }

  /** The guest takes places. */
  get absolute(): boolean {
    return this.#state.absolute;
  }

  moveTo(x: number, y: number, wheel: number, buttons: number): void {
    if (this.#state.absolute) this.#packet(0, place(x), place(y), wheel, buttons);
  }
  move(dx: number, dy: number, wheel: number, buttons: number): void {
    if (!this.#state.absolute) this.#options.mouse.move(dx, dy, wheel, buttons);
    else this.#packet(RELATIVE, Math.trunc(dx) >>> 0, Math.trunc(-dy) >>> 0, wheel, buttons);
  }

  reset(): void {
    resetState(SHAPE, this.#state);
  }
  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }
  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
  }

  #packet(kind: number, x: number, y: number, wheel: number, buttons: number): void {
    const s = this.#state;
    // A guest that does not look loses what comes last, but never a part of a packet.
    if (s.words.length + PACKET > MOST_WORDS) return;
    const held =
      ((buttons & BUTTON_LEFT) !== 0 ? LEFT : 0) |
      ((buttons & BUTTON_RIGHT) !== 0 ? RIGHT : 0) |
      ((buttons & BUTTON_MIDDLE) !== 0 ? MIDDLE : 0);
    s.words.push(kind | held, x, y, Math.max(-128, Math.min(127, Math.trunc(wheel))) & 0xff);
    this.#options.mouse.announce();
  }

  /** A read of the port: EAX for the guest. */
  request(): number {
    const r = this.#options.registers;
    if (r.eax !== MAGIC) return UNKNOWN;
    switch (r.ecx & 0xffff) {
      case GET_VERSION:
        r.ebx = MAGIC;
        r.ecx = PRODUCT;
        return PROTOCOL_VERSION;
      case POINTER_DATA:
        return this.#data(r);
      case POINTER_STATUS:
        return ((this.#state.error << 16) | this.#state.words.length) >>> 0;
      case POINTER_COMMAND:
        this.#command(r.ebx);
        return r.eax;
      case POINTER_RESTRICT:
        return r.eax;
      default:
        return UNKNOWN;
    }
  }

  #data(r: BackdoorRegisters): number {
    const s = this.#state;
    const count = r.ebx;
    if (count < 1 || count > PACKET || count > s.words.length) {
      s.error = ERROR;
      s.words = [];
      return UNKNOWN;
    }
    const [first, second, third, fourth] = s.words.splice(0, count);
    if (second !== undefined) r.ebx = second;
    if (third !== undefined) r.ecx = third;
    if (fourth !== undefined) r.edx = fourth;
    return first!;
  }

  #command(command: number): void {
    const s = this.#state;
    switch (command) {
      case ENABLE:
        s.error = 0;
        s.words = [POINTER_VERSION];
        break;
      case DISABLE:
        s.error = ERROR;
        s.words = [];
        s.absolute = false;
        break;
      case REQUEST_ABSOLUTE:
        s.absolute = s.error === 0;
        break;
      case REQUEST_RELATIVE:
        s.absolute = false;
        break;
      default:
    }
  }
}

const place = (value: number): number => Math.max(0, Math.min(FARTHEST_PLACE, Math.trunc(value)));

const REGISTERS: readonly Register<VmwarePointer>[] = [
  {
    name: 'BACKDOOR',
    offset: 0,
    width: 4,
    access: 'RO',
    read: (chip) => chip.request(),
  },
];
