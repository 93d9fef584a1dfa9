// Debian's 64-bit kernel, in the host's time as users run it; 32-bit programs on it too, and the vsyscall page.
import { testSystem } from './system-tests.ts';

testSystem({
  kernel: 'amd64',
  machine: 'x86_64',
  programs: ['amd64', 'i386'],
  time: 'real',
  append: 'vsyscall=xonly',
});
