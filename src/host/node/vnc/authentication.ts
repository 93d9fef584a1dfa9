// VNC authentication (RFC 6143, section 7.2.2): the client encrypts a challenge of 16 bytes with DES under the password,
// 8 characters at most, each byte's bits in reverse order.
import { createCipheriv, timingSafeEqual } from 'node:crypto';

export const CHALLENGE_BYTES = 16;

function reversedBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) reversed |= 0x80 >> bit;
  return reversed;
}

/** What a client answers to a challenge if it knows the password. */
export function responseTo(challenge: Uint8Array, password: string): Uint8Array {
  const key = Buffer.alloc(8);
  Buffer.from(password, 'latin1').copy(key);
  const des = key.map(reversedBits);
  // Triple DES with the same key three times is DES, which OpenSSL no longer offers by itself.
  const cipher = createCipheriv('des-ede3', Buffer.concat([des, des, des]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

export function isRightResponse(challenge: Uint8Array, response: Uint8Array, password: string): boolean {
  return timingSafeEqual(responseTo(challenge, password), response);
}
