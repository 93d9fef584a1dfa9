// Numbers for people: tables in plain text, medians, units.

/** Right-aligned columns but the first; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`.trimEnd();
  const [heading, ...body] = rows;
  return `${[line(heading!), `  ${widths.map((width) => '-'.repeat(width)).join('  ')}`, ...body.map(line)].join('\n')}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export const ratio = (value: number): string => `${value.toFixed(2)} x`;
export const seconds = (ns: number): string => `${(ns / 1e9).toFixed(2)} s`;
export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
export const millions = (count: number): string => `${(count / 1e6).toFixed(1)} M`;

/** A goal of the project and what was measured. */
export interface Goal {
  readonly text: string;
  readonly measured: string;
  readonly met: boolean | null;
}

export function goalRows(goals: readonly Goal[]): string {
  if (goals.length === 0) return '';
  return table([
    ['goal', 'measured', 'met'],
    ...goals.map(({ text, measured, met }) => [text, measured, met === null ? '?' : met ? 'yes' : 'NO']),
  ]);
}

/** Progress goes to standard error, so that the tables can be kept. */
export function progress(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}
export function progressDone(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/** The host in a line: figures without it mean nothing. */
export async function hostLine(): Promise<string> {
  const { cpus, loadavg } = await import('node:os');
  const [first] = cpus();
  return `${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`;
}
