// Boots one of Debian's kernels to its shell, through a command to power-off, on two engines in deterministic mode and
// compares them all the way (test/isa/lockstep/boot.ts):
//
//   node tools/lockstep.ts [--kernel amd64|686|686-pae] [--engines interp,jit-default] [--step N] [--ram-every STEPS]
//                          [--until N] [--memory MIB] [--command TEXT] [--stress]
//
// --stress: the guest's command is the stress part of the test program (test/guest/programs).
// Where they differ, the place is looked for with shorter and shorter steps, and both states, the code and what the
// second engine knows about it are printed.
import { parseArgs } from 'node:util';
import type { CpioEntry } from '../src/backend/initramfs/cpio.ts';
import type { DebianKernel } from '../src/host/node/debian-packages.ts';
import { engineNamed, keepRegions } from '../test/engines.ts';
import { buildProgram } from '../test/guest/build.ts';
import { bootLockstep } from '../test/isa/lockstep/boot.ts';
import { debianPair, regionsAt } from '../test/isa/lockstep/debian.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string', default: 'amd64' },
    engines: { type: 'string', default: 'interp,jit-default' },
    step: { type: 'string', default: '1000000' },
    'ram-every': { type: 'string', default: '10' },
    until: { type: 'string', default: '20000000000' },
    memory: { type: 'string', default: '128' },
    command: { type: 'string' },
    stress: { type: 'boolean', default: false },
  },
});
const target = values.kernel === 'amd64' ? 'amd64' : 'i386';
const files: CpioEntry[] = values.stress
  ? [{ kind: 'file', path: 'bin/stress', mode: 0o755, bytes: buildProgram(target) }]
  : [];
const [one, other] = values.engines.split(',').map(engineNamed);
keepRegions(5000);
const started = performance.now();
const { retired, ended, report } = await bootLockstep({
  make: debianPair(values.kernel as DebianKernel, one!, other!, { memory: Number(values.memory), files }),
  step: Number(values.step),
  ramEvery: Number(values['ram-every']),
  until: Number(values.until),
  command: values.command ?? (values.stress ? 'stress stress; poweroff' : 'uname -a; poweroff'),
  explain: regionsAt,
  say: (line) => console.error(`${((performance.now() - started) / 1000).toFixed(0)} s: ${line}`),
});
if (report.length > 0) console.log(report.join('\n'));
else
  console.log(
    `${values.kernel}: ${values.engines} agree for ${retired} instructions${ended ? ', to the end' : ''}`,
  );
process.exitCode = report.length > 0 ? 1 : 0;
