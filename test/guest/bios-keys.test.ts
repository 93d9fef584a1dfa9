// Keys of the BIOS that call: a program in a guest takes the interrupts, and has its keyboard controller say what a keyboard
// would (command D2h).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callResult, run, type Step } from './bios-calls.ts';
import { noCompiler } from './build.ts';

const HANDLER = 0x5000;
const COUNTS = 0x600;
const low = (value: number) => value & 0xff;
const high = (value: number) => value >> 8;

/** Bytes from the keyboard, each with time for INT 09h. */
const keyboard = (...bytes: number[]): Step[] =>
  bytes.flatMap((byte): Step[] => [{ out: [0x64, 0xd2] }, { out: [0x60, byte] }, { ticks: 1 }]);
/** A routine at HANDLER:offset for an interrupt. */
const handler = (interrupt: number, offset: number, code: readonly number[]): Step[] => [
  { poke: [HANDLER, offset, code] },
  { poke: [0, 4 * interrupt, [low(offset), high(offset), low(HANDLER), high(HANDLER)]] },
];
/** Counts in a byte of its own: push ds; push 0; pop ds; inc byte [at]; pop ds; iret. */
const counter = (at: number) => [0x1e, 0x6a, 0x00, 0x1f, 0xfe, 0x06, low(at), high(at), 0x1f, 0xcf];

describe('keys that call', { skip: noCompiler() }, () => {
  test('Ctrl-Break, Print Screen and SysRq', async () => {
    // INT 15h, AH=85h: AX goes to a list at 602h; the rest to the BIOS.
    const system = [
      ...[0x80, 0xfc, 0x85, 0x75, 0x10], // cmp ah, 85h; jne on
      ...[0x1e, 0x53, 0x6a, 0x00, 0x1f], // push ds; push bx; push 0; pop ds
      ...[0x88, 0x06, 0x04, 0x06, 0xfe, 0x06, 0x02, 0x06], // mov [604h], al; inc byte [602h]
      ...[0x5b, 0x1f, 0xcf], // pop bx; pop ds; iret
      ...[0xea, 0x59, 0xf8, 0x00, 0xf0], // on: jmp f000:f859
    ];
    const told = await run([
      ...handler(0x1b, 0, counter(COUNTS)),
      ...handler(0x05, 0x20, counter(COUNTS + 1)),
      ...handler(0x15, 0x40, system),
      { poke: [0, COUNTS, [0, 0, 0, 0, 0xff]] },
      { int: 0x16, eax: 0x0500, ecx: 0x1234 },
      ...keyboard(0x1d, 0xe0, 0x46, 0xe0, 0xc6, 0x9d), // Ctrl-Break of a keyboard with 101 keys
      { int: 0x16, eax: 0x0000 },
      ...keyboard(0x1d, 0x46, 0xc6, 0x9d), // and of one with 84
      ...keyboard(0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa), // Print Screen
      ...keyboard(0x38, 0x54),
      { tell: [0, COUNTS, 5] },
      ...keyboard(0xd4, 0xb8),
      { tell: [0, COUNTS, 5] },
      { int: 0x16, eax: 0x0000 },
      ...keyboard(0x1e, 0x9e),
      { int: 0x16, eax: 0x0000 },
    ]);
    assert.equal(told.length, 6);
    // What was typed before is gone.
    assert.equal(callResult(told[1]!).eax, 0);
    assert.deepEqual([...told[2]!], [2, 1, 1, 0, 0]);
    assert.deepEqual([...told[3]!], [2, 1, 2, 0, 1]);
    assert.deepEqual([callResult(told[4]!).eax, callResult(told[5]!).eax], [0, 0x1e61]);
  });

  test('KEYB is told that there are the functions of an enhanced keyboard', async () => {
    const [answer] = await run([{ int: 0x16, eax: 0x9200 }]);
    assert.equal(callResult(answer!).ah, 0x80);
  });

  test('Pause holds a program until the next key, which is lost', async () => {
    // INT 1Ch: at the count's end the keyboard controller says that A is pressed.
    const later = [
      ...[0x1e, 0x50, 0x6a, 0x00, 0x1f], // push ds; push ax; push 0; pop ds
      ...[0xfe, 0x0e, low(COUNTS), high(COUNTS), 0x75, 0x08], // dec byte [at]; jnz out
      ...[0xb0, 0xd2, 0xe6, 0x64, 0xb0, 0x1e, 0xe6, 0x60], // mov al, d2h; out 64h; mov al, 1eh; out 60h
      ...[0x58, 0x1f, 0xcf], // out: pop ax; pop ds; iret
    ];
    const [before, after, key] = await run([
      { poke: [0, COUNTS, [200]] },
      ...handler(0x1c, 0, later),
      ...keyboard(0xe1, 0x1d),
      { poke: [0, COUNTS, [10]] },
      { tell: [0, 0x46c, 2] },
      ...keyboard(0x45),
      { tell: [0, 0x46c, 2] },
      ...keyboard(0xe1, 0x9d, 0xc5, 0x9e, 0x30, 0xb0),
      { int: 0x16, eax: 0x0000 },
    ]);
    const ticks = (bytes: Uint8Array) => bytes[0]! | (bytes[1]! << 8);
    const held = ticks(after!) - ticks(before!);
    assert.ok(held >= 9 && held <= 13, `${held} ticks`);
    assert.equal(callResult(key!).eax, 0x3062);
  });
});
