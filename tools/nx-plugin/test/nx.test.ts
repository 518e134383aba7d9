import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

let workspace: string;

/** An Nx workspace of a user's own, outside of the clone, with pipelines; plug-in and command are the real ones. */
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'retort-nx-'));
  await cp(join(root, '.env'), join(workspace, '.env'));
  await writeFile(join(workspace, 'nx.json'), JSON.stringify({ plugins: ['@retort/nx-plugin'], analytics: false }));
  await symlink(join(root, 'node_modules'), join(workspace, 'node_modules'));
  await writeFile(join(workspace, 'package.json'), '{ "name": "nx-test", "private": true }');
  await mkdir(join(workspace, 'pipelines/inner'), { recursive: true });
  await writePipeline('words', JSON.stringify(pipeline));
  await writePipeline('broken', '{ "name": "broken", ');
});

afterAll(() => rm(workspace, { recursive: true, force: true }));

const pipeline = {
  name: 'words',
  description: 'Little stories.',
  stages: { corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 20 } } } },
  variants: { tiny: { 'stages.corpus.with.source.documents': 5 } },
};

function writePipeline(name: string, content: string) {
  return writeFile(join(workspace, 'pipelines', `${name}.pipeline.json`), content);
}

function nx(
  args: readonly string[],
  { cwd = workspace, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
) {
  const script = join(workspace, 'node_modules/nx/dist/bin/nx.js');
  const base = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NO_COLOR: '1' };
  return execa(process.execPath, [script, ...args], { cwd, env: { ...base, ...env }, extendEnv: false, reject: false });
}

test('a pipeline is a target, its variants are configurations, and a malformed file breaks nothing', async () => {
  const { stdout, exitCode } = await nx(['show', 'project', 'pipeline', '--json']);
  expect(exitCode).toBe(0);
  const { targets } = JSON.parse(stdout) as { targets: Record<string, unknown> };
  expect(targets).toMatchObject({
    words: {
      cache: false,
      options: { file: 'pipelines/words.pipeline.json' },
      configurations: { tiny: { variant: 'tiny' } },
      metadata: { description: 'Little stories.' },
    },
    broken: { configurations: {}, metadata: { description: expect.stringMatching(/^INVALID: /) } },
  });
});

test.each([['some'], ['all']])('pipelines are targets like any other where git ignores %s of them', async (which) => {
  await writePipeline('local-words', JSON.stringify({ ...pipeline, name: 'local-words' }));
  const ignored = which === 'some' ? 'pipelines/local-*.pipeline.json' : 'pipelines/';
  await writeFile(join(workspace, '.gitignore'), `${ignored}\n`);
  try {
    const { stdout } = await nx(['show', 'project', 'pipeline', '--json']);
    const { targets } = JSON.parse(stdout) as { targets: Record<string, unknown> };
    expect(Object.keys(targets)).toEqual(expect.arrayContaining(['local-words', 'words']));
    for (const command of [
      ['run', 'pipeline:local-words:tiny'],
      ['run-many', '-t', 'local-words'],
    ]) {
      const { stderr, exitCode } = await nx([...command, '--store', 'local']);
      expect({ command, stderr, exitCode }).toMatchObject({ exitCode: 0 });
    }
  } finally {
    await rm(join(workspace, '.gitignore'));
    await rm(join(workspace, 'pipelines/local-words.pipeline.json'));
  }
});

test('with --json standard output is JSON alone, and all options arrive', async () => {
  const { stdout, exitCode } = await nx([
    'run',
    'pipeline:words:tiny',
    '--json',
    '--store',
    'here',
    '--set',
    'seed=7',
    '--set=stages.corpus.seed=8',
  ]);
  expect(exitCode).toBe(0);
  const events = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.at(-1)).toMatchObject({
    event: 'run-finished',
    status: 'done',
    stages: [{ id: 'corpus', status: 'ran' }],
  });
  const again = await nx([
    'words',
    'pipeline',
    '-c',
    'tiny',
    '--json',
    '--store',
    join(workspace, 'here'),
    '--set=stages.corpus.seed=8',
  ]);
  expect(JSON.parse(again.stdout.split('\n').at(-1) ?? '')).toMatchObject({ stages: [{ status: 'cached' }] });
});

