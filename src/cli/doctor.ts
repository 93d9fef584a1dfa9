// `doppel doctor`: what this host offers, and what to do about what is missing.
import { accessSync, constants } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { hasApt } from '../host/node/apt.ts';
import { detectWasmFeatures, missingWasmFeatures } from '../wasm/features.ts';
import { version } from './version.ts';

export const DOCTOR_HELP = `Usage: doppel doctor

Says what this host offers that Doppel uses: Node.js, WebAssembly, memory, processors, apt for Debian guests; and what to
do about what is missing. Status: 0 when nothing is, 1 otherwise.
`;

const MINIMUM_NODE = 24;

interface Finding {
  readonly what: string;
  readonly answer: string;
  /** A sentence, where something must be done. */
  readonly advice?: string;
}

export async function doctor(): Promise<number> {
  const findings = [node(), webAssembly(), kvm(), memory(), processors(), debian()];
  process.stdout.write(`doppel ${version()} on ${process.platform} ${process.arch}\n`);
  for (const { what, answer, advice } of findings) {
    process.stdout.write(`  ${what.padEnd(12)} ${answer}\n`);
    if (advice) process.stdout.write(`  ${''.padEnd(12)} -> ${advice}\n`);
  }
  return findings.some((finding) => finding.advice) ? 1 : 0;
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const answer = `${process.versions.node} (V8 ${process.versions.v8})`;
  if (major >= MINIMUM_NODE) return { what: 'Node.js', answer };
  return { what: 'Node.js', answer, advice: `Doppel needs Node.js ${MINIMUM_NODE} or newer.` };
}

function webAssembly(): Finding {
  const found = detectWasmFeatures();
  const names = Object.entries(found).map(([name, there]) => (there ? name : `no ${name}`));
  const missing = missingWasmFeatures(found);
  const answer = names.join(', ');
  if (missing.length === 0) return { what: 'WebAssembly', answer };
  return { what: 'WebAssembly', answer, advice: `Doppel cannot run without ${missing.join(', ')}.` };
}

function kvm(): Finding {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return { what: '/dev/kvm', answer: 'there (Doppel does not use it yet)' };
  } catch {
    return { what: '/dev/kvm', answer: 'not there, or not for this user (not needed)' };
  }
}

function memory(): Finding {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  return { what: 'memory', answer: `${mebibytes(freemem())} free of ${mebibytes(totalmem())}` };
}

function processors(): Finding {
  const all = cpus();
  return { what: 'processors', answer: `${all.length} x ${all[0]?.model ?? 'unknown'}` };
}

function debian(): Finding {
  const answer = hasApt()
    ? 'apt is there: `doppel quickstart` can fetch Debian kernels'
    : 'no apt: give --kernel and --initrd yourself';
  return { what: 'guests', answer };
}
