import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoppelError } from '../base/errors.ts';
import { parseRunOptions } from './options.ts';

const parse = (...words: string[]) => parseRunOptions(['--kernel', 'k', ...words])!;

test('--display: nowhere, on the terminal, on a VNC server', () => {
  assert.deepEqual(parse().display, { kind: 'none' });
  assert.deepEqual(parse('--display', 'vnc').display, { kind: 'vnc', host: '127.0.0.1', port: 5900 });
  assert.deepEqual(parse('--display', 'vnc=5901').display, { kind: 'vnc', host: '127.0.0.1', port: 5901 });
  assert.deepEqual(parse('--display', 'vnc=:0').display, { kind: 'vnc', host: '127.0.0.1', port: 0 });
  assert.deepEqual(parse('--display', 'vnc=0.0.0.0:80').display, { kind: 'vnc', host: '0.0.0.0', port: 80 });
  assert.deepEqual(parse('--display', 'vnc=[::1]:5900').display, { kind: 'vnc', host: '::1', port: 5900 });
  for (const wrong of ['', 'sdl', 'vnc=', 'vnc=host', 'vnc=70000', 'text=1']) {
    assert.throws(() => parse('--display', wrong), DoppelError, wrong);
  }
});

test('the terminal is the screen or the serial line, not both', () => {
  assert.deepEqual(parse().serial, [{ kind: 'stdio' }]);
  assert.deepEqual(parse('--display', 'text').serial, [{ kind: 'none' }]);
  assert.throws(() => parse('--display', 'text', '--serial', 'stdio'), DoppelError);
  assert.throws(() => parse('--display', 'text', '--vnc-password-file', 'f'), DoppelError);
});

test('--boot-menu: seconds', () => {
  assert.equal(parse().bootMenu, undefined);
  assert.equal(parse('--boot-menu', '2.5').bootMenu, 2500);
  for (const wrong of ['', '0', '-1', '61', 'yes'])
    assert.throws(() => parse(`--boot-menu=${wrong}`), DoppelError, wrong);
});

test('--debug-device: names that are known', () => {
  assert.deepEqual(parse().debugDevices, []);
  assert.deepEqual(parse('--debug-device', 'pc-testdev').debugDevices, ['pc-testdev']);
  assert.throws(() => parse('--debug-device', 'edu'), DoppelError);
});

test('--pflash: beside --bios, or instead of it, never with a kernel', () => {
  const flash = (...words: string[]) => parseRunOptions(words)!;
  assert.equal(flash('--bios', 'b', '--pflash', 'f').flash, 'f');
  assert.equal(flash('--pflash', 'f', '--video-bios', 'v').bios, undefined);
  assert.throws(() => parse('--pflash', 'f'), /--pflash starts in firmware, which knows of no --kernel/);
});

test('--disk and --cdrom: a file, and the bus that the drive is on', () => {
  const { disks, cdrom } = parse('--disk', 'a.img', '--disk', 'b,c.img,bus=ahci', '--cdrom', 'none,bus=ahci');
  assert.deepEqual(disks, [
    { path: 'a.img', bus: 'ide' },
    { path: 'b,c.img', bus: 'ahci' },
  ]);
  assert.deepEqual(cdrom, { path: 'none', bus: 'ahci' });
  assert.throws(() => parse('--disk', 'a.img,bus=scsi'), /no bus scsi; choose ide or ahci/);
});
