// The chips wired as on a board, used the way operating systems' kernels find and calibrate them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentStream } from '../backend/char.ts';
import { Uart16550 } from './char/uart16550.ts';
import { I8042 } from './input/i8042.ts';
import { ApicBus } from './intc/apic-bus.ts';
import { I8259Pair } from './intc/i8259.ts';
import { IoApic } from './intc/io-apic.ts';
import { LocalApic } from './intc/local-apic.ts';
import { fanOut } from './intc/wires.ts';
import { PciBus, PciConfigPorts } from './pci/config-ports.ts';
import { HostBridge440Fx } from './pci/host-bridge.ts';
import { AcpiPm } from './platform/acpi-pm.ts';
import { A20Gate, SystemControlPortB } from './platform/system-control.ts';
import type { RegisterRegion } from './registers.ts';
import { FakeClock } from './testing.ts';
import { PIT_HZ } from './timer/clock-rate.ts';
import { Pit } from './timer/pit.ts';

/** Time that a port access takes on an ISA bus, in ns. */
const PORT_ACCESS = 1_000;

function buildBoard() {
  const clock = new FakeClock(1_000_000);
  const bus = new ApicBus();
  const processor = { intr: false, nmis: 0 };
  const apic = new LocalApic({
    id: 0,
    bus,
    clock,
    processor: {
      interruptRequest: (level) => {
        processor.intr = level;
      },
      nonMaskableInterrupt: () => {
        processor.nmis++;
      },
      systemManagementInterrupt() {},
      init() {},
      startup() {},
    },
    acknowledgeExternal: () => pic.acknowledge(),
  });
  const pic: I8259Pair = new I8259Pair(apic.lint(0));
  const ioApic = new IoApic({ bus, id: 0 });
  const irq = (number: number) => fanOut(pic.line(number), ioApic.pin(number === 0 ? 2 : number));
  const pit = new Pit({ clock, irq: irq(0) });
  const portB = new SystemControlPortB({ clock, timer: pit });
  const pm = new AcpiPm({ clock, sci: irq(9), powerOff() {} });
  const uart = new Uart16550({ clock, irq: irq(4), stream: silentStream });
  const i8042 = new I8042({
    clock,
    keyboardIrq: irq(1),
    mouseIrq: irq(12),
    a20: new A20Gate(() => {}),
    reset() {},
  });
  const pci = new PciBus();
  pci.attach(0, 0, new HostBridge440Fx());

  const ports: [number, RegisterRegion][] = [
    [0x20, pic.regions[0]!],
    [0xa0, pic.regions[1]!],
    [0x40, pit.regions[0]!],
    [0x61, portB.regions[0]!],
    [0x60, i8042.regions[0]!],
    [0x64, i8042.regions[1]!],
    [0x3f8, uart.regions[0]!],
    [0x608, pm.regions[2]!],
    [0xcf8, new PciConfigPorts(pci).regions[0]!],
  ];
  const find = (port: number) => {
    clock.advance(PORT_ACCESS);
    const [start, region] = ports.find(([first, r]) => port >= first && port < first + r.size)!;
    return { region, offset: port - start };
  };
  const input = (port: number, width: 1 | 2 | 4 = 1) => {
    const { region, offset } = find(port);
    return region.read(offset, width);
  };
  const output = (port: number, value: number, width: 1 | 2 | 4 = 1) => {
    const { region, offset } = find(port);
    region.write(offset, width, value);
  };
  const [apicRegion, ioRegion] = [apic.regions[0]!, ioApic.regions[0]!];
  return { clock, processor, apic, apicRegion, ioRegion, pic, input, output };
}

function initialisePics(board: ReturnType<typeof buildBoard>): void {
  const { output } = board;
  output(0x21, 0xff);
  for (const [port, base, cascade] of [
    [0x20, 0x30, 4],
    [0xa0, 0x38, 2],
  ] as const) {
    output(port, 0x11);
    output(port + 1, base);
    output(port + 1, cascade);
    output(port + 1, 0x01);
  }
  output(0x21, 0xff);
  output(0xa1, 0xff);
}

test('the PIC is found by writing its mask and reading it back', () => {
  const board = buildBoard();
  board.output(0xa1, 0xff);
  board.output(0x21, 0xfb);
  assert.equal(board.input(0x21), 0xfb);
  initialisePics(board);
  assert.equal(board.input(0x21), 0xff);
});

test('calibration against PIT counter 2: mode 0 through port 0x61', () => {
  const board = buildBoard();
  const { clock, input, output } = board;
  output(0x61, (input(0x61) & ~0x02) | 0x01);
  const latch = Math.round(PIT_HZ / 20); // 50 ms
  output(0x43, 0xb0);
  output(0x42, latch & 0xff);
  output(0x42, latch >> 8);
  const begin = clock.now();
  const timerBegin = input(0x608, 4);
  let polls = 0;
  while ((input(0x61) & 0x20) === 0) polls++;
  const elapsed = clock.now() - begin;
  assert.ok(polls > 1000);
  assert.ok(Math.abs(elapsed - 50_000_000) < 10_000, `${elapsed} ns`);
  const timerTicks = input(0x608, 4) - timerBegin;
  assert.ok(Math.abs(timerTicks - 178_977) < 60, `${timerTicks} PM timer ticks`);
});

