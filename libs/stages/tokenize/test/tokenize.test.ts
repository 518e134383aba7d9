import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { tokenize } from '@retort/stage-tokenize';
import { run } from '@retort/stage-tokenize/run';
import {
  createExamplesWriter,
  createTextWriter,
  type ExampleRow,
  type ExamplesMetadata,
  readTokens,
  type TextRow,
  type Tokens,
} from '@retort/tables';
import { loadTokenizer, SPECIAL_TOKENS, saveTokenizer } from '@retort/tokenizer';
import { describe, expect, it, onTestFinished } from 'vitest';

it('a path of a tokenizer is looked into while planning', async () => {
  const inspect = tokenize.inputs['tokenizer']?.path?.inspect;
  const { tokenizer } = await folders();
  const found = await inspect?.(tokenizer.path, {});
  expect(found).toEqual({
    problems: [],
    warnings: [],
    facts: { vocabularySize: 12, tokenizer: expect.stringMatching(/^vocabulary [0-9a-f]{12}$/) },
  });
  await saveTokenizer(
    { ...(await loadTokenizer(tokenizer.path)).vocabulary, tokens: [...TOKENS, 'Fox'] },
    tokenizer.path,
  );
  expect((await inspect?.(tokenizer.path, {}))?.warnings).toEqual([expect.stringMatching(/^1 of 13 tokens can never/)]);
  await writeFile(join(tokenizer.path, 'tokenizer_config.json'), '{"tokenizer_class": "BertJapaneseTokenizer"}');
  const refused = await inspect?.(tokenizer.path, {});
  expect(refused?.problems.map(({ code }) => code)).toEqual(['TOKENIZER_UNSUPPORTED']);
});

type Config = Parameters<typeof run>[0]['config'];

const TOKENS = [...SPECIAL_TOKENS, 'the', 'fox', 'hen', 'saw', 'ran', '##s', '.'];
const configOf = (settings: object) => withDefaults(tokenize.configSchema, settings) as Config;

async function folders() {
  const context = await createTestContext({
    config: {},
    outputs: { tokenizer: 'tokenizer', text: 'text', examples: 'examples' },
  });
  onTestFinished(() => context.remove());
  const { tokenizer, text, examples } = context.outputs;
  await saveTokenizer(
    {
      tokens: TOKENS,
      normalizer: { lowercase: true, cleanText: true, handleChineseChars: true },
      maxCharactersPerWord: 100,
    },
    tokenizer!.path,
  );
  return { tokenizer: tokenizer!, text: text!, examples: examples! };
}

async function runTokenize(
  source: 'text' | 'examples',
  rows: readonly (TextRow | ExampleRow)[],
  settings: object = {},
  { seed = 42, ...metadata }: Partial<ExamplesMetadata> & { seed?: number } = {},
) {
  const inputs = await folders();
  const writer =
    source === 'text'
      ? await createTextWriter(join(inputs.text.path, 'text.arrow'))
      : await createExamplesWriter(join(inputs.examples.path, 'examples.arrow'), {
          name: 't',
          task: { kind: 'classes', labels: ['no', 'yes'] },
          ...metadata,
        });
  await writer.append(rows as never);
  await writer.close();
  const type = source === 'text' ? 'tokens' : 'labelledTokens';
  const context = await createTestContext({
    config: configOf(settings),
    inputs: { tokenizer: inputs.tokenizer, [source]: inputs[source] },
    outputs: { train: type, validation: type, ...(source === 'examples' && { test: 'tokens' as const }) },
    seed,
  });
  onTestFinished(() => context.remove());
  const result = await run(context);
  const read = (split: 'train' | 'validation' | 'test') =>
    readTokens(join(context.outputs[split]!.path, 'tokens.arrow'));
  return {
    result,
    train: await read('train'),
    validation: await read('validation'),
    test: source === 'examples' ? await read('test') : undefined,
    context,
    tokenizer: await loadTokenizer(inputs.tokenizer.path),
  };
}

/** Rows as words, for reading. */
function wordsOf({ rowCount, tokenIds, offsets }: Tokens): string[] {
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from(tokenIds.slice(offsets[row], offsets[row + 1]))
      .map((id) => TOKENS[id])
      .join(' '),
  );
}

