// The chipset on the board, through the ports and the memory that a guest reaches it by.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageDisk } from '../../backend/block/memory-disk.ts';
import { loopbackNetwork } from '../../backend/net/loopback.ts';
import { randomNumbers } from '../../devices/testing.ts';
import { NoneVcpu } from '../../engine/none/none-vcpu.ts';
import { nodeHost } from '../../host/node/platform.ts';
import { Machine } from '../vm/machine.ts';
import type { MachineOptions } from '../vm/machine-options.ts';
import type { Board } from './board.ts';

const KIB64 = 0x1_0000;

function start(options: Partial<MachineOptions> = {}) {
  const firmware = new Uint8Array(2 * KIB64).fill(0x11, 0, KIB64).fill(0x22, KIB64);
  const machine = new Machine({
    memory: 16 << 20,
    boot: { firmware },
    serial: { write() {} },
    host: nodeHost(),
    engine: () => new NoneVcpu(),
    ...options,
  });
  const { board, memory } = machine;
  const config = (device: number, func: number, offset: number) => {
    board.portWrite(0xcf8, 4, 0x8000_0000 | (device << 11) | (func << 8) | (offset & 0xfc));
    return 0xcfc + (offset & 3);
  };
  return { machine, board, memory, config };
}

test('firmware shows at the end of 4 GiB and below 1 MiB; PAM puts RAM in its place', () => {
  const { board, memory, config } = start();
  assert.equal(memory.read8(0xffff_fff0), 0x22);
  assert.equal(memory.read8(0xfffe_0000), 0x11);
  assert.equal(memory.read8(0xe_0000), 0x11);
  assert.equal(memory.read8(0xf_0000), 0x22);
  assert.equal(memory.read8(0xc_0000), 0xff);
  memory.write8(0xf_0000, 1);
  // As firmware does: write to RAM, copy, then read from it, then protect it.
  board.portWrite(config(0, 0, 0x59), 1, 0x20);
  assert.equal(memory.read8(0xf_0000), 0x22);
  memory.write8(0xf_0000, 2);
  board.portWrite(config(0, 0, 0x59), 1, 0x30);
  assert.equal(memory.read8(0xf_0000), 2);
  board.portWrite(config(0, 0, 0x59), 1, 0x10);
  memory.write8(0xf_0000, 3);
  assert.equal(memory.read8(0xf_0000), 2);
  // C8000-CBFFF is the low half of PAM2.
  board.portWrite(config(0, 0, 0x5b), 1, 0x03);
  memory.write8(0xc_8000, 4);
  assert.equal(memory.read8(0xc_8000), 4);
  assert.equal(memory.read8(0xc_c000), 0xff);
});

test('a shared interrupt that two chips hold is low when both have let go, after restore too', () => {
  const make = () => start({ moreSerial: [{ write() {} }, { write() {} }] });
  const first = make();
  const [com1, com3] = [0x3f8, 0x3e8];
  for (const port of [com1, com3]) {
    first.board.portWrite(port + 4, 1, 8); // OUT2 lets the interrupt through
    first.board.portWrite(port + 1, 1, 2); // the transmitter is empty
  }
  first.board.portWrite(0x4d0, 1, 0x10); // level-triggered
  const second = make();
  for (const [name, chip] of first.board.chips) {
    second.board.chips.get(name)!.restore(structuredClone(chip.save()));
  }
  const requested = () => {
    second.board.portWrite(0x20, 1, 0x0a);
    return second.board.portRead(0x20, 1) & 0x10;
  };
  assert.equal(requested(), 0x10);
  second.board.portWrite(com1 + 1, 1, 0);
  assert.equal(requested(), 0x10, 'COM3 holds it');
  second.board.portWrite(com3 + 1, 1, 0);
  assert.equal(requested(), 0);
});

test('the chipset is handed on with AHCI ports that have nothing to report of power-on', () => {
  const disk = { medium: imageDisk(new Uint8Array(1 << 20)), bus: 'ahci' as const };
  const { board, memory, config } = start({ storage: { disks: [disk] } });
  board.actAsFirmware();
  const base = board.portRead(config(0x1f, 0, 0x24), 4);
  const port = (register: number) => memory.read32(base + 0x100 + register);
  assert.equal(port(0x28) & 0xf, 3, 'PxSSTS: the disk talks');
  assert.deepEqual([port(0x10), port(0x30), memory.read32(base + 8)], [0, 0, 0], 'PxIS, PxSERR, IS');
});

