// One writer an image: a file NAME.lock beside it holds the writer's host name and process, and makes a second one refuse, by
// whatever symbolic link (hard links are not seen through). The lock of a process that has died is taken over, so that nobody
// need clean up after a crash. (Node has no flock(2); other programs do not see this lock.)
import { linkSync, readFileSync, realpathSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DoppelError } from '../../base/errors.ts';
import { whyNot } from './file-reasons.ts';

export interface FileLock {
  release(): void;
}

/** Locks an image for writing. Throws DoppelError where another machine has it. */
export function lockFile(path: string): FileLock {
  // By all its names it is one image.
  const lock = `${realpathSync(path)}.lock`;
  const mine = `${hostname()} ${process.pid} ${startOf(process.pid)}\n`;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (create(lock, mine)) return heldLock(lock, mine);
    const owner = readOwner(lock);
    if (owner === undefined) continue; // released just now
    if (owner === mine)
      throw new DoppelError(
        `${path} is in use already, by this process: one drive at a time can write to it.`,
      );
    if (isAlive(owner)) {
      const [host, process] = owner.split(' ');
      throw new DoppelError(
        `${path} is in use by another machine (process ${process} on ${host} writes to it). ` +
          `Two writers would destroy it; if that is wrong, remove ${lock}.`,
      );
    }
    if (readOwner(lock) === owner) unlinkSync(lock);
  }
  throw new DoppelError(`${path} cannot be locked: ${lock} comes and goes. Try again.`);
}

function heldLock(lock: string, mine: string): FileLock {
  const release = (): void => {
    process.off('exit', release);
    if (readOwner(lock) === mine) unlinkSync(lock);
  };
  process.on('exit', release);
  return { release };
}

/**
 * False where the file exists already. A folder that takes no files has no locks: true. The lock appears with its content, so
 * that nobody takes it for a dead process's: it is written under another name and linked.
 */
function create(lock: string, content: string): boolean {
  const draft = `${lock}.${process.pid}`;
  try {
    writeFileSync(draft, content);
    linkSync(draft, lock);
    return true;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Some file systems (FAT, some in user space) have no links.
    if (syscall === 'link') return createAtOnce(lock, content);
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return true;
    throw new DoppelError(`${lock} cannot be made: ${whyNot(error)}.`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

function createAtOnce(lock: string, content: string): boolean {
  try {
    writeFileSync(lock, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new DoppelError(`${lock} cannot be made: ${whyNot(error)}.`, { cause: error });
  }
}

function readOwner(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return undefined;
  }
}

/** A process on another host counts as alive: nobody here can tell. */
function isAlive(owner: string): boolean {
  const [host, id, start] = owner.trim().split(' ');
  const pid = Number(id);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return start === startOf(pid);
}

/** When the process began (field 22 of proc_pid_stat(5)), so that a reused number is noticed; '-' where it is not told. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}
