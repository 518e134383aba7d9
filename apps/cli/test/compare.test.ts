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

test('planned pipelines: settings that differ and work that is shared, before anything has run', async () => {
  const sides = ['words.pipeline.json', 'words.pipeline.json:short'];
  const { stdout, exitCode } = await bench.retort('compare', '--planned', ...sides, '--store', './empty-store');
  expect(exitCode).toBe(0);
  expect(stdout.replaceAll(/─+/g, '─').replaceAll(/[0-9a-f]{12}(?= |$)/gm, '<key>')).toMatchInlineSnapshot(`
    "Runs
                words  words:short
    ─  ─  ─
    pipeline    words        words
    variant         –        short
    status    planned      planned
    engine       onnx         onnx

    Settings that differ
                                     words  words:short
    ─  ─  ─
    tokenize with.maxSequenceLength     32           16

    Work of each stage, equal numbers for the same work, with its key
                            words        words:short  why
    ─  ─  ─  ─
    corpus         1 <key>     1 <key>
    vocabulary  1 (not yet known)  1 (not yet known)
    tokenize    1 (not yet known)  2 (not yet known)  1 setting

    Shared work  2 of 3 stages: corpus, vocabulary"
  `);
  expect((await bench.retort('show', '--list', '--store', './empty-store')).stderr).toContain('STORE_NOT_FOUND');
});

test('a planned pipeline whose stages are cached has their metrics, also beside a run', async () => {
  const { stdout } = await bench.retort('compare', '--planned', runs[0] as string, 'words.pipeline.json:short');
  expect(stdout).toMatch(/^status +done +planned$/m);
  expect(stdout).toMatch(/^tokenize trainTokens +7,491 +6,343 +−1,148$/m);
  expect(stdout).toMatch(/^tokenize +1 [0-9a-f]{12} +2 [0-9a-f]{12} +1 setting$/m);
  const changed = await bench.retort(
    'compare',
    '--planned',
    runs[0] as string,
    'words.pipeline.json',
    '--set',
    'seed=7',
  );
  expect(changed.stdout).toMatch(/^corpus seed +42 +7$/m);
  expect(changed.stdout).toMatch(/^vocabulary +1 [0-9a-f]{12} +2 \(not yet known\) +different corpus$/m);
});

test('a stage of the other pipeline does the same work under another name', async () => {
  const { corpus, vocabulary, tokenize } = words.stages;
  const other = { ...words, name: 'other', variants: {}, stages: { stories: corpus, vocabulary, tokenize } };
  const text = JSON.stringify(other).replaceAll('corpus.text', 'stories.text');
  await bench.write('other.pipeline.json', text);
  const sides = ['words.pipeline.json', 'other.pipeline.json'];
  const { stdout } = await bench.retort('compare', '--planned', ...sides, '--json');
  const { stages, shared, rows } = JSON.parse(stdout) as {
    stages: { id: string; works: (number | null)[]; sameAs: string[] }[];
    shared: string[];
    rows: { section: string }[];
  };
  expect(stages.map(({ id, works, sameAs }) => [id, ...works, ...sameAs])).toEqual([
    ['corpus', 1, null, 'stories'],
    ['vocabulary', 1, 1],
    ['tokenize', 1, 1],
    ['stories', null, 1, 'corpus'],
  ]);
  expect(shared).toEqual(['vocabulary', 'tokenize']);
  expect(rows.filter(({ section }) => section === 'setting')).toEqual([]);
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
  ['a setting of what ran already', ['words', 'words:short', '--set', 'seed=1'], 'COMPARE_NOT_PLANNED'],
  ['two formats', ['words', 'words:short', '--json', '--format', 'csv'], 'COMPARE_TWO_FORMATS'],
])('%s is refused', async (_what, args, code) => {
  const { exitCode, stderr } = await bench.retort('compare', ...args);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
});

test('the command of earlier versions names the new one', async () => {
  const { exitCode, stderr } = await bench.retort('diff', 'words', 'words:short');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('"diff" is now: retort compare --planned')]);
});
