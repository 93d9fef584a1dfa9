// Debian's 32-bit kernel with PAE paging, on the translator.
import { makeEngine } from '../engines.ts';
import { testSystem } from './system-tests.ts';

testSystem({
  engine: (wires) => makeEngine('jit-default', wires),
  kernel: '686-pae',
  machine: 'i686',
  programs: ['i386'],
  time: 'deterministic',
  // Linux 6.1 keeps page protections in a 32-bit variable (vm_get_page_prot), which loses PAE's execute-disable bit:
  // the same kernel skips the test in QEMU too. The 64-bit kernel has it for this program.
  maySkip: ['segv-execute'],
});
