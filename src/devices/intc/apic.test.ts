import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing.ts';
import { ApicBus } from './apic-bus.ts';
import { IoApic } from './io-apic.ts';
import { LocalApic } from './local-apic.ts';

const ID = 0x020;
const TPR = 0x080;
const PPR = 0x0a0;
const EOI = 0x0b0;
const LDR = 0x0d0;
const DFR = 0x0e0;
const SVR = 0x0f0;
const ESR = 0x280;
const ICR = 0x300;
const ICR_HIGH = 0x310;
const LVT_TIMER = 0x320;
const LVT_LINT0 = 0x350;
const LVT_LINT1 = 0x360;
const LVT_ERROR = 0x370;
const INITIAL = 0x380;
const CURRENT = 0x390;
const DIVIDE = 0x3e0;
const ENABLED_BASE = 0xfee0_0800;
const X2APIC_BASE = 0xfee0_0c00;

function build(count = 1) {
  const clock = new FakeClock();
  const bus = new ApicBus();
  const external = { vector: 0x30, asked: 0 };
  const cpus = Array.from({ length: count }, (_, id) => {
    const events: string[] = [];
    const wire = { intr: false };
    const apic = new LocalApic({
      id,
      bus,
      clock,
      processor: {
        interruptRequest: (level) => {
          wire.intr = level;
        },
        nonMaskableInterrupt: () => events.push('nmi'),
        systemManagementInterrupt: () => events.push('smi'),
        init: () => events.push('init'),
        startup: (vector) => events.push(`startup ${vector}`),
      },
      acknowledgeExternal: () => {
        external.asked++;
        return external.vector;
      },
      timeOfTsc: (value) => Number(value) / 2, // a 2 GHz time-stamp counter
    });
    const mmio = apic.regions[0]!;
    const read = (offset: number) => mmio.read(offset, 4);
    const write = (offset: number, value: number) => mmio.write(offset, 4, value);
    write(SVR, 0x1ff);
    return { apic, read, write, events, wire, mmio };
  });
  const ioApic = new IoApic({ bus, id: 2 });
  const io = ioApic.regions[0]!;
  const ioWrite = (index: number, value: number) => {
    io.write(0, 4, index);
    io.write(0x10, 4, value);
  };
  const ioRead = (index: number) => {
    io.write(0, 4, index);
    return io.read(0x10, 4);
  };
  return { clock, bus, external, cpus, cpu: cpus[0]!, ioApic, io, ioRead, ioWrite };
}

test('identity, version and reset values', () => {
  const { cpus } = build(3);
  assert.equal(cpus[2]!.read(ID), 0x0200_0000);
  assert.equal(cpus[0]!.read(0x030), 0x0005_0014);
  assert.equal(cpus[0]!.read(DFR), 0xffff_ffff);
  assert.equal(cpus[0]!.read(LVT_TIMER), 0x1_0000);
});

test('priorities: higher classes interrupt, TPR and service hold back', () => {
  const { cpu } = build();
  cpu.write(ICR, 0x4_0041); // self
  assert.equal(cpu.wire.intr, true);
  assert.equal(cpu.apic.acknowledge(), 0x41);
  assert.equal(cpu.read(PPR), 0x40);
  cpu.write(ICR, 0x4_0045);
  assert.equal(cpu.wire.intr, false);
  cpu.write(ICR, 0x4_0051);
  assert.equal(cpu.apic.acknowledge(), 0x51);
  cpu.write(EOI, 0);
  cpu.write(EOI, 0);
  assert.equal(cpu.wire.intr, true);
  cpu.write(TPR, 0x40);
  assert.equal(cpu.wire.intr, false);
  assert.equal(cpu.apic.acknowledge(), 0xff); // spurious
  assert.equal(cpu.apic.taskPriorityClass, 4);
  cpu.apic.taskPriorityClass = 3;
  assert.equal(cpu.read(TPR), 0x30);
  assert.equal(cpu.apic.pendingVector(), 0x45);
  assert.equal(cpu.read(0x220), 1 << 5);
});

test('virtual wire: LINT0 as ExtINT, and the bare wire of a disabled APIC', () => {
  const { cpu, external } = build();
  const lint0 = cpu.apic.lint(0);
  lint0.set(true);
  assert.equal(cpu.wire.intr, false);
  cpu.apic.enterVirtualWireMode();
  assert.equal(cpu.wire.intr, true);
  assert.equal(cpu.apic.acknowledge(), 0x30);
  lint0.set(false);
  assert.equal(cpu.wire.intr, false);
  cpu.apic.setBase(0xfee0_0000);
  lint0.set(true);
  assert.equal(cpu.wire.intr, true);
  assert.equal(cpu.apic.acknowledge(), 0x30);
  assert.equal(external.asked, 2);
  assert.equal(cpu.read(SVR), 0xffff_ffff);
});

