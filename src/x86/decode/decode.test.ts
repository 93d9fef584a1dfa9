// The decoder by hand: what a comparison with another decoder does not see, namely how the modes,
// segments, features and the end of the bytes matter, and that forms are shared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES, type FeatureName } from '../cpuid/feature-names.ts';
import * as S from '../state/layout.ts';
import { decode } from './decode.ts';
import type { Instruction, Operand } from './instruction.ts';
import {
  MODE_FLAT,
  MODE_FLAT_CS,
  MODE_FLAT_DS,
  MODE_KEY_32,
  MODE_KEY_64,
  MODE_KEY_REAL,
  MODE_PROTECTED,
  MODE_V86,
  type Mode,
  modeFromKey,
} from './mode.ts';
import { printInstruction } from './print.ts';

const LONG = modeFromKey(MODE_KEY_64);
const PROTECTED = modeFromKey(MODE_KEY_32);
const PROTECTED_16 = modeFromKey(MODE_PROTECTED | MODE_FLAT);
const REAL = modeFromKey(MODE_KEY_REAL);
const V86 = modeFromKey(MODE_V86);

function bytesOf(hexadecimal: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hexadecimal.replaceAll(' ', ''), 'hex'));
}
function decodeAll(hexadecimal: string, mode: Mode, features = ALL_FEATURES): Instruction {
  const bytes = bytesOf(hexadecimal);
  const instruction = decode(bytes, bytes.length, mode, features);
  assert.ok(instruction, `${hexadecimal}: more bytes needed`);
  return instruction;
}
const text = (hexadecimal: string, mode: Mode) => printInstruction(decodeAll(hexadecimal, mode));

function memory(instruction: Instruction): Operand & { kind: 'mem' } {
  const operand = instruction.form.operands.find((o) => o.kind === 'mem');
  assert.ok(operand?.kind === 'mem');
  return operand;
}

