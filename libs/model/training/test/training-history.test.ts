import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHistory, type TrainingHistory, writeHistory } from '@retort/training';
import { expect, it, onTestFinished } from 'vitest';

const history = { reachedPositions: 5, learnedPositions: 8, phases: [] } as unknown as TrainingHistory;

it('is the same bytes for settings in any order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retort-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const written = async (each: TrainingHistory) => {
    await writeHistory(folder, each);
    return readFileSync(join(folder, 'training.json'), 'utf8');
  };
  const turned = Object.fromEntries(Object.entries(history).reverse()) as unknown as TrainingHistory;
  expect(await written(turned)).toBe(await written(history));
  expect(await readHistory(folder)).toMatchObject({ reachedPositions: 5, learnedPositions: 8 });
});
