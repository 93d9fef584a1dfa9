// A cable between two network cards, of one machine or of two in the same process.
//
//   const { ends: [here, there] } = networkCable();
//   new Machine({ network: [{ model: 'e1000', backend: here }], ... });
//   new Machine({ network: [{ model: 'ne2k_pci', backend: there }], ... });
//
// What one card sends the other gets at once, or as soon as it has room. The link is up while the cable is plugged in, whether
// the other machine runs or not, as with a cable between two switched ports.
import { FrameQueue, type PacketBackend, type PacketReceiver } from './packet-backend.ts';

/** Frames that wait for a card that has no room: a burst of what two systems send before they want to hear from each other. */
const CAPACITY = 1024;

export interface NetworkCable {
  /** The two ends. */
  readonly ends: readonly [PacketBackend, PacketBackend];
  /** Pulls it out of both cards, which forgets what is on its way, or plugs it in again. */
  plug(connected: boolean): void;
}

/** @param capacity frames that wait at most at each end; what comes then is dropped. */
export function networkCable(capacity = CAPACITY): NetworkCable {
  const queues = [new FrameQueue(capacity), new FrameQueue(capacity)] as const;
  const cards: PacketReceiver[] = [];
  let connected = true;
  const end = (own: FrameQueue, other: FrameQueue): PacketBackend => ({
    get linkUp() {
      return connected;
    },
    send(frame) {
      if (connected) other.push(frame);
    },
    onRoom: () => own.onRoom(),
    connect(receiver) {
      cards.push(receiver);
      own.connect(receiver);
    },
  });
  return {
    ends: [end(queues[0], queues[1]), end(queues[1], queues[0])],
    plug(now) {
      if (now === connected) return;
      connected = now;
      for (const queue of queues) queue.clear();
      for (const card of cards) card.linkChanged(now);
    },
  };
}
