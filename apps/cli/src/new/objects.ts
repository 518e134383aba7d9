import type { Template, TemplatePipeline } from './template.ts';

const tiny = { layers: 2, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 32 };

/** Trains a tiny teacher on a task that needs no data, in seconds. */
const task = {
  corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 20 } } },
  vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } },
  task: { uses: 'task-data', with: { source: { kind: 'synthetic', train: 64, validation: 32 } } },
  tokenize: {
    uses: 'tokenize',
    inputs: { examples: 'task.examples', tokenizer: 'vocabulary.tokenizer' },
    with: { maxSequenceLength: 32 },
  },
};

function teacher(optimizer: object = {}): Readonly<Record<string, object>> {
  const settings = { architecture: tiny, epochs: 1, optimizer: { learningRate: 0.002, ...optimizer } };
  return { ...task, teacher: { uses: 'finetune', inputs: { tokens: 'tokenize.train' }, with: settings } };
}

/** A stage after the teacher. */
function after(tested: string, stage: object, output: string): TemplatePipeline {
  return { stages: { ...teacher(), [tested]: stage }, tested, output };
}

function student(loss: object): TemplatePipeline {
  const settings = { student: { ...tiny, layers: 1 }, loss, optimizer: { learningRate: 0.002 }, epochs: 1 };
  const inputs = { tokens: 'tokenize.train', teacher: 'teacher.model' };
  return after('student', { uses: 'student-train', inputs, with: settings }, 'student');
}

const isFinite = (figure: string) =>
  `assert.ok(Number.isFinite(stage.metrics.${figure}), JSON.stringify(stage.metrics));`;

export const lossTerm: Template = {
  title: 'a loss term',
  among: 'lossTerms',
  index: ({ plugin, object }) => `import { definePlugin } from '@retort/plugin-kit';
import { defineLossTerm, logits, rowMean } from '@retort/plugin-kit/losses';
import { abs, mean, mul, sub } from '@tensorflow/tfjs-core';

const ${object} = defineLossTerm({
  name: '${object}',
  description: "Mean distance of the student's logits from the teacher's.",
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      scale: { type: 'number', exclusiveMinimum: 0, default: 1, description: 'Factor of the distance, above 0.' },
    },
  },
  // What is asked of the teacher.
  signals: [logits],
  // A scalar. Rows that only fill up a batch have weight 0.
  loss: ({ settings, mask, overComparisons }) =>
    overComparisons(({ student, teacher }) => {
      const distance = mean(abs(sub(student(logits), teacher(logits))), 1, true);
      return mul(rowMean(distance, mask.rowWeights), settings.scale);
    }),
});

export default definePlugin({ name: '${plugin}', lossTerms: [${object}] });
`,
  pipeline: ({ object }) => student({ [object]: { weight: 1 } }),
  expectations: ({ object }) => [`assert.ok(stage.metrics.${object} > 0, JSON.stringify(stage.metrics));`],
};

export const lossKind: Template = {
  title: 'a kind of a loss term',
  among: 'lossKinds',
  index: ({ plugin, object }) => `import { definePlugin } from '@retort/plugin-kit';
import { rowMean } from '@retort/plugin-kit/losses';
import { abs, mean, sub } from '@tensorflow/tfjs-core';

const ${object} = {
  name: '${object}',
  // The term that it is a formula for: its setting "kind" names it.
  term: 'logits',
  description: "Mean distance of the student's logits from the teacher's.",
  // A scalar. Rows that only fill up a batch have weight 0.
  loss: ({ studentLogits, teacherLogits, rowWeights }) =>
    rowMean(mean(abs(sub(studentLogits, teacherLogits)), 1, true), rowWeights),
};

export default definePlugin({ name: '${plugin}', lossKinds: [${object}] });
`,
  pipeline: ({ object }) => student({ logits: { weight: 1, kind: object } }),
  expectations: () => ['assert.ok(stage.metrics.logits > 0, JSON.stringify(stage.metrics));'],
};

export const teacherSignal: Template = {
  title: 'a teacher signal',
  among: 'teacherSignals',
  index: ({ plugin, object }) => `import { definePlugin } from '@retort/plugin-kit';

/** A loss term that compares it lists it among its \`signals\`. */
const ${object} = {
  name: '${object}',
  title: 'keys',
  description: 'Keys of self-attention, head by head.',
  // Transformer layers count from 1; layer 0 is the embedding output.
  firstLayer: 1,
  // Of one row.
  axes: ['heads', 'position', 'headSize'],
  of: (outputs, layer) => outputs.keys[layer - 1],
};

export default definePlugin({ name: '${plugin}', teacherSignals: [${object}] });
`,
  pipeline: ({ object }) =>
    after(
      'answers',
      {
        uses: 'teacher-forward',
        inputs: { teacher: 'teacher.model', tokens: 'tokenize.train' },
        with: { store: { [object]: 'last' } },
      },
      'signals',
    ),
  expectations: () => ['assert.equal(stage.outputs.signals.rows, 64);'],
};

