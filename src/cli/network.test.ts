import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork } from './network.ts';

test('--net: keys and values, with a sentence for each mistake', () => {
  assert.deepEqual(parseNetwork('model=ne2k_isa,backend=loopback,mac=52:54:00:12:34:56,pcap=a=b.pcap'), {
    model: 'ne2k_isa',
    mac: [0x52, 0x54, 0, 0x12, 0x34, 0x56],
    backend: 'loopback',
    pcap: 'a=b.pcap',
  });
  assert.equal(parseNetwork('backend=none').model, 'e1000');
  for (const [text, complaint] of [
    ['model=wifi', /model wifi is unknown/],
    ['backend=moon', /backend moon is unknown/],
    ['mac=1:2', /is no address/],
    ['loopback', /with commas/],
    ['', /with commas/],
  ] as const) {
    assert.throws(() => parseNetwork(text), complaint);
  }
});
