// Every service of the BIOS with any registers, in every kind of video mode: an answer, never an exception, in bounded time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageDisk } from '../../backend/block/memory-disk.ts';
import { NoneVcpu } from '../../engine/none/none-vcpu.ts';
import { PCI_SERVICE_PORT, SERVICE_PORT, SERVICE_POST } from '../../firmware/bios/layout.ts';
import { nodeHost } from '../../host/node/platform.ts';
import * as L from '../../x86/state/layout.ts';
import { Machine } from '../vm/machine.ts';

const STACK = 0x9000;
const CALLS = 6000;
/** Video modes that the calls between are made in; those from 100h on are VBE's. */
const MODES = [0x03, 0x07, 0x06, 0x10, 0x13, 0x101, 0x118, 0x143];
const SERVICES = [
  0x08, 0x09, 0x10, 0x10, 0x10, 0x11, 0x12, 0x13, 0x13, 0x14, 0x15, 0x15, 0x16, 0x17, 0x1a, 0x70, 0x74,
];

/** xorshift32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

test('any call is answered', () => {
  const machine = new Machine({
    memory: 4 << 20,
    boot: { media: ['cdrom', 'disk', 'floppy'] },
    display: {},
    storage: {
      disks: [imageDisk(new Uint8Array(1 << 20))],
      cdrom: imageDisk(new Uint8Array(1 << 20), { readOnly: true }),
      floppies: [imageDisk(new Uint8Array(1440 * 1024))],
    },
    serial: { write() {} },
    printer: { write() {} },
    engine: () => new NoneVcpu(),
    host: nodeHost(),
  });
  const { board, memory, vcpu } = machine;
  const { state } = vcpu;
  const call = (service: number, registers: readonly number[] = []): void => {
    for (let i = 0; i < 8; i++) state.setGpr32(i, (registers[i] ?? 0) >>> 0);
    state.setGpr32(L.RSP, STACK);
    memory.write16(STACK, service);
    for (let i = 2; i <= 8; i += 2) memory.write16(STACK + i, 0x1000);
    board.portWrite(SERVICE_PORT, 1, 0);
  };
  for (const segment of state.segments) segment.base = 0;
  call(SERVICE_POST);
  const next = random(0x1234_5679);
  /** A register: often small, or a number that some service knows. */
  const value = () => {
    const r = next();
    return [r, r & 0xff, r & 0xffff, (r & 0xff) << 8, 0x80, 0xe0, 1, 0][next() & 7]!;
  };
  const worst = { time: 0, call: '' };
  for (let i = 0; i < CALLS; i++) {
    if (i % 200 === 0) {
      const mode = MODES[(i / 200) % MODES.length]!;
      if (mode < 0x100) call(0x10, [mode]);
      else call(0x10, [0x4f02, 0, 0, 0x4000 | mode]);
    }
    const service = SERVICES[next() % SERVICES.length]!;
    const registers = Array.from({ length: 8 }, value);
    if ((next() & 1) === 0) registers[0] = next() & 0x1fff;
    for (const segment of [L.ES, L.DS]) state.segments[segment]!.base = (next() & 0xffff) * 16;
    const start = performance.now();
    call(service, registers);
    const time = performance.now() - start;
    if (time > worst.time) {
      worst.time = time;
      worst.call = `INT ${service.toString(16)} ${registers.map((r) => r.toString(16)).join(' ')}`;
    }
    if (i % 16 === 0) board.portWrite(PCI_SERVICE_PORT, 1, 0);
  }
  // A few of the host's scheduler's milliseconds are allowed for, a hang is not.
  assert.ok(worst.time < 20_000, `${worst.call} took ${worst.time} ms`);
  machine.close();
});

test('the longest strings and scrolls of the largest mode end', () => {
  const machine = new Machine({
    memory: 4 << 20,
    boot: { media: ['disk'] },
    display: {},
    serial: { write() {} },
    engine: () => new NoneVcpu(),
    host: nodeHost(),
  });
  const { board, memory, vcpu } = machine;
  const call = (registers: readonly number[]): number => {
    for (let i = 0; i < 8; i++) vcpu.state.setGpr32(i, registers[i] ?? 0);
    vcpu.state.setGpr32(L.RSP, STACK);
    memory.write16(STACK, 0x10);
    const start = performance.now();
    board.portWrite(SERVICE_PORT, 1, 0);
    return performance.now() - start;
  };
  for (const segment of vcpu.state.segments) segment.base = 0;
  memory.write16(STACK, SERVICE_POST);
  vcpu.state.setGpr32(L.RSP, STACK);
  board.portWrite(SERVICE_PORT, 1, 0);
  call([0x4f02, 0, 0, 0x4000 | 0x197]); // 1920 x 1200, 32 bits
  vcpu.state.segments[L.ES]!.base = 0x2_0000;
  memory.write(0x2_0000, new Uint8Array(0xffff).fill(0x0a));
  call([0x1301, 0xffff, 0, 0x0007, 0, 0]);
  const cursor = memory.read16(0x450);
  assert.equal(cursor >> 8, 74);
  // The same ends as by single characters.
  memory.write(0x2_0000, new TextEncoder().encode(`${'x\n'.repeat(200)}last`));
  call([0x1301, 404, 0, 0x0007, 0, 0]);
  assert.equal(memory.read16(0x450), (74 << 8) | 204);
  call([0x0200, 0, (74 << 8) | 203, 0]);
  call([0x0800]);
  assert.equal(vcpu.state.gpr32(L.RAX) & 0xff, 't'.charCodeAt(0));
  call([0x0200, 0, (73 << 8) | 199, 0]);
  call([0x0800]);
  assert.equal(vcpu.state.gpr32(L.RAX) & 0xff, 'x'.charCodeAt(0));
  machine.close();
});
