const OPTIMIZER = { learningRate: 0.01 };

const WHO = ['fox', 'hen', 'dog', 'mole', 'owl'];
const DID = ['chased', 'saw', 'fed', 'lost', 'followed'];

/** Every kind of stage that computes, on so little that it takes seconds. Its texts are the user's own, at paths. */
export const PIPELINE = {
  name: 'repeated',
  description: 'Every kind of stage on very little, to be run again and again.',
  stages: {
    corpus: { uses: 'corpus', inputs: { files: './stories.txt' }, with: { source: { kind: 'files' } } },
    vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } },
    'tokenize-corpus': {
      uses: 'tokenize',
      inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
      with: { maxSequenceLength: 32 },
    },
    pretrain: {
      uses: 'pretrain',
      inputs: { tokens: 'tokenize-corpus.train' },
      with: {
        architecture: { layers: 2, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 32 },
        batchSize: 16,
        epochs: 1,
        optimizer: OPTIMIZER,
      },
    },
    task: {
      uses: 'task-data',
      inputs: { train: './train.csv', validation: './validation.csv' },
      with: {
        source: {
          kind: 'files',
          format: 'csv',
          columns: { textA: 'text', label: 'label' },
          labels: { kind: 'classes', values: WHO },
        },
      },
    },
    augment: {
      uses: 'augment',
      inputs: { examples: 'task.examples', model: 'pretrain.model' },
      with: { copies: 1, maxSequenceLength: 32 },
    },
    tokenize: {
      uses: 'tokenize',
      inputs: { examples: 'augment.examples', tokenizer: 'vocabulary.tokenizer' },
      with: { maxSequenceLength: 32 },
    },
    teacher: {
      uses: 'finetune',
      inputs: { tokens: 'tokenize.train', validation: 'tokenize.validation', model: 'pretrain.model' },
      with: { batchSize: 16, epochs: 12, optimizer: OPTIMIZER },
    },
    'teacher-forward': {
      uses: 'teacher-forward',
      inputs: { teacher: 'teacher.model', tokens: 'tokenize.train' },
      with: {
        studentLayers: 1,
        batchSize: 16,
        store: { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped' },
      },
    },
    student: {
      uses: 'student-train',
      inputs: { tokens: 'tokenize.train', signals: 'teacher-forward.signals' },
      with: {
        student: { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 32 },
        loss: {
          attention: { weight: 1 },
          hidden: { weight: 1 },
          embedding: { weight: 1 },
          logits: { weight: 1 },
          labels: { weight: 0.5 },
        },
        batchSize: 16,
        epochs: 12,
        optimizer: OPTIMIZER,
      },
    },
    evaluate: {
      uses: 'evaluate',
      inputs: { tokens: 'tokenize.validation', teacher: 'teacher.model', student: 'student.student' },
    },
    export: {
      uses: 'export',
      inputs: { model: 'student.student', tokens: 'tokenize.validation' },
      // Whether it is good is not the question.
      with: { check: { int8Tolerance: 1 } },
    },
  },
} as const;

/** Files of the user, always the same. Who acts is what the task asks for, so that a model learns to tell rows apart. */
export function userFiles(): Readonly<Record<string, string>> {
  const paragraphs = Array.from(
    { length: 60 },
    (_, i) => `${sentence(i)}! Nobody knows why number ${i * i} came after it.`,
  );
  return {
    'stories.txt': `${paragraphs.join('\n\n')}\n`,
    'train.csv': table(0, 80),
    'validation.csv': table(80, 100),
  };
}

function table(from: number, to: number): string {
  const rows = Array.from({ length: to - from }, (_, i) => `${sentence(from + i)},${WHO[(from + i) % WHO.length]}`);
  return `text,label\n${rows.join('\n')}\n`;
}

function sentence(i: number): string {
  const [a, b, c] = [WHO[i % 5], DID[(i * 3 + 1) % 5], WHO[(i * 7 + 2) % 5]];
  return `The ${a} ${b} the ${c} in field ${i}`;
}
