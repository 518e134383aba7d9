import { projectionCount, signalsNeeded, lossBlockProblems } from '@retort/distillation/loss-block';
import schema from '@retort/distillation/loss-block.schema.json';
import { describe, expect, it } from 'vitest';
import { lossBlock, validateLossBlock } from './support/loss-blocks.ts';

const ALL_ON = {
  attention: { weight: 1 },
  hidden: { weight: 1 },
  embedding: { weight: 1 },
  logits: { weight: 1 },
  labels: { weight: 1 },
};

describe('the schema', () => {
  it('turns every term off that is not named', () => {
    expect(lossBlock({})).toMatchInlineSnapshot(`
      {
        "attention": {
          "padding": "masked",
          "weight": 0,
        },
        "embedding": {
          "padding": "masked",
          "weight": 0,
        },
        "hidden": {
          "padding": "masked",
          "weight": 0,
        },
        "labels": {
          "weight": 0,
        },
        "layerMapping": {
          "kind": "uniform",
        },
        "layerReduction": "sum",
        "logits": {
          "kind": "softCrossEntropy",
          "reduction": "batchMean",
          "scaleByTemperatureSquared": false,
          "temperature": 1,
          "weight": 0,
        },
        "projection": "shared",
      }
    `);
  });

  it.each(schema.examples)('accepts its example %j', (example) => {
    expect(lossBlock(example)).toMatchObject(example);
  });

  it.each([
    ['an unknown term', { atention: { weight: 1 } }],
    ['an unknown option', { labels: { weight: 1, padding: 'masked' } }],
    ['a negative weight', { hidden: { weight: -1 } }],
    ['temperature 0', { logits: { weight: 1, temperature: 0 } }],
    ['an unknown mapping', { layerMapping: { kind: 'middle' } }],
    ['a list without layers', { layerMapping: { kind: 'list' } }],
    ['layers beside a named mapping', { layerMapping: { kind: 'top', layers: [1] } }],
    ['the embedding output in a list', { layerMapping: { kind: 'list', layers: [0] } }],
  ])('refuses %s', (_, block) => {
    expect(validateLossBlock(structuredClone(block))).toBe(false);
  });
});

describe('signalsNeeded', () => {
  it('asks for the mapped layers, each once, in order', () => {
    expect(signalsNeeded(lossBlock(ALL_ON), [0, 12, 6, 12])).toEqual({
      logits: true,
      hiddenStates: [0, 6, 12],
      attentionScores: [6, 12],
    });
  });

  it('asks for nothing that a term of weight 0 would need', () => {
    expect(signalsNeeded(lossBlock({ labels: { weight: 1 } }), [0, 1, 2])).toEqual({
      logits: false,
      hiddenStates: [],
      attentionScores: [],
    });
    expect(signalsNeeded(lossBlock({ embedding: { weight: 1 } }), [0, 1, 2]).hiddenStates).toEqual([0]);
    expect(signalsNeeded(lossBlock({ hidden: { weight: 1 } }), [0, 1, 2]).hiddenStates).toEqual([1, 2]);
  });
});

describe('projectionCount', () => {
  it.each([
    [{ hidden: { weight: 1 } }, 1],
    [{ hidden: { weight: 1 }, projection: 'perLayer' }, 5],
    [{ embedding: { weight: 1 }, projection: 'none' }, 0],
    [{ attention: { weight: 1 }, projection: 'shared' }, 0],
  ])('of %j is %i for a student of 4 layers', (block, count) => {
    expect(projectionCount(lossBlock(block), 4)).toBe(count);
  });
});

describe('lossBlockProblems', () => {
  const student = { layers: 4, hiddenSize: 312, heads: 12 };
  const teacher = { layers: 12, hiddenSize: 768, heads: 12 };

  it('finds nothing wrong with the published geometry', () => {
    expect(lossBlockProblems({ block: lossBlock(ALL_ON), student, teacher, classes: 2 })).toEqual([]);
  });

  it('collects every problem, with what to do', () => {
    const problems = lossBlockProblems({
      block: lossBlock({ ...ALL_ON, projection: 'none' }),
      student: { layers: 5, hiddenSize: 312, heads: 4 },
      teacher,
      classes: 0,
    });
    expect(problems).toMatchInlineSnapshot(`
      [
        {
          "code": "LAYER_MAPPING_NOT_UNIFORM",
          "message": "Layer mapping "uniform" takes every (N / M)th teacher layer, but the teacher's 12 layers are no multiple of the student's 5. Change the student's layers, or use "top", "bottom" or a list.",
          "path": [
            "layerMapping",
            "kind",
          ],
        },
        {
          "code": "LOSS_HEADS_DIFFER",
          "message": "Attention scores are compared head by head, but the student has 4 heads and the teacher 12. Give the student 12 heads, or the attention term weight 0.",
          "path": [
            "attention",
            "weight",
          ],
        },
        {
          "code": "LOSS_PROJECTION_NEEDED",
          "message": "Hidden states can be compared without a projection only at equal width, but the student's hidden size is 312 and the teacher's 768. Use "shared" or "perLayer".",
          "path": [
            "projection",
          ],
        },
        {
          "code": "LOSS_KIND_NEEDS_CLASSES",
          "message": ""softCrossEntropy" compares probabilities of classes, but the task is a regression with one logit, for which it is constant. Use "meanSquaredError".",
          "path": [
            "logits",
            "kind",
          ],
        },
      ]
    `);
  });

  it('does not look at terms that are off', () => {
    const block = lossBlock({ labels: { weight: 1 }, projection: 'none' });
    expect(lossBlockProblems({ block, student: { layers: 5, hiddenSize: 1, heads: 1 }, teacher, classes: 0 })).toEqual(
      [],
    );
  });

  it('refuses a loss in which nothing is left to learn', () => {
    expect(lossBlockProblems({ block: lossBlock({}), student }).map(({ code }) => code)).toEqual(['LOSS_NO_TERM']);
  });
});
