import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BertConfig, initialValues, parameterSpecs, saveModel } from '@retort/families';
import { StageInterrupted } from '@retort/plugin-kit';
import { createTestContext, type TestContext } from '@retort/plugin-kit/testing';
import { run } from '@retort/stage-teacher-forward/run';
import { writeTokens } from '@retort/tables/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

const ROWS = 12;
const LENGTHS = Array.from({ length: ROWS }, (_, row) => 200 + ((row * 7) % 40));
/** All rows have about 2 MB of hidden states and scores, so that a record batch has some two of them. */
const teacher: BertConfig = {
  layers: 1,
  hiddenSize: 512,
  heads: 8,
  intermediateSize: 8,
  maxPositions: 256,
  vocabularySize: 20,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  tokenizerDigest: 'v',
};
const root = mkdtempSync(join(tmpdir(), 'retort-resumed-forward-'));
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(async () => {
  let at = 0;
  const rows = LENGTHS.map((length) => Array.from({ length }, () => 5 + ((at++ * 3) % 15)));
  await writeTokens(root, { vocabularySize: 20, maxSequenceLength: 256, rows });
  writeFileSync(join(root, 'vocab.txt'), '');
  const values = initialValues(parameterSpecs(teacher, []), 3);
  await saveModel({ folder: root, config: teacher, heads: [], values, tokenizerFolder: root });
});

async function attempt(checkpointFolder?: string): Promise<TestContext<Config>> {
  const context = await createTestContext({
    config: {
      store: { logits: false, hiddenStates: 'all', attentionScores: 'all', dtype: 'float32', budget: '1 GiB' },
      layerMapping: { kind: 'uniform' },
      batchSize: 2,
    } as Config,
    inputs: { teacher: { type: 'model', path: root }, tokens: { type: 'tokens', path: root } },
    outputs: { signals: 'signals' },
    ...(checkpointFolder === undefined ? {} : { checkpointFolder, checkpointEverySteps: 2 }),
  });
  onTestFinished(() => context.remove());
  return context;
}

const signalsOf = (context: TestContext<Config>) =>
  readFileSync(join(context.outputs['signals']?.path as string, 'signals.arrow'));

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-forward-checkpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

class Killed extends Error {}

/** An attempt that ends once so many rows are done: by a kill, or because it is asked to stop. */
async function endingAfter(rows: number, folder: string, how: 'kill' | 'interrupt'): Promise<void> {
  const context = await attempt(folder);
  const progress = ({ done }: { done: number }) => {
    if (done < rows) return;
    if (how === 'kill') throw new Killed();
    context.interrupt();
  };
  const ending = run({ ...context, progress });
  await expect(ending).rejects.toBeInstanceOf(how === 'kill' ? Killed : StageInterrupted);
}

describe('asking the teacher, broken off', () => {
  it.each(['kill', 'interrupt'] as const)('by a %s and resumed gives the same bytes', async (how) => {
    const whole = await attempt();
    await run(whole);
    for (const rows of [2, 6, 10]) {
      const folder = temporaryFolder();
      await endingAfter(rows, folder, how);
      const resumed = await attempt(folder);
      expect(await run(resumed)).toEqual({ rows: { signals: ROWS } });
      expect(signalsOf(resumed).equals(signalsOf(whole)), `after ${rows} rows`).toBe(true);
      if (rows >= 6) {
        const [, after] = /^Resumed after (\d+) of 12 rows\.$/.exec(resumed.logs[0] as string) ?? [];
        expect(Number(after)).toBeGreaterThan(0);
        expect(resumed.progresses[0]?.done).toBe(Number(after) + 2);
      }
    }
  });

  it('after its last row only gives the table its name', async () => {
    const folder = temporaryFolder();
    const [first, second] = [await attempt(folder), await attempt(folder)];
    await run(first);
    await run(second);
    expect(second.progresses).toEqual([]);
    expect(signalsOf(second).equals(signalsOf(first))).toBe(true);
  });

  it('does not trust a table that was damaged since', async () => {
    const whole = await attempt();
    await run(whole);
    const folder = temporaryFolder();
    await endingAfter(10, folder, 'kill');
    truncateSync(join(folder, 'signals.arrow'), 1000);
    const resumed = await attempt(folder);
    await run(resumed);
    expect(signalsOf(resumed).equals(signalsOf(whole))).toBe(true);
    expect(resumed.warnings.length).toBeGreaterThan(0);
    expect(resumed.warnings[0]).toContain('have changed since they were written');
    expect(resumed.logs).toEqual([]);
  });
});
