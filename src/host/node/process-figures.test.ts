import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executableAnonymous, machineCodeBytes } from './process-figures.ts';

test('executable memory without a file is added up', () => {
  const smaps = [
    '55636b188000-55636b18e000 r-xp 00002000 fe:00 260386                     /usr/bin/node',
    'Size:                 24 kB',
    'Rss:                  24 kB',
    '7f0000000000-7f0000100000 rwxp 00000000 00:00 0 ',
    'Size:               1024 kB',
    'Rss:                 100 kB',
    '7f0000200000-7f0000300000 rw-p 00000000 00:00 0 ',
    'Rss:                 200 kB',
    '7f0000400000-7f0000500000 r-xp 00000000 00:00 0 ',
    'Rss:                   7 kB',
    '7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]',
    'Rss:                   4 kB',
  ].join('\n');
  assert.equal(executableAnonymous(smaps), 107 * 1024);
});

test('this process has some, where it is known', () => {
  const bytes = machineCodeBytes();
  assert.ok(bytes === undefined || bytes > 10_000);
});
