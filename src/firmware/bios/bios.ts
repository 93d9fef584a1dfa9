// The BIOS: services in TypeScript behind the stubs of its ROM (rom.ts). It programs the machine through its ports and
// memory only, as a BIOS in machine code would.
//
//   reset -> stub -> SERVICE_POST -> INT 19h -> boot sector -> INT 10h, 13h, ... -> stub -> trap() -> service -> IRET

import type { Saveable, StateRecord } from '../../base/state-record.ts';
import { flag, initialState, integer, record, restoreState, saveState } from '../../devices/chip.ts';
import { BootLoader } from './boot.ts';
import { BOOT_MENU_SHAPE, BootMenu } from './boot-menu.ts';
import { BiosClock } from './clock.ts';
import { DISK_SERVICES_SHAPE, DiskServices } from './disk/disk-services.ts';
import { Units } from './disk/units.ts';
import { EventWait } from './event-wait.ts';
import { BiosFrame, DirectFrame } from './frame.ts';
import { BiosKeyboard } from './keyboard.ts';
import * as B from './layout.ts';
import { printerService, serialService } from './line-services.ts';
import { PCI_FUNCTIONS, pciService } from './pci-services.ts';
import { PointingDevice } from './pointing-device.ts';
import { endOfInterrupt, powerOnSetup } from './post.ts';
import { type BiosRom, buildRom } from './rom.ts';
import { type FarAddress, resumption } from './shutdown.ts';
import { SystemServices } from './system-services.ts';
import { VideoServices } from './video/video-services.ts';
import { type BiosWires, DrivePending } from './wires.ts';

/** Where ResetControl's port is, and what makes it reset everything. */
const RESET_PORT = 0xcf9;
const HARD_RESET = 0x06;

const NAME = 'bios';
const VERSION = 3;
const KEYBOARD = 0x16;

/** Whether a service may be called by a program that idles: to see if a key has come, or what time it is. */
function kindOfCall(service: number, ah: number): 'poll' | 'work' | 'neither' {
  switch (service) {
    case KEYBOARD:
      return ah === 0x01 || ah === 0x11 ? 'poll' : ah === 0x02 || ah === 0x12 ? 'neither' : 'work';
    case 0x1a:
      return ah === 0x00 ? 'poll' : 'work';
    // Interrupts of the hardware, and INT 15h that the keyboard's calls; equipment and memory.
    case 0x08:
    case 0x09:
    case 0x0e:
    case 0x11:
    case 0x12:
    case 0x74:
    case B.SERVICE_SPURIOUS_IRQ:
      return 'neither';
    case 0x15:
      return ah === 0x4f ? 'neither' : 'work';
    default:
      return 'work';
  }
}

/** What the BIOS keeps that is neither in the guest's memory nor in the display. */
const SHAPE = {
  disks: record(DISK_SERVICES_SHAPE),
  menu: record(BOOT_MENU_SHAPE),
  /** What the menu has said: a drive, or one of CHOICES. */
  choice: integer(-3, 255, -1),
  /** What was booted: a drive, or one of BOOTED. */
  booted: integer(-2, 255, -1),
  /** The machine has been reset, and has not been set up since. */
  isReset: flag(true),
};
const CHOICES = [undefined, 'usual', 'wait'] as const;
/** Nothing, or nothing any more; what was chosen in the menu. */
const BOOTED = ['nothing', 'choice'] as const;

export class Bios implements Saveable {
  readonly rom: BiosRom = buildRom();
  readonly #wires: BiosWires;
  readonly #keyboard: BiosKeyboard;
  readonly #wait: EventWait;
  readonly #mouse: PointingDevice;
  readonly #clock: BiosClock;
  readonly #system: SystemServices;
  readonly #disks: DiskServices;
  readonly #video: VideoServices;
  readonly #boot: BootLoader;
  readonly #menu: BootMenu;
  /** What the menu has said, until it has been tried. */
  #choice: ReturnType<BootMenu['look']> | undefined;
  /** What INT 18h comes from: a drive of the usual order by its number, or one of BOOTED. */
  #booted: number | (typeof BOOTED)[number] = 'nothing';
  #isReset = true;

