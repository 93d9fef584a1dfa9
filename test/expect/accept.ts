// `npm run accept`: writes what is generated now into the golden files, its sizes, and the example of
// docs/translator.md. What fails is told and left as it is.
//
//   npm run accept               all cases
//   npm run accept -- loop       only those with "loop" in their names
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES, caseNames, generateCase, orphans, PAGE, pageWithCase, readGolden } from './golden.ts';
import { measureAll, readSizes, SIZES, sizesText } from './sizes.ts';

const wanted = process.argv.slice(2);

/** Whether it went well; otherwise it is told why not. */
function attempt(what: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    console.error(`FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    return false;
  }
}

function acceptCase(name: string): void {
  const { uops, wat } = generateCase(name);
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) return;
  const golden = readGolden(name);
  if (golden?.uops === uops && golden.wat === wat) return;
  console.log(`${golden ? 'changed' : 'new    '} ${name}`);
  writeFileSync(join(CASES, `${name}.uops`), uops);
  writeFileSync(join(CASES, `${name}.wat`), wat);
}

const names = caseNames();
const good = names.filter((name) => attempt(name, () => acceptCase(name)));
for (const orphan of orphans()) rmSync(join(CASES, orphan));

attempt('docs/translator.md', () => writeFileSync(PAGE, pageWithCase(readFileSync(PAGE, 'utf8'))));

attempt('sizes', () => {
  const before = readSizes();
  const failed = Object.entries(before).filter(([name]) => names.includes(name) && !good.includes(name));
  const sizes = { ...Object.fromEntries(failed), ...measureAll(good) };
  for (const [name, { bytes }] of Object.entries(sizes)) {
    const old = before[name]?.bytes;
    if (old !== undefined && old !== bytes) console.log(`${name}: ${old} -> ${bytes} bytes`);
  }
  writeFileSync(SIZES, sizesText(sizes));
});
