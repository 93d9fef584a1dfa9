// Machine: a board, a vCPU and a kernel to boot, run to an end. This is the library's main object.
//
//   const machine = new Machine({ memory: 512 * 2 ** 20, boot: { kernel, ... }, serial, host });
//   const end = await machine.run();
//
// It runs in slices on the thread of its caller and lets the host's event loop turn between them.
import { byteStream, InputQueue } from '../../backend/char.ts';
import { ScreenHub } from '../../backend/display/screen.ts';
import type { KeyCode } from '../../backend/input/keys.ts';
import type { Pointer } from '../../backend/input/pointer.ts';
import type { KeyEvent } from '../../backend/input/type-text.ts';
import { DoppelError } from '../../base/errors.ts';
import { VgaScreen } from '../../devices/display/vga-screen.ts';
import type { ResetKind } from '../../devices/platform/system-control.ts';
import { fixedWallClock } from '../../devices/timer/rtc.ts';
import { type InterpOptions, InterpVcpu } from '../../engine/interp/interp-vcpu.ts';
import type { Exit } from '../../engine/vcpu.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { cpuFeatures } from '../../x86/cpuid/features.ts';
import * as L from '../../x86/state/layout.ts';
import { checkRamSize, pcMemoryMap } from '../layout/memory.ts';
import { SERIAL_PORTS } from '../layout/ports.ts';
import { Board } from '../pc/board.ts';
import { displayMemorySize } from '../pc/display.ts';
import { bootPaths, firmwareItems } from '../pc/firmware-items.ts';
import { checkFirmware, romMemorySize } from '../pc/firmware-rom.ts';
import { programMtrrs } from '../pc/mtrr.ts';
import { OwnBios } from '../pc/own-bios.ts';
import { AlarmQueue } from './alarm-queue.ts';
import { InstructionClock, type MachineClock, RealTimeClock } from './clocks.ts';
import { Idling } from './idling.ts';
import { startKernel } from './kernel-start.ts';
import type {
  Boot,
  FirmwareBoot,
  MachineEnd,
  MachineEvent,
  MachineOptions,
  MachineVcpu,
  MediaBoot,
} from './machine-options.ts';
import { Outside } from './outside.ts';
import { apicPort, backdoorRegisters } from './processor-wires.ts';
import { describeRegisters } from './registers.ts';
import { repeatableEntropy } from './repeatable-entropy.ts';
import { Suspension } from './suspension.ts';

/** A deterministic run must not depend on when it happens. */
const REPEATABLE_RTC_START = Date.UTC(2000, 0, 1);
/** Longest sleep of a paused machine between two looks whether it goes on, in milliseconds. */
const LONGEST_PAUSE = 60_000;
/** Host time (ns) after which the event loop gets its turn. */
const TURN = 8e6;
export class Machine {
  readonly memory: GuestMemory;
  readonly board: Board;
  readonly vcpu: MachineVcpu;
  readonly alarms: AlarmQueue;
  /** The picture, where there is a display adapter. */
  readonly screen: ScreenHub | undefined;
  /** The mouse, or an absolute pointer where the guest has a driver for it; moving it wakes the machine. */
  readonly pointer: Pointer;
  /** Told of what happens, as it happens. */
  onEvent: (event: MachineEvent) => void = () => {};
  readonly #options: MachineOptions;
  readonly #clock: MachineClock;
  /** Of each serial line. */
  readonly #inputs: readonly InputQueue[];
  /** Resets lead into firmware. */
  readonly #firmware: boolean;
  readonly #bios: OwnBios | null;
  #end: MachineEnd | null = null;
  #resetWanted: ResetKind | null = null;
  #paused = false;
  #interruptRequested = false;
  readonly #outside = new Outside();
  readonly #idling: Idling;
  readonly #suspension: Suspension;
  #lastExit: Exit = { reason: 'Interrupted' };

