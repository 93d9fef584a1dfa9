// apt with a private configuration: an ordinary user can look up and download packages of any
// architecture, and the system's own state stays as it is (apt.conf(5), apt-get(8)).
//
//   <cache>/apt/<architecture>/  apt.conf  our.sources  status (empty)  state/  cache/
//
// The system's sources, trusted keys, proxies and credentials are used; its hooks are not.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DoppelError } from '../../base/errors.ts';
import { deriveSources, type SourceFile } from './apt-sources.ts';
import { cacheDirectory, writeWhole } from './cache.ts';

export type DebianArchitecture = 'amd64' | 'i386';

/** Receives one line about what is being done; the caller shows it on standard error. */
export type Progress = (line: string) => void;

/** How long a package list is believed. */
const LIST_LIFETIME_MS = 24 * 3600 * 1000;
/** Another process may be holding apt's lock on our directories. */
const LOCK_ATTEMPTS = 60;
const LOCK_WAIT_MS = 2000;

const NO_APT =
  'this host has no apt, so Debian packages cannot be fetched; give the files instead: ' +
  'doppel run --kernel VMLINUZ --initrd INITRAMFS --append "console=ttyS0"';

/** True where apt and dpkg are installed. */
export function hasApt(): boolean {
  return ['apt-get', 'apt-cache', 'dpkg-deb'].every(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined,
  );
}

function readSystemSources(): SourceFile[] {
  const read = (path: string): SourceFile[] => {
    try {
      return [{ name: path, content: readFileSync(path, 'utf8') }];
    } catch {
      return [];
    }
  };
  const parts = '/etc/apt/sources.list.d';
  const names = existsSync(parts) ? readdirSync(parts).sort() : [];
  return [
    ...read('/etc/apt/sources.list'),
    ...names.filter((name) => /\.(list|sources)$/.test(name)).flatMap((name) => read(join(parts, name))),
  ];
}

/** A private apt for one architecture. */
export interface Apt {
  /** Control fields of the newest version, or undefined where there is no such package. */
  show(packageName: string): ReadonlyMap<string, string> | undefined;
  /** Fetches the package (its signature and hash are checked by apt) into `directory`; answers the file's path. */
  download(packageName: string, directory: string): string;
}

/**
 * Sets up the private apt and fetches the package lists if ours are missing or older than a day.
 * Throws DoppelError where there is no apt, no archive of Debian among the sources, or no list arrives.
 */
export function openApt(architecture: DebianArchitecture, progress: Progress): Apt {
  if (!hasApt()) throw new DoppelError(NO_APT);
  const root = cacheDirectory('apt', architecture);
  const configuration = configure(root, architecture);
  update(root, configuration, progress);
  return {
    show(packageName) {
      const result = run('apt-cache', configuration, ['show', '--no-all-versions', packageName]);
      return result.status === 0 && result.stdout !== '' ? parseControl(result.stdout) : undefined;
    },
    download(packageName, directory) {
      const before = new Set(readdirSync(directory));
      progress(`downloading the Debian package ${packageName} (${architecture})`);
      const result = run(
        'apt-get',
        configuration,
        ['download', '-q', `${packageName}:${architecture}`],
        directory,
      );
      const file = readdirSync(directory).find((name) => name.endsWith('.deb') && !before.has(name));
      if (result.status !== 0 || file === undefined)
        throw aptFailed(`cannot download ${packageName}`, result);
      return join(directory, file);
    },
  };
}

function configure(root: string, architecture: DebianArchitecture): string {
  const sources = deriveSources(readSystemSources());
  if (sources === undefined) {
    throw new DoppelError(
      "this host's apt sources name no Debian archive; give the files instead: " +
        'doppel run --kernel VMLINUZ --initrd INITRAMFS --append "console=ttyS0"',
    );
  }
  mkdirSync(join(root, 'state/lists/partial'), { recursive: true });
  mkdirSync(join(root, 'cache/archives/partial'), { recursive: true });
  mkdirSync(join(root, 'empty'), { recursive: true });
  writeFileSync(join(root, 'status'), '');
  writeWhole(join(root, 'our.sources'), sources);
  const path = join(root, 'apt.conf');
  writeWhole(
    path,
    `#clear APT::Update;
#clear DPkg;
#clear APT::Architectures;
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State "${root}/state";
Dir::State::status "${root}/status";
Dir::Cache "${root}/cache";
Dir::Log "${root}/state";
Dir::Etc::sourcelist "${root}/our.sources";
Dir::Etc::sourceparts "${root}/empty";
Dir::Etc::preferences "${root}/none";
Dir::Etc::preferencesparts "${root}/empty";
`,
  );
  return path;
}

function update(root: string, configuration: string, progress: Progress): void {
  const stamp = join(root, 'updated');
  const sources = readFileSync(join(root, 'our.sources'), 'utf8');
  if (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === sources &&
    Date.now() - statSync(stamp).mtimeMs < LIST_LIFETIME_MS
  ) {
    return;
  }
  progress('fetching the Debian package lists');
  const result = run('apt-get', configuration, ['update', '-q']);
  const lists = readdirSync(join(root, 'state/lists')).some((name) => name.includes('_Packages'));
  // One archive of several may be unreachable or in the middle of an update: what has arrived may do.
  if (!lists) throw aptFailed('cannot fetch the Debian package lists', result);
  if (result.status === 0) writeWhole(stamp, sources);
}

/** Runs an apt tool, waiting for another process's lock. */
function run(
  tool: string,
  configuration: string,
  parameters: readonly string[],
  directory?: string,
): SpawnSyncReturns<string> {
  for (let attempt = 1; ; attempt++) {
    const result = spawnSync(tool, ['-c', configuration, ...parameters], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 2 ** 20,
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    const locked = result.status !== 0 && /Could not get lock|Unable to lock/.test(result.stderr ?? '');
    if (!locked || attempt === LOCK_ATTEMPTS) return result;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_WAIT_MS);
  }
}

function aptFailed(what: string, result: SpawnSyncReturns<string>): DoppelError {
  const complaint = (result.stderr ?? '')
    .split('\n')
    .find((line) => /^E:/.test(line))
    ?.replace(/^E:\s*/, '');
  return new DoppelError(`${what}: ${complaint ?? result.error?.message ?? 'apt gave no reason'}`);
}

function parseControl(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n\n', 1)[0]!.split('\n')) {
    const match = /^([A-Za-z0-9-]+): (.*)$/.exec(line);
    if (match !== null) fields.set(match[1]!, match[2]!);
  }
  return fields;
}
