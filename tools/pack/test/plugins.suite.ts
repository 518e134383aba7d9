import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Outside } from './outside.ts';
import { publish } from './registry.ts';

const root = join(import.meta.dirname, '../../..');
const registry = inject('registry');

/** The examples as npm packages, MiniLM compiled and the other in TypeScript. A pipeline uses both, and has stages that use neither. */
describe.skipIf(registry === undefined)('plug-ins that are npm packages', () => {
  let author: Outside;
  let user: Outside;
  beforeAll(async () => {
    author = await Outside.create(registry as string);
    user = await Outside.create(registry as string);
    await Promise.all([author.install('@retort/plugin-kit'), user.install('@retort/cli')]);
  });
  afterAll(() => Promise.all([author?.remove(), user?.remove()]));

  const release = async (name: string, version: string) => {
    const manifest = (await author.readJson(name, 'package.json')) as object;
    await author.write({ [`${name}/package.json`]: { ...manifest, version } });
    await publish(author.path(name), registry as string);
  };

  const change = async (file: string, from: string, to: string) => {
    const text = await readFile(author.path(file), 'utf8');
    expect(text).toContain(from);
    await writeFile(author.path(file), text.replace(from, to));
  };

  test('an author compiles one with the types of the kit, all of which resolve', async () => {
    await cp(join(root, 'examples/minilm/src'), author.path('minilm/src'), { recursive: true });
    await author.write({
      'minilm/package.json': packageOf('retort-plugin-minilm', {
        types: './dist/index.d.ts',
        default: './dist/index.js',
      }),
      'minilm/src/wrong.ts':
        "import { definePlugin } from '@retort/plugin-kit';\nexport const wrong: number = definePlugin;\n",
    });
    const options = [
      '--declaration',
      '--outDir',
      'minilm/dist',
      '--module',
      'preserve',
      '--target',
      'es2022',
      '--strict',
    ];
    const files = ['minilm/src/index.ts', 'minilm/src/wrong.ts'];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await execa(process.execPath, [compiler, ...options, ...files], {
      cwd: author.folder,
      reject: false,
    });
    // TensorFlow.js's own types have mistakes, which `skipLibCheck` would hide together with ours.
    const mistakes = stdout.split('\n').filter((line) => /^(minilm|node_modules\/@retort)\//.test(line));
    expect(mistakes).toEqual([expect.stringMatching(/^minilm\/src\/wrong\.ts\(2,14\): error TS2322/)]);
    await release('minilm', '1.0.0');
  });

  test('installed and listed by name, a pipeline uses the stage and the loss term', async () => {
    await cp(join(root, 'examples/deduplicate/src'), author.path('deduplicate/src'), { recursive: true });
    await author.write({ 'deduplicate/package.json': packageOf('retort-plugin-deduplicate', './src/index.ts') });
    await release('deduplicate', '1.0.0');
    await user.install('retort-plugin-minilm', 'retort-plugin-deduplicate');
    await user.write({
      'retort.config.json': { plugins: ['retort-plugin-minilm', 'retort-plugin-deduplicate'] },
      'pipelines/distinct.pipeline.json': await pipelineOf(root),
    });
    expect(await user.type('npx', 'retort', 'schema')).toContain('1 of plug-ins: deduplicate');
    const schema = JSON.stringify(await user.readJson('schemas/pipeline.schema.json'));
    expect(schema).toContain('"relationHeads"');
    expect(schema).toContain('"shingleWords"');
    await user.type('npx', 'retort', 'validate', 'distinct');
    const stages = await user.run('distinct');
    expect(stages.filter(({ status }) => status !== 'ran')).toEqual([]);
    expect((await user.plan('distinct')).filter(({ status }) => status !== 'cached')).toEqual([]);
  });

  test('of a new version, exactly the stages that use it miss', async () => {
    await change('minilm/dist/index.js', '1 / Math.sqrt(', '2 / Math.sqrt(');
    await release('minilm', '1.1.0');
    await user.upgrade('retort-plugin-minilm@1.1.0');
    const missing = async () =>
      (await user.plan('distinct')).filter(({ status }) => status === 'run').map(({ id }) => id);
    expect(await missing()).toEqual(['teacher-forward', 'held-out-signals']);
    const why = await user.type('npx', 'retort', 'explain', 'distinct');
    expect(why).toMatch(/teacher-forward[^]*retort-plugin-minilm/);
    const again = await user.run('distinct');
    const ran = again.filter(({ status }) => status === 'ran').map(({ id }) => id);
    expect(ran).toEqual(['teacher-forward', 'student-train', 'held-out-signals', 'evaluate']);

    await change('deduplicate/src/run.ts', 'SHOWN_CHARACTERS = 60', 'SHOWN_CHARACTERS = 50');
    await release('deduplicate', '1.0.1');
    await user.upgrade('retort-plugin-deduplicate@1.0.1');
    expect(await missing()).toEqual(['deduplicate']);
  });

  test('a stage that `retort new` writes passes its own test', async () => {
    await user.type('npx', 'retort', 'new', 'stage', 'whisper');
    expect(await user.type('npm', 'test', '--prefix', 'plugins/whisper')).toContain('# pass 1');
  });
});

function packageOf(name: string, entry: unknown) {
  return { name, version: '0.0.0', type: 'module', exports: { '.': entry } };
}

/** The pipeline of MiniLM, with near-duplicates dropped between corpus and tokens. */
async function pipelineOf(root: string): Promise<unknown> {
  const example = JSON.parse(await readFile(join(root, 'examples/minilm/minilm.pipeline.json'), 'utf8'));
  const { corpus, vocabulary, tokenize, export: _, ...others } = example.stages;
  return {
    name: 'distinct',
    description: 'MiniLM on a corpus without near-duplicates.',
    stages: {
      corpus,
      vocabulary,
      deduplicate: { uses: 'deduplicate', inputs: { text: 'corpus.text' } },
      tokenize: { ...tokenize, inputs: { ...tokenize.inputs, text: 'deduplicate.text' } },
      ...others,
    },
  };
}
