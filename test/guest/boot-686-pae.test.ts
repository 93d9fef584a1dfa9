// Debian's 32-bit kernel with PAE paging and execute-disable.
import { testSystem } from './system-tests.ts';

testSystem({ kernel: '686-pae', machine: 'i686', programs: ['i386'], time: 'deterministic' });
