import {
  heldOutBlock,
  isTermOn,
  lossBlockProblems,
  lossLayers,
  projectionCount,
  projectionIndex,
  scheduledValues,
  signalsNeeded,
} from '@retort/distillation/loss-block';
import { answerName } from '@retort/distillation/signals';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, lossBlock, validateLossBlock } from './support/loss-blocks.ts';

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
          "kind": "meanSquaredError",
          "padding": "masked",
          "weight": 0,
        },
        "embedding": {
          "kind": "meanSquaredError",
          "padding": "masked",
          "weight": 0,
        },
        "hidden": {
          "kind": "meanSquaredError",
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
        "projectionBias": true,
      }
    `);
  });

  it.each(EXAMPLES)('accepts its example %j', (example: object) => {
    expect(lossBlock(example)).toMatchObject(example);
  });

  it.each([
    ['an unknown term', { atention: { weight: 1 } }],
    ['an unknown option', { labels: { weight: 1, padding: 'masked' } }],
    ['a negative weight', { hidden: { weight: -1 } }],
    ['a kind of another term', { hidden: { weight: 1, kind: 'klDivergence' } }],
    ['temperature 0', { logits: { weight: 1, temperature: 0 } }],
    ['an unknown mapping', { layerMapping: { kind: 'middle' } }],
    ['a list without layers', { layerMapping: { kind: 'list' } }],
    ['layers beside a named mapping', { layerMapping: { kind: 'top', layers: [1] } }],
    ['the embedding output in a list', { layerMapping: { kind: 'list', layers: [0] } }],
    ['attention of the embedding output', { attention: { layerPairs: [{ student: 0, teacher: 1 }] } }],
    ['no pairs', { hidden: { layerPairs: [] } }],
    ['a weight that falls below 0', { hidden: { weight: { kind: 'linear', from: 1, to: -1 } } }],
    ['a temperature that falls to 0', { logits: { temperature: { kind: 'linear', from: 5, to: 0 } } }],
    ['an unknown schedule', { hidden: { weight: { kind: 'sine', from: 1, to: 0 } } }],
    ['a schedule with members of another', { hidden: { weight: { kind: 'constant', value: 1, to: 0 } } }],
    ['a step schedule without changes', { hidden: { weight: { kind: 'step', from: 1, changes: [] } } }],
  ])('refuses %s', (_, block) => {
    expect(validateLossBlock(structuredClone(block))).toBe(false);
  });
});

/** Names of what is asked of a teacher, for a student of as many layers as are mapped. */
function namesNeeded(given: object, mapping: readonly number[]): string[] {
  const layers = { mapping, studentLayers: mapping.length - 1, teacherLayers: 12 };
  return signalsNeeded(lossBlock(given), layers).answers.map(answerName);
}

describe('signalsNeeded', () => {
  it('asks for the mapped layers, each once, in order', () => {
    expect(namesNeeded(ALL_ON, [0, 12, 6, 12])).toEqual([
      'hiddenStates.0',
      'hiddenStates.6',
      'hiddenStates.12',
      'attentionScores.6',
      'attentionScores.12',
      'logits',
    ]);
  });

  it('asks for nothing that a term of weight 0 would need', () => {
    expect(namesNeeded({ labels: { weight: 1 } }, [0, 1, 2])).toEqual([]);
    expect(namesNeeded({ embedding: { weight: 1 } }, [0, 1, 2])).toEqual(['hiddenStates.0']);
    expect(namesNeeded({ hidden: { weight: 1 } }, [0, 1, 2])).toEqual(['hiddenStates.1', 'hiddenStates.2']);
  });

  it('asks for padded positions where some term that is on counts them', () => {
    const layers = { mapping: [0, 1], studentLayers: 1, teacherLayers: 1 };
    const isPadded = (block: object) => signalsNeeded(lossBlock(block), layers).isPadded;
    expect(isPadded({ embedding: { weight: 1, padding: 'reference' } })).toBe(true);
    expect(isPadded({ embedding: { weight: 0, padding: 'reference' }, hidden: { weight: 1 } })).toBeUndefined();
  });
});

describe('a term that no plug-in here brings', () => {
  it('is refused where it has a weight', () => {
    const block = { ...lossBlock({ labels: { weight: 1 } }), atention: { weight: 1 } };
    expect(() => isTermOn(block, 'labels')).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: The loss has an unknown term "atention". Did you mean "attention"? Known: attention, hidden, embedding, logits, labels. Add its plug-in to retort.config.json. In evaluate, also add the term to "lossTerms".]`,
    );
    expect(isTermOn({ ...block, atention: { weight: 0 } } as typeof block, 'labels')).toBe(true);
  });
});

