import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type HostTensor } from '@retort/engine';
import { initialValues, parameterSpecs, parametersOf, saveModel } from '@retort/families';
import { registerExtensions } from '@retort/foundation/extensions';
import { validateAgainstSchema, withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { defineExportFormat, exportModel } from '@retort/stage-export';
import { run } from '@retort/stage-export/run';
import { saveTokenizer, vocabularyDigest } from '@retort/tokenizer/vocabulary';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportConfig } from '../src/config.generated.ts';
import { outputName, shippedProgram } from '../src/forward.ts';
import type { Source } from '../src/source.ts';

const VOCABULARY = {
  tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...Array.from({ length: 15 }, (_, i) => `word${i}`)],
  normalizer: { lowercase: true, cleanText: true, handleChineseChars: true },
  maxCharactersPerWord: 100,
};

let model: Source['model'];

/** Weights as decimal numbers, as somebody's own runtime might read them. */
const decimals = defineExportFormat({
  name: 'decimals',
  title: 'decimal numbers',
  description: 'Weights as text.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      digits: { description: 'Digits after the point.', type: 'integer', minimum: 0, maximum: 9, default: 8 },
    },
  },
  output: { type: 'exported', description: 'weights.json' },
  isFast: true,
  write: async ({ source, folder, settings: { digits } }) => {
    ({ model } = source);
    const rounded = [...model.values].map(([name, { values }]) => [name, [...values].map((x) => x.toFixed(digits))]);
    writeFileSync(join(folder, 'weights.json'), JSON.stringify(Object.fromEntries(rounded)));
  },
  open: async (folder, { engine, threads }) => {
    const weights = JSON.parse(readFileSync(join(folder, 'weights.json'), 'utf8')) as Record<string, string[]>;
    const values = new Map(
      [...model.values].map(([name, { shape }]) => [
        name,
        { shape, values: Float32Array.from(weights[name] as string[], Number) },
      ]),
    );
    const pass = (await createEngine(engine, { threads })).forward(shippedProgram(model), parametersOf(values));
    return {
      run: async (rows) => (await pass.run(rows))[outputName(model)] as HostTensor,
      dispose: () => pass.dispose(),
    };
  },
});

let takeOut = () => {};
beforeAll(() => {
  takeOut = registerExtensions({ exportFormats: [decimals] }, './decimals');
});
afterAll(() => takeOut());

function resolved(given: object): ExportConfig {
  const completed = exportModel.complete?.(given as Readonly<Record<string, unknown>>, ['model']);
  return withDefaults(exportModel.configSchema as never, completed) as ExportConfig;
}

async function exported(given: object) {
  const path = mkdtempSync(join(tmpdir(), 'retort-plugin-format-'));
  const config = {
    layers: 1,
    hiddenSize: 8,
    heads: 2,
    intermediateSize: 16,
    vocabularySize: 20,
    maxPositions: 16,
    segmentTypes: 2,
    layerNormEpsilon: 1e-12,
    task: { kind: 'classes' as const, labels: ['no', 'yes'] },
    tokenizerDigest: vocabularyDigest(VOCABULARY),
  };
  await saveTokenizer(VOCABULARY, path);
  const values = initialValues(parameterSpecs(config, ['classifier']), 3);
  await saveModel({ folder: path, config, heads: ['classifier'], values, tokenizerFolder: path });
  const settings = resolved(given);
  const outputs = exportModel.outputs({ config: settings, connected: ['model'] });
  const context = await createTestContext({
    config: settings,
    inputs: { model: { type: 'model', path, label: 'student.model' } },
    outputs: Object.fromEntries(Object.entries(outputs).map(([port, { type }]) => [port, type])),
  });
  const done = await run(context as Parameters<typeof run>[0]).catch((error: Error) => error);
  const report = (port: 'report' | 'speed') =>
    JSON.parse(readFileSync(join(context.outputs[port]?.path as string, 'report.json'), 'utf8'));
  return { done, report, folder: context.outputs['decimals']?.path as string };
}

const latency = { runs: 1 };

it('a plug-in brings a format, which is written, run, compared and timed like any other', async () => {
  const { done, report, folder } = await exported({ formats: ['onnx', 'decimals'], latency });
  expect(done).not.toBeInstanceOf(Error);
  const rows = report('report').tables[0].rows;
  expect(rows.map(({ format }: { format: string }) => format)).toEqual(['ONNX', 'decimal numbers']);
  expect(rows[1].difference).toBeGreaterThan(0);
  expect(report('speed').tables[0].rows).toHaveLength(4);
  const text = JSON.parse(readFileSync(join(folder, 'weights.json'), 'utf8'))['classifier.weight'][0];
  expect(text).toMatch(/^-?0\.\d{8}$/);
});

it('a plug-in is held to the tolerance, as ours are', async () => {
  const { done } = await exported({ formats: ['decimals'], options: { decimals: { digits: 2 } }, latency });
  expect(done).toMatchObject({ code: 'EXPORT_DIFFERS' });
  expect((done as Error).message).toMatch(/^decimal numbers differs from the source by/);
});

it('settings of a format have defaults where it is written, and are refused where it is not', () => {
  expect(resolved({ formats: ['onnx', 'decimals'] }).options).toEqual({ decimals: { digits: 8 } });
  expect(resolved({ formats: ['onnx'] })).not.toHaveProperty('options');
  expect(exportModel.extensions?.(resolved({ formats: ['onnx', 'decimals'] }))).toEqual({
    exportFormats: ['onnx', 'decimals'],
  });
  const config = resolved({ formats: ['onnx'], options: { decimals: { digits: 3 } } });
  expect(exportModel.check?.({ config, inputs: {}, engine: 'onnx' })).toEqual([
    {
      code: 'EXPORT_OPTIONS_UNUSED',
      path: ['with', 'options', 'decimals'],
      message:
        'The format "decimals" is not written, so its options have no effect. Add it to "formats", or remove the options.',
    },
  ]);
  const wrong = validateAgainstSchema(exportModel.configSchema as never, { ...config, options: { onnx: {} } });
  expect(wrong.map(({ code }) => code)).toEqual(['PIPELINE_UNKNOWN_FIELD']);
});