  constructor(wires: BiosWires) {
    this.#wires = wires;
    const { memory, ports } = wires;
    this.#keyboard = new BiosKeyboard(memory, ports, () => this.#reset());
    this.#wait = new EventWait(memory, ports);
    this.#mouse = new PointingDevice(memory, ports);
    this.#clock = new BiosClock(memory, ports, this.#wait);
    this.#system = new SystemServices(wires);
    this.#disks = new DiskServices(memory, new Units(wires.drives));
    this.#video = new VideoServices(memory, ports);
    const say = (line: string) => this.#say(line);
    this.#boot = new BootLoader(wires, this.#disks, say);
    this.#menu = new BootMenu(memory, this.#disks, this.#keyboard, say, wires.bootMenu);
  }

  /** The machine has been reset: the processor comes to the entry point now. */
  afterReset(): void {
    this.#choice = undefined;
    this.#booted = 'nothing';
    this.#isReset = true;
  }

  /** The processor alone has been reset, by INIT: where it is to go on instead of the entry point. */
  afterInit(): FarAddress | null {
    return resumption(this.#wires.memory, this.#wires.ports);
  }

  save(): StateRecord {
    const said = this.#choice;
    const choice = typeof said === 'object' ? said.drive : -1 - CHOICES.indexOf(said);
    const [disks, menu] = [this.#disks.save(), this.#menu.save()];
    const booted = typeof this.#booted === 'number' ? this.#booted : -1 - BOOTED.indexOf(this.#booted);
    return saveState(NAME, VERSION, SHAPE, { disks, menu, choice, booted, isReset: this.#isReset });
  }
  /** Of a machine with the same drives, after its memory and display. A service that waits is asked again from its beginning. */
  restore(saved: StateRecord): void {
    const state = initialState(SHAPE);
    restoreState(NAME, VERSION, SHAPE, state, saved);
    this.#isReset = state.isReset;
    this.#disks.restore(state.disks);
    this.#menu.restore(state.menu);
    this.#booted = state.booted < 0 ? BOOTED[-1 - state.booted]! : state.booted;
    this.#choice = state.choice < 0 ? CHOICES[-1 - state.choice] : { drive: state.choice };
    this.#video.restored();
  }

  /** A write to SERVICE_PORT: the service whose number the stub has pushed. */
  trap(): void {
    const { cpu, memory } = this.#wires;
    const frame = new BiosFrame(cpu, memory);
    const { service, ah } = frame;
    // CF set: the stub waits for an interrupt and asks again.
    cpu.setCarry(!this.#serveOrWait(service, frame));
    switch (kindOfCall(service, ah)) {
      case 'poll':
        if (service === KEYBOARD && !frame.zero) this.#wires.answered?.();
        else this.#wires.polled?.();
        break;
      case 'work':
        if (service === KEYBOARD) this.#wires.answered?.();
        else this.#wires.worked?.();
        break;
      case 'neither':
    }
  }

  /** A write to PCI_SERVICE_PORT: a call of the PCI BIOS by 32-bit code. */
  trapPci(): void {
    const { cpu, memory, ports } = this.#wires;
    const frame = new DirectFrame(cpu, memory);
    // AH is the function group still, as in real mode.
    if (frame.ah === PCI_FUNCTIONS) pciService(frame, memory, ports, 'protected mode');
    else frame.carry = true;
  }

  #serveOrWait(service: number, frame: BiosFrame): boolean {
    const usesDrives = service === 0x13 || service === 0x18 || service === 0x19;
    try {
      const over = this.#serve(service, frame);
      if (usesDrives) this.#wires.served?.();
      return over;
    } catch (error) {
      if (usesDrives && error instanceof DrivePending) return false;
      throw error;
    }
  }

  /** False when the service has to wait. */
  #serve(service: number, frame: BiosFrame): boolean {
    const { memory, ports } = this.#wires;
    switch (service) {
      case B.SERVICE_POST:
        this.#start();
        return true;
      case 0x08:
        this.#clock.tick();
        this.#wait.tick();
        return true;
      case 0x09: {
        const call = this.#keyboard.scanCode(frame.al);
        if (call === null) return true;
        // Here CF means that the stub is to call what AX says.
        frame.ax = call;
        return false;
      }
      case 0x0e:
        // Programs that drive the diskette controller themselves wait for this flag.
        memory.write8(B.BDA_DISKETTE_SEEK, memory.read8(B.BDA_DISKETTE_SEEK) | 0x80);
        endOfInterrupt(ports);
        return true;
      case 0x10:
        if (this.#wires.hasDisplay) this.#video.service(frame);
        return true;
      case 0x11:
        frame.ax = memory.read16(B.BDA_EQUIPMENT);
        return true;
      case 0x12:
        frame.ax = memory.read16(B.BDA_MEMORY_KIB);
        return true;
      case 0x13:
        this.#disks.service(frame);
        return true;
      case 0x14:
        serialService(frame, memory, ports);
        return true;
      case 0x15:
        return this.#systemService(frame);
      case 0x16:
        return this.#keyboard.service(frame);
      case 0x17:
        printerService(frame, memory, ports);
        return true;
      case 0x18:
        return this.#bootNext(frame);
      case 0x19:
        return this.#bootstrap(frame);
      case 0x1a:
        this.#clock.service(frame);
        return true;
      case 0x70:
      case 0x74:
        // Here CF means that a program's routine is called.
        if (service === 0x70) return !this.#wait.interrupt();
        return !this.#mouse.interrupt();
      case B.SERVICE_SPURIOUS_IRQ:
        endOfInterrupt(ports);
        return true;
      default:
        return true;
    }
  }

  #bootstrap(frame: BiosFrame): boolean {
    this.#choice ??= this.#menu.look();
    const choice = this.#choice;
    if (choice === 'wait') {
      this.#choice = undefined;
      return false;
    }
    // A drive that goes on leaves by an exception here, and the choice stays.
    if (choice === 'usual') {
      this.#booted = this.#boot.boot(frame) ?? 'nothing';
      this.#choice = undefined;
      if (this.#booted !== 'nothing') return true;
      this.#nothingToBoot();
      frame.setReturn(B.ROM_SEGMENT, this.rom.handlers.get(0x18)!);
      return true;
    }
    const booted = this.#boot.bootFrom(frame, choice.drive);
    this.#choice = undefined;
    if (booted) this.#booted = 'choice';
    else this.#menu.failed();
    return booted;
  }

  /** What was booted gives up: what follows is tried, or the menu shown once more. Waits for ever where nothing is left. */
  #bootNext(frame: BiosFrame): boolean {
    if (this.#booted === 'nothing') return false;
    this.#disks.forgetEmulation();
    this.#disks.start();
    if (this.#booted === 'choice') {
      this.#booted = 'nothing';
      this.#menu.failed();
      frame.setReturn(B.ROM_SEGMENT, this.rom.handlers.get(0x19)!);
      return true;
    }
    this.#booted = this.#boot.boot(frame, this.#booted) ?? 'nothing';
    if (this.#booted === 'nothing') this.#nothingToBoot();
    return this.#booted !== 'nothing';
  }

  #nothingToBoot(): void {
    this.#say(
      'Nothing to boot from: give a disk image or a CD-ROM image, or press Ctrl-Alt-Del to try again.',
    );
  }
  #systemService(frame: BiosFrame): boolean {
    switch (frame.ah) {
      case 0x83:
        this.#wait.event(frame);
        return true;
      case 0x86:
        return this.#wait.wait(frame);
      case 0xc2:
        return this.#mouse.service(frame);
      default:
        this.#system.service(frame);
        return true;
    }
  }

  #reset(): void {
    this.#wires.ports.portWrite(RESET_PORT, 1, HARD_RESET);
  }

  #start(): void {
    const { memory } = this.#wires;
    // A program that wants to start again has come here, by a jump or INIT: its interrupts and devices are to stop first.
    if (!this.#isReset) {
      this.#reset();
      return;
    }
    this.#isReset = false;
    this.#disks.forgetEmulation();
    powerOnSetup(this.#wires, this.rom, this.#disks.units);
    this.#keyboard.start();
    this.#mouse.start();
    this.#clock.start();
    this.#disks.start();
    this.#menu.start();
    if (this.#wires.hasDisplay) this.#video.start();
    this.#say(`Doppel BIOS, ${Math.floor(this.#wires.ramSize / 2 ** 20)} MiB of memory`);
    memory.write16(B.BDA_RESET_FLAG, 0);
  }

  /** A line for whoever looks: on the screen, and to the log. */
  #say(line: string): void {
    this.#wires.log(line);
    if (this.#wires.hasDisplay) this.#video.print(`${line}\r\n`);
  }
}
