// The interrupt command register (Intel SDM volume 3, "Interrupt Command Register"): what a write to it
// sends, and to whom.
//
//   63:56 destination (63:32 in an x2APIC)   19:18 shorthand: 0 none, 1 self, 2 all, 3 all but self
//   15 level-triggered   14 assert   11 logical   10:8 delivery mode   7:0 vector
import type { InterruptMessage } from './apic-bus.ts';
import { DELIVER_INIT, DELIVER_LOWEST_PRIORITY } from './apic-bus.ts';

const ICR_LOGICAL = 1 << 11;
const ICR_ASSERT = 1 << 14;
const ICR_LEVEL = 1 << 15;

export interface Command {
  readonly to: 'self' | 'addressed' | 'others';
  readonly message: InterruptMessage;
}

/** What a write of `low`, with `high` written before, sends. */
export function commandMessage(
  high: number,
  low: number,
  kind: 'xapic' | 'x2apic',
): Command | 'illegal vector' | 'nothing' {
  const deliveryMode = (low >> 8) & 7;
  const vector = low & 0xff;
  if (deliveryMode <= DELIVER_LOWEST_PRIORITY && vector < 16) return 'illegal vector';
  // INIT level de-assert only told the APICs of the Pentium to agree on arbitration identifiers.
  const deassert = (low & (ICR_LEVEL | ICR_ASSERT)) === ICR_LEVEL;
  if (deliveryMode === DELIVER_INIT && deassert) return 'nothing';
  const logical = (low & ICR_LOGICAL) !== 0;
  const shorthand = (low >> 18) & 3;
  const destination = kind === 'x2apic' ? high : high >>> 24;
  // All ones is everyone; in an xAPIC's logical mode the destination format says so by itself.
  const everyone = kind === 'x2apic' ? destination === 0xffff_ffff : !logical && destination === 0xff;
  return {
    to: shorthand === 1 ? 'self' : shorthand === 3 ? 'others' : 'addressed',
    message: {
      destination,
      destinationMode: logical ? 'logical' : 'physical',
      broadcast: shorthand >= 2 || everyone,
      deliveryMode,
      vector,
      levelTriggered: false,
    },
  };
}
