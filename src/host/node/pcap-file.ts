// A capture of a network card's frames in a file that tcpdump and Wireshark read.
import { closeSync, openSync, writeSync } from 'node:fs';
import { capturedNetwork } from '../../backend/net/capture.ts';
import type { PacketBackend } from '../../backend/net/packet-backend.ts';
import { pcapHeader, pcapRecord } from '../../backend/net/pcap.ts';
import { DoppelError } from '../../base/errors.ts';
import type { WallClock } from '../../base/services.ts';
import { whyNot, whyNotMade } from './file-reasons.ts';
import { hostWallClock } from './platform.ts';

export interface PcapFile {
  /** `network`, written down. */
  readonly network: PacketBackend;
  /** Lets go of the file. Frames go on passing, and are no longer written. */
  close(): void;
}

export interface PcapFileOptions {
  readonly path: string;
  readonly network: PacketBackend;
  /** Gets one sentence when the file can no longer be written; the capture ends then, the network goes on. */
  readonly report: (message: string) => void;
  /** Time of the records; the host's unless given. */
  readonly wallClock?: WallClock;
}

/** Begins a capture; a file that is there is replaced. Throws DoppelError where it cannot be written. */
export function capturePcapFile(options: PcapFileOptions): PcapFile {
  const { path, network, report, wallClock = hostWallClock } = options;
  let file: number;
  try {
    file = openSync(path, 'w');
  } catch (error) {
    throw new DoppelError(`The capture file ${path} cannot be written: ${whyNotMade(error)}.`, {
      cause: error,
    });
  }
  let open = true;
  const close = () => {
    if (open) closeSync(file);
    open = false;
  };
  const write = (bytes: Uint8Array) => {
    try {
      for (let done = 0; open && done < bytes.length; ) done += writeSync(file, bytes, done);
    } catch (error) {
      report(`the capture file ${path} ends here: ${whyNot(error)}.`);
      close();
    }
  };
  write(pcapHeader());
  const captured = capturedNetwork(network, (frame) => write(pcapRecord(frame, wallClock.nowMilliseconds())));
  return { network: captured, close };
}
