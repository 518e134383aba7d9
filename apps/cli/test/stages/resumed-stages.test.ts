import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { RandomStream } from '@retort/foundation/random';
import { withDefaults } from '@retort/pipeline-schema';
import type { AnyStageRun, ByInput, OutputArtifact, StageDefinition } from '@retort/plugin-kit';
import { createTestContext, type TestContext, type TestInput } from '@retort/plugin-kit/testing';
import { finetune } from '@retort/stage-finetune';
import { run as runFinetune } from '@retort/stage-finetune/run';
import { pretrain } from '@retort/stage-pretrain';
import { run as runPretrain } from '@retort/stage-pretrain/run';
import { studentTrain } from '@retort/stage-student-train';
import { run as runStudentTrain } from '@retort/stage-student-train/run';
import { teacherForward } from '@retort/stage-teacher-forward';
import { run as runTeacherForward } from '@retort/stage-teacher-forward/run';
import { writeTokens } from '@retort/tables/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

/** 7 rows in micro-batches of 2, two of them a step, for two epochs: 4 steps. */
const TRAINING = {
  batchSize: 2,
  gradientAccumulation: 2,
  epochs: 2,
  optimizer: { learningRate: 0.01 },
  dropout: { hidden: 0.1, attention: 0.1 },
};
const STEPS = 4;
const GEOMETRY = { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 12, maxPositions: 16 };

const root = mkdtempSync(join(tmpdir(), 'retort-resumed-stages-'));
const tokensFolder = join(root, 'tokens');
afterAll(() => rmSync(root, { recursive: true }));

async function tokensWithVocabulary(): Promise<void> {
  const random = new RandomStream(5);
  const lengths = Array.from({ length: 7 }, () => 4 + random.below(8));
  const rows = lengths.map((length) => Array.from({ length }, () => 5 + random.below(19)));
  const labels = Int32Array.from(lengths, () => random.below(2));
  const task = { kind: 'classes', labels: ['no', 'yes'] } as const;
  await writeTokens(tokensFolder, { vocabularySize: 24, maxSequenceLength: 12, task, rows, labels });
  writeFileSync(join(tokensFolder, 'vocab.txt'), Array.from({ length: 24 }, (_, i) => `w${i}`).join('\n'));
}

const tokens: TestInput = { type: 'labelledTokens', path: tokensFolder };

interface Case {
  readonly definition: StageDefinition;
  readonly run: AnyStageRun;
  readonly settings: object;
  readonly inputs: () => Promise<ByInput<TestInput>>;
}

const cases: readonly Case[] = [
  {
    definition: pretrain,
    run: runPretrain,
    settings: { architecture: GEOMETRY, ...TRAINING },
    inputs: async () => ({ tokens, validation: tokens }),
  },
  {
    definition: finetune,
    run: runFinetune,
    settings: { architecture: GEOMETRY, ...TRAINING },
    inputs: async () => ({ tokens, validation: tokens }),
  },
  {
    definition: studentTrain,
    run: runStudentTrain,
    settings: {
      student: { ...GEOMETRY, hiddenSize: 4 },
      loss: { attention: { weight: 1 }, hidden: { weight: 1 }, embedding: { weight: 1 }, labels: { weight: 1 } },
      ...TRAINING,
    },
    inputs: async () => ({ tokens, signals: [await teacherSignals()] }),
  },
];

type Engine = 'cpu' | 'onnx';

async function contextOf(definition: StageDefinition, settings: object, options: object): Promise<TestContext<never>> {
  const config = withDefaults(definition.configSchema, settings) as never;
  const ports = definition.outputs({ config, connected: Object.keys((options as { inputs: object }).inputs) });
  const outputs = Object.fromEntries(Object.entries(ports).map(([port, { type }]) => [port, type]));
  const context = await createTestContext({ config, outputs, ...options });
  onTestFinished(() => context.remove());
  return context;
}

async function teacherSignals(): Promise<TestInput> {
  const teacher = await contextOf(finetune, { architecture: GEOMETRY, ...TRAINING, epochs: 1 }, { inputs: { tokens } });
  await runFinetune(teacher);
  const path = teacher.outputs['model']?.path as string;
  const asked = await contextOf(
    teacherForward,
    { studentLayers: 1, store: { hiddenStates: 'mapped', attentionScores: 'mapped', budget: '1 MiB' } },
    { inputs: { teacher: { type: 'model', path }, tokens } },
  );
  await runTeacherForward(asked);
  return { type: 'signals', path: asked.outputs['signals']?.path as string };
}

class Killed extends Error {}

/** Everything that a stage gives back: the bytes of each output and its figures. */
async function finished({ run }: Case, context: TestContext<never>) {
  const result = await run(context as never);
  const digests: Record<string, string> = {};
  for (const [port, { type, path }] of Object.entries<OutputArtifact>(context.outputs))
    if (type !== 'times') digests[port] = (await digestTree(path)).digest;
  return { result, digests };
}

beforeAll(tokensWithVocabulary);

describe.each(
  cases.flatMap((each) => (['onnx', 'cpu'] as const).map((engine) => [each.definition.kind, engine, each] as const)),
)('%s on %s, killed after any step', (_kind, engine: Engine, each) => {
  test('and resumed gives the outputs and figures of one that was never killed', async () => {
    const inputs = await each.inputs();
    const begin = (options: object = {}) => contextOf(each.definition, each.settings, { inputs, engine, ...options });
    const whole = await finished(each, await begin());
    for (let step = 1; step <= STEPS; step++) {
      const checkpointFolder = mkdtempSync(join(root, 'checkpoints-'));
      const first = await begin({ checkpointFolder, checkpointEverySteps: 1 });
      const pass: typeof first.checkpoints.pass = async (at, capture) => {
        await first.checkpoints.pass(at, capture);
        if (at === step) throw new Killed();
      };
      const killed = each.run({
        ...first,
        checkpoints: Object.assign(Object.create(first.checkpoints), boundTo(first, pass)),
      } as never);
      await expect(killed).rejects.toBeInstanceOf(Killed);
      const second = await begin({ checkpointFolder });
      expect(await finished(each, second), `killed after step ${step}`).toEqual(whole);
      expect(second.logs[0]).toBe(`Resumed from step ${step} of ${STEPS}.`);
    }
  }, 180_000);
});

function boundTo({ checkpoints }: TestContext<never>, pass: typeof checkpoints.pass) {
  return { pass, load: checkpoints.load.bind(checkpoints), save: checkpoints.save.bind(checkpoints) };
}
