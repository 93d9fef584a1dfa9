// A machine with Doppel's own BIOS boots from a disk: a boot sector in machine code calls its services and ends the
// machine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BlockDevice, BlockDone } from '../../src/backend/block/block-device.ts';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineEnd, MachineHost } from '../../src/machine/vm/machine-options.ts';

const DEBUG_EXIT = 0x501;
const TEXT = 'Sector two, by way of INT 13h.';

const low = (value: number) => value & 0xff;
const high = (value: number) => value >> 8;
const movAx = (value: number) => [0xb8, low(value), high(value)];
const movDx = (value: number) => [0xba, low(value), high(value)];
/** Ends with status (value << 1) | 1. */
const end = (value: number) => [...movDx(DEBUG_EXIT), ...movAx(value), 0xef, 0xf4];

/** A disk whose first sector holds code, and whose second sector a text that ends with a zero byte. */
function disk(code: readonly number[]): BlockDevice {
  const medium = emptyMemoryDisk(2048, { name: 'disk' });
  const sectors = new Uint8Array(1024);
  sectors.set(code);
  sectors.set([0x55, 0xaa], 510);
  sectors.set(new TextEncoder().encode(TEXT), 512);
  medium.write(0, sectors, (error) => assert.equal(error, null));
  return medium;
}

async function boot(
  disks: readonly BlockDevice[],
  time: 'real' | 'deterministic' = 'deterministic',
): Promise<{ end: MachineEnd; serial: string; said: string }> {
  let serial = '';
  let said = '';
  const machine = new Machine({
    memory: 4 * 2 ** 20,
    boot: { media: ['disk'] },
    storage: { disks },
    serial: {
      write: (byte) => {
        serial += String.fromCharCode(byte);
      },
    },
    firmwareConsole: {
      write: (byte) => {
        said += String.fromCharCode(byte);
      },
    },
    debugExitPort: DEBUG_EXIT,
    time,
    host: nodeHost(),
  });
  setTimeout(() => machine.stop('timeout'), 20_000).unref();
  return { end: await machine.run(), serial, said };
}

test('a boot sector reads the next one and writes it to the serial port', async () => {
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0], // xor ax, ax; mov ds, ax; mov es, ax
    ...[...movAx(0x0201), 0xb9, 2, 0, 0xbb, 0x00, 0x80, 0xcd, 0x13], // mov cx, 2; mov bx, 8000h; int 13h
    ...[0x72, 0x0f], // jc past the loop
    ...[0xbe, 0x00, 0x80, 0x31, 0xd2], // mov si, 8000h; xor dx, dx
    ...[0xac, 0x84, 0xc0, 0x74, 0x06], // 1: lodsb; test al, al; jz out
    ...[0xb4, 0x01, 0xcd, 0x14, 0xeb, 0xf5], // mov ah, 1; int 14h; jmp 1b
    ...end(21),
  ];
  const { end: outcome, serial, said } = await boot([disk(code)]);
  assert.deepEqual(outcome, { reason: 'debug-exit', status: 43 });
  assert.equal(serial, TEXT);
  assert.match(said, /Doppel BIOS, 4 MiB of memory\nBooting from hard disk 1 \(disk\)/);
});

test('a disk that answers later is waited for', async () => {
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0], // xor ax, ax; mov ds, ax; mov es, ax
    ...[...movAx(0x0201), 0xb9, 2, 0, 0xbb, 0x00, 0x80, 0xcd, 0x13], // read sector 2 to 8000h
    ...[...movAx(0x0301), 0xb9, 3, 0, 0xcd, 0x13], // write it to sector 3
    ...[...movAx(0x0201), 0xb9, 3, 0, 0xbb, 0x00, 0x90, 0xcd, 0x13], // and read that to 9000h
    ...[0x72, 0x0f], // jc past the loop
    ...[0xbe, 0x00, 0x90, 0x31, 0xd2], // mov si, 9000h; xor dx, dx
    ...[0xac, 0x84, 0xc0, 0x74, 0x06], // 1: lodsb; test al, al; jz out
    ...[0xb4, 0x01, 0xcd, 0x14, 0xeb, 0xf5], // mov ah, 1; int 14h; jmp 1b
    ...end(22),
  ];
  const base = disk(code);
  let operations = 0;
  const later = (operation: (done: BlockDone) => void, done: BlockDone) => {
    operations++;
    setTimeout(() => operation(done), 3);
  };
  const slow: BlockDevice = {
    ...base,
    read: (offset, target, done) => later((over) => base.read(offset, target, over), done),
    write: (offset, source, done) => later((over) => base.write(offset, source, over), done),
  };
  for (const time of ['real', 'deterministic'] as const) {
    operations = 0;
    const { end: outcome, serial } = await boot([slow], time);
    assert.deepEqual(outcome, { reason: 'debug-exit', status: 45 });
    assert.equal(serial, TEXT);
    assert.equal(operations, 4, 'the boot sector, and three by the program: none twice');
  }
});

