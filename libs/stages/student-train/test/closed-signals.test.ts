import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { digestTree } from '@retort/foundation/digest';
import { type ByInput, inputEntries, takenBy } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { studentTrain } from '@retort/stage-student-train';
import { run } from '@retort/stage-student-train/run';
import { createSignalsWriter, type SignalsMetadata } from '@retort/tables';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolvedConfig } from './support/resolved-config.ts';
import { LABELS, STUDENT, tinyModel, tinyTokens } from './support/tiny-models.ts';

const ROWS = 10;

let tokens: TestInput;
let signals: TestInput;
let strangers: TestInput;

beforeAll(async () => {
  tokens = await tinyTokens();
  const { digest } = await digestTree(tokens.path);
  signals = await storedLogits(digest);
  strangers = await storedLogits('f'.repeat(64));
});

/** Logits of a teacher for every row of the tokens. */
async function storedLogits(tokensDigest: string): Promise<TestInput> {
  const { path } = await tinyModel({ seed: 1, task: { kind: 'classes', labels: LABELS } });
  const metadata: SignalsMetadata = {
    teacherDigest: 't'.repeat(64),
    tokensDigest,
    tokenizerDigest: 'v',
    dtype: 'float32',
    task: { kind: 'classes', labels: LABELS },
    teacherLayers: 4,
    hiddenSize: 8,
    heads: 2,
    maskConvention: 'valid positions only, scores before softmax and mask',
  };
  const writer = await createSignalsWriter(join(path, 'signals.arrow'), {
    metadata,
    columns: [{ name: 'logits', dtype: 'float32', description: 'Class scores' }],
  });
  const values = Float32Array.from({ length: ROWS * LABELS.length }, (_, i) => (i % 7) / 7);
  const offsets = Int32Array.from({ length: ROWS + 1 }, (_, row) => row * LABELS.length);
  await writer.append(
    { logits: { values, offsets } },
    Int32Array.from({ length: ROWS }, (_, row) => row),
  );
  await writer.close();
  return { type: 'signals', path };
}

/** Signals that this process has open, by the links that Linux has for its descriptors. */
function openSignals(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.endsWith('signals.arrow') ? [path] : [];
    } catch {
      return [];
    }
  });
}

async function stage(inputs: ByInput<TestInput>, loss: object = { logits: { weight: 1 } }) {
  const config = resolvedConfig(
    { loss, student: STUDENT, epochs: 1, batchSize: 4, optimizer: { learningRate: 0.01 } },
    Object.keys(inputs),
  );
  return createTestContext({
    config,
    inputs: takenBy(studentTrain, inputEntries(inputs)),
    outputs: { student: 'model', initialStudent: 'model' },
  });
}

describe.skipIf(!existsSync('/proc/self/fd'))('the signals are closed', () => {
  afterEach(() => expect(openSignals()).toEqual([]));

  it('when the student is trained', async () => {
    const { metrics } = await run(await stage({ tokens, signals }));
    expect(metrics?.['logits']).toBeGreaterThan(0);
  });

  it('when the stage is interrupted', async () => {
    const context = await stage({ tokens, signals });
    context.interrupt();
    await expect(run(context)).rejects.toThrow('asked to stop');
  });

  it('when they do not hold what the loss needs', async () => {
    await expect(run(await stage({ tokens, signals }, { hidden: { weight: 1 } }))).rejects.toMatchObject({
      code: 'SIGNALS_MISSING',
    });
  });

  it('when a second teacher is of other tokens', async () => {
    await expect(run(await stage({ tokens, signals: [signals, strangers] }))).rejects.toMatchObject({
      code: 'SIGNALS_OF_OTHER_TOKENS',
    });
  });
});
