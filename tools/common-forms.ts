// Makes src/engine/interp/common-encodings.ts: boots Debian's amd64 and 686 kernels with the quick-start userland
// and writes down one encoding of every form that is decoded in the flat 32- and 64-bit modes.
//
//   node tools/common-forms.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { buildBusyboxInitramfs } from '../src/backend/initramfs/busybox.ts';
import { InterpVcpu } from '../src/engine/interp/interp-vcpu.ts';
import {
  architectureOf,
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from '../src/host/node/debian-packages.ts';
import { nodeHost } from '../src/host/node/platform.ts';
import { Machine } from '../src/machine/vm/machine.ts';
import { cpuFeatures } from '../src/x86/cpuid/features.ts';
import { decode } from '../src/x86/decode/decode.ts';
import type { Form } from '../src/x86/decode/instruction.ts';
import { MODE_KEY_32, MODE_KEY_64, modeFromKey } from '../src/x86/decode/mode.ts';

const LINE = 110;

/** One encoding of each form met: what the interpreter decodes, in its plainest encoding. */
async function encodings(flavour: DebianKernel, modeKey: number): Promise<string[]> {
  const kernel = await fetchDebianKernel(flavour);
  const busybox = await fetchDebianBusybox(architectureOf(flavour));
  let output = '';
  const machine = new Machine({
    memory: 256 * 2 ** 20,
    time: 'deterministic',
    boot: () => ({
      kernel: readFileSync(kernel.path),
      commandLine: 'console=ttyS0 quiet',
      modules: [{ bytes: buildBusyboxInitramfs(readFileSync(busybox.path)) }],
    }),
    serial: {
      write: (byte) => {
        output += String.fromCharCode(byte);
        if (output.endsWith('~# ')) machine.stop('prompt');
      },
    },
    host: nodeHost(),
  });
  const found = new Map<Form, string>();
  const mode = modeFromKey(modeKey);
  const features = cpuFeatures().decode;
  if (!(machine.vcpu instanceof InterpVcpu)) throw new Error('the interpreter knows what it decodes');
  machine.vcpu.code.onDecoded = (bytes, blockMode) => {
    if (blockMode !== mode) return;
    const instruction = decode(bytes, bytes.length, mode, features);
    if (!instruction || found.has(instruction.form)) return;
    // The plainest encoding of the form: every byte zero that may be.
    const plain = bytes.slice(0, instruction.length);
    for (let i = 0; i < plain.length; i++) {
      const byte = plain[i]!;
      plain[i] = 0;
      const again = decode(plain, plain.length, mode, features);
      if (again?.form !== instruction.form || again.length !== plain.length) plain[i] = byte;
    }
    found.set(instruction.form, Buffer.from(plain).toString('hex'));
  };
  await machine.run();
  return [...found.values()].sort();
}

function constant(name: string, list: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const encoding of list) {
    if (line.length + encoding.length + 1 > LINE) {
      lines.push(line);
      line = '';
    }
    line += line ? ` ${encoding}` : encoding;
  }
  lines.push(line);
  return `export const ${name} = \`\n${lines.join('\n')}\`;\n`;
}

const text = [
  '// Encodings of common forms, made by tools/common-forms.ts.\n',
  constant('ENCODINGS_32', await encodings('686', MODE_KEY_32)),
  constant('ENCODINGS_64', await encodings('amd64', MODE_KEY_64)),
].join('\n');
writeFileSync(new URL('../src/engine/interp/common-encodings.ts', import.meta.url), text);
process.exit(0);