const train = (document: number, sentence: string): TextRow => ({ document, sentence, split: 'train' });

describe('tokenize text', () => {
  const rows: TextRow[] = [
    train(0, 'The fox ran.'),
    train(0, '\u200d'),
    train(0, 'the hens saw the fox.'),
    train(1, 'owl'),
    { document: 2, sentence: 'The hen.', split: 'validation' },
  ];

  it('makes a row of each sentence, cut to the longest row, and none of nothing', async () => {
    const { train: tokens, validation, result } = await runTokenize('text', rows, { maxSequenceLength: 8 });
    expect(wordsOf(tokens)).toEqual([
      '[CLS] the fox ran . [SEP]',
      '[CLS] the hen ##s saw the fox [SEP]',
      '[CLS] [UNK] [SEP]',
    ]);
    expect(wordsOf(validation)).toEqual(['[CLS] the hen . [SEP]']);
    expect([...tokens.firstSegmentLengths]).toEqual([6, 8, 3]);
    expect(result).toEqual({ rows: { train: 3, validation: 1 }, metrics: { trainTokens: 17, validationTokens: 5 } });
  });

  it('packs consecutive sentences of a document', async () => {
    const { train: tokens } = await runTokenize('text', rows, { maxSequenceLength: 16, packing: 'packed' });
    expect(wordsOf(tokens)).toEqual(['[CLS] the fox ran . the hen ##s saw the fox . [SEP]', '[CLS] [UNK] [SEP]']);
  });

  it('says in the file which vocabulary it was made with', async () => {
    const { train: tokens, tokenizer } = await runTokenize('text', rows, { maxSequenceLength: 8 });
    expect(tokens.metadata).toEqual({
      tokenizerDigest: tokenizer.digest,
      vocabularySize: 12,
      maxSequenceLength: 8,
      padId: 0,
      unkId: 1,
      clsId: 2,
      sepId: 3,
      maskId: 4,
    });
    expect(tokens.labels).toBeUndefined();
  });

  it.each(['sentences', 'packed'])(
    'keeps the first rows of a long text, over many batches, with packing %s',
    async (packing) => {
      const many = Array.from({ length: 20_000 }, (_, i) => train(i >> 4, i % 2 ? 'the fox ran .' : 'the hen'));
      const all = await runTokenize('text', many, { packing });
      const first = await runTokenize('text', many, { packing, maxRows: 100 });
      expect(first.train.rowCount).toBe(100);
      expect(wordsOf(first.train)).toEqual(wordsOf(all.train).slice(0, 100));
      expect(all.train.tokenIds.filter((id) => id === TOKENS.indexOf('fox')).length).toBe(10_000);
    },
  );

  it('warns of an empty split', async () => {
    const { context } = await runTokenize('text', [train(0, 'the fox')]);
    expect(context.warnings).toEqual(['There are no rows for validation.']);
  });
});

