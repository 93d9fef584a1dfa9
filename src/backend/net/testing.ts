// A host at the other end of a cable, for tests: answers ARP requests and ICMP echo requests for its address, after it
// has checked what came.
import { type MacAddress, onesComplementSum, padded } from './ethernet.ts';
import { FrameQueue, type PacketBackend } from './packet-backend.ts';

export interface TestPeer {
  readonly network: PacketBackend;
  /** What was asked, in order, and what was wrong with it. */
  readonly log: string[];
}

const ARP = 0x0806;
const IPV4 = 0x0800;
const ICMP = 1;

/** @param address IPv4 address of the peer. */
export function testPeer(mac: MacAddress, address: readonly number[]): TestPeer {
  const queue = new FrameQueue();
  const log: string[] = [];
  const same = (frame: Uint8Array, at: number) => address.every((byte, i) => frame[at + i] === byte);
  /** The frame turned back to its sender. */
  const turned = (frame: Uint8Array): Uint8Array => {
    const answer = frame.slice();
    answer.set(frame.subarray(6, 12), 0);
    answer.set(mac, 6);
    return answer;
  };
  const answerArp = (frame: Uint8Array): void => {
    if (frame[21] !== 1 || !same(frame, 38)) return;
    log.push('arp');
    const answer = turned(frame);
    answer[21] = 2;
    answer.set(frame.subarray(22, 32), 32);
    answer.set(mac, 22);
    answer.set(address, 28);
    queue.push(padded(answer));
  };
  const answerEcho = (frame: Uint8Array): void => {
    const header = 14 + (frame[14]! & 15) * 4;
    const end = 14 + ((frame[16]! << 8) | frame[17]!);
    if (frame[23] !== ICMP || !same(frame, 30) || frame[header] !== 8) return;
    const good =
      onesComplementSum(frame, 14, header) === 0xffff && onesComplementSum(frame, header, end) === 0xffff;
    log.push(good ? `echo ${end - header - 8}` : 'wrong checksum');
    const answer = turned(frame);
    answer.set(frame.subarray(30, 34), 26);
    answer.set(frame.subarray(26, 30), 30);
    answer[header] = 0;
    answer.fill(0, header + 2, header + 4);
    const sum = ~onesComplementSum(answer, header, end);
    answer[header + 2] = sum >> 8;
    answer[header + 3] = sum;
    queue.push(answer);
  };
  return {
    log,
    network: {
      linkUp: true,
      onRoom: () => queue.onRoom(),
      connect: (receiver) => queue.connect(receiver),
      send(frame) {
        const type = (frame[12]! << 8) | frame[13]!;
        if (type === ARP) answerArp(frame);
        else if (type === IPV4) answerEcho(frame);
      },
    },
  };
}
