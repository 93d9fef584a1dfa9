// A whole machine around the engine that runs nothing: its devices through the board's ports and memory, and what
// Machine itself promises: ends, refusals, waiting input, time that is skipped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoppelError } from '../../base/errors.ts';
import { NoneVcpu } from '../../engine/none/none-vcpu.ts';
import { makeElf } from '../../firmware/boot/testing.ts';
import { InstructionClock } from './clocks.ts';
import { Machine } from './machine.ts';
import type { MachineHost, MachineOptions } from './machine-options.ts';

const COM1 = 0x3f8;
const LOCAL_APIC_IRR1 = 0xfee0_0210;

/** A host whose clock moves only when told to. */
function manualHost(): MachineHost & { nanoseconds: number } {
  const host = {
    nanoseconds: 0,
    clock: { now: () => host.nanoseconds },
    wallClock: { nowMilliseconds: () => Date.UTC(2020, 1, 29) },
    entropy: { fill: (bytes: Uint8Array) => void bytes.fill(1) },
    scheduler: {
      breathe: async () => {},
      sleep: async (milliseconds: number) => {
        host.nanoseconds += milliseconds * 1e6;
      },
      wake: () => {},
    },
  };
  return host;
}

function machineOf(options: Partial<MachineOptions> = {}) {
  const vcpu = new NoneVcpu();
  const host = manualHost();
  const output: number[] = [];
  const machine = new Machine({
    memory: 16 << 20,
    boot: {
      kernel: makeElf({
        width: 32,
        physical: 0x20_0000,
        virtual: 0x20_0000,
        body: Uint8Array.of(0xf4),
        pvh: 0x20_0000,
      }),
      commandLine: '',
      modules: [],
    },
    serial: { write: (byte) => output.push(byte) },
    host,
    engine: () => vcpu,
    ...options,
  });
  const { board } = machine;
  return { machine, vcpu, host, output, board };
}

test('the serial line in both directions; input waits for the guest', () => {
  const { machine, board, output } = machineOf();
  for (const byte of [0x68, 0x69]) board.portWrite(COM1, 1, byte);
  assert.deepEqual(output, [0x68, 0x69]);
  machine.serialInput(new Uint8Array(100).fill(0x41));
  const waiting = machine.serialBacklog();
  assert.ok(waiting > 80 && waiting < 100);
  while ((board.portRead(COM1 + 5, 1) & 1) !== 0) assert.equal(board.portRead(COM1, 1), 0x41);
  assert.equal(machine.serialBacklog(), 0);
});

test('an alarm of the PIT raises the interrupt that the I/O APIC routes', () => {
  const { machine, board, host } = machineOf();
  // PIT counter 0 in mode 2 with 1,193 ticks, a millisecond; OUT goes high at once, before the pin is open.
  for (const [port, value] of [
    [0x43, 0x34],
    [0x40, 1193 & 0xff],
    [0x40, 1193 >> 8],
  ] as const) {
    board.portWrite(port, 1, value);
  }
  // I/O APIC pin 2 to vector 31h.
  for (const [register, value] of [
    [0x15, 0],
    [0x14, 0x31],
  ] as const) {
    board.mmioWrite(0xfec0_0000, 4, register);
    board.mmioWrite(0xfec0_0010, 4, value);
  }
  machine.step();
  assert.equal(board.mmioRead(LOCAL_APIC_IRR1, 4) & (1 << 0x11), 0);
  host.nanoseconds = 1_100_000;
  machine.step();
  assert.notEqual(board.mmioRead(LOCAL_APIC_IRR1, 4) & (1 << 0x11), 0);
});

test('ends: debug exit, power-off, reset, a halt that nothing can end', async () => {
  const exit = machineOf({ debugExitPort: 0x501 });
  exit.board.portWrite(0x501, 4, 5);
  assert.deepEqual(await exit.machine.run(), { reason: 'debug-exit', status: 11 });

  const halted = machineOf();
  assert.deepEqual(await halted.machine.run(), { reason: 'halted' });

  const reset = machineOf({ reboot: 'end' });
  reset.board.portWrite(0xcf9, 1, 0x06);
  assert.deepEqual(await reset.machine.run(), { reason: 'reset' });

  const stopped = machineOf();
  stopped.machine.stop('enough');
  assert.deepEqual(await stopped.machine.run(), { reason: 'stopped', by: 'enough' });
});

test('a reset boots again with clean memory', () => {
  const { machine, board } = machineOf();
  machine.memory.write32(0x80_0000, 0x1234_5678);
  machine.memory.write8(0x20_0000, 0);
  board.portWrite(0x92, 1, 1);
  machine.step();
  assert.equal(machine.memory.read32(0x80_0000), 0);
  assert.equal(machine.memory.read8(0x20_0000), 0xf4);
});

test('what cannot be had is refused with a sentence', () => {
  for (const memory of [0, 1 << 20, 2.5, Number.NaN, (16 << 20) + 4096, 2 ** 32]) {
    assert.throws(() => machineOf({ memory }), DoppelError, String(memory));
  }
  for (const debugExitPort of [COM1, COM1 - 2, 0x80, -1, 0xffff, 1.5]) {
    assert.throws(() => machineOf({ debugExitPort }), DoppelError, String(debugExitPort));
  }
});

test('the deterministic clock skips to the next alarm, but not out of its range', () => {
  const clock = new InstructionClock();
  assert.equal(clock.idleUntil(5000), 0);
  assert.equal(clock.now(), 5000);
  assert.ok(clock.idleUntil(Number.MAX_SAFE_INTEGER) > 0);
  assert.ok(clock.idleUntil(Number.POSITIVE_INFINITY) > 0);
  assert.equal(clock.now(), 5000);
});
