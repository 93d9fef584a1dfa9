// --net KEY=VALUE,...: a network card, where its cable leads to, and a capture of what passes.
import { loopbackNetwork } from '../backend/net/loopback.ts';
import { unplugged } from '../backend/net/packet-backend.ts';
import { DoppelError } from '../base/errors.ts';
import { capturePcapFile, type PcapFile } from '../host/node/pcap-file.ts';
import {
  DEFAULT_NETWORK_MODEL,
  NETWORK_MODELS,
  type NetworkCard,
  type NetworkModel,
} from '../machine/pc/network.ts';

export interface NetworkOption {
  readonly model: NetworkModel;
  readonly mac: readonly number[] | undefined;
  readonly backend: 'loopback' | 'none';
  readonly pcap: string | undefined;
}

const KEYS = ['model', 'mac', 'backend', 'pcap'];

/** Parses one --net. Throws DoppelError. */
export function parseNetwork(text: string): NetworkOption {
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [key, value] = part.split(/=(.*)/s);
    if (!KEYS.includes(key!) || !value) {
      throw new DoppelError(
        `--net ${text}: write ${KEYS.map((name) => `${name}=...`).join(', ')}, with commas.`,
      );
    }
    values.set(key!, value);
  }
  const model = values.get('model') ?? DEFAULT_NETWORK_MODEL;
  const known = NETWORK_MODELS.find((name) => name === model);
  if (known === undefined) {
    throw new DoppelError(`--net ${text}: model ${model} is unknown: choose ${NETWORK_MODELS.join(' or ')}.`);
  }
  const backend = values.get('backend') ?? 'none';
  if (backend !== 'loopback' && backend !== 'none') {
    throw new DoppelError(`--net ${text}: backend ${backend} is unknown: choose loopback or none.`);
  }
  return { model: known, mac: parseMac(values.get('mac')), backend, pcap: values.get('pcap') };
}

function parseMac(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const bytes = text
    .split(':')
    .map((byte) => (/^[0-9a-fA-F]{2}$/.test(byte) ? Number.parseInt(byte, 16) : -1));
  if (bytes.length !== 6 || bytes.includes(-1)) {
    throw new DoppelError(`--net mac=${text} is no address: write for example 52:54:00:12:34:56.`);
  }
  return bytes;
}

/** The cards of a machine, and what has to be closed after it. */
export function openNetwork(
  options: readonly NetworkOption[],
  report: (message: string) => void,
): { readonly cards: readonly NetworkCard[]; close(): void } {
  const files: PcapFile[] = [];
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    const cards = options.map(({ model, mac, backend, pcap }): NetworkCard => {
      let network = backend === 'loopback' ? loopbackNetwork() : unplugged;
      if (pcap !== undefined) {
        const file = capturePcapFile({ path: pcap, network, report });
        files.push(file);
        network = file.network;
      }
      return { model, backend: network, ...(mac && { mac }) };
    });
    return { cards, close };
  } catch (error) {
    close();
    throw error;
  }
}
