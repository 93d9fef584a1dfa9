// `npm run accept`: writes what is generated now into the golden files, and its sizes. A case that fails is
// told and left as it is.
//
//   npm run accept               all cases
//   npm run accept -- loop       only those with "loop" in their names
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES, caseNames, generate, orphans, PAGE, pageWithCase, readGolden, sourceOf } from './golden.ts';
import { measureAll, readSizes, SIZES, sizesText } from './sizes.ts';

const wanted = process.argv.slice(2);
let failed = 0;
for (const name of caseNames()) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  try {
    const { uops, wat } = generate(sourceOf(name));
    const golden = readGolden(name);
    if (golden?.uops !== uops || golden.wat !== wat) console.log(`${golden ? 'changed' : 'new    '} ${name}`);
    writeFileSync(join(CASES, `${name}.uops`), uops);
    writeFileSync(join(CASES, `${name}.wat`), wat);
  } catch (error) {
    failed++;
    console.error(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
for (const orphan of orphans()) rmSync(join(CASES, orphan));
writeFileSync(PAGE, pageWithCase(readFileSync(PAGE, 'utf8')));

const before = readSizes();
const sizes = measureAll();
for (const [name, { bytes }] of Object.entries(sizes)) {
  const old = before[name]?.bytes;
  if (old !== undefined && old !== bytes) console.log(`${name}: ${old} -> ${bytes} bytes`);
}
writeFileSync(SIZES, sizesText(sizes));
process.exitCode = failed > 0 ? 1 : 0;