  /** Throws DoppelError where the memory cannot be had or the kernel is not one. */
  constructor(options: MachineOptions) {
    this.#options = options;
    const { host } = options;
    checkRamSize(options.memory);
    const boot = this.#askBoot();
    const firmware = 'firmware' in boot ? { rom: boot.firmware, flash: options.flash } : undefined;
    if (firmware) checkFirmware(firmware);
    else if (options.flash) {
      throw new DoppelError(`${options.flash.name} is for firmware: this machine starts without.`);
    }
    this.#firmware = firmware !== undefined;
    this.memory = new GuestMemory(
      options.memory,
      romMemorySize(firmware) + displayMemorySize(options.display),
    );
    const deterministic = options.time === 'deterministic';
    const rtcStart = options.rtcStart ?? (deterministic ? REPEATABLE_RTC_START : undefined);
    const machineClock = deterministic ? new InstructionClock() : new RealTimeClock(host.clock);
    this.#clock = machineClock;
    this.alarms = new AlarmQueue(this.#clock);
    this.alarms.onEarlier = () => this.vcpu?.kick();
    const sinks = [options.serial, ...(options.moreSerial ?? [])].slice(0, SERIAL_PORTS.length);
    this.#inputs = sinks.map(() => new InputQueue());
    this.board = new Board({
      memory: this.memory,
      clock: this.alarms,
      wallClock: rtcStart === undefined ? host.wallClock : fixedWallClock(this.#clock, rtcStart),
      processor: {
        interruptRequest: (level) => {
          this.#interruptRequested = level;
          if (level) this.vcpu?.kick();
        },
        nonMaskableInterrupt: () => this.vcpu.raiseNmi(),
        systemManagementInterrupt: () => {},
        init: () => this.#requestReset('soft'),
        startup: () => {},
      },
      backdoorRegisters: backdoorRegisters(() => this.vcpu.state),
      timeOfTsc: (value) => Number(value - this.#timeStampOffset()),
      serial: sinks.map((sink, i) => byteStream(sink, this.#inputs[i]!)),
      printer: options.printer,
      debugConsole: options.debugConsole ?? { write() {} },
      storage: options.storage ?? {},
      network: options.network ?? [],
      frameArrived: () => host.scheduler.wake(),
      display: options.display,
      firmwareConsole: options.firmwareConsole ?? { write() {} },
      firmware,
      debugDevices: options.debugDevices ?? [],
      ...(options.debugExitPort === undefined ? {} : { debugExitPort: options.debugExitPort }),
      timerRead: () => {
        this.#outside.timerRead();
        this.#idling.timerRead();
      },
      keyboardRead: (full) => (full ? this.#idling.answered() : this.#idling.polled()),
      powerOff: () => this.#finish({ reason: 'power-off' }),
      suspend: () => this.#suspension.want(),
      reset: (kind) => this.#requestReset(kind),
      debugExit: (status) => this.#finish({ reason: 'debug-exit', status }),
    });
    this.screen = this.board.vga && new ScreenHub(new VgaScreen(this.board.vga));
    const { pointer } = this.board;
    this.pointer = {
      get absolute() {
        return pointer.absolute;
      },
      move: (dx, dy, wheel, buttons) => {
        pointer.move(dx, dy, wheel, buttons);
        host.scheduler.wake();
      },
      moveTo: (x, y, wheel, buttons) => {
        pointer.moveTo(x, y, wheel, buttons);
        host.scheduler.wake();
      },
    };
    const engine = options.engine ?? ((wires: InterpOptions) => new InterpVcpu(wires));
    this.vcpu = engine({
      memory: this.memory,
      bus: this.board,
      features: cpuFeatures(),
      entropy: this.#outside.entropy(deterministic ? repeatableEntropy() : host.entropy),
      interrupts: {
        pending: () => this.#interruptRequested,
        acknowledge: () => {
          const vector = this.board.localApic.acknowledge();
          this.#idling.interruptTaken(vector);
          return vector;
        },
      },
      apic: this.#outside.apicPort(apicPort(this.board.localApic)),
      timeStamp: this.#outside.timeStamp(() => Math.floor(this.#clock.now())),
      countsHits: options.countTlbHits ?? false,
    });
    machineClock.retired = () => this.vcpu.retired;
    this.#idling = new Idling({
      vcpu: this.vcpu,
      board: this.board,
      memory: this.memory,
      alarms: this.alarms,
      clock: this.#clock,
      scheduler: host.scheduler,
      outside: this.#outside,
      deterministic,
      step: (limit) => this.step(limit),
      lastExit: () => this.#lastExit,
      interruptRequested: () => this.#interruptRequested,
      ended: () => this.#end !== null,
      paused: () => this.#paused,
      resetWanted: () => this.#resetWanted !== null,
    });
    this.#suspension = new Suspension({
      board: this.board,
      vcpu: this.vcpu,
      firmware: this.#firmware,
      restart: () => this.#restart(),
      tell: (event) => this.onEvent(event),
    });
    this.#inputs.forEach((input, i) => {
      input.connect(this.board.uarts[i]!);
    });
    const { bootOrder, bootMenu, mediaOrder }: Partial<FirmwareBoot> = 'firmware' in boot ? boot : {};
    const order = bootOrder ?? (mediaOrder && bootPaths(mediaOrder, options.storage ?? {}));
    const items = {
      ramSize: this.memory.size,
      processors: 1,
      parts: () => this.board.parts,
      ...(order && { bootOrder: order }),
      ...(bootMenu !== undefined && { bootMenu }),
    };
    this.board.offerToFirmware(() => firmwareItems(items));
    this.#bios = 'media' in boot ? this.#ownBios(boot) : null;
    this.#boot(boot);
  }
  #ownBios({ media, bootMenu }: MediaBoot): OwnBios {
    const console = this.#options.firmwareConsole;
    return new OwnBios({
      board: this.board,
      state: this.vcpu.state,
      storage: this.#options.storage ?? {},
      memoryMap: pcMemoryMap(this.memory.size),
      bootOrder: media,
      bootMenu,
      polled: () => this.#idling.polled(),
      answered: () => this.#idling.answered(),
      worked: () => this.#idling.worked(),
      wake: () => this.wake(),
      log: (line) => {
        for (const byte of new TextEncoder().encode(`${line}\n`)) console?.write(byte);
      },
    });
  }

  #askBoot(): Boot {
    const { boot } = this.#options;
    return typeof boot === 'function' ? boot() : boot;
  }

  /** The TSC runs at 1 GHz: a tick a nanosecond of machine time. */
  #timeStampOffset(): bigint {
    return BigInt.asIntN(64, this.vcpu.state.get64(L.TSC_OFFSET));
  }

  /** Resets every part and places the kernel, if firmware does not see to that. */
  #boot(boot: Boot): void {
    this.board.reset();
    this.vcpu.reset();
    if ('firmware' in boot) return;
    const rsdp = this.board.actAsFirmware();
    if (this.#bios) {
      this.#bios.start();
      programMtrrs(this.vcpu.state);
      this.vcpu.stateChanged();
      this.vcpu.memoryChanged();
      return;
    }
    if (!('kernel' in boot))
      throw new DoppelError('A machine that was made for a kernel restarts with a kernel.');
    startKernel({ board: this.board, memory: this.memory, state: this.vcpu.state }, boot, rsdp);
    this.vcpu.stateChanged();
    this.vcpu.memoryChanged();
  }

  /** Bytes of input on a serial line (0 for COM1) that the guest has not taken yet. */
  serialBacklog(line = 0): number {
    return this.#inputs[line]?.length ?? 0;
  }
  /** Bytes typed on a serial line (0 for COM1). They wait, without a limit, until the guest takes them. */
  serialInput(bytes: Uint8Array, line = 0): void {
    this.#inputs[line]?.push(bytes);
    this.#options.host.scheduler.wake();
  }

  /** A key goes down or up. */
  key(code: KeyCode, pressed: boolean): void {
    this.#wakeByKey();
    this.board.keys.key(code, pressed);
    this.#options.host.scheduler.wake();
  }
  /** Presses keys one after the other, at the pace of typing; resolved when the keyboard has taken them. */
  pressKeys(events: readonly KeyEvent[]): Promise<void> {
    this.#wakeByKey();
    const done = this.board.keys.press(events);
    this.#options.host.scheduler.wake();
    return done;
  }
  /**
   * Types a text on a keyboard with the US layout; resolved when the keyboard has taken it. Throws DoppelError for a
   * character that the layout lacks.
   */
  type(text: string): Promise<void> {
    this.#wakeByKey();
    const done = this.board.keys.type(text);
    this.#options.host.scheduler.wake();
    return done;
  }

  /** A key wakes a suspended machine: the chip at the keyboard pulls the power button's wire, as super I/O chips can. */
  #wakeByKey(): void {
    if (this.board.power.sleeping) this.board.power.pressPowerButton();
  }

  /** Something outside has changed that the guest may be waiting for: a machine that sleeps looks again. */
  wake(): void {
    this.#options.host.scheduler.wake();
  }

  /** The ACPI power button. */
  pressPowerButton(): void {
    this.board.power.pressPowerButton();
    this.#options.host.scheduler.wake();
  }

  /** The reset button: soon the machine starts again, or ends where it was made with `reboot: 'end'`. */
  reset(): void {
    this.#requestReset('hard');
    this.#options.host.scheduler.wake();
  }

  /** Whether pause() holds it. */
  get paused(): boolean {
    return this.#paused;
  }
  /** Holds the machine, with its time, until resume(). The host's time goes on in its real-time clock. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#clock.hold();
    this.vcpu.kick();
    this.onEvent({ event: 'paused' });
  }
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#clock.go();
    this.#options.host.scheduler.wake();
    this.onEvent({ event: 'resumed' });
  }

  /** The guest has suspended it to RAM; a key or the power button wakes it. */
  get suspended(): boolean {
    return this.#suspension.active;
  }

  /** Ends the run soon; run() resolves with `by`. */
  stop(by = 'stop'): void {
    this.#finish({ reason: 'stopped', by });
    this.#options.host.scheduler.wake();
  }

  /** An end is due: run() is about to resolve. For those who call step(). */
  get ended(): boolean {
    return this.#end !== null;
  }

  #finish(end: MachineEnd): void {
    this.#end ??= end;
    this.vcpu.kick();
  }
  #requestReset(kind: ResetKind): void {
    if (this.#resetWanted !== 'hard') this.#resetWanted = kind;
    this.vcpu.kick();
  }

  /** Runs until an end. */
  async run(): Promise<MachineEnd> {
    const { scheduler, clock } = this.#options.host;
    let turn = clock.now() + TURN;
    this.#idling.allowed = true;
    while (this.#end === null) {
      if (this.#paused) {
        await scheduler.sleep(LONGEST_PAUSE);
        this.#resetIfWanted();
        continue;
      }
      this.step(this.#idling.limit);
      const stillRest = this.#idling.stillRest();
      if (this.#end !== null) break;
      const halts = this.#lastExit.reason === 'Hlt';
      const sleep = halts ? this.idle() : this.#idling.begin(stillRest);
      if (sleep > 0) {
        await scheduler.sleep(sleep);
        if (!halts) await this.#idling.goOn();
        turn = clock.now() + TURN;
      }
      if (clock.now() >= turn) {
        await scheduler.breathe();
        turn = clock.now() + TURN;
      }
    }
    const end = this.#end;
    this.#end = null;
    this.#idling.allowed = false;
    this.onEvent({ event: 'ended', end });
    return end;
  }

  /**
   * One slice: fires the alarms that are due and runs until the next one, `limit` instructions at
   * most. For embedders that have a loop of their own, and for tests that stop at exact counts.
   */
  step(limit = Number.POSITIVE_INFINITY): Exit {
    this.alarms.fire();
    if (this.#suspension.active && !this.#resetIfWanted() && !this.#suspension.wake()) return this.#lastExit;
    const slice = this.#clock.instructionsUntil(this.alarms.next);
    const exit = this.vcpu.run(Math.min(limit, slice), limit < slice ? 'exactly' : this.#clock.slices);
    this.#lastExit = exit;
    // Whatever the processor was doing before, it is not doing it any more.
    if (this.#resetIfWanted()) {
      this.#lastExit = { reason: 'Interrupted' };
      return this.#lastExit;
    }
    if (this.#suspension.begin()) {
      this.#lastExit = { reason: 'Hlt' };
      return this.#lastExit;
    }
    switch (exit.reason) {
      case 'Shutdown':
        // As on a PC, whose chipset answers the processor's shutdown with a reset; firmware looks at CMOS then.
        if ((this.#firmware || this.#bios) && this.#options.reboot !== 'end') {
          this.#reset('soft');
          break;
        }
        this.#finish({
          reason: 'triple-fault',
          cause: exit.cause,
          registers: describeRegisters(this.vcpu.state),
        });
        break;
      case 'InternalError':
        throw new Error(exit.message);
      default:
    }
    return exit;
  }

  #resetIfWanted(): boolean {
    const kind = this.#resetWanted;
    if (kind === null) return false;
    this.#resetWanted = null;
    this.#reset(kind);
    return true;
  }

  /**
   * A soft reset, INIT, is the processor's alone where our BIOS sees to what follows: it resets everything unless the program
   * wants to go on. Elsewhere (firmware from a file, a kernel without) all resets are of the whole machine.
   */
  #reset(kind: ResetKind): void {
    if (kind === 'soft' && this.#bios) {
      this.vcpu.reset(true, 'init');
      this.board.localApic.init();
      this.board.localApic.enterVirtualWireMode();
      this.#bios.initialise();
      this.vcpu.stateChanged();
    } else if (this.#options.reboot === 'end') this.#finish({ reason: 'reset' });
    else this.#restart();
  }

  /** Memory survives a reset; a kernel that is booted again gets it clean. */
  #restart(): void {
    this.#suspension.forget();
    this.onEvent({ event: 'restarted' });
    if (this.#firmware) {
      this.board.reset();
      this.vcpu.reset();
      return;
    }
    // What programs left in the BIOS data area tells a warm start from a cold one.
    if (!this.#bios) this.memory.clear();
    this.#boot(this.#askBoot());
  }

  /**
   * The processor has halted: milliseconds the host should sleep before the next step; 0 when the
   * clock has moved to the next alarm by itself. Ends the run where nothing can wake the guest.
   */
  idle(): number {
    const interruptible = (this.vcpu.state.rflags & (1 << 9)) !== 0;
    if (!interruptible && !this.#suspension.active) {
      this.#finish({ reason: 'halted' });
      return 0;
    }
    return this.#clock.idleUntil(this.alarms.next);
  }

  /** Gives back what the engine holds of the host besides memory: threads. For when it will not run again. */
  close(): void {
    this.vcpu.close?.();
  }

  /** Counters of the run so far, by name. */
  statistics(): ReadonlyMap<string, number> {
    const { rests } = this.#idling;
    const own = rests === undefined ? [] : [['rests of a guest that does nothing', rests] as const];
    return new Map([...(this.vcpu.statistics?.() ?? []), ...own]);
  }
}