test('suspend to RAM: PCI functions keep their configuration, chips are reset, and CMOS says why firmware starts', () => {
  const { board, config } = start({ storage: { disks: [imageDisk(new Uint8Array(1 << 20))] }, display: {} });
  board.actAsFirmware();
  const bar = () => board.portRead(config(1, 1, 0x20), 4);
  const cmos = (index: number) => {
    board.portWrite(0x70, 1, index);
    return board.portRead(0x71, 1);
  };
  const placed = bar();
  assert.ok(placed > 1);
  board.portWrite(0x21, 1, 0x5a);
  board.portWrite(0x1f2, 1, 0x77);
  board.suspend();
  assert.equal(bar(), placed);
  assert.notEqual(board.portRead(0x21, 1), 0x5a);
  assert.equal(board.portRead(0x1f2, 1), 1, 'the signature of a disk');
  assert.equal(cmos(0x0f), 0xfe);
  // Nobody has left a waking vector; then one.
  assert.equal(board.wakeAsFirmware(), null);
  assert.equal(cmos(0x0f), 0);
  board.memory.write(0xe_004c, Uint8Array.of(0x34, 0x12, 0x09, 0));
  assert.deepEqual(board.wakeAsFirmware(), { segment: 0x9123, offset: 4 });
  assert.equal(board.memory.a20, true);
});

test('a board that is restored answers as the one that was saved', () => {
  const make = () => {
    const { board } = start({
      time: 'deterministic',
      display: {},
      storage: {
        disks: [
          imageDisk(new Uint8Array(1 << 20)),
          { medium: imageDisk(new Uint8Array(1 << 20)), bus: 'ahci' },
        ],
        cdrom: null,
        floppies: [null],
      },
      network: [
        { model: 'e1000', backend: loopbackNetwork() },
        { model: 'ne2k_pci', backend: loopbackNetwork() },
      ],
    });
    return board;
  };
  // Ports of chips: not those that reset the machine or turn it off, and what firmware would have set up.
  const PORTS = [
    ...[0x00, 0x20, 0x21, 0x40, 0x42, 0x43, 0x60, 0x61, 0x70, 0x71, 0x80, 0x81, 0xa0, 0xa1, 0xc0, 0xd6],
    ...[0x1f0, 0x1f2, 0x1f6, 0x1f7, 0x3f6, 0x3f2, 0x3f4, 0x3f5, 0x3f8, 0x3f9, 0x3fb, 0x3c0, 0x3c4, 0x3c5],
    ...[0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x1ce, 0x1cf, 0x4d0, 0x510, 0x511, 0xcf8, 0xcfc],
  ];
  for (let seed = 1; seed <= 6; seed++) {
    const random = randomNumbers(seed * 97);
    const step = (boards: readonly Board[]) => {
      const port = PORTS[random(PORTS.length)]!;
      const some = ([1, 2, 4] as const)[random(port === 0xcfc || port === 0x1f0 ? 3 : 1)]!;
      const value = port === 0xcf8 ? (0x8000_0000 | (random(0x4000) << 2)) >>> 0 : random(256);
      const width = port === 0xcf8 ? 4 : some;
      if (random(3) === 0) {
        const [a, b] = boards.map((board) => board.portRead(port, width));
        if (b !== undefined) assert.equal(b, a, `seed ${seed}, port ${port.toString(16)}`);
      } else for (const board of boards) board.portWrite(port, width, value);
    };
    const first = make();
    first.actAsFirmware();
    for (let i = 0; i < 3000; i++) step([first]);
    const second = make();
    second.memory.ram.set(first.memory.ram);
    const saved = () => new Map([...first.chips].map(([name, chip]) => [name, structuredClone(chip.save())]));
    for (const [name, record] of saved()) second.chips.get(name)!.restore(record);
    const compare = () => {
      for (const [name, record] of saved()) {
        assert.deepEqual(second.chips.get(name)!.save(), record, `seed ${seed}, ${name}`);
      }
    };
    compare();
    for (let i = 0; i < 3000; i++) step([first, second]);
    compare();
  }
});

