// Who is still and who is not: loops of a toy processor, whose instructions are functions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StillSubject, StillWatch } from './still-watch.ts';

const SLICE = 1001;
const SLICE_TIME = 1e6;

interface Toy {
  /** Two registers and the number of the next instruction. */
  readonly registers: Int32Array;
  read(at: number): number;
  write(at: number, value: number): void;
  ask(): void;
  /** Something outside is asked by the handler of an interrupt. */
  interrupt(): void;
  /** The time in slices. */
  clock(): number;
}

/** @param handlesTicks it is known to be where it was when a rest ends */
function build(program: readonly ((toy: Toy) => void)[], handlesTicks = false) {
  const registers = new Int32Array(4);
  const u8 = new Uint8Array(16 * 4096);
  let written = new Set<number>();
  let outside = 0;
  let interrupts = 0;
  let clockReadings = 0;
  let frozen = -1;
  let retired = 0;
  const toy: Toy = {
    registers,
    read: (at) => u8[at]!,
    write(at, value) {
      written.add(at >> 12);
      u8[at] = value;
    },
    ask() {
      outside++;
    },
    interrupt() {
      interrupts++;
      outside++;
    },
    clock() {
      clockReadings++;
      return frozen >= 0 ? frozen : Math.floor(retired / SLICE);
    },
  };
  const run = (instructions: number) => {
    for (let i = 0; i < instructions; i++) {
      const next = registers[3]!;
      registers[3] = (next + 1) % program.length;
      program[next]!(toy);
      retired++;
    }
    return true;
  };
  const subject: StillSubject = {
    registers: new Uint8Array(registers.buffer, 0, 16),
    moreRegisters: new Uint8Array(4),
    flags: () => 2,
    sum: () => registers.reduce((sum, value) => Math.imul(sum, 31) + value, 7),
    place: () => registers[3]!,
    sumWithoutTime: () => registers.reduce((sum, value) => Math.imul(sum, 31) + value, 7),
    retired: () => retired,
    outside: () => outside,
    interrupts: () => interrupts,
    clockReadings: () => clockReadings,
    clockChips: () => '',
    freeze() {
      frozen = toy.clock();
    },
    thaw() {
      frozen = -1;
    },
    run,
    runToClock(instructions) {
      const readings = clockReadings;
      for (let i = 0; i < instructions && clockReadings === readings; i++) run(1);
      return clockReadings !== readings;
    },
    memory: {
      u8,
      trackWrites() {
        written = new Set();
      },
      pagesWritten: (most) => (written.size > most ? undefined : [...written]),
    },
  };
  const watch = new StillWatch(subject);
  let now = 0;
  let lastRest = 0;
  return {
    watch,
    toy,
    retired: () => retired,
    /** Milliseconds of its last rest. */
    lastRest: () => lastRest / 1e6,
    /** Runs so many slices; how often it was found still. */
    slices(count: number): number {
      let still = 0;
      for (let i = 0; i < count; i++) {
        run(Math.min(SLICE, watch.limit));
        now += SLICE_TIME;
        const rest = watch.rest(now);
        if (rest === 0) continue;
        still++;
        now += rest;
        if (handlesTicks) watch.resumed(true);
        lastRest = rest;
      }
      return still;
    },
  };
}

const nothing = () => {};
const nothings = (count: number) => Array.from({ length: count }, () => nothing);

test('a loop that does nothing is still, soon and for good', () => {
  for (const length of [1, 2, 7, 300]) {
    const { slices } = build(nothings(length));
    slices(400);
    assert.equal(slices(50), 50, `${length} instructions`);
  }
});

test('one that comes by a few states, and leaves memory as it was, is', () => {
  const { slices } = build([
    ({ registers }) => {
      registers[0] = (registers[0]! + 1) % 5;
    },
    ({ write, registers }) => write(0x2000, registers[0]!),
    ({ write, read }) => write(0x3000, read(0x2000) + 1),
  ]);
  slices(400);
  assert.equal(slices(50), 50);
});

test("a disk's driver, which waits for a moment after each command, is not looked into", () => {
  const command = (toy: Toy) => {
    toy.interrupt();
    for (let i = 0; i < 20; i++) toy.ask();
  };
  const { slices, retired } = build([
    command,
    ...Array.from({ length: 142 }, () => (toy: Toy) => void toy.clock()),
  ]);
  assert.equal(slices(400), 0);
  assert.equal(retired(), 400 * SLICE, 'nothing was run but the slices');
});

test('whoever counts is not: in a register, in memory, in many pages', () => {
  const inRegister = (toy: Toy) => void toy.registers[0]!++;
  const inMemory = ({ read, write }: Toy) => {
    for (let at = 0x1000; ; at++) {
      write(at, read(at) + 1);
      if (read(at) !== 0) break;
    }
  };
  const page = ({ registers, write }: Toy) => write(4096 * registers[0]!, 1);
  const next = ({ registers }: Toy) => {
    registers[0] = (registers[0]! + 1) % 16;
  };
  for (const program of [[inRegister], [inMemory, nothing], [page, next]]) {
    const { slices } = build(program);
    assert.equal(slices(3000), 0);
  }
});

