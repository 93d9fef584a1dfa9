import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveSources } from './apt-sources.ts';
import { readTar, type TarMember } from './tar-stream.ts';

test('sources in both formats become private ones for Debian main', () => {
  const derived = deriveSources([
    {
      name: 'debian.sources',
      content: `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Architectures: arm64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://mirror.example/debian
Suites: sid
Components: main
`,
    },
    {
      name: 'sources.list',
      content: `# deb http://commented.debian.org/debian sid main
deb [arch=amd64 signed-by=/k.gpg] http://security.debian.org/debian-security bookworm-security main non-free # x
deb-src http://mirror.example/debian bookworm main
deb https://packages.example.com/tools stable main
`,
    },
  ]);
  assert.equal(
    derived,
    `types: deb
components: main
uris: http://mirror.example/debian
suites: bookworm bookworm-updates
signed-by: /usr/share/keyrings/debian-archive-keyring.gpg

types: deb
components: main
uris: http://security.debian.org/debian-security
suites: bookworm-security
signed-by: /k.gpg
`,
  );
  const oneLine = (content: string) => deriveSources([{ name: 'a.list', content }]);
  assert.match(oneLine('deb http://mirror.example/ y main')!, /uris: http:\/\/mirror/);
  assert.equal(
    oneLine('deb cdrom:[Debian GNU/Linux 12]/ bookworm main\ndeb http://x.example/ y/'),
    undefined,
  );
});

test('keys written into a source file are kept', () => {
  const content =
    'Types: deb\nURIs: http://a/debian\nSuites: s\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n';
  assert.match(deriveSources([{ name: 'a.sources', content }])!, /signed-by: \n -----BEGIN\n \.\n abc\n/);
});

function tarHeader(name: string, size: number, flag: string): Uint8Array {
  const header = new Uint8Array(512);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, '0000755\0');
  put(124, `${size.toString(8).padStart(11, '0')}\0`);
  put(148, '        ');
  put(156, flag);
  put(257, 'ustar  ');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

function block(text: string): Uint8Array {
  const bytes = new Uint8Array(512);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

async function* chunks(parts: readonly Uint8Array[], size: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.concat(parts);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Uint8Array>, wanted: (path: string) => boolean) {
  const members: TarMember[] = [];
  for await (const member of readTar(source, wanted)) members.push(member);
  return members;
}

const longPath = `usr/${'long/'.repeat(30)}file`;
const ARCHIVE = [
  tarHeader('./boot/', 0, '5'),
  tarHeader('./boot/vmlinuz-1', 6, '0'),
  block('kernel'),
  tarHeader('././@LongLink', longPath.length + 1, 'L'),
  block(`${longPath}\0`),
  tarHeader('x', 3, '0'),
  block('abc'),
  new Uint8Array(1024),
];

test('tar members are found whatever the chunks', async () => {
  for (const size of [1, 7, 511, 512, 4096]) {
    const members = await collect(
      chunks(ARCHIVE, size),
      (path) => path.includes('vmlinuz') || path === longPath,
    );
    assert.deepEqual(
      members.map(({ path, kind, bytes }) => [path, kind, new TextDecoder().decode(bytes)]),
      [
        ['boot/vmlinuz-1', 'file', 'kernel'],
        [longPath, 'file', 'abc'],
      ],
    );
  }
});

test('a damaged archive is a DoppelError', async () => {
  const cut = [ARCHIVE[0]!, ARCHIVE[1]!, ARCHIVE[2]!.subarray(0, 100)];
  await assert.rejects(
    collect(chunks(cut, 64), () => true),
    /truncated/,
  );
  const bad = ARCHIVE.map((part) => part.slice());
  bad[1]![3] = 0x41;
  await assert.rejects(
    collect(chunks(bad, 512), () => true),
    /damaged/,
  );
});