export const optimizer: Template = {
  title: 'an optimizer',
  among: 'optimizers',
  index: ({ plugin, object }) => `import { definePlugin } from '@retort/plugin-kit';
import { defineOptimizer } from '@retort/plugin-kit/training';

const ${object} = defineOptimizer({
  name: '${object}',
  description: 'Gradient descent with momentum.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      momentum: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0.9, description: 'Part of the last step that is made again, 0 to below 1.' },
    },
  },
  // Arrays as long as the parameter, 0 at first. Checkpoints save them.
  states: ['velocity'],
  start:
    ({ momentum }) =>
    ({ parameter: { values, gradient, states: [velocity] }, learningRate, gradientScale }) => {
      for (let i = 0; i < values.length; i++) {
        velocity[i] = momentum * velocity[i] + gradientScale * gradient[i];
        values[i] -= learningRate * velocity[i];
      }
    },
});

export default definePlugin({ name: '${plugin}', optimizers: [${object}] });
`,
  pipeline: ({ object }) => ({ stages: teacher({ kind: object }), tested: 'teacher', output: 'model' }),
  expectations: () => [isFinite('loss')],
};

export const schedule: Template = {
  title: 'a learning-rate schedule',
  among: 'schedules',
  index: ({ plugin, object }) => `import { definePlugin } from '@retort/plugin-kit';
import { defineSchedule } from '@retort/plugin-kit/training';

const ${object} = defineSchedule({
  name: '${object}',
  description: 'Falls to 0 at the last step, along half a wave.',
  // A factor on the learning rate; steps count from 0.
  factorAt: ({ step, totalSteps }) => (1 + Math.cos((Math.PI * step) / totalSteps)) / 2,
});

export default definePlugin({ name: '${plugin}', schedules: [${object}] });
`,
  pipeline: ({ object }) => ({ stages: teacher({ schedule: { kind: object } }), tested: 'teacher', output: 'model' }),
  expectations: () => [isFinite('loss')],
};

export const metric: Template = {
  title: 'a metric',
  among: 'metrics',
  index: ({ plugin, object }) => `import { definePlugin } from '@retort/plugin-kit';
import { defineMetric } from '@retort/plugin-kit/training';

const ${object} = defineMetric({
  name: '${object}',
  title: 'error rate',
  description: 'Share of rows whose predicted class is not the gold class.',
  format: 'percent',
  better: 'lower',
  fits: ({ kind }) => kind === 'classes',
  score: ({ labels, predictions }) => {
    let wrong = 0;
    for (let row = 0; row < labels.length; row++) if (labels[row] !== predictions[row]) wrong++;
    return wrong / labels.length;
  },
});

export default definePlugin({ name: '${plugin}', metrics: [${object}] });
`,
  pipeline: ({ object }) =>
    after(
      'scores',
      {
        uses: 'evaluate',
        inputs: { tokens: 'tokenize.validation', teacher: 'teacher.model' },
        with: { metric: object, latency: { rows: 0 } },
      },
      'report',
    ),
  expectations: ({ object }) => [
    'const { metrics } = stage;',
    `assert.ok(Math.abs(metrics['teacher.${object}'] - (1 - metrics['teacher.accuracy'])) < 1e-9, JSON.stringify(metrics));`,
  ],
};

const lines = 'pos | a good film\nneg | a dull one\n';

export const taskFormat: Template = {
  title: 'a format of tables',
  among: 'taskFormats',
  index: ({ plugin, object }) => `import { readFile } from 'node:fs/promises';
import { definePlugin } from '@retort/plugin-kit';

const ${object} = {
  name: '${object}',
  description: 'Lines with a label, a bar and a text.',
  // Every row in order: names of columns and their values, or what is wrong with the row.
  async *scan({ path, label: file }) {
    const names = ['label', 'text'];
    for (const [i, text] of (await readFile(path, 'utf8')).trimEnd().split('\\n').entries()) {
      const line = i + 1;
      const bar = text.indexOf('|');
      const message = 'This line has no "|" after its label.';
      if (bar < 0) yield { line, problem: { code: 'TABLE_NO_BAR', message, location: { file, line } } };
      else yield { line, names, values: [text.slice(0, bar).trim(), text.slice(bar + 1).trim()] };
    }
  },
};

export default definePlugin({ name: '${plugin}', taskFormats: [${object}] });
`,
  pipeline: ({ object }) => ({
    stages: {
      task: {
        uses: 'task-data',
        inputs: { train: './train.txt', validation: './train.txt' },
        with: {
          source: {
            kind: 'files',
            format: object,
            columns: { textA: 'text', label: 'label' },
            labels: { kind: 'classes', values: ['neg', 'pos'] },
          },
        },
      },
    },
    tested: 'task',
    output: 'examples',
  }),
  expectations: () => [
    'assert.equal(stage.outputs.examples.rows, 4);',
    "assert.match(read(stage.outputs.examples, 'examples.arrow').toString(), /a good film/);",
  ],
  files: { 'train.txt': lines },
};
