import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteStream, InputQueue } from '../../backend/char.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { Uart16550 } from './uart16550.ts';

const RBR = 0;
const IER = 1;
const IIR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;

function build() {
  const clock = new FakeClock();
  const irq = new LineProbe();
  const output: number[] = [];
  const input = new InputQueue();
  const uart = new Uart16550({ irq, clock, stream: byteStream({ write: (b) => output.push(b) }, input) });
  input.connect(uart);
  const [port] = uart.regions;
  return {
    clock,
    irq,
    output,
    input,
    uart,
    read: (offset: number) => port!.read(offset, 1),
    write: (offset: number, value: number) => port!.write(offset, 1, value),
  };
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

test('a byte written to THR reaches the stream at once', () => {
  const u = build();
  u.write(RBR, 0x41);
  assert.deepEqual(u.output, [0x41]);
  assert.equal(u.read(LSR), 0x60);
});

test('the divisor latch hides behind DLAB', () => {
  const u = build();
  u.write(LCR, 0x83);
  u.write(0, 0x0c);
  u.write(1, 0x01);
  assert.equal(u.read(0), 0x0c);
  assert.equal(u.read(1), 0x01);
  u.write(LCR, 0x03);
  assert.equal(u.read(IER), 0);
  assert.deepEqual(u.output, []);
});

test('the transmitter interrupt: enabling raises it, reading IIR clears it, writing THR renews it', () => {
  const u = build();
  u.write(MCR, 0x08);
  u.write(IER, 0x02);
  assert.equal(u.irq.level, true);
  assert.equal(u.read(IIR), 0x02);
  assert.equal(u.irq.level, false);
  assert.equal(u.read(IIR), 0x01);
  u.write(RBR, 0x2a);
  assert.equal(u.irq.level, true);
  assert.equal(u.read(IIR), 0x02);
  u.write(IER, 0);
  u.write(IER, 0x02);
  assert.equal(u.read(IIR), 0x02);
});

test('without OUT2 the line stays low', () => {
  const u = build();
  u.write(IER, 0x02);
  assert.equal(u.irq.level, false);
  assert.equal(u.read(IIR), 0x02);
});

test('without FIFOs one byte is held and the rest waits in the queue', () => {
  const u = build();
  u.input.push(bytes('abc'));
  assert.equal(u.input.length, 2);
  assert.equal(u.read(LSR) & 1, 1);
  assert.equal(u.read(RBR), 0x61);
  assert.equal(u.read(RBR), 0x62);
  assert.equal(u.read(RBR), 0x63);
  assert.equal(u.read(LSR), 0x60);
});

test('received data interrupts at the trigger level and falls below it', () => {
  const u = build();
  u.write(MCR, 0x08);
  u.write(IIR, 0x47); // FIFOs on, trigger at 4
  u.write(IER, 0x01);
  u.input.push(bytes('abc'));
  assert.equal(u.irq.level, false);
  assert.equal(u.read(IIR), 0xc1);
  u.input.push(bytes('d'));
  assert.equal(u.irq.level, true);
  assert.equal(u.read(IIR), 0xc4);
  u.read(RBR);
  assert.equal(u.irq.level, false);
});

test('the character timeout comes after four characters and goes with a read', () => {
  const u = build();
  u.write(LCR, 0x03);
  u.write(MCR, 0x08);
  u.write(IIR, 0xc1);
  u.write(IER, 0x01);
  u.input.push(bytes('xy'));
  u.clock.advance(347_000); // 4 * 10 bits at 115,200 baud take 347.2 us
  assert.equal(u.irq.level, false);
  u.clock.advance(1_000);
  assert.equal(u.irq.level, true);
  assert.equal(u.read(IIR), 0xcc);
  u.read(RBR);
  assert.equal(u.irq.level, false);
  u.clock.advance(348_000);
  assert.equal(u.irq.level, true);
});

test('the FIFO takes sixteen bytes and asks for more when there is room', () => {
  const u = build();
  u.write(IIR, 0x01);
  u.input.push(new Uint8Array(40).map((_, index) => index));
  assert.equal(u.input.length, 24);
  for (let index = 0; index < 40; index++) assert.equal(u.read(RBR), index);
  assert.equal(u.input.length, 0);
  assert.equal(u.read(LSR) & 1, 0);
});

test('loop mode: data and modem lines come back, the host sees nothing', () => {
  const u = build();
  u.write(MCR, 0x1a);
  assert.equal(u.read(MSR) & 0xf0, 0x90); // RTS -> CTS, OUT2 -> DCD
  u.write(RBR, 0x55);
  assert.equal(u.read(RBR), 0x55);
  assert.deepEqual(u.output, []);
  u.write(RBR, 1);
  u.write(RBR, 2);
  assert.equal(u.read(LSR) & 0x03, 0x03);
  assert.equal(u.read(LSR) & 0x02, 0);
});

test('line status has priority over data, data over transmitter, transmitter over modem', () => {
  const u = build();
  u.write(MCR, 0x08);
  u.write(IER, 0x0f);
  u.uart.setModemLines(0x10);
  u.uart.receiveBreak();
  assert.equal(u.read(IIR), 0x06);
  assert.equal(u.read(LSR) & 0x10, 0x10);
  assert.equal(u.read(IIR), 0x04);
  assert.equal(u.read(RBR), 0);
  assert.equal(u.read(IIR), 0x02);
  assert.equal(u.read(IIR), 0x00);
  assert.equal(u.read(MSR), 0x1a);
  assert.equal(u.read(IIR), 0x01);
  assert.equal(u.irq.level, false);
});

test('a wide access covers consecutive registers', () => {
  const u = build();
  const [port] = u.uart.regions;
  port!.write(3, 2, 0x0b03);
  assert.equal(u.read(LCR), 0x03);
  assert.equal(u.read(MCR), 0x0b);
  assert.equal(port!.read(3, 4) >>> 0, 0xb0600b03);
});

test('a write to THR takes the transmitter interrupt back before it comes again', () => {
  const u = build();
  u.write(MCR, 0x08);
  u.write(IER, 0x02);
  const edges = u.irq.edges;
  u.write(RBR, 0x41);
  u.write(RBR, 0x42);
  assert.deepEqual([u.irq.level, u.irq.edges], [true, edges + 2]);
  // Where something else holds the line it stays high.
  u.write(IER, 0x03);
  u.input.push(bytes('x'));
  const held = u.irq.edges;
  u.write(RBR, 0x43);
  assert.deepEqual([u.irq.level, u.irq.edges], [true, held]);
});
