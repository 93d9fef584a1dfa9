// Files that hold a disk or flash memory, opened to be read and written in place.
import { fstatSync, openSync, type Stats } from 'node:fs';
import { DoppelError } from '../../base/errors.ts';

/**
 * A descriptor of the file. Throws DoppelError where it cannot be opened; `denied` is what follows on the path and a space where the
 * host does not permit it, undefined where there is nothing to advise.
 */
export function openInPlace(
  path: string,
  readOnly: boolean,
  denied: (code: string) => string | undefined,
): number {
  try {
    return openSync(path, readOnly ? 'r' : 'r+');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new DoppelError(`${path} does not exist.`);
    const advice = code === 'EACCES' || code === 'EROFS' || code === 'EPERM' ? denied(code) : undefined;
    if (advice !== undefined) throw new DoppelError(`${path} ${advice}`);
    throw new DoppelError(`${path} cannot be opened (${code}).`, { cause: error });
  }
}

/** What the host knows of an open file. Throws DoppelError where it is a folder or a device. */
export function regularFile(path: string, file: number): Stats {
  const status = fstatSync(file);
  if (!status.isFile()) throw new DoppelError(`${path} is not a file.`);
  return status;
}