describe('pairs of layers', () => {
  const attention = { weight: 1, layerPairs: [{ student: 2, teacher: 5 }] };

  it('are what is asked of the teacher, instead of the mapped layers', () => {
    const block = { attention, hidden: { weight: 1 } };
    expect(namesNeeded(block, [0, 2, 4])).toEqual(['hiddenStates.2', 'hiddenStates.4', 'attentionScores.5']);
  });

  it('leave a mapping that nothing follows out of account', () => {
    const sizes = { studentLayers: 2, teacherLayers: 5 };
    expect(lossLayers(lossBlock({ attention }), sizes)).toEqual({ ...sizes, mapping: [0] });
    expect(lossLayers(lossBlock({ logits: { weight: 1 } }), sizes).mapping).toEqual([0]);
    expect(() => lossLayers(lossBlock({ attention, hidden: { weight: 1 } }), sizes)).toThrow('"uniform"');
  });

  it('have to be layers that both models have', () => {
    const hidden = {
      weight: 1,
      layerPairs: [
        { student: 0, teacher: 12 },
        { student: 5, teacher: 13 },
      ],
    };
    const geometry = { layers: 4, hiddenSize: 4, heads: 2 };
    const problems = lossBlockProblems({
      block: lossBlock({ hidden }),
      student: geometry,
      teacher: { ...geometry, layers: 12 },
    });
    expect(problems).toMatchInlineSnapshot(`
      [
        {
          "code": "LOSS_LAYER_OUT_OF_RANGE",
          "message": "The hidden term compares student layer 5, but the student has layers 0 to 4.",
          "path": [
            "hidden",
            "layerPairs",
            1,
            "student",
          ],
        },
        {
          "code": "LOSS_LAYER_OUT_OF_RANGE",
          "message": "The hidden term compares teacher layer 13, but the teacher has layers 0 to 12.",
          "path": [
            "hidden",
            "layerPairs",
            1,
            "teacher",
          ],
        },
      ]
    `);
    expect(
      lossBlockProblems({
        block: lossBlock({ hidden: { ...hidden, weight: 0 }, labels: { weight: 1 } }),
        student: geometry,
      }),
    ).toEqual([]);
  });
});

describe('a weight that changes over time', () => {
  const from0 = { kind: 'linear', from: 0, to: 1, unit: 'fraction', begin: 0 };

  it('turns a term off only where it is 0 throughout', () => {
    const isOn = (weight: unknown) => isTermOn(lossBlock({ hidden: { weight } }), 'hidden');
    expect(isOn(from0)).toBe(true);
    expect(isOn({ ...from0, to: 0 })).toBe(false);
    expect(isOn({ kind: 'constant', value: 0 })).toBe(false);
    expect(isOn({ kind: 'step', from: 0, unit: 'steps', changes: [{ at: 1, to: 0 }] })).toBe(false);
    expect(
      isOn({
        kind: 'step',
        from: 0,
        unit: 'steps',
        changes: [
          { at: 1, to: 0.5 },
          { at: 2, to: 0 },
        ],
      }),
    ).toBe(true);
  });

  it('is an input of the program, and so is a temperature of logits that are on', () => {
    const temperature = { kind: 'cosine', from: 5, to: 1, unit: 'fraction', begin: 0 };
    const names = (block: object) => scheduledValues(lossBlock(block)).map(({ name }) => name);
    expect(names({ hidden: { weight: from0 }, logits: { weight: 1, temperature } })).toEqual([
      'hidden.weight',
      'logits.temperature',
    ]);
    expect(names({ hidden: { weight: { ...from0, from: 1 } }, logits: { temperature } })).toEqual([]);
    expect(names({ labels: { weight: { kind: 'constant', value: 2 } } })).toEqual([]);
  });

  it('is checked for places out of order and of a wrong kind', () => {
    const problems = lossBlockProblems({
      block: lossBlock({
        attention: { weight: { ...from0, begin: 0.5, end: 0.25 } },
        hidden: { weight: { ...from0, end: 100 } },
        embedding: { weight: { kind: 'step', from: 1, unit: 'steps', changes: [{ at: 2.5, to: 0 }] } },
        labels: {
          weight: {
            kind: 'step',
            from: 1,
            unit: 'steps',
            changes: [
              { at: 4, to: 0 },
              { at: 4, to: 1 },
            ],
          },
        },
      }),
      student: { layers: 1, hiddenSize: 1, heads: 1 },
    });
    expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toMatchInlineSnapshot(`
      [
        "attention.weight.end: end is 0.25, but comes after begin 0.5. List the points of a schedule in ascending order.",
        "hidden.weight.end: end is a fraction of all steps, at most 1, got 100. To count steps, set "unit" to "steps".",
        "embedding.weight.changes.0.at: changes.0.at counts steps, so it must be a whole number, got 2.5.",
        "labels.weight.changes.1.at: changes.1.at is 4, but comes after changes.0.at 4. List the points of a schedule in ascending order.",
      ]
    `);
  });

  it('leaves a held-out loss as it is at the end of training', () => {
    const block = lossBlock({
      attention: { weight: { ...from0, from: 1, to: 0 }, padding: 'reference' },
      logits: { weight: 0.5, temperature: { kind: 'step', from: 5, unit: 'fraction', changes: [{ at: 0.5, to: 2 }] } },
    });
    expect(isTermOn(heldOutBlock(block), 'hidden')).toBe(false);
    expect(heldOutBlock(block)).toMatchObject({
      attention: { weight: 1, padding: 'masked' },
      logits: { weight: 1, temperature: 2 },
    });
  });
});

