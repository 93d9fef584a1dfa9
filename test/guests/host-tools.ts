// Tools of the host's that look at what guests have made. Where they are not installed, nothing is checked and a line says so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Administrators' tools are not in everybody's PATH. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Has e2fsck look at the ext file system that begins `offset` bytes into an image; throws unless it is clean. */
export function checkPartition(image: string, offset: number): void {
  const { error, status, stdout, stderr } = spawnSync('e2fsck', ['-fn', `${image}?offset=${offset}`], {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  });
  if (error !== undefined) console.log('no e2fsck on this host: the file system is not checked');
  else assert.equal(status, 0, `e2fsck: ${stdout}${stderr}`);
}

/** What tcpdump says of a capture file, a line a frame, with the checksums looked at; undefined where there is no tcpdump. */
export function tcpdumpLines(path: string): readonly string[] | undefined {
  const { error, status, stdout, stderr } = spawnSync('tcpdump', ['-nn', '-vv', '-r', path], {
    encoding: 'utf8',
    env: { ...process.env, PATH },
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) {
    console.log('no tcpdump on this host: the capture is not read');
    return undefined;
  }
  assert.equal(status, 0, `tcpdump: ${stderr}`);
  // The rest of a frame is on lines that begin with white space.
  return stdout.replaceAll(/\n\s+/g, ' ').trimEnd().split('\n');
}
