// What a PS/2 port and the device at its cable are to each other. The port clocks bytes out of the device one at a
// time, when it has room for them; until then they wait in the device.

/** A keyboard or a mouse. */
export interface Ps2Device {
  /** A byte from the host; it makes the device forget what it was sending. Answers wait for `read`. */
  write(byte: number): void;
  /** Takes the next byte that waits for the host, or gives -1. */
  read(): number;
  /** Plugs the device in; `ready` is called when there may be something to read. */
  connect(ready: () => void): void;
}

/** Every device acknowledges a byte so. */
export const PS2_ACKNOWLEDGE = 0xfa;
/** The byte was not understood. */
export const PS2_RESEND = 0xfe;
/** Basic assurance test passed: sent after a reset. */
export const PS2_TEST_PASSED = 0xaa;
