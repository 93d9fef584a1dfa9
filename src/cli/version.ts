// The version, from package.json, wherever the sources or the built files lie.
import { existsSync, readFileSync } from 'node:fs';

export function version(): string {
  let directory = new URL('.', import.meta.url);
  for (let up = 0; up < 5; up++) {
    const file = new URL('package.json', directory);
    if (existsSync(file)) {
      const content = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
      if (content.name === 'doppel') return content.version ?? 'unknown';
    }
    directory = new URL('..', directory);
  }
  return 'unknown';
}
