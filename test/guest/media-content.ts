// What tests put on media, and how they recognise it.
import { createHash } from 'node:crypto';

/** Bytes that do not repeat soon; others for another seed. */
export function content(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

export const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