test('LINT1 gives NMI; a level in fixed mode waits for EOI', () => {
  const { cpu } = build();
  cpu.write(LVT_LINT1, 0x400);
  cpu.apic.lint(1).set(true);
  cpu.apic.lint(1).set(true);
  assert.deepEqual(cpu.events, ['nmi']);
  cpu.write(LVT_LINT0, 0x8061);
  cpu.apic.lint(0).set(true);
  assert.equal(cpu.read(LVT_LINT0), 0xc061);
  assert.equal(cpu.apic.acknowledge(), 0x61);
  cpu.write(EOI, 0);
  assert.equal(cpu.apic.acknowledge(), 0x61);
  cpu.apic.lint(0).set(false);
  cpu.write(EOI, 0);
  assert.equal(cpu.wire.intr, false);
  assert.equal(cpu.read(LVT_LINT0), 0x8061);
});

test('the timer: one-shot, with its divider', () => {
  const { cpu, clock } = build();
  cpu.write(LVT_TIMER, 0x50);
  cpu.write(DIVIDE, 0x03); // by 16
  cpu.write(INITIAL, 1000);
  clock.advance(8_000);
  assert.equal(cpu.read(CURRENT), 500);
  clock.advance(7_999);
  assert.equal(cpu.wire.intr, false);
  clock.advance(1);
  assert.equal(cpu.wire.intr, true);
  assert.equal(cpu.read(CURRENT), 0);
  clock.advance(1_000_000);
  assert.equal(cpu.apic.acknowledge(), 0x50);
  cpu.write(EOI, 0);
  assert.equal(cpu.wire.intr, false);
});

test('the timer: periodic keeps its phase; masked it counts without interrupts', () => {
  const { cpu, clock } = build();
  cpu.write(DIVIDE, 0x0b); // by 1
  cpu.write(LVT_TIMER, 0x2_0050);
  cpu.write(INITIAL, 100_000);
  let count = 0;
  for (let step = 0; step < 1_000; step++) {
    clock.advance(10_000);
    if (cpu.wire.intr) {
      count++;
      cpu.apic.acknowledge();
      cpu.write(EOI, 0);
    }
  }
  assert.equal(count, 100);
  clock.advanceLate(1_050_000);
  assert.equal(cpu.apic.acknowledge(), 0x50);
  cpu.write(EOI, 0);
  assert.equal(clock.nextDeadline(), 11_100_000);
  cpu.write(LVT_TIMER, 0x3_0050);
  clock.advance(75_000);
  assert.equal(cpu.read(CURRENT), 75_000);
  assert.equal(cpu.wire.intr, false);
  cpu.write(LVT_TIMER, 0x2_0050);
  clock.advance(75_000);
  assert.equal(cpu.wire.intr, true);
});

test('the timer: TSC deadline', () => {
  const { cpu, clock } = build();
  assert.equal(cpu.apic.writeMsr(0x6e0, 5_000n), true);
  assert.equal(cpu.apic.readMsr(0x6e0), 0n);
  cpu.write(LVT_TIMER, 0x4_0050);
  cpu.apic.writeMsr(0x6e0, 20_000n);
  assert.equal(cpu.apic.readMsr(0x6e0), 20_000n);
  clock.advance(9_999);
  assert.equal(cpu.wire.intr, false);
  clock.advance(1);
  assert.equal(cpu.apic.acknowledge(), 0x50);
  assert.equal(cpu.apic.readMsr(0x6e0), 0n);
  cpu.write(EOI, 0);
  cpu.apic.writeMsr(0x6e0, 100_000n);
  cpu.apic.writeMsr(0x6e0, 0n);
  clock.advance(1_000_000);
  assert.equal(cpu.wire.intr, false);
});

test('a change of the entry does not lose an interrupt that is due', () => {
  const { cpu, clock } = build();
  cpu.write(DIVIDE, 0x0b);
  cpu.write(LVT_TIMER, 0x50);
  cpu.write(INITIAL, 1000);
  clock.pass(1500); // the host is late: the alarm has not been called
  cpu.write(LVT_TIMER, 0x1_0050);
  assert.equal(cpu.apic.pendingVector(), 0x50);
});

