// The tables of bench/programs.ts and the goals they are held against.
import type { Peer } from './peers/emulators.ts';
import type { Cost, Memory } from './peers/linux-guest.ts';
import type { GuestWidth } from './programs/list.ts';
import { type Goal, geometricMean, mebibytes, ratio, seconds, table } from './report.ts';

/** In the place of a checksum where a program did not run to its end; its times are NaN. */
export const FAILED = 'failed';

/** Medians of a program's runs; one checksum unless something is wrong. */
export interface Measured extends Cost {
  readonly checksums: readonly string[];
}

export interface PeerResults {
  readonly peer: Peer;
  readonly boot: Cost;
  /** After the last program. */
  readonly memory: Memory;
  readonly programs: Readonly<Record<string, Measured>>;
}

export interface WidthResults {
  readonly width: GuestWidth;
  readonly units: number;
  readonly peers: readonly PeerResults[];
}

const NAMES: Record<Peer, string> = { doppel: 'Doppel', qemu: 'QEMU TCG', v86: 'v86' };
const MEMORY_GOAL = 250 * 2 ** 20;

/** What Doppel has to reach against a peer: how many times as fast, in the mean, at worst, and at the boot. */
interface SpeedGoal {
  readonly mean: number;
  readonly worst: number;
  readonly boot: number;
}
const GOALS: Partial<Record<Peer, SpeedGoal>> = {
  qemu: { mean: 2, worst: 0.8, boot: 1 },
  v86: { mean: 3, worst: 1, boot: 3 },
};

const timeOf = (ns: number): string => (Number.isNaN(ns) ? FAILED : seconds(ns));
const quotient = (a: number, b: number): string => (Number.isNaN(a / b) ? '' : ratio(a / b));

/** Ratios are times as fast: a peer's time by Doppel's. */
export function programReport(results: WidthResults, clock: keyof Cost): { text: string; goals: Goal[] } {
  const { peers, width } = results;
  const doppel = peers.find(({ peer }) => peer === 'doppel')!;
  const others = peers.filter((one) => one !== doppel);
  const names = Object.keys(doppel.programs);
  const rows = [
    [
      `${width}-bit guest`,
      ...peers.map(({ peer }) => NAMES[peer]),
      ...others.map(({ peer }) => `against ${NAMES[peer]}`),
      'checksum',
    ],
    ...names.map((name) => [
      name,
      ...peers.map(({ programs }) => timeOf(programs[name]![clock])),
      ...others.map(({ programs }) => quotient(programs[name]![clock], doppel.programs[name]![clock])),
      agreement(peers, name),
    ]),
  ];
  const goals: Goal[] = [];
  const means: string[] = [];
  const worsts: string[] = [];
  for (const other of others) {
    const ratios = names
      .map((name) => ({ name, value: other.programs[name]![clock] / doppel.programs[name]![clock] }))
      .filter(({ value }) => !Number.isNaN(value))
      .toSorted((a, b) => a.value - b.value);
    const mean = geometricMean(ratios.map(({ value }) => value));
    const worst = ratios[0]?.value ?? Number.NaN;
    const boot = other.boot[clock] / doppel.boot[clock];
    means.push(ratio(mean));
    worsts.push(ratio(worst));
    const wanted = GOALS[other.peer];
    if (!wanted) continue;
    const goal = (text: string, measured: number, atLeast: number, note = ''): Goal => ({
      text: `${width}-bit: ${text} (at least ${atLeast})`,
      measured: `${ratio(measured)}${note}`,
      met: measured >= atLeast,
    });
    const peerName = NAMES[other.peer];
    goals.push(
      goal(`times as fast as ${peerName}, mean of programs`, mean, wanted.mean),
      goal(`times as fast as ${peerName}, worst`, worst, wanted.worst, ` ${ratios[0]?.name ?? ''}`),
      goal(`times as fast as ${peerName}, boot to shell`, boot, wanted.boot),
    );
  }
  const blanks = peers.map(() => '');
  rows.push(
    ['geometric mean', ...blanks, ...means, ''],
    ['worst', ...blanks, ...worsts, ''],
    [
      'boot to shell',
      ...peers.map(({ boot }) => seconds(boot[clock])),
      ...others.map(({ boot }) => ratio(boot[clock] / doppel.boot[clock])),
      '',
    ],
    ['resident at the end', ...peers.map(({ memory }) => mebibytes(memory.now)), ...others.map(() => ''), ''],
    ['peak', ...peers.map(({ memory }) => mebibytes(memory.peak)), ...others.map(() => ''), ''],
    [
      'guest RAM touched',
      ...peers.map(({ memory }) => mebibytes(memory.touched)),
      ...others.map(() => ''),
      '',
    ],
  );
  const own = doppel.memory.peak - doppel.memory.touched;
  const wrong = names.filter((name) => !/^(ok|alone)$/.test(agreement(peers, name)));
  goals.push(
    {
      text: `${width}-bit: resident at most guest RAM touched + 250 MiB, at the peak`,
      measured: `+ ${mebibytes(own)}`,
      met: own <= MEMORY_GOAL,
    },
    {
      text: `${width}-bit: the same checksums everywhere`,
      measured: wrong.length > 0 ? `wrong: ${wrong.join(', ')}` : `${names.length} programs`,
      met: others.length > 0 || wrong.length > 0 ? wrong.length === 0 : null,
    },
  );
  const what = clock === 'wall' ? 'wall time' : 'CPU time of all threads';
  const head = `\n${width}-bit guest, ${results.units} units of work, ${what}; ratios are times as fast as the peer\n\n`;
  return { text: `${head}${table(rows)}`, goals };
}

/** "ok" where all peers and rounds answered the same; otherwise who said what. */
function agreement(peers: readonly PeerResults[], name: string): string {
  const values = new Set(peers.flatMap(({ programs }) => programs[name]!.checksums));
  if (values.size === 1 && !values.has(FAILED)) return peers.length > 1 ? 'ok' : 'alone';
  return peers.map(({ peer, programs }) => `${peer} ${programs[name]!.checksums.join('/')}`).join(' ');
}
