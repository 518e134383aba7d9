import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listPipelineFiles } from './pipeline-files.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nx-pipelines-'));
  mkdirSync(join(root, 'pipelines'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, content: object) =>
  writeFileSync(join(root, 'pipelines', `${name}.pipeline.json`), JSON.stringify(content));
const listed = () => Object.fromEntries(listPipelineFiles(root).map((file) => [file.target, file]));

test('a file has the variants and the description of what it extends, less those that it takes away', () => {
  write('base', { name: 'base', description: 'The base.', variants: { a: {}, b: {} } });
  write('near', { name: 'near', extends: './base.pipeline.json', variants: { b: null, c: {} } });
  write('far', { name: 'far', extends: 'near.pipeline.json', description: 'Far.' });
  write('bare', { name: 'bare', extends: 'far.pipeline.json', variants: null });
  expect(Object.values(listed()).map(({ target, variants, description }) => [target, variants, description])).toEqual([
    ['bare', [], 'Far.'],
    ['base', ['a', 'b'], 'The base.'],
    ['far', ['a', 'c'], 'Far.'],
    ['near', ['a', 'c'], 'The base.'],
  ]);
});

test('what cannot be read, or extends itself, breaks nothing', () => {
  write('circle', { name: 'circle', extends: './circle.pipeline.json', variants: { a: {} } });
  write('lost', { name: 'lost', extends: './nowhere.pipeline.json' });
  writeFileSync(join(root, 'pipelines/list.pipeline.json'), '[1]');
  expect(listed()).toMatchObject({
    circle: { variants: ['a'] },
    list: { variants: [], description: 'Run pipelines/list.pipeline.json' },
    lost: { variants: [], description: expect.stringMatching(/^INVALID: ENOENT/) },
  });
});
