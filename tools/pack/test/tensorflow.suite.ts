import { join } from 'node:path';
import { engineProblem } from '@retort/engine/availability';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Outside } from './outside.ts';

const root = join(import.meta.dirname, '../../..');
const registry = inject('registry');
const missing = engineProblem('tensorflow')?.message;
const reason = missing === undefined ? '' : ` (it ${missing})`;

const stages = {
  corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 20 } } },
  vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } },
  tokenize: {
    uses: 'tokenize',
    inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
    with: { maxSequenceLength: 16 },
  },
  teacher: {
    uses: 'pretrain',
    inputs: { tokens: 'tokenize.train' },
    with: {
      architecture: { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 },
      optimizer: { learningRate: 0.002 },
      epochs: 1,
    },
  },
};

describe.skipIf(registry === undefined || missing !== undefined)(`the engine tensorflow${reason}`, () => {
  let outside: Outside;
  beforeAll(async () => {
    outside = await Outside.create(registry as string);
    await outside.write({ 'pipelines/small.pipeline.json': { name: 'small', description: 'Little.', stages } });
    await outside.install('@retort/cli');
  });
  afterAll(() => outside?.remove());

  test('is refused with the command that installs what it needs', async () => {
    const { exitCode, stderr } = await outside.try('npx', 'retort', 'run', 'small', '--engine', 'tensorflow');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/ENGINE_NOT_INSTALLED[^]*npx retort doctor --fix tensorflow/),
    });
  });

  test('runs after that command, with the keys of the checkout', async () => {
    const { checks } = JSON.parse(await outside.type('npx', 'retort', 'doctor', '--fix', 'tensorflow', '--json'));
    expect(checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'packages', status: 'ok' }),
        expect.objectContaining({ name: 'engine tensorflow', status: 'ok' }),
      ]),
    );
    await outside.run('small', '--engine', 'tensorflow');
    const checkout = [process.execPath, join(root, 'apps/cli/bin/retort.mjs')];
    const file = outside.path('pipelines/small.pipeline.json');
    const here = await outside.plan(file, checkout, '--engine', 'tensorflow', '--store', outside.path('.retort'));
    expect(here.map(({ status }) => status)).toEqual(['cached', 'cached', 'cached', 'cached']);
  });
});
