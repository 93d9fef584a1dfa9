// Every chip on a bench of its own: built with stand-ins for its wires, with the pushes from outside
// (line levels, input bytes, buttons) that it can get, and with a record of what it drives. The tests
// of every device (devices.test.ts) run over this list; a new chip is added here.
import { type Bench, type BenchMaker, bundle, recorder } from './bench-testing.ts';
import { ParallelPort } from './char/parallel-port.ts';
import { Uart16550 } from './char/uart16550.ts';
import type { Chip } from './chip.ts';
import { DISPLAY_BENCHES } from './display/benches-testing.ts';
import { FLASH_BENCHES } from './flash/benches-testing.ts';
import { I8042 } from './input/i8042.ts';
import { Ps2Keyboard } from './input/keyboard.ts';
import { Ps2Mouse } from './input/mouse.ts';
import { KEYS } from './input/scan-codes.ts';
import { VmwarePointer } from './input/vmware-pointer.ts';
import { ApicBus } from './intc/apic-bus.ts';
import { I8259Pair } from './intc/i8259.ts';
import { IO_APIC_PINS, IoApic } from './intc/io-apic.ts';
import { LocalApic } from './intc/local-apic.ts';
import { SharedLines } from './intc/wires.ts';
import { NETWORK_BENCHES } from './net/benches-testing.ts';
import { PCI_BENCHES } from './pci/benches-testing.ts';
import { AcpiPm } from './platform/acpi-pm.ts';
import { ApmPorts } from './platform/apm-ports.ts';
import { DebugConsole, DebugExit, PostPort } from './platform/debug-ports.ts';
import { FwCfg } from './platform/fw-cfg.ts';
import { Smbus } from './platform/smbus.ts';
import { A20Gate, ResetControl, SystemControlPortA, SystemControlPortB } from './platform/system-control.ts';
import { TEST_LINES, TestDevice } from './platform/test-device.ts';
import { STORAGE_BENCHES } from './storage/benches-testing.ts';
import { Hpet } from './timer/hpet.ts';
import { Pit } from './timer/pit.ts';
import { fixedWallClock, Rtc } from './timer/rtc.ts';

/** 2026-01-01T00:00:00Z in milliseconds. */
const WALL_START = 1_767_225_600_000;

const makeUart: BenchMaker = {
  name: 'uart16550',
  make(clock) {
    const { log, lines, line, note } = recorder();
    const uart = new Uart16550({
      irq: line('irq'),
      clock,
      stream: { write: note('sent'), onRoom() {} },
    });
    return {
      chip: uart,
      log,
      lines,
      pushes: [
        (value) => uart.receive(new Uint8Array(value % 20).fill(value)),
        (value) => uart.setModemLines(value),
        () => uart.receiveBreak(),
      ],
    };
  },
};

const makePic: BenchMaker = {
  name: 'i8259-pair',
  make() {
    const { log, lines, line } = recorder();
    const pic = new I8259Pair(line('intr'));
    return {
      chip: pic,
      log,
      lines,
      pushes: [
        (value) => pic.line(value & 15).set((value & 16) !== 0),
        (value) => pic.line(value & 15).set((value & 16) !== 0),
        () => pic.acknowledge(),
      ],
    };
  },
};

const makeIoApic: BenchMaker = {
  name: 'io-apic',
  make() {
    const { log, lines, note } = recorder();
    const bus = new ApicBus();
    const accept = note('accept');
    bus.attach({
      id: 0,
      accepting: true,
      processorPriority: 0,
      matches: () => true,
      accept: (mode, vector, level) => {
        accept([mode, vector, level]);
        return true;
      },
    });
    const chip = new IoApic({ bus, id: 1 });
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => chip.pin(value % IO_APIC_PINS).set((value & 128) !== 0),
        (value) => chip.endOfInterrupt(value),
      ],
    };
  },
};

const makeLocalApic: BenchMaker = {
  name: 'local-apic',
  make(clock) {
    const { log, lines, line, note } = recorder();
    const bus = new ApicBus();
    const intr = line('intr');
    const chip = new LocalApic({
      id: 3,
      bus,
      clock,
      processor: {
        interruptRequest: (level) => intr.set(level),
        nonMaskableInterrupt: note('nmi'),
        systemManagementInterrupt: note('smi'),
        init: note('init'),
        startup: note('startup'),
      },
      acknowledgeExternal: () => 0x30,
      timeOfTsc: (value) => Number(value),
    });
    bus.attachListener({ endOfInterrupt: note('eoi'), retry: note('retry') });
    const { read, write } = { read: chip.readMsr.bind(chip), write: chip.writeMsr.bind(chip) };
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => chip.lint((value & 1) as 0 | 1).set((value & 2) !== 0),
        (value) => bus.send(0xfee0_0000 | (value << 10), value << 3),
        () => chip.acknowledge(),
        () => chip.enterVirtualWireMode(),
        (value) => chip.setBase((value & 3) << 10),
        (value) => read(0x800 + (value & 63)),
        (value) => write(0x800 + (value & 63), BigInt(value) * 0x1_0007n),
        (value) => write(0x6e0, BigInt(Math.floor(clock.now())) + BigInt(value) * 100n),
      ],
    };
  },
};

