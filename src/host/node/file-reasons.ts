// Why the host's file system has refused something, in words for the end of a sentence (errno(3)).

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EEXIST: 'something of that name is there already',
  EACCES: 'permission denied',
  EPERM: 'the host does not permit it',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the host has no room left',
  EDQUOT: "the user's quota is used up",
  EFBIG: 'the file system takes no file of that size',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the host has too many files open',
  EIO: "the host's disk or network has failed (EIO)",
  ENXIO: 'nothing is behind it',
};

/** For a file that is there, or should be. */
export function whyNot(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return REASONS[code] ?? code;
}

/** For a file that was to be made. */
export function whyNotMade(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : whyNot(error);
}
