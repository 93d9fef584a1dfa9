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
import { fixedWallClock } from '../../devices/timer/rtc.ts';
import { type InterpOptions, InterpVcpu } from '../../engine/interp/interp-vcpu.ts';
import type { Exit } from '../../engine/vcpu.ts';
import { setTextMode } from '../../firmware/bios/video/video-services.ts';
import { loadKernel } from '../../firmware/boot/load.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { cpuFeatures } from '../../x86/cpuid/features.ts';
import * as L from '../../x86/state/layout.ts';
import { BOOT_AREA, checkRamSize, pcMemoryMap } from '../layout/memory.ts';
import { SERIAL_PORTS } from '../layout/ports.ts';
import { biosMemory } from '../pc/bios-access.ts';
import { Board } from '../pc/board.ts';
import { displayMemorySize } from '../pc/display.ts';
import { bootPaths, firmwareItems } from '../pc/firmware-items.ts';
import { checkFirmware, romMemorySize } from '../pc/firmware-rom.ts';
import { programMtrrs } from '../pc/mtrr.ts';
import { OwnBios } from '../pc/own-bios.ts';
import { AlarmQueue } from './alarm-queue.ts';
import { applyBootState } from './boot-registers.ts';
import { InstructionClock, type MachineClock, RealTimeClock } from './clocks.ts';
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
import { MOST_BETWEEN_ASKINGS, PollWatch } from './poll-watch.ts';
import { apicPort, backdoorRegisters } from './processor-wires.ts';
import { describeRegisters, sumOfRegisters } from './registers.ts';
import { repeatableEntropy } from './repeatable-entropy.ts';
import { type StillSubject, StillWatch } from './still-watch.ts';
import { TickWatch } from './tick-watch.ts';

