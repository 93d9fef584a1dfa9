// Micro-operations as text, for golden files, error messages and people. One operation a line:
//
//   v3 = add.i32 v1 v2              set32 [r0] v3              store16 [v5] v3
//   v4 = get64 [rip]                flags.add32 v3 v1 v2       if v6 { ... } else { ... }
import { STATE_FIELDS } from '../state/layout.ts';
import type { Location, Uop, Value } from './ir.ts';

/** The whole list, indented by block, with a newline after each line. */
export function print(uops: readonly Uop[]): string {
  return lines(uops, '').join('\n') + (uops.length ? '\n' : '');
}

function lines(uops: readonly Uop[], indent: string): string[] {
  return uops.flatMap((uop) => {
    if (uop.op === 'if') {
      const otherwise = uop.else.length ? [`${indent}} else {`, ...lines(uop.else, `${indent}  `)] : [];
      return [
        `${indent}if ${name(uop.condition)} {`,
        ...lines(uop.then, `${indent}  `),
        ...otherwise,
        `${indent}}`,
      ];
    }
    if (uop.op === 'loop') {
      return [
        `${indent}loop {`,
        ...lines(uop.body, `${indent}  `),
        `${indent}} while ${name(uop.condition)}`,
      ];
    }
    return [indent + printUop(uop)];
  });
}

const name = (value: Value) => `v${value.id}`;

/** One operation on one line; the blocks of `if` and `loop` only as dots. */
export function printUop(uop: Uop): string {
  switch (uop.op) {
    case 'const':
      return `${name(uop.result)} = ${uop.result.type} ${constant(uop.value)}`;
    case 'field':
      return `${name(uop.result)} = field ${uop.field}`;
    case 'get':
      return `${name(uop.result)} = get${uop.bits} ${place(uop.location)}`;
    case 'set':
      return `set${uop.bits} ${place(uop.location)} ${name(uop.value)}`;
    case 'linear':
      return `${name(uop.result)} = linear.${uop.access} ${place(uop.segment)}:${name(uop.offset)} ${uop.bytes}${stack(uop)}`;
    case 'load':
      return `${name(uop.result)} = load${uop.bits}${uop.intent === 'write' ? '.modify' : ''} [${name(uop.address)}]${stack(uop)}`;
    case 'store':
      return `store${uop.bits} [${name(uop.address)}] ${name(uop.value)}${stack(uop)}`;
    case 'binary':
      return `${name(uop.result)} = ${uop.operator}.${uop.a.type} ${name(uop.a)} ${name(uop.b)}`;
    case 'unary':
      return `${name(uop.result)} = ${uop.operator}.${uop.a.type} ${name(uop.a)}`;
    case 'simd':
      return `${name(uop.result)} = ${[uop.name, ...uop.args.map(name)].join(' ')}${lanes(uop)}`;
    case 'select':
      return `${name(uop.result)} = select ${name(uop.condition)} ${name(uop.a)} ${name(uop.b)}`;
    case 'variable':
      return `x${uop.variable}: ${uop.type} = ${name(uop.value)}`;
    case 'setVariable':
      return `x${uop.variable} = ${name(uop.value)}`;
    case 'getVariable':
      return `${name(uop.result)} = x${uop.variable}`;
    case 'if':
      return `if ${name(uop.condition)} { ... }`;
    case 'loop':
      return `loop { ... } while ${name(uop.condition)}`;
    case 'flagsArith': {
      const operands = [uop.result, uop.a, uop.b].filter((v) => v !== null).map(name);
      const { origin } = uop;
      const of = origin ? ` as ${origin.operation} ${name(origin.a)} ${name(origin.b)}` : '';
      return `flags.${uop.kind}${uop.bits} ${operands.join(' ')}${uop.keepCarry ? ' keep CF' : ''}${of}`;
    }
    case 'flagsSet':
      return `flags.set ${flagNames(uop.mask)} ${name(uop.value)}${uop.origin ? ` as of ${name(uop.origin.result)}` : ''}`;
    case 'flagsGet':
      return `${name(uop.result)} = flags.get ${flagNames(uop.mask)}`;
    case 'condition':
      return `${name(uop.result)} = condition ${CONDITIONS[uop.code] ?? uop.code}`;
    case 'faultIf':
      return `faultIf ${name(uop.condition)} vector ${name(uop.vector)}${uop.errorCode ? ` code ${name(uop.errorCode)}` : ''}`;
    case 'call':
      return `${uop.result ? `${name(uop.result)} = ` : ''}call ${[uop.helper.name, ...uop.args.map(name)].join(' ')}`;
    case 'routine':
      return `${name(uop.result)} = routine ${[uop.routine.name, ...uop.args.map(name)].join(' ')}`;
    case 'getIndexed':
      return `${name(uop.result)} = get${uop.bits} ${place({ kind: 'state', offset: uop.offset })}+${name(uop.index)}`;
    case 'setIndexed':
      return `set${uop.bits} ${place({ kind: 'state', offset: uop.offset })}+${name(uop.index)} ${name(uop.value)}`;
    case 'rip':
      return `${name(uop.result)} = rip.${uop.which}`;
    case 'branch':
      return `branch${uop.bits}${uop.condition ? ` if ${name(uop.condition)}` : ''}`;
    case 'jump':
      return `jump ${name(uop.target)}`;
    case 'repeat':
    case 'endBlock':
      return uop.op;
    case 'userPages':
      return `userPages.${uop.open ? 'open' : 'closed'}`;
  }
}

const CONDITIONS = [
  'O',
  'NO',
  'B',
  'NB',
  'E',
  'NE',
  'BE',
  'NBE',
  'S',
  'NS',
  'P',
  'NP',
  'L',
  'NL',
  'LE',
  'NLE',
];

function stack(uop: { stack: boolean }): string {
  return uop.stack ? ' stack' : '';
}

function constant(value: number | bigint | Uint8Array): string {
  if (value instanceof Uint8Array) return Array.from(value, (b) => b.toString(16).padStart(2, '0')).join('');
  if (typeof value === 'number' && !Number.isInteger(value)) return String(value);
  return value < -256 || value > 256
    ? `${value < 0 ? '-' : ''}0x${(value < 0 ? -value : value).toString(16)}`
    : String(value);
}

function lanes(uop: { lane?: number; lanes?: readonly number[] }): string {
  if (uop.lane !== undefined) return ` lane ${uop.lane}`;
  return uop.lanes ? ` lanes ${uop.lanes.join(',')}` : '';
}

function flagNames(mask: number): string {
  const names = [
    [0x800, 'O'],
    [0x80, 'S'],
    [0x40, 'Z'],
    [0x10, 'A'],
    [0x4, 'P'],
    [0x1, 'C'],
  ] as const;
  return names.flatMap(([bit, letter]) => (mask & bit ? [letter] : [])).join('') || '-';
}

/** A place in the state by the name of layout.ts: `[gpr1]`, `[segment2+8]`, `[r0]`, `[seg+16]`. */
function place(location: Location): string {
  if (location.kind === 'field') {
    return `[${location.field}${location.displacement ? `+${location.displacement}` : ''}]`;
  }
  const { offset } = location;
  const field = STATE_FIELDS.find((f) => offset >= f.offset && offset < f.offset + f.count * f.stride);
  if (!field) return `[${offset}]`;
  const element = Math.floor((offset - field.offset) / field.stride);
  const rest = (offset - field.offset) % field.stride;
  return `[${field.name}${field.count > 1 ? element : ''}${rest ? `+${rest}` : ''}]`;
}
