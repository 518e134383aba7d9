import { type BertConfig, INITIAL_DEVIATION, initialValues, parameterSpecs } from '@retort/families';
import { geometryProblems, modelSize } from '@retort/families/geometry';
import { describe, expect, it } from 'vitest';
import { TINY } from './support/tiny-model.ts';

const HEADS = ['maskedLanguageModel', 'classifier'] as const;

describe('the parameters of a model', () => {
  it('are as many as those of BERT-base', () => {
    const base: BertConfig = {
      ...TINY,
      layers: 12,
      hiddenSize: 768,
      heads: 12,
      intermediateSize: 3072,
      vocabularySize: 30_522,
      maxPositions: 512,
      task: { kind: 'classes', labels: ['a', 'b'] },
    };
    // 109,482,240 with the pooler, as published for bert-base-uncased; the head has 768 x 2 + 2.
    expect(modelSize(base, ['classifier'])).toBe(109_482_240 + 1538);
    expect(modelSize(base)).toBe(109_482_240 - (768 * 768 + 768));
  });

  it('have names of their own, none twice', () => {
    const names = parameterSpecs(TINY, HEADS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('fresh weights', () => {
  const values = initialValues(parameterSpecs(TINY, HEADS), 42);

  it('are zeros in biases, ones in scales, and small normal numbers elsewhere', () => {
    for (const [name, { values: numbers }] of values) {
      if (name.endsWith('.bias'))
        expect(
          numbers.every((value) => value === 0),
          name,
        ).toBe(true);
      else if (name.endsWith('.scale'))
        expect(
          numbers.every((value) => value === 1),
          name,
        ).toBe(true);
      else {
        const largest = Math.max(...numbers.map(Math.abs));
        expect(largest, name).toBeLessThanOrEqual(2.0001 * INITIAL_DEVIATION);
        expect(largest, name).toBeGreaterThan(INITIAL_DEVIATION);
      }
    }
    expect(modelSize(TINY, HEADS)).toBe([...values.values()].reduce((sum, { values }) => sum + values.length, 0));
  });

  it('depend on the seed and the name alone', () => {
    const encoder = initialValues(parameterSpecs(TINY, []).reverse(), 42);
    for (const [name, tensor] of encoder) expect(values.get(name), name).toEqual(tensor);
    const other = initialValues(parameterSpecs(TINY, []), 43);
    expect(other.get('embeddings.word')).not.toEqual(values.get('embeddings.word'));
    expect(values.get('layers.0.attention.key.weight')).not.toEqual(values.get('layers.0.attention.query.weight'));
  });
});

describe('geometryProblems', () => {
  it('says what a schema cannot say', () => {
    expect(geometryProblems(TINY, ['with', 'student'], 10)).toEqual([]);
    expect(geometryProblems({ ...TINY, heads: 3 }, ['with', 'student'], 11)).toMatchInlineSnapshot(`
      [
        {
          "code": "BERT_HEADS_DO_NOT_DIVIDE",
          "message": "hiddenSize 8 is not divisible by 3 heads. The nearest hiddenSize that is: 9.",
          "path": [
            "with",
            "student",
            "heads",
          ],
        },
        {
          "code": "BERT_SEQUENCE_TOO_LONG",
          "message": "The tokens have up to 11 positions, but the model has only 10. Raise "maxPositions", or lower "maxSequenceLength" of the tokenize stage.",
          "path": [
            "with",
            "student",
            "maxPositions",
          ],
        },
      ]
    `);
  });
});