test('interprocessor interrupts: physical, shorthands, INIT and SIPI', () => {
  const { cpus } = build(3);
  const [a, b, c] = cpus;
  a!.write(ICR_HIGH, 0x0100_0000);
  a!.write(ICR, 0x41);
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [-1, 0x41, -1],
  );
  b!.write(ICR, 0xc_0042); // all but self
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [0x42, 0x41, 0x42],
  );
  c!.write(ICR, 0x8_0043); // all
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [0x43, 0x43, 0x43],
  );
  a!.write(ICR_HIGH, 0x0200_0000);
  a!.write(ICR, 0xc500);
  a!.write(ICR, 0x8500);
  a!.write(ICR, 0x069f);
  a!.write(ICR, 0x0400);
  assert.deepEqual(c!.events, ['init', 'startup 159', 'nmi']);
  assert.equal(c!.read(SVR), 0xff);
  a!.write(ICR_HIGH, 0xff00_0000);
  a!.write(ICR, 0x0400);
  assert.deepEqual([a!.events, b!.events], [['nmi'], ['nmi']]);
});

test('logical destinations: flat, cluster, lowest priority', () => {
  const { cpus, bus } = build(3);
  const [a, b, c] = cpus;
  cpus.forEach((cpu, index) => {
    cpu.write(LDR, 0x0100_0000 << index);
  });
  a!.write(ICR_HIGH, 0x0600_0000);
  a!.write(ICR, 0x0844);
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [-1, 0x44, 0x44],
  );
  a!.write(TPR, 0x20);
  b!.write(TPR, 0x10);
  c!.write(TPR, 0x20);
  a!.write(ICR_HIGH, 0x0700_0000);
  a!.write(ICR, 0x0955);
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [-1, 0x55, 0x44],
  );
  for (const cpu of cpus) cpu.write(DFR, 0);
  a!.write(LDR, 0x1100_0000);
  b!.write(LDR, 0x2100_0000);
  c!.write(LDR, 0x2200_0000);
  bus.send(0xfee2_3004, 0x0066);
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [-1, 0x66, 0x66],
  );
});

test('errors: vectors below 16', () => {
  const { cpu } = build();
  cpu.write(LVT_ERROR, 0xfe);
  cpu.write(ICR, 0x4_0005);
  assert.equal(cpu.read(ESR), 0);
  assert.equal(cpu.apic.acknowledge(), 0xfe);
  cpu.write(ESR, 0);
  assert.equal(cpu.read(ESR), 0x20);
  cpu.write(ESR, 0);
  assert.equal(cpu.read(ESR), 0);
});

test('x2APIC: MSRs, reserved bits, the derived LDR, SELF IPI', () => {
  const { cpus } = build(2);
  const { apic, read } = cpus[1]!;
  assert.equal(apic.readMsr(0x802), undefined);
  apic.setBase(X2APIC_BASE);
  cpus[0]!.apic.setBase(X2APIC_BASE);
  assert.equal(read(ID), 0xffff_ffff);
  assert.equal(apic.readMsr(0x802), 1n);
  assert.equal(apic.readMsr(0x80d), 0x2n);
  assert.equal(apic.writeMsr(0x80d, 1n), false);
  assert.equal(apic.readMsr(0x80e), undefined);
  assert.equal(apic.readMsr(0x80b), undefined);
  assert.equal(apic.writeMsr(0x808, 0x100n), false);
  assert.equal(apic.writeMsr(0x80b, 1n), false);
  assert.equal(apic.writeMsr(0x80f, 0x1ffn), true);
  assert.equal(apic.writeMsr(0x83f, 0x77n), true);
  assert.equal(apic.pendingVector(), 0x77);
  assert.equal(cpus[0]!.apic.writeMsr(0x830, 0x1_0000_0078n), true);
  assert.equal(apic.pendingVector(), 0x78);
  assert.equal(cpus[0]!.apic.readMsr(0x830), 0x1_0000_0078n);
  assert.equal(cpus[0]!.apic.writeMsr(0x830, 0xffff_ffff_0000_0079n), true);
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [0x79, 0x79],
  );
  assert.equal(cpus[0]!.apic.writeMsr(0x830, 0x2_0000_087an), true);
  assert.deepEqual(
    cpus.map((cpu) => cpu.apic.pendingVector()),
    [0x79, 0x7a],
  );
  apic.setBase(0);
  apic.setBase(ENABLED_BASE);
  assert.equal(read(SVR), 0xff);
});

test('I/O APIC: registers', () => {
  const p = build();
  assert.equal(p.ioRead(0), 0x0200_0000);
  assert.equal(p.ioRead(1), 0x0017_0020);
  assert.equal(p.ioRead(0x10), 0x1_0000);
  p.ioWrite(0x10, 0xffff_ffff);
  assert.equal(p.ioRead(0x10), 0x1_afff);
  p.ioWrite(0x11, 0xffff_ffff);
  assert.equal(p.ioRead(0x11), 0xff00_0000);
  assert.equal(p.ioRead(0x40), 0);
});

