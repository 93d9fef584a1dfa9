// A network with a boot server on it, for guests of tests: gives addresses by DHCP (RFC 2131) and files by TFTP (RFC 1350 with
// the options blksize and tsize, RFC 2347 to 2349), over UDP, IPv4 and ARP. Loses nothing and sends nothing again. Checks what it gets.
import { onesComplementSum, padded } from '../../src/backend/net/ethernet.ts';
import { FrameQueue, type PacketBackend } from '../../src/backend/net/packet-backend.ts';

export interface BootServer {
  readonly network: PacketBackend;
  /** What was asked for, in order, and what was wrong with it. */
  readonly log: string[];
}

export interface BootServerOptions {
  /** By the names under which clients ask for them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Name of the file that DHCP tells to boot. */
  readonly bootFile: string;
}

const SERVER = [10, 0, 2, 2];
const CLIENT = [10, 0, 2, 15];
const MAC = [2, 0, 0, 0, 0, 9];
const EVERYBODY = [255, 255, 255, 255];
const UDP = 17;
const DHCP_SERVER = 67;
const DHCP_CLIENT = 68;
const TFTP = 69;
/** First of the ports from which files are sent. */
const TRANSFERS = 2000;

const latin = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));
const word = (value: number) => [value >> 8, value & 0xff];

/** A UDP datagram in an Ethernet frame. */
function datagram(
  to: { mac: readonly number[]; ip: readonly number[]; port: number },
  port: number,
  data: Uint8Array | readonly number[],
): Uint8Array {
  const length = 8 + data.length;
  const frame = new Uint8Array(34 + length);
  frame.set([
    ...to.mac,
    ...MAC,
    8,
    0,
    0x45,
    0,
    ...word(20 + length),
    0,
    0,
    0,
    0,
    64,
    UDP,
    0,
    0,
    ...SERVER,
    ...to.ip,
  ]);
  frame.set([...word(port), ...word(to.port), ...word(length)], 34);
  frame.set(data, 42);
  frame.set(word(~onesComplementSum(frame, 14, 34) & 0xffff), 24);
  const sum =
    ~onesComplementSum(frame, 34, frame.length, onesComplementSum(frame, 26, 34, UDP + length)) & 0xffff;
  frame.set(word(sum || 0xffff), 40);
  return padded(frame);
}

interface Transfer {
  readonly file: Uint8Array;
  readonly blockSize: number;
}