test('paths count from where the command was typed', async () => {
  const { stderr, exitCode } = await nx(['run', 'pipeline:words', '--store', 'nested'], {
    cwd: join(workspace, 'pipelines/inner'),
  });
  expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
  await expect(
    cp(join(workspace, 'pipelines/inner/nested'), join(workspace, 'copy'), { recursive: true }),
  ).resolves.toBeUndefined();
});

test.each([
  ['an unknown variant', ['run', 'pipeline:words:tinny'], /PIPELINE_UNKNOWN_VARIANT[^]*Did you mean "tiny"\?/],
  ['an unknown option', ['run', 'pipeline:words', '--vriant=tiny'], /Did you mean "--variant"\?/],
  ['an unknown stage', ['run', 'pipeline:words', '--from=corpsu'], /Did you mean "corpus"\?/],
  ['a malformed file', ['run', 'pipeline:broken'], /PIPELINE_SYNTAX {3}pipelines\/broken\.pipeline\.json:1:21/],
])('%s ends with 2 and the nearest name', async (_, args, message) => {
  const { stderr, exitCode } = await nx(args);
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(2);
});

test('a pipeline depends on the one whose stages it takes, and runs those along with its own', async () => {
  const vocabulary = { uses: 'train-tokenizer', inputs: { text: 'words#corpus.text' }, with: { vocabularySize: 200 } };
  const more = { name: 'more', description: 'Goes on.', stages: { vocabulary } };
  await writePipeline('more', JSON.stringify(more));
  const { stdout: graph } = await nx(['run', 'pipeline:more', '--graph=stdout']);
  const { tasks } = JSON.parse(graph) as { tasks: { dependencies: object } };
  expect(tasks.dependencies).toEqual({ 'pipeline:more': [{ id: 'pipeline:words' }], 'pipeline:words': [] });

  const setting = ['--set', 'words#stages.corpus.with.source.documents=30', '--store=along'];
  const { stdout } = await nx(['run', 'pipeline:more', '--json', ...setting]);
  const runs = stdout.split('\n').filter((line) => line.includes('"run-finished"'));
  expect(runs.map((line) => JSON.parse(line))).toMatchObject([
    {
      status: 'done',
      stages: [
        { id: 'words#corpus', status: 'ran' },
        { id: 'vocabulary', status: 'ran' },
      ],
    },
  ]);
  const both = await nx(['run-many', '-t', 'words,more', '--output-style=stream-without-prefixes', '--store=along']);
  expect(both.stdout.match(/Done in/g)).toHaveLength(2);
  await rm(join(workspace, 'pipelines/more.pipeline.json'));
});

test('where Nx keeps plug-ins in processes of their own, a pipeline runs all the same, and a failure ends with 1', async () => {
  const env = { NX_ISOLATE_PLUGINS: 'true' };
  const good = await nx(['run', 'pipeline:words:tiny', '--store=isolated'], { env });
  expect({ exitCode: good.exitCode, output: good.stderr + good.stdout }).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/corpus[^]*Done in/),
  });
  const bad = await nx(['run', 'pipeline:words:tinny'], { env });
  expect({ exitCode: bad.exitCode, output: bad.stdout + bad.stderr }).toMatchObject({
    exitCode: 1,
    output: expect.stringMatching(/PIPELINE_UNKNOWN_VARIANT[^]*Did you mean "tiny"\?/),
  });
});

test('a stage is generated as `retort new stage` writes it, and a name that is none is refused', async () => {
  const stage = ['g', '@retort/nx-plugin:stage'];
  expect(await nx([...stage, 'shout', '--out=dry', '--dry-run'])).toMatchObject({ exitCode: 0 });
  const refused = await nx([...stage, 'No Stage', '--out=plugins']);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('NEW_BAD_NAME');
  expect(await nx([...stage, 'shout', '--out=plugins'])).toMatchObject({ exitCode: 0 });
  expect(await readdir(join(workspace, 'plugins'))).toEqual(['shout']);
  expect(await readdir(workspace)).not.toContain('dry');
  expect(JSON.parse(await readFile(join(workspace, 'retort.config.json'), 'utf8'))).toMatchObject({
    plugins: ['./plugins/shout'],
  });
});

