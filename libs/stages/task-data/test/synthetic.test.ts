import type { ExampleRow } from '@retort/tables';
import { describe, expect, it } from 'vitest';
import { runTaskData } from './harness.ts';

const settings = { source: { kind: 'synthetic', train: 2000, validation: 400 } };

/** How often the best possible classifier is right that sees only which words there are: the majority of each bag. */
function bestBagOfWords(rows: readonly ExampleRow[]): number {
  const labels = new Map<string, [number, number]>();
  for (const { textA, label } of rows) {
    const bag = textA.split(' ').sort().join(' ');
    const counts = labels.get(bag) ?? [0, 0];
    counts[label as 0 | 1] += 1;
    labels.set(bag, counts);
  }
  return [...labels.values()].reduce((sum, counts) => sum + Math.max(...counts), 0) / rows.length;
}

describe('the synthetic task', () => {
  it.each(['train', 'validation'] as const)(
    'gives a bag of words exactly half of the %s examples, even when it has memorised them',
    async (split) => {
      const { rows } = await runTaskData(settings);
      expect(bestBagOfWords(rows.filter((row) => row.split === split))).toBe(0.5);
    },
  );

  it('has the sizes asked for, no sentence twice, and none in both splits', async () => {
    const { rows, metadata, result } = await runTaskData(settings);
    expect(result.metrics).toEqual({ trainExamples: 2000, validationExamples: 400, testExamples: 0 });
    expect(new Set(rows.map(({ textA }) => textA)).size).toBe(2400);
    expect(metadata).toEqual({ name: 'task', task: { kind: 'classes', labels: ['grazer', 'hunter'] } });
  });

  it('keeps pairs together when it is capped', async () => {
    const { rows } = await runTaskData({ ...settings, maxTrain: 101, maxValidation: 50 });
    expect(rows.filter(({ split }) => split === 'train').length).toBe(100);
    expect(bestBagOfWords(rows)).toBe(0.5);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const { digest } = await runTaskData(settings);
    expect((await runTaskData(settings)).digest).toBe(digest);
    expect((await runTaskData(settings, {}, 7)).digest).not.toBe(digest);
  });
});
