// Linux's own drivers (ne2k-pci, e1000) on the machine's network cards: a peer at the other end of the cable answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPeer } from '../../src/backend/net/testing.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import type { NetworkModel } from '../../src/machine/pc/network.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;

async function pings(model: NetworkModel, driver: string): Promise<void> {
  const modules = await fetchKernelModules('amd64', [driver]);
  const peer = testPeer([2, 0, 0, 0, 0, 9], [10, 0, 2, 2]);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    network: [{ model, backend: peer.network, mac: [0x52, 0x54, 0, 1, 2, 3] }],
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
}

test('Linux pings through an RTL8029', { skip: noGuests() }, () => pings('ne2k_pci', 'ne2k_pci'));
test('Linux pings through an 82540EM', { skip: noGuests() }, () => pings('e1000', 'e1000'));
