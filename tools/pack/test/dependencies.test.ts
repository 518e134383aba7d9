import { expect, test } from 'vitest';
import { closureOf, pinned } from '../src/dependencies.mjs';

const LOCK = {
  'node_modules/a': { version: '1.0.0', dependencies: { b: '^1.0.0', c: '^1.0.0' } },
  'node_modules/a/node_modules/b': { version: '1.5.0', dependencies: { c: '^2.0.0', d: '^1.0.0' } },
  'node_modules/a/node_modules/b/node_modules/c': { version: '2.0.0' },
  'node_modules/b': { version: '2.0.0' },
  'node_modules/c': { version: '1.0.0', peerDependencies: { a: '*' } },
  'node_modules/d': { version: '1.0.0', optionalDependencies: { fast: '1.0.0', absent: '1.0.0' } },
  'node_modules/fast': { version: '1.0.0', optional: true },
};

test('what a package needs is looked for where Node does, the nearest first, and a circle ends', () => {
  expect(closureOf(LOCK, ['a'])).toEqual([
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/a/node_modules/b/node_modules/c',
    'node_modules/c',
    'node_modules/d',
    'node_modules/fast',
  ]);
  expect(closureOf(LOCK, ['absent'])).toEqual([]);
});

test('versions are pinned of what lies side by side and is not optional', () => {
  expect(pinned(LOCK, closureOf(LOCK, ['a']))).toEqual({ a: '1.0.0', c: '1.0.0', d: '1.0.0' });
});
