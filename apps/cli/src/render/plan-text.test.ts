import type { Plan, PlannedStage } from '@retort/pipeline-graph';
import { expect, test } from 'vitest';
import { colorsFor } from './colors.ts';
import { planSummary, planTable } from './plan-text.ts';

const stage = (id: string, status: PlannedStage['status'], reason: string): PlannedStage => ({
  id,
  uses: id.replace(/^.*#/, ''),
  status,
  reason,
  inputs: {},
  outputs: {},
  facts: {},
});

const plan: Plan = {
  pipeline: 'task-distill',
  stages: [
    stage('general-distill#corpus', 'cached', 'cached'),
    stage('tokenize', 'cached', 'cached'),
    stage('teacher', 'run', 'code of the stage changed'),
    stage('student-train', 'run', 'with.loss.attention.weight: 1 -> 0'),
    { ...stage('teacher-forward', 'unknown', 'waits for teacher'), estimatedBytes: 3 * 1024 ** 2 },
  ],
};
const colors = colorsFor({ isTTY: false }, {});

test('a plan in short says what is cached, what runs and why, and what may follow', () => {
  expect(planSummary(plan, colors)).toMatchInlineSnapshot(`
    "task-distill  5 stages: 2 cached, 2 will run, 1 depend on their results
      cached  general-distill#corpus, tokenize
      run     teacher        code of the stage changed
      run     student-train  with.loss.attention.weight: 1 -> 0
      then    teacher-forward"
  `);
});

test('a plan with nothing to do is one line', () => {
  const cached = { ...plan, stages: plan.stages.slice(0, 2) };
  expect(planSummary(cached, colors)).toMatchInlineSnapshot(`"task-distill  2 stages: 2 cached"`);
});

test('a plan that knows how much memory a stage takes says so', () => {
  const [first, ...others] = plan.stages;
  const known = { ...plan, stages: [{ ...first, estimatedPeakMemoryBytes: 1.5 * 1024 ** 3 }, ...others] } as Plan;
  const [, , titles, , row] = planTable(known, colors).split('\n');
  expect(titles).toMatch(/ size +memory {2}why$/);
  expect(row).toMatch(/^general-distill#corpus +corpus +cached +~1\.50 GiB$/);
});

test('a plan as a table', () => {
  expect(planTable(plan, colors)).toMatchInlineSnapshot(`
    "task-distill  5 stages: 2 cached, 2 will run, 1 depend on their results

    stage                   uses             status        size  why
    ──────────────────────  ───────────────  ───────  ─────────  ──────────────────────────────────
    general-distill#corpus  corpus           cached
    tokenize                tokenize         cached
    teacher                 teacher          run                 code of the stage changed
    student-train           student-train    run                 with.loss.attention.weight: 1 -> 0
    teacher-forward         teacher-forward  unknown  ~3.00 MiB  waits for teacher"
  `);
});
