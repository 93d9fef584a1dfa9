// The table that --stats prints.

/** Counters of a run by name; those of exits by cause have names that begin with "exits ". */
export type Statistics = ReadonlyMap<string, number>;

/** One line a counter, with the time and the rate on top. `elapsed` in ns of host time. */
export function formatStatistics(statistics: Statistics, elapsed: number): string {
  const instructions = statistics.get('instructions') ?? 0;
  const lines: [string, string][] = [
    ['time', `${(elapsed / 1e9).toFixed(2)} s`],
    ['speed', `${(instructions / (elapsed / 1e3)).toFixed(1)} million instructions a second`],
  ];
  for (const [name, value] of statistics) lines.push([name, value.toLocaleString('en')]);
  const width = Math.max(...lines.map(([name]) => name.length));
  return `\n${lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`).join('')}`;
}
