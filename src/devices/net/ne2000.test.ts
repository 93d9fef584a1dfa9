// The NE2000 as its drivers use it: PROM by remote DMA, the receive ring, sending from a transmit page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameQueue } from '../../backend/net/packet-backend.ts';
import { LineProbe } from '../testing.ts';
import { Ne2000 } from './ne2000.ts';

const MAC = [0x52, 0x54, 0x00, 0x11, 0x22, 0x33];
const START = 0x46;
const STOP = 0x80;

function build() {
  const sent: Uint8Array[] = [];
  const queue = new FrameQueue();
  const irq = new LineProbe();
  const network = {
    linkUp: true,
    send: (frame: Uint8Array) => void sent.push(frame.slice()),
    onRoom: () => queue.onRoom(),
  };
  const chip = new Ne2000({ mac: MAC, network, irq, realtek: true });
  queue.connect(chip);
  const ports = chip.regions[0]!;
  const out = (port: number, value: number) => ports.write(port, 1, value);
  const remote = (start: number, count: number, command: number) => {
    for (const [port, value] of [
      [0x8, start & 0xff],
      [0x9, start >> 8],
      [0xa, count & 0xff],
      [0xb, count >> 8],
      [0x0, command],
    ] as const)
      out(port, value);
  };
  /** Reads as a driver does: words from the data port. */
  const read = (start: number, count: number): number[] => {
    remote(start, count, 0x0a);
    const bytes: number[] = [];
    for (let i = 0; i < count; i += 2) {
      const word = ports.read(0x10, 2);
      bytes.push(word & 0xff, word >> 8);
    }
    assert.equal(ports.read(7, 1) & 0x40, 0x40, 'remote DMA complete');
    out(7, 0x40);
    return bytes;
  };
  const start = () => {
    ports.read(0x1f, 1);
    assert.equal(ports.read(7, 1) & 0x80, 0x80, 'reset');
    out(0xe, 0x49);
    out(0xc, 0x0c);
    out(0xd, 0);
    out(0x1, START);
    out(0x2, STOP);
    out(0x3, START);
    out(0x0, 0x61);
    MAC.forEach((byte, i) => {
      out(1 + i, byte);
    });
    out(0x7, START + 1);
    out(0x0, 0x22);
    out(0x7, 0xff);
    out(0xf, 0x3f);
  };
  return { chip, sent, queue, irq, ports, out, remote, read, start };
}

const frameTo = (address: readonly number[], length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i < 6 ? address[i]! : i));

test('the PROM holds the address and the signature of words', () => {
  const { out, read, ports } = build();
  out(0xe, 0x49);
  const prom = read(0, 32);
  assert.deepEqual(prom.filter((_, i) => i % 2 === 0).slice(0, 6), MAC);
  assert.deepEqual(prom.slice(28), [0x57, 0x57, 0x57, 0x57]);
  assert.deepEqual([ports.read(0xa, 1), ports.read(0xb, 1)], [0x50, 0x43]);
});

test('a frame is sent from its page, and the interrupt says so', () => {
  const { sent, irq, ports, out, remote, start } = build();
  start();
  const frame = frameTo([1, 2, 3, 4, 5, 6], 100);
  remote(0x4000, 100, 0x12);
  for (let i = 0; i < 100; i += 2) ports.write(0x10, 2, frame[i]! | (frame[i + 1]! << 8));
  out(4, 0x40);
  out(5, 100);
  out(6, 0);
  out(0, 0x26);
  assert.deepEqual(sent, [frame]);
  assert.equal(irq.level, true);
  assert.equal(ports.read(4, 1), 1);
  out(7, 0x42);
  assert.equal(irq.level, false);
});

test('frames go into the ring, around its end, and wait where it is full', () => {
  const { queue, irq, ports, out, read, start } = build();
  start();
  let page = START + 1;
  const next = (length: number) => {
    const header = read(page * 256, 4);
    assert.equal(header[0]! & 1, 1);
    assert.equal(header[2]! | (header[3]! << 8), length + 4);
    const at = page * 256 + 4;
    const first = Math.min(length, STOP * 256 - at);
    const bytes = [...read(at, first), ...(first < length ? read(START * 256, length - first) : [])];
    const after = header[1]!;
    out(3, after === START ? STOP - 1 : after - 1);
    page = after;
    return Uint8Array.from(bytes);
  };
  const frames = Array.from({ length: 40 }, (_, i) => frameTo(MAC, 600 + 2 * i));
  for (const frame of frames) queue.push(frame);
  assert.equal(irq.level, true);
  assert.ok(queue.length > 20, 'the ring has room for some only');
  for (const frame of frames) assert.deepEqual(next(frame.length), frame);
  assert.equal(queue.length, 0);
  queue.push(frameTo(MAC, 20));
  assert.equal(next(60).length, 60, 'a short frame is padded');
  assert.equal(ports.read(0xf, 1), 0);
});

test('filters: broadcast, own address, multicast by its hash, the rest only when promiscuous', () => {
  const { chip, ports, out, start } = build();
  start();
  const taken = (address: readonly number[]): boolean => {
    out(7, 1);
    chip.receive(frameTo(address, 60));
    return (ports.read(7, 1) & 1) !== 0;
  };
  const group = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01];
  assert.deepEqual([taken(MAC), taken([255, 255, 255, 255, 255, 255])], [true, true]);
  assert.deepEqual([taken(group), taken([2, 9, 9, 9, 9, 9])], [false, false]);
  out(0, 0x62);
  // 224.0.0.1 has the hash 31 (its CRC begins with the bits 011111).
  out(0x8 + 3, 0x80);
  out(0, 0x22);
  assert.equal(taken(group), true);
  out(0xc, 0x1c);
  assert.equal(taken([2, 9, 9, 9, 9, 9]), true);
  out(0xc, 0);
  assert.equal(taken([255, 255, 255, 255, 255, 255]), false);
});
