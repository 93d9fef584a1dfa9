import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { recogniseNoMedium } from './no-medium.ts';

const text = (value: string) => new TextEncoder().encode(value);

test('compressed files and text are told', () => {
  assert.deepEqual(recogniseNoMedium(gzipSync(new Uint8Array(100))), {
    what: 'compressed with gzip',
    unpack: 'gunzip -k',
  });
  assert.equal(recogniseNoMedium(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4))?.unpack, 'unxz -k');
  assert.equal(recogniseNoMedium(text('BZh91AY&SY'))?.what, 'compressed with bzip2');
  assert.equal(recogniseNoMedium(text('PK\u0003\u0004'))?.what, 'a zip archive');
  assert.equal(recogniseNoMedium(text('\n<!DOCTYPE html><html>'))?.what, 'a web page');
  assert.equal(recogniseNoMedium(text('Ça va\tbien\r\n'))?.what, 'a text file');
});

test('what may be an image is not', () => {
  assert.equal(recogniseNoMedium(new Uint8Array(0)), undefined);
  assert.equal(recogniseNoMedium(new Uint8Array(512)), undefined);
  assert.equal(recogniseNoMedium(Uint8Array.of(0xeb, 0x3c, 0x90, ...text('MSDOS5.0'), 0, 2)), undefined);
});