const CASES: readonly (readonly [string, Mode, string])[] = [
  // Prefixes
  ['48 01 44 24 08', LONG, 'ADD qword SS:[RSP+0x8], RAX'],
  ['48 66 01 c8', LONG, 'ADD AX, CX'], // REX counts only just before the opcode
  ['66 48 01 c8', LONG, 'ADD RAX, RCX'],
  ['64 2e 8b 00', LONG, 'MOV EAX, dword FS:[RAX]'], // CS is ignored, FS stays
  ['65 64 8b 00', PROTECTED, 'MOV EAX, dword FS:[EAX]'], // the last one wins
  ['f3 f2 0f 58 c1', LONG, 'ADDSD XMM0, XMM1'],
  ['f2 f3 0f 58 c1', LONG, 'ADDSS XMM0, XMM1'],
  ['66 f2 0f 58 c1', LONG, 'ADDSD XMM0, XMM1'],
  ['66 f2 0f 38 f1 c1', LONG, 'CRC32 EAX, CX'],
  ['f0 01 08', LONG, 'lock ADD dword DS:[RAX], ECX'],
  ['f0 01 c8', LONG, 'INVALID'],
  ['f0 3b 08', LONG, 'INVALID'],
  ['f0 39 08', LONG, 'INVALID'],
  ['f0 48 0f c7 08', LONG, 'lock CMPXCHG16B area DS:[RAX]'],
  // Operand and address sizes
  ['67 8b 45 00', LONG, 'MOV EAX, dword SS:[EBP]'],
  ['8b 05 10 00 00 00', LONG, 'MOV EAX, dword DS:[RIP+0x10]'],
  ['8b 04 25 f0 ff ff ff', LONG, 'MOV EAX, dword DS:[0xfffffffffffffff0]'],
  ['8b 42 fe', REAL, 'MOV AX, word SS:[BP+SI+0xfffe]'],
  ['8b 46 00', REAL, 'MOV AX, word SS:[BP]'],
  ['8b 06 34 12', REAL, 'MOV AX, word DS:[0x1234]'],
  ['67 66 8b 04 65 00 00 00 80', REAL, 'MOV EAX, dword DS:[0x80000000]'],
  ['8b 04 28', PROTECTED, 'MOV EAX, dword DS:[EAX+EBP]'],
  ['8b 04 05 00 00 00 00', PROTECTED, 'MOV EAX, dword DS:[EAX]'],
  ['8b 04 25 00 00 00 00', PROTECTED, 'MOV EAX, dword DS:[0x0]'],
  ['48 b8 88 77 66 55 44 33 22 11', LONG, 'MOV RAX, 0x1122334455667788'],
  ['48 c7 c0 ff ff ff ff', LONG, 'MOV RAX, 0xffffffffffffffff'],
  ['83 c0 ff', PROTECTED, 'ADD EAX, 0xffffffff'],
  ['a1 88 77 66 55 44 33 22 11', LONG, 'MOV EAX, dword DS:[0x1122334455667788]'],
  ['67 a1 88 77 66 55', LONG, 'MOV EAX, dword DS:[0x55667788]'],
  ['66 6a ff', LONG, 'PUSH 0xffff'],
  ['6a ff', LONG, 'PUSH 0xffffffffffffffff'],
  ['66 e9 00 00 00 00', LONG, 'JMP $+0x6'],
  ['66 e9 00 00', PROTECTED, 'JMP $+0x4'],
  ['eb fe', LONG, 'JMP $+0x0'],
  ['ea 78 56 34 12 cd ab', PROTECTED, 'JMPF 0xabcd:0x12345678'],
  ['75 05', PROTECTED, 'JNE $+0x7'],
  ['c8 10 00 01', LONG, 'ENTER 0x10, 0x1'],
  // Registers
  ['88 e0', LONG, 'MOV AL, AH'],
  ['40 88 e0', LONG, 'MOV AL, SPL'],
  ['45 88 e0', LONG, 'MOV R8L, R12L'],
  ['41 90', LONG, 'XCHG R8D, EAX'],
  ['f3 90', LONG, 'PAUSE'],
  ['90', REAL, 'NOP'],
  ['0f 20 00', LONG, 'MOV_CR RAX, CR0'], // bits 7:6 of ModRM are ignored
  ['44 0f 22 c0', LONG, 'MOV_CR CR8, RAX'],
  ['0f 22 c8', PROTECTED, 'INVALID'],
  ['0f 23 f8', PROTECTED, 'MOV_DR DR7, EAX'],
  ['44 0f 23 f8', LONG, 'INVALID'],
  ['8e c8', PROTECTED, 'INVALID'], // CS cannot be loaded
  ['8e d8', PROTECTED, 'MOV_SEGMENT DS, AX'],
  ['8c f0', PROTECTED, 'INVALID'],
  // Strings
  ['f3 48 ab', LONG, 'rep STOS RAX'],
  ['f2 a6', LONG, 'repne CMPS AL'],
  ['66 6f', PROTECTED, 'OUTS AX'],
  ['48 6d', LONG, 'INS EAX'],
  // Undocumented and aliases
  ['82 c0 01', PROTECTED, 'ADD AL, 0x1'],
  ['82 c0 01', LONG, 'INVALID'],
  ['d6', PROTECTED, 'SALC'],
  ['f1', LONG, 'INT1'],
  ['c0 f0 03', PROTECTED, 'SHL AL, 0x3'],
  ['f6 c8 01', PROTECTED, 'TEST AL, 0x1'],
  ['df c1', PROTECTED, 'FFREEP ST1'],
  ['dc d1', PROTECTED, 'FCOM ST1'],
  ['d9 d9', PROTECTED, 'FSTP ST1'],
  ['f3 0f bc c1', LONG, 'BSF EAX, ECX'],
  // Encodings that are not offered
  ['c5 f8 77', LONG, 'INVALID'],
  ['c5 f8 77', PROTECTED, 'INVALID'],
  ['c5 00', PROTECTED, 'LDS EAX, area DS:[EAX]'],
  ['62 00', PROTECTED, 'BOUND EAX, area DS:[EAX]'],
  ['62 f1 7c 48 58 c1', LONG, 'INVALID'],
  ['8f e8 78 c0 c1 01', LONG, 'INVALID'],
  ['d5 00', LONG, 'INVALID'],
  // Not recognised outside protected mode
  ['0f 00 d8', REAL, 'INVALID'],
  ['0f 00 d8', V86, 'INVALID'],
  ['0f 00 d8', PROTECTED_16, 'LTR AX'],
  ['63 c8', V86, 'INVALID'],
  ['63 c8', PROTECTED_16, 'ARPL AX, CX'],
  ['0f 02 c1', REAL, 'INVALID'],
];

