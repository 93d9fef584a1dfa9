// Writes docs/instructions.md, the coverage page: what the opcode maps hold, and which mnemonics have a
// meaning. Generated from the tables, never edited.
//
//   node tools/coverage.ts
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FEATURE_BITS } from '../src/x86/cpuid/feature-names.ts';
import { OPCODE_ROWS } from '../src/x86/opcodes/index.ts';
import { PREFIXES, type Row } from '../src/x86/opcodes/notation.ts';
import { meanings } from '../src/x86/semantics/index.ts';

export const COVERAGE_PAGE = join(resolve(import.meta.dirname, '..'), 'docs/instructions.md');

const hexadecimal = (value: number) => value.toString(16).toUpperCase().padStart(2, '0');

const isEscape = (row: Row) => row.opcode >= 0xd8 && row.opcode <= 0xdf;
const SECTIONS: readonly (readonly [string, (row: Row) => boolean])[] = [
  ['One-byte opcodes', (row) => row.map === 'one-byte' && !isEscape(row)],
  ['x87: D8 to DF', (row) => row.map === 'one-byte' && isEscape(row)],
  ['Two-byte opcodes: 0F xx', (row) => row.map === '0F'],
  ['Three-byte opcodes: 0F 38 xx', (row) => row.map === '0F38'],
  ['Three-byte opcodes: 0F 3A xx', (row) => row.map === '0F3A'],
];

function encoding(row: Row): string {
  const last = row.opcode + row.opcodes - 1;
  const opcode = hexadecimal(row.opcode) + (row.opcodes > 1 ? `..${hexadecimal(last)}` : '');
  const parts = [row.prefixes.map((prefix) => PREFIXES[prefix]).join('/'), opcode];
  if (row.extension >= 0) parts.push(`/${row.extension}`);
  if (row.mod === 'memory' && row.extension >= 0) parts.push('memory');
  if (row.mod === 'register' && row.extension >= 0)
    parts.push(row.rm < 0 ? 'register' : `register ${row.rm}`);
  return parts.filter((part) => part !== '').join(' ');
}

const NOTES: readonly (readonly [Parameters<Row['flags']['has']>[0], string])[] = [
  ['lock', 'LOCK'],
  ['rep', 'REP'],
  ['i64', 'not in 64-bit mode'],
  ['o64', 'only in 64-bit mode'],
  ['pm', 'only in protected mode'],
  ['W0', 'REX.W = 0'],
  ['W1', 'REX.W = 1'],
];

function line(row: Row): string {
  const operands = row.operands.map((operand) => operand.text).join(',');
  const notes = NOTES.filter(([flag]) => row.flags.has(flag)).map(([, note]) => note);
  if (!meanings.has(row.mnemonic)) notes.push('**no meaning yet**');
  return `| ${encoding(row)} | ${row.mnemonic} | ${operands} | ${row.feature ?? ''} | ${notes.join(', ')} |`;
}

/** The page's text. */
export function coveragePage(): string {
  const mnemonics = new Set(OPCODE_ROWS.map((row) => row.mnemonic));
  const missing = [...mnemonics].filter((mnemonic) => !meanings.has(mnemonic));
  const features = Object.keys(FEATURE_BITS).filter((name) =>
    OPCODE_ROWS.some((row) => row.feature === name),
  );
  const lines = [
    '# Instructions',
    '',
    'Generated from the opcode tables (`src/x86/opcodes`) by `node tools/coverage.ts`. Operand letters are those',
    'of the manual; `src/x86/opcodes/notation.ts` explains them. Whatever is not here raises #UD.',
    '',
    `${OPCODE_ROWS.length} rows, ${mnemonics.size} mnemonics, ${mnemonics.size - missing.length} of them with a meaning.`,
    `CPUID features that gate rows: ${features.join(', ')}.`,
  ];
  if (missing.length > 0) lines.push('', `No meaning yet: ${missing.join(', ')}.`);
  for (const [title, belongs] of SECTIONS) {
    lines.push(
      '',
      `## ${title}`,
      '',
      '| opcode | mnemonic | operands | feature | notes |',
      '|---|---|---|---|---|',
    );
    for (const row of OPCODE_ROWS) if (belongs(row)) lines.push(line(row));
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.main) {
  writeFileSync(COVERAGE_PAGE, coveragePage());
  console.log('docs/instructions.md written');
}
