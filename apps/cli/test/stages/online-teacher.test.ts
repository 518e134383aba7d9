import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@retort/families';
import { withDefaults } from '@retort/pipeline-schema';
import { type ByInput, inputEntries, takenBy } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { studentTrain } from '@retort/stage-student-train';
import { run } from '@retort/stage-student-train/run';
import { teacherForward } from '@retort/stage-teacher-forward';
import { run as ask } from '@retort/stage-teacher-forward/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEACHER, writeTeacher, writeTokens } from './small-teacher.ts';

/** Of losses near 1: batches of other rows and widths add in another order, in float32. */
const TOLERANCE = 1e-5;
/** Of a teacher in int8: one scale counts for all that a product reads, so that answers depend on what else is in the batch. */
const INT8_TOLERANCE = 5e-4;
const LENGTHS = [5, 12, 3, 9, 7, 4, 8, 12, 3, 6, 10, 11];
const root = mkdtempSync(join(tmpdir(), 'retort-online-'));
afterAll(() => rmSync(root, { recursive: true }));
const tokens: TestInput = { type: 'tokens', path: root };
let teacher: TestInput;
let signals: TestInput;

beforeAll(async () => {
  await writeTokens(root, LENGTHS);
  teacher = { type: 'model', path: await writeTeacher(root) };
  signals = await stored();
});

async function stored(precision = 'float32', padding = 'masked'): Promise<TestInput> {
  const store = { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', padding, dtype: 'float32' };
  const config = withDefaults(teacherForward.configSchema as never, { studentLayers: 2, store, precision });
  const context = await createTestContext({ config, inputs: { tokens, teacher }, outputs: { signals: 'signals' } });
  await ask(context as never);
  return { type: 'signals', path: (context.outputs['signals'] as { path: string }).path };
}

async function distil(settings: Readonly<Record<string, unknown>>, inputs: ByInput<TestInput>) {
  const given = studentTrain.complete?.(settings, Object.keys(inputs));
  const context = await createTestContext({
    config: withDefaults(studentTrain.configSchema as never, given),
    inputs: takenBy(studentTrain, inputEntries({ tokens, ...inputs })),
    outputs: { student: 'model', initialStudent: 'model' },
  });
  await run(context as never);
  const { path } = context.outputs['student'] as { path: string };
  const { values } = await loadModel(path);
  const { teacherPrecision, int8Error } = JSON.parse(readFileSync(join(path, 'distillation.json'), 'utf8'));
  return {
    values,
    precision: { teacherPrecision, int8Error },
    losses: context.progresses.map((progress) => progress.values as Record<string, number>),
  };
}

type Losses = readonly Readonly<Record<string, number>>[];

const student = { layers: 2, hiddenSize: 4, heads: 2, intermediateSize: 8, maxPositions: 12 };

/** The largest difference of a term at a step, relative where terms are above 1. */
function farthest(a: Losses, b: Losses): number {
  const differences = a.flatMap((terms, step) =>
    Object.entries(terms).map(([name, value]) => Math.abs((b[step]?.[name] as number) - value) / Math.max(1, value)),
  );
  return Math.max(...differences);
}

it('a teacher in int8 has nearly the losses of stored int8 signals, and other ones than in float32', async () => {
  const settings = { phase: 'joint', student, epochs: 4, batchSize: 4, optimizer: { learningRate: 0.01 } };
  const int8 = { ...settings, teacherPrecision: 'int8' };
  const [offline, online] = [
    await distil(settings, { signals: await stored('int8') }),
    await distil(int8, { teacher }),
  ];
  const exact = await distil(settings, { teacher });
  const several = await distil(settings, { signals: [await stored('int8'), signals] });
  expect(farthest(offline.losses, online.losses)).toBeLessThan(INT8_TOLERANCE);
  expect(farthest(exact.losses, online.losses)).toBeGreaterThan(5 * TOLERANCE);
  // The student says of either how its teacher computed.
  expect(offline.precision).toMatchObject({ teacherPrecision: 'int8', int8Error: { rows: LENGTHS.length } });
  expect(online.precision).toMatchObject({ teacherPrecision: 'int8', int8Error: { rows: LENGTHS.length } });
  expect([several.precision, exact.precision]).toEqual([{ teacherPrecision: 'int8' }, {}]);
});

describe.each(['general', 'prediction', 'joint'])(
  'the phase %s with a teacher that is asked batch by batch',
  (phase) => {
    it('has the losses of stored float32 signals, term by term and step by step', async () => {
      const settings = { phase, student, epochs: 4, batchSize: 4, optimizer: { learningRate: 0.01 } };
      const [offline, online] = [await distil(settings, { signals }), await distil(settings, { teacher })];
      expect(online.losses).toHaveLength(12);
      expect(online.losses.at(-1)?.['loss']).toBeLessThan(online.losses[0]?.['loss'] as number);
      for (const [step, terms] of offline.losses.entries()) {
        expect(Object.keys(online.losses[step] ?? {})).toEqual(Object.keys(terms));
        for (const [name, value] of Object.entries(terms)) {
          const difference = Math.abs((online.losses[step]?.[name] as number) - value);
          expect(difference / Math.max(1, value), `${name} of step ${step}`).toBeLessThan(TOLERANCE);
        }
      }
    });
  },
);

describe.each(['maximum', 'bucket'])('the published numbers from stored signals, batches padded to %s', (padTo) => {
  const settings = {
    preset: 'official',
    phase: 'intermediate',
    padTo,
    student,
    epochs: 4,
    batchSize: 4,
    optimizer: { learningRate: 0.01 },
  };

  it('have the losses of the teacher itself, where its padded positions are stored', async () => {
    const padded = await stored('float32', 'reference');
    const [offline, online] = [await distil(settings, { signals: padded }), await distil(settings, { teacher })];
    expect(online.losses).toHaveLength(12);
    expect(farthest(offline.losses, online.losses)).toBeLessThan(TOLERANCE);
  });

  it('are refused where they are not', async () => {
    await expect(distil(settings, { signals })).rejects.toMatchObject({ code: 'SIGNALS_MISSING' });
  });
});

it('padding that is stored with the signals is what planning asks for', () => {
  const config = withDefaults(
    studentTrain.configSchema as never,
    studentTrain.complete?.({ preset: 'official', phase: 'general', student }, ['tokens', 'signals']),
  ) as never;
  const problemsWith = (padding: object) => {
    const stored = { stored: { hiddenStates: [0, 2, 4], attentionScores: [2, 4] }, teacher: TEACHER, ...padding };
    const inputs = { tokens: {}, signals: [{ signals: stored }] };
    return studentTrain.check?.({ config, inputs, engine: 'cpu' });
  };
  expect(problemsWith({ padding: 'reference' })).toEqual([]);
  expect(problemsWith({})?.map(({ message }) => message)[0]).toMatchInlineSnapshot(
    `"Reference padding needs the teacher's answers at padded positions, which are not stored. Connect "teacher" instead of "signals", set "store.padding" of teacher-forward to "reference", or set this padding to "masked"."`,
  );
});
