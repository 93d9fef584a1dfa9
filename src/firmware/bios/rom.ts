// The ROM: stubs of a few instructions, one for each interrupt, which call the services in TypeScript (bios.ts) by
// writing to a port, and the tables that programs look for.
//
//   again: push es / push number / out SERVICE_PORT, al / inc sp / inc sp / pop es / jnc done
//   sti / hlt / cli / jmp again / done: iret
//
// A service that must wait (for a key, say) leaves with CF set: the stub halts until an interrupt came, and calls it again.
import { setChecksum } from '../tables/bytes.ts';
import { CALL_PAUSE, CALL_PRINT_SCREEN, CALL_SYSTEM_REQUEST } from './keyboard.ts';
import {
  BDA_RESUME,
  BIOS_DATE,
  PCI_SERVICE_PORT,
  ROM_BIOS32,
  ROM_BIOS32_ENTRY,
  ROM_CONFIGURATION,
  ROM_DATE,
  ROM_DISKETTE_TABLE,
  ROM_FONT_8X8,
  ROM_FONT_8X8_WHOLE,
  ROM_FONT_8X14,
  ROM_FONT_8X16,
  ROM_FREE,
  ROM_INT_0E,
  ROM_INT_1A,
  ROM_INT_02,
  ROM_INT_08,
  ROM_INT_09,
  ROM_INT_10,
  ROM_INT_11,
  ROM_INT_12,
  ROM_INT_13,
  ROM_INT_14,
  ROM_INT_15,
  ROM_INT_16,
  ROM_INT_17,
  ROM_INT_19,
  ROM_IRET,
  ROM_MODEL,
  ROM_PCI_ENTRY,
  ROM_POST,
  ROM_RESET,
  ROM_RESUME_IRET,
  ROM_RESUME_RETF,
  ROM_SEGMENT,
  ROM_SIZE,
  ROM_VBE_PROTECTED,
  ROM_VBE_WINDOW,
  ROM_VIDEO_CAPABILITIES,
  SERVICE_PORT,
  SERVICE_POST,
  SERVICE_SPURIOUS_IRQ,
} from './layout.ts';
import { FONT_8X8, FONT_8X14, FONT_8X16 } from './video/font.ts';
import { VBE_PROTECTED } from './video/vbe-protected.ts';

/** PC AT. */
const MODEL = 0xfc;
const INT_VIDEO_PARAMETERS = 0x1d;

const low = (value: number): number => value & 0xff;
const high = (value: number): number => (value >>> 8) & 0xff;

/** push es; push number; out SERVICE_PORT, al; inc sp; inc sp; pop es. INC leaves CF alone. */
const call = (service: number): number[] => [0x06, 0x6a, service, 0xe6, SERVICE_PORT, 0x44, 0x44, 0x07];
const IRET = 0xcf;

/** A service that may have to wait for an interrupt. */
function waiting(service: number): number[] {
  const code = call(service);
  const loop = [0xfb, 0xf4, 0xfa]; // sti; hlt; cli
  const back = -(code.length + 2 + loop.length + 2);
  return [...code, 0x73, loop.length + 2, ...loop, 0xeb, back & 0xff, IRET];
}
const plain = (service: number): number[] => [...call(service), IRET];

/** INT 08h: the tick, then INT 1Ch, then the end of the interrupt. */
const TIMER = [
  ...[0x1e, 0x50, 0x52], // push ds; push ax; push dx
  ...call(0x08),
  ...[0xcd, 0x1c], // int 1ch
  ...[0xb0, 0x20, 0xe6, 0x20], // mov al, 20h; out 20h, al
  ...[0x5a, 0x58, 0x1f, IRET], // pop dx; pop ax; pop ds
];

const END_OF_INTERRUPT = [0xb0, 0x20, 0xe6, 0x20]; // mov al, 20h; out 20h, al
const SYSTEM_REQUEST_CALL = [
  ...[0x50, ...END_OF_INTERRUPT, 0x58], // push ax; ...; pop ax
  ...[0xfb, 0xcd, 0x15, 0x58, IRET], // sti; int 15h; pop ax
];
const PRINT_CALL = [...END_OF_INTERRUPT, 0xfb, 0xcd, 0x05, 0x58, IRET]; // ...; sti; int 5; pop ax
/** Until another key has ended it: bit 3 of 40:18h. */
const PAUSE_LOOP = [
  ...[0x1e, 0x6a, 0x40, 0x1f, ...END_OF_INTERRUPT], // push ds; push 40h; pop ds; ...
  ...[0xfb, 0xf4, 0xf6, 0x06, 0x18, 0x00, 0x08, 0x75, 0xf7], // sti; hlt; test byte [18h], 8; jnz to sti
  ...[0x1f, 0x58, IRET], // pop ds; pop ax
];
/** What the service has asked for in AX; only INT 1Bh comes before the end of the interrupt, which follows. */
const KEYBOARD_CALLS = [
  ...[0x80, 0xfc, CALL_SYSTEM_REQUEST >> 8, 0x75, SYSTEM_REQUEST_CALL.length, ...SYSTEM_REQUEST_CALL], // cmp ah, ..; jne
  ...[0x3c, CALL_PRINT_SCREEN, 0x75, PRINT_CALL.length, ...PRINT_CALL], // cmp al, ..; jne
  ...[0x3c, CALL_PAUSE, 0x75, PAUSE_LOOP.length, ...PAUSE_LOOP],
  ...[0xcd, 0x1b], // int 1bh
];
/** INT 09h: the scan code goes by INT 15h, AH=4Fh, which may take or change it. With CF set the key calls something. */
const KEYBOARD = [
  ...[0x50, 0xe4, 0x60], // push ax; in al, 60h
  ...[0xb4, 0x4f, 0xf9, 0xcd, 0x15], // mov ah, 4fh; stc; int 15h
  ...[0x73, call(0x09).length + 2 + KEYBOARD_CALLS.length], // jnc past the service
  ...call(0x09),
  ...[0x73, KEYBOARD_CALLS.length, ...KEYBOARD_CALLS], // jnc past the calls
  ...END_OF_INTERRUPT,
  ...[0x58, IRET], // pop ax
];