test('nor whoever asks a device, or takes very long', () => {
  assert.equal(build([nothing, ({ ask }) => ask()]).slices(3000), 0);
  assert.equal(build(nothings(9000)).slices(3000), 0);
});

test('who waits for a time to pass is, for a part of the time that it has been waiting', () => {
  // The time is in a register, and left behind in memory.
  const { slices, lastRest } = build([
    ({ registers, clock }) => {
      registers[0] = clock();
    },
    ({ write, registers }) => write(0x1000, registers[0]!),
    ({ registers }) => {
      registers[0] = 0;
    },
    ...nothings(40),
  ]);
  slices(400);
  assert.equal(slices(50), 50);
  assert.equal(lastRest(), 60);
  const early = build([({ clock }) => void clock(), nothing]);
  let waited = 0;
  while (early.slices(1) === 0) waited++;
  assert.equal(early.lastRest(), 1);
  early.slices(4);
  assert.ok(early.lastRest() < waited / 8 + 2, `${early.lastRest()} after ${waited}`);
});

test('who counts while the time passes is not, nor who adds up what the clock says', () => {
  const counts = build([
    ({ clock }) => void clock(),
    ({ registers }) => {
      registers[0]!++;
    },
  ]);
  assert.equal(counts.slices(3000), 0);
  const sums = build([({ clock, read, write }) => write(0x1000, read(0x1000) + clock() + 1), ...nothings(3)]);
  assert.equal(sums.slices(3000), 0);
});

test('a long loop is gone round less often once it is known, until it does something else', () => {
  const { slices, retired, toy } = build([
    ({ registers, ask }) => {
      if (registers[1]! > 0) {
        registers[1]!--;
        ask();
      }
    },
    ...nothings(5000),
  ]);
  slices(20_000);
  const before = retired();
  const rests = slices(1000);
  assert.ok(rests > 100);
  assert.ok((retired() - before) / rests < 9000, `${(retired() - before) / rests} instructions a rest`);
  toy.registers[1] = 1e9;
  slices(20);
  assert.equal(slices(100), 0);
});

test('a suspicion that was wrong costs less and less', () => {
  const { slices, retired } = build([nothing, ({ ask }) => ask()]);
  slices(100);
  const before = retired();
  slices(20_000);
  assert.ok(retired() - before < 20_000 * SLICE * 1.01);
});

test('after an interrupt it is found still again at once, while its handler works it is not', () => {
  let handler = 0;
  const { slices, watch } = build([
    ({ registers }) => {
      if (handler > 0) registers[1] = --handler;
    },
    nothing,
  ]);
  slices(400);
  assert.equal(slices(1), 1);
  const before = watch.rests;
  handler = 300;
  assert.equal(slices(1), 1, 'a short one');
  assert.equal(watch.rests, before + 1);
  handler = 2500;
  assert.equal(slices(1), 0);
  assert.ok(slices(8) > 0, 'a longer one');
  handler = 1e9;
  assert.equal(slices(100), 0);
});

test('who waits again and again for a short time, and uses devices in between, does not wait longer for it', () => {
  const waitsAnd = (act: (toy: Toy) => void) => [
    (toy: Toy) => {
      if (toy.clock() < toy.registers[0]!) toy.registers[3] = 0;
    },
    (toy: Toy) => {
      act(toy);
      toy.registers[0] = toy.clock() + 5;
    },
  ];
  const driver = build(waitsAnd(({ ask }) => ask()));
  assert.equal(driver.slices(5000), 0);
  const handler = build(waitsAnd(({ interrupt }) => interrupt()));
  assert.ok(handler.slices(5000) > 100, 'what handlers of interrupts do is another matter');
});

test('who has waited long again and again is expected to once more, who then waits for short times is not', () => {
  let work = 0;
  const { slices, lastRest } = build(
    [
      ({ clock }) => void clock(),
      ...nothings(2000),
      ({ ask }) => {
        if (work > 0) {
          work--;
          ask();
        }
      },
    ],
    true,
  );
  slices(600);
  assert.equal(lastRest(), 250);
  const waitAgain = (count: number): number => {
    work = 2;
    while (work > 0) slices(1);
    const rests = Array.from({ length: count }, () => (slices(1) > 0 ? lastRest() : 0));
    return Math.max(...rests);
  };
  for (let i = 0; i < 3; i++) waitAgain(300);
  assert.ok(waitAgain(12) > 100, 'at once');
  for (let i = 0; i < 3; i++) waitAgain(12);
  assert.ok(waitAgain(12) < 100);
});
