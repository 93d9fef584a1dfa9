// `doppel ctl` as a user runs it, on a machine of another process: a boot sector that says "up" on the serial line and then
// shows what is typed.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const DOPPEL = join(import.meta.dirname, '../../bin/doppel.js');
const directory = mkdtempSync(join(tmpdir(), 'doppel-ctl-'));
const env = { ...process.env, XDG_RUNTIME_DIR: directory };
const sockets = join(directory, 'doppel');
after(() => rmSync(directory, { recursive: true, force: true }));

const say = (text: string) => [...text].flatMap((letter) => [0xb8, letter.charCodeAt(0), 0x01, 0xcd, 0x14]); // int 14h
const sector = new Uint8Array(512);
sector.set([
  ...[0x31, 0xd2], // xor dx, dx
  ...say('up\n'),
  ...[0xb4, 0x00, 0xcd, 0x16], // 1: mov ah, 0; int 16h
  ...[0x50, 0xb4, 0x0e, 0x31, 0xdb, 0xcd, 0x10, 0x58], // push ax; mov ah, 0eh; xor bx, bx; int 10h; pop ax
  ...[0xb4, 0x01, 0xcd, 0x14], // mov ah, 1; int 14h
  ...[0xeb, 0xee], // jmp 1b
]);
sector.set([0x55, 0xaa], 510);