test('a hard reset brings the ROM back and leaves memory alone', () => {
  const { machine, board, memory, config } = start();
  board.portWrite(config(0, 0, 0x59), 1, 0x30);
  memory.write8(0xf_0000, 7);
  memory.write32(0x20_0000, 0x1234_5678);
  board.portWrite(0xcf9, 1, 0x06);
  machine.step();
  assert.equal(memory.read8(0xf_0000), 0x22);
  assert.equal(memory.read32(0x20_0000), 0x1234_5678);
});

test('address line 20: port 0x92 and the keyboard controller, either of them', () => {
  const { board, memory } = start();
  memory.write8(0x10_0000, 1);
  assert.equal(memory.read8(0), 0);
  // D1h: the output port, without A20.
  board.portWrite(0x64, 1, 0xd1);
  board.portWrite(0x60, 1, 0xdd);
  assert.equal(memory.read8(0x10_0000), 0);
  board.portWrite(0x92, 1, 2);
  assert.equal(memory.read8(0x10_0000), 1);
});

test('serial ports with a printer beside them: as many as are given', () => {
  const sent: string[] = [];
  const sink = (name: string) => ({ write: (byte: number) => sent.push(`${name} ${byte}`) });
  const { machine, board } = start({ moreSerial: [sink('two'), sink('three')], printer: sink('printer') });
  board.portWrite(0x2f8, 1, 0x41);
  board.portWrite(0x3e8, 1, 0x42);
  board.portWrite(0x378, 1, 0x43);
  board.portWrite(0x37a, 1, 0x0d);
  assert.deepEqual(sent, ['two 65', 'three 66', 'printer 67']);
  assert.equal(board.portRead(0x2e8, 1), 0xff);
  machine.serialInput(Uint8Array.of(0x61), 1);
  assert.equal(board.portRead(0x2f8, 1), 0x61);
  assert.deepEqual(board.parts.serialPorts, [0x3f8, 0x2f8, 0x3e8]);
});

test('the HPET takes the place of the PIT at IRQ 0', () => {
  const { board } = start();
  assert.equal(board.mmioRead(0xfed0_0000, 4), 0x8086_a201);
  // Counter 0 in mode 0 with a count of 0 leaves OUT low; mode 2 raises it: IRR of the first PIC shows IRQ 0.
  const requested = () => {
    board.portWrite(0x20, 1, 0x0a);
    return board.portRead(0x20, 1) & 1;
  };
  board.portWrite(0x43, 1, 0x30);
  board.portWrite(0x20, 1, 0x11);
  for (const word of [8, 4, 1]) board.portWrite(0x21, 1, word);
  board.mmioWrite(0xfed0_0010, 4, 2);
  board.portWrite(0x43, 1, 0x34);
  assert.equal(requested(), 0);
  board.mmioWrite(0xfed0_0010, 4, 0);
  assert.equal(requested(), 1);
});

test("the real-time clock's alarm reaches ACPI where the HPET has taken IRQ 8", () => {
  let now = Date.UTC(2026, 0, 1);
  const { board } = start({ host: { ...nodeHost(), wallClock: { nowMilliseconds: () => now } } });
  const cmos = (index: number, value: number) => {
    board.portWrite(0x70, 1, index);
    board.portWrite(0x71, 1, value);
  };
  const pm1 = () => board.power.readStatus() & 0x0400;
  board.mmioWrite(0xfed0_0010, 4, 2);
  cmos(0x0b, 0x22); // AIE
  for (const index of [1, 3, 5]) cmos(index, 0xff); // every second
  assert.equal(pm1(), 0);
  now += 1000;
  cmos(0x0b, 0x22);
  assert.equal(pm1(), 0x0400);
});

test('what is no firmware is refused with a sentence', () => {
  for (const size of [0, 1000, KIB64 + 1, 17 << 20]) {
    assert.throws(() => start({ boot: { firmware: new Uint8Array(size) } }), /The firmware has \d+ bytes/);
  }
  assert.throws(() => start({ display: { rom: new Uint8Array(512) } }), /55 AA/);
});
