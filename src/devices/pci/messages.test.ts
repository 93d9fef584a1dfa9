// MSI and MSI-X of a function, driven as drivers do, with local APICs at the other end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { isPlainMemory } from '../../memory/plain-memory.ts';
import { ApicBus } from '../intc/apic-bus.ts';
import { LocalApic } from '../intc/local-apic.ts';
import { messageWires } from '../intc/wires.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { placeCapabilities } from './capabilities.ts';
import { PciEndpoint, type PciEndpointOptions } from './endpoint.ts';

const MSI = 0x05;
const MSIX = 0x11;
const MASTER = 4;
const MEMORY = 2;
const BAR = 0xe000_0000;

function build(options: Partial<PciEndpointOptions>, processors = 1) {
  const memory = new GuestMemory(1 << 20);
  const bus = new ApicBus();
  const apics = Array.from({ length: processors }, (_, id) => {
    const apic = new LocalApic({
      id,
      bus,
      clock: new FakeClock(),
      processor: {
        interruptRequest() {},
        nonMaskableInterrupt() {},
        systemManagementInterrupt() {},
        init() {},
        startup() {},
      },
      acknowledgeExternal: () => 0,
    });
    apic.regions[0]!.write(0xf0, 4, 0x1ff);
    apic.regions[0]!.write(0xd0, 4, 1 << (24 + id)); // logical destination
    return apic;
  });
  const pin = new LineProbe();
  const endpoint = new PciEndpoint({
    name: 'card',
    header: { vendor: 0x1234, device: 0x5678, revision: 0, classCode: 0x010802, interruptPin: 1 },
    spaces: {
      ports: () => () => {},
      memory: (start, size, shows) => {
        assert.ok(!isPlainMemory(shows));
        return memory.overlay(start, size, shows);
      },
    },
    pin,
    messages: messageWires(bus, memory),
    ...options,
  });
  endpoint.writeConfig(0x04, 2, MASTER | MEMORY);
  /** Where a capability stands, found as drivers find it. */
  const capability = (id: number): number => {
    assert.equal(endpoint.readConfig(0x06, 2) & 0x10, 0x10);
    let at = endpoint.readConfig(0x34, 1);
    while (at !== 0 && endpoint.readConfig(at, 1) !== id) at = endpoint.readConfig(at + 1, 1);
    assert.notEqual(at, 0, `capability ${id}`);
    return at;
  };
  /** Vectors that have arrived at a processor since this was asked last. */
  const taken = (processor = 0): number[] => {
    const vectors: number[] = [];
    const apic = apics[processor]!;
    while (apic.interruptPending) {
      vectors.push(apic.acknowledge());
      apic.endOfInterrupt();
    }
    return vectors;
  };
  return { endpoint, memory, pin, capability, taken, apics };
}

test('capabilities form a list; without any the header says so', () => {
  const plain = build({});
  assert.equal(plain.endpoint.readConfig(0x06, 2) & 0x10, 0);
  assert.equal(plain.endpoint.readConfig(0x34, 1), 0);
  const vendor = { name: 'Vendor', id: 0x09, size: 6, registers: [] };
  const p = build({ msi: { at: 0x80 }, msix: { vectors: 3, bar: 1 }, capabilities: [vendor] });
  assert.equal(p.endpoint.readConfig(0x34, 1), 0x80);
  assert.deepEqual([p.capability(MSI), p.capability(MSIX), p.capability(9)], [0x80, 0x90, 0x9c]);
  assert.throws(() => placeCapabilities([vendor, { ...vendor, at: 0x44 }]), RangeError);
  assert.throws(() => placeCapabilities([{ ...vendor, at: 0xfc }]), RangeError);
});

