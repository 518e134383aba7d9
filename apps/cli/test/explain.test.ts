import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, lastLine, words } from './retort.ts';

let bench: Bench;
let firstRun: string;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
  const { stdout } = await bench.retort('run', 'words.pipeline.json', '--json');
  firstRun = lastLine(stdout).run as string;
});

afterAll(() => bench.remove());

const explain = async (...args: string[]) => {
  const { stdout, stderr } = await bench.retort('explain', 'words.pipeline.json', ...args);
  expect(stderr).toBe('');
  return stdout.replaceAll(/key [0-9a-f]{12}, run .*$/gm, 'key <key>, run <run>').replaceAll(/─+/g, '─');
};

test('a cause is named once, where it is; what it reaches points there', async () => {
  expect(await explain('--set', 'params.documents=50')).toMatchInlineSnapshot(`
    "corpus  runs: changed since then: \`source.documents\` 40 to 50
    compared with key <key>, run <run>
    differs in             old  new
    ─  ─  ─
    with.source.documents  40   50

    vocabulary  may run: because its input \`text\` may change, see corpus
    tokenize  may run: because its inputs \`text\`, \`tokenizer\` may change, see corpus, vocabulary"
  `);
});

test('own causes and those of inputs are both told', async () => {
  const text = await explain('--set', 'params.documents=50', '--set', 'stages.vocabulary.with.vocabularySize=150');
  expect(text).toContain(
    'vocabulary  may run: changed since then: `vocabularySize` 200 to 150; also because its input `text` may change, see corpus',
  );
});

test('--against compares with a run, cached stages too, by its id or its exported manifest', async () => {
  await bench.retort('run', 'words.pipeline.json', '--set', 'params.documents=50');
  const byId = await explain('--set', 'params.documents=50', '--against', firstRun);
  expect(byId).toContain('corpus  cached: different work from then: `source.documents` 40 to 50');
  expect(byId).toContain('vocabulary  cached: different work from then: because its input `text` changed, see corpus');
  const { stdout } = await bench.retort('show', firstRun, '--json');
  await bench.write('first.json', stdout);
  expect(await explain('--set', 'params.documents=50', '--against', './first.json')).toBe(byId);
});

test('names the module that changed, from the manifest of the run', async () => {
  const manifestFile = join(bench.folder, 'edited.json');
  const manifest = JSON.parse((await bench.retort('show', firstRun, '--json')).stdout) as Manifest;
  const stage = manifest.stages.find(({ id }) => id === 'tokenize') as Manifest['stages'][number];
  const code = stage.keyDocument.code.digest;
  const old = 'a'.repeat(64);
  stage.keyDocument.code.digest = old;
  manifest.code[old] = { ...manifest.code[code], 'libs/stages/tokenize/src/packer.ts': 'b'.repeat(64) };
  await writeFile(manifestFile, JSON.stringify(manifest));
  const text = await explain('tokenize', '--against', manifestFile);
  expect(text).toMatch(/^tokenize {2}cached: different work from then: the code of `tokenize\/packer`$/m);
  expect(text).toMatch(/^ {2}tokenize\/packer +bbbbbbbbbbbb {2}[0-9a-f]{12}$/m);
});

interface Manifest {
  readonly stages: { readonly id: string; readonly keyDocument: { readonly code: { digest: string } } }[];
  readonly code: Record<string, Record<string, string>>;
}

test.each([
  ['an unknown run', ['--against', '20260101T000000000Z-00000000'], 'SHOW_UNKNOWN_RUN'],
  ['a file that is not there', ['--against', './nothing.json'], 'MANIFEST_NOT_FOUND'],
  ['a file that is no manifest', ['--against', './words.pipeline.json'], 'MANIFEST_INVALID'],
  ['an unknown stage', ['nowhere'], 'PLAN_UNKNOWN_STAGE'],
])('%s is refused', async (_what, args, code) => {
  const { exitCode, stderr } = await bench.retort('explain', 'words.pipeline.json', ...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(code);
});

test('the manifest holds what the code of every stage was made of', async () => {
  const manifest = JSON.parse(
    await readFile(join(bench.folder, 'store/runs', firstRun, 'manifest.json'), 'utf8'),
  ) as Manifest;
  for (const { keyDocument } of manifest.stages)
    expect(Object.keys(manifest.code[keyDocument.code.digest] ?? {})).toContain('libs/plugin-kit/src/host.ts');
});
