// A small encoder of ACPI Machine Language (ACPI Specification 6.5, chapter 20, "ACPI Machine Language
// Specification"): as much as static tables need. Each function answers the bytes of one term.

export type Aml = Uint8Array;

const NAME_OP = 0x08;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const EXT_OP_PREFIX = 0x5b;
const DEVICE_OP = 0x82;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const STRING_PREFIX = 0x0d;
const DUAL_NAME_PREFIX = 0x2e;
const MULTI_NAME_PREFIX = 0x2f;

/** Joins terms. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const op = (...bytes: number[]): Aml => Uint8Array.from(bytes);
const ascii = (text: string): Aml => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** NameString (section 20.2.2), e.g. "\_SB.PCI0": segments of up to four characters, padded with '_'. */
export function nameString(path: string): Aml {
  const absolute = path.startsWith('\\');
  const segments = (absolute ? path.slice(1) : path).split('.').map((name) => ascii(name.padEnd(4, '_')));
  const prefix =
    segments.length === 1
      ? op()
      : segments.length === 2
        ? op(DUAL_NAME_PREFIX)
        : op(MULTI_NAME_PREFIX, segments.length);
  return concatenate([absolute ? op(0x5c) : op(), prefix, ...segments]);
}

/** PkgLength (section 20.2.4) before its content: it counts itself. */
function withLength(content: Aml): Aml {
  const { length } = content;
  if (length + 1 <= 0x3f) return concatenate([op(length + 1), content]);
  const extra = length + 2 <= 0xfff ? 1 : length + 3 <= 0xf_ffff ? 2 : 3;
  const total = length + 1 + extra;
  const lead = op((extra << 6) | (total & 0xf));
  const rest = Array.from({ length: extra }, (_, i) => (total >>> (4 + i * 8)) & 0xff);
  return concatenate([lead, op(...rest), content]);
}

/** An integer constant of 0 to 2^32-1 in its shortest form. */
export function integer(value: number): Aml {
  if (value === 0 || value === 1) return op(value);
  if (value <= 0xff) return op(BYTE_PREFIX, value);
  if (value <= 0xffff) return op(WORD_PREFIX, value & 0xff, value >>> 8);
  return op(DWORD_PREFIX, value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}

export function string(text: string): Aml {
  return concatenate([op(STRING_PREFIX), ascii(text), op(0)]);
}

export function buffer(bytes: Uint8Array): Aml {
  return concatenate([op(BUFFER_OP), withLength(concatenate([integer(bytes.length), bytes]))]);
}

/** Up to 255 elements. */
export function packageOf(elements: readonly Aml[]): Aml {
  return concatenate([op(PACKAGE_OP), withLength(concatenate([op(elements.length), ...elements]))]);
}

/** Name (path, value). */
export function name(path: string, value: Aml): Aml {
  return concatenate([op(NAME_OP), nameString(path), value]);
}

export function scope(path: string, terms: readonly Aml[]): Aml {
  return concatenate([op(SCOPE_OP), withLength(concatenate([nameString(path), ...terms]))]);
}

export function device(path: string, terms: readonly Aml[]): Aml {
  return concatenate([op(EXT_OP_PREFIX, DEVICE_OP), withLength(concatenate([nameString(path), ...terms]))]);
}

/** EISAID ("PNP0A03"): three letters and four hexadecimal digits in 32 bits, most significant byte first. */
export function eisaId(identifier: string): Aml {
  const letter = (i: number): number => identifier.charCodeAt(i) - 0x40;
  const number = Number.parseInt(identifier.slice(3), 16);
  const letters = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const [first, second] = [
    (letters >>> 8) | ((letters & 0xff) << 8),
    (number >>> 8) | ((number & 0xff) << 8),
  ];
  return integer(first + second * 0x1_0000);
}
