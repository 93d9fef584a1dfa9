// The pointer as Linux's vmmouse driver speaks to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VmwarePointer } from './vmware-pointer.ts';

const MAGIC = 0x564d_5868;
const STATUS = 40;
const DATA = 39;
const COMMAND = 41;

function build() {
  const registers = { eax: MAGIC, ebx: 0, ecx: 0, edx: 0x5658 };
  const log: string[] = [];
  const pointer = new VmwarePointer({
    registers,
    mouse: {
      move: (dx, dy, wheel, buttons) => void log.push(`${dx},${dy},${wheel},${buttons}`),
      announce: () => void log.push('packet'),
    },
  });
  /** IN EAX, DX: EAX, EBX, ECX and EDX after it. */
  const ask = (command: number, argument = 0, magic = MAGIC): number[] => {
    Object.assign(registers, { eax: magic, ebx: argument, ecx: command, edx: 0x5658 });
    const eax = pointer.regions[0]!.read(0, 4);
    return [eax, registers.ebx, registers.ecx, registers.edx];
  };
  const enable = () => {
    ask(COMMAND, 0x4541_4552);
    ask(DATA, 1);
    ask(COMMAND, 0x5342_4152);
  };
  return { pointer, ask, log, enable };
}

test('it is found by its version, and tells nothing else', () => {
  const { ask } = build();
  assert.deepEqual(ask(10).slice(0, 2), [6, MAGIC]);
  assert.deepEqual(ask(10, 0, 0x1234), [0xffff_ffff, 0, 10, 0x5658]);
  // Memory size, processor speed, clipboard, time, ...
  for (const command of [1, 4, 6, 8, 20, 23, 28, 30, 45, 68]) {
    assert.deepEqual(ask(command, 7), [0xffff_ffff, 7, command, 0x5658]);
  }
});

test('places come as packets of four words once they are asked for', () => {
  const { pointer, ask, log } = build();
  assert.equal(ask(STATUS)[0]! >>> 16, 0xffff);
  ask(COMMAND, 0x4541_4552);
  assert.equal(ask(STATUS)[0], 1);
  assert.equal(ask(DATA, 1)[0], 0x3442_554a);
  pointer.move(3, 4, 0, 0);
  assert.deepEqual([pointer.absolute, log], [false, ['3,4,0,0']]);
  ask(COMMAND, 0x5342_4152);
  assert.equal(pointer.absolute, true);
  pointer.moveTo(0x1234, 99999, -1, 5);
  pointer.move(-2, 3, 0, 0);
  assert.deepEqual(log.slice(1), ['packet', 'packet']);
  assert.equal(ask(STATUS)[0], 8);
  assert.deepEqual(ask(DATA, 4), [0x28, 0x1234, 0xffff, 0xff]);
  assert.deepEqual(ask(DATA, 4), [0x1_0000, 0xffff_fffe, 0xffff_fffd, 0]);
  ask(COMMAND, 0xf5);
  pointer.move(1, 1, 0, 0);
  assert.equal(log.at(-1), '1,1,0,0');
});

test('who asks for more than there is gets an error, until the pointer is switched on again', () => {
  const { pointer, ask, enable } = build();
  enable();
  pointer.moveTo(1, 2, 0, 0);
  assert.equal(ask(DATA, 5)[0], 0xffff_ffff);
  assert.equal(ask(STATUS)[0], 0xffff_0000);
  enable();
  assert.equal(ask(STATUS)[0], 0);
});

test('a guest that does not look cannot fill memory', () => {
  const { pointer, ask, enable } = build();
  enable();
  for (let i = 0; i < 5000; i++) pointer.moveTo(i, i, 0, 0);
  assert.equal(ask(STATUS)[0], 1024);
});