test('I/O APIC: edges, and edges lost behind the mask', () => {
  const p = build();
  const line = p.ioApic.pin(4);
  line.set(true);
  p.ioWrite(0x18, 0x34);
  assert.equal(p.cpu.wire.intr, false);
  line.set(false);
  line.set(true);
  assert.equal(p.cpu.apic.acknowledge(), 0x34);
  p.cpu.write(EOI, 0);
  assert.equal(p.cpu.wire.intr, false);
});

test('I/O APIC: a level comes again at EOI while the line is up', () => {
  const p = build();
  const line = p.ioApic.pin(9);
  p.ioWrite(0x22, 0x8039);
  line.set(true);
  assert.equal(p.ioRead(0x22), 0xc039);
  assert.equal(p.cpu.apic.acknowledge(), 0x39);
  assert.equal(p.cpu.read(0x190), 1 << 25); // TMR
  p.cpu.write(EOI, 0);
  assert.equal(p.cpu.apic.acknowledge(), 0x39);
  line.set(false);
  p.cpu.write(EOI, 0);
  assert.equal(p.cpu.wire.intr, false);
  assert.equal(p.ioRead(0x22), 0x8039);
  line.set(true);
  p.ioWrite(0x22, 0x1_8039);
  assert.equal(p.ioRead(0x22), 0x1_c039);
  p.ioWrite(0x22, 0x1_0039); // edge: remote IRR goes
  p.ioWrite(0x22, 0x1_8039);
  assert.equal(p.ioRead(0x22), 0x1_8039);
  p.ioWrite(0x22, 0x8039);
  p.io.write(0x40, 4, 0x39); // directed EOI: served, and asked for again
  assert.equal(p.ioRead(0x22), 0xc039);
});

test('MSI: fixed to a physical destination, broadcast', () => {
  const p = build(2);
  p.bus.send(0xfee0_1000, 0x0049);
  assert.deepEqual(
    p.cpus.map((cpu) => cpu.apic.pendingVector()),
    [-1, 0x49],
  );
  p.bus.send(0xfeef_f000, 0x004a);
  assert.deepEqual(
    p.cpus.map((cpu) => cpu.apic.pendingVector()),
    [0x4a, 0x4a],
  );
});

test('ExtINT as a message asks the 8259s once', () => {
  const p = build();
  p.ioWrite(0x10, 0x0700);
  p.ioApic.pin(0).set(true);
  assert.equal(p.cpu.wire.intr, true);
  assert.equal(p.cpu.apic.acknowledge(), 0x30);
  assert.equal(p.cpu.wire.intr, false);
});

test('narrow writes to APIC registers are ignored', () => {
  const { cpu } = build();
  cpu.mmio.write(TPR, 1, 0x50);
  cpu.mmio.write(TPR + 1, 4, 0x5050_5050);
  assert.equal(cpu.read(TPR), 0);
  cpu.write(TPR, 0x50);
  assert.equal(cpu.mmio.read(TPR, 1), 0x50);
});

test('I/O APIC: a level that no local APIC has accepted is not served, and comes when one is switched on', () => {
  const { cpu, ioApic, ioRead, ioWrite } = build();
  const REMOTE_IRR = 1 << 14;
  cpu.write(SVR, 0x0ff);
  ioWrite(0x10 + 2 * 10, 0x8041);
  ioApic.pin(10).set(true);
  assert.equal(ioRead(0x10 + 2 * 10) & REMOTE_IRR, 0);
  assert.equal(cpu.wire.intr, false);
  cpu.write(SVR, 0x1ff);
  assert.equal(ioRead(0x10 + 2 * 10) & REMOTE_IRR, REMOTE_IRR);
  assert.deepEqual([cpu.wire.intr, cpu.apic.acknowledge()], [true, 0x41]);
  ioApic.pin(10).set(false);
  cpu.write(EOI, 0);
  assert.equal(ioRead(0x10 + 2 * 10) & REMOTE_IRR, 0);
  // Addressed to nobody, and then to somebody.
  ioWrite(0x11 + 2 * 10, 0x0700_0000);
  ioApic.pin(10).set(true);
  assert.equal(ioRead(0x10 + 2 * 10) & REMOTE_IRR, 0);
  ioWrite(0x11 + 2 * 10, 0);
  ioWrite(0x10 + 2 * 10, 0x8042);
  assert.equal(cpu.apic.acknowledge(), 0x42);
});