/** A deterministic run must not depend on when it happens. */
const REPEATABLE_RTC_START = Date.UTC(2000, 0, 1);
/** Longest sleep of a paused machine between two looks whether it goes on, in milliseconds. */
const LONGEST_PAUSE = 60_000;
/** Host time (ns) after which the event loop gets its turn. */
const TURN = 8e6;
/** A loop asks for keys at so many places at most. */
const MOST_ASKINGS = 8;
/** Rests that are not longer (ns) end at the timer's tick. */
const LONGEST_REST_TO_TICK = 60_000_000;

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
  #resetWanted = false;
  #paused = false;
  /** run() is at work, which lets the guest rest; those who call step() have a loop of their own. */
  #running = false;
  readonly #polls = new PollWatch();
  /** The guest polls in vain: it gets no time for so long (ns), until then. */
  #restWanted = 0;
  #restEnds = 0;
  /** Ticks do not end its rest. */
  #restsOverTicks = false;
  /** Askings for keys in vain so far, and the sum of the registers at the last; a closer look at them is under way. */
  #askings = 0;
  #askedWith = 0;
  #looksCloser = false;
  #interruptRequested = false;
  readonly #outside = new Outside();
  /** Of the ACPI timer. */
  #timerReadings = 0;
  /** A slice ends at each look at a clock. */
  #stopsAtClocks = false;
  /** Of machines in real time: deterministic ones do not sleep. */
  readonly #still: StillWatch | null;
  readonly #ticks: TickWatch | null;
  /** Acknowledged so far. */
  #interrupts = 0;
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
        init: () => this.#requestReset(),
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
        this.#timerReadings++;
        this.#polls.timerRead();
        if (this.#stopsAtClocks) this.vcpu.kick();
      },
      keyboardRead: (full) => (full ? this.#answered() : this.#polled()),
      powerOff: () => this.#finish({ reason: 'power-off' }),
      reset: () => this.#requestReset(),
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
          this.#interrupts++;
          const vector = this.board.localApic.acknowledge();
          this.#ticks?.taken(vector);
          return vector;
        },
      },
      apic: this.#outside.apicPort(apicPort(this.board.localApic)),
      timeStamp: this.#outside.timeStamp(() => {
        if (this.#stopsAtClocks) this.vcpu.kick();
        return Math.floor(this.#clock.now());
      }),
      countsHits: options.countTlbHits ?? false,
    });
    machineClock.retired = () => this.vcpu.retired;
    const subject = this.#stillSubject();
    this.#still = deterministic ? null : new StillWatch(subject);
    this.#ticks = deterministic ? null : new TickWatch(subject);
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
      polled: () => this.#polled(),
      answered: () => this.#answered(),
      worked: () => this.#polls.worked(),
      wake: () => this.wake(),
      log: (line) => {
        for (const byte of new TextEncoder().encode(`${line}\n`)) console?.write(byte);
      },
    });
  }

  /** The guest asks for a key in vain. */
  #polled(): void {
    if (!this.#running) return;
    const registers = sumOfRegisters(this.vcpu.state);
    this.#askings++;
    this.#askedWith = registers;
    if (this.#looksCloser) {
      this.vcpu.kick();
      return;
    }
    this.#restWanted = this.#polls.asked(registers, this.vcpu.retired, this.#clock.now());
    if (this.#restWanted > 0) this.vcpu.kick();
  }

  #answered(): void {
    this.#polls.answered();
    this.#still?.doubtAsking();
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
    const textMode = this.board.vga && setTextMode(biosMemory(this.vcpu.state, this.memory), this.board);
    const state = loadKernel({
      kernel: boot.kernel,
      ...(boot.kernelName === undefined ? {} : { kernelName: boot.kernelName }),
      commandLine: boot.commandLine,
      modules: boot.modules,
      memoryMap: pcMemoryMap(this.memory.size),
      ram: this.memory.ram,
      area: BOOT_AREA,
      rsdp,
      ...(boot.linuxEntry === undefined ? {} : { linuxEntry: boot.linuxEntry }),
      ...(textMode && { textMode }),
    });
    programMtrrs(this.vcpu.state);
    applyBootState(this.vcpu.state, state);
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
    this.board.keys.key(code, pressed);
    this.#options.host.scheduler.wake();
  }
  /** Presses keys one after the other, at the pace of typing; resolved when the keyboard has taken them. */
  pressKeys(events: readonly KeyEvent[]): Promise<void> {
    const done = this.board.keys.press(events);
    this.#options.host.scheduler.wake();
    return done;
  }
  /**
   * Types a text on a keyboard with the US layout; resolved when the keyboard has taken it. Throws DoppelError for a
   * character that the layout lacks.
   */
  type(text: string): Promise<void> {
    const done = this.board.keys.type(text);
    this.#options.host.scheduler.wake();
    return done;
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
    this.#requestReset();
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
  #requestReset(): void {
    this.#resetWanted = true;
    this.vcpu.kick();
  }

  /** Runs until an end. */
  async run(): Promise<MachineEnd> {
    const { scheduler, clock } = this.#options.host;
    let turn = clock.now() + TURN;
    this.#running = true;
    while (this.#end === null) {
      if (this.#paused) {
        await scheduler.sleep(LONGEST_PAUSE);
        this.#resetIfWanted();
        continue;
      }
      this.step(this.#still?.limit);
      const stillRest = this.#stillRest();
      if (this.#end !== null) break;
      const halts = this.#lastExit.reason === 'Hlt';
      const sleep = halts ? this.idle() : this.#rest(stillRest);
      if (sleep > 0) {
        await scheduler.sleep(sleep);
        if (!halts) await this.#restOn();
        turn = clock.now() + TURN;
      }
      if (clock.now() >= turn) {
        await scheduler.breathe();
        turn = clock.now() + TURN;
      }
    }
    const end = this.#end;
    this.#end = null;
    this.#running = false;
    this.onEvent({ event: 'ended', end });
    return end;
  }

  /**
   * One slice: fires the alarms that are due and runs until the next one, `limit` instructions at
   * most. For embedders that have a loop of their own, and for tests that stop at exact counts.
   */
  step(limit = Number.POSITIVE_INFINITY): Exit {
    this.alarms.fire();
    const slice = this.#clock.instructionsUntil(this.alarms.next);
    const exit = this.vcpu.run(Math.min(limit, slice), limit < slice ? 'exactly' : this.#clock.slices);
    this.#lastExit = exit;
    // Whatever the processor was doing before, it is not doing it any more.
    if (this.#resetIfWanted()) {
      this.#lastExit = { reason: 'Interrupted' };
      return this.#lastExit;
    }
    switch (exit.reason) {
      case 'Shutdown':
        // As on a PC, whose chipset answers the processor's shutdown with a reset; firmware looks at CMOS then.
        if ((this.#firmware || this.#bios) && this.#options.reboot !== 'end') {
          this.#restart();
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
    if (!this.#resetWanted) return false;
    this.#resetWanted = false;
    if (this.#options.reboot === 'end') this.#finish({ reason: 'reset' });
    else this.#restart();
    return true;
  }

  /** Memory survives a reset; a kernel that is booted again gets it clean. */
  #restart(): void {
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
    if (!interruptible) {
      this.#finish({ reason: 'halted' });
      return 0;
    }
    return this.#clock.idleUntil(this.alarms.next);
  }

  /** After a slice: for how long (ns) a guest that goes round in a loop that does nothing may be left alone; 0 where it does not. */
  #stillRest(): number {
    const watch = this.#still;
    if (watch === null || this.#end !== null) return 0;
    if (this.#lastExit.reason === 'Interrupted' && this.#restWanted === 0) {
      return watch.rest(this.#clock.now());
    }
    watch.forget();
    if (this.#lastExit.reason === 'Interrupted' && !this.#interruptRequested) this.#lookCloser(watch);
    return 0;
  }

  /** A guest that seems to do nothing but ask for keys is to rest: only if that is all it does indeed. */
  #lookCloser(watch: StillWatch): void {
    const registers = this.#askedWith;
    this.#looksCloser = true;
    let round = 0;
    const confirmed = watch.confirmsAsking(() => {
      const before = this.vcpu.retired;
      const asked = this.#runUntilAsked(registers);
      round = this.vcpu.retired - before;
      return asked;
    });
    this.#looksCloser = false;
    if (confirmed) {
      this.#polls.confirmed(round);
      return;
    }
    this.#restWanted = 0;
    this.#polls.refuted(this.#clock.now());
  }
  /** Until the guest asks with these registers; false where it does not soon. */
  #runUntilAsked(registers: number): boolean {
    for (let asking = 0; asking < MOST_ASKINGS; asking++) {
      const before = this.#askings;
      const last = this.vcpu.retired + MOST_BETWEEN_ASKINGS;
      while (this.#askings === before) {
        const left = last - this.vcpu.retired;
        if (left <= 0 || this.step(left).reason !== 'Interrupted' || this.#end !== null) return false;
      }
      if (this.#askedWith === registers) return true;
    }
    return false;
  }

  #stillSubject(): StillSubject {
    const { board, memory, vcpu } = this;
    const { state } = vcpu;
    return {
      registers: state.u8.subarray(0, L.FLAG_AUX),
      moreRegisters: state.u8.subarray(L.SEGMENT, L.MODE),
      flags: () => state.rflags,
      sum: () => Math.imul(sumOfRegisters(state), 31) + state.u32[L.RIP >> 2]!,
      sumWithoutTime: () => sumOfRegisters(state, true) ^ state.u32[L.RIP >> 2]! ^ (state.rflags << 16),
      place: () => Math.imul(state.gpr32(L.RSP), 31) + state.u32[L.RIP >> 2]!,
      retired: () => vcpu.retired,
      outside: () =>
        board.accesses - board.clockAccesses - this.#timerReadings - this.#askings + this.#outside.count,
      clockReadings: () => board.clockAccesses + this.#timerReadings + this.#outside.clockReadings,
      interrupts: () => this.#interrupts,
      clockChips: board.clockChips,
      freeze: () => this.#clock.freeze(),
      thaw: () => this.#clock.thaw(),
      run: (instructions) => this.#runs(instructions),
      runToClock: (instructions) => this.#runsToClock(instructions),
      memory,
    };
  }

  /** Exactly so many instructions; false where a reason came between. */
  #runs(instructions: number): boolean {
    const last = this.vcpu.retired + instructions;
    do {
      if (this.step(last - this.vcpu.retired).reason !== 'Interrupted' || this.#end !== null) return false;
    } while (this.vcpu.retired < last);
    return true;
  }
  /** Until the guest reads the time-stamp counter or the ACPI timer; false where it does not. */
  #runsToClock(instructions: number): boolean {
    const readings = () => this.#timerReadings + this.#outside.clockReadings;
    const [before, last] = [readings(), this.vcpu.retired + instructions];
    this.#stopsAtClocks = true;
    try {
      while (readings() === before) {
        const left = last - this.vcpu.retired;
        if (left <= 0 || this.step(left).reason !== 'Interrupted' || this.#end !== null) return false;
      }
      return true;
    } finally {
      this.#stopsAtClocks = false;
    }
  }

  /**
   * A guest that polls in vain is left alone until the next alarm, or until something comes from outside, or for as long as
   * PollWatch says: milliseconds the host should sleep. Time passes for the guest as if the processor had been slow.
   */
  #rest(stillRest: number): number {
    const rest = stillRest || this.#restWanted;
    this.#restWanted = 0;
    // Where a guest is still, what is requested does not reach it.
    if (rest === 0 || (this.#interruptRequested && stillRest === 0)) return 0;
    this.#restEnds = this.#clock.now() + rest;
    this.#restsOverTicks = rest > LONGEST_REST_TO_TICK;
    return this.#sleepUntil(Math.min(this.alarms.next, this.#restEnds));
  }
  /** The host's timers may go off a little too early, and the guest would ask once more before it gets its tick. */
  #sleepUntil(time: number): number {
    const sleep = this.#clock.idleUntil(time);
    return sleep > 0 ? sleep + 1 : 0;
  }
  async #restOn(): Promise<void> {
    const onlyTicks = await this.#restsOn();
    this.#still?.resumed(onlyTicks);
    this.#polls.resumed(onlyTicks ? this.vcpu.retired : Number.NaN);
  }
  /**
   * The first sleep of a rest is over. The guest handles the timer's tick, and perhaps rests on, until the rest's end or until
   * something comes from outside. Whether it has done no more than handle ticks.
   */
  async #restsOn(): Promise<boolean> {
    const { scheduler } = this.#options.host;
    for (let first = true; this.#ticks !== null; first = false) {
      const now = this.#clock.now();
      if (now < Math.min(this.alarms.next, this.#restEnds) || this.#paused) break;
      this.alarms.fire();
      const over = now >= this.#restEnds;
      if (this.#interruptRequested ? !this.#ticks.handles(first) : !over) break;
      if (over || !this.#restsOverTicks) return true;
      if (this.#end !== null || this.#paused || this.#resetWanted) break;
      const sleep = this.#sleepUntil(Math.min(this.alarms.next, this.#restEnds));
      if (sleep > 0) await scheduler.sleep(sleep);
    }
    return false;
  }

  /** Gives back what the engine holds of the host besides memory: threads. For when it will not run again. */
  close(): void {
    this.vcpu.close?.();
  }

  /** Counters of the run so far, by name. */
  statistics(): ReadonlyMap<string, number> {
    const own = this.#still ? [['rests of a guest that does nothing', this.#still.rests] as const] : [];
    return new Map([...(this.vcpu.statistics?.() ?? []), ...own]);
  }
}
