import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BertConfig, initialValues, parameterSpecs, saveModel } from '@retort/families';
import { withDefaults } from '@retort/pipeline-schema';
import type { EngineName } from '@retort/plugin-kit';
import { createTestContext } from '@retort/plugin-kit/testing';
import { teacherForward } from '@retort/stage-teacher-forward';
import { run } from '@retort/stage-teacher-forward/run';
import { openSignals } from '@retort/tables';
import { writeTokens } from '@retort/tables/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

const LENGTHS = [5, 20, 3, 9, 17, 4, 8, 12, 3];
const teacher: BertConfig = {
  layers: 2,
  hiddenSize: 32,
  heads: 4,
  intermediateSize: 64,
  maxPositions: 20,
  vocabularySize: 50,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  tokenizerDigest: 'v',
  task: { kind: 'classes', labels: ['a', 'b', 'c'] },
};

const root = mkdtempSync(join(tmpdir(), 'retort-int8-'));
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(async () => {
  let at = 0;
  const rows = LENGTHS.map((length) => Array.from({ length }, () => 2 + ((at++ * 7) % 48)));
  await writeTokens(root, { vocabularySize: 50, maxSequenceLength: 20, rows });
  writeFileSync(join(root, 'vocab.txt'), '');
  const values = initialValues(parameterSpecs(teacher, ['classifier']), 3);
  for (const [name, { values: numbers }] of values)
    if (name.endsWith('.weight')) for (const i of numbers.keys()) numbers[i] = 5 * (numbers[i] as number);
  await saveModel({ folder: root, config: teacher, heads: ['classifier'], values, tokenizerFolder: root });
});

async function stored(precision: 'float32' | 'int8', engine: EngineName = 'onnx') {
  const store = { logits: true, hiddenStates: 'all', attentionScores: 'all', dtype: 'float32' };
  const context = await createTestContext<Config>({
    config: withDefaults(teacherForward.configSchema, { store, precision, batchSize: 4 }) as Config,
    inputs: { teacher: { type: 'model', path: root }, tokens: { type: 'tokens', path: root } },
    outputs: { signals: 'signals' },
    engine,
  });
  const { metrics } = await run(context);
  return { metrics, signals: await openSignals(join(context.outputs['signals']!.path, 'signals.arrow')) };
}

test('int8 signals are close to those of float32, and say how close', async () => {
  const exact = await stored('float32');
  const quantized = await stored('int8');
  expect(exact.signals.metadata).not.toHaveProperty('precision');
  const { precision, int8Error } = quantized.signals.metadata;
  expect({ precision, rows: int8Error?.rows }).toEqual({ precision: 'int8', rows: LENGTHS.length });
  const rows = Int32Array.from(LENGTHS.keys());
  const columns = { hiddenStates: [0, 1, 2], attentionScores: [1, 2] };
  const named = Object.entries(columns).map(([kind, layers]) => [kind, layers.map((i) => `${kind}.${i}`)] as const);
  for (const [kind, names] of [...named, ['logits', ['logits']] as const]) {
    let [spread, differences] = [0, 0];
    const width = { hiddenStates: 32, attentionScores: 1, logits: 3 }[kind as 'logits'];
    for (const name of names) {
      const [a, b] = [exact.signals.readRows(rows, name).values, quantized.signals.readRows(rows, name).values];
      const means = Array.from({ length: width }, (_, column) => {
        const own = a.filter((_, i) => i % width === column);
        return own.reduce((sum, value) => sum + value, 0) / own.length;
      });
      for (const [i, value] of a.entries()) {
        spread += (value - (means[i % width] as number)) ** 2;
        differences += (value - (b[i] as number)) ** 2;
      }
    }
    const error = Math.sqrt(differences / spread);
    expect(int8Error?.[kind as 'logits'], kind).toBeCloseTo(error, 6);
    expect(error, kind).toBeGreaterThan(0);
    expect(error, kind).toBeLessThan(0.1);
    expect(quantized.metrics?.[`int8.${kind}`]).toBe(int8Error?.[kind as 'logits']);
  }
  await Promise.all([exact.signals.close(), quantized.signals.close()]);
});

test('engines that know float32 only refuse int8, while planning and while running', async () => {
  await expect(stored('int8', 'cpu')).rejects.toMatchObject({ code: 'PRECISION_UNSUPPORTED' });
  const config = withDefaults(teacherForward.configSchema, { store: { logits: true }, precision: 'int8' }) as Config;
  const codes = (engine: EngineName) =>
    teacherForward.check?.({ config, inputs: { teacher: {}, tokens: {} }, engine }).map(({ code }) => code);
  expect(codes('onnx')).toEqual([]);
  expect(codes('cpu')).toEqual(['PRECISION_UNSUPPORTED']);
});
