import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDefaults } from '@retort/pipeline-schema';
import type { ByInput } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { evaluate } from '@retort/stage-evaluate';
import { run as runEvaluate } from '@retort/stage-evaluate/run';
import { pretrain } from '@retort/stage-pretrain';
import { run as runPretrain } from '@retort/stage-pretrain/run';
import { studentTrain } from '@retort/stage-student-train';
import { run as runStudentTrain } from '@retort/stage-student-train/run';
import { teacherForward } from '@retort/stage-teacher-forward';
import { run as runTeacherForward } from '@retort/stage-teacher-forward/run';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TEACHER, TEACHER_LABELS, writeTeacher, writeTokens } from './small-teacher.ts';

// How many rows a model is asked about at a time is a matter of speed: no figure of held-out rows depends on it.

const BATCH_SIZES = [1, 7, 64];
/** Very different, so that a mean over tokens is another than one over rows. */
const LENGTHS = Array.from({ length: 30 }, (_, row) => 3 + ((row * row * 5) % 10));
const optimizer = { learningRate: 0.001 };
const STUDENT = { layers: 1, hiddenSize: 4, heads: 2, intermediateSize: 8, maxPositions: 12 };

const root = mkdtempSync(join(tmpdir(), 'retort-batch-sizes-'));
afterAll(() => rmSync(root, { recursive: true }));
const tokens: TestInput = { type: 'labelledTokens', path: root };
let teacher: TestInput;

beforeAll(async () => {
  await writeTokens(root, LENGTHS, { labels: TEACHER_LABELS });
  teacher = { type: 'model', path: await writeTeacher(root, { ...TEACHER, layers: 2 }) };
});

type Outputs = Readonly<Record<string, TestInput['type']>>;

async function runStage(
  stage: { configSchema: unknown },
  run: (context: never) => Promise<{ metrics?: Readonly<Record<string, number>> }>,
  { settings, inputs, outputs }: { settings: object; inputs: ByInput<TestInput>; outputs: Outputs },
) {
  const config = withDefaults(stage.configSchema as never, settings as never);
  const context = await createTestContext({ config, inputs, outputs, engine: 'cpu' });
  const { metrics = {} } = await run(context as never);
  const output = (port: string) => ({ type: outputs[port], path: context.outputs[port]?.path }) as TestInput;
  return { metrics, output };
}

async function expectSame(figures: (batchSize: number) => Promise<Readonly<Record<string, number>>>): Promise<void> {
  const alone = await figures(BATCH_SIZES[0] as number);
  expect(Object.keys(alone)).not.toEqual([]);
  for (const batchSize of BATCH_SIZES.slice(1))
    for (const [name, value] of Object.entries(await figures(batchSize)))
      expect(Math.abs(value - (alone[name] as number)) / Math.max(1, value), `${name} at ${batchSize}`).toBeLessThan(
        1e-6,
      );
}

it.each([
  ['squared errors', { attention: { weight: 1 }, hidden: { weight: 1 }, embedding: { weight: 1 } }],
  ['divergence and cosine', { attention: { weight: 1, kind: 'klDivergence' }, hidden: { weight: 1, kind: 'cosine' } }],
  ['predictions', { logits: { weight: 1 }, labels: { weight: 1 } }],
])('held-out losses are means over rows for any batch size: %s', async (_, loss) => {
  const store = { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', dtype: 'float32' };
  const asked = await runStage(teacherForward, runTeacherForward, {
    settings: { studentLayers: 1, store },
    inputs: { tokens, teacher },
    outputs: { signals: 'signals' },
  });
  const signals = asked.output('signals');
  const { output } = await runStage(studentTrain, runStudentTrain, {
    settings: { student: STUDENT, loss, epochs: 1, batchSize: 8, optimizer },
    inputs: { tokens, signals: [signals] },
    outputs: { student: 'model', initialStudent: 'model' },
  });
  await expectSame(async (batchSize) => {
    const { metrics } = await runStage(evaluate, runEvaluate, {
      settings: { batchSize, latency: { rows: 0 } },
      inputs: { tokens, signals, student: output('student') },
      outputs: { report: 'report', predictions: 'predictions', speed: 'report' },
    });
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => name.startsWith('heldOut.')));
  });
});

it('the loss of masked words before pretraining is of the same words for any batch size', async () => {
  await expectSame(async (batchSize) => {
    const { metrics } = await runStage(pretrain, runPretrain, {
      settings: { architecture: STUDENT, epochs: 1, batchSize, optimizer },
      inputs: { tokens, validation: tokens },
      outputs: { model: 'model' },
    });
    return { before: metrics['validation.lossBefore'] as number };
  });
});