test('instructions', () => {
  for (const [bytes, mode, expected] of CASES) {
    assert.equal(text(bytes, mode), expected, `${bytes} in ${mode.bits}-bit ${mode.protection} mode`);
  }
});

test('asks for more bytes until the instruction is whole, and never looks further', () => {
  for (const [hexadecimal, mode, expected] of CASES) {
    if (expected === 'INVALID') continue; // may be known early
    const bytes = bytesOf(`${hexadecimal} cc cc cc cc`);
    const { length } = decode(bytes, bytes.length, mode, ALL_FEATURES)!;
    assert.equal(length, bytes.length - 4, hexadecimal);
    for (let available = 0; available < length; available++) {
      assert.equal(
        decode(bytes, available, mode, ALL_FEATURES),
        null,
        `${available} bytes of ${hexadecimal}`,
      );
    }
    assert.equal(decode(bytes, length, mode, ALL_FEATURES)!.length, length);
  }
});

test('the limit of 15 bytes', () => {
  const fits = decodeAll(`${'66'.repeat(14)} 90`, LONG);
  assert.equal(fits.form.mnemonic, 'NOP');
  assert.equal(fits.length, 15);
  const prefixes = decodeAll('66'.repeat(15), LONG);
  assert.equal(prefixes.form.mnemonic, 'TOO_LONG');
  assert.equal(prefixes.length, 15);
  assert.equal(decode(bytesOf('66'.repeat(14)), 14, LONG, ALL_FEATURES), null);
  assert.equal(decodeAll(`${'2e'.repeat(11)} b8 00 00 00 00`, PROTECTED).form.mnemonic, 'TOO_LONG');
  assert.equal(decodeAll(`${'2e'.repeat(10)} b8 00 00 00 00`, PROTECTED).form.mnemonic, 'MOV');
});

test('segments: default, override, flat or checked', () => {
  const use = (hexadecimal: string, mode: Mode) => {
    const instruction = decodeAll(hexadecimal, mode);
    const { segment, stack } = memory(instruction);
    return [segment, stack, (instruction.seg - S.SEGMENT) / S.SEGMENT_SIZE];
  };
  assert.deepEqual(use('8b 00', PROTECTED), ['flat', false, S.DS]);
  assert.deepEqual(use('8b 45 00', PROTECTED), ['flat', true, S.SS]);
  assert.deepEqual(use('3e 8b 45 00', PROTECTED), ['flat', false, S.DS]);
  assert.deepEqual(use('8b 00', REAL), ['checked', false, S.DS]);
  assert.deepEqual(use('36 8b 00', REAL), ['checked', true, S.SS]);
  assert.deepEqual(use('64 8b 00', PROTECTED), ['checked', false, S.FS]);
  assert.deepEqual(use('2e 8b 00', PROTECTED), ['checked', false, S.CS]); // flat, but not writable
  assert.deepEqual(use('64 8b 00', LONG), ['base', false, S.FS]);
  assert.deepEqual(use('36 8b 00', LONG), ['flat', false, S.DS]);
  assert.deepEqual(use('8b 04 24', LONG), ['flat', true, S.SS]);
  assert.deepEqual(use('41 8b 45 00', LONG), ['flat', false, S.DS]); // R13 is no stack base
  const onlyDs = modeFromKey(1 | (1 << 2) | MODE_PROTECTED | MODE_FLAT_CS | MODE_FLAT_DS);
  assert.deepEqual(use('8b 00', onlyDs), ['flat', false, S.DS]);
  assert.deepEqual(use('26 8b 00', onlyDs), ['checked', false, S.ES]);
  const string = decodeAll('36 a4', REAL);
  assert.deepEqual([string.form.segment, string.form.segmentIsStack], ['checked', true]);
  assert.equal(string.seg, S.SEGMENT + S.SS * S.SEGMENT_SIZE);
  assert.equal(decodeAll('65 d7', LONG).form.segment, 'base');
});

