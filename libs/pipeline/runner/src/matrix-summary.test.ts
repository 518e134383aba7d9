import type { PipelineGraph, ResolvedStage } from '@retort/pipeline-graph';
import { expect, test } from 'vitest';
import { summarizeMatrix } from './matrix-summary.ts';

const stage = (id: string, cells: readonly string[] | undefined, type: 'report' | 'model'): ResolvedStage =>
  ({
    id,
    ...(cells && { cells }),
    outputs: { out: { type, description: '' } },
  }) as unknown as ResolvedStage;

const cell = (seed: number, weight: number) => `seed=${seed},weight=${weight}`;
const combinations = [1, 2, 3].flatMap((seed) => [0, 1].map((weight) => ({ seed, weight, id: cell(seed, weight) })));

/** A teacher that all cells share, and a student and its scores in each. */
const graph = {
  stages: [
    stage('teacher', undefined, 'model'),
    ...combinations.flatMap(({ id }) => [
      stage(`student[${id}]`, [id], 'model'),
      stage(`scores[${id}]`, [id], 'report'),
    ]),
  ],
  matrix: {
    axes: [
      { path: 'seed', name: 'seed', isSeed: true },
      { path: 'stages.student.with.weight', name: 'weight', isSeed: false },
    ],
    cells: combinations.map(({ id, ...values }) => ({
      id,
      values,
      results: [
        { stage: `student[${id}]`, port: 'out' },
        { stage: `scores[${id}]`, port: 'out' },
      ],
    })),
  },
} as unknown as PipelineGraph;

const settled = graph.stages.map(({ id }) => ({
  id,
  status: 'ran' as const,
  metrics: { loss: 9 } as Record<string, number>,
}));
const scores = (id: string, accuracy: number) => ({
  id: `scores[${id}]`,
  status: 'ran' as const,
  metrics: { accuracy },
});
const replaced = (...others: readonly { id: string }[]) =>
  settled.map((each) => others.find(({ id }) => id === each.id) ?? each) as typeof settled;

test('cells have the metrics of the reports among the results, groups their mean and sample deviation', () => {
  const values: Record<string, number> = { [cell(1, 0)]: 0.5, [cell(2, 0)]: 0.7, [cell(3, 0)]: 0.9 };
  const all = combinations.map(({ id }) => scores(id, values[id] ?? 0.25));
  const summary = summarizeMatrix(graph, replaced(...all));
  expect(summary?.cells[0]).toEqual({
    id: cell(1, 0),
    values: { seed: 1, weight: 0 },
    status: 'done',
    metrics: { accuracy: 0.5 },
  });
  expect(summary?.groups).toEqual([
    {
      values: { weight: 0 },
      metrics: { accuracy: { mean: expect.closeTo(0.7, 12), standardDeviation: expect.closeTo(0.2, 12), count: 3 } },
    },
    { values: { weight: 1 }, metrics: { accuracy: { mean: 0.25, standardDeviation: 0, count: 3 } } },
  ]);
});

test('a failed cell takes no part in the mean, and no other cell is failed by it', () => {
  const all = combinations.map(({ id }) => scores(id, 0.5));
  const failed = { id: `student[${cell(2, 0)}]`, status: 'failed' as const };
  const skipped = { id: `scores[${cell(2, 0)}]`, status: 'skipped' as const };
  const summary = summarizeMatrix(graph, replaced(failed, skipped, ...all));
  expect(summary?.cells.map(({ status }) => status)).toEqual(['done', 'done', 'failed', 'done', 'done', 'done']);
  expect(summary?.cells[2]?.metrics).toEqual({});
  expect(summary?.groups[0]?.metrics).toEqual({ accuracy: { mean: 0.5, standardDeviation: 0, count: 2 } });
});

test('what all cells share fails all of them', () => {
  const summary = summarizeMatrix(graph, replaced({ id: 'teacher', status: 'failed' } as never));
  expect(new Set(summary?.cells.map(({ status }) => status))).toEqual(new Set(['failed']));
});

test('without reports all results count, by the name of their stage; a single value has no deviation', () => {
  const [one] = graph.matrix?.cells ?? [];
  const only = {
    stages: [stage('a[x]', [one?.id ?? ''], 'model'), stage('b', undefined, 'model')],
    matrix: {
      axes: graph.matrix?.axes,
      cells: [
        {
          ...one,
          results: [
            { stage: 'a[x]', port: 'out' },
            { stage: 'b', port: 'out' },
          ],
        },
      ],
    },
  } as unknown as PipelineGraph;
  const ran = { status: 'ran' as const, metrics: { loss: 1 } };
  const summary = summarizeMatrix(only, [
    { id: 'a[x]', ...ran },
    { id: 'b', ...ran },
  ]);
  expect(summary?.cells[0]?.metrics).toEqual({ 'a.loss': 1, 'b.loss': 1 });
  expect(summary?.groups[0]?.metrics).toMatchObject({ 'a.loss': { mean: 1, count: 1 } });
  expect(summary?.groups[0]?.metrics['a.loss']).not.toHaveProperty('standardDeviation');
});

test('a pipeline without a matrix has no summary', () => {
  expect(summarizeMatrix({ stages: [] } as unknown as PipelineGraph, [])).toBeUndefined();
});
