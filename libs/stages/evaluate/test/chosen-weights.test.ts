import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { expect, test } from 'vitest';
import { modelFolder, ROWS, runEvaluate, tokensFolder } from './harness.ts';

const LABELS = ['no', 'yes'];
const labels = Int32Array.from({ length: ROWS }, (_, i) => i % 2);

/** A model whose weights these rows chose, or would have. */
async function modelChosenBy(digest: string, validation: object = { keep: 'best' }): Promise<string> {
  const folder = await modelFolder(3, LABELS);
  const phase = { stage: 'finetune', validation: { digest, rows: 30, scorings: 4, keptStep: 8, ...validation } };
  await writeFile(join(folder, 'training.json'), JSON.stringify({ phases: [phase] }));
  return folder;
}

test('a report says which rows chose the weights of a model, and which only scored them', async () => {
  const tokens = await tokensFolder({ task: { kind: 'classes', labels: LABELS } }, labels);
  const { digest } = await digestTree(tokens);
  const notesOf = async (models: Readonly<Record<string, string>>) =>
    (await runEvaluate({ tokens, ...models })).report.notes.filter((note) => /chose weights/.test(note));
  expect(await notesOf({ teacher: await modelChosenBy('others'), student: await modelChosenBy(digest) })).toEqual([
    'These rows also chose weights while training (student), so the scores of these models are too good. Score them on other rows.',
    '30 other rows chose weights while training (teacher). These rows only scored them.',
  ]);
  expect(await notesOf({ student: await modelChosenBy(digest, { keep: 'last' }) })).toEqual([]);
  expect(await notesOf({ student: await modelChosenBy(digest, { keep: 'last', stoppedAt: 8 }) })).toHaveLength(1);
  expect(await notesOf({ student: await modelFolder(3, LABELS) })).toEqual([]);
});

test('of a model that is not scored, nothing is said', async () => {
  const tokens = await tokensFolder({ task: { kind: 'classes', labels: LABELS } });
  const { digest } = await digestTree(tokens);
  expect((await runEvaluate({ tokens, teacher: await modelChosenBy(digest) })).report.notes).toEqual([]);
});
