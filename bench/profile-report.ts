// A V8 CPU profile as tables: self time by kind of code and by function.
import type { Profiler } from 'node:inspector';
import { type KnownRegion, regionLine, regionText } from './profile-regions.ts';
import { table } from './report.ts';

export type CpuProfile = Profiler.Profile;
type Frame = Profiler.ProfileNode['callFrame'];

/** Regions by the names of their functions. */
export type Regions = ReadonlyMap<string, KnownRegion>;

interface Share {
  /** Microseconds. */
  self: number;
  readonly name: string;
  readonly place: string;
  readonly kind: string;
  readonly region: KnownRegion | undefined;
}

function isWasm({ functionName, url }: Frame): boolean {
  return url.startsWith('wasm:') || functionName.startsWith('wasm-');
}

function kindOf(frame: Frame, region: KnownRegion | undefined): string {
  if (frame.functionName.startsWith('(')) return frame.functionName;
  if (region) return 'wasm: regions';
  if (isWasm(frame)) return 'wasm: interpreter, routines';
  if (frame.url.startsWith('node:') || frame.url === '') return 'Node';
  const folder = /\/src\/(.*)\/[^/]*$/.exec(frame.url)?.[1];
  return folder === undefined ? 'other' : `src/${folder}`;
}

/** Self time of each function, longest first. */
function shares(profile: CpuProfile, regions: Regions): Share[] {
  const byNode = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const found = new Map<string, Share>();
  const deltas = profile.timeDeltas ?? [];
  (profile.samples ?? []).forEach((id, at) => {
    const frame = byNode.get(id)!;
    const region = isWasm(frame) ? regions.get(frame.functionName) : undefined;
    const file = frame.url.replace(/^.*\/(src|bench|node_modules)\//, '$1/');
    const line = isWasm(frame) ? '' : `:${frame.lineNumber + 1}`;
    const place = region ? regionLine(region) : frame.url === '' ? '' : `${file}${line}`;
    const key = `${frame.scriptId} ${frame.functionName} ${frame.lineNumber} ${frame.columnNumber}`;
    const kind = kindOf(frame, region);
    const share = found.get(key) ?? { self: 0, name: frame.functionName || '?', place, kind, region };
    share.self += deltas[at + 1] ?? 0; // a sample lasts until the next
    found.set(key, share);
  });
  return [...found.values()].toSorted((a, b) => b.self - a.self);
}

/** Two tables: shares by kind, and the `top` functions; then the code of the `shown` hottest regions. */
export function profileTables(profile: CpuProfile, regions: Regions, top: number, shown: number): string {
  const all = shares(profile, regions);
  const total = all.reduce((sum, { self }) => sum + self, 0);
  const kinds = new Map<string, number>();
  for (const { kind, self } of all) kinds.set(kind, (kinds.get(kind) ?? 0) + self);
  const percent = (self: number) => `${((self / total) * 100).toFixed(1)} %`;
  const milliseconds = (self: number) => `${(self / 1e3).toFixed(0)} ms`;
  const byKind = [...kinds].toSorted(([, a], [, b]) => b - a);
  return [
    '\n',
    table([
      ['kind of code', 'self', 'share'],
      ...byKind.map(([kind, self]) => [kind, milliseconds(self), percent(self)]),
    ]),
    '\n',
    table([
      ['function', 'self', 'share', 'where'],
      ...all
        .slice(0, top)
        .map(({ name, place, self }) => [
          name.slice(0, 40),
          milliseconds(self),
          percent(self),
          place.slice(0, 80),
        ]),
    ]),
    ...all
      .filter(({ region }) => region !== undefined)
      .slice(0, shown)
      .map(({ region }) => regionText(region!)),
  ].join('');
}

/** Who called the function of that name: callers by the time in it. A tail call leaves no trace of the caller. */
export function callersTable(profile: CpuProfile, name: string): string {
  const frames = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((id) => [id, node])));
  const times = new Map<string, number>();
  let total = 0;
  (profile.samples ?? []).forEach((id, at) => {
    if (frames.get(id)!.callFrame.functionName !== name) return;
    const time = profile.timeDeltas?.[at + 1] ?? 0;
    const caller = parents.get(id)?.callFrame.functionName ?? '?';
    times.set(caller, (times.get(caller) ?? 0) + time);
    total += time;
  });
  const rows = [...times].toSorted(([, a], [, b]) => b - a).slice(0, 20);
  const share = (time: number) => `${((time / total) * 100).toFixed(1)} %`;
  return `\n${table([[`callers of ${name}`, 'share'], ...rows.map(([caller, time]) => [caller, share(time)])])}`;
}
