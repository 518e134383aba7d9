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

test('a file refers to pipelines that are there and do not lead back to it', () => {
  const stages = (...sources: readonly unknown[]) => ({
    teach: { inputs: { model: sources[0], others: sources.slice(1) } },
  });
  write('base', { name: 'base', stages: {} });
  write('task', { name: 'task', stages: stages('base#teacher.model', './a#b/c.txt', 'missing#x.y', 'teach.model') });
  write('near', { name: 'near', extends: './task.pipeline.json', stages: stages('task#student.model') });
  write('yin', { name: 'yin', stages: stages('yang#a.b', 'base#a.b') });
  write('yang', { name: 'yang', stages: stages('yin#a.b') });
  write('own', { name: 'own', stages: stages('own#a.b') });
  expect(Object.values(listed()).map(({ target, references }) => [target, references])).toEqual([
    ['base', []],
    ['near', ['base', 'task']],
    ['own', []],
    ['task', ['base']],
    ['yang', []],
    ['yin', ['base']],
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
