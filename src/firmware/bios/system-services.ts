// INT 15h: the memory's size and map, moves between the first MiB and the rest, the A20 gate, and what
// the system has. IBM PS/2 and PC BIOS Interface Technical Reference, INT 15h; ACPI 6.5, section 15 (E820h);
// Phoenix, "System BIOS for IBM PCs" for E801h and 88h.
//
// Waiting is in event-wait.ts, the mouse in pointing-device.ts. Not offered: cassette, joystick, APM (53h says so),
// protected mode (89h).
import type { Linear } from '../../base/addresses.ts';
import { encodeE820 } from '../tables/memory-map.ts';
import type { BiosFrame } from './frame.ts';
import { BDA_EBDA_SEGMENT, ROM_CONFIGURATION, ROM_SEGMENT } from './layout.ts';
import type { BiosMemory, BiosWires } from './wires.ts';

const SMAP = 0x534d4150;
const E820_ENTRY = 20;
const MIB = 0x10_0000;
const UNSUPPORTED = 0x86;
/** Function 88h says no more than this, so that sums with it do not overflow: 63 MiB. */
const MOST_KIB_88 = 0xfc00;
const SYSTEM_CONTROL_A = 0x92;
const A20 = 0x02;
/** The keyboard controller's commands for its share in the gate, which is open while it or port 92h opens it. */
const KEYBOARD_COMMAND = 0x64;
const A20_OFF = 0xdd;
const A20_ON = 0xdf;
/** The gate can be set by the keyboard controller and by port 92h. */
const GATE_SUPPORT = 0x0003;
/** A byte of the BIOS data area that is the programs' (4F0h), and where it shows too while the gate is closed. */
const GATE_PROBE = 0x4f0;
/** Words that a block move may copy: 64 KiB. */
const MOST_WORDS = 0x8000;
const MOVE_PIECE = 4096;

export class SystemServices {
  readonly #wires: BiosWires;
  readonly #memory: BiosMemory;

  constructor(wires: BiosWires) {
    this.#wires = wires;
    this.#memory = wires.memory;
  }

  /** INT 15h. */
  service(frame: BiosFrame): void {
    switch (frame.ah) {
      case 0x24:
        this.#a20(frame);
        return;
      case 0x4f: // keyboard intercept: nobody wants the scan code
        frame.carry = true;
        return;
      case 0x87:
        this.#blockMove(frame);
        return;
      case 0x88:
        this.#extendedMemory(frame);
        return;
      case 0x52: // a medium may be taken out
      case 0x90: // device busy, and done: for multitasking systems that hook it
      case 0x91:
        frame.succeed();
        return;
      case 0xc0:
        frame.setEs(ROM_SEGMENT);
        frame.bx = ROM_CONFIGURATION;
        frame.succeed();
        return;
      case 0xc1:
        frame.setEs(this.#memory.read16(BDA_EBDA_SEGMENT));
        frame.carry = false;
        return;
      case 0xe8:
        this.#sizes(frame);
        return;
      default:
        frame.fail(UNSUPPORTED);
        return;
    }
  }

  #a20(frame: BiosFrame): void {
    switch (frame.al) {
      case 0x00:
      case 0x01:
        this.#setA20(frame.al === 1);
        break;
      case 0x02:
        frame.al = this.#a20IsOpen() ? 1 : 0;
        break;
      case 0x03:
        frame.bx = GATE_SUPPORT;
        break;
      default:
        frame.fail(UNSUPPORTED);
        return;
    }
    frame.succeed();
  }

