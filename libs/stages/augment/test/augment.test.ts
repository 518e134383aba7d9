import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createEngine } from '@retort/engine';
import {
  type BertConfig,
  encode,
  initialValues,
  linear,
  parameterSpecs,
  saveModel,
  wordFeatures,
} from '@retort/families';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { augment } from '@retort/stage-augment';
import { run } from '@retort/stage-augment/run';
import { createExamplesWriter, type ExampleRow, streamExamples } from '@retort/tables';
import { loadTokenizer, SPECIAL_TOKENS, saveTokenizer } from '@retort/tokenizer';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

const root = mkdtempSync(join(tmpdir(), 'retort-augment-'));
afterAll(() => rmSync(root, { recursive: true }));

const WORDS = 'good bad film actor story music great poor shot told sung'.split(' ');
const vocabulary = {
  tokens: [...SPECIAL_TOKENS, ...WORDS, '##s', '.', 'the'],
  normalizer: { lowercase: true, cleanText: true, handleChineseChars: true },
  maxCharactersPerWord: 100,
};
const config: BertConfig = {
  layers: 2,
  hiddenSize: 16,
  heads: 2,
  intermediateSize: 32,
  maxPositions: 32,
  vocabularySize: vocabulary.tokens.length,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
};
const heads = ['maskedLanguageModel'] as const;
const values = initialValues(parameterSpecs(config, heads), 5);
// Fresh weights find every word equally likely; twenty times larger ones do not.
for (const [name, { values: numbers }] of values)
  if (/weight|embeddings/.test(name)) for (const i of numbers.keys()) numbers[i] = 20 * (numbers[i] as number);

const EXAMPLES: ExampleRow[] = [
  { textA: 'The film tells good music.', label: 1, split: 'train' },
  { textA: 'Bad actor', textB: 'the great story told', label: 0, split: 'train' },
  { textA: 'good film', label: 1, split: 'validation' },
  { textA: 'the', label: 0, split: 'train' },
];

const at = (name: string, type: TestInput['type']): TestInput => ({ type, path: join(root, name) });
const MODEL = at('model', 'model');
const VECTORS = at('vectors.txt.gz', 'lexicon');
const SYNONYMS = at('synonyms.tsv', 'lexicon');

beforeAll(async () => {
  for (const folder of ['model', 'examples', 'teacher']) mkdirSync(join(root, folder));
  await saveTokenizer(vocabulary, join(root, 'model'));
  await saveTokenizer(vocabulary, join(root, 'teacher'));
  await saveModel({ folder: MODEL.path, config, heads, values, tokenizerFolder: join(root, 'teacher') });
  await saveModel({ folder: join(root, 'teacher'), config, heads: [], values, tokenizerFolder: join(root, 'model') });
  const writer = await createExamplesWriter(join(root, 'examples/examples.arrow'), {
    name: 't',
    task: { kind: 'classes', labels: ['no', 'yes'] },
  });
  await writer.append(EXAMPLES.slice(0, 2));
  await writer.append(EXAMPLES.slice(2));
  await writer.close();
  writeFileSync(VECTORS.path, gzipSync('3 2\nfilm 1 0\nmovie 2 0.1\nactor 0 1\nplayer 0.1 1\ntells 1 1\nsays 1 0.9\n'));
  writeFileSync(SYNONYMS.path, 'Film\tmovie\nfilm\tpicture\nactor\tplayer\ntells\tsays\n');
});

async function augmented(
  settings: object,
  inputs: Record<string, TestInput>,
  more: Partial<Parameters<typeof createTestContext<Config>>[0]> = {},
) {
  const context = await createTestContext<Config>({
    config: withDefaults(augment.configSchema, { maxSequenceLength: 32, ...settings }) as Config,
    inputs: { examples: at('examples', 'examples'), ...inputs },
    outputs: { examples: 'examples' },
    ...more,
  });
  onTestFinished(() => context.remove());
  const result = await run(context);
  const folder = context.outputs['examples']!.path;
  const rows: ExampleRow[] = [];
  for await (const batch of streamExamples(join(folder, 'examples.arrow'))) rows.push(...batch);
  return { rows, result, context, digest: (await digestTree(folder)).digest };
}

