import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { tableRows } from '../src/documents/table.ts';
import { ALLOWED, layerOf } from '../src/layers.mjs';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const rows = tableRows(readFileSync(join(workspace, 'ARCHITECTURE.md'), 'utf8'), 'Layer');

test('the import table of ARCHITECTURE.md allows what the boundary check allows', () => {
  const table = Object.fromEntries(rows.map(([layer = '', , allowed = '']) => [layer, allowed.split(', ')]));
  const others = (layer: string, allowed: readonly string[]) => allowed.filter((each) => each !== layer);
  const expected = Object.entries(ALLOWED).map(([layer, allowed]) => [layer, others(layer, allowed)] as const);
  expect(table).toEqual(
    Object.fromEntries(expected.map(([layer, allowed]) => [layer, allowed.length ? allowed : ['nothing']])),
  );
});

test('the import table of ARCHITECTURE.md names every library, in its layer', () => {
  const table = rows.flatMap(([layer = '', packages = '']) =>
    [...packages.matchAll(/`(libs\/[^`]+)`/g)].map(([, folder]) => `${folder} ${layer}`),
  );
  const folders = globSync(['libs/*/package.json', 'libs/*/*/package.json'], {
    cwd: workspace,
    ignore: 'libs/stages/**',
  }).map((path) => path.replace('/package.json', ''));
  expect(table.filter((line) => !line.includes('*')).sort()).toEqual(
    folders.map((folder) => `${folder} ${layerOf(folder)}`).sort(),
  );
});
