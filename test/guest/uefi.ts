// OVMF (Debian package ovmf) in tests: its files, and its shell on the serial line.
import { fetchDebianPackage, readDebianPackage } from '../../src/host/node/debian-packages.ts';
import type { GuestSession } from './session.ts';

/** Seconds: generous, since the host may be shared. */
const WAIT = 240;

/** The firmware's read-only part, and its variables as the package has them. */
export async function ovmf(): Promise<{ code: Uint8Array; variables: Uint8Array }> {
  const files = new Map<string, Uint8Array>();
  const wanted = /\/OVMF_(CODE|VARS)_4M\.fd$/;
  for await (const member of readDebianPackage(fetchDebianPackage('ovmf', 'amd64'), (path) =>
    wanted.test(path),
  )) {
    if (member.kind === 'file') files.set(wanted.exec(member.path)![1]!, member.bytes);
  }
  return { code: files.get('CODE')!, variables: files.get('VARS')! };
}

/** Waits for the prompt of UEFI's shell, which is in no hurry to show it unless a key is pressed. */
export async function uefiShell(session: GuestSession): Promise<void> {
  await session.waitFor('any other key to continue', WAIT);
  session.type('\u001b');
  await session.waitFor('Shell> ', WAIT);
}

/** Types a command at the prompt of UEFI's shell; what it printed, up to the next prompt. */
export async function uefiCommand(session: GuestSession, line: string): Promise<string> {
  session.type(`${line}\n`);
  // The typed line comes back with a cursor movement between any two characters.
  await session.waitFor('\n', WAIT);
  return session.waitFor('Shell> ', WAIT);
}
