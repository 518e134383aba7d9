/** A pipeline file of `count` stages: many general distillations beside each other, with different seeds, none depending on another. */
export function manyStages(count: number): object {
  const stages: Record<string, object> = {};
  for (let branch = 0; Object.keys(stages).length < count; branch++)
    for (const [id, stage] of distillation(branch)) if (Object.keys(stages).length < count) stages[id] = stage;
  return { name: 'many-stages', stages };
}

/** A stage comes after those that it needs, so that any beginning of the list is complete. */
function distillation(branch: number): [id: string, stage: object][] {
  const id = (name: string) => `${name}-${branch}`;
  const optimizer = { kind: 'adamw', learningRate: 0.0005 };
  const geometry = { layers: 2, hiddenSize: 64, heads: 4, intermediateSize: 256, maxPositions: 64 };
  const on = { weight: 1 };
  return [
    [id('corpus'), { uses: 'corpus', seed: branch, with: { source: { kind: 'synthetic', documents: 100 } } }],
    [id('vocabulary'), { uses: 'train-tokenizer', inputs: { text: `${id('corpus')}.text` } }],
    [
      id('tokenize'),
      {
        uses: 'tokenize',
        inputs: { text: `${id('corpus')}.text`, tokenizer: `${id('vocabulary')}.tokenizer` },
        with: { maxSequenceLength: 64 },
      },
    ],
    [
      id('teacher'),
      {
        uses: 'pretrain',
        seed: branch,
        inputs: { tokens: `${id('tokenize')}.train` },
        with: { architecture: { ...geometry, layers: 4 }, optimizer },
      },
    ],
    [
      id('signals'),
      {
        uses: 'teacher-forward',
        inputs: { teacher: `${id('teacher')}.model`, tokens: `${id('tokenize')}.train` },
        with: { store: { hiddenStates: 'mapped', attentionScores: 'mapped' }, studentLayers: 2 },
      },
    ],
    [
      id('student'),
      {
        uses: 'student-train',
        seed: branch,
        inputs: { tokens: `${id('tokenize')}.train`, signals: `${id('signals')}.signals` },
        with: { student: geometry, loss: { attention: on, hidden: on, embedding: on }, optimizer },
      },
    ],
    [
      id('evaluation'),
      {
        uses: 'evaluate',
        seed: branch,
        inputs: {
          tokens: `${id('tokenize')}.train`,
          signals: `${id('signals')}.signals`,
          student: `${id('student')}.student`,
          initialStudent: `${id('student')}.initialStudent`,
          teacher: `${id('teacher')}.model`,
        },
      },
    ],
  ];
}
