import { taskData } from '@retort/stage-task-data';
import { expect, test } from 'vitest';
import { configOf, filesOf, runTaskData } from './harness.ts';

const SOURCE = {
  kind: 'files',
  columns: { textA: 'text', label: 'label' },
  labels: { kind: 'classes', values: ['0', '1'] },
};

/** 200 rows, every tenth of class 1, and 20 to score on. */
async function tables() {
  const table = (rows: number) =>
    `text\tlabel\n${Array.from({ length: rows }, (_, i) => `text ${i}\t${i % 10 === 0 ? 1 : 0}\n`).join('')}`;
  return filesOf({ train: table(200), validation: table(20) });
}

const countsOf = (rows: readonly { split: string; label?: number | undefined }[], label?: number) => {
  const counts: Record<string, number> = {};
  for (const row of rows)
    if (label === undefined || row.label === label) counts[row.split] = (counts[row.split] ?? 0) + 1;
  return counts;
};

test('a share of each class of the training examples is set apart, and nothing is lost', async () => {
  const paths = await tables();
  const [plain, chosen] = [
    await runTaskData({ source: SOURCE }, paths),
    await runTaskData({ source: SOURCE, selection: 0.1 }, paths),
  ];
  expect(countsOf(plain.rows)).toEqual({ train: 200, validation: 20 });
  expect(countsOf(chosen.rows)).toEqual({ train: 180, selection: 20, validation: 20 });
  expect(countsOf(chosen.rows, 1)).toEqual({ train: 18, selection: 2, validation: 2 });
  expect(chosen.rows.map(({ split: _split, ...row }) => row)).toEqual(
    plain.rows.map(({ split: _split, ...row }) => row),
  );
  expect(chosen.metadata.hasSelection).toBe(true);
  expect(plain.metadata).not.toHaveProperty('hasSelection');
  expect(chosen.result.metrics).toMatchObject({ trainExamples: 180, selectionExamples: 20 });
});

test('which ones is decided by the seed, and after maxTrain', async () => {
  const paths = await tables();
  const settings = { source: SOURCE, selection: 0.25, maxTrain: 40 };
  const [first, again, other] = [
    await runTaskData(settings, paths),
    await runTaskData(settings, paths),
    await runTaskData(settings, paths, 43),
  ];
  expect(again.digest).toBe(first.digest);
  expect(other.digest).not.toBe(first.digest);
  const counts = countsOf(first.rows);
  expect((counts['train'] as number) + (counts['selection'] as number)).toBe(40);
  expect(counts['selection']).toBeGreaterThanOrEqual(9);
  expect(counts['selection']).toBeLessThanOrEqual(11);
});

test('both sentences of a synthetic pair go together', async () => {
  const source = { kind: 'synthetic', train: 80, validation: 20 };
  const { rows } = await runTaskData({ source, selection: 0.2 });
  expect(countsOf(rows, 0)).toEqual({ train: 32, selection: 8, validation: 10 });
  expect(countsOf(rows, 1)).toEqual({ train: 32, selection: 8, validation: 10 });
});

test('the seed is in the key where examples are set apart', () => {
  const usesSeed = (settings: object) => {
    const { usesSeed: uses } = taskData;
    return typeof uses === 'function' ? uses(configOf({ source: SOURCE, ...settings })) : uses;
  };
  expect([usesSeed({}), usesSeed({ selection: 0.1 })]).toEqual([false, true]);
});
