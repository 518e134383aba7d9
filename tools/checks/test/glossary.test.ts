import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { tableRows } from '../src/documents/table.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(workspace, path), 'utf8');

test('every name that GLOSSARY.md and the types of ARCHITECTURE.md give as used in code is used there', () => {
  const sources = globSync('{apps,libs}/**/*.{ts,mjs,json}', {
    cwd: workspace,
    ignore: ['**/node_modules/**', '**/test/**'],
  });
  const words = new Set(sources.flatMap((path) => read(path).match(/[\w$]+/g) ?? []));
  const inCode = [
    ...tableRows(read('GLOSSARY.md'), 'Term').map(([, code = '']) => code),
    ...tableRows(read('ARCHITECTURE.md'), 'Type').map((cells) => cells.join(' ')),
  ];
  const names = inCode.flatMap((code) =>
    [...code.matchAll(/`([\w$]+)(?:\[\w+\]|\(\))?`/g)].map(([, name]) => name as string),
  );
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !words.has(name))).toEqual([]);
});
