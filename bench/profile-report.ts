// A V8 CPU profile as tables: self time by kind of code and by function.
import type { Profiler } from 'node:inspector';
import { table } from './report.ts';

export type CpuProfile = Profiler.Profile;

interface Share {
  /** Microseconds. */
  self: number;
  readonly name: string;
  readonly place: string;
  readonly kind: string;
}

/** What a function of the profile is. Wasm functions without a name are those of translated code's modules. */
function kindOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  if (functionName.startsWith('(')) return functionName;
  if (url.startsWith('wasm:') || functionName.startsWith('wasm-')) {
    return /^(region|wasm-function)/.test(functionName) ? 'wasm: regions' : 'wasm: interpreter';
  }
  if (url.startsWith('node:') || url === '') return 'Node';
  const folder = /\/src\/(.*)\/[^/]*$/.exec(url)?.[1];
  return folder === undefined ? 'other' : `src/${folder}`;
}

/** Self time of each function, longest first. */
function shares(profile: CpuProfile): Share[] {
  const byNode = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const found = new Map<string, Share>();
  const deltas = profile.timeDeltas ?? [];
  (profile.samples ?? []).forEach((id, at) => {
    const frame = byNode.get(id)!;
    const file = frame.url.replace(/^.*\/(src|bench|node_modules)\//, '$1/');
    const place = frame.url === '' ? '' : `${file}:${frame.lineNumber + 1}`;
    const key = `${frame.functionName} ${place} ${frame.columnNumber}`;
    const share = found.get(key) ?? { self: 0, name: frame.functionName || '?', place, kind: kindOf(frame) };
    share.self += deltas[at + 1] ?? 0; // a sample lasts until the next
    found.set(key, share);
  });
  return [...found.values()].toSorted((a, b) => b.self - a.self);
}

/** Two tables: shares by kind, and the `top` functions. */
export function profileTables(profile: CpuProfile, top: number): string {
  const all = shares(profile);
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
          name.slice(0, 60),
          milliseconds(self),
          percent(self),
          place.slice(-60),
        ]),
    ]),
  ].join('');
}