/** INT 70h: the real-time clock; with CF set its alarm has come. */
const CLOCK = [...call(0x70), 0x73, 2, 0xcd, 0x4a, IRET]; // ...; jnc past; int 4ah

/** INT 74h: a byte of the mouse's; with CF set a package is whole, and the program's routine is called with it. */
const MOUSE_ROUTINE = [
  ...[0x6a, 0x40, 0x1f, 0x8e, 0x1e, 0x0e, 0x00], // push 40h; pop ds; mov ds, [0eh]
  ...[0x31, 0xc0], // xor ax, ax
  ...[0x28, 0x29, 0x2a, 0x2b].flatMap((byte) => [0xa0, byte, 0x00, 0x50]), // mov al, [byte]; push ax
  ...[0xfc, 0xff, 0x1e, 0x22, 0x00], // cld; call far [22h]
  ...[0x83, 0xc4, 0x08], // add sp, 8
];
const MOUSE = [
  ...[0x66, 0x60, 0x1e, 0x06], // pushad; push ds; push es
  ...call(0x74),
  ...[0x73, MOUSE_ROUTINE.length], // jnc past the routine
  ...MOUSE_ROUTINE,
  ...[0x07, 0x1f, 0x66, 0x61, IRET], // pop es; pop ds; popad
];

/** From reset to the boot loader. */
const POST = [
  ...[0xfa, 0xfc], // cli; cld
  ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // xor ax, ax; mov ds, ax; mov es, ax; mov ss, ax
  ...[0xbc, 0x00, 0x7c], // mov sp, 7c00h
  ...call(SERVICE_POST),
  ...[0xfb, 0xcd, 0x19], // sti; int 19h
  ...[0xf4, 0xeb, 0xfd], // hlt, for ever
];

/** INT 19h: the service changes where IRET goes, to INT 18h when there was nothing to boot. */
const BOOT = waiting(0x19);
const NO_BOOT = waiting(0x18);

/** The system configuration table of INT 15h, AH=C0h: length, model, submodel, revision, features. */
const CONFIGURATION = [
  ...[8, 0, MODEL, 1, 0],
  0x74, // second PIC, clock, keyboard intercept, extended BIOS data area
  ...[0, 0, 0, 0],
];
/** INT 1Eh's table for a 1.44 MB diskette. */
const DISKETTE = [0xaf, 0x02, 0x25, 0x02, 0x12, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08];

/** Standard BIOS 32-bit Service Directory Proposal 0.4 (Phoenix, 1993): EAX names a service, EBX 0 asks where it is. */
const BIOS32_ENTRY = [
  ...[0x3d, ...[...'$PCI'].map((letter) => letter.charCodeAt(0)), 0x75, 0x17], // cmp eax, '$PCI'; jne unknown
  ...[0x84, 0xdb, 0x75, 0x16], // test bl, bl; jnz no function
  ...[0xbb, 0, 0, 0x0f, 0], // mov ebx, 0f0000h: the base
  ...[0xb9, 0, 0, 0x01, 0], // mov ecx, 10000h: the length
  ...[0xba, low(ROM_PCI_ENTRY), high(ROM_PCI_ENTRY), 0, 0], // mov edx, ROM_PCI_ENTRY
  ...[0xb0, 0x00, 0xcb], // mov al, 0; retf
  ...[0x90, 0xb0, 0x80, 0xcb], // unknown: mov al, 80h; retf
  ...[0xb0, 0x81, 0xcb], // no function: mov al, 81h; retf
];
const BIOS32_DIRECTORY = [
  ...[...'_32_'].map((letter) => letter.charCodeAt(0)),
  ...[low(ROM_BIOS32_ENTRY), high(ROM_BIOS32_ENTRY), ROM_SEGMENT >> 12, 0],
  ...[0, 1, 0, 0, 0, 0, 0, 0], // revision 0, 1 paragraph, checksum
];
/** AX=4F05h as a far routine. */
const VBE_WINDOW = [0xb8, 0x05, 0x4f, 0xcd, 0x10, 0xcb]; // mov ax, 4f05h; int 10h; retf
const PCI_ENTRY = [0xe6, PCI_SERVICE_PORT, 0xcb]; // out PCI_SERVICE_PORT, al; retf