test('MSI: the line becomes a message for each rise, and the pin is silent', () => {
  const { endpoint, capability, taken, pin } = build({ msi: { wide: false } });
  const at = capability(MSI);
  assert.equal(endpoint.readConfig(at + 2, 2), 0);
  endpoint.interrupt.set(true);
  assert.equal(pin.level, true);
  endpoint.writeConfig(at + 4, 4, 0xfee0_0000);
  endpoint.writeConfig(at + 8, 2, 0x0041);
  endpoint.writeConfig(at + 2, 2, 1);
  assert.equal(endpoint.interruptMode, 'msi');
  assert.equal(pin.level, false);
  assert.deepEqual(taken(), []);
  for (let i = 0; i < 3; i++) {
    endpoint.interrupt.set(false);
    endpoint.interrupt.set(true);
    endpoint.interrupt.set(true);
    assert.deepEqual(taken(), [0x41]);
  }
  assert.equal(pin.level, false);
  // A write to memory like any other: none by a function that may not write.
  endpoint.writeConfig(0x04, 2, MEMORY);
  endpoint.interrupt.set(false);
  endpoint.interrupt.set(true);
  assert.deepEqual(taken(), []);
  endpoint.writeConfig(at + 2, 2, 0);
  assert.equal(pin.level, true);
});

test('MSI of several vectors: the number is in the low bits of the data, up to what was allotted', () => {
  const { endpoint, capability, taken } = build({ msi: { vectors: 8, maskable: true } });
  const at = capability(MSI);
  assert.equal(endpoint.readConfig(at + 2, 2), 0x0186);
  endpoint.writeConfig(at + 4, 4, 0xfee0_0000);
  endpoint.writeConfig(at + 12, 2, 0x0048);
  endpoint.writeConfig(at + 2, 2, 0x0021); // four
  assert.equal(endpoint.vectors, 4);
  endpoint.message(0);
  endpoint.message(3);
  assert.deepEqual(taken(), [0x4b, 0x48]);
  endpoint.message(6);
  assert.deepEqual(taken(), [0x4a]);
  // Masked: pending until the mask goes; what was withdrawn is not sent.
  endpoint.writeConfig(at + 0x10, 4, 0xffff_ffff);
  assert.equal(endpoint.readConfig(at + 0x10, 4), 0xff);
  endpoint.message(1);
  endpoint.message(2);
  endpoint.message(2);
  assert.deepEqual(taken(), []);
  assert.equal(endpoint.readConfig(at + 0x14, 4), 0x06);
  endpoint.withdraw(1);
  endpoint.writeConfig(at + 0x10, 4, 0);
  assert.deepEqual(taken(), [0x4a]);
  assert.equal(endpoint.readConfig(at + 0x14, 4), 0);
});

test('MSI-X: entries, masks and pending bits in the BAR', () => {
  const { endpoint, capability, taken, memory, pin } = build({ msix: { vectors: 4, bar: 2 } });
  const at = capability(MSIX);
  assert.equal(endpoint.readConfig(at + 2, 2), 3);
  assert.equal(endpoint.readConfig(at + 4, 4), 2);
  const pending = endpoint.readConfig(at + 8, 4);
  assert.equal(pending & 7, 2);
  endpoint.writeConfig(0x18, 4, BAR);
  const entry = (vector: number, field: number) => BAR + 16 * vector + 4 * field;
  const pendingBits = () => memory.mmioRead(BAR + (pending & ~7), 4);
  for (let vector = 0; vector < 4; vector++) {
    assert.equal(memory.mmioRead(entry(vector, 3), 4), 1, 'masked after reset');
    memory.mmioWrite(entry(vector, 0), 4, 0xfee0_0000);
    memory.mmioWrite(entry(vector, 2), 4, 0x50 + vector);
  }
  endpoint.message(0);
  assert.equal(pendingBits(), 0, 'nothing while it is switched off');
  endpoint.writeConfig(at + 2, 2, 0xc000);
  assert.equal(endpoint.interruptMode, 'msi-x');
  assert.equal(endpoint.vectors, 4);
  memory.mmioWrite(entry(1, 3), 4, 0);
  endpoint.message(1);
  endpoint.message(2);
  endpoint.message(7);
  assert.equal(pendingBits(), 6);
  endpoint.writeConfig(at + 2, 2, 0x8000);
  assert.deepEqual(taken(), [0x51]);
  assert.equal(pendingBits(), 4);
  memory.mmioWrite(BAR + (pending & ~7), 4, 0xffff_ffff);
  assert.equal(pendingBits(), 4, 'read-only');
  memory.mmioWrite(entry(2, 3), 4, 0xffff_fffe);
  assert.deepEqual(taken(), [0x52]);
  assert.equal(memory.mmioRead(entry(2, 3), 4), 0);
  endpoint.interrupt.set(true);
  assert.equal(pin.level, false);
  assert.deepEqual(taken(), []);
  endpoint.message(3);
  endpoint.withdraw(3);
  memory.mmioWrite(entry(3, 3), 4, 0);
  assert.deepEqual(taken(), []);
  // A byte of an entry, and nothing behind the last one.
  memory.mmioWrite(entry(1, 2), 1, 0x99);
  endpoint.message(1);
  assert.deepEqual(taken(), [0x99]);
  assert.equal(memory.mmioRead(entry(4, 2), 4), 0);
  endpoint.reset();
  assert.equal(endpoint.interruptMode, 'pin');
  assert.equal(endpoint.regions[0]!.read(12, 4), 1);
});

