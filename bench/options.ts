// What benchmarks read from their command lines in the same way.

/** A whole number from 1 on. Throws an Error that names the option. */
export function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
    throw new Error(`${option} ${text} is not a number from 1 to ${most}`);
  }
  return value;
}
