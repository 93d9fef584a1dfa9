// Plain memory behind RAM, ROMs, and a memory map that changes while code runs: the same on every engine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../memory/guest-memory.ts';
import * as L from '../x86/state/layout.ts';
import { type InterpOptions, InterpVcpu } from './interp/interp-vcpu.ts';
import { JitVcpu } from './jit/jit-vcpu.ts';
import { ReferenceVcpu } from './reference/reference-vcpu.ts';
import { bareWires, emptyBus, enterFlat32 } from './testing.ts';
import type { Vcpu } from './vcpu.ts';

const ENGINES: readonly [string, (wires: InterpOptions) => Vcpu][] = [
  ['reference', (wires) => new ReferenceVcpu(wires)],
  ['interpreter', (wires) => new InterpVcpu(wires)],
  ['translator', (wires) => new JitVcpu(wires, { eager: true })],
];

const VIDEO = 0xe000_0000;
const BIOS = 0xf_0000;
const HLT = 0xf4;

/** Runs to a HLT, or through `budget` instructions. */
function run(vcpu: Vcpu, at: number, budget = 100_000): void {
  enterFlat32(vcpu.state, at);
  vcpu.state.u32[L.ACTIVITY >> 2] = 0;
  vcpu.stateChanged();
  const end = vcpu.retired + budget;
  while (vcpu.retired < end) if (vcpu.run(end - vcpu.retired).reason === 'Hlt') return;
}

for (const [name, make] of ENGINES) {
  test(`${name}: video memory in a loop, where its BAR has moved it, with pages marked anew`, () => {
    const memory = new GuestMemory(2 << 20, 1 << 20);
    const video = memory.allocate('video', 1 << 20);
    // mov ecx, 4096; loop: mov [edi+ecx*4], ecx; add edx, [edi+ecx*4]; dec ecx; jnz loop; hlt
    memory.u8.set([0xb9, 0, 16, 0, 0, 0x89, 0x0c, 0x8f, 0x03, 0x14, 0x8f, 0x49, 0x75, 0xf7, HLT], 0x1000);
    const vcpu = make(bareWires(memory));
    const sum = (4096 * 4097) / 2;
    const written = () => {
      const pages = new Uint8Array(256);
      video.takeWritten(pages);
      return [...pages].reduce((count, page) => count + page, 0);
    };
    let unmap = memory.overlay(VIDEO, 1 << 20, video);
    for (const start of [VIDEO, VIDEO, VIDEO + 0x10_0000, VIDEO]) {
      unmap();
      unmap = memory.overlay(start, 1 << 20, video);
      vcpu.state.setGpr32(L.RDI, start);
      vcpu.state.setGpr32(L.RDX, 0);
      run(vcpu, 0x1000);
      assert.equal(vcpu.state.gpr32(L.RDX), sum);
      assert.equal(written(), 5);
      assert.equal(written(), 0);
    }
    // Nothing there any more: reads as ones.
    unmap();
    vcpu.state.setGpr32(L.RDX, 0);
    run(vcpu, 0x1000);
    assert.equal(vcpu.state.gpr32(L.RDX), -4096 >>> 0);
    assert.equal(written(), 0);
  });

  test(`${name}: ROM code that puts RAM in its own place goes on in RAM`, () => {
    const memory = new GuestMemory(2 << 20, 0x1_0000);
    const rom = memory.allocate('bios', 0x1_0000);
    // mov ecx, 100; loop: inc eax; dec ecx; jnz loop; out 0x80, al; mov bl, imm8; hlt
    const code = [0xb9, 100, 0, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0xe6, 0x80, 0xb3, 1, HLT];
    rom.bytes.set(code);
    memory.u8.set(code.with(12, 2), BIOS);
    const shadow = (open: boolean) => {
      if (open) memory.mapRam(BIOS, 0x1_0000, 'memory');
      else memory.mapPlain(BIOS, 0x1_0000, rom, 0, 'ram');
    };
    let open = true;
    const vcpu = make(bareWires(memory, { ...emptyBus, portWrite: () => shadow(open) }));
    for (let turn = 0; turn < 4; turn++) {
      shadow(false);
      open = turn % 2 === 0;
      run(vcpu, BIOS);
      assert.equal(vcpu.state.gpr32(L.RBX) & 0xff, open ? 2 : 1);
      assert.equal(vcpu.state.gpr32(L.RAX), 100 * (turn + 1));
    }
  });

  test(`${name}: code is known through every place of its page, and a write to any changes it`, () => {
    const memory = new GuestMemory(2 << 20, 0x1000);
    const plain = memory.allocate('plain', 0x1000);
    memory.mapPlain(0x8000, 0x1000, plain, 0, 'memory');
    memory.mapPlain(0x9000, 0x1000, plain, 0, 'memory');
    // mov ecx, 500; loop: inc eax; dec ecx; jnz loop; xor byte [0x9005], 8 (inc eax <-> dec eax); hlt
    plain.bytes.set([0xb9, 0xf4, 1, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0x80, 0x35, 5, 0x90, 0, 0, 8, HLT]);
    const vcpu = make(bareWires(memory));
    for (const [at, value] of [
      [0x8000, 500],
      [0x8000, 0],
      [0x9000, 500],
      [0x8000, 0],
    ] as const) {
      run(vcpu, at);
      assert.equal(vcpu.state.gpr32(L.RAX), value);
    }
  });

  test(`${name}: RAM behind a ROM is written by code`, () => {
    const memory = new GuestMemory(2 << 20, 0x1000);
    const rom = memory.allocate('rom', 0x1000);
    rom.bytes.fill(0x11);
    memory.mapPlain(BIOS, 0x1000, rom, 0, 'ram');
    // mov ecx, 64; mov edi, BIOS; mov eax, 0x22222222; rep stosd; mov ebx, [BIOS]; hlt
    const code = [
      0xb9,
      64,
      0,
      0,
      0,
      0xbf,
      0,
      0,
      0x0f,
      0,
      0xb8,
      0x22,
      0x22,
      0x22,
      0x22,
      0xf3,
      0xab,
      0x8b,
      0x1d,
      0,
      0,
      0x0f,
      0,
      HLT,
    ];
    memory.u8.set(code, 0x1000);
    const vcpu = make(bareWires(memory));
    run(vcpu, 0x1000);
    assert.equal(vcpu.state.gpr32(L.RBX), 0x1111_1111);
    memory.mapRam(BIOS, 0x1000, 'memory');
    assert.equal(memory.read32(BIOS + 252), 0x2222_2222);
    assert.equal(memory.read32(BIOS + 256), 0);
  });

  test(`${name}: the A20 gate closes and opens between two accesses`, () => {
    const memory = new GuestMemory(4 << 20);
    // mov eax, [0x100500]; out 0x92, al; mov ebx, [0x100500]; out 0x92, al; mov ecx, [0x100500]; hlt
    const load = (register: number) => [0x8b, register, 0, 5, 0x10, 0];
    memory.u8.set([...load(0x05), 0xe6, 0x92, ...load(0x1d), 0xe6, 0x92, ...load(0x0d), HLT], 0x1000);
    memory.write32(0x500, 0x1111);
    memory.write32(0x10_0500, 0x2222);
    const portWrite = () => {
      memory.a20 = !memory.a20;
    };
    const vcpu = make(bareWires(memory, { ...emptyBus, portWrite }));
    run(vcpu, 0x1000);
    assert.deepEqual(
      [L.RAX, L.RBX, L.RCX].map((register) => vcpu.state.gpr32(register)),
      [0x2222, 0x1111, 0x2222],
    );
  });
}
