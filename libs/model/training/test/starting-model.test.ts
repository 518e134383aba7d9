import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BertConfig, type Head, initialValues, parameterSpecs, saveModel } from '@retort/families';
import { outputsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import type { TokensMetadata } from '@retort/tables';
import { checkTokensFit, startingModel } from '@retort/training';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/temporary.ts';
import { METADATA } from './support/tiny-tokens.ts';

const ARCHITECTURE = { layers: 1, hiddenSize: 4, heads: 2, intermediateSize: 6, maxPositions: 24 };
const MODEL: BertConfig = {
  ...ARCHITECTURE,
  vocabularySize: METADATA.vocabularySize,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  tokenizerDigest: METADATA.tokenizerDigest,
};
const LABELS = ['negative', 'positive'];
const labelled: TokensMetadata = { ...METADATA, task: { kind: 'classes', labels: LABELS } };

async function stored(config: BertConfig, heads: readonly Head[]) {
  const path = temporaryFolder();
  writeFileSync(join(path, 'vocab.txt'), '');
  const values = initialValues(parameterSpecs(config, heads), 1);
  await saveModel({ folder: path, config, heads, values, tokenizerFolder: path });
  return { model: { type: 'model', path, digest: 'd', label: 'teacher.model' } as const, values };
}

/** Names of the parameters that are the stored ones. */
function kept(values: ReadonlyMap<string, { values: Float32Array }>, from: typeof values): string[] {
  const equal = (a: Float32Array, b: Float32Array | undefined) => a.every((value, i) => value === b?.[i]);
  // Zeros and ones are the same in every fresh model.
  const drawn = [...values].filter(([, { values }]) => values.some((value) => value !== values[0]));
  return drawn.filter(([name, { values }]) => equal(values, from.get(name)?.values)).map(([name]) => name);
}

const ENCODER = parameterSpecs(MODEL)
  .filter(({ initial }) => initial === 'normal')
  .map(({ name }) => name);

describe('a new model', () => {
  it('has the geometry that is asked for and the vocabulary of the tokens', async () => {
    const { config, values } = await startingModel({
      architecture: ARCHITECTURE,
      tokens: METADATA,
      heads: ['maskedLanguageModel'],
      seed: 5,
    });
    expect(config).toEqual(MODEL);
    expect(values).toEqual(initialValues(parameterSpecs(MODEL, ['maskedLanguageModel']), 5));
  });

  it('has the labels of the tokens when it has a classifier', async () => {
    const request = { architecture: ARCHITECTURE, heads: ['classifier'] as const, seed: 5 };
    expect((await startingModel({ ...request, tokens: labelled })).config.task).toEqual({
      kind: 'classes',
      labels: LABELS,
    });
    const regression = await startingModel({ ...request, tokens: { ...METADATA, task: { kind: 'regression' } } });
    expect(regression.config.task).toEqual({ kind: 'regression' });
    expect(regression.values.get('classifier.weight')?.shape).toEqual([1, 4]);
  });
});

describe('a model that goes on learning', () => {
  it('keeps everything, head included, for the same labels', async () => {
    const { model, values } = await stored({ ...MODEL, task: { kind: 'classes', labels: LABELS } }, ['classifier']);
    const start = await startingModel({ model, tokens: labelled, heads: ['classifier'], seed: 5 });
    expect(start.config).toEqual({ ...MODEL, task: { kind: 'classes', labels: LABELS } });
    expect(new Map(start.values)).toEqual(values);
  });

  it.each<Task>([
    { kind: 'classes', labels: ['positive', 'negative'] },
    { kind: 'multi-label', labels: LABELS },
    REGRESSION,
  ])('gets a fresh classifier for the task %j', async (task) => {
    const { model, values } = await stored({ ...MODEL, task: { kind: 'classes', labels: LABELS } }, ['classifier']);
    const start = await startingModel({
      model,
      tokens: { ...METADATA, task },
      heads: ['classifier'],
      seed: 5,
    });
    expect(start.config.task).toEqual(task);
    expect(start.values.get('classifier.weight')?.shape).toEqual([outputsOfTask(task), 4]);
    expect(kept(start.values, values)).toEqual([...ENCODER, 'pooler.weight']);
  });

  it('gets a fresh head in place of its masked-language-model head', async () => {
    const { model, values } = await stored(MODEL, ['maskedLanguageModel']);
    const start = await startingModel({ model, tokens: labelled, heads: ['classifier'], seed: 5 });
    expect(kept(start.values, values)).toEqual(ENCODER);
    const fresh = initialValues(
      parameterSpecs({ ...MODEL, task: { kind: 'classes', labels: LABELS } }, ['classifier']),
      5,
    );
    expect(start.values.get('classifier.weight')).toEqual(fresh.get('classifier.weight'));
    expect([...start.values.keys()].some((name) => name.startsWith('maskedLanguageModel'))).toBe(false);
  });

  it('has no labels when no classifier is asked for', async () => {
    const { model } = await stored({ ...MODEL, task: { kind: 'classes', labels: LABELS } }, ['classifier']);
    const start = await startingModel({ model, tokens: labelled, heads: [], seed: 5 });
    expect(start.config).toEqual(MODEL);
    expect([...start.values.keys()]).toEqual(parameterSpecs(MODEL).map(({ name }) => name));
  });

  it('is refused when it has another vocabulary', async () => {
    const { model } = await stored(MODEL, []);
    const start = (tokens: TokensMetadata) => startingModel({ model, tokens, heads: [], seed: 5 });
    await expect(start({ ...METADATA, vocabularySize: 31 })).rejects.toMatchObject({ code: 'VOCABULARY_DIFFERS' });
    await expect(start({ ...METADATA, tokenizerDigest: 'b'.repeat(64) })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: The tokens were made with a vocabulary of 30 tokens (sha256:bbbbbbbbbbbb), but the model teacher.model with one of 30 (sha256:aaaaaaaaaaaa). Use one tokenizer for both.]`,
    );
  });

  it('that does not say which vocabulary it has is taken by the size', () => {
    const { tokenizerDigest: _, ...config } = MODEL;
    expect(() => checkTokensFit(config, { tokens: METADATA, model: 'm' })).not.toThrow();
    expect(() => checkTokensFit({ ...config, vocabularySize: 31 }, { tokens: METADATA, model: 'm' })).toThrow(
      'sha256:unknown',
    );
  });
});