test('copies follow their example with its label, and no other split gets any', async () => {
  const { rows, result } = await augmented({ source: 'synonyms', copies: 10 }, { synonyms: SYNONYMS });
  const originals = rows.filter(({ textA }) => EXAMPLES.some((example) => example.textA === textA));
  expect(originals.map(({ textA }) => textA)).toEqual(expect.arrayContaining(EXAMPLES.map(({ textA }) => textA)));
  expect(rows[0]).toMatchObject(EXAMPLES[0] as object);
  const copies = rows.filter(({ textA }) => /movie|picture|says/.test(textA));
  expect(copies.length).toBeGreaterThan(1);
  for (const copy of copies) {
    expect(copy).toMatchObject({ label: 1, split: 'train' });
    expect(copy.textA).toMatch(/^The (film|movie|picture) (tells|says) good music\.$/);
  }
  expect(rows.filter(({ split }) => split === 'validation')).toHaveLength(1);
  expect(result.metrics).toEqual({ givenExamples: 4, addedExamples: rows.length - 4 });
  expect(result.rows).toEqual({ examples: rows.length });
});

test('each text of a pair is varied beside the other as it was', async () => {
  const { rows } = await augmented({ copies: 30 }, { model: MODEL });
  const pairs = rows.filter(({ textB }) => textB !== undefined);
  const [first, second] = [EXAMPLES[1]!.textA, EXAMPLES[1]!.textB];
  expect(pairs.some(({ textA }) => textA !== first)).toBe(true);
  expect(pairs.some(({ textB }) => textB !== second)).toBe(true);
  for (const { textA, textB } of pairs) expect(textA === first || textB === second).toBe(true);
});

test('vectors give the nearest words by cosine, and never the word itself', async () => {
  const { rows } = await augmented(
    { source: 'vectors', copies: 5, candidates: 1, replaceProbability: 1 },
    { vectors: VECTORS },
  );
  expect(rows.map(({ textA }) => textA)).toEqual([
    'The film tells good music.',
    'The movie says good music.',
    'Bad actor',
    'Bad player',
    'good film',
    'the',
  ]);
});

test('words that the vocabulary splits go to the other source', async () => {
  const { rows } = await augmented(
    { splitWords: 'synonyms', copies: 40, replaceProbability: 1 },
    { model: MODEL, synonyms: SYNONYMS },
  );
  const made = rows.filter(({ textA }) => textA.endsWith('.')).slice(1);
  // "tells" is no word of the vocabulary; "film", "good" and "music" are, and get words of it.
  for (const { textA } of made) expect(textA).toMatch(new RegExp(`^The (${WORDS.join('|')}|the) says `, 'i'));
});

test('candidates of a batch are those of single words, computed by the oracle one at a time', async () => {
  const { rows } = await augmented({ copies: 200, candidates: 3, context: 'alone' }, { model: MODEL });
  const tokenizer = await loadTokenizer(MODEL.path);
  const [before, after] = await tokenizer.encodeWords(['The film tells ', ' music.']);
  const ids = Int32Array.from([tokenizer.clsId, ...before!, tokenizer.maskId, ...after!, tokenizer.sepId]);
  const shape = [1, ids.length];
  const forward = (await createEngine('cpu')).forward(
    (parameters, inputs) => {
      const { tokenIds, segmentIds, keyMask, positions } = inputs as Record<string, Tensor>;
      const { hiddenStates } = encode(
        { config, parameters },
        { tokenIds: tokenIds!, segmentIds: segmentIds!, keyMask: keyMask! },
      );
      const features = wordFeatures({ config, parameters }, hiddenStates.at(-1)!, positions!);
      return { scores: linear(features, parameters['embeddings.word']!, parameters['maskedLanguageModel.bias']!) };
    },
    [...values].map(([name, tensor]) => ({ name, ...tensor })),
  );
  const { scores } = await forward.run({
    tokenIds: { data: ids, shape },
    segmentIds: { data: new Int32Array(ids.length), shape },
    keyMask: { data: new Int32Array(ids.length).fill(1), shape },
    positions: { data: Int32Array.of(1 + before!.length), shape: [1] },
  });
  const best = [...scores!.data.keys()]
    .sort((a, b) => (scores!.data[b] as number) - (scores!.data[a] as number))
    .slice(0, 3)
    .map((id) => vocabulary.tokens[id] as string)
    .filter((token) => /^[a-z]+$/.test(token));
  const used = rows.flatMap(({ textA }) => /^\S+ \S+ \S+ (\S+) /.exec(textA)?.[1] ?? []);
  expect(new Set(used)).toEqual(new Set([...best, 'good']));
});