test('forms are shared: by registers and by encoding', () => {
  const form = decodeAll('01 c8', LONG).form; // add eax, ecx
  assert.equal(decodeAll('01 d3', LONG).form, form); // add ebx, edx
  assert.equal(decodeAll('03 c1', LONG).form, form); // add eax, ecx the other way round
  assert.notEqual(decodeAll('01 c8', PROTECTED).form, form);
  assert.notEqual(decodeAll('48 01 c8', LONG).form, form);
  const { r0, r1 } = decodeAll('03 d9', LONG); // add ebx, ecx
  assert.deepEqual([r0, r1], [S.GPR + 8 * S.RBX, S.GPR + 8 * S.RCX]);
  assert.equal(decodeAll('0f b6 c4', LONG).r1, S.GPR + 1); // AH
  assert.equal(decodeAll('74 00', LONG).form.condition, 4);
});

test('widths are what the instruction uses of a register', () => {
  const widths = (hexadecimal: string) =>
    decodeAll(hexadecimal, LONG).form.operands.map((o) => ('width' in o ? `${o.kind} ${o.width}` : o.kind));
  assert.deepEqual(widths('f3 0f 58 c1'), ['xmm 32', 'xmm 32']);
  assert.deepEqual(widths('f2 48 0f 2a 07'), ['xmm 64', 'mem 64']);
  assert.deepEqual(widths('66 48 0f 6e c0'), ['xmm 64', 'gpr 64']);
  assert.deepEqual(widths('66 0f 6f 07'), ['xmm 128', 'mem 128']);
  assert.deepEqual(widths('66 0f 3a 14 07 01'), ['mem 8', 'xmm 128', 'imm 8']);
  assert.deepEqual(widths('66 0f 3a 14 c7 01'), ['gpr 32', 'xmm 128', 'imm 8']);
  assert.deepEqual(widths('0f a5 07'), ['mem 32', 'gpr 32', 'gpr 8']);
  assert.deepEqual(widths('0f 02 c1'), ['gpr 32', 'gpr 16']);
  assert.deepEqual(widths('0f 01 c1'), []); // VMCALL: undefined here
  assert.deepEqual(widths('db 28'), ['mem 80']);
});

test('rows of absent features are undefined', () => {
  const without = (...names: FeatureName[]) =>
    new Set([...ALL_FEATURES].filter((name) => !names.includes(name)));
  const mnemonic = (hexadecimal: string, ...names: FeatureName[]) =>
    decodeAll(hexadecimal, LONG, without(...names)).form.mnemonic;
  assert.equal(mnemonic('66 0f 38 dc c1', 'AES'), 'INVALID');
  assert.equal(mnemonic('f3 0f b8 c1', 'POPCNT'), 'INVALID');
  assert.equal(mnemonic('0f 44 c1', 'CMOV'), 'INVALID');
  assert.equal(mnemonic('48 0f c7 08', 'CX16'), 'INVALID');
  assert.equal(mnemonic('0f c7 08', 'CX16'), 'CMPXCHG8B');
});
