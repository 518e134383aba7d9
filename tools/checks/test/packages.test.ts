import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { IGNORED, readPackages } from '../src/packages.mjs';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const packages = readPackages(workspace);

test('every test file belongs to a package, so that npm test runs it', () => {
  const files = globSync('**/*.test.{ts,mjs}', { cwd: workspace, ignore: IGNORED });
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((file) => !packages.some(({ folder }) => file.startsWith(`${folder}/`)))).toEqual([]);
});

test('Nx knows every package by its short name', () => {
  const names = packages.map(({ folder, project }) => {
    const { nx } = JSON.parse(readFileSync(join(workspace, folder, 'package.json'), 'utf8')) as {
      nx?: { name?: string };
    };
    return { folder, name: nx?.name, project };
  });
  expect(names.filter(({ name, project }) => name !== project)).toEqual([]);
  expect(new Set(names.map(({ name }) => name)).size).toBe(packages.length);
});
