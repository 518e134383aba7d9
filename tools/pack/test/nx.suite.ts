import nx from 'nx/package.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Outside } from './outside.ts';

const registry = inject('registry');
const corpus = { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 20 } } };
const vocabulary = { uses: 'train-tokenizer', inputs: { text: 'words#corpus.text' }, with: { vocabularySize: 200 } };

interface Graph {
  readonly graph: { readonly nodes: { readonly pipeline: { readonly data: { readonly targets: object } } } };
}

describe.skipIf(registry === undefined)("in a user's own Nx workspace", () => {
  let outside: Outside;
  beforeAll(async () => {
    outside = await Outside.create(registry as string);
    await outside.write({
      'nx.json': { analytics: false },
      'pipelines/words.pipeline.json': { name: 'words', description: 'Little stories.', stages: { corpus } },
      'pipelines/more.pipeline.json': { name: 'more', description: 'Goes on.', stages: { vocabulary } },
    });
    await outside.install('--save-dev', `nx@${nx.version}`);
  });
  afterAll(() => outside?.remove());

  test('`nx add` installs the plug-in and lists it, and pipelines are in the graph', async () => {
    await outside.type('npx', 'nx', 'add', '@retort/nx-plugin');
    expect(await outside.readJson('nx.json')).toMatchObject({ plugins: ['@retort/nx-plugin'] });
    await outside.type('npx', 'nx', 'graph', '--file=graph.json');
    const { graph } = (await outside.readJson('graph.json')) as Graph;
    expect(graph.nodes.pipeline.data.targets).toMatchObject({ words: {}, more: { dependsOn: ['words'] } });
  });

  test('a pipeline runs as a task, and ends with the exit code of the command', async () => {
    await outside.type('npx', 'nx', 'run', 'pipeline:more');
    expect(await outside.run('more')).toMatchObject([{ status: 'cached' }, { status: 'cached' }]);
    expect((await outside.try('npx', 'nx', 'run', 'pipeline:more', '--from=nothing')).exitCode).toBe(1);
    await outside.write({ '.env': 'NX_ISOLATE_PLUGINS=false\nNX_DAEMON=false\n' });
    expect((await outside.try('npx', 'nx', 'run', 'pipeline:more', '--from=nothing')).exitCode).toBe(2);
  });

  test('a stage that it generates passes its own test', async () => {
    await outside.type('npx', 'nx', 'g', '@retort/nx-plugin:stage', 'shout');
    expect(await outside.type('npm', 'test', '--prefix', 'plugins/shout')).toContain('# pass 1');
  });
});
