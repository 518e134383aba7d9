import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { trainTokenizer } from '@retort/stage-train-tokenizer';
import { run } from '@retort/stage-train-tokenizer/run';
import { createTextWriter, type TextRow } from '@retort/tables';
import { syntheticDocument } from '@retort/texts/synthetic';
import { loadTokenizer } from '@retort/tokenizer';
import { describe, expect, it, onTestFinished } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

const STORIES: TextRow[] = Array.from({ length: 200 }, (_, document) =>
  syntheticDocument({ seed: 1, index: document, sentences: 10 }).map((sentence) => ({
    document,
    sentence,
    split: 'train' as const,
  })),
).flat();

async function train(rows: readonly TextRow[], settings: object = {}) {
  const source = await createTestContext({ config: {}, outputs: { text: 'text' } });
  const text = source.outputs['text']!;
  const writer = await createTextWriter(join(text.path, 'text.arrow'));
  await writer.append(rows);
  await writer.close();
  const config = withDefaults(trainTokenizer.configSchema, settings) as Config;
  const context = await createTestContext({ config, inputs: { text }, outputs: { tokenizer: 'tokenizer' } });
  onTestFinished(() => [source, context].forEach((one) => one.remove()));
  const result = await run(context);
  return { result, folder: context.outputs['tokenizer']!.path, logs: context.logs };
}

describe('train-tokenizer', () => {
  it('makes a vocabulary whose words are whole', async () => {
    const { folder, result } = await train(STORIES, { vocabularySize: 2000 });
    const tokenizer = await loadTokenizer(folder);
    expect(result.metrics?.['vocabularySize']).toBe(tokenizer.vocabularySize);
    const [ids] = await tokenizer.encodeWords(['The fox hunted the hen near the den .']);
    expect(ids?.map((id) => tokenizer.vocabulary.tokens[id])).toEqual([
      'the',
      'fox',
      'hunted',
      'the',
      'hen',
      'near',
      'the',
      'den',
      '.',
    ]);
  });

  it('gives the same bytes twice, and no more tokens than asked for', async () => {
    const [one, two] = [
      await train(STORIES, { vocabularySize: 150 }),
      await train([...STORIES].reverse(), { vocabularySize: 150 }),
    ];
    expect((await digestTree(one.folder)).digest).toBe((await digestTree(two.folder)).digest);
    expect((await loadTokenizer(one.folder)).vocabularySize).toBe(150);
  });

  it('does not look at validation sentences', async () => {
    const rows: TextRow[] = [
      ...STORIES.slice(0, 100),
      { document: 999, sentence: 'zebra zebra zebra zebra', split: 'validation' },
    ];
    expect((await loadTokenizer((await train(rows)).folder)).vocabulary.tokens).not.toContain('z');
  });

  it('keeps case where told so', async () => {
    const rows: TextRow[] = [{ document: 0, sentence: 'Anna anna Anna anna', split: 'train' }];
    expect((await loadTokenizer((await train(rows, { lowercase: false })).folder)).vocabulary.tokens).toContain('Anna');
    expect((await loadTokenizer((await train(rows)).folder)).vocabulary.tokens).not.toContain('Anna');
  });

  it('says that there is nothing to learn from', async () => {
    await expect(train([])).rejects.toMatchObject({ code: 'TOKENIZER_NO_TEXT' });
  });
});