function file(name: string, size: number, head: Uint8Array = new Uint8Array(0)): string {
  const bytes = new Uint8Array(size);
  bytes.set(head);
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
const doppel = (...words: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, [DOPPEL, ...words], { env, timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
/** A command that must succeed; what it printed. */
async function ctl(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await doppel('ctl', ...words);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  return stdout;
}
/** A command that must fail with one line; the line. */
async function refused(...words: string[]): Promise<string> {
  const { status, stderr } = await doppel('ctl', ...words);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^doppel: [^\n]+\n$/);
  return stderr;
}

function run(name: string, ...words: string[]): ChildProcess {
  const disk = file(`${name}.img`, 1 << 20, sector);
  return spawn(process.execPath, [DOPPEL, 'run', disk, '--memory', '4M', '--timeout', '600', ...words], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
const exit = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));
/** Resolved once the machine's socket takes connections. */
async function reachable(name: string): Promise<void> {
  for (;;) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(join(sockets, `${name}.sock`));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('a machine that runs', () => {
  let machine: ChildProcess;
  const first = file('first.iso', 65_536);
  const second = file('second.iso', 131_072);
  const diskette = file('diskette.img', 1_474_560);
  const serial = join(directory, 'serial');

  before(async () => {
    machine = run(
      'm',
      ...[
        '--name',
        'm',
        '--display',
        'vnc=0',
        '--cdrom',
        first,
        '--floppy',
        diskette,
        '--floppy',
        'none',
        '--boot',
        'disk',
      ],
      ...['--serial', `file:${serial}`, '--serial', `file:${serial}-2`],
    );
    await reachable('m');
  });
  after(() => machine.kill());

  test('is listed, and says what it is', async () => {
    assert.match(
      await ctl(),
      /^m +running {2}4 MiB {2}process \d+ {2}cdrom .*first\.iso {2}floppy0 .*diskette\.img\n$/m,
    );
    assert.equal(statSync(join(sockets, 'm.sock')).mode & 0o777, 0o600);
    assert.equal(statSync(sockets).mode & 0o777, 0o700);
    const status = JSON.parse(await ctl('m', 'status', '--json')) as Record<string, unknown>;
    assert.equal(status.name, 'm');
    assert.equal(status.serialLines, 2);
    assert.deepEqual(status.drives, [
      { drive: 'cdrom', medium: first, readOnly: true, trayOpen: false },
      { drive: 'floppy0', medium: diskette, readOnly: false, trayOpen: false },
      { drive: 'floppy1', medium: null, readOnly: false, trayOpen: false },
    ]);
    assert.match(await ctl('m', 'status'), /^state +running$/m);
  });

  test('takes text and keys, shows them, and is waited for', async () => {
    await ctl('m', 'wait', '--serial', 'up');
    await ctl('m', 'type', 'Hello, ctl', '--enter');
    await ctl('m', 'wait', 'Hello, ctl');
    await ctl('m', 'wait', '--serial', 'H.*l\\r', '--regex');
    assert.match(await ctl('m', 'text'), /^Hello, ctl$/m);
    await ctl('m', 'key', 'shift-a', 'b');
    await ctl('m', 'wait', '^Abllo, ctl$', '--regex');
    await ctl('m', 'hold', 'shift');
    await ctl('m', 'type', 'a');
    await ctl('m', 'hold');
    await ctl('m', 'type', '--', '-a');
    await ctl('m', 'wait', '^AbA-a, ctl$', '--regex');
    const { status, stderr } = await doppel('ctl', 'm', 'wait', 'never', '--timeout', '0.2');
    assert.equal(status, 124);
    assert.match(stderr, /'never' did not come within 0.2 seconds. The screen says:\n(.|\n)*AbA-a/);
  });

  test('gives its picture', async () => {
    const picture = join(directory, 'screen.png');
    await ctl('m', 'screenshot', picture);
    const bytes = readFileSync(picture);
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [720, 400]);
  });

  test('has its media changed, and files let go of', async () => {
    assert.ok(existsSync(`${diskette}.lock`));
    await ctl('m', 'eject', 'floppy');
    assert.ok(!existsSync(`${diskette}.lock`));
    assert.match(await refused('m', 'eject', 'floppy'), /no medium/);
    await ctl('m', 'insert', 'floppy', diskette, '--read-only');
    await ctl('m', 'insert', 'cdrom', second);
    const status = await ctl('m', 'status');
    assert.match(status, /^cdrom +.*second\.iso, read-only$/m);
    assert.match(status, /^floppy0 +.*diskette\.img, read-only$/m);
    assert.match(await refused('m', 'insert', 'cdrom', join(directory, 'none')), /there is no such file/);
    assert.match(await refused('m', 'insert', 'cdrom', file('short', 512)), /too short/);
    assert.match(
      await refused('m', 'insert', 'cdrom', file('q', 512, new TextEncoder().encode('QFI\xfb'))),
      /short|QCOW/,
    );
    assert.match(await refused('m', 'eject', 'floppy1'), /no medium in floppy1/);
    assert.match(await ctl('m', 'status'), /second\.iso/);
  });

  test('is paused, resumed and reset, and tells that', async () => {
    const listener = connect(join(sockets, 'm.sock'));
    let said = '';
    listener.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    await ctl('m', 'pause');
    assert.match(await ctl('m', 'status'), /^state +paused$/m);
    await ctl('m', 'resume');
    await ctl('m', 'reset');
    await ctl('m', 'wait', '--serial', 'up');
    listener.destroy();
    assert.match(said, /^\{"event":"hello","protocol":1,.*"name":"m"/);
    assert.match(said, /\{"event":"paused"\}\n\{"event":"resumed"\}\n\{"event":"restarted"\}\n/);
  });

  test('answers mistakes on its socket, and goes on', async () => {
    const socket = connect(join(sockets, 'm.sock'));
    const lines: string[] = [];
    let rest = '';
    const got = (count: number) =>
      new Promise<void>((resolve) => {
        socket.on('data', (piece: Buffer) => {
          const parts = (rest + piece.toString()).split('\n');
          rest = parts.pop()!;
          lines.push(...parts);
          if (lines.length >= count) resolve();
        });
      });
    socket.write(
      'nonsense\n{"id":1,"action":"fly"}\n{"id":"x","action":"key"}\n[]\n{"id":2,"action":"status"}\n',
    );
    await got(6);
    socket.destroy();
    const answers = lines
      .slice(1)
      .map((line) => JSON.parse(line) as { id: unknown; error?: { code: string } });
    assert.deepEqual(
      answers.map(({ id, error }) => [id, error?.code]),
      [
        [null, 'bad-request'],
        [1, 'unknown-action'],
        ['x', 'bad-request'],
        [null, 'bad-request'],
        [2, undefined],
      ],
    );
  });

  test('has the mouse moved and clicked', async () => {
    await ctl('m', 'pointer', 'move', '-5', '7');
    await ctl('m', 'pointer', 'click', 'right', '2');
    await ctl('m', 'pointer', 'wheel', '-1');
    assert.match(await refused('m', 'pointer', 'to', '1', '1'), /takes no places/);
    assert.match(await refused('m', 'pointer', 'click', 'upper'), /no button/);
  });

  test('keeps its name to itself, and ends', async () => {
    const other = await doppel('run', file('other.img', 512), '--name', 'm', '--memory', '4M');
    assert.equal(other.status, 1);
    assert.match(other.stderr, /A machine named 'm' runs already/);
    const ended = exit(machine);
    await ctl('m', 'stop');
    assert.equal(await ended, 0);
    assert.ok(!existsSync(join(sockets, 'm.sock')));
    assert.match(await refused('m', 'status'), /No machine named 'm' runs/);
    assert.equal(await ctl(), 'No machine runs.\n');
  });
});

test('the socket of a process that has died is no obstacle, and is removed', async (t) => {
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  const stale = async (name: string) => {
    const script = `require('net').createServer().listen(${JSON.stringify(join(sockets, `${name}.sock`))},()=>process.kill(process.pid,'SIGKILL'))`;
    await exit(spawn(process.execPath, ['-e', script], { stdio: 'ignore' }));
    assert.ok(existsSync(join(sockets, `${name}.sock`)));
  };
  await stale('dead');
  await stale('reborn');
  const machine = run('reborn', '--name', 'reborn');
  t.after(() => machine.kill());
  await reachable('reborn');
  assert.match(await ctl(), /^reborn +running/);
  assert.ok(!existsSync(join(sockets, 'dead.sock')));
});

test('mistakes are one line each', async () => {
  assert.match(await refused('nobody', 'status'), /No machine named 'nobody' runs/);
  assert.match(await refused('../etc', 'status'), /cannot be a machine's name/);
  assert.match(await refused('m', 'dance'), /no command 'dance'/);
  assert.match(await refused('m', 'eject', 'tape'), /no drive 'tape'/);
  assert.match(await refused('m', 'wait', 'x', '--timeout', 'soon'), /not a number/);
  assert.match(await refused('m', 'wait', 'x', '--timeout', '-3'), /--timeout -3 is not a number/);
  assert.match(await refused('m', 'wait', ''), /wait needs a text/);
  assert.match(await refused('m', 'type', '-a'), /write -- before/);
  assert.match(await refused('m', 'insert', 'cdrom'), /insert DRIVE FILE/);
  assert.match(await refused('m'), /What shall be done/);
});

test("a folder that others may look into becomes this user's own, and a file in its place is refused", async () => {
  chmodSync(sockets, 0o755);
  await ctl();
  assert.equal(statSync(sockets).mode & 0o777, 0o700);
  const place = join(directory, 'elsewhere');
  mkdirSync(place);
  writeFileSync(join(place, 'doppel'), '');
  const outcome = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [DOPPEL, 'ctl'],
      { env: { ...env, XDG_RUNTIME_DIR: place } },
      (_error, _out, err) => resolve(err),
    );
  });
  assert.match(outcome, /^doppel: [^\n]+ is there already\.\n$/);
});
