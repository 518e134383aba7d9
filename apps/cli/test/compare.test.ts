import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, lastLine, words } from './retort.ts';

let bench: Bench;
const runs: string[] = [];

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
  for (const args of [[], ['--variant', 'short']]) {
    const { stdout } = await bench.retort('run', 'words.pipeline.json', '--json', ...args);
    runs.push(lastLine(stdout).run as string);
  }
});

afterAll(() => bench.remove());

test('diff names the settings that differ and the work that is shared, before anything has run', async () => {
  const fresh = ['--store', './empty-store'];
  const { stdout, exitCode } = await bench.retort('diff', 'words.pipeline.json', 'words.pipeline.json:short', ...fresh);
  expect(exitCode).toBe(0);
  expect(stdout.replaceAll(/─+/g, '─').replaceAll(/[0-9a-f]{12}(?= |$)/gm, '<key>')).toMatchInlineSnapshot(`
    "words.pipeline.json and words.pipeline.json:short share 2 of 3 stages

    stage       work       words.pipeline.json  words.pipeline.json:short  why
    ─  ─  ─  ─  ─
    corpus      shared     <key>         <key>
    vocabulary  shared     not yet known        not yet known
    tokenize    different  not yet known        not yet known              1 setting

    setting                                 words.pipeline.json  words.pipeline.json:short
    ─  ─  ─
    stages.tokenize.with.maxSequenceLength  32                   16"
  `);
});

test('diff says which stage of the other pipeline does the same work under another name', async () => {
  const { corpus, vocabulary, tokenize } = words.stages;
  const other = { ...words, name: 'other', variants: {}, stages: { stories: corpus, vocabulary, tokenize } };
  const text = JSON.stringify(other).replaceAll('corpus.text', 'stories.text');
  await bench.write('other.pipeline.json', text);
  const { stdout } = await bench.retort('diff', 'words.pipeline.json', 'other.pipeline.json', '--json');
  const { stages } = JSON.parse(stdout) as { stages: { id: string; relation: string; sameAs: string[] }[] };
  expect(stages.map(({ id, relation, sameAs }) => [id, relation, ...sameAs])).toEqual([
    ['corpus', 'first', 'stories'],
    ['vocabulary', 'shared'],
    ['tokenize', 'shared'],
    ['stories', 'second', 'corpus'],
  ]);
});

test('compare takes ids, and pipelines with their newest run', async () => {
  const byId = await bench.retort('compare', ...runs);
  const byName = await bench.retort('compare', 'words', 'words:short');
  const byFile = await bench.retort('compare', 'words.pipeline.json', 'words.pipeline.json:short');
  expect(byId.exitCode).toBe(0);
  expect(byName.stdout).toBe(byId.stdout);
  expect(byFile.stdout).toBe(byId.stdout);
  expect(byId.stdout).toMatch(/^tokenize with\.maxSequenceLength +32 +16$/m);
  expect(byId.stdout).toMatch(/^tokenize trainTokens +7,491 +6,343 +−1,148$/m);
  expect(byId.stdout).toMatch(/^Shared work {2}2 of 3 stages: corpus, vocabulary$/m);
});

test('a cached stage is given the time that its work took', async () => {
  const { stdout } = await bench.retort('compare', ...runs, '--json');
  const { rows } = JSON.parse(stdout) as { rows: { section: string; stage?: string; values: number[] }[] };
  const [first, second] = rows.find(({ section, stage }) => section === 'seconds' && stage === 'corpus')?.values ?? [];
  expect(first).toBeGreaterThan(0);
  expect(second).toBe(first);
});

test('CSV has numbers in full and a column for each run; Markdown is one table', async () => {
  const csv = (await bench.retort('compare', ...runs, '--format', 'csv')).stdout.split('\r\n');
  expect(csv[0]).toBe(`section,stage,name,unit,${runs.join(',')}`);
  expect(csv).toContain('metric,tokenize,trainTokens,,7491,6343');
  const markdown = (await bench.retort('compare', ...runs, '--format', 'markdown')).stdout.split('\n');
  expect(markdown[0]).toBe('|  |  | words | words:short |');
  expect(markdown).toContain('| setting | tokenize with.maxSequenceLength | 32 | 16 |');
});

test.each([
  ['one run alone', ['words'], 'COMPARE_ONE_RUN'],
  ['a pipeline that never ran', ['words', 'wrods:short'], 'COMPARE_NO_RUN'],
  ['a run that is not there', ['words', '20260101T000000000Z-00000000'], 'SHOW_UNKNOWN_RUN'],
  ['two formats', ['words', 'words:short', '--json', '--format', 'csv'], 'COMPARE_TWO_FORMATS'],
])('%s is refused', async (_what, args, code) => {
  const { exitCode, stderr } = await bench.retort('compare', ...args);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
});
