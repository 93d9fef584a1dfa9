// What a user does with the `doppel` command: an empty disk, an installation CD, and the installed system, in the terminal.
// And what a user fears: the doppel process is killed while the guest writes; what the guest had flushed is there.
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { PROMPT } from '../guest/session.ts';
import { checkPartition } from './host-tools.ts';
import { buildInstallationCd, INSTALLER_PACKAGES } from './installer.ts';
import { CD_TOOLS, missing } from './packages.ts';

const DOPPEL = join(import.meta.dirname, '../../bin/doppel.js');
/** Seconds: generous, since the host may be shared. */
const INSTALL_SECONDS = 900;
const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;
const MIB = 2 ** 20;
/** Names the disk that has no partition: Linux numbers disks as they turn up. */
const SECOND_DISK = 'cd /sys/block; for d in sd?; do [ -e $d/$d"1" ] || echo $d; done; cd /';

/** A doppel process with the guest's serial line on its pipes. */
class Doppel {
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcessWithoutNullStreams;
  #output = '';
  #seen = 0;

  constructor(t: TestContext, words: readonly string[]) {
    const child = spawn(process.execPath, [DOPPEL, ...words]);
    this.#process = child;
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('latin1').on('data', (text: string) => {
        this.#output += text;
      });
    }
    t.after(() => this.kill());
  }

  /** What comes after the last thing waited for, up to the end of what matches. */
  async waitFor(pattern: RegExp, seconds: number): Promise<string> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const rest = this.#output.slice(this.#seen);
      const match = pattern.exec(rest);
      if (match) {
        this.#seen += match.index + match[0].length;
        return rest.slice(0, match.index + match[0].length);
      }
      const over = performance.now() >= end ? 'in time' : this.#process.exitCode !== null ? 'to the end' : '';
      if (over !== '') {
        assert.fail(`${pattern} did not appear ${over}. The last words:\n${this.#output.slice(-1500)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  type(text: string): void {
    this.#process.stdin.write(text.replaceAll('\n', '\r'));
  }

  /** Runs a command at the prompt; throws unless its status is 0. */
  async command(line: string): Promise<string> {
    this.type(`${line}; echo status=$?\n`);
    await this.waitFor(/status=\$\?\r?\n/, COMMAND_SECONDS);
    const output = await this.waitFor(/status=\d+\r?\n/, COMMAND_SECONDS);
    assert.match(output, /status=0\r?\n$/, line);
    await this.waitFor(PROMPT, COMMAND_SECONDS);
    return output;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

describe('doppel run', { skip: missing(INSTALLER_PACKAGES, CD_TOOLS) }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'doppel-command-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const cd = join(folder, 'install.iso');
  const disk = join(folder, 'disk.img');
  const second = join(folder, 'second.img');
  before(async () => writeFileSync(cd, await buildInstallationCd()));

  test('an installation, as README shows it', async (t) => {
    for (const [image, size] of [
      [disk, '256M'],
      [second, '64M'],
    ] as const) {
      const made = spawnSync(process.execPath, [DOPPEL, 'disk', 'create', image, size], { encoding: 'utf8' });
      assert.equal(made.status, 0, made.stderr);
    }
    const doppel = new Doppel(t, ['run', '--cdrom', cd, '--disk', disk, '--boot', 'disk,cdrom']);
    await doppel.waitFor(/Booting from the CD-ROM drive/, BOOT_SECONDS);
    await doppel.waitFor(/installer: done, restarting/, INSTALL_SECONDS);
    await doppel.waitFor(/Booting from hard disk 1/, BOOT_SECONDS);
    await doppel.waitFor(/up from the disk: .*start 1\r?\n/, BOOT_SECONDS);
    await doppel.waitFor(PROMPT, BOOT_SECONDS);
    doppel.type('poweroff\n');
    assert.equal(await doppel.ended, 0);
    checkPartition(disk, MIB);
  });

  test('the process is killed: what was flushed is there', async (t) => {
    const doppel = new Doppel(t, ['run', disk, '--disk', second]);
    await doppel.waitFor(PROMPT, BOOT_SECONDS);
    // A file, and sectors of a disk without a file system; more is being written when the end comes.
    await doppel.command('seq 1 200000 > /root/numbers; md5sum /root/numbers > /root/sum; sync');
    const { name } = /^(?<name>sd.)\s/m.exec(await doppel.command(SECOND_DISK))!.groups!;
    await doppel.command(`yes flushed | dd of=/dev/${name} bs=1M count=8 iflag=fullblock conv=fsync`);
    doppel.type('while true; do dd if=/dev/zero of=/root/more bs=64k count=200; done\n');
    await doppel.waitFor(/records out/, COMMAND_SECONDS);
    doppel.kill();
    await doppel.ended;

    const bytes = Buffer.alloc(8 * MIB);
    const file = openSync(second, 'r');
    readSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
    assert.equal(bytes.toString('latin1'), 'flushed\n'.repeat(MIB));

    // The guest's journal is replayed by whoever mounts the file system next: the guest itself.
    const again = new Doppel(t, ['run', disk]);
    await again.waitFor(/up from the disk: .*start 3\r?\n/, BOOT_SECONDS);
    await again.waitFor(PROMPT, BOOT_SECONDS);
    assert.match(await again.command('md5sum -c /root/sum'), /numbers: OK/);
    again.type('poweroff\n');
    assert.equal(await again.ended, 0);
    checkPartition(disk, MIB);
  });
});