describe('projectionCount', () => {
  it.each([
    [{ hidden: { weight: 1 } }, 1],
    [{ hidden: { weight: 1 }, projection: 'perLayer' }, 5],
    [{ hidden: { weight: 1 }, projection: 'embeddingApart' }, 2],
    [{ embedding: { weight: 1 }, projection: 'none' }, 0],
    [{ attention: { weight: 1 }, projection: 'shared' }, 0],
  ])('of %j is %i for a student of 4 layers', (block, count) => {
    expect(projectionCount(lossBlock(block), 4)).toBe(count);
  });
});

describe('projectionIndex', () => {
  it.each([
    ['none', [undefined, undefined, undefined]],
    ['shared', [0, 0, 0]],
    ['embeddingApart', [0, 1, 1]],
    ['perLayer', [0, 1, 2]],
  ])('%s serves layers 0, 1 and 2 by %j', (projection, expected) => {
    const block = lossBlock({ projection });
    expect([0, 1, 2].map((layer) => projectionIndex(block, layer))).toEqual(expected);
  });
});

describe('lossBlockProblems', () => {
  const student = { layers: 4, hiddenSize: 312, heads: 12 };
  const teacher = { layers: 12, hiddenSize: 768, heads: 12 };

  it('finds nothing wrong with the published geometry', () => {
    expect(
      lossBlockProblems({ block: lossBlock(ALL_ON), student, teacher, task: { kind: 'classes', labels: ['a', 'b'] } }),
    ).toEqual([]);
  });

  it('collects every problem, with what to do', () => {
    const problems = lossBlockProblems({
      block: lossBlock({ ...ALL_ON, projection: 'none' }),
      student: { layers: 5, hiddenSize: 312, heads: 4 },
      teacher,
      task: { kind: 'regression' },
    });
    expect(problems).toMatchInlineSnapshot(`
      [
        {
          "code": "LAYER_MAPPING_NOT_UNIFORM",
          "message": "Layer mapping "uniform" takes every (N / M)th teacher layer, but the teacher's 12 layers are not a multiple of the student's 5. Change the student's layers, or use "top", "bottom" or a list.",
          "path": [
            "layerMapping",
            "kind",
          ],
        },
        {
          "code": "LOSS_HEADS_DIFFER",
          "message": "Attention scores are compared head by head, but the student has 4 heads and the teacher 12. Give the student 12 heads, or set the weight of the attention term to 0.",
          "path": [
            "attention",
            "weight",
          ],
        },
        {
          "code": "LOSS_PROJECTION_NEEDED",
          "message": "Without a projection the hidden sizes must be equal, but the student's is 312 and the teacher's 768. Set "projection" to "shared" or "perLayer".",
          "path": [
            "projection",
          ],
        },
        {
          "code": "LOSS_KIND_NEEDS_CLASSES",
          "message": ""softCrossEntropy" compares probabilities of classes, so it is constant for this task, a regression with one logit. Use "meanSquaredError".",
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
    expect(
      lossBlockProblems({
        block,
        student: { layers: 5, hiddenSize: 1, heads: 1 },
        teacher,
        task: { kind: 'regression' },
      }),
    ).toEqual([]);
  });

  it('refuses a loss in which nothing is left to learn', () => {
    expect(lossBlockProblems({ block: lossBlock({}), student }).map(({ code }) => code)).toEqual(['LOSS_NO_TERM']);
  });
});