const makePit: BenchMaker = {
  name: 'i8254',
  make(clock) {
    const { log, lines, line } = recorder();
    const pit = new Pit({ clock, irq: line('irq0') });
    return {
      chip: pit,
      log,
      lines,
      pushes: [(value) => pit.setGate(2, (value & 1) !== 0), () => pit.output(2), () => pit.output(0)],
    };
  },
};

const makeRtc: BenchMaker = {
  name: 'mc146818',
  make(clock) {
    const { log, lines, line } = recorder();
    const rtc = new Rtc({ clock, wallClock: fixedWallClock(clock, WALL_START), irq: line('irq8') });
    return { chip: rtc, log, lines, pushes: [() => rtc.nmiMasked, (value) => rtc.setRam(value, value)] };
  },
};

const makeAcpiPm: BenchMaker = {
  name: 'acpi-pm',
  make(clock) {
    const { log, lines, line, note } = recorder();
    const pm = new AcpiPm({ clock, sci: line('sci'), powerOff: note('off'), timerBits: 24 });
    return {
      chip: pm,
      log,
      lines,
      pushes: [() => pm.pressPowerButton(), (value) => pm.rtcInterrupt.set((value & 1) !== 0)],
    };
  },
};

/** A controller with what is plugged into it, as one chip: what waits in a device is seen through the controller. */
const makeI8042: BenchMaker = {
  name: 'i8042 with keyboard and mouse',
  make(clock) {
    const { log, lines, line, note } = recorder();
    const a20Line = line('a20');
    const keyboard = new Ps2Keyboard({ clock, onRoom: note('room') });
    const mouse = new Ps2Mouse({ clock });
    const chip = new I8042({
      clock,
      keyboardIrq: line('irq1'),
      mouseIrq: line('irq12'),
      keyboard,
      mouse,
      a20: new A20Gate((enabled) => a20Line.set(enabled)),
      reset: note('reset'),
    });
    return {
      chip: bundle('input', [chip, keyboard, mouse]),
      log,
      lines,
      pushes: [
        (value) => keyboard.key(KEYS[value % KEYS.length]!.code, true),
        (value) => keyboard.key(KEYS[value % KEYS.length]!.code, value % 3 === 0),
        (value) => mouse.move(value - 128, 128 - value, value % 5 === 0 ? value - 128 : 0, value & 31),
      ],
    };
  },
};

const makeVmwarePointer: BenchMaker = {
  name: 'vmware-pointer',
  make(clock) {
    const { log, lines, note } = recorder();
    const mouse = new Ps2Mouse({ clock });
    // Requests come as pushes, and packets; a read of the port itself asks for the status.
    const status = { ebx: 0, ecx: 40 };
    const registers = { eax: 0x564d_5868, edx: 0x5658, ...status };
    const announce = note('announce');
    const chip = new VmwarePointer({
      registers,
      mouse: { move: (...step) => mouse.move(...step), announce: () => announce(true) },
    });
    const requests = [
      [40, 0],
      [39, 1],
      [39, 4],
      [41, 0x4541_4552],
      [41, 0x5342_4152],
      [41, 0xf5],
    ] as const;
    return {
      chip: bundle('pointer', [chip, mouse]),
      log,
      lines,
      pushes: [
        (value) => chip.moveTo(value * 257, value, value - 128, value & 7),
        (value) => chip.move(value - 128, value, 0, value & 7),
        (value) => {
          [registers.ecx, registers.ebx] = requests[value % requests.length]!;
          log.push(`answers ${chip.request()}`);
          Object.assign(registers, status);
        },
      ],
    };
  },
};

const makePortA: BenchMaker = {
  name: 'system-control-a',
  make() {
    const { log, lines, line, note } = recorder();
    const a20Line = line('a20');
    const a20 = new A20Gate((enabled) => a20Line.set(enabled));
    return { chip: new SystemControlPortA({ a20, reset: note('reset') }), log, lines, pushes: [] };
  },
};