test('the timer ticks, and a halted guest wakes', async () => {
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8, 0xfb], // xor ax, ax; mov ds, ax; sti
    ...[0xa1, 0x6c, 0x04, 0x05, 5, 0], // mov ax, [46ch]; add ax, 5
    ...[0xf4, 0x3b, 0x06, 0x6c, 0x04, 0x77, 0xf9], // 1: hlt; cmp ax, [46ch]; ja 1b
    ...end(7),
  ];
  const { end: outcome } = await boot([disk(code)]);
  assert.deepEqual(outcome, { reason: 'debug-exit', status: 15 });
});

/** Boots a program from a disk, which ends with status 9; the machine, whose run is over. */
async function waitOut(
  code: readonly number[],
  time: 'real' | 'deterministic',
  host: (retired: () => number) => MachineHost = nodeHost,
): Promise<Machine> {
  let retired = () => 0;
  const machine = new Machine({
    memory: 4 * 2 ** 20,
    boot: { media: ['disk'] },
    storage: { disks: [disk(code)] },
    serial: { write() {} },
    debugExitPort: DEBUG_EXIT,
    time,
    engine: (wires) => new JitVcpu(wires),
    host: host(() => retired()),
  });
  retired = () => machine.vcpu.retired;
  assert.deepEqual(await machine.run(), { reason: 'debug-exit', status: 19 });
  return machine;
}

/** A host on which only sleep and the guest's instructions (20 ns each) take time: what else this host does is not in it. */
function hostOfItsOwn(retired: () => number): MachineHost {
  let slept = 0;
  let last = 0;
  return {
    ...nodeHost(),
    clock: {
      now: () => {
        last = Math.max(last, slept + 20 * retired());
        return last;
      },
    },
    scheduler: {
      sleep: async (milliseconds) => {
        slept += Math.ceil(milliseconds) * 1e6;
      },
      breathe: async () => {},
      wake() {},
    },
  };
}

describe('a program that polls', () => {
  const TICKS = 8; // 0.44 s
  /** Does `work`, polls by `ask` until TICKS ticks have passed, and ends. Instructions, and the machine's time in ns. */
  async function poll(
    work: readonly number[],
    ask: readonly number[] = [0xb4, 0x01, 0xcd, 0x16], // mov ah, 1; int 16h
  ): Promise<{ instructions: number; time: number }> {
    const body = [...work, ...ask, 0x3b, 0x2e, 0x6c, 0x04]; // cmp bp, [46ch]
    const code = [
      ...[0x31, 0xc0, 0x8e, 0xd8, 0xfb], // xor ax, ax; mov ds, ax; sti
      ...[0x8b, 0x2e, 0x6c, 0x04, 0x83, 0xc5, TICKS], // mov bp, [46ch]; add bp, TICKS
      ...[...body, 0x77, -(body.length + 2) & 0xff], // ja
      ...end(9),
    ];
    const machine = await waitOut(code, 'deterministic');
    const result = { instructions: machine.vcpu.retired, time: machine.alarms.now() };
    machine.close();
    return result;
  }

  test('for a key alone is left alone until something happens', async () => {
    const { instructions, time } = await poll([]);
    assert.ok(time > 0.38e9 && time < 0.55e9, `${time} ns`);
    // Ten milliseconds until it is believed; a few instructions for each rest.
    assert.ok(instructions < 30e6, `${instructions} instructions`);
  });

  test('the keyboard controller is left alone too', async () => {
    const { instructions, time } = await poll([], [0xe4, 0x64]); // in al, 64h
    assert.ok(instructions < 30e6 && time > 0.38e9, `${instructions} instructions, ${time} ns`);
  });

  test('now and then while it counts gets all the time that there is', async () => {
    const { instructions, time } = await poll([0xb9, 0x00, 0x40, 0x43, 0xe2, 0xfd]); // mov cx, 4000h; 1: inc bx; loop 1b
    assert.ok(instructions / time > 0.999, `${instructions} of ${time}`);
  });
});

