// What --stats prints: counters by what they are about, with shares and ratios beside them.
//
//   instructions              5,911,985,062
//     in regions              5,342,492,604   90.4 %
//
// Counters that no group below knows are printed under "other", so that a new one shows.

/** Counters of a run by name, as engines call them. */
export type Statistics = ReadonlyMap<string, number>;

/** What the host process knows besides. */
export interface ProcessFigures {
  /** ns of host time. */
  readonly elapsed: number;
  /** ns of processor time of all threads. */
  readonly processor: number;
  /** Bytes resident: of everything, and of executable memory that no file backs; undefined where it is not known. */
  readonly resident?: number;
  readonly machineCode?: number | undefined;
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}
interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const ratio = (value: number) => (value >= 100 ? whole(value) : value.toPrecision(3));
const percent = (part: number, all: number) => (all > 0 ? `${((100 * part) / all).toFixed(1)} %` : '');
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const seconds = (milliseconds: number) => `${(milliseconds / 1e3).toFixed(2)} s`;

/** Takes counters by name and remembers which. */
class Counters {
  readonly #all: Statistics;
  readonly #taken = new Set<string>();

  constructor(all: Statistics) {
    this.#all = all;
  }
  has(name: string): boolean {
    return this.#all.has(name);
  }
  take(name: string): number {
    this.#taken.add(name);
    return this.#all.get(name) ?? 0;
  }
  /** A row for each counter that there is: its name, and the label that it gets. */
  rows(...names: readonly (readonly [counter: string, label: string, note?: string])[]): Row[] {
    return names.flatMap(([counter, name, note]) =>
      this.has(counter)
        ? [{ name, value: whole(this.take(counter)), ...(note === undefined ? {} : { note }) }]
        : [],
    );
  }
  /** Rows of all other counters whose names begin alike. */
  plain(prefix: string): Row[] {
    return [...this.#all.keys()]
      .filter((name) => name.startsWith(prefix) && !this.#taken.has(name))
      .map((name) => ({ name: name.slice(prefix.length), value: whole(this.take(name)) }));
  }
  /** Rows of all times whose names begin alike, milliseconds each. */
  times(prefix: string): Row[] {
    return [...this.#all]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name]) => ({ name: `time for ${name.slice(prefix.length)}`, value: seconds(this.take(name)) }));
  }
  /** Rows of all counters that begin alike, the biggest first, as shares of their sum. */
  family(prefix: string): { readonly rows: Row[]; readonly sum: number } {
    const members = [...this.#all].filter(([name]) => name.startsWith(prefix) && !this.#taken.has(name));
    for (const [name] of members) this.#taken.add(name);
    const sum = members.reduce((total, [, value]) => total + value, 0);
    const rows = members
      .sort(([, a], [, b]) => b - a)
      .map(([name, value]) => ({
        name: name.slice(prefix.length),
        value: whole(value),
        note: percent(value, sum),
      }));
    return { rows, sum };
  }
}

const RETIRED = 'instructions retired by regions';

function instructions(counters: Counters, figures: ProcessFigures): Group {
  const all = counters.take('instructions');
  const rows: Row[] = [{ name: 'executed', value: whole(all) }];
  if (counters.has(RETIRED)) {
    const inRegions = counters.take(RETIRED);
    counters.take(`${RETIRED}, per cent`);
    const rest = all - inRegions;
    rows.push({ name: 'in regions', value: whole(inRegions), note: percent(inRegions, all) });
    rows.push({ name: 'in the interpreter', value: whole(rest), note: percent(rest, all) });
  }
  rows.push({
    name: 'a second of processor time',
    value: `${ratio(all / (figures.processor / 1e3))} million`,
  });
  return { title: 'instructions', rows };
}

function regions(counters: Counters): Group {
  if (!counters.has('regions formed')) return { title: 'regions', rows: [] };
  const modules = counters.take('region modules');
  const inThem = counters.take('instructions in regions');
  const wasm = counters.take('bytes of region wasm');
  const now = counters.take('bytes of region wasm now');
  const instructionsNow = counters.take('instructions in regions now');
  const each = (bytes: number, count: number) => `${ratio(bytes / Math.max(1, count))} bytes an instruction`;
  return {
    title: 'regions',
    rows: [
      ...counters.rows(
        ['regions formed', 'formed'],
        ['regions compiled', 'compiled', `in ${whole(modules)} modules`],
        ['regions now', 'there at the end'],
      ),
      { name: 'guest instructions, compiled', value: whole(inThem), note: each(wasm, inThem) },
      {
        name: 'guest instructions, at the end',
        value: whole(instructionsNow),
        note: each(now, instructionsNow),
      },
      { name: 'wasm, compiled', value: mebibytes(wasm) },
      { name: 'wasm, at the end', value: mebibytes(now) },
      ...counters.times('milliseconds of region '),
      ...counters.rows(
        ['regions out of date before they were compiled', 'out of date before they were compiled'],
        ['regions dropped as their code changed', 'dropped as their code changed'],
        ['regions dropped as they needed the interpreter', 'dropped as they needed the interpreter'],
        [
          'regions dropped as their pages are mapped elsewhere',
          'dropped as their pages are mapped elsewhere',
        ],
        ['regions evicted', 'evicted for others'],
        ['instructions that need the interpreter', 'instructions left out, needing the interpreter'],
        ['samples in pages that change too often', 'samples in pages that change too often'],
      ),
      // Those that came after this table.
      ...counters.plain('regions '),
    ],
  };
}

function waysOut(counters: Counters): Group {
  const inRegions = counters.take(RETIRED);
  const { rows, sum } = counters.family('exits from regions: ');
  if (sum > 0)
    rows.push({
      name: 'altogether',
      value: whole(sum),
      note: `one in ${ratio(inRegions / sum)} instructions`,
    });
  return { title: 'exits from regions', rows };
}

/** What the first instruction was of hot blocks of which no region could be made. */
function failures(counters: Counters): Group {
  const count = counters.take('blocks that cannot become regions');
  const { rows } = counters.family('no region: ');
  if (count > 0) rows.push({ name: 'altogether', value: whole(count) });
  return { title: 'hot blocks that cannot become regions, by their first instruction', rows };
}

function memory(counters: Counters): Group {
  const hits = counters.has('TLB hits') ? counters.take('TLB hits') : 0;
  return {
    title: 'memory accesses',
    rows: [
      ...(hits > 0 ? [{ name: 'TLB hits of the interpreter', value: whole(hits) }] : []),
      ...counters.rows(['TLB refills', 'TLB refills'], ['device memory accesses', 'of device memory']),
    ],
  };
}

function hostMemory(counters: Counters, { resident, machineCode }: ProcessFigures): Group {
  const rows: Row[] = [];
  if (resident !== undefined) rows.push({ name: 'resident, with guest memory', value: mebibytes(resident) });
  if (machineCode !== undefined) {
    const note = 'all that V8 compiled: executable memory without a file';
    rows.push({ name: 'resident machine code', value: mebibytes(machineCode), note });
  }
  if (counters.has('bytes of handler wasm'))
    rows.push({ name: 'wasm of handlers', value: mebibytes(counters.take('bytes of handler wasm')) });
  return { title: 'host memory', rows };
}

/** The table. */
export function formatStatistics(statistics: Statistics, figures: ProcessFigures): string {
  const counters = new Counters(statistics);
  const time: Group = {
    title: 'time',
    rows: [
      { name: 'on the clock', value: seconds(figures.elapsed / 1e6) },
      { name: 'processor time', value: seconds(figures.processor / 1e6) },
    ],
  };
  const groups: Group[] = [
    time,
    instructions(counters, figures),
    regions(counters),
    waysOut(counters),
    failures(counters),
    { title: 'exits to the run loop', rows: counters.family('exits ').rows },
    memory(counters),
    {
      title: 'the interpreter',
      rows: counters.rows(
        ['blocks decoded', 'blocks decoded'],
        ['instructions decoded', 'instructions decoded'],
        ['writes to code', 'writes to code'],
        ['code cache flushes', 'code cache flushes'],
        ['handlers compiled', 'handlers compiled'],
        ['handler modules', 'handler modules'],
      ),
    },
    hostMemory(counters, figures),
    { title: 'other', rows: counters.plain('') },
  ];
  return print(groups.filter(({ rows }) => rows.length > 0));
}

function print(groups: readonly Group[]): string {
  const rows = groups.flatMap((group) => group.rows);
  const names = Math.max(...rows.map(({ name }) => name.length));
  const values = Math.max(...rows.map(({ value }) => value.length));
  const line = ({ name, value, note = '' }: Row) =>
    `    ${name.padEnd(names)}  ${value.padStart(values)}   ${note}`.trimEnd();
  return `\n${groups.map((group) => `  ${group.title}\n${group.rows.map(line).join('\n')}\n`).join('')}`;
}
