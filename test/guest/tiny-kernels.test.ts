// Small kernels through the library: ways to be entered, ways to end, and accesses to what is not there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessWidth } from '../../src/base/guest-bus.ts';
import { isLinux } from '../../src/firmware/boot/linux.ts';
import { makeBzImage } from '../../src/firmware/boot/testing.ts';
import { DoppelError, Machine, type MachineOptions, nodeHost } from '../../src/index.ts';
import * as K from './tiny-kernels.ts';

const MEMORY = 16 << 20;

async function run(kernel: Uint8Array, changes: Partial<MachineOptions> = {}) {
  let output = '';
  const machine = new Machine({
    memory: MEMORY,
    boot: { kernel, commandLine: '', modules: [] },
    serial: { write: (byte) => (output += String.fromCharCode(byte)) },
    debugExitPort: 0xf4,
    time: 'deterministic',
    reboot: 'end',
    host: nodeHost(),
    ...changes,
  });
  const end = await machine.run();
  return { machine, end, output };
}

test('Multiboot, PVH of 32 and of 64 bits: the kernel speaks and ends the machine', async () => {
  const code = [...K.say('hello\n'), ...K.debugExit(0xf4, 20)];
  for (const kernel of [K.multibootKernel(code), K.pvhKernel(32, code), K.pvhKernel(64, code)]) {
    const { end, output } = await run(kernel);
    assert.deepEqual(end, { reason: 'debug-exit', status: 41 });
    assert.equal(output, 'hello\n');
  }
});

test('Multiboot tells its kernel of command line, modules and memory', async () => {
  const boot = {
    kernel: K.multibootKernel(K.HALT),
    kernelName: 'tiny',
    commandLine: 'alpha beta',
    modules: [
      { bytes: Uint8Array.from([1, 2, 3]), commandLine: 'one' },
      { bytes: new Uint8Array(5000).fill(7), commandLine: 'two x' },
    ],
  };
  const { machine, end } = await run(boot.kernel, { boot });
  assert.deepEqual(end, { reason: 'halted' });
  const { view, u8 } = machine.memory;
  const word = (address: number) => view.getUint32(address, true);
  const text = (address: number) => new TextDecoder().decode(u8.subarray(address, u8.indexOf(0, address)));
  assert.equal(machine.vcpu.state.gpr32(0), 0x2bad_b002);
  const info = machine.vcpu.state.gpr32(3);
  assert.equal(word(info) & 0x49, 0x49); // memory, modules, map
  assert.equal(text(word(info + 16)), 'tiny alpha beta');
  assert.equal(word(info + 20), 2);
  const modules = word(info + 24);
  assert.deepEqual([...u8.subarray(word(modules), word(modules + 4))], [1, 2, 3]);
  assert.equal(text(word(modules + 8)), 'one');
  assert.equal(word(modules + 20) - word(modules + 16), 5000);
  assert.equal(text(word(modules + 24)), 'two x');
  const map = word(info + 48);
  const ranges: string[] = [];
  for (let at = map; at < map + word(info + 44); at += word(at) + 4) {
    ranges.push(`${word(at + 4).toString(16)}+${word(at + 12).toString(16)} ${word(at + 20)}`);
  }
  assert.ok(
    ranges.some((range) => range.startsWith('0+') && range.endsWith(' 1')),
    ranges.join(', '),
  );
  assert.ok(
    ranges.some((range) => range.startsWith('100000+') && range.endsWith(' 1')),
    ranges.join(', '),
  );
});

test('PVH tells its kernel where things are', async () => {
  const kernel = K.pvhKernel(64, K.HALT);
  const boot = { kernel, commandLine: 'console=x', modules: [{ bytes: Uint8Array.from([9, 8]) }] };
  const { machine } = await run(kernel, { boot });
  const { view, u8 } = machine.memory;
  const info = machine.vcpu.state.gpr32(3);
  assert.equal(view.getUint32(info, true), 0x336e_c578);
  const commandLine = Number(view.getBigUint64(info + 24, true));
  assert.equal(new TextDecoder().decode(u8.subarray(commandLine, commandLine + 9)), 'console=x');
  const module = Number(view.getBigUint64(Number(view.getBigUint64(info + 16, true)), true));
  assert.deepEqual([...u8.subarray(module, module + 2)], [9, 8]);
  const rsdp = Number(view.getBigUint64(info + 32, true));
  assert.equal(new TextDecoder().decode(u8.subarray(rsdp, rsdp + 8)), 'RSD PTR ');
});

