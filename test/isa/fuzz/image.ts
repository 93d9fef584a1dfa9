// The state of a user program before and after it ran, as one block of bytes. Every engine and the host's
// processor read and write the same layout, so that comparing two of them is comparing bytes.
//
//   0000  general registers, RIP, RFLAGS in the order of a Linux signal frame (struct sigcontext), CS and SS,
//         error code, vector, CR2
//   0100  x87 and SSE registers as FXSAVE stores them, 416 bytes
//   0300  FS base, GS base, DS and ES selectors
//   0400  the code page, 4 KiB at CODE
//   1400  the data pages, 8 KiB at DATA; the page after them is readable only, those around are not present
//
// After a run VECTOR, ERROR and CR2 tell the exception that ended it; a program that came to its end stopped
// at the UD2 that follows its last instruction.

/** Linear address of the code page: readable, writable and executable. */
export const CODE = 0x1000_0000;
export const CODE_SIZE = 0x1000;
/** Linear address of the data pages: readable and writable. */
export const DATA = 0x2000_0000;
export const DATA_SIZE = 0x2000;
/** One page of zeros that can only be read follows the data. */
export const READ_ONLY = DATA + DATA_SIZE;

/** Offset of a general register, by the number that instructions encode. */
export const GPR_AT: readonly number[] = [
  0x68, 0x70, 0x60, 0x58, 0x78, 0x50, 0x48, 0x40, 0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38,
];
export const RIP_AT = 0x80;
export const RFLAGS_AT = 0x88;
/** 16 bits each: CS, and SS six bytes on. */
export const CS_AT = 0x90;
export const SS_AT = 0x96;
export const ERROR_AT = 0x98;
export const VECTOR_AT = 0xa0;
export const CR2_AT = 0xb0;
export const FX_AT = 0x100;
export const FX_SIZE = 416;
export const FCW_AT = FX_AT;
export const FSW_AT = FX_AT + 2;
export const FTW_AT = FX_AT + 4;
export const MXCSR_AT = FX_AT + 24;
/** ST(0), in the order of the stack, 16 bytes each. */
export const ST_AT = FX_AT + 32;
export const XMM_AT = FX_AT + 160;
export const FS_BASE_AT = 0x300;
export const GS_BASE_AT = 0x308;
/** 32 bits: selector for DS and ES. */
export const DATA_SELECTOR_AT = 0x310;
/** Bytes of the register block. */
export const REGISTERS_SIZE = 0x400;
export const CODE_AT = REGISTERS_SIZE;
export const DATA_AT = CODE_AT + CODE_SIZE;
export const IMAGE_SIZE = DATA_AT + DATA_SIZE;

/** Selectors as Linux gives them to user programs. */
export const CS_64 = 0x33;
export const CS_32 = 0x23;
export const SS_USER = 0x2b;

/** One image: bytes and a view of them. */
export class Image {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  constructor(bytes = new Uint8Array(IMAGE_SIZE)) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  gpr(register: number): bigint {
    return this.view.getBigUint64(GPR_AT[register]!, true);
  }
  setGpr(register: number, value: bigint): void {
    this.view.setBigUint64(GPR_AT[register]!, BigInt.asUintN(64, value), true);
  }
  get64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }
  set64(at: number, value: bigint): void {
    this.view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }
  get32(at: number): number {
    return this.view.getUint32(at, true);
  }
  set32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }
  get16(at: number): number {
    return this.view.getUint16(at, true);
  }
  set16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }
  /** Whether the program runs in 64-bit mode rather than compatibility mode. */
  get is64(): boolean {
    return this.get16(CS_AT) === CS_64;
  }
  clone(): Image {
    return new Image(this.bytes.slice());
  }
}
