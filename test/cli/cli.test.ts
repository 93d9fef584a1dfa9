// The `doppel` command as a user runs it: what it prints, how it ends, and what it says about mistakes (one line on
// standard error, a status that is not 0, never a stack trace).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeBzImage } from '../../src/firmware/boot/testing.ts';
import * as K from '../guest/tiny-kernels.ts';

const DOPPEL = join(import.meta.dirname, '../../bin/doppel.js');
const directory = mkdtempSync(join(tmpdir(), 'doppel-cli-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a file for the command to read; answers its path. */
function file(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

function doppel(...words: string[]) {
  return doppelWith('', ...words);
}
function doppelWith(input: string, ...words: string[]) {
  const result = spawnSync(process.execPath, [DOPPEL, ...words], {
    encoding: 'utf8',
    timeout: 60_000,
    input,
    cwd: directory,
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const hello = file('hello', K.multibootKernel([...K.say('hello world\n'), ...K.debugExit(0x501, 5)]));
const spin = file('spin', K.multibootKernel([...K.say('spinning\n'), ...K.SPIN]));
const bzImage = makeBzImage({ code: new Uint8Array(200_000) });

describe('what is asked of the command itself', () => {
  test('--version', () => {
    const { status, stdout } = doppel('--version');
    assert.equal(status, 0);
    assert.match(stdout, /^doppel \d+\.\d+\.\d+\n$/);
  });

  test('--help lists the commands, run --help every option that there is', () => {
    const help = doppel('--help');
    assert.equal(help.status, 0);
    for (const word of ['run', 'quickstart', 'doctor', '--version'])
      assert.ok(help.stdout.includes(word), word);
    const run = doppel('run', '--help');
    assert.equal(run.status, 0);
    for (const flag of [
      ...['kernel', 'initrd', 'module', 'append', 'memory', 'cpus', 'accel', 'serial', 'timeout', 'exit-on'],
      ...[
        'disk',
        'cdrom',
        'floppy',
        'boot',
        'stats',
        'trace',
        'rtc',
        'debug-exit-port',
        'deterministic',
        'no-reboot',
      ],
    ]) {
      assert.ok(run.stdout.includes(`--${flag}`), flag);
    }
    assert.equal(doppel('quickstart', '--help').status, 0);
    for (const words of [['ctl'], ['disk'], ['disk', 'create'], ['doctor']]) {
      const { status, stdout } = doppel(...words, '--help');
      assert.equal(status, 0, words.join(' '));
      assert.match(stdout, new RegExp(`^Usage: doppel ${words[0]}`));
    }
  });

  test('doctor says what this host offers', () => {
    const { status, stdout } = doppel('doctor');
    assert.equal(status, 0);
    for (const word of ['Node.js', 'WebAssembly', '/dev/kvm', 'memory'])
      assert.ok(stdout.includes(word), word);
  });
});

describe('mistakes', () => {
  const bad: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown command', ['rum'], /rum/],
    ['an unknown flag', ['run', '--kernle', hello], /--kernle/],
    ['a flag without its value', ['run', '--kernel'], /--kernel/],
    ['a word too many', ['run', '--kernel', hello, 'extra'], /extra/],
    ['nothing to boot', ['run'], /Nothing to boot/],
    ['a file that is nothing known', ['run', file('noise', new Uint8Array(5000).fill(1))], /--disk/],
    ['a text instead of an image', ['run', file('letters', new Uint8Array(5000).fill(65))], /text file/],
    ['a file that is not there', ['run', 'nowhere.img'], /nowhere.img/],
    [
      'a disk image in a container',
      ['run', file('qcow', Uint8Array.of(0x51, 0x46, 0x49, 0xfb, ...new Array(2000).fill(0)))],
      /qemu-img/,
    ],
    ['an order that is none', ['run', '--boot', 'tape', hello], /tape/],
    ['a disk of no size', ['disk', 'create', 'd.img', 'big'], /big/],
    ['two kernels', ['run', hello, hello], /One kernel/],
    ['a kernel file that is not there', ['run', '--kernel', 'nowhere'], /nowhere/],
    ['a folder as a kernel', ['run', '--kernel', directory], /is a folder/],
    ['an empty kernel', ['run', '--kernel', file('empty', new Uint8Array(0))], /empty/],
    [
      'a text as a kernel',
      ['run', '--kernel', file('text', Buffer.from('To be or not\n'.repeat(500)))],
      /kernel/,
    ],
    [
      'a compressed kernel',
      ['run', '--kernel', file('gz', Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0]))],
      /gzip/,
    ],
    [
      'a truncated bzImage',
      ['run', '--kernel', file('short', bzImage.slice(0, 100_000))],
      /truncated|short|end/i,
    ],
    [
      'a truncated ELF',
      ['run', '--kernel', file('elf', K.pvhKernel(64, new Array<number>(9000)).slice(0, 4000))],
      /./,
    ],
    [
      'a kernel too big for the memory',
      ['run', '--memory', '2M', '--kernel', file('big', bzImage)],
      /memory/,
    ],
    [
      'an initrd that does not fit',
      [
        'run',
        '--memory',
        '64M',
        '--kernel',
        file('linux', bzImage),
        '--initrd',
        file('huge', new Uint8Array(70 << 20)),
      ],
      /initrd|memory/,
    ],
    ['an initrd that is not there', ['run', '--kernel', hello, '--initrd', 'nowhere'], /nowhere/],
    ['a memory size that is none', ['run', '--kernel', hello, '--memory', 'lots'], /lots/],
    ['a memory size of nothing', ['run', '--kernel', hello, '--memory', '0'], /--memory/],
    ['a negative memory size', ['run', '--kernel', hello, '--memory=-5M'], /--memory/],
    ['a memory size beyond the limit', ['run', '--kernel', hello, '--memory', '64G'], /64G/],
    ['a command line for a disk', ['run', file('blank', new Uint8Array(4096)), '--append', 'x'], /--append/],
    ['an initrd for a disk', ['run', file('blank', new Uint8Array(4096)), '--initrd', 'x'], /--initrd/],
    ['a disk twice', ['run', file('blank', new Uint8Array(4096)), '--disk', 'blank'], /in use already/],
    ['a value that looks like a flag', ['run', '--append', '-v'], /written --append=VALUE/],
    ['a disk image whose name is an option', ['disk', 'create', '--size', '4G'], /disk create FILE SIZE/],
    ['no processors', ['run', '--kernel', hello, '--cpus', '0'], /--cpus/],
    ['an unknown trace', ['run', '--kernel', hello, '--trace', 'everything'], /everything/],
    ['a trace without a file name', ['run', '--kernel', hello, '--trace', 'jit='], /jit=/],
    [
      'a trace into a directory',
      ['run', '--kernel', hello, '--accel', 'jit', '--trace', `jit=${directory}`],
      /it is a folder/,
    ],
    [
      'a trace of a translator that does not run',
      ['run', '--kernel', hello, '--accel', 'interp', '--trace', 'jit'],
      /--accel jit/,
    ],
    ['an unknown accelerator', ['run', '--kernel', hello, '--accel', 'warp'], /warp/],
    ['an unknown serial target', ['run', '--kernel', hello, '--serial', 'pigeon'], /pigeon/],
    [
      'a serial file that cannot be',
      ['run', '--kernel', hello, '--serial', 'file:/nowhere/x'],
      /\/nowhere\/x/,
    ],
    ['a timeout that is no number', ['run', '--kernel', hello, '--timeout', 'soon'], /soon/],
    ['a date that is none', ['run', '--kernel', hello, '--rtc', 'yesterday'], /yesterday/],
    ['a port out of range', ['run', '--kernel', hello, '--debug-exit-port', '70000'], /70000/],
  ];
  for (const [name, words, wanted] of bad) {
    test(name, () => {
      const { status, stderr, stdout } = doppel(...words);
      assert.ok(status !== 0 && status !== null, `status ${status}`);
      assert.match(stderr, wanted);
      assert.match(stderr, /^doppel: [^\n]+\n$/, 'one line');
      assert.doesNotMatch(stderr, / at .*\.ts:\d/);
      assert.equal(stdout, '');
    });
  }
});

describe('running a kernel', () => {
  test('--debug-exit-port: the status is (value << 1) | 1', () => {
    const { status, stdout, stderr } = doppel('run', '--kernel', hello, '--debug-exit-port', '0x501');
    assert.equal(status, 11);
    assert.equal(stdout, 'hello world\n');
    assert.equal(stderr, '');
  });

  test('--exit-on ends with status 0 once the text is there', () => {
    const { status, stdout } = doppel('run', '--kernel', spin, '--exit-on', 'spinning', '--timeout', '50');
    assert.equal(status, 0);
    assert.match(stdout, /spinning/);
  });

  test('--timeout ends with status 124 and a line', () => {
    const { status, stderr } = doppel('run', '--kernel', spin, '--timeout', '0.3');
    assert.equal(status, 124);
    assert.match(stderr, /--timeout/);
  });

  test('--serial file: and none', () => {
    const path = join(directory, 'serial.txt');
    const toFile = doppel('run', '--kernel', hello, '--debug-exit-port', '0x501', '--serial', `file:${path}`);
    assert.equal(toFile.status, 11);
    assert.equal(toFile.stdout, '');
    assert.equal(readFileSync(path, 'utf8'), 'hello world\n');
    const none = doppel('run', '--kernel', hello, '--debug-exit-port', '0x501', '--serial', 'none');
    assert.equal(none.status, 11);
    assert.equal(none.stdout, '');
  });

  test('--stats prints a table', () => {
    const { stderr } = doppel('run', '--kernel', hello, '--debug-exit-port', '0x501', '--stats');
    for (const word of ['time', 'instructions', 'exits', 'TLB']) assert.ok(stderr.includes(word), stderr);
  });

  test('--trace jit shows a region from guest code to WebAssembly; --stats its share', () => {
    const words = ['run', '--kernel', spin, '--accel', 'jit', '--trace', 'jit=trace.txt', '--stats'];
    const { status, stderr } = doppel(...words, '--timeout', '1');
    assert.equal(status, 124);
    assert.match(stderr, /in regions +[\d,]+ +\d/);
    const trace = readFileSync(join(directory, 'trace.txt'), 'utf8');
    for (const text of ['==== region 1 at 0x', 'eb fe', 'JMP $+0x0', 'branch32', '(func $region_1 '])
      assert.ok(trace.includes(text), text);
  });

  test('a triple fault ends with a cause and the registers', () => {
    const kernel = file('triple', K.multibootKernel(K.TRIPLE_FAULT));
    const { status, stderr } = doppel('run', '--kernel', kernel);
    assert.equal(status, 3);
    assert.match(stderr, /shut down: ./);
    assert.match(stderr, /[ER]IP[ =:]/);
    assert.doesNotMatch(stderr, / at .*\.ts:\d/);
  });

  test('--no-reboot ends where the guest resets, a halt for ever ends too', () => {
    const reset = doppel('run', '--kernel', file('reset', K.multibootKernel(K.RESET)), '--no-reboot');
    assert.equal(reset.status, 0);
    const halt = doppel('run', '--kernel', file('halt', K.multibootKernel(K.HALT)), '--timeout', '20');
    assert.equal(halt.status, 0);
    assert.match(halt.stderr, /halted/);
  });

  test('typed bytes reach the guest', () => {
    // Waits for a byte at the serial port, writes it and the next letter, and ends.
    const code = [
      ...[0xba, ...K.imm32(0x3fd), 0xec, 0xa8, 0x01, 0x74, 0xfb], // 1: in; test $1; jz 1b
      ...[0xba, ...K.imm32(0x3f8), 0xec, 0xee, 0x40, 0xee], // in, out, inc, out
      ...K.debugExit(0xf4, 0),
    ];
    const kernel = file('echo', K.multibootKernel(code));
    const { status, stdout } = doppelWith('s', 'run', '--kernel', kernel, '--debug-exit-port', '0xf4');
    assert.equal(status, 1);
    assert.equal(stdout, 'st');
  });

  test('SIGTERM, SIGINT and SIGHUP end a run in an orderly way: the disk is no longer locked', async () => {
    const disk = file('locked.img', new Uint8Array(512 * 100));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      const child = spawn(process.execPath, [DOPPEL, 'run', '--kernel', spin, '--disk', disk], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      assert.ok(existsSync(`${disk}.lock`), 'while it runs');
      child.kill(signal);
      const status = await new Promise((resolve) => child.on('exit', resolve));
      assert.equal(status, 130, signal);
      assert.ok(!existsSync(`${disk}.lock`), signal);
    }
  });

  test('on Linux a machine runs with one arena of malloc, unless the caller has said how many', {
    skip: process.platform !== 'linux',
  }, async () => {
    const { MALLOC_ARENA_MAX: _, ...environment } = process.env;
    for (const [said, expected] of [
      [{}, '1'],
      [{ MALLOC_ARENA_MAX: '3' }, '3'],
      [{ MALLOC_ARENA_MAX: '' }, ''],
    ] as const) {
      const child = spawn(process.execPath, [DOPPEL, 'run', '--kernel', spin], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...environment, ...said },
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      // Of the process that was started: it is the one that says what the guest says.
      const variables = readFileSync(`/proc/${child.pid}/environ`, 'latin1').split('\0');
      assert.ok(variables.includes(`MALLOC_ARENA_MAX=${expected}`));
      child.kill('SIGTERM');
      await new Promise((resolve) => child.on('exit', resolve));
    }
  });

  test('two deterministic runs have the same counters', () => {
    const counters = () =>
      doppel('run', '--kernel', hello, '--debug-exit-port', '0x501', '--stats', '--deterministic')
        .stderr.split('\n')
        .filter((line) => !/time|clock|resident/.test(line))
        // The column is as wide as its longest number, which may be one of those.
        .map((line) => line.replaceAll(/ +/g, ' '));
    assert.deepEqual(counters(), counters());
  });
});

describe('media', () => {
  /** A boot sector that writes "disk" to the serial port by INT 14h and ends the machine. */
  const sector = new Uint8Array(512);
  sector.set([
    ...[0x31, 0xd2], // xor dx, dx
    ...Array.from('disk', (letter) => [0xb8, letter.charCodeAt(0), 0x01, 0xcd, 0x14]).flat(), // mov ax; int 14h
    ...[0xba, 0x01, 0x05, 0xb8, 0x05, 0x00, 0xef, 0xf4], // mov dx, 501h; mov ax, 5; out; hlt
  ]);
  sector.set([0x55, 0xaa], 510);
  const image = file('image', new Uint8Array(1 << 20));
  writeFileSync(image, sector, { flag: 'r+' });

  test('a disk image boots by its name alone', () => {
    const { status, stdout, stderr } = doppel('run', image, '--debug-exit-port', '0x501', '--memory', '4M');
    assert.equal(status, 11, stderr);
    assert.match(stdout, /disk/);
    assert.match(stderr, /Booting from hard disk 1/);
  });
  test('disk create makes an image that nothing boots from, and leaves files alone', () => {
    const made = doppel('disk', 'create', 'empty.img', '3M');
    assert.deepEqual([made.status, made.stdout], [0, 'empty.img: 3145728 bytes, empty.\n']);
    assert.equal(doppel('disk', 'create', 'empty.img', '3M').status, 1);
    const { status, stderr } = doppel('run', 'empty.img', '--memory', '4M', '--timeout', '2');
    assert.equal(status, 124);
    assert.match(stderr, /no boot sector/);
  });
});