test('everything that `retort new` writes is generated, by a function of its own', async () => {
  const help = await execa(join(workspace, 'node_modules/.bin/retort'), ['new', '--help'], { cwd: workspace });
  const kinds = /choices: ([^)]*)\)/.exec(help.stdout)?.[1]?.match(/[a-z-]+/g) ?? [];
  const { generators } = JSON.parse(await readFile(join(root, 'tools/nx-plugin/generators.json'), 'utf8'));
  const { init: _, ...plugins } = generators as Record<string, { factory: string }>;
  expect(Object.keys(plugins).sort()).toEqual(kinds.sort());
  const functions = await import('../src/generators.mjs');
  const named = Object.entries(plugins).map(([kind, { factory }]) => [kind, factory.split('#')[1] ?? '']);
  for (const [kind = '', name = ''] of named) expect(functions[name as 'stage'], kind).toBeTypeOf('function');
  const { exitCode } = await nx(['g', '@retort/nx-plugin:metric', 'error-rate', '--out=plugins']);
  expect({ exitCode, folders: await readdir(join(workspace, 'plugins')) }).toEqual({
    exitCode: 0,
    folders: ['error-rate', 'shout'],
  });
});

test('SIGTERM is passed on and its exit code handed back', async () => {
  const child = nx([
    'run',
    'pipeline:words',
    '--json',
    '--set',
    'stages.corpus.with.source.documents=3000000',
    '--store',
    'stopped',
  ]);
  child.stdout.on('data', (chunk) => {
    if (String(chunk).includes('stage-progress')) child.kill('SIGTERM');
  });
  const { exitCode, stdout } = await child;
  expect(exitCode).toBe(143);
  expect(stdout).toMatch(/"event":"run-finished".*"status":"interrupted"/);
});

test('run-many goes through the executor and refuses a configuration that no pipeline has', async () => {
  const good = await nx(['run-many', '-t', 'words', '-c', 'tiny', '--output-style=stream', '--store=many']);
  expect({ exitCode: good.exitCode, output: good.stdout }).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/Done in/),
  });
  const bad = await nx(['run-many', '-t', 'words', '-c', 'tinny']);
  expect(bad.exitCode).toBe(1);
  expect(bad.stdout + bad.stderr).toContain(
    'The pipeline "words" has no variant "tinny". Did you mean "tiny"? Known: tiny.',
  );
});

test.each([
  ['a single pipeline', ['run', 'pipeline:grid']],
  ['run-many', ['run-many', '-t', 'grid', '--output-style=stream-without-prefixes']],
])('--only-cell and --set of %s keep their commas, once and repeated', async (_, command) => {
  const words = { type: 'string', default: 'none', description: 'Some text' };
  const grid = { ...pipeline, name: 'grid', params: { words }, matrix: { variant: ['base', 'tiny'], seed: [1, 2] } };
  await writePipeline('grid', JSON.stringify(grid));
  const idsOf = async (...args: readonly string[]) => {
    const { stdout } = await nx([...command, ...args, '--store=cells', '--json']);
    const finished = stdout.split('\n').find((line) => line.includes('"run-finished"')) ?? '{}';
    return (JSON.parse(finished) as { matrix?: { cells: { id: string }[] } }).matrix?.cells.map(({ id }) => id);
  };
  expect(await idsOf('--only-cell=variant=tiny,seed=2', '--set', 'params.words=a,b c')).toEqual([
    'variant=tiny,seed=2',
  ]);
  const two = ['--only-cell', 'variant=tiny,seed=2', '--only-cell', 'variant=base'];
  expect(await idsOf(...two)).toEqual(['variant=base,seed=1', 'variant=base,seed=2', 'variant=tiny,seed=2']);
});
