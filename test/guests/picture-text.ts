// What a picture says: Debian's tesseract-ocr reads it. For screens that are no text screens; what it reads is right but
// for single letters, so tests look for words.
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { screenshot } from '../../src/host/node/automation.ts';
import type { Machine } from '../../src/machine/vm/machine.ts';

/** Programs of the host that reading needs: see `missing`. */
export const READING_TOOLS = ['tesseract'];

/** Milliseconds between two looks: reading takes a second or two of a processor that the guest wants too. */
const INTERVAL = 4000;

/** The words of a PNG picture, line by line. Throws Error where tesseract cannot be run. */
export async function readPicture(png: Uint8Array): Promise<string> {
  const child = spawn('tesseract', ['stdin', 'stdout', '--psm', '6'], {
    env: { ...process.env, OMP_THREAD_LIMIT: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.end(png);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const status = await ended;
  if (status !== 0) throw new Error(`tesseract ended with ${status}`);
  return text;
}

/** Waits until the picture of a machine that runs says `wanted`; gives all that it says. Throws Error after `milliseconds`. */
export async function waitForPictureText(
  machine: Machine,
  wanted: RegExp,
  milliseconds: number,
): Promise<string> {
  const end = performance.now() + milliseconds;
  let read: Uint8Array | undefined;
  let says = '';
  for (;;) {
    const picture = screenshot(machine);
    if (read === undefined || Buffer.compare(picture, read) !== 0) {
      read = picture;
      says = await readPicture(picture);
    }
    if (wanted.test(says)) return says;
    if (performance.now() >= end) {
      throw new Error(`The picture did not say ${wanted} within ${milliseconds / 1000} s. It says:\n${says}`);
    }
    await wait(INTERVAL);
  }
}
