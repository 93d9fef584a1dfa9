// A BIOS without a processor: a test sets registers, calls an interrupt as the stub would, and looks at what came back.
import { Bios } from './bios.ts';
import type { BiosCpu, BiosDrive, BiosMemory, BiosWires, DriveError } from './wires.ts';
import { EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP } from './wires.ts';

const REGISTERS = { eax: EAX, ebx: EBX, ecx: ECX, edx: EDX, esi: ESI, edi: EDI, ebp: EBP } as const;
type RegisterName = keyof typeof REGISTERS;

const SIZE = 0x11_0000;
const STACK = 0x9000;
const CALLER = { selector: 0x1234, offset: 0x5678 };

/** A medium in memory. */
export function fakeDrive(
  kind: BiosDrive['kind'],
  bytes: Uint8Array,
  sectorBytes = kind === 'cdrom' ? 2048 : 512,
): BiosDrive & { readonly bytes: Uint8Array; changed: boolean; failure: DriveError | null } {
  return {
    kind,
    label: kind,
    bytes,
    sectorBytes,
    sectors: Math.floor(bytes.length / sectorBytes),
    changed: false,
    failure: null,
    mediumChanged() {
      const { changed } = this;
      this.changed = false;
      return changed;
    },
    read(sector, target) {
      if (this.failure === null)
        target.set(bytes.subarray(sector * sectorBytes, sector * sectorBytes + target.length));
      return this.failure;
    },
    write(sector, source) {
      if (this.failure === null) bytes.set(source, sector * sectorBytes);
      return this.failure;
    },
  };
}

export interface CallResult extends Readonly<Record<RegisterName, number>> {
  readonly carry: boolean;
  readonly zero: boolean;
  /** The stub waits and will ask again. */
  readonly waits: boolean;
  readonly es: number;
  /** Linear address where the stub's IRET goes. */
  readonly returnsTo: number;
}

export class FakeMachine {
  readonly bytes = new Uint8Array(SIZE);
  readonly #view = new DataView(this.bytes.buffer);
  readonly registers = new Uint32Array(8);
  /** Port writes, in order. */
  readonly written: [port: number, value: number][] = [];
  /** What ports read as; 0 where nothing is said. */
  readonly ports = new Map<number, number | (() => number)>();
  readonly lines: string[] = [];
  readonly bios: Bios;
  #waits = false;

  constructor(options: Partial<BiosWires> = {}) {
    const cpu: BiosCpu = {
      register: (number) => this.registers[number]!,
      setRegister: (number, value) => {
        this.registers[number] = value;
      },
      base: () => 0,
      setCarry: (value) => {
        this.#waits = value;
      },
    };
    const view = this.#view;
    const memory: BiosMemory = {
      read8: (at) => view.getUint8(at),
      read16: (at) => view.getUint16(at, true),
      read32: (at) => view.getUint32(at, true),
      write8: (at, value) => view.setUint8(at, value),
      write16: (at, value) => view.setUint16(at, value, true),
      write32: (at, value) => view.setUint32(at, value, true),
      read: (at, target) => target.set(this.bytes.subarray(at, at + target.length)),
      write: (at, source) => this.bytes.set(source, at),
      readPhysical: (at, target) => target.set(this.bytes.subarray(at, at + target.length)),
      writePhysical: (at, source) => this.bytes.set(source, at),
    };
    this.bios = new Bios({
      cpu,
      memory,
      ports: {
        portRead: (port) => {
          const value = this.ports.get(port) ?? 0;
          return typeof value === 'number' ? value : value();
        },
        portWrite: (port, _, value) => void this.written.push([port, value]),
      },
      memoryMap: [
        { base: 0, size: 0x9_fc00, type: 1 },
        { base: 0x10_0000, size: 0x3f0_0000, type: 1 },
      ],
      ramSize: 0x400_0000,
      drives: [],
      bootOrder: ['floppy', 'cdrom', 'disk'],
      serialPorts: [0x3f8],
      parallelPorts: [0x378],
      hasDisplay: false,
      log: (line) => void this.lines.push(line),
      ...options,
    });
    this.call(0xf0);
  }

  read16(at: number): number {
    return this.#view.getUint16(at, true);
  }
  read32(at: number): number {
    return this.#view.getUint32(at, true);
  }
  write16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  /** INT `service` with these registers; the others are 0, and so are the segments. */
  call(service: number, registers: Partial<Record<RegisterName, number>> = {}): CallResult {
    this.registers.fill(0);
    this.registers[ESP] = STACK;
    for (const name of Object.keys(registers) as RegisterName[]) {
      this.registers[REGISTERS[name]] = registers[name]!;
    }
    this.write16(STACK, service);
    this.write16(STACK + 2, 0);
    this.write16(STACK + 4, CALLER.offset);
    this.write16(STACK + 6, CALLER.selector);
    this.write16(STACK + 8, 0x0202);
    this.bios.trap();
    const flags = this.read16(STACK + 8);
    const result = Object.fromEntries(
      (Object.keys(REGISTERS) as RegisterName[]).map((name) => [name, this.registers[REGISTERS[name]]!]),
    ) as Record<RegisterName, number>;
    return {
      ...result,
      carry: (flags & 1) !== 0,
      zero: (flags & 0x40) !== 0,
      waits: this.#waits,
      es: this.read16(STACK + 2),
      returnsTo: this.read16(STACK + 6) * 16 + this.read16(STACK + 4),
    };
  }
}
