// Two Linux machines, three cables between them: files go over TCP in both directions, through Debian's drivers for an
// 82540EM (with segmentation by the card), an RTL8029 and an NE2000 on the ISA bus. One cable's frames are captured, and
// tcpdump finds every checksum right.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { networkCable } from '../../src/backend/net/cable.ts';
import { E1000 } from '../../src/devices/net/e1000.ts';
import { SEGMENTATIONS } from '../../src/devices/net/e1000-statistics.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { capturePcapFile } from '../../src/host/node/pcap-file.ts';
import { ISA_NETWORK } from '../../src/machine/pc/network.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from '../guest/session.ts';
import { tcpdumpLines } from './host-tools.ts';

/** Seconds: generous, since the host may be shared. */
const BOOT_SECONDS = 400;
const COMMAND_SECONDS = 300;
const KIB = 2048;
const MODELS = ['e1000', 'ne2k_pci', 'ne2k_isa'] as const;

test('files between two machines over three pairs of cards', { skip: noGuests() }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'doppel-cable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'cable.pcap');
  const cables = MODELS.map(() => networkCable());
  const capture = capturePcapFile({ path, network: cables[0]!.ends[0], report: assert.fail });
  const engine = (wires: ConstructorParameters<typeof JitVcpu>[0]) => new JitVcpu(wires);

  const boot = async (kernel: 'amd64' | '686', drivers: readonly string[], side: 0 | 1) => {
    const modules = await fetchKernelModules(kernel, drivers);
    const guest = await GuestSession.boot({
      kernel,
      files: modules.files,
      engine,
      memory: 128,
      network: cables.map(({ ends }, i) => ({
        model: side === 0 ? 'e1000' : MODELS[i]!,
        backend: side === 0 && i === 0 ? capture.network : ends[side],
      })),
    });
    t.after(() => guest.stop());
    return { guest, load: modules.load, side };
  };
  const near = await boot('amd64', ['e1000'], 0);
  const far = await boot('686', ['e1000', 'ne2k_pci', 'ne'], 1);
  type Side = typeof near;
  const run = async ({ guest }: Side, command: string): Promise<string> => {
    const { status, output } = await guest.command(command, COMMAND_SECONDS);
    assert.equal(status, 0, `${command}: ${output}`);
    return output;
  };
  const address = (side: Side, cable: number) => `10.0.${cable}.${side.side + 1}`;

  await Promise.all([near, far].map(({ guest }) => guest.waitFor(PROMPT, BOOT_SECONDS)));
  // An ISA card is not found, but told.
  const told = `$(test $m = ne && echo io=${ISA_NETWORK.port} irq=${ISA_NETWORK.irq})`;
  for (const side of [near, far]) {
    assert.doesNotMatch(await run(side, side.load.replace('$m.ko', `$m.ko ${told}`)), /fails/);
    for (const i of MODELS.keys()) await run(side, `ifconfig eth${i} ${address(side, i)} up`);
    await run(side, `dd if=/dev/urandom of=/data bs=1k count=${KIB} && httpd -h /`);
  }
  const drivers = await run(far, 'for i in 0 1 2; do readlink /sys/class/net/eth$i/device/driver; done');
  assert.deepEqual(drivers.match(/[^/\s]+$/gm), ['e1000', 'ne2k-pci', 'ne']);

  const sum = (output: string) => /[0-9a-f]{64}/.exec(output)?.[0];
  // The driver clears the count now and then.
  let divided = 0;
  const look = setInterval(() => {
    const card = near.guest.machine.board.chips.get('net0');
    if (card instanceof E1000) divided = Math.max(divided, card.state.statistics[SEGMENTATIONS] ?? 0);
  }, 50);
  t.after(() => clearInterval(look));
  const sums = new Map<Side, string | undefined>();
  for (const side of [near, far]) sums.set(side, sum(await run(side, 'sha256sum /data')));
  for (const i of MODELS.keys()) {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const got = await run(to, `wget -q -O /got http://${address(from, i)}/data && sha256sum /got`);
      assert.equal(sum(got), sums.get(from), `${MODELS[i]}, side ${from.side} sends`);
    }
  }

  assert.ok(divided > 0, 'the card divides packets');
  capture.close();
  const lines = tcpdumpLines(path);
  if (lines === undefined) return;
  const segments = lines.filter((line) => line.includes('proto TCP'));
  assert.ok(segments.length > (2 * KIB) / 1.448, `${segments.length} segments`);
  for (const line of segments) {
    assert.match(line, /cksum 0x[0-9a-f]+ \(correct\)/);
    assert.doesNotMatch(line, /bad cksum/);
    assert.ok(Number(/length (\d+)\)/.exec(line)?.[1]) <= 1500, line);
  }
});
