// Debian's 32-bit kernel with two-level paging, entered at its 32-bit entry point.
import { testSystem } from './system-tests.ts';

testSystem({
  kernel: '686',
  machine: 'i686',
  programs: ['i386'],
  time: 'deterministic',
  linuxEntry: '32-bit',
  // No execute-disable in two-level paging.
  maySkip: ['segv-execute'],
});