test('the same seed gives the same bytes, another seed others, and a resumed run those of one that was not broken off', async () => {
  const settings = { source: 'synonyms', copies: 6 };
  const inputs = { synonyms: SYNONYMS };
  const first = await augmented(settings, inputs);
  expect((await augmented(settings, inputs)).digest).toBe(first.digest);
  expect((await augmented(settings, inputs, { seed: 43 })).digest).not.toBe(first.digest);
  const checkpointFolder = mkdtempSync(join(root, 'checkpoints-'));
  const kept = { checkpointFolder, checkpointEverySteps: 1, checkpointEverySeconds: 0 };
  const broken = await createTestContext<Config>({
    config: withDefaults(augment.configSchema, { maxSequenceLength: 32, ...settings }) as Config,
    inputs: { examples: at('examples', 'examples'), ...inputs },
    outputs: { examples: 'examples' },
    ...kept,
  });
  onTestFinished(() => broken.remove());
  const progress = broken.progress;
  const stopping = {
    ...broken,
    progress: (each: Parameters<typeof progress>[0]) => each.done === 2 && broken.interrupt(),
  };
  await expect(run(stopping as never)).rejects.toThrow();
  const resumed = await augmented(settings, inputs, kept);
  expect(resumed.context.logs).toEqual(['Resumed after 2 of 4 examples.']);
  expect({ digest: resumed.digest, metrics: resumed.result.metrics }).toEqual({
    digest: first.digest,
    metrics: first.result.metrics,
  });
});

test('what cannot be used is refused with its place', async () => {
  await expect(augmented({}, { model: at('teacher', 'model') })).rejects.toThrow(
    'test.model has no masked-LM head, so it cannot fill in words.',
  );
  const bad = at('bad', 'lexicon');
  writeFileSync(bad.path, 'film 1 0\nmovie 1\n');
  await expect(augmented({ source: 'vectors' }, { vectors: bad })).rejects.toMatchObject({
    diagnostics: [{ code: 'VECTORS_INVALID', message: expect.stringContaining('2 numbers'), location: { line: 2 } }],
  });
  writeFileSync(bad.path, 'film\tmovie\nfilm\nx\ty\tz\n');
  await expect(augmented({ source: 'synonyms' }, { synonyms: bad })).rejects.toMatchObject({
    diagnostics: [{ code: 'SYNONYMS_INVALID', location: { line: 2 } }, { location: { line: 3 } }],
  });
});

test('a source without its input, and an input without its source, are found before anything runs', () => {
  const problems = (settings: object, connected: readonly string[]) =>
    augment
      .check?.({
        config: withDefaults(augment.configSchema, settings),
        inputs: Object.fromEntries(connected.map((name) => [name, {}])),
        engine: 'cpu',
      })
      .map(({ code, path }) => `${code} ${path.join('.')}`);
  expect(problems({}, ['examples', 'model'])).toEqual([]);
  expect(problems({}, ['examples', 'vectors'])).toEqual(['AUGMENT_SOURCE inputs', 'AUGMENT_SOURCE inputs.vectors']);
  expect(problems({ source: 'synonyms', splitWords: 'vectors' }, ['synonyms', 'vectors'])).toEqual([
    'AUGMENT_SPLIT_WORDS with.splitWords',
  ]);
});
