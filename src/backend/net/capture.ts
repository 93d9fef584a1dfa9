// A back end that shows every frame that passes, sent or taken by the card, to somebody else: a capture file.
import type { PacketBackend } from './packet-backend.ts';

/** Called with a frame that has passed; the array may be reused afterwards. */
export type FrameListener = (frame: Uint8Array, direction: 'sent' | 'received') => void;

/** `network` with a listener on the cable. Frames that the card has no room for are told once they are taken. */
export function capturedNetwork(network: PacketBackend, listener: FrameListener): PacketBackend {
  return {
    get linkUp() {
      return network.linkUp;
    },
    send(frame) {
      listener(frame, 'sent');
      network.send(frame);
    },
    onRoom: () => network.onRoom(),
    connect: (receiver) =>
      network.connect({
        linkChanged: (up) => receiver.linkChanged(up),
        receive(frame) {
          const taken = receiver.receive(frame);
          if (taken) listener(frame, 'received');
          return taken;
        },
      }),
  };
}
