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
