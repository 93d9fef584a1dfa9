// Linux's own driver (ne2k-pci) on the machine's network card: a peer at the other end of the cable answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPeer } from '../../src/backend/net/testing.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;

test('Linux pings through an RTL8029', { skip: noGuests() }, async () => {
  const modules = await fetchKernelModules('amd64', ['ne2k_pci']);
  const peer = testPeer([2, 0, 0, 0, 0, 9], [10, 0, 2, 2]);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    network: [{ model: 'ne2k_pci', backend: peer.network, mac: [0x52, 0x54, 0, 1, 2, 3] }],
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = async (command: string): Promise<string> => {
      const answer = await guest.command(command, COMMAND_SECONDS);
      assert.equal(answer.status, 0, `${command}: ${answer.output}`);
      return answer.output;
    };
    assert.doesNotMatch(await run(modules.load), /fails/);
    assert.match(await run('cat /sys/class/net/eth0/address'), /52:54:00:01:02:03/);
    await run('ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up');
    // Unfragmented and large: several pages of the card's ring each.
    assert.match(await run('ping -c 3 -s 1400 -W 60 10.0.2.2'), /3 packets received/);
    assert.deepEqual(peer.log.slice(0, 2), ['arp', 'echo 1400']);
    assert.ok(!peer.log.includes('wrong checksum'));
  } finally {
    await guest.stop();
  }
});
