// The host side of a network card: Ethernet frames out and in, and whether the cable is plugged in.
//
//   card --send(frame)--> PacketBackend           (loopback, capture, a user's own network)
//   network --receive(frame)--> PacketReceiver (the card); false: no room now
//                 ^-- onRoom() --/
//
// A frame begins with the destination address and ends before the frame check sequence: 14 to 65,535 bytes. Frames
// below the 60 bytes that Ethernet wants are padded by the card that gets them.
//
// Back-pressure: a card that has no room says so, keeps nothing, and calls `onRoom` when that may have changed. A back
// end holds frames meanwhile, as many as it likes, and drops the rest, as any network does (FrameQueue does that).

/** The card's end for frames that arrive. */
export interface PacketReceiver {
  /** Takes a frame, or refuses it for want of room. The array may be reused afterwards. */
  receive(frame: Uint8Array): boolean;
  /** The cable was plugged in or pulled out. */
  linkChanged(up: boolean): void;
}

/** The card's end for frames that leave. */
export interface PacketPort {
  /** Whether a cable leads somewhere at present. */
  readonly linkUp: boolean;
  /**
   * Sends a frame; the array may be reused afterwards. Never throws; what cannot be sent is dropped. An answer may come
   * during the call.
   */
  send(frame: Uint8Array): void;
  /** The card may have room again. The answer may be an immediate `receive`. */
  onRoom(): void;
}

export interface PacketBackend extends PacketPort {
  /** Connects the card; called once, before anything else. */
  connect(receiver: PacketReceiver): void;
}

/** Holds frames in order until the card takes them; of more than `capacity` the newest are dropped. */
export class FrameQueue {
  readonly #capacity: number;
  readonly #frames: Uint8Array[] = [];
  #receiver: PacketReceiver | undefined;
  #pumping = false;
  /** Frames that found the queue full. */
  dropped = 0;

  /** @param capacity frames that wait at most. */
  constructor(capacity = 256) {
    this.#capacity = capacity;
  }

  /** Frames that wait. */
  get length(): number {
    return this.#frames.length;
  }

  connect(receiver: PacketReceiver): void {
    this.#receiver = receiver;
    this.onRoom();
  }

  /** A frame for the card. It is copied where it has to wait. */
  push(frame: Uint8Array): void {
    if (this.#frames.length > 0 || !this.#takes(frame)) {
      if (this.#frames.length < this.#capacity) this.#frames.push(frame.slice());
      else this.dropped++;
    }
    this.onRoom();
  }

  /** The card takes a frame, which it may answer at once: the answer's answer waits. */
  #takes(frame: Uint8Array): boolean {
    if (this.#pumping || this.#receiver === undefined) return false;
    this.#pumping = true;
    const taken = this.#receiver.receive(frame);
    this.#pumping = false;
    return taken;
  }

  onRoom(): void {
    if (this.#pumping || this.#receiver === undefined || this.#frames.length === 0) return;
    this.#pumping = true;
    // Bounded: answers to answers shall not keep the guest from running.
    for (let count = this.#capacity; count > 0 && this.#frames.length > 0; count--) {
      if (!this.#receiver.receive(this.#frames[0]!)) break;
      this.#frames.shift();
    }
    this.#pumping = false;
  }

  clear(): void {
    this.#frames.length = 0;
  }
}

/** No cable. */
export const unplugged: PacketBackend = { linkUp: false, send() {}, onRoom() {}, connect() {} };
