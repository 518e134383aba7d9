import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { missingPlatforms } from '../src/missing-platforms.mjs';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => JSON.parse(readFileSync(`${workspace}/${file}`, 'utf8'));
const lock = read('package-lock.json');
const manifest = read('package.json');

test('the lock file has every package of the workspace, so that npm ci accepts it', () => {
  const folders = globSync(
    (manifest.workspaces as string[]).map((pattern) => `${pattern}/package.json`),
    { cwd: workspace, ignore: '**/node_modules/**' },
  );
  expect(folders.length).toBeGreaterThan(20);
  expect(folders.filter((file) => lock.packages[file.replace('/package.json', '')] === undefined)).toEqual([]);
});

test('the lock file has what package.json asks for', () => {
  const { dependencies, devDependencies } = lock.packages[''];
  expect({ dependencies, devDependencies }).toEqual({
    dependencies: manifest.dependencies,
    devDependencies: manifest.devDependencies,
  });
});

test('the lock file has the packages of all platforms', () => {
  expect(Object.keys(missingPlatforms(lock))).toEqual([]);
});

test('a package of another platform is described by its name', () => {
  const packages = {
    'node_modules/nx': {
      version: '1.0.0',
      dev: true,
      license: 'MIT',
      optionalDependencies: { '@nx/nx-linux-x64-musl': '1.0.0' },
    },
  };
  expect(missingPlatforms({ packages })).toEqual({
    'node_modules/@nx/nx-linux-x64-musl': {
      version: '1.0.0',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      license: 'MIT',
      optional: true,
      os: ['linux'],
    },
  });
});