/** lss sp, [467h], with DS 0 as INIT leaves it. */
const RESUME_STACK = [0x0f, 0xb2, 0x26, low(BDA_RESUME), high(BDA_RESUME)];

export interface BiosRom {
  /** ROM_SIZE bytes. */
  readonly bytes: Uint8Array;
  /** Offsets of the handlers of interrupts 0 to 77h in the ROM. */
  readonly handlers: ReadonlyMap<number, number>;
}

/** What INT 10h, AH=1Bh tells of the hardware: modes 0 to 7, 0Dh to 13h, 200 to 400 lines, fonts, palettes. */
const VIDEO_CAPABILITIES = [0xff, 0xe0, 0x0f, 0, 0, 0, 0, 0x07, 2, 8, 0xff, 0x0e, 0, 0, 0x3f, 0];

export function buildRom(): BiosRom {
  const bytes = new Uint8Array(ROM_SIZE);
  const handlers = new Map<number, number>();
  const put = (offset: number, code: readonly number[]) => bytes.set(code, offset);
  let free = ROM_FREE;
  const place = (code: readonly number[]): number => {
    const at = free;
    put(at, code);
    free += code.length;
    return at;
  };
  /** Jumps to code placed elsewhere, where the entry point has no room. */
  const jump = (offset: number, target: number) =>
    put(offset, [0xe9, low(target - offset - 3), high(target - offset - 3)]);
  const handle = (interrupt: number, entry: number, code: readonly number[]) => {
    jump(entry, place(code));
    handlers.set(interrupt, entry);
  };

  put(ROM_IRET, [IRET]);
  const spurious = place(plain(SERVICE_SPURIOUS_IRQ));
  for (let interrupt = 0; interrupt < 0x78; interrupt++) handlers.set(interrupt, ROM_IRET);
  for (let irq = 0; irq < 16; irq++) handlers.set(irq < 8 ? 8 + irq : 0x68 + irq, spurious);

  handle(0x02, ROM_INT_02, [IRET]);
  handle(0x08, ROM_INT_08, TIMER);
  handle(0x09, ROM_INT_09, KEYBOARD);
  handle(0x0e, ROM_INT_0E, plain(0x0e));
  handle(0x10, ROM_INT_10, plain(0x10));
  handle(0x11, ROM_INT_11, plain(0x11));
  handle(0x12, ROM_INT_12, plain(0x12));
  handle(0x13, ROM_INT_13, waiting(0x13));
  handle(0x14, ROM_INT_14, waiting(0x14));
  handle(0x15, ROM_INT_15, waiting(0x15));
  handle(0x16, ROM_INT_16, waiting(0x16));
  handle(0x17, ROM_INT_17, plain(0x17));
  handlers.set(0x18, place(NO_BOOT));
  handle(0x19, ROM_INT_19, BOOT);
  handle(0x1a, ROM_INT_1A, plain(0x1a));
  handlers.set(0x70, place(CLOCK));
  handlers.set(0x74, place(MOUSE));
  handlers.delete(INT_VIDEO_PARAMETERS);

  jump(ROM_POST, place(POST));
  put(ROM_CONFIGURATION, CONFIGURATION);
  put(ROM_DISKETTE_TABLE, DISKETTE);
  put(ROM_RESET, [0xea, low(ROM_POST), high(ROM_POST), low(ROM_SEGMENT), high(ROM_SEGMENT)]);
  // mm/dd/yy, as programs expect it.
  bytes.set(new TextEncoder().encode(BIOS_DATE.replace('/20', '/')), ROM_DATE);
  put(ROM_MODEL, [MODEL]);
  put(ROM_VIDEO_CAPABILITIES, VIDEO_CAPABILITIES);
  put(ROM_BIOS32, BIOS32_DIRECTORY);
  setChecksum(bytes.subarray(ROM_BIOS32, ROM_BIOS32 + BIOS32_DIRECTORY.length), 10);
  put(ROM_BIOS32_ENTRY, BIOS32_ENTRY);
  put(ROM_PCI_ENTRY, PCI_ENTRY);
  put(ROM_RESUME_IRET, [...RESUME_STACK, IRET]);
  put(ROM_RESUME_RETF, [...RESUME_STACK, 0xcb]);
  put(ROM_VBE_WINDOW, VBE_WINDOW);
  put(ROM_VBE_PROTECTED, VBE_PROTECTED);
  bytes.set(FONT_8X8.subarray(0, FONT_8X8.length / 2), ROM_FONT_8X8);
  bytes.set(FONT_8X8, ROM_FONT_8X8_WHOLE);
  bytes.set(FONT_8X14, ROM_FONT_8X14);
  bytes.set(FONT_8X16, ROM_FONT_8X16);
  return { bytes, handlers };
}
