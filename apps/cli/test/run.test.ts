import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, bin, createBench, lastLine, words } from './retort.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
});

afterAll(() => bench.remove());

interface StageSummary {
  readonly id: string;
  readonly status: string;
  readonly outputs: Readonly<Record<string, { readonly digest: string }>>;
}

function stagesOf(stdout: string): readonly StageSummary[] {
  return lastLine(stdout).stages as StageSummary[];
}

const statuses = (stdout: string) => Object.fromEntries(stagesOf(stdout).map(({ id, status }) => [id, status]));
const outputs = (stdout: string) => stagesOf(stdout).map(({ outputs }) => outputs);
const run = (...args: string[]) => bench.retort('run', 'words.pipeline.json', '--json', ...args);

test('a pipeline runs once, then everything comes from the cache with the same digests', async () => {
  const first = await run();
  const second = await run();
  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  expect(statuses(first.stdout)).toEqual({ corpus: 'ran', vocabulary: 'ran', tokenize: 'ran' });
  expect(statuses(second.stdout)).toEqual({ corpus: 'cached', vocabulary: 'cached', tokenize: 'cached' });
  expect(outputs(second.stdout)).toEqual(outputs(first.stdout));
});

test('a variant reruns only what it changes, as the plan said', async () => {
  const { stdout } = await bench.retort('plan', 'words.pipeline.json:short', '--json');
  const planned = (JSON.parse(stdout) as { stages: { id: string; status: string; reason: string; with: unknown }[] })
    .stages;
  expect(planned.map(({ id, status }) => [id, status])).toEqual([
    ['corpus', 'cached'],
    ['vocabulary', 'cached'],
    ['tokenize', 'run'],
  ]);
  expect(planned[2]).toMatchObject({ reason: 'with.maxSequenceLength: 32 -> 16', with: { maxSequenceLength: 16 } });
  const ran = await run('--variant', 'short');
  expect(statuses(ran.stdout)).toEqual({ corpus: 'cached', vocabulary: 'cached', tokenize: 'ran' });
});

test('--set, --from, --only and --force select what runs', async () => {
  expect(statuses((await run('--set', 'stages.tokenize.with.maxSequenceLength=24')).stdout)).toMatchObject({
    vocabulary: 'cached',
    tokenize: 'ran',
  });
  expect(statuses((await run('--from', 'vocabulary')).stdout)).toEqual({
    corpus: 'cached',
    vocabulary: 'ran',
    tokenize: 'ran',
  });
  expect(statuses((await run('--only', 'vocabulary')).stdout)).toEqual({ corpus: 'cached', vocabulary: 'cached' });
  expect(statuses((await run('--force')).stdout)).toEqual({ corpus: 'ran', vocabulary: 'ran', tokenize: 'ran' });
});

test('people read the plan and each stage on standard error, results and next steps on standard output', async () => {
  const { stdout, stderr, exitCode } = await bench.retort('run', 'words.pipeline.json');
  expect(exitCode).toBe(0);
  expect(stderr).toMatchInlineSnapshot(`
    "words  3 stages: 3 cached

    = corpus  cached
    = vocabulary  cached
    = tokenize  cached"
  `);
  expect(
    stdout
      .replaceAll(/[0-9a-f]{2}.[0-9a-f]{64}/g, '<digest>')
      .replaceAll(/[\d.]+ KiB/g, '<size>')
      .replaceAll(/\d+\.\d+ s/g, '<time>')
      .replaceAll(/\d{8}T\d+Z-\w+/g, '<run>')
      .replaceAll(/─+/g, '─'),
  ).toMatchInlineSnapshot(`
    "
    Results
    output              size  folder
    ─  ─  ─
    tokenize.train  <size>  store/artifacts/<digest>

    Done in <time>. Run <run>

    Next:
      npx retort run words.pipeline.json:short  # reruns only what the variant changes
      npx retort show                           # shows this run
      npx retort explain words.pipeline.json    # explains why each stage ran or was cached"
  `);
});

test('explain names the setting, old beside new', async () => {
  const { stdout } = await bench.retort(
    'explain',
    'words.pipeline.json',
    'vocabulary',
    '--set',
    'stages.vocabulary.with.vocabularySize=150',
  );
  expect(stdout.replaceAll(/key [0-9a-f]{12}, run .*$/gm, 'key <key>, run <run>')).toMatchInlineSnapshot(`
    "vocabulary  runs: changed since then: \`vocabularySize\` 200 to 150
    compared with key <key>, run <run>
    differs in           old  new
    ───────────────────  ───  ───
    with.vocabularySize  200  150
    "
  `);
});

test('show prints the last run and lists all', async () => {
  const last = await bench.retort('show');
  expect(last.exitCode).toBe(0);
  expect(last.stdout).toMatch(/^Run \d{8}T\d+Z-\w+ {2}words {2}done$/m);
  expect(last.stdout).toMatch(/^tokenize +cached /m);
  const list = await bench.retort('show', '--list');
  expect(list.stdout.split('\n').length).toBeGreaterThan(5);
});

test('a run whose process was killed is listed as killed, and goes on', async () => {
  const args = ['run', 'words.pipeline.json', '--set', 'params.documents=30'];
  const killed = await execa(process.execPath, [bin, ...args], {
    env: { ...bench.env, RETORT_FAULT: 'runner.recorded:2' },
    cwd: bench.folder,
    extendEnv: false,
    reject: false,
  });
  expect(killed.signal).toBe('SIGKILL');
  expect((await bench.retort('show')).stdout).toMatch(/^Run \S+ {2}words {2}killed$/m);
  expect((await bench.retort('show', '--list')).stdout.split('\n')[2]).toMatch(/ words +killed /);
  expect((await bench.retort(...args)).exitCode).toBe(0);
});

test('a failed stage prints its error, its log and the command that goes on; wrong data is exit code 2', async () => {
  await bench.write('bad.pipeline.json', {
    ...words,
    name: 'bad',
    params: {},
    stages: {
      ...words.stages,
      corpus: { uses: 'corpus', inputs: { files: './empty.txt' }, with: { source: { kind: 'files' } } },
    },
  });
  await bench.write('empty.txt', '\n\n');
  const { stderr, exitCode } = await bench.retort('run', 'bad.pipeline.json');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/ {2}Log: .*corpus\.log$/m);
  expect(stderr).toContain('Not run, because they depend on it: vocabulary, tokenize');
  expect(stderr).toMatch(/To resume:\n {2}npx retort run bad\.pipeline\.json$/m);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s stops gracefully with %d, and the same command goes on', async (signal, code) => {
  const args = ['run', 'words.pipeline.json', '--json', '--set', 'params.documents=2000000'];
  const child = execa(process.execPath, [bin, ...args], {
    cwd: bench.folder,
    env: bench.env,
    extendEnv: false,
    reject: false,
  });
  child.stdout.on('data', (chunk) => {
    if (String(chunk).includes('stage-progress')) child.kill(signal);
  });
  const { exitCode, stdout, stderr } = await child;
  expect(exitCode).toBe(code);
  expect(lastLine(stdout)).toMatchObject({ event: 'run-finished', status: 'interrupted' });
  expect(stderr).toMatch(/To resume:\n {2}npx retort run words\.pipeline\.json --set params\.documents=2000000$/m);
});