test('a triple fault names its cause and shows the registers', async () => {
  const { end } = await run(K.multibootKernel(K.TRIPLE_FAULT));
  assert.equal(end.reason, 'triple-fault');
  assert.match(JSON.stringify(end), /#UD|invalid opcode|undefined/i);
  assert.match(JSON.stringify(end), /EIP|RIP/);
});

test('reset, a halt for ever, and a stop from outside', async () => {
  assert.deepEqual((await run(K.multibootKernel(K.RESET))).end, { reason: 'reset' });
  assert.deepEqual((await run(K.multibootKernel(K.HALT))).end, { reason: 'halted' });
  const machine = new Machine({
    memory: MEMORY,
    boot: { kernel: K.multibootKernel(K.SPIN), commandLine: '', modules: [] },
    serial: { write() {} },
    host: nodeHost(),
  });
  setTimeout(() => machine.stop('enough'), 50);
  assert.deepEqual(await machine.run(), { reason: 'stopped', by: 'enough' });
});

test('a reset boots the kernel again', async () => {
  // Counts its starts in CMOS memory, which a reset leaves alone: index 0x50 through ports 0x70 and 0x71.
  const done = K.debugExit(0xf4, 3);
  const code = [
    ...[0xb0, 0x50, 0xe6, 0x70, 0xe4, 0x71, 0x40], // mov $0x50, %al; out %al, $0x70; in $0x71, %al; inc %eax
    ...[0xe6, 0x71], // out %al, $0x71
    ...[0x3c, 0x03, 0x75, done.length, ...done], // cmp $3, %al; jne over what ends it
    ...K.RESET,
  ];
  const { end } = await run(K.multibootKernel(code), { reboot: 'restart' });
  assert.deepEqual(end, { reason: 'debug-exit', status: 7 });
});

test('a kernel that touches every port and every kind of address comes to its end', async () => {
  const code = [
    ...K.READ_ALL_PORTS,
    ...K.touchAllAddresses(MEMORY - 0x4000),
    ...K.say('done'),
    ...K.debugExit(0xf4, 1),
  ];
  const { end, output } = await run(K.multibootKernel(code));
  assert.deepEqual(end, { reason: 'debug-exit', status: 3 });
  assert.match(output, /done/);
});

test('any value to any port or device register: no exception reaches the host', async () => {
  const { machine } = await run(K.multibootKernel(K.HALT));
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 4;
  };
  const widths: readonly AccessWidth[] = [1, 2, 4];
  for (let round = 0; round < 300_000; round++) {
    const width = widths[random() % 3]!;
    const value = width === 4 ? random() * 16 + (random() & 15) : random() % 2 ** (8 * width);
    // Half of the accesses go where chips are.
    const port = round & 1 ? random() & 0xffff : random() & 0xfff;
    if (random() & 1) machine.board.portWrite(port, width, value);
    else {
      const got = machine.board.portRead(port, width);
      assert.ok(Number.isInteger(got) && got >= 0 && got < 2 ** (8 * width), `port ${port}: ${got}`);
    }
    const address =
      (round & 2 ? 0xfec0_0000 + (random() & 0x20_0fff) : random() * 16) & ~(width - 1) & 0xffff_ffff;
    if (random() & 1) machine.board.mmioWrite(address >>> 0, width, value);
    else {
      const got = machine.board.mmioRead(address >>> 0, width);
      assert.ok(Number.isInteger(got) && got >= 0 && got < 2 ** (8 * width), `address ${address}: ${got}`);
    }
  }
});

test('what is not a kernel, or does not fit, is refused with a sentence', () => {
  const attempt = (kernel: Uint8Array, changes: Partial<MachineOptions> = {}) => {
    new Machine({
      memory: MEMORY,
      boot: { kernel, commandLine: '', modules: [] },
      serial: { write() {} },
      host: nodeHost(),
      ...changes,
    });
  };
  const good = K.pvhKernel(64, new Array<number>(60_000).fill(0x90));
  const cases: readonly (() => void)[] = [
    () => attempt(new Uint8Array(0)),
    () => attempt(new Uint8Array(5000).fill(0x41)),
    () => attempt(good.slice(0, 30_000)),
    () => attempt(good.slice(0, 100)),
    () => attempt(good, { memory: 2 << 20 }),
    () => attempt(good, { memory: 12_345 }),
    () => attempt(good, { memory: 2 ** 40 }),
    () =>
      attempt(good, {
        boot: { kernel: good, commandLine: '', modules: [{ bytes: new Uint8Array(MEMORY) }] },
      }),
  ];
  for (const one of cases) {
    assert.throws(one, (error: unknown) => error instanceof DoppelError && !error.message.includes('\n'));
  }
});

test('kernels with bytes changed at random: refused with a sentence, or run', () => {
  let seed = 99;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 8) % below;
  };
  const code = [...K.say('x'), ...K.HALT];
  const halts = new Uint8Array(4096).map((_, i) => K.HALT[i & 1]!);
  const kernels = [
    K.multibootKernel(code),
    K.pvhKernel(32, code),
    K.pvhKernel(64, code),
    makeBzImage({ code: halts, prefAddress: 0x10_0000, initSize: 0x1_0000 }),
  ];
  for (let round = 0; round < 120; round++) {
    const kernel = kernels[round % kernels.length]!.slice();
    for (let i = 0; i <= random(6); i++)
      kernel[(isLinux(kernel) ? 0x1f0 : 0) + random(Math.min(kernel.length, 400))] = random(256);
    try {
      const machine = new Machine({
        memory: 4 << 20,
        boot: { kernel, commandLine: '', modules: [] },
        serial: { write() {} },
        time: 'deterministic',
        reboot: 'end',
        host: nodeHost(),
      });
      for (let i = 0; i < 5 && !machine.ended; i++) machine.step(2000);
    } catch (error) {
      assert.ok(error instanceof DoppelError, String(error));
    }
  }
});