  #setA20(open: boolean): void {
    const { ports } = this.#wires;
    const now = ports.portRead(SYSTEM_CONTROL_A, 1);
    // Bit 0 would reset the processor.
    ports.portWrite(SYSTEM_CONTROL_A, 1, ((now & ~A20) | (open ? A20 : 0)) & 0xfe);
    ports.portWrite(KEYBOARD_COMMAND, 1, open ? A20_ON : A20_OFF);
  }
  #a20IsOpen(): boolean {
    const probe = (at: number): number => {
      const byte = new Uint8Array(1);
      this.#memory.readPhysical(at, byte);
      return byte[0]!;
    };
    const put = (value: number): void => this.#memory.writePhysical(GATE_PROBE, Uint8Array.of(value));
    const before = probe(GATE_PROBE);
    put(before ^ 0xff);
    const flipped = probe(GATE_PROBE + MIB);
    put(before);
    return flipped !== (before ^ 0xff) || probe(GATE_PROBE + MIB) !== before;
  }

  /** CX words from the segment of descriptor 2 of the table at ES:SI to that of descriptor 3. */
  #blockMove(frame: BiosFrame): void {
    const table = frame.es(frame.si);
    const count = frame.cx;
    if (count > MOST_WORDS) {
      frame.fail(0x02);
      return;
    }
    const source = this.#segmentBase(table + 0x10);
    const target = this.#segmentBase(table + 0x18);
    // The gate may be closed: it is open for the move.
    const { ports } = this.#wires;
    const gate = ports.portRead(SYSTEM_CONTROL_A, 1) & 0xfe;
    ports.portWrite(SYSTEM_CONTROL_A, 1, gate | A20);
    const piece = new Uint8Array(MOVE_PIECE);
    for (let done = 0; done < 2 * count; done += MOVE_PIECE) {
      const part = piece.subarray(0, Math.min(MOVE_PIECE, 2 * count - done));
      this.#memory.readPhysical(source + done, part);
      this.#memory.writePhysical(target + done, part);
    }
    ports.portWrite(SYSTEM_CONTROL_A, 1, gate);
    frame.succeed();
    frame.zero = true;
  }
  #segmentBase(descriptor: Linear): number {
    const m = this.#memory;
    return (
      (m.read16(descriptor + 2) | (m.read8(descriptor + 4) << 16) | (m.read8(descriptor + 7) << 24)) >>> 0
    );
  }

  /** Bytes of RAM from 1 MiB to the PCI hole. */
  get #above(): number {
    return Math.max(0, this.#wires.ramSize - MIB);
  }
  #extendedMemory(frame: BiosFrame): void {
    frame.ax = Math.min(this.#above / 1024, MOST_KIB_88);
    frame.carry = false;
  }

  #sizes(frame: BiosFrame): void {
    switch (frame.al) {
      case 0x01: {
        // KiB from 1 to 16 MiB, and blocks of 64 KiB above.
        const low = Math.min(this.#above, 15 * MIB) / 1024;
        const high = Math.floor(Math.max(0, this.#above - 15 * MIB) / 0x1_0000);
        frame.ax = low;
        frame.cx = low;
        frame.bx = high;
        frame.dx = high;
        frame.carry = false;
        return;
      }
      case 0x20:
        this.#memoryMap(frame);
        return;
      case 0x81: // as 01h, in 32-bit registers
        frame.eax = Math.min(this.#above, 15 * MIB) / 1024;
        frame.ebx = Math.floor(Math.max(0, this.#above - 15 * MIB) / 0x1_0000);
        frame.ecx = frame.eax;
        frame.edx = frame.ebx;
        frame.carry = false;
        return;
      default:
        frame.fail(UNSUPPORTED);
    }
  }
  /** E820h: an entry of the map at ES:DI, its number in EBX. */
  #memoryMap(frame: BiosFrame): void {
    const { memoryMap } = this.#wires;
    const index = frame.ebx;
    if (frame.edx !== SMAP || index >= memoryMap.length || frame.ecx < E820_ENTRY) {
      frame.fail(UNSUPPORTED);
      return;
    }
    const at = frame.es(0) + frame.di;
    const entry = encodeE820(memoryMap).subarray(index * E820_ENTRY, (index + 1) * E820_ENTRY);
    this.#memory.write(at, entry);
    // The attributes of ACPI 3.0, where the caller has room for them: the entry is to be used.
    const extended = frame.ecx >= E820_ENTRY + 4;
    if (extended) this.#memory.write32(at + E820_ENTRY, 1);
    frame.eax = SMAP;
    frame.ecx = extended ? E820_ENTRY + 4 : E820_ENTRY;
    frame.ebx = index + 1 < memoryMap.length ? index + 1 : 0;
    frame.carry = false;
  }
}