describe('a program in real time that waits for the timer', () => {
  const TICKS = 20; // 1.1 s
  /** Does `work` again and again until TICKS ticks have passed, which it sees in memory. How often the machine let it rest. */
  async function rests(work: readonly number[]): Promise<number> {
    const body = [...work, 0x3b, 0x2e, 0x6c, 0x04]; // cmp bp, [46ch]
    const code = [
      ...[0x31, 0xc0, 0x8e, 0xd8, 0xfb], // xor ax, ax; mov ds, ax; sti
      ...[0x8b, 0x2e, 0x6c, 0x04, 0x83, 0xc5, TICKS], // mov bp, [46ch]; add bp, TICKS
      ...[...body, 0x75, -(body.length + 2) & 0xff], // jne
      ...end(9),
    ];
    const machine = await waitOut(code, 'real');
    const count = machine.statistics().get('rests of a guest that does nothing');
    machine.close();
    return count!;
  }

  test('rests from tick to tick where it looks at memory only', async () => {
    assert.ok((await rests([])) > 2);
    assert.ok((await rests([0x50, 0xf3, 0x90, 0x58])) > 2, 'push ax; pause; pop ax');
  });

  test('rests where it looks at a clock that goes by itself', async () => {
    assert.ok((await rests([0x0f, 0x31])) > 2, 'rdtsc');
    assert.ok((await rests([0xe4, 0x40, 0xe4, 0x40])) > 2, "in al, 40h, twice: the PIT's count");
    assert.ok((await rests([0xb0, 0, 0xe6, 0x70, 0xe4, 0x71])) > 2, "the RTC's seconds");
  });

  test('does not miss ticks where it does something at each of them, in a long loop', async () => {
    const PICTURES = 40;
    for (const ask of [
      [0xb4, 0x01, 0xcd, 0x16], // mov ah, 1; int 16h
      [0x0f, 0x31], // rdtsc
    ]) {
      const wait = [
        ...[0xb9, 0xdc, 0x05, 0xe2, 0xfe], // mov cx, 1500; loop $
        ...ask,
        ...[0xa1, 0x6c, 0x04, 0x39, 0xf8], // mov ax, [46ch]; cmp ax, di
      ];
      const body = [
        ...[...wait, 0x74, -(wait.length + 2) & 0xff], // je
        ...[0x89, 0xc7, 0xb9, 0x2c, 0x01, 0xe2, 0xfe], // mov di, ax; mov cx, 300; loop $
        ...[0xfe, 0x06, 0x00, 0x70, 0x80, 0x3e, 0x00, 0x70, PICTURES], // inc byte [7000h]; cmp byte [7000h], PICTURES
      ];
      const code = [
        ...[0x31, 0xc0, 0x8e, 0xd8, 0xfb], // xor ax, ax; mov ds, ax; sti
        ...[0x8b, 0x2e, 0x6c, 0x04, 0x89, 0xef], // mov bp, [46ch]; mov di, bp
        ...[...body, 0x72, -(body.length + 2) & 0xff], // jb
        ...[0x29, 0xef, 0x83, 0xff, PICTURES + 20], // sub di, bp; cmp di, PICTURES + 20
        ...[0x77, end(9).length, ...end(9)], // ja
        ...end(8),
      ];
      (await waitOut(code, 'real', hostOfItsOwn)).close();
    }
  });

  test('is not taken for idling where it counts its askings in memory and gives up', async () => {
    for (const ask of [
      [0xb4, 0x01, 0xcd, 0x16], // mov ah, 1; int 16h
      [0xe4, 0x64], // in al, 64h
    ]) {
      const body = [...ask, 0x66, 0xff, 0x0e, 0x00, 0x70]; // dec dword [7000h]
      const code = [
        ...[0x31, 0xc0, 0x8e, 0xd8, 0xfb], // xor ax, ax; mov ds, ax; sti
        ...[0x66, 0xc7, 0x06, 0x00, 0x70, 0x30, 0x75, 0, 0], // mov dword [7000h], 30000
        ...[...body, 0x75, -(body.length + 2) & 0xff], // jne
        ...end(9),
      ];
      const machine = await waitOut(code, 'real');
      // Left alone at each of them it would take half an hour.
      assert.ok(machine.alarms.now() < 60e9);
      machine.close();
    }
  });

  test('gets all the time that there is where it counts, in memory too, or asks a device', async () => {
    assert.equal(await rests([0x43]), 0, 'inc bx');
    assert.equal(await rests([0xff, 0x06, 0x00, 0x70]), 0, 'inc word [7000h]');
    assert.equal(await rests([0x0f, 0x31, 0x43]), 0, 'rdtsc; inc bx');
    assert.equal(await rests([0xe4, 0x61]), 0, 'in al, 61h');
  });
});

