// Files that are given for an image by mistake, by how they begin: compressed images, and what a download that went wrong leaves.
//
// Signatures: RFC 1952 (gzip), RFC 8878 (Zstandard), the file formats of xz and bzip2, PKWARE's APPNOTE (zip), 7-Zip's 7zFormat.txt.

export interface NoMedium {
  /** As in "it is ...". */
  readonly what: string;
  /** What makes an image of it: a command in front of its name; undefined where nothing does. */
  readonly unpack: string | undefined;
}

const COMPRESSED: readonly (readonly [what: string, unpack: string, ...magic: number[]])[] = [
  ['compressed with gzip', 'gunzip -k', 0x1f, 0x8b, 0x08],
  ['compressed with xz', 'unxz -k', 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  ['compressed with bzip2', 'bunzip2 -k', 0x42, 0x5a, 0x68],
  ['compressed with Zstandard', 'unzstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['a zip archive', 'unzip', 0x50, 0x4b, 0x03, 0x04],
  ['a 7-Zip archive', '7z x', 0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
];
/** Bytes that are looked at to tell text. */
const TEXT_HEAD = 512;

/**
 * What a file is that is no image, undefined where it may be one.
 *
 * @param head the first bytes of the file, 512 or all of a shorter one
 */
export function recogniseNoMedium(head: Uint8Array): NoMedium | undefined {
  for (const [what, unpack, ...magic] of COMPRESSED) {
    if (magic.every((byte, i) => head[i] === byte)) return { what, unpack };
  }
  const start = head.subarray(0, TEXT_HEAD);
  if (start.length === 0 || !start.every(isText)) return undefined;
  const text = String.fromCharCode(...start);
  return { what: /^\s*<(!doctype|html|\?xml)/i.test(text) ? 'a web page' : 'a text file', unpack: undefined };
}

/** Printing characters and white space of ASCII, and bytes of UTF-8. */
function isText(byte: number): boolean {
  return byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte !== 0x7f && byte < 0xf8);
}
