// A cable whose end leads back to the card: every frame that is sent arrives again.
import { FrameQueue, type PacketBackend } from './packet-backend.ts';

export function loopbackNetwork(): PacketBackend {
  const queue = new FrameQueue();
  return {
    linkUp: true,
    send: (frame) => queue.push(frame),
    onRoom: () => queue.onRoom(),
    connect: (receiver) => queue.connect(receiver),
  };
}
