// Reads the package sources of a Debian system and derives our own from them: binary packages of the
// component "main" from Debian's archives, for any architecture. Both formats of sources.list(5) are
// read, one-line and deb822; the result is deb822.
//
// Left out: source packages, disabled entries, CDs, archives of others (they rarely have both of our
// architectures, and none of them has Debian's kernel), flat repositories.

/** One stanza: field names in lower case, values as written (continuation lines included). */
type Stanza = ReadonlyMap<string, string>;

/** A file of sources; `name` decides the format, as apt does: *.sources is deb822. */
export interface SourceFile {
  readonly name: string;
  readonly content: string;
}

/** Content for a private *.sources file; undefined where the files name no usable archive. */
export function deriveSources(files: readonly SourceFile[]): string | undefined {
  const stanzas = files.flatMap(({ name, content }) =>
    name.endsWith('.sources') ? parseDeb822(content) : parseOneLine(content),
  );
  const usable = stanzas.filter(isBinaryMain);
  const debian = usable.filter((stanza) => /debian/i.test(stanza.get('uris') ?? ''));
  // A mirror need not have "debian" in its address: where no source has, all are taken.
  const wanted = (debian.length > 0 ? debian : usable).map(formatStanza);
  return wanted.length === 0 ? undefined : [...new Set(wanted)].join('\n');
}

function isBinaryMain(stanza: Stanza): boolean {
  const words = (field: string) => (stanza.get(field) ?? '').split(/\s+/);
  return (
    words('types').includes('deb') &&
    words('components').includes('main') &&
    !/^(no|false|0)$/i.test(stanza.get('enabled') ?? 'yes') &&
    !/^cdrom:/.test(stanza.get('uris') ?? 'cdrom:')
  );
}

/** Fields that are taken over as they are. */
const KEPT = ['uris', 'suites', 'signed-by', 'trusted', 'check-valid-until', 'allow-insecure'];

function formatStanza(stanza: Stanza): string {
  const kept = KEPT.filter((field) => stanza.has(field)).map((field) => `${field}: ${stanza.get(field)}\n`);
  return `types: deb\ncomponents: main\n${kept.join('')}`;
}

function parseDeb822(content: string): Stanza[] {
  const text = content
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return text.split(/\n\s*\n/).map((block) => {
    const stanza = new Map<string, string>();
    let field = '';
    for (const line of block.split('\n')) {
      const match = /^([A-Za-z-]+)\s*:\s*(.*)$/.exec(line);
      if (match !== null) {
        field = match[1]!.toLowerCase();
        stanza.set(field, match[2]!.trim());
      } else if (/^\s/.test(line) && field !== '') {
        stanza.set(field, `${stanza.get(field)}\n${line}`);
      }
    }
    return stanza;
  });
}

/** deb [ option=value ... ] uri suite component ... */
function parseOneLine(content: string): Stanza[] {
  return content.split('\n').flatMap((line) => {
    const match = /^\s*(deb)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    if (match === null) return [];
    const stanza = new Map([
      ['types', match[1]!],
      ['uris', match[3]!],
      ['suites', match[4]!],
      ['components', match[5]!.trim()],
    ]);
    for (const option of (match[2] ?? '').trim().split(/\s+/)) {
      const [name, value] = option.split('=', 2);
      if (name !== undefined && value !== undefined)
        stanza.set(name.toLowerCase(), value.replaceAll(',', ' '));
    }
    return [stanza];
  });
}