const makePortB: BenchMaker = {
  name: 'system-control-b',
  make(clock) {
    const { log, lines, note } = recorder();
    const gate = note('gate');
    const timer = { setGate: (_: 2, level: boolean) => gate(level), output: () => true };
    const chip = new SystemControlPortB({ clock, timer, speaker: note('speaker') });
    return { chip, log, lines, pushes: [] };
  },
};

const makeFwCfg: BenchMaker = {
  name: 'fw-cfg',
  make() {
    const { log, lines, note } = recorder();
    const write = note('written');
    const chip = new FwCfg({
      memory: {
        // Every transfer selects item 1 and reads a few bytes.
        read: (_, target) => {
          target.set([0, 1, 0, 10, 0, 0, 0, 7]);
          return true;
        },
        write: (address, source) => {
          write([address, ...source]);
          return true;
        },
      },
      contents: { files: new Map([['a', Uint8Array.of(1, 2, 3)]]) },
    });
    return { chip, log, lines, pushes: [] };
  },
};

const makeTestDevice: BenchMaker = {
  name: 'pc-testdev',
  make() {
    const { log, lines, line } = recorder();
    const chip = new TestDevice(Array.from({ length: TEST_LINES }, (_, number) => line(`line${number}`)));
    return { chip, log, lines, pushes: [] };
  },
};

const makeSmbus: BenchMaker = {
  name: 'smbus',
  make() {
    const { log, lines, line } = recorder();
    return { chip: new Smbus(line('irq')), log, lines, pushes: [] };
  },
};

const makeHpet: BenchMaker = {
  name: 'hpet',
  make(clock) {
    const { log, lines, line, note } = recorder();
    const chip = new Hpet({
      clock,
      input: (number) => line(`input${number}`),
      legacy: [line('irq0'), line('irq8')],
      replaceLegacy: (() => {
        let before = false;
        const replaced = note('legacy');
        return (on: boolean) => {
          if (on !== before) replaced(on);
          before = on;
        };
      })(),
    });
    const region = chip.regions[0]!;
    return {
      chip,
      log,
      lines,
      pushes: [
        (value) => region.write(0x10, 4, value & 3),
        (value) => region.write(0x100 + 0x20 * (value % 3), 4, (value << 1) | 4),
        (value) => region.write(0x108 + 0x20 * (value % 3), 4, region.read(0xf0, 4) + value * 16),
      ],
    };
  },
};

const makeParallel: BenchMaker = {
  name: 'parallel',
  make() {
    const { log, lines, line, note } = recorder();
    return {
      chip: new ParallelPort({ irq: line('irq'), printer: { write: note('printed') } }),
      log,
      lines,
      pushes: [],
    };
  },
};

const makeSmall = (name: string, make: (note: ReturnType<typeof recorder>['note']) => Chip): BenchMaker => ({
  name,
  make() {
    const { log, lines, note } = recorder();
    return { chip: make(note), log, lines, pushes: [] };
  },
});

const makeSharedLines: BenchMaker = {
  name: 'shared-lines',
  make() {
    const { log, lines, line } = recorder();
    const chip = new SharedLines([line('line0'), line('line1')]);
    const drivers = [0, 0, 1, 1, 1].map((number) => chip.driver(number));
    return {
      chip,
      log,
      lines,
      pushes: drivers.flatMap((driver) => [
        (value) => driver.set((value & 1) !== 0),
        (value) => {
          driver.on = (value & 1) !== 0;
        },
      ]),
    };
  },
};

export type { Bench, BenchMaker };

export const BENCHES: readonly BenchMaker[] = [
  makeUart,
  makePic,
  makeIoApic,
  makeLocalApic,
  makeSharedLines,
  makePit,
  makeRtc,
  makeAcpiPm,
  makeI8042,
  makeVmwarePointer,
  ...DISPLAY_BENCHES,
  ...FLASH_BENCHES,
  makePortA,
  makePortB,
  ...PCI_BENCHES,
  makeFwCfg,
  makeSmbus,
  makeHpet,
  makeParallel,
  makeSmall('apm', () => new ApmPorts()),
  ...STORAGE_BENCHES,
  ...NETWORK_BENCHES,
  makeSmall('reset-control', (note) => new ResetControl(note('reset'))),
  makeSmall('debug-console', (note) => new DebugConsole({ write: note('sent') })),
  makeTestDevice,
  makeSmall('debug-exit', (note) => new DebugExit(note('exit'))),
  makeSmall('post', () => new PostPort()),
];
