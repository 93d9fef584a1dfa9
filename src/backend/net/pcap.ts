// The classic capture format of libpcap (pcap-savefile; draft-ietf-opsawg-pcap), written little-endian, with time in
// microseconds and Ethernet frames without their frame check sequence.
//
//   header   magic A1B2C3D4  version 2.4  0  0  longest record  link type 1 (Ethernet)
//   record   seconds  microseconds  bytes kept  bytes of the frame | the bytes
const MAGIC = 0xa1b2_c3d4;
const VERSION_MAJOR = 2;
const VERSION_MINOR = 4;
const LONGEST = 262_144;
const ETHERNET = 1;
const HEADER = 24;
const RECORD = 16;

/** What a capture file begins with. */
export function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION_MAJOR, true);
  view.setUint16(6, VERSION_MINOR, true);
  view.setUint32(16, LONGEST, true);
  view.setUint32(20, ETHERNET, true);
  return bytes;
}

/** A frame that passed `milliseconds` (with fractions) after 1970-01-01T00:00:00Z. */
export function pcapRecord(frame: Uint8Array, milliseconds: number): Uint8Array {
  const kept = Math.min(frame.length, LONGEST);
  const bytes = new Uint8Array(RECORD + kept);
  const view = new DataView(bytes.buffer);
  const seconds = Math.floor(milliseconds / 1000);
  view.setUint32(0, seconds, true);
  view.setUint32(4, Math.floor((milliseconds - seconds * 1000) * 1000), true);
  view.setUint32(8, kept, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame.subarray(0, kept), RECORD);
  return bytes;
}
