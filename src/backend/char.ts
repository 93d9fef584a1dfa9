// The host side of a serial line, and the queue that holds input until the guest takes it.
//
//   guest chip --write(byte)--> ByteSink          (terminal, file, socket, collector)
//   host --push(bytes)--> InputQueue --receive--> ByteReceiver (the chip)
//                              ^-- onRoom() ------/
//
// A byte stream is both directions in one. Nothing is lost: what the chip has no room for stays in
// the queue until it calls `onRoom`.

/** Where a chip's output goes. */
export interface ByteSink {
  /** One byte, 0..255. Never throws and never calls back into the chip. */
  write(byte: number): void;
}

/** The chip's end for input. */
export interface ByteReceiver {
  /** Takes as many bytes from the front as there is room for, and says how many that were. */
  receive(bytes: Uint8Array): number;
}

/** Both directions of a serial line, as the chip sees its host. */
export interface ByteStream extends ByteSink {
  /** The chip has room again for at least one byte. The answer may be an immediate `receive`. */
  onRoom(): void;
}

/** A stream that swallows output and has no input. */
export const silentStream: ByteStream = { write() {}, onRoom() {} };

/** Holds input bytes in order until the receiver takes them. */
export class InputQueue {
  #bytes = new Uint8Array(0);
  #receiver: ByteReceiver | undefined;
  #pumping = false;

  /** Bytes that wait. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Connects the chip and offers it what has come so far. */
  connect(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    this.onRoom();
  }

  /** Input from the host. */
  push(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
    this.onRoom();
  }

  /** Called by the chip (through its ByteStream) when it has room. */
  onRoom(): void {
    if (this.#pumping || this.#receiver === undefined) return;
    this.#pumping = true;
    while (this.#bytes.length > 0) {
      const taken = this.#receiver.receive(this.#bytes);
      if (taken === 0) break;
      this.#bytes = this.#bytes.subarray(taken);
    }
    this.#pumping = false;
  }
}

/** A stream whose output goes to `sink` and whose input comes from `input`. */
export function byteStream(sink: ByteSink, input: InputQueue): ByteStream {
  return { write: (byte) => sink.write(byte), onRoom: () => input.onRoom() };
}
