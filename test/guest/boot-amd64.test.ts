// Debian's 64-bit kernel, in the host's time on the translator, as users run it; 32-bit programs on it too, and the vsyscall page.
import { makeEngine } from '../engines.ts';
import { testSystem } from './system-tests.ts';

testSystem({
  engine: (wires) => makeEngine('jit-default', wires),
  kernel: 'amd64',
  machine: 'x86_64',
  programs: ['amd64', 'i386'],
  time: 'real',
  append: 'vsyscall=xonly',
});