export function bootServer({ files, bootFile }: BootServerOptions): BootServer {
  const queue = new FrameQueue();
  const log: string[] = [];
  const transfers: Transfer[] = [];

  const arp = (frame: Uint8Array): void => {
    if (frame[21] !== 1 || !SERVER.every((byte, i) => frame[38 + i] === byte)) return;
    const sender = frame.subarray(22, 32);
    queue.push(
      padded(
        Uint8Array.of(
          ...frame.subarray(6, 12),
          ...MAC,
          8,
          6,
          0,
          1,
          8,
          0,
          6,
          4,
          0,
          2,
          ...MAC,
          ...SERVER,
          ...sender,
        ),
      ),
    );
  };

  const dhcp = (message: Uint8Array): void => {
    let kind = 0;
    for (let at = 240; at < message.length && message[at] !== 255; ) {
      if (message[at] === 53) kind = message[at + 2]!;
      at += message[at] === 0 ? 1 : 2 + message[at + 1]!;
    }
    if (kind !== 1 && kind !== 3) return;
    log.push(kind === 1 ? 'discover' : 'request');
    const answer = new Uint8Array(300);
    answer.set(message.subarray(0, 44));
    answer[0] = 2;
    answer.set(CLIENT, 16);
    answer.set(SERVER, 20);
    answer.set(ascii(bootFile), 108);
    const options = [
      53,
      1,
      kind === 1 ? 2 : 5,
      54,
      4,
      ...SERVER,
      51,
      4,
      0,
      0,
      14,
      16,
      1,
      4,
      255,
      255,
      255,
      0,
      3,
      4,
      ...SERVER,
    ];
    answer.set([99, 130, 83, 99, ...options, 255], 236);
    const mac = [...message.subarray(28, 34)];
    queue.push(datagram({ mac, ip: EVERYBODY, port: DHCP_CLIENT }, DHCP_SERVER, answer));
  };

  const tftp = (
    port: number,
    message: Uint8Array,
    reply: (port: number, data: Uint8Array | readonly number[]) => void,
  ): void => {
    const operation = message[1];
    if (operation === 1 && port === TFTP) {
      const words = latin(message.subarray(2)).split('\0');
      const name = words[0]!;
      const file = files.get(name.replace(/^\//, ''));
      log.push(file ? name : `no file ${name}`);
      if (!file) {
        reply(TFTP, [0, 5, 0, 1, ...ascii('no such file'), 0]);
        return;
      }
      const option = (key: string) => {
        const at = words.findIndex((text, i) => i >= 2 && i % 2 === 0 && text.toLowerCase() === key);
        return at < 0 ? undefined : words[at + 1];
      };
      const blockSize = Math.min(Number(option('blksize') ?? 512), 1432);
      transfers.push({ file, blockSize });
      reply(TRANSFERS + transfers.length - 1, [
        0,
        6,
        ...ascii(`blksize\0${blockSize}\0tsize\0${file.length}\0`),
      ]);
    } else if (operation === 4 && port >= TRANSFERS) {
      const { file, blockSize } = transfers[port - TRANSFERS]!;
      const acknowledged = (message[2]! << 8) | message[3]!;
      sendBlock(port, file, blockSize, acknowledged, reply);
    } else if (operation === 5) log.push(`error ${latin(message.subarray(4, message.length - 1))}`);
  };
  /** Block numbers have 16 bits; of those that are possible it is the first one that has not been sent. */
  const sent = new Map<number, number>();
  const sendBlock = (
    port: number,
    file: Uint8Array,
    size: number,
    acknowledged: number,
    reply: (port: number, data: Uint8Array) => void,
  ): void => {
    const done = sent.get(port) ?? 0;
    if ((done & 0xffff) !== acknowledged || done * size > file.length) return;
    const part = file.subarray(done * size, (done + 1) * size);
    sent.set(port, done + 1);
    const data = new Uint8Array(4 + part.length);
    data.set([0, 3, ...word((done + 1) & 0xffff)]);
    data.set(part, 4);
    reply(port, data);
  };

  const udp = (frame: Uint8Array): void => {
    const length = (frame[38]! << 8) | frame[39]!;
    const end = 34 + length;
    const sum = onesComplementSum(frame, 26, 34, UDP + length);
    const checked = frame[40] !== 0 || frame[41] !== 0;
    if (
      onesComplementSum(frame, 14, 34) !== 0xffff ||
      (checked && onesComplementSum(frame, 34, end, sum) !== 0xffff)
    ) {
      log.push('wrong checksum');
      return;
    }
    const port = (frame[36]! << 8) | frame[37]!;
    const message = frame.slice(42, end);
    const to = {
      mac: [...frame.subarray(6, 12)],
      ip: [...frame.subarray(26, 30)],
      port: (frame[34]! << 8) | frame[35]!,
    };
    if (port === DHCP_SERVER) dhcp(message);
    else tftp(port, message, (from, data) => queue.push(datagram(to, from, data)));
  };

  return {
    log,
    network: {
      linkUp: true,
      onRoom: () => queue.onRoom(),
      connect: (receiver) => queue.connect(receiver),
      send(frame) {
        const type = (frame[12]! << 8) | frame[13]!;
        if (type === 0x0806) arp(frame);
        else if (type === 0x0800 && frame[14] === 0x45 && frame[23] === UDP) udp(frame);
      },
    },
  };
}