test('with nothing to boot it says so and waits', async () => {
  const empty = emptyMemoryDisk(2048, { name: 'empty' });
  let said = '';
  const machine = new Machine({
    memory: 4 * 2 ** 20,
    boot: { media: ['cdrom', 'disk'] },
    storage: { disks: [empty] },
    serial: { write() {} },
    firmwareConsole: {
      write: (byte) => {
        said += String.fromCharCode(byte);
        if (said.includes('Ctrl-Alt-Del')) machine.stop('said');
      },
    },
    time: 'deterministic',
    host: nodeHost(),
  });
  assert.deepEqual(await machine.run(), { reason: 'stopped', by: 'said' });
  assert.match(said, /hard disk 1 \(empty\): no boot sector/);
});

test('a disc on an open tray is not looked at', async () => {
  let said = '';
  let reads = 0;
  const cdrom: BlockDevice = {
    ...emptyMemoryDisk(2048),
    read: (_offset, _target, done) => {
      reads++;
      done('io');
    },
  };
  const machine = new Machine({
    memory: 4 * 2 ** 20,
    boot: { media: ['cdrom', 'disk'] },
    storage: { disks: [disk(end(3))], cdrom },
    serial: { write() {} },
    firmwareConsole: {
      write: (byte) => {
        said += String.fromCharCode(byte);
      },
    },
    debugExitPort: DEBUG_EXIT,
    time: 'deterministic',
    host: nodeHost(),
  });
  // As a guest leaves it that has ejected the disc and restarts the machine.
  machine.board.cdrom!.moveTray(true);
  assert.deepEqual(await machine.run(), { reason: 'debug-exit', status: 7 });
  assert.match(said, /Booting from hard disk 1/);
  assert.equal(reads, 0);
});

test('a jump to the entry point restarts the machine', async () => {
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8], // xor ax, ax; mov ds, ax
    ...[0xa1, 0x00, 0x06], // mov ax, [600h]
    ...[0x3d, 0x5a, 0x5a, 0x74, 0x11], // cmp ax, 5a5ah; je out
    ...[0xc7, 0x06, 0x00, 0x06, 0x5a, 0x5a], // mov word [600h], 5a5ah
    ...[0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1], // mov al, ffh; out 21h, al; out a1h, al
    ...[0xea, 0x00, 0x00, 0xff, 0xff], // jmp ffff:0000
    ...[0xe4, 0x21, 0x3c, 0xb8, 0x75, 0x07], // out: in al, 21h; cmp al, b8h; jne to the last hlt
    ...end(9),
  ];
  const { end: outcome, said } = await boot([disk(code)]);
  assert.deepEqual(outcome, { reason: 'debug-exit', status: 19 });
  assert.equal(said.match(/Doppel BIOS/g)?.length, 2);
});