test('calibration against the high byte of counter 2 as it falls', () => {
  const { clock, input, output } = buildBoard();
  output(0x61, (input(0x61) & ~0x02) | 0x01);
  output(0x43, 0xb0);
  output(0x42, 0xff);
  output(0x42, 0xff);
  const readHigh = () => {
    input(0x42);
    return input(0x42);
  };
  let high = readHigh();
  const begin = clock.now();
  const first = high;
  for (let falls = 0; falls < 20; ) {
    const next = readHigh();
    if (next === high) continue;
    assert.equal(next, high - 1);
    high = next;
    falls++;
  }
  const measured = ((first - high) * 256 * 1e9) / PIT_HZ;
  assert.ok(Math.abs(clock.now() - begin - measured) < 256 * 1000, 'within one step of the high byte');
});

test('the timer interrupt comes through the I/O APIC, and through the 8259 in virtual wire mode', () => {
  const board = buildBoard();
  const { clock, processor, apic, apicRegion, ioRegion, output } = board;
  initialisePics(board);
  output(0x43, 0x34);
  output(0x40, 4773 & 0xff); // 250 Hz
  output(0x40, 4773 >> 8);
  apic.enterVirtualWireMode();
  output(0x21, 0xfe);
  clock.advance(5_000_000);
  assert.equal(processor.intr, true);
  assert.equal(apic.acknowledge(), 0x30);
  output(0x20, 0x60);
  output(0x21, 0xff);

  apicRegion.write(0x350, 4, 0x1_0700);
  ioRegion.write(0, 4, 0x14);
  ioRegion.write(0x10, 4, 0x30);
  let count = 0;
  for (let step = 0; step < 100; step++) {
    clock.advance(1_000_000);
    if (!processor.intr) continue;
    assert.equal(apic.acknowledge(), 0x30);
    apicRegion.write(0x0b0, 4, 0);
    count++;
  }
  assert.equal(count, 25);
  assert.equal(processor.nmis, 0);
});

test('the local APIC timer is calibrated against the PM timer', () => {
  const { clock, apic, apicRegion, input } = buildBoard();
  apic.enterVirtualWireMode();
  apicRegion.write(0x3e0, 4, 0x03);
  apicRegion.write(0x320, 4, 0x1_00ec);
  apicRegion.write(0x380, 4, 0xffff_ffff);
  const begin = input(0x608, 4);
  clock.advance(100_000_000);
  const ticks = 0xffff_ffff - apicRegion.read(0x390, 4);
  const pmTicks = input(0x608, 4) - begin;
  const hertz = (ticks * 16 * 3_579_545) / pmTicks;
  assert.ok(Math.abs(hertz - 1e9) < 1e5, `${hertz}`);
});

test('a serial driver recognises a 16550A', () => {
  const { input, output } = buildBoard();
  const [IER, FCR, LCR, MCR, MSR, SCR] = [0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fe, 0x3ff];
  const ier = input(IER);
  output(IER, 0);
  assert.equal(input(IER) & 0x0f, 0);
  output(IER, 0x0f);
  assert.equal(input(IER) & 0x0f, 0x0f);
  output(IER, ier);
  output(MCR, 0x1a);
  assert.equal(input(MSR) & 0xf0, 0x90);
  output(MCR, 0);
  output(LCR, 0xbf); // an enhanced chip would show its EFR here
  output(FCR, 0);
  output(LCR, 0);
  output(FCR, 0x01);
  assert.equal(input(FCR) >> 6, 3);
  output(FCR, 0);
  output(SCR, 0xa5);
  assert.equal(input(SCR), 0xa5);
  output(IER, 0x02);
  assert.equal(input(FCR) & 0x0f, 0x02);
  output(IER, 0);
  output(IER, 0x02);
  assert.equal(input(FCR) & 0x0f, 0x02, 'no missing transmitter interrupt');
});

test('PCI configuration mechanism #1 is recognised, with a sane host bridge', () => {
  const { input, output } = buildBoard();
  output(0xcfb, 0x01);
  const old = input(0xcf8, 4);
  output(0xcf8, 0x8000_0000, 4);
  assert.equal(input(0xcf8, 4), 0x8000_0000);
  output(0xcf8, old, 4);
  output(0xcf8, 0x8000_0008, 4);
  assert.equal(input(0xcfe, 2), 0x0600);
});

test('a keyboard driver finds the controller, and nobody behind it, without waiting', () => {
  const { clock, input, output } = buildBoard();
  const begin = clock.now();
  const command = (value: number) => output(0x64, value);
  const answer = () => {
    assert.equal(input(0x64) & 1, 1);
    return input(0x60);
  };
  command(0x20);
  const config = answer();
  command(0x60);
  output(0x60, (config | 0x30) & ~0x43);
  command(0xaa);
  assert.equal(answer(), 0x55);
  command(0xd3);
  output(0x60, 0x5a);
  assert.equal(answer(), 0x5a);
  command(0xa9);
  assert.equal(answer(), 0x00);
  command(0xae);
  output(0x60, 0xf2);
  assert.equal(input(0x64) & 0x40, 0x40);
  assert.equal(answer(), 0xfe);
  assert.ok(clock.now() - begin < 1_000_000);
});
