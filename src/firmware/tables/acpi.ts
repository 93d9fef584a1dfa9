// ACPI tables (ACPI Specification 6.5, chapter 5): RSDP, RSDT, XSDT, FADT, FACS, MADT, HPET and DSDT, laid out
// one after the other from `base`. The FADT has revision 4 (ACPI 4.0), which every system since 2009 reads.
//
//   RSDP -> RSDT and XSDT -> FADT -> DSDT, FACS
//                         -> MADT, HPET
//
// The machine is always in ACPI mode, so there is no SMI command port. No general-purpose events.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';
import { concatenate } from './aml.ts';
import { putText, setChecksum } from './bytes.ts';
import { dsdtBody } from './dsdt.ts';
import type { AcpiPlatform } from './platform.ts';

const HEADER_SIZE = 36;
const OEM_ID = 'DOPPEL';
const OEM_TABLE_ID = 'DOPPELPC';
const CREATOR_ID = 'DPPL';
const OEM_REVISION = 1;

/** A table with the common header (section 5.2.6). */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const bytes = concatenate([new Uint8Array(HEADER_SIZE), body]);
  const view = new DataView(bytes.buffer);
  putText(bytes, 0, signature);
  view.setUint32(4, bytes.length, true);
  view.setUint8(8, revision);
  putText(bytes, 10, OEM_ID);
  putText(bytes, 16, OEM_TABLE_ID);
  view.setUint32(24, OEM_REVISION, true);
  putText(bytes, 28, CREATOR_ID);
  view.setUint32(32, 1, true);
  setChecksum(bytes, 9);
  return bytes;
}

/** FADT flags (table 5.10). */
const WBINVD = 1 << 0;
const PROC_C1 = 1 << 2;
const SLP_BUTTON = 1 << 5;
const TMR_VAL_EXT = 1 << 8;
const RESET_REG_SUP = 1 << 10;
/** IA-PC boot architecture flags (table 5.11). */
const LEGACY_DEVICES = 1 << 0;
const KEYBOARD_8042 = 1 << 1;
const VGA_NOT_PRESENT = 1 << 2;

const FADT_SIZE = 244;
const FADT_REVISION = 4;
/** Latencies that mean "no such state". */
const NO_C2 = 101;
const NO_C3 = 1001;
const SYSTEM_IO = 1;
/** Preferred power-management profile. */
const DESKTOP = 1;

function fadt(platform: AcpiPlatform, facs: GuestPhysical, dsdt: GuestPhysical): Uint8Array {
  const body = new Uint8Array(FADT_SIZE - HEADER_SIZE);
  const view = new DataView(body.buffer);
  const at = (offset: number) => offset - HEADER_SIZE; // Offsets below are those of table 5.9.
  const u16 = (offset: number, value: number) => view.setUint16(at(offset), value, true);
  const u32 = (offset: number, value: number) => view.setUint32(at(offset), value, true);
  const u8 = (offset: number, value: number) => view.setUint8(at(offset), value);
  /** Generic Address Structure: space, width in bits, bit offset, access size (1 byte, 2 word, 3 dword), address. */
  const port = (offset: number, address: number, width: number, access: number) => {
    [SYSTEM_IO, width, 0, access].forEach((value, i) => {
      u8(offset + i, value);
    });
    u32(offset + 4, address);
  };
  u32(36, facs);
  u32(40, dsdt);
  u8(45, DESKTOP);
  u16(46, platform.sci);
  u32(56, platform.pm1aEvent);
  u32(64, platform.pm1aControl);
  u32(76, platform.pmTimer);
  u8(88, 4); // PM1_EVT_LEN
  u8(89, 2); // PM1_CNT_LEN
  u8(91, 4); // PM_TMR_LEN
  u16(96, NO_C2);
  u16(98, NO_C3);
  u8(108, platform.centuryIndex);
  u16(
    109,
    LEGACY_DEVICES | (platform.keyboardController ? KEYBOARD_8042 : 0) | (platform.vga ? 0 : VGA_NOT_PRESENT),
  );
  u32(112, WBINVD | PROC_C1 | SLP_BUTTON | TMR_VAL_EXT | RESET_REG_SUP);
  port(116, platform.reset.port, 8, 1);
  u8(128, platform.reset.value);
  u32(140, dsdt); // X_DSDT; X_FIRMWARE_CTRL at 132 stays 0, since FIRMWARE_CTRL says it.
  port(148, platform.pm1aEvent, 32, 2);
  port(172, platform.pm1aControl, 16, 2);
  port(208, platform.pmTimer, 32, 3);
  return table('FACP', FADT_REVISION, body);
}

const FACS_SIZE = 64;
/** Of the FACS from the base of the tables, and of the field in it. */
const FACS_OFFSET = 64;
const FIRMWARE_WAKING_VECTOR = 12;

/**
 * Version 0, which has the waking vector in real mode only (section 5.2.10): systems leave it there when they suspend to RAM.
 */
