// BIOS services called in a guest: a boot sector (programs/bios/calls.s) works through a list of calls and tells on the
// debug console what came back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { StorageOptions } from '../../src/machine/pc/storage.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineOptions } from '../../src/machine/vm/machine-options.ts';

const RECORD = 40;
const PROGRAM = 2048;
const LIST_SECTORS = 64;
const DISK = 4 << 20;
const LINE_FEED = 10;

export interface Registers {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
}
/** Bits of FLAGS. */
export const CARRY = 0x0001;
export const ZERO = 0x0040;

/** A step of the program. */
export type Step =
  | ({ readonly int: number; readonly ds?: number; readonly es?: number } & Partial<Registers>)
  /** The 32-bit far routine at a linear address. */
  | ({ readonly far32: number } & Partial<Omit<Registers, 'edi' | 'ebp'>>)
  /** Tells memory: segment, offset, bytes. */
  | { readonly tell: readonly [segment: number, offset: number, count: number] }
  /** Writes bytes to memory. */
  | { readonly poke: readonly [segment: number, offset: number, bytes: readonly number[]] }
  | { readonly out: readonly [port: number, value: number] }
  | { readonly in: number }
  /** Waits for so many ticks of INT 08h. */
  | { readonly ticks: number };

/** What a call left in the registers. */
export interface CallResult extends Registers {
  readonly es: number;
  readonly flags: number;
  readonly carry: boolean;
  readonly ah: number;
  readonly al: number;
}

/** The program with its list: the first sectors of a disk. Needs gcc. Throws with its complaint, or for too long a list. */
export function callsProgram(steps: readonly Step[]): Uint8Array {
  const disk = new Uint8Array(PROGRAM + LIST_SECTORS * 512);
  disk.set(assemble(join(import.meta.dirname, 'programs/bios/calls.s')));
  const records = steps.flatMap(encode);
  if ((records.length + 1) * RECORD > LIST_SECTORS * 512)
    throw new Error(`${records.length} steps are too many`);
  records.forEach((record, i) => {
    disk.set(record, PROGRAM + RECORD * i);
  });
  return disk;
}

/** A boot program as machine code for 0000:7C00. */
export function assemble(source: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'doppel-assembler-'));
  try {
    const output = join(directory, 'program');
    const link = '-Wl,--build-id=none,--oformat=binary,-Ttext=0x7c00,-e,_start';
    const options = ['-m32', '-nostdlib', '-static', '-no-pie', link, '-o', output, source];
    const result = spawnSync('gcc', options, { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`gcc: ${result.stderr || result.error?.message}`);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function encode(step: Step): Uint8Array[] {
  const record = (
    what: number,
    interrupt: number,
    ds: number,
    es: number,
    values: readonly (number | undefined)[],
  ) => {
    const bytes = new Uint8Array(RECORD);
    const view = new DataView(bytes.buffer);
    bytes[0] = what;
    bytes[1] = interrupt;
    view.setUint16(2, ds, true);
    view.setUint16(4, es, true);
    values.forEach((value, i) => {
      view.setUint32(8 + 4 * i, (value ?? 0) >>> 0, true);
    });
    return bytes;
  };
  if ('int' in step) {
    const { eax, ebx, ecx, edx, esi, edi, ebp } = step;
    return [record(1, step.int, step.ds ?? 0, step.es ?? 0, [eax, ebx, ecx, edx, esi, edi, ebp])];
  }
  if ('far32' in step)
    return [record(7, 0, 0, 0, [step.eax, step.ebx, step.ecx, step.edx, step.esi, step.far32])];
  if ('tell' in step) {
    const [segment, offset, count] = step.tell;
    return [record(2, 0, segment, 0, [0, 0, count, 0, offset])];
  }
  if ('poke' in step) {
    const [segment, offset, bytes] = step.poke;
    return bytes.map((byte, i) => record(3, 0, segment, 0, [byte, 0, 0, 0, offset + i]));
  }
  if ('out' in step) return [record(5, 0, 0, 0, [step.out[1], 0, 0, step.out[0]])];
  if ('in' in step) return [record(6, 0, 0, 0, [0, 0, 0, step.in])];
  return [record(4, 0, 0, 0, [0, 0, step.ticks])];
}

/** What the program told, a line for each step that tells something, as bytes. */
export function answers(output: string): Uint8Array[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Uint8Array.from(line.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
}

export function callResult(bytes: Uint8Array): CallResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = (offset: number) => view.getUint32(offset, true);
  const flags = view.getUint16(32, true);
  return {
    ...{ eax: at(0), ebx: at(4), ecx: at(8), edx: at(12), esi: at(16), edi: at(20), ebp: at(24) },
    es: view.getUint16(28, true),
    flags,
    carry: (flags & CARRY) !== 0,
    ah: (at(0) >>> 8) & 0xff,
    al: at(0) & 0xff,
  };
}

export interface Setup {
  /** Called when the program has told its `after`th line. */
  readonly after?: number;
  readonly then?: (machine: Machine) => void;
  /** Media besides the program's disk, which is the first. */
  readonly storage?: StorageOptions;
  /** More serial ports, a printer. */
  readonly parts?: Pick<MachineOptions, 'moreSerial' | 'printer'>;
}

/** Runs the steps under our BIOS; what they told. */
export async function run(
  steps: readonly Step[],
  { after = -1, then, storage, parts }: Setup = {},
): Promise<Uint8Array[]> {
  const disk = new Uint8Array(DISK);
  disk.set(callsProgram(steps));
  let output = '';
  let lines = 0;
  const machine = new Machine({
    memory: 16 << 20,
    boot: { media: ['disk'] },
    display: {},
    storage: { ...storage, disks: [imageDisk(disk), ...(storage?.disks ?? [])] },
    serial: { write() {} },
    debugConsole: {
      write: (byte) => {
        output += String.fromCharCode(byte);
        if (byte === LINE_FEED && ++lines === after) then?.(machine);
      },
    },
    debugExitPort: 0x501,
    ...parts,
    time: 'deterministic',
    host: nodeHost(),
  });
  setTimeout(() => machine.stop('timeout'), 60_000).unref();
  const end = await machine.run();
  machine.close();
  assert.equal(end.reason, 'debug-exit', output);
  return answers(output);
}
/** Likewise, of steps that are all calls. */
export const calls = async (steps: readonly Step[], setup?: Setup): Promise<CallResult[]> =>
  (await run(steps, setup)).map(callResult);
