import { type LossBlock, lossBlockSchema, lossLayers, projectionCount } from '@retort/distillation/loss-block';
import { type Engine, type HostTensors, type InitialValues, ParameterSet, type TrainingProgram } from '@retort/engine';
import { outputsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import { withDefaults } from '@retort/pipeline-schema';
import { distillationProgram, Optimizer, scheduleInputs } from '@retort/training';
import type { ConformanceCase, Results } from '../conformance-case.ts';
import { resultsOfStep } from '../run-program.ts';
import { randomTensor, STUDENT, tokenInputs, weightsOf } from '../tiny-bert.ts';
import { TOLERANCES } from '../tolerances.ts';

const TEACHER_LAYERS = 4;
const [ROWS, LENGTH] = [4, 9];
const RATES = { hidden: 0.1, attention: 0.1 };
const STEPS = 50;

interface LossCase {
  readonly name: string;
  /** Of the block with every term on. */
  readonly change: Readonly<Record<string, unknown>>;
  /** Float labels: a student with one output, for regression. */
  readonly isRegression?: boolean;
}

const SCHEMA = lossBlockSchema();

/** Every value of every choice that the schema of a loss block offers, so that a new one cannot be forgotten. */
const CHOICES: readonly LossCase[] = Object.entries(SCHEMA.properties).flatMap(([member, schema]) => [
  ...valuesOf(schema).map((value) => ({ name: `${member} ${value}`, change: { [member]: value } })),
  ...Object.entries('properties' in schema ? (schema.properties as Readonly<Record<string, object>>) : {}).flatMap(
    ([option, inner]) =>
      valuesOf(inner).map((value) => ({
        name: `${member}.${option} ${value}`,
        change: { [member]: { weight: 1.5, [option]: value } },
      })),
  ),
]);

function valuesOf(schema: object): unknown[] {
  if ('enum' in schema) return schema.enum as unknown[];
  return 'type' in schema && schema.type === 'boolean' ? [true, false] : [];
}

const OTHERS: readonly LossCase[] = [
  { name: 'labels for regression', change: { logits: { weight: 1, kind: 'meanSquaredError' } }, isRegression: true },
  { name: 'the last layers of the teacher', change: { layerMapping: { kind: 'top' } } },
  {
    name: 'a weight and a temperature that change',
    change: { logits: { weight: falling(2, 1), temperature: falling(4, 1) } },
  },
];

function falling(from: number, to: number): object {
  return { kind: 'linear', from, to };
}

const everyTerm = {
  attention: { weight: 1 },
  hidden: { weight: 0.5 },
  embedding: { weight: 2 },
  logits: { weight: 1.5, temperature: 3 },
  labels: { weight: 0.7 },
};

interface Distillation {
  readonly program: TrainingProgram;
  readonly initial: InitialValues;
  readonly inputs: HostTensors;
}

function distillation({ change, isRegression = false }: Omit<LossCase, 'name'>): Distillation {
  const block = withDefaults(SCHEMA as never, { ...everyTerm, ...change }) as LossBlock;
  const student = { ...STUDENT, task: isRegression ? REGRESSION : (STUDENT.task as Task) };
  // Without a projection both must be of one size.
  const teacherSize = block.projection === 'none' ? STUDENT.hiddenSize : 18;
  const outputs = outputsOfTask(student.task);
  const layers = lossLayers(block, { studentLayers: student.layers, teacherLayers: TEACHER_LAYERS });
  return {
    program: distillationProgram({ student, block, layers }, RATES),
    initial: new Map([...weightsOf(student, ['classifier']), ...projections(block, teacherSize)]),
    inputs: {
      ...tokenInputs({ rows: ROWS, length: LENGTH }),
      ...teacherAnswers(teacherSize, outputs),
      ...labels(isRegression),
      ...scheduleInputs(block, { step: 3, totalSteps: 10 }),
    },
  };
}

function projections(block: LossBlock, teacherSize: number): InitialValues {
  const entries = Array.from({ length: projectionCount(block, STUDENT.layers) }, (_, i) => {
    const { shape, data } = randomTensor(`projection ${i}`, [STUDENT.hiddenSize, teacherSize]);
    const bias = { shape: [teacherSize], values: new Float32Array(teacherSize) };
    return [
      [`projections.${i}.weight`, { shape, values: data }] as const,
      ...(block.projectionBias ? [[`projections.${i}.bias`, bias] as const] : []),
    ];
  });
  return new Map(entries.flat());
}

function teacherAnswers(size: number, classes: number): HostTensors {
  const layers = Array.from({ length: TEACHER_LAYERS + 1 }, (_, layer) => layer);
  const hidden = layers.map((layer) => `teacher.hiddenStates.${layer}`);
  const attention = layers.slice(1).map((layer) => `teacher.attentionScores.${layer}`);
  return {
    ...Object.fromEntries(hidden.map((name) => [name, randomTensor(name, [ROWS, LENGTH, size])])),
    ...Object.fromEntries(attention.map((name) => [name, randomTensor(name, [ROWS, STUDENT.heads, LENGTH, LENGTH])])),
    'teacher.logits': randomTensor('teacher.logits', [ROWS, classes]),
  };
}

function labels(isRegression: boolean): HostTensors {
  const data = isRegression ? Float32Array.of(0.5, -1, 2, 0) : Int32Array.of(2, 0, 1, 0);
  return { labels: { shape: [ROWS], data } };
}

const LOSS_CASES: readonly ConformanceCase[] = [...CHOICES, ...OTHERS].map(({ name, ...options }) => ({
  name: `distillation, loss and gradient of every parameter: ${name}`,
  tolerance: TOLERANCES.gradients,
  compute: (engine) => {
    const { program, initial, inputs } = distillation(options);
    return resultsOfStep(engine, program, { initial, inputs, dropoutKey: 9 });
  },
}));

const OPTIMIZER = {
  kind: 'adamw',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  clipping: 'global',
} as const;

/** The loss does not depend on it, since softmax takes out what all scores share; Adam makes whole steps of the rounding. */
const hasNoGradient = (name: string) => name.endsWith('.attention.key.bias');

async function fiftySteps(engine: Engine): Promise<Results> {
  const { program, initial, inputs } = distillation({ change: {} });
  const parameters = new ParameterSet(initial);
  const optimizer = new Optimizer(parameters, OPTIMIZER);
  const trainer = engine.trainer(program, parameters);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { loss } = await trainer.step(inputs, { dropoutKey: step });
    losses.push(loss);
    optimizer.apply({ names: trainer.reached, learningRateFactor: 1 });
  }
  await trainer.dispose();
  const weights = [...parameters.snapshot()].filter(([name]) => !hasNoGradient(name));
  return { losses, ...Object.fromEntries(weights.map(([name, { values }]) => [name, values])) };
}

export const DISTILLATION_CASES: readonly ConformanceCase[] = [
  ...LOSS_CASES,
  { name: `distillation, weights after ${STEPS} steps of Adam`, tolerance: TOLERANCES.steps, compute: fiftySteps },
];