describe('tokenize examples', () => {
  const rows: ExampleRow[] = [
    { textA: 'the fox', textB: 'the hen ran', label: 1, split: 'train' },
    { textA: 'the fox saw the hen', textB: 'ran', label: 0, split: 'train' },
    { textA: 'the hen', label: 1, split: 'validation' },
    { textA: 'the hen saw', label: 0, split: 'test' },
  ];

  it('keep the test split, with labels or without', async () => {
    const labelled = await runTokenize('examples', rows);
    expect(wordsOf(labelled.test!)).toEqual(['[CLS] the hen saw [SEP]']);
    expect(labelled.test!.labels).toEqual(Int32Array.of(0));
    const unlabelled = rows.map((row) => (row.split === 'test' ? { textA: row.textA, split: row.split } : row));
    const { test } = await runTokenize(
      'examples',
      unlabelled,
      {},
      {
        isTestUnlabelled: true,
        glue: { task: 'rte' },
      },
    );
    expect(test!.labels).toBeUndefined();
    expect(test!.metadata).toMatchObject({
      task: { kind: 'classes', labels: ['no', 'yes'] },
      isUnlabelled: true,
      split: 'test',
      glue: { task: 'rte' },
    });
    await expect(runTokenize('examples', unlabelled)).rejects.toMatchObject({ code: 'TOKENIZE_UNLABELLED' });
  });

  it('keep several labels a row, and cut them with their rows', async () => {
    const several = [[0, 2], [], [1]].map((labels, i) => ({ textA: `the fox ${i}`, labels, split: 'train' as const }));
    const task = { kind: 'multi-label', labels: ['a', 'b', 'c'] } as const;
    const { train: all } = await runTokenize('examples', several, {}, { task });
    expect(all.labels).toEqual(Int32Array.of(1, 0, 1, 0, 0, 0, 0, 1, 0));
    const { train: two } = await runTokenize('examples', several, { maxRows: 2 }, { task });
    expect(two.labels).toEqual(Int32Array.of(1, 0, 1, 0, 0, 0));
  });

  it('keeps labels, segments and splits, and cuts the longer text', async () => {
    const { train: tokens, validation, context } = await runTokenize('examples', rows, { maxSequenceLength: 8 });
    expect(wordsOf(tokens)).toEqual(['[CLS] the fox [SEP] the hen ran [SEP]', '[CLS] the fox saw the [SEP] ran [SEP]']);
    expect([...tokens.firstSegmentLengths]).toEqual([4, 6]);
    expect(tokens.labels).toEqual(Int32Array.of(1, 0));
    expect(tokens.metadata.task).toEqual({ kind: 'classes', labels: ['no', 'yes'] });
    expect(wordsOf(validation)).toEqual(['[CLS] the hen [SEP]']);
    expect(context.logs).toEqual(['1 of 4 examples were truncated to 8 tokens.']);
  });

  it('keeps fractions for regression', async () => {
    const { train: tokens } = await runTokenize(
      'examples',
      [{ textA: 'the fox', label: 2.5, split: 'train' }],
      {},
      {
        task: { kind: 'regression' },
      },
    );
    expect(tokens.labels).toEqual(Float32Array.of(2.5));
    expect(tokens.metadata.task).toEqual({ kind: 'regression' });
  });

  it('gives the same bytes twice', async () => {
    const digest = async () =>
      (await digestTree((await runTokenize('examples', rows)).context.outputs['train']!.path)).digest;
    expect(await digest()).toBe(await digest());
  });
});

describe('the definition of tokenize', () => {
  const view = (inputs: object, settings: object = {}) =>
    ({ config: configOf(settings), inputs, engine: 'onnx' }) as never;
  const codes = (inputs: object, settings: object = {}) =>
    tokenize.check?.(view(inputs, settings))?.map(({ code }) => code);

  it('wants exactly one of text and examples', () => {
    expect(codes({ tokenizer: {} })).toEqual(['TOKENIZE_ONE_SOURCE']);
    expect(codes({ text: {}, examples: {}, tokenizer: {} })).toEqual(['TOKENIZE_ONE_SOURCE']);
    expect(codes({ text: {}, tokenizer: {} }, { packing: 'packed' })).toEqual([]);
    expect(codes({ examples: {}, tokenizer: {} }, { packing: 'packed' })).toEqual(['TOKENIZE_PACKED_EXAMPLES']);
  });

  it('has labelled outputs exactly for examples', () => {
    const typeFor = (connected: string[]) => tokenize.outputs({ config: configOf({}), connected })['train']?.type;
    expect([typeFor(['examples', 'tokenizer']), typeFor(['text', 'tokenizer'])]).toEqual(['labelledTokens', 'tokens']);
  });

  it('passes on what is known: vocabulary, labels, rows', () => {
    const task = { kind: 'classes', labels: ['a', 'b'] } as const;
    const facts = tokenize.describe?.(
      view(
        { examples: { task, rows: 100, hasSelection: false }, tokenizer: { tokenizer: 'v', vocabularySize: 50 } },
        { maxSequenceLength: 16 },
      ),
    );
    expect(facts).toEqual({
      train: { tokenizer: 'v', vocabularySize: 50, task, maxSequenceLength: 16, rows: 100, tokens: 1600 },
      selection: { tokenizer: 'v', vocabularySize: 50, task, maxSequenceLength: 16, rows: 0 },
      validation: { tokenizer: 'v', vocabularySize: 50, task, maxSequenceLength: 16 },
      test: { tokenizer: 'v', vocabularySize: 50, task, maxSequenceLength: 16 },
    });
  });
});
