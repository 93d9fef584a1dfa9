// Sizes as people write them: "512M", "4G", "1.5 TiB", "300k". Units are powers of 1024.

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes, perhaps not whole; a number without a unit counts in `plain` bytes. Undefined where the text is no size. */
export function parseBytes(text: string, plain: number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (UNITS[match[2]!.toUpperCase()] ?? plain);
}
