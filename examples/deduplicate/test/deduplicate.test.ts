import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTextWriter, finish, streamText, type TextRow } from '@retort/plugin-kit/tables';
import { createTestContext } from '@retort/plugin-kit/testing';
import { afterAll, describe, expect, it } from 'vitest';
import type { Settings } from '../src/index.ts';
import { run } from '../src/run.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'retort-deduplicate-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const row = (document: number, sentence: string, split: TextRow['split'] = 'train'): TextRow => ({
  document,
  sentence,
  split,
});

/** What the stage leaves of rows, which lie in batches of two. */
async function leftOf(rows: readonly TextRow[], settings: Partial<Settings>) {
  const path = mkdtempSync(join(scratch, 'text-'));
  const writer = await createTextWriter(join(path, 'text.arrow'));
  await finish([writer], async () => {
    for (let i = 0; i < rows.length; i += 2) await writer.append(rows.slice(i, i + 2));
  });
  const context = await createTestContext({
    config: { unit: 'document', similarity: 0.8, shingleWords: 3, examples: 5, ...settings } as const,
    inputs: { text: { type: 'text', path } },
    outputs: { text: 'text', report: 'report' },
  });
  const { metrics } = await run(context);
  const left: TextRow[] = [];
  for await (const batch of streamText(join(context.outputs.text.path, 'text.arrow'))) left.push(...batch);
  context.remove();
  return { left, metrics };
}

describe('deduplicate', () => {
  const rows = [
    row(0, 'A cat sat on the mat.'),
    row(0, 'It slept there all day.'),
    row(1, 'A dog ran to the gate.'),
    row(2, 'A cat sat on the mat', 'validation'),
    row(2, 'It slept there all day!', 'validation'),
    row(3, 'A dog ran to the gate.'),
    row(3, 'Nobody had called it.'),
  ];

  it('drops documents that repeat an earlier one, of the other split too, and numbers the others', async () => {
    const { left, metrics } = await leftOf(rows, {});
    const numbers = [0, 0, 1, 2, 2];
    const expected = [0, 1, 2, 5, 6].map((i, place) => ({ ...rows[i], document: numbers[place] }));
    expect(left).toEqual(expected);
    expect(metrics).toEqual({ texts: 4, dropped: 1, sentences: 5 });
  });

  it('drops sentences that repeat an earlier one', async () => {
    const { left, metrics } = await leftOf(rows, { unit: 'sentence', examples: 0 });
    expect(left).toEqual([rows[0], rows[1], rows[2], { ...rows[6], document: 2 }]);
    expect(metrics).toEqual({ texts: 7, dropped: 3, sentences: 4 });
  });

  it('leaves an empty corpus empty', async () => {
    expect(await leftOf([], {})).toEqual({ left: [], metrics: { texts: 0, dropped: 0, sentences: 0 } });
  });
});

interface Finished {
  readonly stages: readonly {
    readonly id: string;
    readonly status: string;
    readonly metrics?: Readonly<Record<string, number>>;
  }[];
}

it('drops two of six articles in its pipeline, and one where shingles have to be all the same', () => {
  const runOf = (target: string) => {
    const command = ['retort', 'run', target, '--store', join(scratch, 'store'), '--json'];
    const lines = execFileSync('npx', command, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
    const { stages } = JSON.parse(lines.at(-1) as string) as Finished;
    return Object.fromEntries(stages.map(({ id, status, metrics }) => [id, { status, metrics }]));
  };
  const first = runOf('./deduplicate.pipeline.json');
  expect(first['deduplicate']).toEqual({ status: 'ran', metrics: { texts: 6, dropped: 2, sentences: 10 } });
  expect(first['tokenize']?.status).toBe('ran');
  const exact = runOf('./deduplicate.pipeline.json:exact');
  expect(exact['corpus']?.status).toBe('cached');
  expect(exact['deduplicate']).toMatchObject({ status: 'ran', metrics: { dropped: 1 } });
});
