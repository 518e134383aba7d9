import { expect, test } from 'vitest';
import { importsOf } from './imports.ts';

const cases = [
  ["import { a } from 'x';", 'import'],
  ["import type { A } from 'x';", 'type-only import'],
  ["import 'x';", 'import for its effect'],
  ["export * from 'x';", 'export all'],
  ["export type { A } from 'x';", 'type-only export'],
  ["const a = await import('x');", 'dynamic import'],
  ['const a = await import(`x`);', 'dynamic import of a template without holes'],
  ["type A = import('x').A;", 'import type'],
  ["import a = require('x');", 'import equals'],
  ["const a = require('x');", 'require'],
  ["const a = import.meta.resolve('x');", 'resolve'],
  ["/** @typedef {import('x').A} A */\nconst a = 1;", 'import type in JSDoc'],
  ["/** @param {import('x').A} a */\nexport function f(a) {}", 'import type in JSDoc of a parameter'],
] as const;

test.each(cases)('finds %j (%s)', (text) => {
  const file = text.includes('/**') ? 'file.mjs' : 'file.ts';
  expect(importsOf(file, text).map(({ specifier }) => specifier)).toEqual(['x']);
});

test('sees no import in a string or a comment', () => {
  expect(importsOf('file.ts', `const a = "import b from 'x'"; // import b from 'x'`)).toEqual([]);
});

test('gives the line', () => {
  expect(importsOf('file.ts', "const a = 1;\nexport { b } from 'x';")).toEqual([{ specifier: 'x', line: 2 }]);
});
