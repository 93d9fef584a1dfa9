// Checks the order of the source tree (ARCHITECTURE.md): a folder imports only from folders above it, the
// layers from base to snapshot use nothing of Node, and no module imports itself by a detour.
//
// Tests and their helpers (*.test.ts, testing.ts, *-cases.ts, testing/, host/test/) may import anything. Types do not make a
// cycle, but they do obey the order, with the exceptions listed below.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Top to bottom; see ARCHITECTURE.md. */
const LAYERS = [
  'base',
  'wasm',
  'x86',
  'memory',
  'engine',
  'backend',
  'devices',
  'firmware',
  'machine',
  'snapshot',
  'debug',
  'control',
  'host',
  'cli',
  'daemon',
  'web',
];

/** From here on, layers may use Node or the browser. `debug` and `control` have to do without as well. */
const FIRST_PLATFORM_LAYER = LAYERS.indexOf('host');

/** Modules that layers above theirs may import as types: they are seams. */
const SEAMS = new Set(['memory/guest-bus.ts']);

/** Tests and what only they use. */
const TEST_ONLY = /\.test\.ts$|(^|[/-])testing\.ts$|-cases\.ts$|\/testing\/|^host\/test\//;

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface Module {
  /** Relative to src, with '/'. */
  readonly path: string;
  readonly imports: readonly Import[];
}

const root = resolve(import.meta.dirname, '..', 'src');

function readImports(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = code.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?['"]([^'"]+)['"]/gm,
  );
  const dynamic = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map(([, type, names, specifier]) => ({
      specifier: specifier!,
      typeOnly: type !== undefined || onlyTypes(names ?? ''),
    })),
    ...[...dynamic].map(([, specifier]) => ({ specifier: specifier!, typeOnly: true })),
  ];
}

/** True for "{ type A, type B }". */
function onlyTypes(names: string): boolean {
  const match = /^\{([^}]*)\}$/.exec(names.trim());
  const items = match?.[1]?.split(',').map((item) => item.trim()) ?? [];
  const named = items.filter((item) => item !== '');
  return named.length > 0 && named.every((item) => item.startsWith('type '));
}

function readModules(): Module[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => !TEST_ONLY.test(path))
    .sort()
    .map((path) => ({ path, imports: readImports(readFileSync(join(root, path), 'utf8')) }));
}

function targetOf(module: Module, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return relative(root, resolve(root, dirname(module.path), specifier)).replaceAll('\\', '/');
}

function checkModule(module: Module): string[] {
  if (!module.path.includes('/')) return []; // index.ts: the library's front door.
  const layer = LAYERS.indexOf(module.path.split('/')[0]!);
  if (layer < 0) return [`src/${module.path}: its folder is in no layer`];
  return module.imports.flatMap((imported) => {
    const target = targetOf(module, imported);
    if (target === undefined) {
      return layer < FIRST_PLATFORM_LAYER
        ? [`src/${module.path}: imports ${imported.specifier}, but only host and what follows may`]
        : [];
    }
    const targetLayer = LAYERS.indexOf(target.split('/')[0]!);
    if (targetLayer <= layer || (imported.typeOnly && SEAMS.has(target))) return [];
    return [`src/${module.path}: imports src/${target}, which is in a lower layer`];
  });
}

/** Depth-first search over the imports that exist at run time. */
function findCycles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (name: string): void => {
    const start = path.indexOf(name);
    if (start >= 0) cycles.push(`cycle: ${[...path.slice(start), name].join(' -> ')}`);
    const module = byPath.get(name);
    if (start >= 0 || done.has(name) || module === undefined) return;
    path.push(name);
    for (const imported of module.imports) {
      const target = imported.typeOnly ? undefined : targetOf(module, imported);
      if (target !== undefined) visit(target);
    }
    path.pop();
    done.add(name);
  };
  for (const { path: name } of modules) visit(name);
  return cycles;
}

const modules = readModules();
const complaints = [...modules.flatMap(checkModule), ...findCycles(modules)];
for (const complaint of complaints) console.error(complaint);
console.log(`layers: ${modules.length} modules, ${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;