function facs(): Uint8Array {
  const bytes = new Uint8Array(FACS_SIZE);
  putText(bytes, 0, 'FACS');
  new DataView(bytes.buffer).setUint32(4, FACS_SIZE, true);
  return bytes;
}

const PCAT_COMPAT = 1;
const ENABLED = 1;
/** Polarity and trigger of an override (table 5.27). */
const SIGNALS = { 'as the bus': 0, 'level, active high': 0b1101 } as const;
const ALL_PROCESSORS = 0xff;
const LINT1 = 1;

/** The interrupt controllers (section 5.2.12). */
function madt(platform: AcpiPlatform): Uint8Array {
  const { address, id } = platform.ioApic;
  const dword = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  const bytes = [...dword(platform.localApic), ...dword(PCAT_COMPAT)];
  for (let i = 0; i < platform.processors; i++) bytes.push(0, 8, i, i, ...dword(ENABLED));
  bytes.push(1, 12, id, 0, ...dword(address), ...dword(0));
  for (const { irq, gsi, signal } of platform.overrides) {
    bytes.push(2, 10, 0, irq, ...dword(gsi), SIGNALS[signal], 0);
  }
  bytes.push(4, 6, ALL_PROCESSORS, 0, 0, LINT1);
  return table('APIC', 3, Uint8Array.from(bytes));
}

const HPET_MINIMUM_TICK = 100;
const SYSTEM_MEMORY = 0;

/** The event timers (IA-PC HPET Specification, section 3.2.4). */
function hpet({ address, capabilities }: NonNullable<AcpiPlatform['hpet']>): Uint8Array {
  const body = new Uint8Array(20);
  const view = new DataView(body.buffer);
  view.setUint32(0, capabilities, true);
  body.set([SYSTEM_MEMORY, 64, 0, 0], 4);
  view.setUint32(8, address, true);
  view.setUint16(17, HPET_MINIMUM_TICK, true);
  return table('HPET', 1, body);
}

function rsdp(rsdt: GuestPhysical, xsdt: GuestPhysical): Uint8Array {
  const bytes = new Uint8Array(36);
  const view = new DataView(bytes.buffer);
  putText(bytes, 0, 'RSD PTR ');
  putText(bytes, 9, OEM_ID);
  view.setUint8(15, 2);
  view.setUint32(16, rsdt, true);
  view.setUint32(20, bytes.length, true);
  view.setUint32(24, xsdt, true);
  setChecksum(bytes.subarray(0, 20), 8); // ACPI 1.0's checksum covers the first 20 bytes.
  setChecksum(bytes, 32);
  return bytes;
}

/** Where the FACS of tables at `base` holds the waking vector, a real-mode address of 32 bits; 0 where there is none. */
export const wakingVectorOf = (base: GuestPhysical): GuestPhysical =>
  base + FACS_OFFSET + FIRMWARE_WAKING_VECTOR;

export interface AcpiTables {
  /** To be placed at the base that was given. */
  readonly bytes: Uint8Array;
  /** Where the operating system begins to read; on a 16-byte boundary. */
  readonly rsdp: GuestPhysical;
}

/**
 * Builds all tables for the guest-physical address `base` (a multiple of 64, below 4 GiB; the first
 * `size` bytes there are theirs). Throws DoppelError where they do not fit.
 */
export function buildAcpiTables(platform: AcpiPlatform, base: GuestPhysical, size: number): AcpiTables {
  if (platform.processors < 1 || platform.processors > 254) {
    throw new DoppelError('a machine has 1 to 254 processors');
  }
  const placed: { address: GuestPhysical; bytes: Uint8Array }[] = [];
  let next = base + FACS_OFFSET;
  const place = (bytes: Uint8Array): GuestPhysical => {
    const address = next;
    placed.push({ address, bytes });
    next = Math.ceil((address + bytes.length) / 64) * 64;
    return address;
  };
  const facsAddress = place(facs());
  const dsdtAddress = place(table('DSDT', 2, dsdtBody(platform)));
  const tables = [place(fadt(platform, facsAddress, dsdtAddress)), place(madt(platform))];
  if (platform.hpet) tables.push(place(hpet(platform.hpet)));
  const rsdt = place(table('RSDT', 1, addresses(tables, 4)));
  const xsdt = place(table('XSDT', 1, addresses(tables, 8)));
  placed.push({ address: base, bytes: rsdp(rsdt, xsdt) });
  if (next - base > size) throw new DoppelError('the ACPI tables do not fit into their area');
  const bytes = new Uint8Array(next - base);
  for (const piece of placed) bytes.set(piece.bytes, piece.address - base);
  return { bytes, rsdp: base };
}

function addresses(list: readonly GuestPhysical[], width: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(list.length * width);
  const view = new DataView(bytes.buffer);
  list.forEach((address, i) => {
    view.setUint32(i * width, address, true);
  });
  return bytes;
}
