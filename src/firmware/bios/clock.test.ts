// The time of day at power-on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoneVcpu } from '../../engine/none/none-vcpu.ts';
import { nodeHost } from '../../host/node/platform.ts';
import { Machine } from '../../machine/vm/machine.ts';
import * as L from '../../x86/state/layout.ts';
import { BDA_TICKS, SERVICE_PORT, SERVICE_POST } from './layout.ts';

const STACK = 0x9000;

test('the clock goes on whatever way of counting the last system has left', () => {
  const machine = new Machine({
    memory: 4 << 20,
    boot: { media: ['disk'] },
    serial: { write() {} },
    time: 'deterministic',
    rtcStart: Date.UTC(2026, 10, 24, 13, 30, 0),
    engine: () => new NoneVcpu(),
    host: nodeHost(),
  });
  const { board, memory, vcpu } = machine;
  const cmos = (index: number, value?: number): number => {
    board.portWrite(0x70, 1, index);
    if (value !== undefined) board.portWrite(0x71, 1, value);
    return board.portRead(0x71, 1);
  };
  const call = (service: number, eax = 0): number => {
    vcpu.state.setGpr32(L.RAX, eax);
    vcpu.state.setGpr32(L.RSP, STACK);
    memory.write16(STACK, service);
    board.portWrite(SERVICE_PORT, 1, 0);
    return vcpu.state.gpr32(L.RCX) & 0xffff;
  };
  for (const segment of vcpu.state.segments) segment.base = 0;
  const expected = Math.floor((13.5 * 3600 * 0x1800b0) / 86_400);
  // BCD; binary; 12 hours; an interrupt left on; a divider that counts faster.
  for (const [a, b] of [
    [0x26, 0x02],
    [0x26, 0x06],
    [0x26, 0x04],
    [0x26, 0x00],
    [0x23, 0x42],
  ] as const) {
    machine.reset();
    machine.step();
    cmos(0x0a, a);
    cmos(0x0b, b);
    call(SERVICE_POST);
    assert.deepEqual([cmos(0x0a) & 0x7f, cmos(0x0b)], [0x26, 0x02]);
    const ticks = memory.read32(BDA_TICKS);
    assert.ok(Math.abs(ticks - expected) < 40, `${ticks} ticks, ${b.toString(16)}h`);
    assert.equal(call(0x1a, 0x0200), 0x1330);
  }
  machine.close();
});
