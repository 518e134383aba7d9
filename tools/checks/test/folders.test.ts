import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sourceFiles } from '../src/imports/check.ts';
import { readPackages } from '../src/packages.mjs';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** Node's recursive mkdir never returns in some places, see `makeFolder` of `@retort/diagnostics`. */
const RECURSIVE = /\bmkdir(?:Sync)?\([^;]*recursive: true/;

test('what users run makes folders by makeFolder alone', () => {
  const files = readPackages(workspace)
    .filter(({ folder }) => !folder.startsWith('tools/'))
    .flatMap((each) => sourceFiles(workspace, each))
    .filter((file) => !/\/test\/|\.test\.|\/testing/.test(file));
  expect(files.length).toBeGreaterThan(400);
  expect(files.filter((file) => RECURSIVE.test(readFileSync(join(workspace, file), 'utf8')))).toEqual([]);
});

test('canary: a recursive mkdir is seen', () => {
  expect(RECURSIVE.test('await mkdir(dirname(path), { recursive: true });')).toBe(true);
});
