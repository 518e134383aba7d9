import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@retort/families';
import { registerExtensions } from '@retort/foundation/extensions';
import type { ByInput } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { studentTrain } from '@retort/stage-student-train';
import { run } from '@retort/stage-student-train/run';
import { defineOptimizer, defineSchedule } from '@retort/training';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { resolvedConfig } from './support/resolved-config.ts';
import { LABELS, STUDENT, tinyModel, tinyTokens } from './support/tiny-models.ts';

/** In plain JavaScript, over arrays in host memory: what a plug-in without a kernel is. */
const sgd = defineOptimizer({
  name: 'sgd',
  description: 'Stochastic gradient descent with momentum.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      momentum: { description: 'Part of the last step that is made again.', type: 'number', minimum: 0, default: 0.9 },
    },
  },
  states: ['velocity'],
  start:
    ({ momentum }) =>
    ({ parameter: { values, gradient, states }, learningRate, gradientScale }) => {
      const velocity = states[0] as Float32Array;
      for (let i = 0; i < values.length; i++) {
        velocity[i] = momentum * (velocity[i] as number) + gradientScale * (gradient[i] as number);
        values[i] = (values[i] as number) - learningRate * (velocity[i] as number);
      }
    },
});

const cosine = defineSchedule({
  name: 'cosine',
  description: 'Falls to 0 along half a wave.',
  factorAt: ({ step, totalSteps }) => (1 + Math.cos((Math.PI * step) / totalSteps)) / 2,
});

let takeOut = () => {};
let inputs: ByInput<TestInput>;

beforeAll(async () => {
  takeOut = registerExtensions({ optimizers: [sgd], schedules: [cosine] }, './sgd');
  inputs = {
    tokens: await tinyTokens(),
    teacher: [await tinyModel({ seed: 1, task: { kind: 'classes', labels: LABELS } })],
  };
});
afterAll(() => takeOut());

const settings = { phase: 'general', student: STUDENT, epochs: 4, batchSize: 4 };
const optimizer = { kind: 'sgd', learningRate: 0.05, schedule: { kind: 'cosine' } };

async function attempt(more: { optimizer?: object; folder?: string; interruptAt?: number } = {}) {
  const { folder, interruptAt } = more;
  const config = resolvedConfig({ ...settings, optimizer: { ...optimizer, ...more.optimizer } }, ['teacher']);
  const context = await createTestContext({
    config,
    inputs,
    outputs: { student: 'model', initialStudent: 'model' },
    ...(folder !== undefined && { checkpointFolder: folder }),
  });
  const progress: typeof context.progress = (given) => {
    context.progress(given);
    if (given.done === interruptAt) context.interrupt();
  };
  const { metrics } = await run({ ...context, progress });
  const student = (context.outputs['student'] as { path: string }).path;
  return { metrics, student, bytes: readFileSync(join(student, 'model.safetensors')), logs: context.logs };
}

it('a plug-in has settings of its own beside those that every optimizer has', () => {
  expect(resolvedConfig({ ...settings, optimizer }, ['teacher']).optimizer).toEqual({
    kind: 'sgd',
    learningRate: 0.05,
    momentum: 0.9,
    maxGradientNorm: 1,
    clipping: 'global',
    schedule: { kind: 'cosine' },
  });
  expect(studentTrain.extensions?.(resolvedConfig({ ...settings, optimizer }, ['teacher']))).toMatchObject({
    optimizers: ['sgd'],
    schedules: ['cosine'],
  });
});

it('a plug-in trains by its own formula, which its settings change', async () => {
  const [first, again, still] = [await attempt(), await attempt(), await attempt({ optimizer: { momentum: 0 } })];
  expect(again.bytes.equals(first.bytes)).toBe(true);
  expect(still.bytes.equals(first.bytes)).toBe(false);
  expect(first.metrics?.['loss']).toBeLessThan(still.metrics?.['loss'] as number);
});

it('a plug-in resumes after a kill to the same bytes', async () => {
  const whole = await attempt();
  const folder = mkdtempSync(join(tmpdir(), 'retort-plugin-optimizer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await expect(attempt({ folder, interruptAt: 5 })).rejects.toMatchObject({ code: 'STAGE_INTERRUPTED' });
  const resumed = await attempt({ folder });
  expect(resumed.logs).toEqual(['Resumed from step 5 of 12.']);
  expect(resumed.bytes.equals(whole.bytes)).toBe(true);
  expect((await loadModel(resumed.student)).config.layers).toBe(STUDENT.layers);
});