test('what is pending is restored, and goes out of the copy when it may', () => {
  const options = { msix: { vectors: 2, bar: 0 } };
  const one = build(options);
  const at = one.capability(MSIX);
  const table = one.endpoint.regions[0]!;
  table.write(0, 4, 0xfee0_0000);
  table.write(8, 4, 0x61);
  one.endpoint.writeConfig(at + 2, 2, 0x8000);
  one.endpoint.message(0);
  const two = build(options);
  two.endpoint.restore(one.endpoint.save());
  assert.deepEqual(two.taken(), []);
  two.endpoint.regions[0]!.write(12, 4, 0);
  assert.deepEqual(two.taken(), [0x61]);
});

test('a message elsewhere is a write to memory', () => {
  const { endpoint, capability, memory } = build({ msi: {} });
  const at = capability(MSI);
  endpoint.writeConfig(at + 4, 4, 0x5003);
  endpoint.writeConfig(at + 12, 2, 0xabcd);
  endpoint.writeConfig(at + 2, 2, 1);
  memory.write(0x5000, Uint8Array.of(9, 9, 9, 9));
  endpoint.message(0);
  assert.equal(memory.read16(0x5000), 0xabcd);
  assert.equal(memory.read16(0x5002), 0);
  // Beyond 4 GiB, where nothing is.
  endpoint.writeConfig(at + 8, 4, 0xffff_ffff);
  endpoint.message(0);
});

test('destinations: one processor, all, and the one of the lowest priority', () => {
  const p = build({ msi: {} }, 3);
  const at = p.capability(MSI);
  const send = (address: number, data: number): number[][] => {
    p.endpoint.writeConfig(at + 2, 2, 0);
    p.endpoint.writeConfig(at + 4, 4, address);
    p.endpoint.writeConfig(at + 12, 2, data);
    p.endpoint.writeConfig(at + 2, 2, 1);
    p.endpoint.message(0);
    return [0, 1, 2].map((processor) => p.taken(processor));
  };
  assert.deepEqual(send(0xfee0_2000, 0x41), [[], [], [0x41]]);
  assert.deepEqual(send(0xfeef_f000, 0x42), [[0x42], [0x42], [0x42]]);
  assert.deepEqual(send(0xfee0_6004, 0x43), [[], [0x43], [0x43]]); // logical
  p.apics[1]!.taskPriority = 0x20;
  p.apics[0]!.taskPriority = 0x10;
  assert.deepEqual(send(0xfee0_700c, 0x44), [[], [], [0x44]]); // logical, with the hint
  assert.deepEqual(send(0xfee0_3004, 0x0145), [[0x45], [], []]); // lowest priority
  assert.deepEqual(send(0xfee0_0000, 0xc046), [[0x46], [], []]); // level, asserted
  assert.deepEqual(send(0xfee0_0000, 0x8047), [[], [], []]); // level, deasserted
  assert.deepEqual(send(0xfee0_0000, 0x0348), [[], [], []]); // reserved delivery mode
});
