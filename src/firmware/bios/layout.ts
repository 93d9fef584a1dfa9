// Where things lie in the BIOS: its ROM of 64 KiB at F000:0000, and the BIOS data area. The entry points are where the
// first PC's BIOS had them, since programs jump to them; the rest of the ROM is free to place.
// IBM PC AT Technical Reference (ROM BIOS listing), "BIOS data areas".

/** Segment of the ROM, and its size in bytes. */
export const ROM_SEGMENT = 0xf000;
export const ROM_SIZE = 0x1_0000;

/** Left free in the ROM for tables that tell of the machine (firmware/tables/low-tables.ts). */
export const ROM_TABLES = 0x6000;
export const ROM_TABLES_SIZE = 0x4000;
/** What the BIOS says that it is: version, and day as mm/dd/yyyy. */
export const BIOS_VERSION = '1.0';
export const BIOS_DATE = '11/23/2026';

export const ROM_POST = 0xe05b;
export const ROM_INT_02 = 0xe2c3;
export const ROM_INT_13 = 0xe3fe;
export const ROM_CONFIGURATION = 0xe6f5;
export const ROM_INT_19 = 0xe6f2;
export const ROM_INT_14 = 0xe739;
export const ROM_INT_16 = 0xe82e;
export const ROM_INT_09 = 0xe987;
export const ROM_INT_0E = 0xef57;
export const ROM_DISKETTE_TABLE = 0xefc7;
export const ROM_INT_17 = 0xefd2;
export const ROM_INT_10 = 0xf065;
export const ROM_INT_12 = 0xf841;
export const ROM_INT_11 = 0xf84d;
export const ROM_INT_15 = 0xf859;
/** Glyphs 0 to 127 of 8 x 8 dots. */
export const ROM_FONT_8X8 = 0xfa6e;
export const ROM_INT_1A = 0xfe6e;
export const ROM_INT_08 = 0xfea5;
export const ROM_IRET = 0xff53;
export const ROM_RESET = 0xfff0;
export const ROM_DATE = 0xfff5;
export const ROM_MODEL = 0xfffe;
/** The fonts that programs ask INT 10h for: 8 x 16, 8 x 14, and 8 x 8 dots once more as a whole. */
export const ROM_FONT_8X16 = 0xa000;
export const ROM_FONT_8X14 = 0xb000;
export const ROM_FONT_8X8_WHOLE = 0xc300;
export const ROM_FONT_8X8_UPPER = ROM_FONT_8X8_WHOLE + 0x400;
/** What the video hardware can do, for INT 10h, AH=1Bh. */
export const ROM_VIDEO_CAPABILITIES = 0xc200;
/** The BIOS32 service directory (16 bytes, on a boundary of 16), and the 32-bit entries of it and of the PCI BIOS. */
export const ROM_BIOS32 = 0xc220;
export const ROM_BIOS32_ENTRY = 0xc230;
export const ROM_PCI_ENTRY = 0xc260;
/** VBE: a far routine that sets the window, and the protected-mode interface. */
export const ROM_VBE_WINDOW = 0xcb00;
export const ROM_VBE_PROTECTED = 0xcb10;
/** Where shutdown.ts goes on with IRET and with a far return. */
export const ROM_RESUME_IRET = 0xc280;
export const ROM_RESUME_RETF = 0xc288;
/** Stubs and tables that no program knows by address. */
export const ROM_FREE = 0x0100;

/** A write of anything to this port calls the service whose number is on the stack. */
export const SERVICE_PORT = 0xea;
/** A write of anything to this port, by 32-bit code, calls the PCI BIOS. */
export const PCI_SERVICE_PORT = 0xeb;

/** Services beyond those of interrupts, which have the interrupt's number. */
export const SERVICE_POST = 0xf0;
export const SERVICE_SPURIOUS_IRQ = 0xf1;

// The BIOS data area, linear addresses.
export const BDA_SERIAL_PORTS = 0x400;
export const BDA_PARALLEL_PORTS = 0x408;
export const BDA_EBDA_SEGMENT = 0x40e;
export const BDA_EQUIPMENT = 0x410;
export const BDA_MEMORY_KIB = 0x413;
export const BDA_KEYBOARD_FLAGS_0 = 0x417;
export const BDA_KEYBOARD_FLAGS_1 = 0x418;
export const BDA_ALT_KEYPAD = 0x419;
export const BDA_KEYBOARD_HEAD = 0x41a;
export const BDA_KEYBOARD_TAIL = 0x41c;
export const BDA_KEYBOARD_BUFFER = 0x41e;
export const BDA_KEYBOARD_BUFFER_END = 0x43e;
/** Bit 7: the controller has interrupted. */
export const BDA_DISKETTE_SEEK = 0x43e;
export const BDA_DISKETTE_MOTOR = 0x43f;
export const BDA_DISKETTE_MOTOR_TIME = 0x440;
export const BDA_DISKETTE_STATUS = 0x441;
export const BDA_VIDEO_MODE = 0x449;
export const BDA_VIDEO_COLUMNS = 0x44a;
export const BDA_VIDEO_PAGE_SIZE = 0x44c;
export const BDA_VIDEO_PAGE_START = 0x44e;
export const BDA_CURSOR_POSITIONS = 0x450;
export const BDA_CURSOR_SHAPE = 0x460;
export const BDA_VIDEO_PAGE = 0x462;
export const BDA_CRTC_PORT = 0x463;
/** A far address for after an INIT (shutdown.ts). */
export const BDA_RESUME = 0x467;
export const BDA_TICKS = 0x46c;
export const BDA_MIDNIGHT = 0x470;
export const BDA_BREAK = 0x471;
export const BDA_RESET_FLAG = 0x472;
export const BDA_DISK_STATUS = 0x474;
export const BDA_DISK_COUNT = 0x475;
export const BDA_PARALLEL_TIMEOUTS = 0x478;
export const BDA_SERIAL_TIMEOUTS = 0x47c;
export const BDA_KEYBOARD_START = 0x480;
export const BDA_KEYBOARD_END = 0x482;
export const BDA_VIDEO_ROWS = 0x484;
export const BDA_CHARACTER_HEIGHT = 0x485;
export const BDA_VIDEO_CONTROL = 0x487;
export const BDA_VIDEO_SWITCHES = 0x488;
export const BDA_VIDEO_MODE_OPTIONS = 0x489;
export const BDA_DISPLAY_COMBINATION = 0x48a;
export const BDA_KEYBOARD_MODE = 0x496;
export const BDA_KEYBOARD_LEDS = 0x497;
export const BDA_WAIT_USER = 0x498;
export const BDA_WAIT_COUNT = 0x49c;
export const BDA_WAIT_FLAG = 0x4a0;

/** The vector of an interrupt, linear. */
export const vector = (interrupt: number): number => 4 * interrupt;
